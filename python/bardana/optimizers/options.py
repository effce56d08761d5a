"""The options that all optimizers share, checked and as the engine reads them."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from bardana.arguments import is_integer
from bardana.variables import Variable

NAMES = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


def single(value: float) -> float:
    """Return a number as float32 has it: Keras rounds some hyperparameters so, whatever the type of the weights."""
    return float(np.float32(value))


def number(owner: str, argument: str, value: Any, low: float = -math.inf, end: float = math.inf) -> float:
    """Return a number in [low, end); ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real) or not low <= float(value) < end:
        wanted = "" if low == -math.inf else f" in [{low:g}, {end:g})"
        raise ValueError(f"{owner}: expected `{argument}` to be a number{wanted}, received {value!r}")
    return float(value)


def check_unknown(owner: str, arguments: Mapping[str, Any]) -> None:
    """Warn of `decay`, which no longer exists; ValueError for any other argument."""
    rest = dict(arguments)
    if rest.pop("decay", None) is not None:
        warnings.warn(f"{owner}: argument `decay` no longer exists and is ignored", UserWarning, stacklevel=4)
    if rest:
        raise ValueError(f"{owner}: Argument(s) not recognized: {rest}")


def native(owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as the engine reads them; ValueError for one that makes no sense.

    Args:
        owner: class of the optimizer, for messages.
        values: all options of `NAMES` by name.
    """
    clips = {name: values[name] for name in ("clipnorm", "clipvalue", "global_clipnorm") if values[name] is not None}
    if len(clips) > 1:
        raise ValueError(
            f"{owner}: expected only one of `clipnorm`, `clipvalue` and `global_clipnorm` to be set, received {clips}"
        )
    options: dict[str, Any] = {name: max(number(owner, name, value), 0.0) for name, value in clips.items()}
    if values["weight_decay"] is not None:
        options["weight_decay"] = single(number(owner, "weight_decay", values["weight_decay"]))
    if values["loss_scale_factor"] is not None:
        options["loss_scale"] = number(owner, "loss_scale_factor", values["loss_scale_factor"])
    steps = values["gradient_accumulation_steps"]
    if steps:
        options["accumulation_steps"] = _whole(owner, "gradient_accumulation_steps", steps, 2)
    if values["use_ema"]:
        momentum = values["ema_momentum"]
        if isinstance(momentum, bool) or not isinstance(momentum, Real) or not 0 <= float(momentum) <= 1:
            raise ValueError(f"{owner}: expected `ema_momentum` to be in the range [0, 1], received {momentum!r}")
        frequency = values["ema_overwrite_frequency"]
        options["averages"] = True
        options["average_momentum"] = float(momentum)
        options["overwrite_frequency"] = _whole(owner, "ema_overwrite_frequency", frequency, 1) if frequency else 0
    return options


def _whole(owner: str, argument: str, value: Any, least: int) -> int:
    if not is_integer(value) or value < least:
        raise ValueError(f"{owner}: `{argument}` must be an integer >= {least}, received {value!r}")
    return int(value)


class DecayExclusion:
    """Say which variables weight decay leaves alone."""

    def __init__(self, variables: Iterable[Variable] | None = None, names: Iterable[str] | None = None) -> None:
        self._variables = list(variables or ())
        self._pattern = re.compile("|".join(names)) if names else None

    def of(self, variables: Sequence[Variable]) -> list[bool]:
        """Return for each variable whether it is excluded."""
        return [
            any(variable is one for one in self._variables)
            or (self._pattern is not None and self._pattern.search(variable.name) is not None)
            for variable in variables
        ]
