"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

from typing import Any

from bardana.optimizers.adam import Adam
from bardana.optimizers.optimizer import FAMILY, Rate


class AdamW(Adam):
    """Update weights w by their gradients g with Adam, after w ← w − lr · weight_decay · w.

    Args:
        learning_rate: lr; a number, schedule or function. Default 0.001.
        weight_decay: share of a weight that is taken off, times lr. Default 0.004.
        beta_1, beta_2, epsilon, amsgrad: as for `Adam`.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, kwargs: as for every `Optimizer`.

    Raises:
        ValueError: if a number is out of its range, `weight_decay` is None, or an argument is not known.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2.

    Example:
        >>> AdamW().weight_decay
        0.004
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
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
        if weight_decay is None:
            raise ValueError("AdamW: expected `weight_decay` to be a number, received None")


FAMILY.add(AdamW)
