"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from bardana.optimizers.optimizer import FAMILY, Optimizer, Rate
from bardana.optimizers.options import single


class SGD(Optimizer):
    """Update weights w by their gradients g with stochastic gradient descent.

    Without momentum: w ← w − lr · g.

    With momentum m > 0 there is a velocity v for each weight, 0 at first:

        v ← m · v − lr · g
        w ← w + v                       (nesterov=False)
        w ← w + m · v − lr · g          (nesterov=True, with the new v)

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.01.
        momentum: m, between 0 and 1. Default 0.
        nesterov: whether to look ahead along the velocity. Default False; without momentum it makes no difference.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
            loss_scale_factor, gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if momentum is not in [0, 1], or an argument is not known.

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
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        self.momentum = momentum
        self.nesterov = nesterov
        self.rule()

    def rule(self) -> tuple[str, dict[str, float]]:
        momentum = self.momentum
        if isinstance(momentum, bool) or not isinstance(momentum, Real) or not 0 <= float(momentum) <= 1:
            raise ValueError(f"SGD: expected `momentum` to be a number in [0, 1], received {momentum!r}")
        if not momentum:
            return "sgd", {}
        return "sgd_nesterov" if self.nesterov else "sgd_momentum", {"momentum": single(momentum)}

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        return [("momentum",)] if self.momentum else []

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


FAMILY.add(SGD)
