"""Input: declares the shape of one example. It computes nothing and is not part of the native model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bardana import advice, data
from bardana.layers.base import Layer, Shape, require_none, sample_shape


class InputLayer(Layer):
    """Declare the shape of the inputs of a model, as its first entry.

    Args:
        shape: shape of one example, without the batch axis, e.g. `(28, 28)`; all sizes known.
        batch_size: must be None: a model takes any number of rows.
        dtype: a float, integer or bool type, kept in the config; the layers' own dtype decides the arithmetic.
        batch_shape: instead of `shape`, with a leading None for the batch axis.
        name: default "input_layer", "input_layer_1", …
        sparse, ragged: must be False.
        optional: must be False.
        input_tensor: must be None.
        input_shape, batch_input_shape: old spelling of `shape`, which warns, and of `batch_shape`.

    Raises:
        ValueError: if no shape or both kinds are given, or a size is unknown.

    Example:
        >>> import bardana as keras
        >>> keras.layers.InputLayer(shape=(4,)).batch_shape
        (None, 4)
    """

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Sequence[int | None] | None = None,
        input_tensor: None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        shape, batch_shape = _replace_old_spelling(shape, batch_shape, kwargs)
        super().__init__(name=name, **kwargs)
        self.dtype = data.number_name(dtype, "InputLayer")
        require_none(
            self.name, sparse=sparse or None, ragged=ragged or None, optional=optional or None, tensor=input_tensor
        )
        self.batch_shape = _batch_shape(shape, batch_size, batch_shape, self.name)
        self.built = True
        self._input_shape = self._output_shape = self.batch_shape

    @property
    def shape(self) -> Shape:
        """Shape with None for the batch axis."""
        return self.batch_shape

    def build(self, input_shape: Sequence[int | None], scope: str = "") -> None:
        """Do nothing, whatever `input_shape` and `scope` are: the shape was given when the layer was made."""

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """Return the declared shape, whatever `input_shape` is."""
        return self.batch_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": False,
        }


def Input(
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: None = None,
    optional: bool = False,
) -> InputLayer:
    """Make the first entry of a `Sequential`, which fixes its input shape and so builds it at once.

    Args:
        shape: shape of one example, without the batch axis.
        batch_size, dtype, sparse, ragged, batch_shape, name, tensor, optional: as for `InputLayer`.

    Example:
        >>> import bardana as keras
        >>> keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).output_shape
        (None, 2)
    """
    return InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
        ragged=ragged,
    )


def _replace_old_spelling(
    shape: Sequence[int] | None, batch_shape: Sequence[int | None] | None, arguments: dict[str, Any]
) -> tuple[Sequence[int] | None, Sequence[int | None] | None]:
    if "input_shape" in arguments:
        advice.warn("InputLayer: input_shape is the old spelling of shape")
    return arguments.pop("input_shape", shape), arguments.pop("batch_input_shape", batch_shape)


def _batch_shape(
    shape: Sequence[int] | None, batch_size: int | None, batch_shape: Sequence[int | None] | None, owner: str
) -> Shape:
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            f"'{owner}': expected either shape or batch_shape, received shape={shape}, batch_shape={batch_shape}"
        )
    if shape is not None:
        if isinstance(shape, int):
            raise ValueError(f"'{owner}': expected shape to be a tuple such as ({shape},), received shape={shape}")
        batch_shape = (batch_size, *shape)
    assert batch_shape is not None
    sizes = sample_shape(batch_shape, owner)
    if batch_shape[0] is not None:
        raise ValueError(
            f"'{owner}': expected None for the batch axis (fit and predict take a batch_size), "
            f"received {batch_shape[0]}"
        )
    return (None, *sizes)
