"""Layers that are used outside the model that owns them, builds that fail, and what keeps a model alive."""

import gc
import weakref

import numpy as np
import pytest

import bardana as keras

X = np.random.default_rng(0).standard_normal((6, 4)).astype("float32")


def summary_text(model):
    texts = []
    model.summary(print_fn=texts.append)
    return texts[0]


def test_a_layer_called_on_its_own_leaves_the_shapes_of_its_model():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    text = summary_text(model)
    assert model.layers[0](np.zeros((2, 5, 4))).shape == (2, 5, 3)
    assert model.output_shape == model.layers[0].output_shape == (None, 3)
    assert summary_text(model) == text
    model.add(keras.layers.Flatten())
    assert model.output_shape == (None, 3)
    assert model.predict(X, verbose=0).shape == (6, 3)


def test_a_layer_shared_with_a_model_of_another_input_shape():
    dense = keras.layers.Dense(3)
    flat = keras.Sequential([keras.Input((4,)), dense], name="m")
    text = summary_text(flat)
    deep = keras.Sequential([keras.Input((5, 4)), dense])
    assert (flat.output_shape, deep.output_shape) == ((None, 3), (None, 5, 3))
    assert flat.layer_output_shapes == [(None, 3)]
    assert summary_text(flat) == text
    np.testing.assert_array_equal(deep.predict(np.stack([X] * 5, 1), verbose=0)[:, 2], flat.predict(X, verbose=0))


def test_a_layer_called_on_its_own_follows_the_training_of_its_model():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for _ in range(2):
        model.fit(X, X[:, :1], verbose=0)
        np.testing.assert_array_equal(model.layers[0](X), model.predict(X, verbose=0))
        assert model.layers[0](X[:, None]).shape == (6, 1, 1)


def test_a_build_that_fails_builds_nothing():
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Reshape((4, 2)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"reshape.*\(4, 2\)"):
        model.build((None, 5))
    assert not model.built
    assert [layer.built for layer in model.layers] == [False] * 3
    assert model.weights == []
    model.build((None, 2, 3))
    assert model.layers[0].kernel.shape == (3, 4)
    assert model.output_shape == (None, 4, 1)


def test_an_initializer_that_fails_leaves_the_layer_unbuilt():
    def refuse(shape, dtype=None):
        raise RuntimeError("no bias today")

    layer = keras.layers.Dense(4, bias_initializer=refuse)
    with pytest.raises(RuntimeError, match="no bias today"):
        layer.build((None, 3))
    assert not layer.built
    assert layer.weights == []
    with pytest.raises(AttributeError, match="no kernel before it is built"):
        _ = layer.kernel


def test_a_trained_model_is_freed_at_once_though_its_history_lives():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, X[:, :1], verbose=0)
    assert history is model.history
    assert history.model is model
    gone = weakref.ref(model)
    gc.disable()
    try:
        del model
        assert gone() is None
    finally:
        gc.enable()
    assert history.model is None
    assert list(history.history) == ["loss"]
