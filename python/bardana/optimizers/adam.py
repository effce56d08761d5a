"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import number, single


class Adam(Optimizer):
    """Update weights w by their gradients g with adaptive moment estimation.

    Every weight has two moments m and v, 0 at first; t counts the steps from 1:

        m ← m + (1 − β₁) · (g − m)
        v ← v + (1 − β₂) · (g² − v)
        α = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        w ← w − α · m / (√v + ε)

    With `amsgrad`, √v is replaced by the square root of the largest v so far.

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        beta_1: β₁, in [0, 1). Default 0.9.
        beta_2: β₂, in [0, 1). Default 0.999.
        epsilon: ε, at least 0, outside the bias correction (ε̂ in the paper). Default 1e-7.
        amsgrad: whether to keep the largest v. Default False.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known.

    Sources: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1 with the order of operations
    at the end of section 2; Reddi, Kale and Kumar, On the convergence of Adam and beyond (2018), algorithm 2.

    Example:
        >>> optimizer = Adam(learning_rate=0.5, amsgrad=True)
        >>> float(optimizer.learning_rate), optimizer.beta_2
        (0.5, 0.999)
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        owner = type(self).__name__
        numbers = {
            "beta_1": number(owner, "beta_1", self.beta_1, 0.0, 1.0),
            "beta_2": number(owner, "beta_2", self.beta_2, 0.0, 1.0),
            "epsilon": number(owner, "epsilon", self.epsilon, 0.0),
        }
        bases = {"base_1": single(numbers["beta_1"]), "base_2": single(numbers["beta_2"])}
        return "adam_amsgrad" if self.amsgrad else "adam", {**numbers, **bases}

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("momentum", "velocity"), *([("velocity_hat",)] if self.amsgrad else [])]

    def get_config(self) -> dict[str, Any]:
        own = {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }
        return {**super().get_config(), **own}


FAMILY.add(Adam)
