"""Upper limits for the epochs and steps of every run, to try a whole script quickly; `keras.config` has their names."""

from __future__ import annotations

import os
from typing import Any

from bardana.arguments import checked_count
from bardana.data.warn import warn_user


def _from_environment(variable: str) -> int | None:
    text = os.environ.get(variable)
    return int(text) if text else None


_max_epochs = _from_environment("KERAS_MAX_EPOCHS")
_max_steps_per_epoch = _from_environment("KERAS_MAX_STEPS_PER_EPOCH")


def set_max_epochs(max_epochs: int | None) -> None:
    """Let no `fit` take more epochs than this; the environment variable KERAS_MAX_EPOCHS does the same.

    Args:
        max_epochs: an integer, or None (or 0) for no limit, as at first.

    Raises:
        ValueError: for anything else.

    Example:
        >>> set_max_epochs(2)
        >>> max_epochs()
        2
        >>> set_max_epochs(None)
    """
    global _max_epochs
    _max_epochs = _checked(max_epochs, "max_epochs")


def max_epochs() -> int | None:
    """Return the largest number of epochs of a `fit`, None without a limit.

    Example:
        >>> max_epochs() is None
        True
    """
    return _max_epochs


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Let no epoch, `evaluate` or `predict` take more steps; KERAS_MAX_STEPS_PER_EPOCH does the same.

    Args:
        max_steps_per_epoch: an integer, or None (or 0) for no limit, as at first. Arrays without a `batch_size` are
            divided into so many steps, as by `steps_per_epoch`.

    Raises:
        ValueError: for anything else.

    Example:
        >>> set_max_steps_per_epoch(10)
        >>> max_steps_per_epoch()
        10
        >>> set_max_steps_per_epoch(None)
    """
    global _max_steps_per_epoch
    _max_steps_per_epoch = _checked(max_steps_per_epoch, "max_steps_per_epoch")


def max_steps_per_epoch() -> int | None:
    """Return the largest number of steps of an epoch, None without a limit.

    Example:
        >>> max_steps_per_epoch() is None
        True
    """
    return _max_steps_per_epoch


def limited_epochs(epochs: int) -> int:
    """Return the number of epochs that `fit` may take; warn if they are fewer than wanted."""
    if not _max_epochs or epochs <= _max_epochs:
        return epochs
    warn_user(f"Limiting epochs to {_max_epochs}, as config.set_max_epochs or KERAS_MAX_EPOCHS says")
    return _max_epochs


def limited_steps(steps: int | None) -> int | None:
    """Return the number of steps that an epoch may take, None for a whole pass; warn of a limit."""
    if not _max_steps_per_epoch or (steps and steps <= _max_steps_per_epoch):
        return steps
    warn_user(
        f"Limiting steps_per_epoch to {_max_steps_per_epoch}, as config.set_max_steps_per_epoch or "
        "KERAS_MAX_STEPS_PER_EPOCH says"
    )
    return _max_steps_per_epoch


def _checked(value: Any, argument: str) -> int | None:
    return None if value is None else checked_count(value, argument, least=0)
