"""Utilities, settings, backend functions, the configuration and the command line."""

import random
import sys

import numpy as np
import pytest

import bardana as keras
from bardana import __main__ as command_line
from bardana import backend, config, demo, naming, runtime, seeds
from bardana.utils import clear_session, set_random_seed, to_categorical


def test_set_random_seed_repeats_all_streams():
    def draw():
        set_random_seed(7)
        return random.random(), np.random.rand(), seeds.next_seed()  # noqa: NPY002

    assert draw() == draw()
    for wrong in (-1, 2**32, 1.5, True, "1"):
        with pytest.raises(ValueError, match="received"):
            set_random_seed(wrong)


def test_clear_session_restarts_names():
    clear_session()
    assert naming.unique_name("dense") == "dense"
    assert naming.unique_name("dense") == "dense_1"
    clear_session(free_memory=False)
    assert naming.unique_name("dense") == "dense"
    clear_session()


@pytest.mark.parametrize(
    ("x", "classes", "expected"),
    [
        ([0, 2], None, [[1, 0, 0], [0, 0, 1]]),
        ([0, 1], 3, [[1, 0, 0], [0, 1, 0]]),
        ([[0], [1]], None, [[1, 0], [0, 1]]),
        ([[0, 1]], None, [[[1, 0], [0, 1]]]),
        ([-1, 0], 3, [[0, 0, 1], [1, 0, 0]]),
        ([1.7], None, [[0, 1]]),
        (3, None, [0, 0, 0, 1]),
        ([], 3, np.zeros((0, 3))),
    ],
)
def test_to_categorical(x, classes, expected):
    one_hot = to_categorical(x, classes)
    np.testing.assert_array_equal(one_hot, expected)
    assert one_hot.dtype == np.float64
    assert one_hot.shape == np.shape(expected)


def test_to_categorical_refuses():
    with pytest.raises(IndexError):
        to_categorical([5], 3)
    with pytest.raises(ValueError, match="received neither"):
        to_categorical([])


def test_settings():
    assert (config.floatx(), config.epsilon(), config.image_data_format()) == ("float32", 1e-7, "channels_last")
    try:
        config.set_floatx("float64")
        config.set_epsilon(1e-5)
        assert (backend.floatx(), backend.epsilon()) == ("float64", 1e-5)
    finally:
        config.set_floatx("float32")
        config.set_epsilon(1e-7)
    config.set_image_data_format("Channels_Last")
    for wrong in (
        lambda: config.set_floatx("int8"),
        lambda: config.set_epsilon(0),
        lambda: config.set_epsilon("small"),
        lambda: config.set_image_data_format("channels_first"),
    ):
        with pytest.raises(ValueError, match=r"expected.*received"):
            wrong()


def test_backend_types_and_values():
    assert backend.backend() == config.backend() == "bardana"
    assert backend.standardize_dtype(None) == "float32"
    assert backend.standardize_dtype(np.int8) == "int8"
    assert backend.is_float_dtype("float64")
    assert not backend.is_float_dtype("bool")
    with pytest.raises(ValueError, match="expected the name of a type"):
        backend.standardize_dtype("number")
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    backend.set_value(layer.bias, [1.0, 2.0])
    np.testing.assert_array_equal(backend.get_value(layer.bias), [1.0, 2.0])


def test_show_config(capsys):
    command_line.main([])
    text = capsys.readouterr().out
    assert text.startswith(f"bardana {runtime.configuration()['version']}\n")
    for name in ("isa:", "threads:", "devices:", "python:", "numpy:"):
        assert name in text


def test_demo_trains_on_the_digits(capsys):
    command_line.main(["demo", "--data", "digits", "--epochs", "3"])
    text = capsys.readouterr().out
    assert "Data: the embedded UCI handwritten digits, 1,437 training" in text
    assert "Total params: 50,610" in text
    assert "Epoch 3/3" in text
    assert "Test accuracy 0." in text


def test_demo_reaches_a_good_accuracy():
    assert demo.run(data="digits") > 0.88  # Keras: 0.908 to 0.917 with three seeds


def test_command_line_refuses(capsys):
    for wrong in (["demo", "--epochs", "0"], ["dance"]):
        with pytest.raises(SystemExit):
            command_line.main(wrong)
    assert "expected a positive number" in capsys.readouterr().err


def test_import_brings_no_heavy_module():
    import subprocess

    heavy = "rich, pooch, pandas, importlib.metadata, tensorflow"
    code = f"import sys, bardana; print([m for m in '{heavy}'.split(', ') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
