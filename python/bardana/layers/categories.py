"""Discretization and CategoryEncoding: numbers to bins, class numbers to vectors.

Plans: cpp/layers/preprocessing.cpp, arithmetic: cpp/cpu/kernels/preprocessing.inl.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana import _core, data
from bardana.arguments import checked_count
from bardana.layers.base import Layer
from bardana.layers.quantiles import QuantileSketch
from bardana.tensor import Tensor, as_tensor

Array = NDArray[Any]
_ENCODINGS = ("one_hot", "multi_hot", "count")


class Discretization(Layer):
    """Replace each number by the number of its bin: y = how many boundaries are not above x.

    Bin 0 lies below the first boundary, a boundary belongs to the bin above it, NaN to the last bin. The gradient is 0.

    Args:
        bin_boundaries: list of numbers in rising order; one bin more than boundaries.
        num_bins: instead of boundaries: `adapt` places so many bins of about equal numbers of examples.
        epsilon: share of the examples by which `adapt` may misplace a boundary; less needs more memory. Default 0.01.
        output_mode: "int" for the number of the bin; "one_hot", "multi_hot" and "count" as for `CategoryEncoding`.
            Default "int".
        sparse: must be False.
        name, dtype: as for every `Layer`.

    Input shape:
        (rows, …).

    Output shape:
        The same for "int"; else as for `CategoryEncoding`.

    Raises:
        ValueError: unless one of `bin_boundaries` and `num_bins` is given, and for an unknown mode. When used before
            `adapt`.

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.Discretization([0.0, 1.0])(np.array([[-0.5, 0.0, 7.0]])).numpy()
        array([[0, 1, 2]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                f"layer '{self.name}': expected either bin_boundaries or num_bins, received "
                f"bin_boundaries={bin_boundaries!r}, num_bins={num_bins!r}"
            )
        _refuse_sparse(sparse, self.name)
        self.output_mode = _checked_mode(output_mode, ("int", *_ENCODINGS), self.name)
        self.num_bins = None if num_bins is None else checked_count(num_bins, f"num_bins of layer '{self.name}'")
        self.epsilon = _checked_epsilon(epsilon, self.name)
        self.bin_boundaries = None if bin_boundaries is None else _checked_boundaries(bin_boundaries, self.name)
        self.sparse = False
        self._models: weakref.WeakSet[Any] = weakref.WeakSet()

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Place the boundaries of `num_bins` bins at quantiles of all numbers in the data.

        Args:
            data: an array, or an iterable of batches: list, generator, `PyDataset`, `tf.data.Dataset`.
            steps: number of batches to take from an iterable. Default all.

        Raises:
            TypeError: if data is neither.
            ValueError: if there are no data, or the layer was made with `bin_boundaries`.
            RuntimeError: while `fit` is running on a model with this layer.

        Example:
            >>> import bardana as keras, numpy as np
            >>> layer = keras.layers.Discretization(num_bins=2)
            >>> layer.adapt(np.arange(8.0))
            >>> layer.bin_boundaries
            [3.0]
        """
        if self.num_bins is None:
            raise ValueError(f"layer '{self.name}': expected no adapt(), since bin_boundaries were given")
        sketch = QuantileSketch(self.epsilon)
        for batch in _batches(data, steps):
            sketch.add(batch)
        models = list(self._models)
        for model in models:
            model._refuse_while_training("adapt")
        self.bin_boundaries = sketch.boundaries(self.num_bins)
        self._native = None
        for model in models:
            model._structure_changed()

    def used_by(self, model: Any) -> None:
        """Remember a model whose native twin holds the boundaries, until they change."""
        self._models.add(model)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the bins as int32, or the encoded bins; see `Layer.__call__`."""
        y = super().__call__(x, training)
        return as_tensor(y.astype(np.int32)) if self.output_mode == "int" else y

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, with what `adapt` has learnt."""
        return {
            "bin_boundaries": self.bin_boundaries,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Discretization:
        """Make a layer from the result of `get_config`, of an adapted layer too.

        Args:
            config: dict of the constructor's arguments.
        """
        if config.get("num_bins") is None or config.get("bin_boundaries") is None:
            return cls(**config)
        layer = cls(**{**config, "bin_boundaries": None})
        layer.bin_boundaries = _checked_boundaries(config["bin_boundaries"], layer.name)
        return layer

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it; before `adapt` with boundaries that only have the right number."""
        boundaries = self.bin_boundaries
        if boundaries is None:
            boundaries = [0.0] * ((self.num_bins or 1) - 1)
        return {
            "name": self.name,
            "trainable": self.trainable,
            "bin_boundaries": boundaries,
            "output_mode": self.output_mode,
        }

    def native_spec(self) -> dict[str, Any]:
        """Return the layer's entry in the list that makes a native model; ValueError before `adapt`."""
        if self.bin_boundaries is None:
            raise ValueError(f"layer '{self.name}': expected bin_boundaries, or adapt(data) before the layer is used")
        return super().native_spec()


class CategoryEncoding(Layer):
    """Encode class numbers as vectors of `num_tokens` numbers.

    "one_hot": a vector for each class number, with a 1 at its place. "multi_hot": one vector for all along the first
    axis behind the rows, with a 1 for each class that occurs. "count": the same, with how often it occurs. Class
    numbers that are too large are left out. The gradient is 0.

    Args:
        num_tokens: number of classes, which are 0 to `num_tokens` − 1.
        output_mode: "multi_hot", "one_hot" or "count". Default "multi_hot".
        sparse: must be False.
        name, trainable, dtype: as for every `Layer`.

    Input shape:
        (rows, n) or (rows, n, …); integers, or other numbers, which are cut off towards 0.

    Output shape:
        "one_hot": (rows, n, …, num_tokens), where a last axis of 1 is replaced. Otherwise (rows, …, num_tokens).

    Raises:
        ValueError: if `num_tokens` is no positive integer, for an unknown mode, and for negative class numbers in the
            inputs of a model or layer unless the mode is "one_hot".

    Example:
        >>> import bardana as keras, numpy as np
        >>> keras.layers.CategoryEncoding(4, output_mode="count")(np.array([[0, 1, 1]])).numpy()
        array([[1., 2., 0., 0.]], dtype=float32)
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_tokens = checked_count(num_tokens, f"num_tokens of layer '{self.name}'")
        mode = "multi_hot" if output_mode == "binary" else output_mode
        self.output_mode = _checked_mode(mode, _ENCODINGS, self.name)
        _refuse_sparse(sparse, self.name)
        self.sparse = False

    def __call__(self, x: Any, training: bool | None = None, count_weights: Any = None) -> Tensor:
        """Encode an array, or a nested list, of class numbers.

        Args:
            x: shape (rows, n, …).
            training: without effect, as for all layers that do the same in training.
            count_weights: for "count" alone, and x of shape (rows, n): what each class number counts, of the shape of
                x. Default 1.

        Raises:
            ValueError: if `count_weights` comes with another mode, or the shapes do not fit.
        """
        x = np.asarray(x) if isinstance(x, (list, tuple)) else x
        return super().__call__(x, training) if count_weights is None else self._weighted(x, count_weights)

    def _weighted(self, x: Any, count_weights: Any) -> Tensor:
        if self.output_mode != "count":
            raise ValueError(
                f"layer '{self.name}': expected no count_weights for output_mode '{self.output_mode}', received some"
            )
        numbers, weights = data.as_floats(x, self.dtype), data.as_floats(count_weights, self.dtype)
        if numbers.ndim != 2 or numbers.shape != weights.shape:
            raise ValueError(
                f"layer '{self.name}': expected count_weights of the shape (rows, n) of the inputs, received "
                f"{weights.shape} for inputs {numbers.shape}"
            )
        both = np.concatenate([numbers, weights], axis=1)
        spec = self.native_spec()
        spec["config"]["weighted"] = True
        return as_tensor(_core.Model(self.name, self.dtype, both.shape[1:], [spec]).predict(both))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it."""
        return {**self.get_config(), "weighted": False}


def _batches(data_of_user: Any, steps: int | None) -> Any:
    return data.adapting_batches(data_of_user, None if steps is None else checked_count(steps, "steps"))


def _refuse_sparse(sparse: Any, name: str) -> None:
    if sparse:
        raise ValueError(
            f"layer '{name}': expected sparse=False, since there are no sparse arrays, received {sparse!r}"
        )


def _checked_mode(mode: Any, modes: tuple[str, ...], name: str) -> str:
    if mode not in modes:
        raise ValueError(f"layer '{name}': expected output_mode to be one of {modes}, received {mode!r}")
    return str(mode)


def _checked_epsilon(epsilon: Any, name: str) -> float:
    if isinstance(epsilon, bool) or not isinstance(epsilon, (int, float, np.number)) or not 0 < epsilon <= 1:
        raise ValueError(f"layer '{name}': expected epsilon to be a number above 0, up to 1, received {epsilon!r}")
    return float(epsilon)


def _checked_boundaries(boundaries: Any, name: str) -> list[float]:
    try:
        numbers = np.asarray(boundaries, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros(())
    if numbers.ndim != 1 or not np.all(numbers[1:] >= numbers[:-1]):
        raise ValueError(
            f"layer '{name}': expected bin_boundaries to be numbers in rising order, received {boundaries!r}"
        )
    rising: list[float] = numbers.tolist()
    return rising
