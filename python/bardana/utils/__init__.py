"""The utilities of `keras.utils`: seeds, one-hot rows, session and logging switches, custom objects, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bardana import naming, seeds
from bardana.config import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from bardana.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from bardana.data.py_dataset import PyDataset
from bardana.lazy import lazy_names
from bardana.utils.batches import pack_x_y_sample_weight, unpack_x_y_sample_weight

if TYPE_CHECKING:
    from bardana.utils.dtypes import standardize_dtype
    from bardana.utils.files import get_file
    from bardana.utils.keras_objects import deserialize_keras_object, serialize_keras_object
    from bardana.utils.model_plot import model_to_dot, plot_model
    from bardana.utils.numerical import normalize, pad_sequences
    from bardana.utils.progbar import Progbar
    from bardana.utils.splitting import split_dataset

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "is_interactive_logging_enabled",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Progbar": "progbar",
        "deserialize_keras_object": "keras_objects",
        "get_file": "files",
        "model_to_dot": "model_plot",
        "normalize": "numerical",
        "pad_sequences": "numerical",
        "plot_model": "model_plot",
        "serialize_keras_object": "keras_objects",
        "split_dataset": "splitting",
        "standardize_dtype": "dtypes",
    },
)
Sequence = PyDataset
"""Another name of `PyDataset`, as in Keras."""


def set_random_seed(seed: int) -> None:
    """Seed Python's, NumPy's and bardana's random numbers, so that the same script gives the same numbers.

    Args:
        seed: an integer in [0, 2³² − 1].

    Raises:
        ValueError: seed is not such an integer.

    Example:
        >>> set_random_seed(42)
    """
    seeds.set_seed(seed)


def clear_session(free_memory: bool = True) -> None:
    """Start the counters of automatic names anew: the next unnamed Dense is "dense" again.

    Args:
        free_memory: run Python's garbage collector too, so that models nobody refers to are released now.

    Example:
        >>> from bardana import layers
        >>> clear_session()
        >>> layers.Dense(1).name, layers.Dense(1).name
        ('dense', 'dense_1')
    """
    naming.reset()
    if free_memory:
        import gc

        gc.collect()


def to_categorical(x: Any, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return one-hot rows: out[..., c] = 1 where x[...] = c, else 0.

    Args:
        x: class ids, an array or list of integers (fractions are cut off). A last axis of length 1 is dropped.
            Negative ids count from the last class, as NumPy indices do.
        num_classes: length of the new last axis; None means max(x) + 1.

    Returns:
        float64 array of shape (*x.shape, num_classes).

    Raises:
        IndexError: an id is not below num_classes.
        ValueError: x is empty and num_classes is not given.

    Example:
        >>> to_categorical([0, 2], num_classes=3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    labels = np.asarray(x).astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if not num_classes:
        if labels.size == 0:
            raise ValueError("to_categorical: expected at least one class id or num_classes, received neither.")
        num_classes = int(labels.max()) + 1
    one_hot = np.zeros((*labels.shape, num_classes))
    np.put_along_axis(one_hot, labels[..., np.newaxis], 1.0, axis=-1)
    return one_hot
