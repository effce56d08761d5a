"""RMSprop: steps scaled by a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number


class RMSprop(Optimizer):
    """Update weights w by their gradients g over the root of their mean square.

    Every weight has a mean square v, 0 at first:

        v ← ρ · v + (1 − ρ) · g²
        w ← w − lr · g / √(v + ε)

    With momentum m > 0 the last line is p ← m · p + lr · g / √(v + ε), w ← w − p. With `centered`, v loses the square
    of the mean gradient a ← ρ · a + (1 − ρ) · g under the root.

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        rho: ρ, in [0, 1). Default 0.9.
        momentum: m, in [0, 1). Default 0.
        epsilon: ε, at least 0, under the root. Default 1e-7.
        centered: whether to divide by the standard deviation instead. Default False.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Sources: Hinton, Neural networks for machine learning (2012), lecture 6e; Graves, Generating sequences with
    recurrent neural networks (2013), equations 38 to 41.

    Example:
        >>> RMSprop(momentum=0.5, centered=True).rho
        0.9
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        momentum = number("RMSprop", "momentum", self.momentum, 0.0, 1.0)
        name = "rmsprop" + ("_centered" if self.centered else "") + ("_momentum" if momentum else "")
        return name, {
            "rho": number("RMSprop", "rho", self.rho, 0.0, 1.0),
            "epsilon": number("RMSprop", "epsilon", self.epsilon, 0.0),
            "momentum": momentum,
        }

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        optional = [("momentum",)] * bool(self.momentum) + [("average_gradient",)] * bool(self.centered)
        return [("velocity",), *optional]

    def get_config(self) -> dict[str, Any]:
        own = {
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
        return {**super().get_config(), **own}


FAMILY.add(RMSprop)
