"""The base class of metrics: values gathered over batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from bardana import naming
from bardana.data import Array, float_name
from bardana.metrics.state import State
from bardana.serialization import Family, deserialize
from bardana.tensor import Tensor
from bardana.variables import Variable

FAMILY = Family("metric", "keras.metrics")

M = TypeVar("M", bound="Metric")


class Metric:
    """Be the base of every metric: a value gathered over batches.

    A subclass makes its state by `add_variable` and overrides `update_state` and `result`. It can be called on arrays
    and be given to `compile`: `fit` and `evaluate` then call its methods with NumPy arrays, `reset_state` at the
    beginning of an epoch.

    Args:
        dtype: "float32" or "float64", type of the result. Default `config.floatx()`.
        name: key in the logs of `fit`. Default: the class name in snake_case, with a counter.

    Example:
        >>> import numpy as np
        >>> class Largest(Metric):
        ...     def __init__(self, name="largest", **kwargs):
        ...         super().__init__(name=name, **kwargs)
        ...         self.top = self.add_variable(shape=(), initializer="zeros", name="top")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.top.assign(np.maximum(self.top, np.max(y_pred)))
        ...     def result(self):
        ...         return self.top.value
        >>> metric = Largest()
        >>> metric.update_state([1.0, 2.0], [1.5, 2.5])
        >>> float(metric.result())
        2.5
    """

    _direction: str | None = None  # "up" or "down" where better values lie, for callbacks that watch it

    def __init__(self, dtype: str | None = None, name: str | None = None) -> None:
        self.name = naming.checked_name(name, type(self).__name__)
        self.dtype = float_name(dtype, self.name)
        self._states: list[State] = []

    def add_variable(
        self,
        shape: Iterable[int],
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> State:
        """Make a part of the state, which `reset_state` sets to zero.

        Args:
            shape: its shape, `()` for a number.
            initializer: name, object or callable of `keras.initializers`; None means zeros.
            dtype: element type. Default `config.floatx()`.
            aggregation: accepted without effect: there is one copy of it.
            name: default "state", "state_1", …

        Returns:
            A variable with `assign`, `assign_add`, `value` and `numpy()`.
        """
        if not hasattr(self, "_states"):
            raise RuntimeError(
                f"{type(self).__name__}: expected `super().__init__()` to be called in `__init__()` first"
            )
        state = State("zeros" if initializer is None else initializer, tuple(shape), dtype, name, self.name)
        self._states.append(state)
        return state

    def add_weight(
        self, shape: Iterable[int] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> State:
        """Do the same as `add_variable`, under an older name."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """The state: own variables in the order of `add_variable`, then those of metrics held as attributes."""
        inner = [value for value in vars(self).values() if isinstance(value, Metric)]
        return [*self._states, *(variable for metric in inner for variable in metric.variables)]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch.

        Args:
            args, kwargs: what the subclass compares, usually (y_true, y_pred, sample_weight).
        """
        raise NotImplementedError(f"{type(self).__name__} must override update_state")

    def result(self) -> Any:
        """Return the value over all batches since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must override result")

    def reset_state(self) -> None:
        """Forget all batches."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape))

    def merge_state(self, metrics: Iterable[Metric]) -> None:
        """Add the states of others, which saw other batches, to this one.

        Args:
            metrics: metrics of the same class and arguments.

        Raises:
            ValueError: if their variables have other shapes.
        """
        for metric in metrics:
            self._expect_variables([variable.shape for variable in metric.variables])
            for own, other in zip(self.variables, metric.variables, strict=True):
                own.assign_add(other)

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Array]:
        """Return the state after one more batch; the metric itself stays as it is.

        Args:
            metric_variables: state before, values for each of `variables`.
            args, kwargs: as for `update_state`.
        """
        with _Borrowed(self, metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.numpy() for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """Return the value that belongs to a state; the metric itself stays as it is.

        Args:
            metric_variables: values for each of `variables`.
        """
        with _Borrowed(self, metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Array]:
        """Return the state after `reset_state`; the metric itself stays as it is."""
        with _Borrowed(self, self.variables):
            self.reset_state()
            return [variable.numpy() for variable in self.variables]

    def native(self) -> dict[str, Any]:
        """Return the metric as the engine reads it: function and parameters.

        Raises:
            TypeError: if the engine has no such metric.
        """
        raise TypeError(
            f"metric '{self.name}': expected one that compares y_true with y_pred, received {type(self).__name__}, "
            "which gathers values"
        )

    def load(self, state: Any) -> Any:
        """Take over a state that the engine has gathered for `native()`.

        Args:
            state: the pair (sum, weight), or an array.

        Returns:
            The metric's value as logs show it: a float, or an array of several.
        """
        raise NotImplementedError(f"{type(self).__name__} has no state of the engine's")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in one batch and return the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls: type[M], config: Mapping[str, Any]) -> M:
        """Make the metric again, without its state, from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**{key: deserialize(value) for key, value in config.items()})

    def _expect_variables(self, shapes: Sequence[tuple[int, ...]]) -> None:
        own = [variable.shape for variable in self.variables]
        if own != list(shapes):
            raise ValueError(f"{self.name}: expected values for variables of shapes {own}, received shapes {shapes}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class _Borrowed:
    """Give a metric another state for the length of a `with` block."""

    def __init__(self, metric: Metric, values: Sequence[Any]) -> None:
        metric._expect_variables([np.shape(value) for value in values])
        self._variables = metric.variables
        self._values = [np.array(value) for value in values]

    def __enter__(self) -> None:
        self._kept = [variable.numpy() for variable in self._variables]
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)

    def __exit__(self, *_: object) -> None:
        for variable, value in zip(self._variables, self._kept, strict=True):
            variable.assign(value)


def shown(value: Tensor) -> Any:
    """Return a metric's value for logs: a float, or an array where there are several."""
    return float(value) if value.ndim == 0 else value.numpy()
