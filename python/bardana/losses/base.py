"""The base classes of losses and the reduction of their values to one number."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from bardana import naming
from bardana.data import Array, as_floats, as_numbers, float_name
from bardana.host_calls import is_overridden
from bardana.losses import custom
from bardana.losses.targets import global_parameters, match_ranks
from bardana.serialization import Family, serialize
from bardana.tensor import Tensor, as_tensor

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)

FAMILY = Family("loss", "keras.losses")

L = TypeVar("L", bound="Loss")


class Loss:
    """Be the base of every loss: values for each sample, weighted and reduced to one number.

    A subclass overrides `call(y_true, y_pred)`, which returns the values without reduction, as a number for each row.
    To train with it, `gradient(y_true, y_pred)` as well: the derivative of these values by y_pred. Both work on NumPy
    arrays; weights and reduction come by themselves.

    Args:
        name: default is the class name in snake_case, with a counter.
        reduction: what becomes of the values lᵢ with weights wᵢ (1 without sample_weight):
            "sum_over_batch_size" (default) and "mean" give Σ wᵢ lᵢ / n with n the number of values,
            "sum" gives Σ wᵢ lᵢ, "mean_with_sample_weight" gives Σ wᵢ lᵢ / Σ wᵢ, "none" or None gives all wᵢ lᵢ.
        dtype: "float32" or "float64", type of the computation on arrays. Default `config.floatx()`. In a model the
            model's type counts.

    Raises:
        ValueError: if an argument is none of these.

    Example:
        >>> import numpy as np
        >>> class Hinge(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return np.maximum(1 - y_true * y_pred, 0).mean(axis=-1)
        ...     def gradient(self, y_true, y_pred):
        ...         return np.where(y_true * y_pred < 1, -y_true, 0) / y_pred.shape[-1]
        >>> float(Hinge()([[1.0], [-1.0]], [[0.5], [0.5]]))
        1.0
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile(keras.optimizers.SGD(1.0), Hinge())
        >>> model.train_on_batch(np.array([[2.0]]), np.array([[1.0]])), model.get_weights()[0].item()
        (1.0, 2.0)
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> None:
        self.name = naming.checked_name(name, type(self).__name__)
        if reduction not in REDUCTIONS:
            raise ValueError(f"{self.name}: expected `reduction` to be one of {REDUCTIONS}, received {reduction!r}")
        self.reduction = reduction
        self.dtype = float_name(dtype, self.name)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Return the reduced loss as a scalar `Tensor`, or all values if the reduction is "none".

        Args:
            y_true: targets, as the loss describes them.
            y_pred: predictions.
            sample_weight: number or array that fits the values, shape (n,) or (n, 1). Default: all 1.

        Raises:
            ValueError: if the shapes do not fit.
        """
        target = self._as_target(y_true)
        values = np.asarray(self.call(target, as_floats(y_pred, self.dtype)), dtype=self.dtype)
        weight = None if sample_weight is None else as_floats(sample_weight, self.dtype)
        return reduce(values, weight, self._counted(target, values.shape), self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the values of the loss without reduction.

        Args:
            y_true: targets as an array.
            y_pred: predictions as an array of the loss's type.
        """
        raise NotImplementedError(f"{type(self).__name__} must override call(y_true, y_pred)")

    def gradient(self, y_true: Any, y_pred: Any) -> Any:
        """Return the derivative of each of the values that `call` returns by its row of y_pred, in y_pred's shape.

        Args:
            y_true: targets as an array of the type of y_pred.
            y_pred: predictions as an array.
        """
        raise custom.without_gradient(type(self).__name__, function=False)

    def native(self) -> dict[str, Any]:
        """Return the loss as the engine reads it: function, parameters, reduction.

        Raises:
            TypeError: if the loss is written in Python and has no gradient.
            ValueError: if the reduction leaves no single number.
        """
        if not is_overridden(self, FunctionLoss, "gradient"):
            raise self._without_gradient()
        self._check_reduction()
        return custom.native(self)

    def _without_gradient(self) -> TypeError:
        return custom.without_gradient(type(self).__name__, function=False)

    def _check_reduction(self) -> None:
        if self.reduction in ("none", None):
            raise ValueError(
                f"{self.name}: expected a reduction to one number, received reduction={self.reduction!r}, which "
                "cannot train a model"
            )

    def _as_target(self, y_true: Any) -> Array:
        """Return the targets as `call` receives them from a user."""
        return as_floats(y_true, self.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls: type[L], config: Mapping[str, Any]) -> L:
        """Make the loss again from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def _counted(self, y_true: Array, shape: tuple[int, ...]) -> Array | None:
        """Return which values take part, or None for all."""
        return None


class FunctionLoss(Loss):
    """Be a loss object for a function `fn(y_true, y_pred, **parameters)` that returns values without reduction.

    Args:
        fn: the function. Only the built-in ones can train a model.
        reduction, name, dtype: as in `Loss`.
        parameters: keyword arguments for the function.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self.parameters = parameters

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred, **self.parameters)

    def native(self) -> dict[str, Any]:
        if self.fn not in FAMILY:
            return super().native()
        self._check_reduction()
        return native_formula(self.name, self.fn, self.parameters) | {"reduction": self.reduction}

    def _without_gradient(self) -> TypeError:
        return custom.without_gradient(getattr(self.fn, "__name__", self.name), function=True)

    def _as_target(self, y_true: Any) -> Array:
        return as_numbers(y_true) if self.fn in FAMILY else super()._as_target(y_true)

    def get_config(self) -> dict[str, Any]:
        own = {"fn": serialize(self.fn)} if type(self) is FunctionLoss else {}
        return {**super().get_config(), **own, **self.parameters}


