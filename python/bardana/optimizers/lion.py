"""Lion: steps of one size in the direction of a momentum."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number, single


class Lion(Optimizer):
    """Update weights w by the sign of a mean of their gradients g.

    Every weight has a momentum m, 0 at first:

        w ← w − lr · sign(β₁ · m + (1 − β₁) · g)
        m ← β₂ · m + (1 − β₂) · g

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        beta_1: β₁, in (0, 1]. Default 0.9.
        beta_2: β₂, in [0, 1). Default 0.99.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Source: Chen et al., Symbolic discovery of optimization algorithms (2023), algorithm 2.

    Example:
        >>> Lion(1e-4).beta_2
        0.99
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        if isinstance(self.beta_1, bool) or not isinstance(self.beta_1, Real) or not 0 < float(self.beta_1) <= 1:
            raise ValueError(f"Lion: expected `beta_1` to be a number in (0, 1], received {self.beta_1!r}")
        beta_2 = number("Lion", "beta_2", self.beta_2, 0.0, 1.0)
        return "lion", {"beta_1": single(self.beta_1), "beta_2": single(beta_2)}

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("momentum",)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}


FAMILY.add(Lion)
