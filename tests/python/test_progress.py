"""Progress lines: their text, and what a terminal, a file and a notebook get to see."""

import io
import os
import re
import sys
import textwrap

import pytest

from bardana import config, progress

FULL_BAR = "━" * 20
LOGS = {"loss": 2.30258, "accuracy": 0.1, "val_loss": 0.0002}
FINAL = rf"{FULL_BAR} 0s \d+(us|ms)/step - accuracy: 0.1000 - loss: 2.3026 - val_loss: 2.0000e-04"

SCRIPT = """
    import time
    from bardana import progress
    with progress.for_fit(1, {epochs}, 20) as bar:
        for epoch in range({epochs}):
            bar.epoch_begin(epoch)
            for step in range(20):
                time.sleep(0.02)
                bar.update(step + 1, {{"loss": 2.0, "accuracy": 0.5}})
                {at_step}
            bar.epoch_end({{"loss": 2.0, "accuracy": 0.5, "val_accuracy": 0.5, "val_loss": 1.0, "val_something": 7}})
"""


def run_in_terminal(at_step="", epochs=2, columns=60):
    """Run the script in a pseudo-terminal; return the screen, its final lines and the lines after every write."""
    pyte, pty = pytest.importorskip("pyte"), pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    code = textwrap.dedent(SCRIPT).format(at_step=at_step, epochs=epochs)
    pid, terminal = pty.fork()
    if pid == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        os.execve(sys.executable, [sys.executable, "-c", code], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    screen = pyte.Screen(columns, 30)
    stream = pyte.ByteStream(screen)
    frames = []
    while chunk := read_chunk(terminal):
        stream.feed(chunk)
        frames.append([line.rstrip() for line in screen.display if line.strip()])
    os.waitpid(pid, 0)
    os.close(terminal)
    return screen, frames[-1], frames


def read_chunk(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the other side was closed
        return b""


def run_once(verbose=1, epochs=3, steps=12):
    with progress.for_fit(verbose, epochs, steps) as bar:
        bar.epoch_begin(0)
        bar.update(4, LOGS)
        bar.epoch_end(LOGS)


def test_a_file_gets_one_plain_line_per_epoch(capsys):
    run_once()
    head, line = capsys.readouterr().out.splitlines()
    assert head == "Epoch 1/3"
    assert re.fullmatch(f"12/12 {FINAL}", line)


def test_verbose_2(capsys):
    run_once(verbose=2, epochs=1)
    pattern = r"12/12 - 0s - \d+(us|ms)/step - accuracy: 0.1000 - loss: 2.3026 - val_loss: 2.0000e-04\n"
    assert re.fullmatch(pattern, capsys.readouterr().out)


def test_evaluate_and_predict(capsys):
    with progress.for_predict(1, 1) as bar:
        bar.end()
    with progress.for_evaluate(1, 4) as bar:
        bar.update(2, {"loss": 1.0})
        bar.end({"loss": float("nan")})
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"1/1 {FULL_BAR} 0s \d+us/step", first)
    assert re.fullmatch(rf"4/4 {FULL_BAR} 0s \d+us/step - loss: nan", second)


def test_verbose_values(capsys):
    assert progress.for_fit(0, 1, 1) is progress.for_evaluate(0, 1) is progress.for_predict(0, 1) is None
    assert progress.resolve_verbose("auto") == progress.resolve_verbose(True) == 1
    config.disable_interactive_logging()
    try:
        assert progress.resolve_verbose("auto") == 2
    finally:
        config.enable_interactive_logging()
    for wrong in (3, "loud", None):
        with pytest.raises(ValueError, match="verbose: expected 0, 1, 2 or 'auto'"):
            progress.resolve_verbose(wrong)


def test_a_stream_without_the_bar_character_gets_ascii(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    run_once()
    assert f"12/12 {'=' * 20} 0s" in stream.buffer.getvalue().decode("ascii")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s/step"), (3.4e-6, "3us/step"), (0.0213, "21ms/step"), (2.4, "2s/step")]
)
def test_time_per_step(seconds, text):
    assert progress._step_time(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(7.9, "7s"), (75, "1:15"), (3725, "1:02:05")])
def test_remaining_time(seconds, text):
    assert progress._clock(seconds) == text


def test_a_terminal_shows_one_moving_line_and_the_whole_final_one():
    screen, lines, frames = run_in_terminal()
    assert not screen.cursor.hidden
    assert [line for line in lines if "Epoch" in line] == ["Epoch 1/2", "Epoch 2/2"]
    assert "".join(lines).count("val_something: 7.0000") == 2
    moving = {line for frame in frames for line in frame if re.match(r" ?\d+/20 ━", line)}
    assert 4 <= len(moving) <= 20
    assert all(len(frame) <= 2 for frame in frames if "Epoch 2/2" not in frame and "val_" not in "".join(frame))


def test_a_narrow_terminal_cuts_the_moving_line():
    _, lines, frames = run_in_terminal(epochs=1, columns=40)
    running = [frame for frame in frames if "val_" not in "".join(frame)]
    assert all(len(frame) <= 1 for frame in running)
    assert all(line.endswith("…") for frame in running for line in frame)
    assert sum(len(frame) for frame in running) >= 2
    assert "val_something: 7.0000" in "".join(lines)


def test_prints_go_above_the_moving_line():
    _, lines, _ = run_in_terminal("step == 12 and print('hello')", epochs=1, columns=140)
    assert lines[0] == "hello"
    assert lines[1].startswith("20/20")
    assert len(lines) == 2


def test_an_error_leaves_line_and_cursor():
    screen, lines, _ = run_in_terminal("1 / (12 - step)", epochs=1, columns=140)
    assert re.match(r" ?\d+/20 ━", lines[0])
    assert lines[1].startswith("Traceback")
    assert "ZeroDivisionError" in lines[-1]
    assert not screen.cursor.hidden


def test_a_bar_inside_a_bar_prints_its_final_line_above():
    inner = "step == 12 and progress.for_evaluate(1, 5).end({'loss': 3.0})"
    _, lines, _ = run_in_terminal(inner, epochs=1, columns=140)
    assert [line.split()[0] for line in lines] == ["5/5", "20/20"]


def test_a_notebook_gets_carriage_returns_only(monkeypatch, capsys):
    shell = type("ZMQInteractiveShell", (), {})
    monkeypatch.setattr("builtins.get_ipython", shell, raising=False)
    monkeypatch.setattr(progress, "_REDRAW_SECONDS", 0.0)
    run_once()
    head, line = capsys.readouterr().out.split("\n", 1)
    first, last = re.sub(r"\x1b\[\d+m", "", line).split("\r")
    assert head == "Epoch 1/3"
    assert first.startswith(" 4/12 ━")
    assert re.match(f"12/12 {FINAL}", last)
    assert set(re.findall(r"\x1b\[\d*(.)", line)) == {"m"}
    assert last.endswith("\n")
