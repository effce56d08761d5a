"""Variables: named arrays that a model trains.

A variable's value lives in one place at a time, its home: an array of its own, or a slice of the native model that uses
it. `settle` moves it; whoever reads or writes through the variable need not know where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from bardana import config, initializers, naming
from bardana.tensor import Tensor, as_tensor

if TYPE_CHECKING:
    from bardana.native import Native

Array = NDArray[Any]


class Variable(NDArrayOperatorsMixin):
    """Hold a value that can be read and assigned, with a name, a fixed shape and a fixed type.

    Args:
        initializer: an array-like value, or (with `shape`) an initializer: a name, object or callable `(shape, dtype)`.
        shape: shape of the value; required for an initializer, taken from the value otherwise.
        dtype: element type. Default: `keras.config.floatx()` for initializers and Python floats, else the value's own.
        trainable: whether an optimizer may change it. Default True.
        name: default "variable", "variable_1", …

    Raises:
        ValueError: if an initializer comes without a shape, or a value does not have the given shape.

    Example:
        >>> import bardana as keras
        >>> v = keras.Variable([[1.0, 2.0]], name="v")
        >>> v.assign(v + 1).numpy()
        array([[2., 3.]], dtype=float32)
    """

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        self.name = naming.checked_name(name, "Variable")
        self.path = self.name
        self._trainable = bool(trainable)
        self._array: Array | None = _initial_value(initializer, shape, dtype)
        self.shape: tuple[int, ...] = self._array.shape
        self.dtype: str = self._array.dtype.name
        self._home: Native | None = None
        self._index = -1

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may change this variable; follows `trainable` of the layer that owns it."""
        return self._trainable

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def value(self) -> Tensor:
        """A copy of the current value."""
        return as_tensor(self.numpy())

    def numpy(self) -> Array:
        """Return a copy of the current value."""
        if self._home is not None:
            return self._home.model.read(self._index)
        assert self._array is not None
        return self._array.copy()

    def assign(self, value: Any) -> Variable:
        """Replace the value by one of the same shape (cast to the variable's type).

        Args:
            value: array or number.

        Raises:
            ValueError: if the shapes differ; the old value is kept.
        """
        new = np.array(value, dtype=self.dtype, order="C")
        if new.shape != self.shape:
            raise ValueError(f"variable '{self.path}': expected a value of shape {self.shape}, received {new.shape}")
        if self._home is not None:
            self._home.model.write(self._index, new)
        else:
            self._array = new
        return self

    def assign_add(self, value: Any) -> Variable:
        """Add `value` to the current value."""
        return self.assign(self.numpy() + np.asarray(value))

    def assign_sub(self, value: Any) -> Variable:
        """Subtract `value` from the current value."""
        return self.assign(self.numpy() - np.asarray(value))

    def settle(self, native: Native, index: int) -> None:
        """Copy the value to place `index` of a native model, which becomes its home.

        A model in the middle of an epoch stays the home: the other one gets a copy of the weights of its last step.
        """
        home = self._home
        if home is native:
            return
        native.model.write(index, self.numpy())
        if home is not None and not home.retired:
            home.shared = native.shared = True
            if home.model.is_training:
                return
        self._home, self._index, self._array = native, index, None

    def detach(self, native: Native) -> None:
        """Take the value out of a native model, if it lives there, into an array of its own."""
        if self._home is native:
            self._array, self._home = self.numpy(), None

    def lives_in(self, native: Native) -> bool:
        """Return whether this native model is the variable's home."""
        return self._home is native

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError(f"variable '{self.path}' gives copies only, received copy=False")
        value = self.numpy()
        return value if dtype is None else value.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(target, Variable) for target in kwargs.get("out", ())):
            raise TypeError(f"variable '{self.path}' cannot be the output of a NumPy function: use assign()")
        arrays = (x.value if isinstance(x, Variable) else x for x in inputs)
        return getattr(ufunc, method)(*arrays, **kwargs)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self.value, np.asarray(other))

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self.numpy()}>"


def _initial_value(initializer: Any, shape: tuple[int, ...] | None, dtype: Any) -> Array:
    name = config.floatx() if dtype is None else np.dtype(dtype).name
    if isinstance(initializer, str) or callable(initializer):
        if shape is None:
            raise ValueError(f"Variable: expected a shape with initializer={initializer!r}, received shape=None")
        return np.array(initializers.get(initializer)(tuple(shape), name), dtype=name, order="C")
    keeps_type = dtype is None and isinstance(initializer, (np.ndarray, np.generic, int, bool))
    value = np.array(initializer, dtype=None if keeps_type else name, order="C")
    if shape is not None and value.shape != tuple(shape):
        raise ValueError(f"Variable: expected a value of shape {tuple(shape)}, received {value.shape}")
    return value
