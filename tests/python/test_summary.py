"""The table of model.summary(), character by character as Keras prints it."""

from types import SimpleNamespace

import numpy as np
import pytest

from bardana.summary import print_summary


def variable(*shape, dtype="float32"):
    return SimpleNamespace(shape=shape, dtype=dtype)


def fake_layer(class_name, name, output_shape=None, weights=(), trainable=True, layers=()):
    weights = list(weights)
    attributes = {
        **{"name": name, "built": output_shape is not None, "output_shape": output_shape},
        **{"weights": weights, "trainable": trainable, "layers": layers},
        "layer_output_shapes": [layer.output_shape for layer in layers],
        "count_params": lambda self: sum(int(np.prod(w.shape)) for w in weights),
    }
    return type(class_name, (), attributes)()


def fake_model(layers, optimizer_state=()):
    parts = {True: [], False: []}
    for layer in layers:
        parts[layer.trainable] += layer.weights
    return SimpleNamespace(
        **{"name": "s", "layers": layers, "optimizer_state": list(optimizer_state)},
        layer_output_shapes=[layer.output_shape for layer in layers],
        **{"trainable_weights": parts[True], "non_trainable_weights": parts[False]},
    )


def chapter_layers(first_trainable=True):
    return [
        fake_layer("Flatten", "flatten", (None, 784)),
        fake_layer("Dense", "dense", (None, 300), [variable(784, 300), variable(300)], first_trainable),
        fake_layer("Dense", "dense_1", (None, 10), [variable(300, 10), variable(10)]),
    ]


def summary_text(model, **options):
    texts = []
    print_summary(model, print_fn=texts.append, **{"line_length": 76, **options})
    (text,) = texts
    return text


BUILT = """\
Model: "s"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ flatten (Flatten)               │ (None, 784)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 300)            │       235,500 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 10)             │         3,010 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 238,510 (931.68 KB)
 Trainable params: 238,510 (931.68 KB)
 Non-trainable params: 0 (0.00 B)
"""

FROZEN = """\
Model: "s"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━┓
┃ Layer (type)              ┃ Output Shape        ┃   Param # ┃ Tra… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━┩
│ flatten (Flatten)         │ (None, 784)         │         0 │  -   │
├───────────────────────────┼─────────────────────┼───────────┼──────┤
│ dense (Dense)             │ (None, 300)         │   235,500 │  N   │
├───────────────────────────┼─────────────────────┼───────────┼──────┤
│ dense_1 (Dense)           │ (None, 10)          │     3,010 │  Y   │
└───────────────────────────┴─────────────────────┴───────────┴──────┘
 Total params: 238,512 (931.69 KB)
 Trainable params: 3,010 (11.76 KB)
 Non-trainable params: 235,500 (919.92 KB)
 Optimizer params: 2 (12.00 B)
"""


def test_built_model():
    assert summary_text(fake_model(chapter_layers())) == BUILT


def test_trained_model_with_a_frozen_layer():
    model = fake_model(chapter_layers(first_trainable=False), [variable(dtype="int64"), variable()])
    assert summary_text(model, show_trainable=True, line_length=70) == FROZEN


def test_unbuilt_model():
    lines = summary_text(fake_model([fake_layer("Dense", "dense_2")])).splitlines()
    assert lines[4] == "│ dense_2 (Dense)                 │ ?                      │   0 (unbuilt) │"
    assert lines[6] == " Total params: 0 (0.00 B)"


def test_nested_model_and_names_with_brackets():
    inner = fake_layer("Dense", "d[1]", (None, 3), [variable(5, 3)])
    outer = fake_layer("Sequential", "u", (None, 3), [variable(5, 3)], layers=[inner])
    assert "│    └ d[1] (Dense) " in summary_text(fake_model([outer]), expand_nested=True)
    assert "d[1]" not in summary_text(fake_model([outer]))


def test_layer_range():
    text = summary_text(fake_model(chapter_layers()), layer_range=["dense$", "dense_1"])
    assert "flatten" not in text
    assert "dense_1" in text
    assert "Total params: 238,510" in text
    for wrong in (["dense"], [1, 2], ["nobody", "dense"]):
        with pytest.raises(ValueError, match="layer_range: expected"):
            summary_text(fake_model(chapter_layers()), layer_range=wrong)


def test_widths():
    wide = summary_text(fake_model(chapter_layers()), line_length=150, positions=[0.2, 0.5, 1.0])
    assert max(map(len, wide.splitlines())) == 150
    with pytest.raises(ValueError, match="at least 4 characters"):
        summary_text(fake_model(chapter_layers()), line_length=5)
    with pytest.raises(ValueError, match="positions: expected 3"):
        summary_text(fake_model(chapter_layers()), positions=[0.5, 1.0])


def test_printed_by_default(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    print_summary(fake_model(chapter_layers()))
    assert capsys.readouterr().out == BUILT
