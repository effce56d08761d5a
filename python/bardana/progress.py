"""Show the progress of fit, evaluate and predict in Keras' format, drawn by rich.

verbose=1 in a terminal: one line that is redrawn about ten times a second, cut off at the terminal's width; the line
with the final values is printed whole. In Jupyter the line is redrawn by carriage returns, which every front end
understands. In a file or a pipe only the final line appears, without escape codes. verbose=2 prints that line without
the bar. No thread is started; a task shorter than a tenth of a second costs one line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from bardana import config

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

Logs: TypeAlias = Mapping[str, Any]

_REDRAW_SECONDS = 0.1
_BAR_WIDTH = 20


def for_fit(verbose: int | str, epochs: int, steps: int | None) -> FitProgress | None:
    """Return the display of a `fit` of so many epochs and steps per epoch (None: unknown), or None for verbose=0."""
    level = resolve_verbose(verbose)
    return FitProgress(level, epochs, steps) if level else None


def for_evaluate(verbose: int | str, steps: int | None) -> StepProgress | None:
    """Return the display of an `evaluate` of so many steps, or None for verbose=0."""
    level = resolve_verbose(verbose)
    return StepProgress(level, steps) if level else None


def for_predict(verbose: int | str, steps: int | None) -> StepProgress | None:
    """Return the display of a `predict` of so many steps, or None for verbose=0."""
    return for_evaluate(verbose, steps)


def resolve_verbose(verbose: int | str) -> int:
    """Return 0, 1 or 2; "auto" is 1, or 2 after `config.disable_interactive_logging()`.

    Raises:
        ValueError: any other value.
    """
    if verbose == "auto":
        return 1 if config.is_interactive_logging_enabled() else 2
    if verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose: expected 0, 1, 2 or 'auto', received {verbose!r}.")


class StepProgress:
    """The display of a number of steps: `update` while it runs, then `end`.

    Use it in a `with` block or call `close` in a `finally`, so that the terminal is left in order after an exception.
    """

    def __init__(self, level: int, steps: int | None) -> None:
        self._screen = _Screen()
        self._level = level
        self._steps = steps
        self._begin()

    def _begin(self) -> None:
        self._start = self._drawn = time.monotonic()

    def update(self, step: int, logs: Logs | None = None) -> None:
        """Redraw the line with `step` steps done, unless it was redrawn less than a tenth of a second ago."""
        now = time.monotonic()
        if self._level == 1 and now - self._drawn >= _REDRAW_SECONDS and self._screen.can_redraw:
            self._drawn = now
            self._screen.redraw(self._line(step, now, logs, final=False))

    def end(self, logs: Logs | None = None, step: int | None = None) -> None:
        """Print the final line; step is the number of steps done where it is not all of them. If the number of all was
        not known, it is now."""
        done = self._steps if step is None else step
        if self._steps is None:
            self._steps = done
        self._screen.finish(self._line(done or 0, time.monotonic(), logs, final=True))

    def close(self) -> None:
        """Leave the terminal in order; a line that was not finished stays as it is. Harmless after `end`."""
        self._screen.close()

    def __enter__(self) -> StepProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self, step: int, now: float, logs: Logs | None, *, final: bool) -> Text:
        seconds = now - self._start
        seconds_per_step = seconds / step if step else 0.0
        step_time = _step_time(seconds_per_step)
        if self._steps is None:
            return self._screen.plain(f"{step:>7}/Unknown {seconds:.0f}s {step_time}{_format_logs(logs)}")
        shown_time = f"{seconds:.0f}s" if final else _clock(seconds_per_step * (self._steps - step))
        count = f"{step:>{len(str(self._steps))}}/{self._steps}"
        if self._level == 2:
            return self._screen.plain(f"{count} - {shown_time} - {step_time}{_format_logs(logs)}")
        return self._screen.line(count, step / max(self._steps, 1), shown_time, f"{step_time}{_format_logs(logs)}")


class FitProgress(StepProgress):
    """The display of `fit`: `epoch_begin`, `update` while the epoch runs, `epoch_end`."""

    def __init__(self, level: int, epochs: int, steps: int | None) -> None:
        super().__init__(level, steps)
        self._epochs = epochs

    def epoch_begin(self, epoch: int) -> None:
        """Print the headline of the epoch, counted from 0, if there are several; start its clock."""
        if self._epochs > 1:
            self._screen.finish(self._screen.plain(f"Epoch {epoch + 1}/{self._epochs}"))
        self._begin()

    def epoch_end(self, logs: Logs | None = None, step: int | None = None) -> None:
        """Print the final line of the epoch; step is the number of steps done where it is not all of them."""
        self.end(logs, step)


class _Screen:
    """Where lines go: one of them may be redrawn until it is finished."""

    def __init__(self) -> None:
        from rich.console import Console

        self._stream = sys.stdout
        self._console = Console(file=self._stream, highlight=False)
        self._in_notebook = self._console.is_jupyter
        if self._in_notebook:
            self._console = Console(force_jupyter=False, force_terminal=True, color_system="standard", highlight=False)
        self.can_redraw = self._in_notebook or _is_own_terminal(self._console)
        self._live: Live | None = None
        self._text: Text | None = None
        self._returned_width = 0

    def plain(self, text: str) -> Text:
        from rich.text import Text

        return Text(text, no_wrap=True, overflow="ellipsis")

    def line(self, count: str, done: float, shown_time: str, rest: str) -> Text:
        """Compose `12/20 ━━━━━━ 3s rest`; without colours the undone part of the bar is blank."""
        width = int(_BAR_WIDTH * done)
        has_colour = self._console.color_system is not None and not self._console.no_color
        mark = "=" if self._console.options.ascii_only else "━"
        text = self.plain("")
        text.append(count, "bold").append(" ").append(mark * width, "green")
        text.append((mark if has_colour else " ") * (_BAR_WIDTH - width), "white")
        return text.append(" ").append(shown_time, "bold").append(f" {rest}")

    def redraw(self, text: Text) -> None:
        self._text = text
        if self._in_notebook:
            self._return_and_print(text, end="")
        else:
            self._start_live().update(text, refresh=True)

    def finish(self, text: Text) -> None:
        """Print text in place of the redrawn line and move on; a line too long for the terminal is continued below."""
        if self._in_notebook:
            self._return_and_print(text, end="\n")
            self._returned_width = 0
        else:
            self._stop_live()
            self._print(text, end="\n")
        self._text = None

    def close(self) -> None:
        if self._text is not None:
            self.finish(self._text)

    def _start_live(self) -> Live:
        if self._live is None:
            from rich.live import Live

            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
            self._console.show_cursor(True)
        return self._live

    def _stop_live(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _return_and_print(self, text: Text, end: str) -> None:
        start = "\r" if self._returned_width else ""
        padding = " " * (self._returned_width - text.cell_len)
        self._returned_width = text.cell_len
        self._print(text, f"{padding}{end}", start)

    def _print(self, text: Text, end: str, start: str = "") -> None:
        """Write text to the stream as it is now, which may be another rich display's proxy (rich itself avoids it)."""
        with self._console.capture() as captured:
            self._console.print(text, end=end, soft_wrap=True)
        self._stream.write(start + captured.get())
        self._stream.flush()


def _is_own_terminal(console: Console) -> bool:
    """Say whether lines may be redrawn: a real terminal, and no other rich display is drawing on it."""
    from rich.file_proxy import FileProxy

    if isinstance(sys.stdout, FileProxy) or console.is_dumb_terminal:
        return False
    return console.is_terminal and sys.stdout.isatty()


def _format_logs(logs: Logs | None) -> str:
    return "".join(f" - {name}: {_format_number(value)}" for name, value in sorted((logs or {}).items()))


def _format_number(value: Any) -> str:
    if getattr(value, "ndim", 0):  # a metric with several values
        return " ".join(_format_number(each) for each in value)
    number = float(value)
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


def _step_time(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/step"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/step"
    return f"{seconds * 1e6:.0f}us/step"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if whole > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"
