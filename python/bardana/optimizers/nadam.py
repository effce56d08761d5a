"""Nadam: Adam that looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number, single


class Nadam(Optimizer):
    """Update weights w by their gradients g with Adam and Nesterov's momentum.

    Every weight has two moments m and v, 0 at first; t counts the steps from 1, μₜ = β₁ · (1 − 0.96ᵗ / 2), and Πₜ is
    the product of μ₁ … μₜ:

        m ← m + (1 − β₁) · (g − m)
        v ← v + (1 − β₂) · (g² − v)
        m̂ = μₜ₊₁ · m / (1 − Πₜ₊₁) + (1 − μₜ) · g / (1 − Πₜ)
        w ← w − lr · m̂ / (√(v / (1 − β₂ᵗ)) + ε)

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        beta_1: β₁, in [0, 1). Default 0.9.
        beta_2: β₂, in [0, 1). Default 0.999.
        epsilon: ε, at least 0. Default 1e-7.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Source: Dozat, Incorporating Nesterov momentum into Adam (2016), algorithm 2.

    Example:
        >>> Nadam(beta_1=0.8).beta_1
        0.8
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
        beta_1 = number("Nadam", "beta_1", self.beta_1, 0.0, 1.0)
        return "nadam", {
            "beta_1": single(beta_1),
            "beta_2": single(number("Nadam", "beta_2", self.beta_2, 0.0, 1.0)),
            "epsilon": number("Nadam", "epsilon", self.epsilon, 0.0),
            "decay": single(0.96),
            "product_beta_1": beta_1,
        }

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "velocity")]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


FAMILY.add(Nadam)
