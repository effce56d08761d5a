"""What to do about what the stand-in for TensorFlow does not have."""

from __future__ import annotations

_TAPE = (
    "bardana has no gradient tape: train with compile and fit or train_on_batch; "
    "model.compute_gradients(x, y) gives the gradients of a loss"
)
_DATA = "give fit NumPy arrays, a generator or a keras.utils.PyDataset"
_GRAPH = "there are no graphs and sessions to set up; leave these lines out"
_IMAGES = "prepare the data with NumPy before training"
_ELSE = "the small stand-in of bardana.compat does not have it; use NumPy, or run this script with TensorFlow itself"

_REASONS = {
    _TAPE: "GradientTape gradients custom_gradient",
    _DATA: "data TensorSpec RaggedTensor SparseTensor",
    _GRAPH: """
        ConfigProto GPUOptions Graph InteractiveSession Session get_default_graph global_variables_initializer
        placeholder reset_default_graph variable_scope
    """,
    _IMAGES: "image io audio strings feature_column",
}


def missing(place: str, name: str) -> AttributeError:
    """Return the error for a name that is not there.

    Args:
        place: the module below `tensorflow`, "" for itself.
        name: the attribute.

    Example:
        >>> print(missing("", "data"))
        tensorflow.data: give fit NumPy arrays, a generator or a keras.utils.PyDataset
    """
    path = ".".join(filter(None, ("tensorflow", place, name)))
    if name.startswith("__"):
        return AttributeError(f"module '{path.rpartition('.')[0]}' has no attribute {name!r}")
    reason = next((reason for reason, names in _REASONS.items() if name in names.split()), _ELSE)
    return AttributeError(f"{path}: {reason}")
