"""Embedding. Plan: cpp/layers/embedding.cpp, arithmetic: cpp/cpu/kernels/embedding.inl."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from bardana import constraints, initializers, regularizers
from bardana.arguments import checked_count, checked_flag
from bardana.layers.base import Layer, made_by_build, require_none
from bardana.variables import Variable


class Embedding(Layer):
    """Replace each index by a vector that is learnt: y = embeddings[x].

    The gradient of a vector is the sum of the gradients at the places where its index stands; x has none. Indices are
    read as 32-bit integers from arrays of any numeric type, fractions cut off. Where another layer computes them, an
    index outside the table gives NaN.

    Args:
        input_dim: number of indices, which are 0 to `input_dim` − 1; negative ones count from the end.
        output_dim: length of the vectors.
        embeddings_initializer: start values. Default "uniform", from −0.05 to 0.05.
        embeddings_regularizer: name or object of `keras.regularizers`. Default None.
        embeddings_constraint: name or object of `keras.constraints`. Default None.
        mask_zero: mark index 0 as padding. Default False. A `Flatten` or `Reshape` behind the layer drops the mask; a
            model whose output still carries it cannot be trained.
        weights: array (input_dim, output_dim) of start values, or a list with it; the layer is built at once.
        lora_rank, lora_alpha, quantization_config: must be None.
        name, trainable, dtype: as for every `Layer`.

    Variables:
        embeddings (input_dim, output_dim).

    Input shape:
        (rows, …), indices.

    Output shape:
        (rows, …, output_dim).

    Raises:
        ValueError: if `input_dim` or `output_dim` is no positive integer, a name is unknown, or `weights` has another
            shape. In calls, for an index outside the table.

    Example:
        >>> import bardana as keras, numpy as np
        >>> layer = keras.layers.Embedding(3, 2, weights=np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
        >>> layer(np.array([[2, 0]])).numpy()
        array([[[4., 5.],
                [0., 1.]]], dtype=float32)
    """

    embeddings: Variable = made_by_build()

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Embedding: input_length has no effect: leave it out", UserWarning, stacklevel=2)
        super().__init__(**kwargs)
        require_none(
            f"layer '{self.name}'",
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self.input_dim = checked_count(input_dim, f"input_dim of layer '{self.name}'")
        self.output_dim = checked_count(output_dim, f"output_dim of layer '{self.name}'")
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = checked_flag(mask_zero, f"mask_zero of layer '{self.name}'")
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Sequence[int | None] = (None, 1), scope: str = "") -> None:
        """Create the table; the shape of the inputs does not matter for it. See `Layer.build`."""
        super().build(input_shape, scope)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without the start values given as `weights`."""
        return {
            **self.native_config(),
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
        }

    def native_config(self) -> dict[str, Any]:
        """Return the config as the engine reads it, without what the variable brings along: see `Layer.native_spec`."""
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "mask_zero": self.mask_zero,
        }
