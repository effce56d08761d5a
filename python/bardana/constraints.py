"""Constraints: to which values weights are moved after every optimizer step.

Wherever a constraint is expected, its name will do ("MaxNorm", "max_norm"): a string stands for the class with its
defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, TypeVar

from bardana import _core, config
from bardana.arguments import is_integer
from bardana.data.numbers import as_floats
from bardana.serialization import CustomObjects, Family
from bardana.serialization import serialize as _serialize
from bardana.tensor import Tensor, as_tensor

FAMILY = Family("constraint", "keras.constraints")

C = TypeVar("C", bound="Constraint")


class Constraint:
    """Be the base of every constraint: a function from weights to the weights that take their place.

    The engine trains with the classes of this module. A constraint of your own can be called on arrays.

    Example:
        >>> import numpy as np
        >>> class Halved(Constraint):
        ...     def __call__(self, w):
        ...         return np.asarray(w) / 2
        >>> Halved()([1.0, -2.0]).tolist()
        [0.5, -1.0]
    """

    def __call__(self, w: Any) -> Any:
        """Return the weights in place of w; the base class leaves them as they are."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls: type[C], config: Mapping[str, Any]) -> C:
        """Make the constraint again from `get_config()`."""
        return cls(**config)


class _Native(Constraint):
    """A constraint that the engine computes."""

    _name: str

    def __call__(self, w: Any) -> Tensor:
        return as_tensor(_core.constrain(self.native(), as_floats(w)))

    def native(self) -> dict[str, Any]:
        """Return name, parameters and axes as the engine reads them."""
        return {"name": self._name, "parameters": self._parameters(), "axes": _axes(getattr(self, "axis", None))}

    def _parameters(self) -> dict[str, float]:
        numbers = {key: value for key, value in self.get_config().items() if key != "axis"}
        for key, value in numbers.items():
            if not isinstance(value, Real):
                raise ValueError(f"{type(self).__name__}: expected `{key}` to be a number, received {value!r}")
        return {key: float(value) for key, value in numbers.items()}


class _Norm(_Native):
    def _parameters(self) -> dict[str, float]:
        return {**super()._parameters(), "epsilon": config.epsilon()}


class NonNeg(_Native):
    """Replace negative weights by 0: w ← max(w, 0).

    Example:
        >>> NonNeg()([1.0, -2.0]).tolist()
        [1.0, 0.0]
    """

    _name = "non_neg"


class MaxNorm(_Norm):
    """Shrink groups of weights whose Euclidean norm is too large: w ← w · min(‖w‖, max_value) / (ε + ‖w‖).

    ε is `config.epsilon()`, 1e-7.

    Args:
        max_value: largest norm. Default 2.
        axis: axis or neighbouring axes over which norms are taken; None means all. Default 0, which for a kernel of
            shape (inputs, units) makes a group of the weights into each unit.

    Raises:
        ValueError: when it is used, for a `max_value` that is no number or an axis that the weights do not have.

    Source: Srebro and Shraibman, Rank, trace-norm and max-norm (2005).

    Example:
        >>> MaxNorm(1.0)([[3.0, 0.5], [4.0, 0.0]]).round(3).tolist()
        [[0.6000000238418579, 0.5], [0.800000011920929, 0.0]]
    """

    _name = "max_norm"

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(_Norm):
    """Give every group of weights the Euclidean norm 1: w ← w / (ε + ‖w‖). Zeros stay zeros.

    ε is `config.epsilon()`, 1e-7.

    Args:
        axis: as for `MaxNorm`. Default 0.

    Raises:
        ValueError: when it is used, for an axis that the weights do not have.

    Source: Salimans and Kingma, Weight normalization (2016), without its learned length.

    Example:
        >>> UnitNorm()([[3.0], [4.0]]).round(3).tolist()
        [[0.6000000238418579], [0.800000011920929]]
    """

    _name = "unit_norm"

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(_Norm):
    """Move the Euclidean norm of groups of weights between two bounds.

    w ← w · (rate · clip(‖w‖, min_value, max_value) + (1 − rate) · ‖w‖) / (ε + ‖w‖), where ε is `config.epsilon()`.

    Args:
        min_value: smallest norm. Default 0.
        max_value: largest norm. Default 1.
        rate: share of the way to the bound that one step goes; 1 keeps the bounds strictly. Default 1.
        axis: as for `MaxNorm`. Default 0.

    Raises:
        ValueError: when it is used, for a number that is none or an axis that the weights do not have.

    Source: Srebro and Shraibman, Rank, trace-norm and max-norm (2005), with a lower bound.

    Example:
        >>> MinMaxNorm(min_value=1.0, max_value=2.0, rate=0.5)([[3.0], [4.0]]).round(3).tolist()
        [[2.0999999046325684], [2.799999952316284]]
    """

    _name = "min_max_norm"

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm


def _axes(axis: Any) -> list[int] | None:
    if axis is None:
        return None
    axes = list(axis) if isinstance(axis, Sequence) and not isinstance(axis, str) else [axis]
    for one in axes:
        if not is_integer(one):
            raise ValueError(f"expected a constraint's axis to be an integer, several or None, received {axis!r}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"expected a constraint's axes to differ, received {axis!r}")
    return [int(one) for one in axes]


def get(identifier: Any) -> Any:
    """Return a constraint for a name, class, config, object or callable; None stays None.

    Raises:
        ValueError: if the identifier is none of these.

    Example:
        >>> get("max_norm").max_value
        2
    """
    return None if identifier is None else FAMILY.resolve(identifier)


def serialize(constraint: Any) -> Any:
    """Return the config of a constraint, from which `deserialize` makes it again.

    Args:
        constraint: a constraint, or a function with a name.

    Raises:
        TypeError: for an object without `get_config`.
        ValueError: for a lambda, which cannot be found again by name.

    Example:
        >>> serialize(MaxNorm(3))["config"]
        {'max_value': 3, 'axis': 0}
    """
    return _serialize(constraint)


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Any:
    """Make a constraint from its config.

    Args:
        config: dict with "class_name" and "config", as `serialize` returns it.
        custom_objects: your own classes and functions by name, looked up first. Default None.

    Raises:
        ValueError: if the config names no constraint.

    Example:
        >>> deserialize({"class_name": "MaxNorm", "config": {"max_value": 3}}).max_value
        3
    """
    return FAMILY.deserialize(config, custom_objects)


def native(constraint: Any, owner: str) -> dict[str, Any] | None:
    """Return a constraint as the engine reads it; None for none.

    Args:
        constraint: what `get` returned.
        owner: path of the variable, for the message.

    Raises:
        TypeError: if it is written in Python.
    """
    if constraint is None or type(constraint) is Constraint:
        return None
    if isinstance(constraint, _Native) and type(constraint).__call__ is _Native.__call__:
        return constraint.native()
    raise TypeError(
        f"variable '{owner}': expected a constraint that the engine knows, MaxNorm, MinMaxNorm, NonNeg or UnitNorm; "
        f"received {constraint!r}, which can be called on arrays only"
    )


FAMILY.add(Constraint, "constraint")
FAMILY.add(MaxNorm, "max_norm")
FAMILY.add(MinMaxNorm, "min_max_norm")
FAMILY.add(NonNeg, "non_neg")
FAMILY.add(UnitNorm, "unit_norm")

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
