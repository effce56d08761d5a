"""Adamax: Adam with the largest gradient in the denominator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number, single


class Adamax(Optimizer):
    """Update weights w by their gradients g with Adam in the infinity norm.

    Every weight has a moment m and a norm u, 0 at first; t counts the steps from 1:

        m ← m + (1 − β₁) · (g − m)
        u ← max(β₂ · u, |g|)
        w ← w − lr · m / ((1 − β₁ᵗ) · (u + ε))

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        beta_1: β₁, in [0, 1). Default 0.9.
        beta_2: β₂, in [0, 1). Default 0.999.
        epsilon: ε, at least 0. Default 1e-7.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 2.

    Example:
        >>> Adamax().beta_2
        0.999
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        beta_1 = number("Adamax", "beta_1", self.beta_1, 0.0, 1.0)
        return "adamax", {
            "beta_1": beta_1,
            "beta_2": number("Adamax", "beta_2", self.beta_2, 0.0, 1.0),
            "epsilon": number("Adamax", "epsilon", self.epsilon, 0.0),
            "base_1": single(beta_1),
        }

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "norm")]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


FAMILY.add(Adamax)
