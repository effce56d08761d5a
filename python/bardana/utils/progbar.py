"""A progress bar for loops of one's own, with the text that Keras prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_BOLD, _GREEN, _WHITE, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class Progbar:
    """Show how far a loop is, with the values of this moment.

    `fit` has a display of its own, which suits terminals, files and notebooks; this one writes what Keras writes, with
    terminal codes also to a file.

    Args:
        target: number of steps, None if it is not known.
        width: characters of the bar, 20 by default.
        verbose: 1 (default) draws a line again and again, 2 prints one line at the end, 0 is silent.
        interval: seconds between two drawings, 0.05 by default.
        stateful_metrics: names of values shown as they are; all others are averaged over the steps. None by default.
        stateless_metrics: names of values that are averaged; all others are shown as they are. None by default.
        unit_name: what a step is called, "step" by default.

    Raises:
        ValueError: both stateful_metrics and stateless_metrics are given.

    Example:
        >>> bar = Progbar(2, verbose=2)
        >>> bar.add(1, [("loss", 1.0)])
        >>> bar.add(1, [("loss", 0.5)])  # doctest: +ELLIPSIS
        2/2 - 0s - .../step - loss: 0.5000
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar: expected one of stateful_metrics and stateless_metrics, received both.")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None if stateless_metrics is not None else set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._sums: dict[str, tuple[Any, int]] = {}
        self._seen = 0
        self._start = time.time()
        self._first_step_end: float | None = None
        self._drawn = 0.0
        self._drawn_width = 0

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Go on by `n` steps; `values` as for `update`."""
        self.update(self._seen + n, values)

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that `current` steps are done.

        Args:
            current: number of steps done.
            values: pairs (name, value of the last step).
            finalize: whether this is the last time; None means when the target is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._count(name, value, 1 if finalize else max(current - self._seen, 1), finalize)
        self._seen = current
        now = time.time()
        seconds = self._seconds_per_step(current, now)
        if self.verbose == 1:
            if now - self._drawn < self.interval and not finalize:
                return
            self._draw(current, seconds, now, finalize)
        elif self.verbose == 2 and finalize and self.target:
            elapsed = f"{now - self._start:.0f}s"
            _write(f"{self._fraction(current)} - {elapsed} -{self._step_time(seconds)}{self._values(signed=False)}\n")
        self._drawn = now

    def _count(self, name: str, value: Any, steps: int, final: bool) -> None:
        if self.stateless_metrics is not None:
            averaged = name in self.stateless_metrics
        else:
            averaged = name not in (self.stateful_metrics or ())
        if final or not averaged:
            self._sums[name] = value, 1
        else:
            total, count = self._sums.get(name, (0, 0))
            self._sums[name] = total + value * steps, count + steps

    def _draw(self, current: int, seconds: float, now: float, final: bool) -> None:
        codes = len(_BOLD) + len(_PLAIN)
        if self.target:
            done = int(self.width * float(current) / self.target)
            bar = f"{_BOLD}{self._fraction(current)}{_PLAIN} "
            bar += f"{_GREEN}{'━' * done}{_PLAIN}" if done > 0 else ""
            bar += f"{_WHITE}{'━' * (self.width - done)}{_PLAIN}"
            codes += (2 if done > 0 else 1) * (len(_GREEN) + len(_PLAIN)) + len(_BOLD) + len(_PLAIN)
        else:
            bar = f"{current:7d}/Unknown"
        is_running = self.target and not final
        shown_time = _clock(seconds * (self.target - current)) if is_running else f"{now - self._start:.0f}s"  # type: ignore[operator]
        info = f" {_BOLD}{shown_time}{_PLAIN}{self._step_time(seconds)}{self._values()}"
        width = len(bar) + len(info) - codes
        start = "\b" * self._drawn_width + "\r"
        _write(f"{start}{bar}{info}{' ' * (self._drawn_width - width)}" + ("\n" if final else ""))
        self._drawn_width = width

    def _fraction(self, current: int) -> str:
        return f"{current:>{len(str(self.target))}}/{self.target}"

    def _values(self, signed: bool = True) -> str:
        text = ""
        for name, (total, count) in self._sums.items():
            mean = (total if isinstance(total, float) else np.mean(total)) / max(1, count)
            size = abs(mean) if signed else mean
            text += f" - {name}: {mean:.4f}" if size > 1e-3 else f" - {name}: {mean:.4e}"
        return text

    def _step_time(self, seconds: float) -> str:
        if seconds >= 1 or seconds == 0:
            return f" {seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f" {seconds * 1e3:.0f}ms/{self.unit_name}"
        return f" {seconds * 1e6:.0f}us/{self.unit_name}"

    def _seconds_per_step(self, current: int, now: float) -> float:
        """Return the mean, which leaves out the first step, if that was shown by itself, for its preparations."""
        if not current:
            return 0
        if self._first_step_end is not None and current > 1:
            seconds = (now - self._first_step_end) / (current - 1)
        else:
            seconds = (now - self._start) / current
        if current == 1:
            self._first_step_end = now
        return seconds


def _clock(seconds: float) -> str:
    if seconds > 3600:
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}:{int(seconds % 60):02d}"
    if seconds > 60:
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
    return f"{int(seconds)}s"


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(text.replace("━", "="))
    sys.stdout.flush()