def native_formula(owner: str, fn: Callable[..., Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a built-in function with all its parameters as the engine reads it.

    Raises:
        ValueError: if `axis` is not the last one, the only one in a model.
    """
    signature = inspect.signature(fn).parameters.values()
    defaults = {p.name: p.default for p in signature if p.default is not inspect.Parameter.empty}
    formula = {"function": fn.__name__, **global_parameters(fn.__name__), **defaults, **parameters}
    if formula.pop("axis", -1) != -1:
        raise ValueError(f"{owner}: expected axis=-1 in a model, received axis={parameters['axis']}")
    return formula


def reduce(values: Array, weight: Array | None, counted: Array | None, reduction: str | None) -> Tensor:
    """Weight the values and reduce them to one number, summed in float64.

    Args:
        values: values without reduction.
        weight: weights that fit them, or None.
        counted: which values take part, or None for all; `values` is 0 where it is False.
        reduction: one of `REDUCTIONS`.

    Raises:
        ValueError: if the weights have another shape.
    """
    if weight is not None:
        values, weight = _fitted(values, weight)
        weight = weight if counted is None else weight * counted.reshape(values.shape)
        values = values * weight
    if reduction in ("none", None):
        return as_tensor(values)
    total = float(np.sum(values, dtype=np.float64))
    if reduction != "sum":
        divisor = float(values.size if counted is None else np.count_nonzero(counted))
        if reduction == "mean_with_sample_weight" and weight is not None:
            divisor = float(np.sum(weight, dtype=np.float64))
        total = total / divisor if divisor else 0.0
    return as_tensor(np.asarray(total, dtype=values.dtype))


def _fitted(values: Array, weight: Array) -> tuple[Array, Array]:
    """Return values and weights with matching ranks; ValueError unless weights broadcast to the values' shape.

    The weights are not repeated: their sum, as a divisor, counts each number that the user gave once.
    """
    matched, given = match_ranks(values, weight)
    try:
        np.broadcast_to(given, matched.shape)
    except ValueError:
        raise ValueError(
            f"expected sample_weight to fit loss values of shape {values.shape} (the last axis of y_pred is averaged "
            f"away), received shape {weight.shape}"
        ) from None
    return matched, given
