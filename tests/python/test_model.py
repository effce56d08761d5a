"""Sequential as a user meets it: building, naming, training small things, sharing layers, plans."""

from pathlib import Path

import numpy as np
import pytest

import bardana as keras

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def _fresh_names_and_seed():
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)


def chapter_model():
    """The model of the chapter on Fashion MNIST."""
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def blobs(rows=150, features=4, classes=3):
    """Classes around far corners: separable, of the size of the iris data."""
    generator = np.random.default_rng(5)
    labels = np.arange(rows) % classes
    centres = 3 * generator.standard_normal((classes, features))
    return (centres[labels] + generator.standard_normal((rows, features))).astype("float32"), labels


def same(one, other):
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_learnt(seed):
    keras.utils.set_random_seed(seed)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    y = np.array([0, 1, 1, 0], "float32")
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=500, batch_size=4, verbose=0)
    assert history.history["loss"][-1] < 0.05
    assert (model.predict(x, verbose=0)[:, 0].round() == y).all()
    assert model.evaluate(x, y, verbose=0)[1] == 1.0


def test_the_model_of_the_first_tutorial():
    with pytest.warns(UserWarning, match="input_shape"):
        first = keras.layers.Dense(3, input_shape=(2,), activation="relu")
    model = keras.Sequential([first, keras.layers.Dense(2, activation="softmax")])
    assert model.count_params() == 17
    assert [w.shape for w in model.get_weights()] == [(2, 3), (3,), (3, 2), (2,)]
    np.testing.assert_allclose(model.predict(np.ones((5, 2)), verbose=0).sum(axis=1), 1, rtol=1e-6)


def test_data_of_the_size_of_iris():
    x, y = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=60, verbose=0, validation_split=0.2)
    assert history.history["accuracy"][-1] > 0.95
    assert history.history["val_accuracy"][-1] > 0.9
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.epoch == list(range(60))


def test_a_single_unit_finds_the_line():
    x = np.linspace(-1, 1, 50, dtype="float32")[:, None]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x[:, 0], 3 * x - 2, epochs=300, verbose=0)
    np.testing.assert_allclose(np.concatenate([w.ravel() for w in model.get_weights()]), [3, -2], atol=1e-3)


@pytest.mark.parametrize("batch_size", [1, 7, 32, 150, 1000])
def test_any_batch_size_trains_on_every_row(batch_size):
    x, y = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0)
    assert model.optimizer.iterations == 2 * -(-150 // batch_size)
    assert np.isfinite(model.evaluate(x, y, verbose=0))


def test_the_loss_of_an_epoch_weighs_batches_by_their_rows():
    x, y = blobs(rows=50)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    trained = model.fit(x, y, batch_size=32, verbose=0).history["loss"][0]
    assert trained == pytest.approx(model.evaluate(x, y, batch_size=50, verbose=0), rel=1e-6)


def test_add_pop_and_build():
    model = keras.Sequential(name="tower")
    model.add(keras.Input((6,)))
    assert not model.built
    model.add(keras.layers.Dense(4))
    assert model.built
    model.add(keras.layers.Dense(2))
    assert model.output_shape == (None, 2)
    kept = model.get_weights()[:2]
    top = model.pop()
    assert top.name == "dense_1"
    assert model.output_shape == (None, 4)
    same(model.get_weights(), kept)
    model.add(keras.layers.Dense(5))
    same(model.get_weights()[:2], kept)
    assert model.predict(np.ones((3, 6)), verbose=0).shape == (3, 5)
    assert top(np.ones((3, 4))).shape == (3, 2)


def test_weights_survive_a_change_of_structure_after_training():
    x, y = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)
    trained = model.get_weights()
    top = model.pop()
    same(top.get_weights(), trained[2:])
    model.add(top)
    same(model.get_weights(), trained)
    model.fit(x, y, verbose=0)
    assert np.any(model.get_weights()[0] != trained[0])


@pytest.mark.parametrize("use", ["build", "call", "predict", "fit"])
def test_deferred_build(use):
    x, y = blobs()
    model = keras.Sequential([keras.layers.Dense(5, "relu"), keras.layers.Dense(3, "softmax")])
    assert not model.built
    assert model.weights == []
    with pytest.raises(ValueError, match="built"):
        model.count_params()
    model.compile("sgd", "sparse_categorical_crossentropy")
    if use == "build":
        model.build((None, 4))
    elif use == "fit":
        model.fit(x, y, verbose=0)
    else:
        (model if use == "call" else lambda rows: model.predict(rows, verbose=0))(x)
    assert model.built
    assert model.input_shape == (None, 4)
    assert model.count_params() == 43
    assert [v.path for v in model.weights][:2] == ["sequential/dense/kernel", "sequential/dense/bias"]


