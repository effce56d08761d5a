"""Adadelta: steps in the unit of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number


class Adadelta(Optimizer):
    """Update weights w by their gradients g over running means of gradients and steps.

    Every weight has two means a and x, 0 at first:

        a ← ρ · a + (1 − ρ) · g²
        d = −g · √(x + ε) / √(a + ε)
        x ← ρ · x + (1 − ρ) · d²
        w ← w + lr · d

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001; 1 gives the form of the paper.
        rho: ρ, in [0, 1). Default 0.95.
        epsilon: ε, at least 0. Default 1e-7.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Source: Zeiler, ADADELTA: an adaptive learning rate method (2012), algorithm 1.

    Example:
        >>> Adadelta(1.0).rho
        0.95
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
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
        self.epsilon = epsilon
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        rho = number("Adadelta", "rho", self.rho, 0.0, 1.0)
        return "adadelta", {"rho": rho, "epsilon": number("Adadelta", "epsilon", self.epsilon, 0.0)}

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("accumulated_grad", "accumulated_delta_var")]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


FAMILY.add(Adadelta)
