"""The base class of optimizers: hyperparameters of a native optimizer, readable and assignable at any time.

The update rule itself is native. A Python optimizer and the training loop share one native object, so an assigned
learning rate counts from the next step, also in the middle of an epoch.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Real
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bardana import _core, config, naming
from bardana.serialization import Family
from bardana.variables import Variable

FAMILY = Family("optimizer", "keras.optimizers", ignore_case=True)

# The options that optimizers have in common, with the values that leave them switched off.
_COMMON_OPTIONS: dict[str, Any] = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}

OptimizerT = TypeVar("OptimizerT", bound="Optimizer")


class NativeScalar(Variable):
    """Be a variable whose value is an attribute of a native optimizer.

    Args:
        native: the native optimizer.
        attribute: its attribute.
        dtype: type of the value.
        path: path of the variable, `<optimizer>/<name>`.
    """

    def __init__(
        self, native: _core.Optimizer, attribute: Literal["learning_rate", "iterations"], dtype: str, path: str
    ) -> None:
        super().__init__(getattr(native, attribute), dtype=dtype, trainable=False, name=path.rpartition("/")[2])
        self.path = path
        self._native = native
        self._attribute = attribute

    def numpy(self) -> NDArray[Any]:
        """Return the current value as an array without axes."""
        return np.asarray(getattr(self._native, self._attribute), dtype=self.dtype)

    def assign(self, value: Any) -> NativeScalar:
        """Replace the value by another number, rounded to the variable's type."""
        new = np.asarray(value, dtype=self.dtype)
        if new.shape != ():
            raise ValueError(f"variable '{self.path}': expected a number, received shape {new.shape}")
        setattr(self._native, self._attribute, new.item())
        return self


class Optimizer:
    """Be the base of every optimizer.

    Args:
        learning_rate: step size; rounded to `config.floatx()`, as Keras does.
        rule: name of the native update rule, one of `_core.optimizer_names()`.
        hyperparameters: the other numbers of the rule, by name.
        options: `name`, and the common options of Keras (weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps), of which only the
            defaults are accepted. `decay` is ignored with a warning.

    Raises:
        ValueError: for an argument that is not known or not available, or a learning rate that is no number.

    Example:
        >>> import bardana as keras
        >>> optimizer = keras.optimizers.SGD(learning_rate=0.5)
        >>> optimizer.learning_rate.assign(0.25).numpy()
        array(0.25, dtype=float32)
        >>> twin = keras.optimizers.SGD.from_config(optimizer.get_config())
        >>> float(twin.learning_rate), int(twin.iterations)
        (0.25, 0)
    """

    def __init__(self, learning_rate: float, rule: str, hyperparameters: Mapping[str, float], **options: Any) -> None:
        class_name = type(self).__name__
        name = options.pop("name", None)
        _check_options(class_name, options)
        rate = _rounded(learning_rate, class_name)
        self.name: str = naming.checked_name(name, class_name)
        self.native = _core.Optimizer(rule, hyperparameters)
        self.native.learning_rate = rate
        self._learning_rate = NativeScalar(self.native, "learning_rate", config.floatx(), f"{self.name}/learning_rate")
        self._iterations = NativeScalar(self.native, "iterations", "int64", f"{self.name}/iteration")

    @property
    def learning_rate(self) -> Variable:
        """Step size; assign to it, or call its `assign`, at any time."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._learning_rate.assign(_rounded(value, self.name))

    @property
    def iterations(self) -> Variable:
        """Number of steps made."""
        return self._iterations

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, with the learning rate of this moment."""
        return {"name": self.name, "learning_rate": float(self.learning_rate), **_COMMON_OPTIONS}

    @classmethod
    def from_config(cls: type[OptimizerT], config: Mapping[str, Any]) -> OptimizerT:
        """Make the optimizer again, without its state, from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, learning_rate={float(self.learning_rate)}>"


def _check_options(owner: str, options: dict[str, Any]) -> None:
    if options.pop("decay", None) is not None:
        warnings.warn(f"{owner}: argument `decay` no longer exists and is ignored", UserWarning, stacklevel=4)
    unknown = {key: value for key, value in options.items() if key not in _COMMON_OPTIONS}
    if unknown:
        raise ValueError(f"{owner}: Argument(s) not recognized: {unknown}")
    for key, value in options.items():
        if value != _COMMON_OPTIONS[key]:
            raise ValueError(f"{owner}: expected {key}={_COMMON_OPTIONS[key]!r}, received {key}={value!r}")


def _rounded(learning_rate: Any, owner: str) -> float:
    value = learning_rate
    if isinstance(value, Variable | np.ndarray) and value.shape == ():
        value = np.asarray(value).item()
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{owner}: expected `learning_rate` to be a number, received {learning_rate!r}")
    return float(np.dtype(config.floatx()).type(value))
