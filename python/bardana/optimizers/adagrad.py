"""Adagrad: steps that shrink with the squared gradients so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number, single


class Adagrad(Optimizer):
    """Update weights w by their gradients g over the root of the sum of their squares.

    Every weight has an accumulator a:

        a ← a + g²
        w ← w − lr · g / √(a + ε)

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        initial_accumulator_value: start value of a, at least 0. Default 0.1.
        epsilon: ε, at least 0. Default 1e-7.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods (2011), section 1.

    Example:
        >>> Adagrad(0.5).initial_accumulator_value
        0.1
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
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
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        start = number("Adagrad", "initial_accumulator_value", self.initial_accumulator_value, 0.0)
        epsilon = number("Adagrad", "epsilon", self.epsilon, 0.0)
        return "adagrad", {"initial_accumulator_value": single(start), "epsilon": epsilon}

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("accumulator",)]

    def get_config(self) -> dict[str, Any]:
        own = {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}


FAMILY.add(Adagrad)
