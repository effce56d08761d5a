"""InputSpec: which shapes a layer of yours takes, said as data and checked before it is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bardana.data import number_name

Shape = tuple[int | None, ...]


class InputSpec:
    """Say which inputs a layer takes: assign one to `self.input_spec` in its constructor.

    A shape that does not fit is a `ValueError` that names the layer. None fits every size.

    Args:
        dtype: kept only: arrays of any numeric type are converted to the layer's type.
        shape: sizes of all axes, the batch axis first.
        ndim: number of axes, where there is no shape.
        max_ndim, min_ndim: largest and smallest number of axes.
        axes: `{axis: size}` for single axes; negative ones count from the end.
        allow_last_axis_squeeze: leave out a last axis of size 1, of the input or of `shape`, before they are compared.
        name: kept only: models have one input.
        optional: kept only: an input is always given.

    Raises:
        TypeError: if `axes` is no dict of integers.
        ValueError: if an axis lies beyond `ndim` or `max_ndim`.

    Example:
        >>> spec = InputSpec(min_ndim=2, axes={-1: 4})
        >>> spec
        InputSpec(min_ndim=2, axes={-1: 4})
        >>> spec.check((None, 4), "mine")
        >>> spec.check((None, 3), "mine")
        Traceback (most recent call last):
            ...
        ValueError: layer 'mine': expected inputs of size 4 along axis -1, received shape (None, 3)
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else number_name(dtype, "InputSpec")
        self.shape: Shape | None = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = _checked_axes(axes, self.ndim if self.ndim is not None else max_ndim)
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def check(self, input_shape: Sequence[int | None], layer_name: str) -> None:
        """Raise ValueError if inputs of this shape do not fit.

        Args:
            input_shape: sizes of all axes, None for a batch axis of any size.
            layer_name: name of the layer, for the message.
        """
        shape = tuple(input_shape)
        rank, wanted = len(shape), self._wanted_rank(len(shape))
        if wanted:
            raise ValueError(f"layer '{layer_name}': expected inputs with {wanted} axes, received shape {shape}")
        for axis, size in self.axes.items():
            found = shape[axis] if -rank <= axis < rank else 0
            if size is not None and found not in (size, None):
                raise ValueError(
                    f"layer '{layer_name}': expected inputs of size {size} along axis {axis}, received shape {shape}"
                )
        if self.shape is not None and not self._fits(shape):
            raise ValueError(f"layer '{layer_name}': expected inputs of shape {self.shape}, received shape {shape}")

    def _wanted_rank(self, rank: int) -> str:
        """Return how many axes there should be, "" if `rank` is right."""
        if self.ndim is not None and not self.allow_last_axis_squeeze and rank != self.ndim:
            return str(self.ndim)
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"at most {self.max_ndim}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"at least {self.min_ndim}"
        return ""

    def _fits(self, shape: Shape) -> bool:
        assert self.shape is not None
        expected = self.shape
        if self.allow_last_axis_squeeze:
            shape, expected = (sizes[:-1] if sizes[-1:] == (1,) else sizes for sizes in (shape, expected))
        return len(shape) == len(expected) and all(
            size is None or found is None or size == found for size, found in zip(expected, shape, strict=True)
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputSpec:
        """Make one from the result of `get_config`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        given = [f"{name}={getattr(self, name)}" for name in names if getattr(self, name)]
        return f"{type(self).__name__}({', '.join(given)})"


def _checked_axes(axes: Any, ndim: int | None) -> dict[int, int | None]:
    try:
        checked = {int(axis): size for axis, size in (axes or {}).items()}
    except (AttributeError, TypeError, ValueError):
        raise TypeError(f"InputSpec: expected axes to be a dict with integer keys, received {axes!r}") from None
    if checked and ndim is not None and max(checked) >= ndim:
        raise ValueError(f"InputSpec: expected axes below {ndim}, the number of axes, received {axes!r}")
    return checked
