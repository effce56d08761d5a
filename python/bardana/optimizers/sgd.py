"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer


class SGD(Optimizer):
    """Update weights w by their gradients g with stochastic gradient descent.

    Without momentum: w ← w − lr · g.

    With momentum m > 0 there is a velocity v for each weight, 0 at first:

        v ← m · v − lr · g
        w ← w + v                       (nesterov=False)
        w ← w + m · v − lr · g          (nesterov=True, with the new v)

    Args:
        learning_rate: lr. Default 0.01.
        momentum: m, between 0 and 1. Default 0.
        nesterov: whether to look ahead along the velocity. Default False; without momentum it makes no difference.
        name: default "sgd", "sgd_1", …
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps: only their defaults.

    Raises:
        ValueError: if momentum is not in [0, 1], or an argument is not known or not available.

    Sources: Polyak, Some methods of speeding up the convergence of iteration methods (1964); Sutskever, Martens, Dahl
    and Hinton, On the importance of initialization and momentum in deep learning (2013), section 2.

    Example:
        >>> optimizer = SGD(learning_rate=0.5, momentum=0.9)
        >>> optimizer.learning_rate = 0.25
        >>> float(optimizer.learning_rate), int(optimizer.iterations)
        (0.25, 0)
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if isinstance(momentum, bool) or not isinstance(momentum, float | int) or not 0 <= momentum <= 1:
            raise ValueError(f"SGD: expected `momentum` to be a number in [0, 1], received {momentum!r}")
        self._momentum = float(momentum)
        self._nesterov = bool(nesterov)
        super().__init__(
            learning_rate,
            _rule(self._momentum, self._nesterov),
            {"momentum": self._momentum} if self._momentum else {},
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
    def momentum(self) -> float:
        """m; fixed when the optimizer is made."""
        return self._momentum

    @property
    def nesterov(self) -> bool:
        """Whether to look ahead along the velocity; fixed when the optimizer is made."""
        return self._nesterov

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


def _rule(momentum: float, nesterov: bool) -> str:
    if not momentum:
        return "sgd"
    return "sgd_nesterov" if nesterov else "sgd_momentum"


FAMILY.add(SGD)
