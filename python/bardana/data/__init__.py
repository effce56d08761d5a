"""Check, convert and split what a user passes as x, y and sample_weight.

The only place where arrays enter: behind it everything is an aligned C-contiguous array of a type the engine reads.
Numbers are not copied when that already holds; other element types are converted by the engine, batch by batch.
Not handled here: the width of y and the range of labels, which the engine checks against loss and metrics.
"""

from __future__ import annotations

from bardana.data.adapting import adapting_batches
from bardana.data.arrays import Array, as_input, as_target, as_weight, check_cardinality, infer_shape, only, unmasked
from bardana.data.class_weight import class_weights_to_samples
from bardana.data.dtypes import float_name, number_name
from bardana.data.mapped import MappedStream, must_be_read_in_parts
from bardana.data.numbers import as_floats, as_numbers
from bardana.data.split import split, unpack_validation
from bardana.data.streams import Stream, as_stream

__all__ = [
    "Array",
    "MappedStream",
    "Stream",
    "adapting_batches",
    "as_floats",
    "as_input",
    "as_numbers",
    "as_stream",
    "as_target",
    "as_weight",
    "check_cardinality",
    "class_weights_to_samples",
    "float_name",
    "infer_shape",
    "must_be_read_in_parts",
    "number_name",
    "only",
    "split",
    "unmasked",
    "unpack_validation",
]
