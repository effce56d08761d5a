"""Learning rates that change from step to step.

A schedule takes the place of the number in an optimizer. The ones of this module are worked out by the training loop
itself, in float32 as Keras does; one of your own is called before each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, TypeVar

import numpy as np

from bardana import _core
from bardana.serialization import CustomObjects, Family
from bardana.serialization import serialize as _serialize
from bardana.tensor import Tensor, as_tensor

FAMILY = Family("learning rate schedule", "keras.optimizers.schedules")

S = TypeVar("S", bound="LearningRateSchedule")


class LearningRateSchedule:
    """Be the base of every schedule: override `__call__`, and `get_config` to be saved.

    Example:
        >>> import bardana as keras
        >>> class Harmonic(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.5 / (step + 1)
        >>> keras.optimizers.SGD(Harmonic()).learning_rate
        0.5
    """

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of the step after `step` others."""
        raise NotImplementedError(f"{type(self).__name__} must override __call__(self, step)")

    def native(self) -> dict[str, Any] | None:
        """Return the schedule as the engine reads it; None for one that is written in Python."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        raise NotImplementedError(f"{type(self).__name__} must override get_config() to be saved")

    @classmethod
    def from_config(cls: type[S], config: Mapping[str, Any]) -> S:
        """Make the schedule again from `get_config()`."""
        return cls(**config)


class _Native(LearningRateSchedule):
    """A schedule that the engine works out. `_native_name` is the formula, `_arguments` the constructor's arguments."""

    _native_name: str
    _arguments: tuple[str, ...]

    def __call__(self, step: Any) -> Tensor:
        steps = np.asarray(step)
        schedule = self._spec()
        values = [_core.schedule_value(schedule, int(one)) for one in steps.flat]
        return as_tensor(np.array(values, dtype="float32").reshape(steps.shape))

    def native(self) -> dict[str, Any] | None:
        return self._spec() if type(self).__call__ is _Native.__call__ else None

    def _spec(self) -> dict[str, Any]:
        return {"name": self._native_name, "parameters": self._parameters()}

    def _parameters(self) -> dict[str, float]:
        return {name: float(getattr(self, name)) for name in self._arguments}

    def _check(self, steps: str) -> None:
        for name in self._arguments:
            value = getattr(self, name)
            if not isinstance(value, Real):
                raise ValueError(f"{type(self).__name__}: expected `{name}` to be a number, received {value!r}")
        if getattr(self, steps) <= 0:
            raise ValueError(f"Argument `{steps}` must be > 0. Received: {steps}={getattr(self, steps)}")

    def get_config(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in self._arguments}, "name": self.name}

    name: str


class ExponentialDecay(_Native):
    """Multiply the rate by `decay_rate` every `decay_steps` steps: initial · decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: length of a period, above 0.
        decay_rate: factor of a period.
        staircase: whether only whole periods count. Default False.
        name: default "ExponentialDecay".

    Raises:
        ValueError: if a number is none, or `decay_steps` is not above 0.

    Example:
        >>> schedule = ExponentialDecay(1.0, decay_steps=10, decay_rate=0.5, staircase=True)
        >>> [float(schedule(step)) for step in (0, 9, 10)]
        [1.0, 1.0, 0.5]
    """

    _native_name = "exponential_decay"
    _arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        self._check("decay_steps")


class InverseTimeDecay(_Native):
    """Divide the rate by a number that grows with the steps: initial / (1 + decay_rate · step / decay_steps).

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: length of a period, above 0.
        decay_rate: what a period adds to the divisor.
        staircase: whether only whole periods count. Default False.
        name: default "InverseTimeDecay".

    Raises:
        ValueError: if a number is none, or `decay_steps` is not above 0.

    Example:
        >>> float(InverseTimeDecay(1.0, decay_steps=10, decay_rate=1.0)(10))
        0.5
    """

    _native_name = "inverse_time_decay"
    _arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        self._check("decay_steps")


class PolynomialDecay(_Native):
    """Go from one rate to another: (initial − end) · (1 − step / decay_steps)^power + end.

    From `decay_steps` on the rate is `end_learning_rate`; with `cycle` the period is the next multiple of
    `decay_steps`.

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: length of the way, above 0.
        end_learning_rate: rate at its end. Default 0.0001.
        power: exponent. Default 1, a straight line.
        cycle: whether to start again from a lower rate. Default False.
        name: default "PolynomialDecay".

    Raises:
        ValueError: if a number is none, or `decay_steps` is not above 0.

    Example:
        >>> float(PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.0)(5))
        0.5
    """

    _native_name = "polynomial_decay"
    _arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name
        self._check("decay_steps")


