"""FTRL: follow the regularized leader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number, single

_STRENGTHS = (
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
)


class Ftrl(Optimizer):
    """Update weights w by their gradients g with FTRL-proximal, which keeps many weights at zero.

    Every weight has an accumulator n and a sum z, 0 at first; p = −learning_rate_power:

        n′ = n + g²
        z ← z + g + 2 · l2_shrinkage · w − (n′ᵖ − nᵖ) / lr · w
        w ← (clip(z, −l1, l1) − z) / (n′ᵖ / lr + 2 · l2 + beta / lr)
        n ← n′

    Args:
        learning_rate: lr; a number, schedule or function; at 0 weights become NaN. Default 0.001.
        learning_rate_power: −p, at most 0. Default −0.5.
        initial_accumulator_value: start value of n, at least 0. Default 0.1.
        l1_regularization_strength: l1, at least 0. Default 0.
        l2_regularization_strength: l2, at least 0. Default 0.
        l2_shrinkage_regularization_strength: l2_shrinkage, at least 0. Default 0.
        beta: a number. Default 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Source: McMahan et al., Ad click prediction: a view from the trenches (2013), algorithm 1.

    Example:
        >>> Ftrl(l1_regularization_strength=0.01).learning_rate_power
        -0.5
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        power = number("Ftrl", "learning_rate_power", self.learning_rate_power)
        if power > 0:
            raise ValueError(f"Ftrl: `learning_rate_power` needs to be negative or zero, received {power}")
        strengths = {name: number("Ftrl", name, getattr(self, name), 0.0) for name in _STRENGTHS}
        strengths["initial_accumulator_value"] = single(strengths["initial_accumulator_value"])
        beta = number("Ftrl", "beta", self.beta)
        name = "ftrl" if power == -0.5 else "ftrl_power"
        return name, {**strengths, "beta": beta, "learning_rate_power": power}

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("accumulator", "linear")]

    def get_config(self) -> dict[str, Any]:
        own = {
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
        return {**super().get_config(), **own}


FAMILY.add(Ftrl)
