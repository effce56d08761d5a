"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer


class Adam(Optimizer):
    """Update weights w by their gradients g with adaptive moment estimation.

    Every weight has two moments m and v, 0 at first; t counts the steps from 1:

        m ← m + (1 − β₁) · (g − m)
        v ← v + (1 − β₂) · (g² − v)
        α = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        w ← w − α · m / (√v + ε)

    With `amsgrad`, √v is replaced by the square root of the largest v so far.

    Args:
        learning_rate: lr. Default 0.001.
        beta_1: β₁, in [0, 1). Default 0.9.
        beta_2: β₂, in [0, 1). Default 0.999.
        epsilon: ε, at least 0, outside the bias correction (ε̂ in the paper). Default 1e-7.
        amsgrad: whether to keep the largest v. Default False.
        name: default "adam", "adam_1", …
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps: only their defaults.

    Raises:
        ValueError: if a number is out of its range, or an argument is not known or not available.

    Sources: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1 with the order of operations
    at the end of section 2; Reddi, Kale and Kumar, On the convergence of Adam and beyond (2018), algorithm 2.

    Example:
        >>> optimizer = Adam(learning_rate=0.5, amsgrad=True)
        >>> float(optimizer.learning_rate), optimizer.beta_2
        (0.5, 0.999)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: None = None,
        clipnorm: None = None,
        clipvalue: None = None,
        global_clipnorm: None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: None = None,
        loss_scale_factor: None = None,
        gradient_accumulation_steps: None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._numbers = {
            "beta_1": _number("beta_1", beta_1, 1.0),
            "beta_2": _number("beta_2", beta_2, 1.0),
            "epsilon": _number("epsilon", epsilon, float("inf")),
        }
        self._amsgrad = bool(amsgrad)
        super().__init__(
            learning_rate,
            "adam_amsgrad" if amsgrad else "adam",
            self._numbers,
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

    @property
    def beta_1(self) -> float:
        """β₁; fixed when the optimizer is made."""
        return self._numbers["beta_1"]

    @property
    def beta_2(self) -> float:
        """β₂; fixed when the optimizer is made."""
        return self._numbers["beta_2"]

    @property
    def epsilon(self) -> float:
        """ε; fixed when the optimizer is made."""
        return self._numbers["epsilon"]

    @property
    def amsgrad(self) -> bool:
        """Whether the largest v is kept; fixed when the optimizer is made."""
        return self._amsgrad

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._numbers, "amsgrad": self._amsgrad}


def _number(argument: str, value: Any, end: float) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int) or not 0 <= value < end:
        raise ValueError(f"Adam: expected `{argument}` to be a number in [0, {end:g}), received {value!r}")
    return float(value)


FAMILY.add(Adam)