def test_names_and_counters():
    assert [keras.layers.Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert keras.layers.Dropout(0.5).name == "dropout"
    assert [keras.Sequential().name for _ in range(2)] == ["sequential", "sequential_1"]
    keras.utils.clear_session()
    assert keras.layers.Dense(1).name == "dense"
    assert keras.layers.Dense(1, name="mine").name == "mine"


def test_get_layer():
    model = chapter_model()
    assert model.get_layer("dense_1") is model.layers[2] is model.get_layer(index=2)
    assert model.get_layer(index=-1).name == "dense_2"
    assert [layer.name for layer in model.layers] == ["flatten", "dense", "dense_1", "dense_2"]
    assert repr(model.layers[1]) == "<Dense name=dense, built=True>"


def test_summary_text():
    texts = []
    model = chapter_model()
    model.summary(print_fn=texts.append)
    assert len(texts) == 1
    for part in ('Model: "sequential"', "flatten (Flatten)", "(None, 784)", "235,500", "30,100", "1,010"):
        assert part in texts[0]
    assert "Total params: 266,610 (1.02 MB)" in texts[0]
    assert "Trainable params: 266,610 (1.02 MB)" in texts[0]
    assert "Non-trainable params: 0 (0.00 B)" in texts[0]


def test_explain_is_the_golden_plan():
    expected = (GOLDEN / "plan_train.txt").read_text(encoding="utf-8")
    assert chapter_model().explain("train", rows=32) == expected


@pytest.mark.parametrize("mode", ["train", "evaluate", "predict", "gradients"])
def test_every_mode_has_a_plan(mode):
    model = chapter_model()
    assert "300" in model.explain(mode)
    assert model.explain(mode, rows=7) != model.explain(mode, rows=8000)


def test_layers_shared_by_two_models():
    x, y = blobs()
    whole = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3, "softmax")])
    features = keras.Sequential([keras.Input((4,)), whole.layers[0]])
    new_top = keras.Sequential([keras.Input((4,)), whole.layers[0], keras.layers.Dense(3, "softmax")])
    for model in (whole, new_top):
        model.compile("sgd", "sparse_categorical_crossentropy")
    same(features.get_weights(), whole.get_weights()[:2])
    for trained in (whole, new_top, whole):
        before = features.predict(x, verbose=0)
        trained.fit(x, y, verbose=0)
        same(features.get_weights(), trained.get_weights()[:2])
        same(whole.get_weights()[:2], new_top.get_weights()[:2])
        kernel, bias = features.get_weights()
        np.testing.assert_allclose(features.predict(x, verbose=0), np.maximum(x @ kernel + bias, 0), atol=1e-5)
        assert np.any(features.predict(x, verbose=0) != before)


def test_transfer_learning_with_frozen_layers():
    x, y = blobs()
    old = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3, "softmax")])
    new = keras.Sequential([keras.Input((4,)), *old.layers[:-1], keras.layers.Dense(3, "softmax", name="new")])
    new.layers[0].trainable = False
    new.compile("sgd", "sparse_categorical_crossentropy")
    before = new.get_weights()
    new.fit(x, y, epochs=2, verbose=0)
    same(new.get_weights()[:2], before[:2])
    assert np.any(new.get_weights()[2] != before[2])
    assert len(new.trainable_weights) == len(new.non_trainable_weights) == 2


def test_on_batch_methods_return_floats():
    x, y = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert type(model.train_on_batch(x, y)) is float
    assert type(model.test_on_batch(x, y)) is float
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy", "sparse_categorical_crossentropy"])
    for method in (model.train_on_batch, model.test_on_batch):
        values = method(x, y)
        assert [type(value) for value in values] == [float] * 3
        assert values[2] == pytest.approx(values[0], rel=1e-6)
        assert set(method(x, y, return_dict=True)) == {"loss", "accuracy", "sparse_categorical_crossentropy"}
    assert model.predict_on_batch(x).shape == (150, 3)


def test_evaluate_equals_test_on_batch_and_history():
    x, y = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, verbose=0, validation_data=(x, y))
    evaluated = model.evaluate(x, y, verbose=0, return_dict=True)
    assert evaluated == {name: history.history[f"val_{name}"][0] for name in ("accuracy", "loss")}
    assert model.test_on_batch(x, y) == pytest.approx(list(reversed(evaluated.values())), rel=1e-6)


def test_calling_a_model_gives_a_tensor():
    x, _ = blobs()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    y = model(x)
    assert type(y.numpy()) is np.ndarray
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.numpy(), model.predict(x, verbose=0))
    np.testing.assert_array_equal(np.stack([model(x), model(x)])[1], y.numpy())
    assert ((y + 1) / 2).numpy().max() <= 1


def test_dropout_acts_in_training_only_and_differs_by_call():
    x = np.ones((64, 50), "float32")
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.4, seed=3)])
    np.testing.assert_array_equal(model(x), x)
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    first, second = model(x, training=True).numpy(), model(x, training=True).numpy()
    assert np.any(first != second)
    assert set(np.unique(first)) == {np.float32(0), np.float32(1 / 0.6)}
    assert 0.55 < (first != 0).mean() < 0.65


def test_config_round_trip():
    model = chapter_model()
    again = keras.Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    again.set_weights(model.get_weights())
    x = np.random.default_rng(0).random((5, 28, 28))
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
