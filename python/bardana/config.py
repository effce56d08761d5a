"""Global settings under the names of `keras.config`: float type, epsilon, image layout, interactive logging, limits."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

from bardana.limits import max_epochs, max_steps_per_epoch, set_max_epochs, set_max_steps_per_epoch

if TYPE_CHECKING:
    from bardana.dtype_policies import DTypePolicy

__all__ = [
    "backend",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "layer_dtype",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]

_FLOAT_TYPES = ("float32", "float64")

_floatx = "float32"
_epsilon = 1e-7
_layer_dtype: str | None = None
_interactive_logging = True
_traceback_filtering = True


def floatx() -> str:
    """Return the float type of new layers, "float32" unless `set_floatx` changed it.

    Example:
        >>> floatx()
        'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Set the float type of layers made from now on.

    Args:
        value: "float32" or "float64".

    Raises:
        ValueError: any other value.

    Example:
        >>> set_floatx("float64")
        >>> floatx()
        'float64'
        >>> set_floatx("float32")
    """
    global _floatx
    if value not in _FLOAT_TYPES:
        raise ValueError(f"floatx: expected one of {_FLOAT_TYPES}, received {value!r}.")
    _floatx = str(value)


def layer_dtype() -> str:
    """Return the type of new layers by name: that of the policy, if one was set, else `floatx()`.

    Example:
        >>> layer_dtype()
        'float32'
    """
    return _layer_dtype or _floatx


def dtype_policy() -> DTypePolicy:
    """Return the policy of new layers: the one that was set, else that of `floatx()`.

    Example:
        >>> dtype_policy()
        <DTypePolicy "float32">
    """
    from bardana.dtype_policies import DTypePolicy

    return DTypePolicy(layer_dtype())


def set_dtype_policy(policy: Any) -> None:
    """Set the type of layers made from now on; losses, metrics and arrays follow `floatx()`.

    Args:
        policy: a `DTypePolicy` or its name, "float32" or "float64".

    Raises:
        ValueError: another type; there is no float16 and no mixed precision.

    Example:
        >>> import bardana as keras
        >>> set_dtype_policy("float64")
        >>> keras.layers.Dense(1).dtype, floatx()
        ('float64', 'float32')
        >>> set_dtype_policy("float32")
    """
    global _layer_dtype
    from bardana import dtype_policies

    _layer_dtype = dtype_policies.get(policy).name


def epsilon() -> float:
    """Return the small number for divisions and logarithms in a script, 1e-7 unless `set_epsilon` changed it.

    Example:
        >>> epsilon()
        1e-07
    """
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set how far cross-entropies keep probabilities from 0 and 1. A model follows from its next `compile` on.

    Args:
        value: a positive number.

    Raises:
        ValueError: value is not above zero.

    Example:
        >>> set_epsilon(1e-5)
        >>> epsilon()
        1e-05
        >>> set_epsilon(1e-7)
    """
    global _epsilon
    if not isinstance(value, Real) or not value > 0:
        raise ValueError(f"epsilon: expected a positive number, received {value!r}.")
    _epsilon = float(value)


def backend() -> str:
    """Return "bardana".

    Keras returns the name of the tensor library underneath. Scripts branch on it to call that library, and no such
    branch would be right here: arrays are NumPy arrays.

    Example:
        >>> backend()
        'bardana'
    """
    return "bardana"


def set_backend(backend: str) -> None:
    """Accept "bardana", the backend that there is.

    Args:
        backend: "bardana".

    Raises:
        ValueError: any other value.

    Example:
        >>> set_backend("bardana")
    """
    if backend != "bardana":
        raise ValueError(f"set_backend: expected 'bardana', received {backend!r}: there is no other engine to choose.")


def image_data_format() -> str:
    """Return the order of image axes, "channels_last": dense networks know no other.

    Example:
        >>> image_data_format()
        'channels_last'
    """
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Accept "channels_last", the order of image axes that there is.

    Args:
        data_format: "channels_last".

    Raises:
        ValueError: any other value: dense networks have no channels that could come first.

    Example:
        >>> set_image_data_format("channels_last")
    """
    if str(data_format).lower() != "channels_last":
        raise ValueError(
            f"data_format: expected 'channels_last' (dense networks have no channels), received {data_format!r}."
        )


def enable_interactive_logging() -> None:
    """Let `verbose="auto"` mean the progress bar (1). This is the default.

    Example:
        >>> enable_interactive_logging()
        >>> is_interactive_logging_enabled()
        True
    """
    global _interactive_logging
    _interactive_logging = True


def disable_interactive_logging() -> None:
    """Let `verbose="auto"` mean one plain line per epoch (2), for jobs whose output goes to a log.

    Example:
        >>> disable_interactive_logging()
        >>> is_interactive_logging_enabled()
        False
        >>> enable_interactive_logging()
    """
    global _interactive_logging
    _interactive_logging = False


def is_interactive_logging_enabled() -> bool:
    """Return whether `verbose="auto"` means the progress bar.

    Example:
        >>> is_interactive_logging_enabled()
        True
    """
    return _interactive_logging


def enable_traceback_filtering() -> None:
    """Note that tracebacks are to be filtered. Without effect: they are short as they are, and always whole.

    Example:
        >>> enable_traceback_filtering()
        >>> is_traceback_filtering_enabled()
        True
    """
    global _traceback_filtering
    _traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Note that tracebacks are not to be filtered. Without effect: they never are.

    Example:
        >>> disable_traceback_filtering()
        >>> is_traceback_filtering_enabled()
        False
        >>> enable_traceback_filtering()
    """
    global _traceback_filtering
    _traceback_filtering = False


def is_traceback_filtering_enabled() -> bool:
    """Return what was noted last, True at first.

    Example:
        >>> is_traceback_filtering_enabled()
        True
    """
    return _traceback_filtering


def enable_unsafe_deserialization() -> None:
    """Accepted without effect: code in a config, such as a lambda that Keras saved, is never run.

    Example:
        >>> enable_unsafe_deserialization()
    """
