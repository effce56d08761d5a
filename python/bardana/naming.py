"""Default names: a snake_case base and a counter per base, as in `dense`, `dense_1`, `dense_2`."""

from __future__ import annotations

import re
from collections import Counter

_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])")
_used: Counter[str] = Counter()
_counted: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """Return a class name in snake_case, split as Keras does.

    Example:
        >>> snake_case("LayerNormalization"), snake_case("PReLU"), snake_case("SpatialDropout1D")
        ('layer_normalization', 'p_re_lu', 'spatial_dropout1d')
    """
    return _WORD_START.sub("_", name).lower()


def unique_name(base: str) -> str:
    """Return `base` at the first call, then `base_1`, `base_2` and so on until `reset`."""
    number = _used[base]
    _used[base] += 1
    return f"{base}_{number}" if number else base


def count(prefix: str) -> int:
    """Return how often this was called with the prefix, this time included."""
    _counted[prefix] += 1
    return _counted[prefix]


def reset() -> None:
    """Start all counters anew, as `keras.utils.clear_session` does."""
    _used.clear()
    _counted.clear()


def checked_name(name: str | None, class_name: str) -> str:
    """Return `name`, or a unique default for objects of this class.

    Raises:
        ValueError: if `name` is not a string or contains a slash (which separates the parts of a variable's path).
    """
    if name is None:
        return unique_name(snake_case(class_name))
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f"{class_name}: expected name to be a string without '/', received name={name!r}")
    return name