class PiecewiseConstantDecay(_Native):
    """Keep a rate up to a step, then take the next: values[i] while step <= boundaries[i].

    Args:
        boundaries: steps in rising order, at least one.
        values: rates, one more than boundaries.
        name: default "PiecewiseConstant".

    Raises:
        ValueError: if the numbers of boundaries and values do not fit.

    Example:
        >>> schedule = PiecewiseConstantDecay([100], [1.0, 0.5])
        >>> float(schedule(100)), float(schedule(101))
        (1.0, 0.5)
    """

    _native_name = "piecewise_constant_decay"
    _arguments = ()

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1 or not boundaries:
            raise ValueError(
                f"expected one boundary or more, and one value more than boundaries; received boundaries={boundaries} "
                f"and values={values}"
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def _spec(self) -> dict[str, Any]:
        return {
            **super()._spec(),
            "boundaries": [float(step) for step in self.boundaries],
            "values": [float(value) for value in self.values],
        }

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class CosineDecay(_Native):
    """Let the rate fall along half a cosine: initial · ((1 − alpha) · (1 + cos(π · step / decay_steps)) / 2 + alpha).

    With a `warmup_target` the rate first rises to it, in a straight line over `warmup_steps`, and falls from there.

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: length of the fall, above 0; then the rate stays.
        alpha: lowest rate, as a share of the highest. Default 0.
        name: default "CosineDecay".
        warmup_target: rate after the rise. Default None: no rise.
        warmup_steps: length of the rise. Default 0.

    Raises:
        ValueError: if a number is none, or `decay_steps` is not above 0.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017).

    Example:
        >>> schedule = CosineDecay(0.0, decay_steps=10, warmup_target=1.0, warmup_steps=4)
        >>> [round(float(schedule(step)), 6) for step in (0, 2, 4, 9, 14)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    _native_name = "cosine_decay"
    _arguments = ("initial_learning_rate", "decay_steps", "alpha", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_steps = warmup_steps
        self.warmup_target = warmup_target
        self._check("decay_steps")

    def _parameters(self) -> dict[str, float]:
        rise = {} if self.warmup_target is None else {"warmup_target": float(self.warmup_target), "warms_up": 1.0}
        return {**super()._parameters(), **rise}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "warmup_target": self.warmup_target}


class CosineDecayRestarts(_Native):
    """Let the rate fall along half a cosine again and again.

    Args:
        initial_learning_rate: rate of step 0.
        first_decay_steps: length of the first fall, above 0.
        t_mul: factor of the length from fall to fall. Default 2.
        m_mul: factor of the highest rate from fall to fall. Default 1.
        alpha: lowest rate, as a share of the highest. Default 0.
        name: default "SGDRDecay".

    Raises:
        ValueError: if a number is none, or `first_decay_steps` is not above 0.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017), equation 5.

    Example:
        >>> schedule = CosineDecayRestarts(1.0, first_decay_steps=10)
        >>> [round(float(schedule(step)), 6) for step in (0, 5, 10, 20)]
        [1.0, 0.5, 1.0, 0.5]
    """

    _native_name = "cosine_decay_restarts"
    _arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha")

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name
        self._check("first_decay_steps")


def serialize(learning_rate_schedule: LearningRateSchedule) -> Any:
    """Return the config of a schedule, from which `deserialize` makes it again.

    Args:
        learning_rate_schedule: the schedule.

    Raises:
        NotImplementedError: for one without `get_config`.

    Example:
        >>> serialize(ExponentialDecay(0.5, 10, 0.9))["config"]["decay_steps"]
        10
    """
    return _serialize(learning_rate_schedule)


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make a schedule from its config.

    Args:
        config: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no schedule.

    Example:
        >>> deserialize(serialize(ExponentialDecay(0.5, 10, 0.9))).decay_rate
        0.9
    """
    return FAMILY.deserialize(config, custom_objects)


for _schedule in (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
):
    FAMILY.add(_schedule)

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
