"""Models as layers of models: outputs, gradients, training, names, `trainable`, copies; beside live tf.keras.

Tolerances as in test_keras_parity and test_training_parity.
"""

from __future__ import annotations

import gc
import json
import weakref

import numpy as np
import pytest
from keras_twin import assert_close, assert_same_gradients, keras_gradients

import bardana

ROWS = 40


def deep(package, inputs=True):
    """Three models inside each other; the inmost one has no Input of its own, others if `inputs`."""
    layers = package.layers
    first = [package.Input((5,))] if inputs else []
    between = [package.Input((6,))] if inputs else []
    bottom = package.Sequential([package.Input((5,)), layers.Dense(7, "tanh"), layers.Dense(6, "relu")], name="bottom")
    inmost = package.Sequential([layers.Dense(4, layers.LeakyReLU(0.125))], name="inmost")
    middle = package.Sequential([*between, layers.Dense(5, "silu"), inmost, layers.Dense(4)], name="middle")
    return package.Sequential([*first, bottom, middle, layers.Dense(3, "softmax", name="top")], name="whole")


def twins(keras, make, rng):
    for package in (bardana, keras):
        package.utils.clear_session()
    pair = make(bardana), make(keras)
    weights = [rng.normal(size=v.shape) / np.sqrt(v.shape[0]) for v in pair[0].variables]
    for model in pair:
        model.set_weights(weights)
    return pair


def data(rng):
    return rng.normal(size=(ROWS, 5)).astype("float32"), rng.integers(0, 3, ROWS)


def assert_same_weights(ours, theirs) -> None:
    for variable, expected in zip(ours.variables, theirs.get_weights(), strict=True):
        assert_close(variable.numpy(), expected, 2e-5, variable.path)


def summary(model, **options):
    texts = []
    model.summary(print_fn=lambda text, **_: texts.append(text), line_length=76, **options)
    return "\n".join(texts)


@pytest.mark.parity
@pytest.mark.parametrize("inputs", [True, False])
def test_outputs_gradients_and_training(inputs, keras, rng) -> None:
    ours, theirs = twins(keras, lambda package: deep(package, inputs), rng)
    x, y = data(rng)
    assert_close(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), 1e-5)
    for package, model in ((bardana, ours), (keras, theirs)):
        model.compile(
            package.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
    expected = keras_gradients(theirs, keras.losses.SparseCategoricalCrossentropy(), x, y)
    assert_same_gradients(ours.compute_gradients(x, y), expected, 1e-4, "nested")
    options = {"batch_size": 16, "epochs": 3, "verbose": 0, "shuffle": False}
    ours_history, theirs_history = (model.fit(x, y, **options).history for model in (ours, theirs))
    assert list(ours_history) == list(theirs_history)
    for key, values in theirs_history.items():
        assert_close(ours_history[key], values, 1e-5, key)
    assert_same_weights(ours, theirs)


def test_a_nested_model_gives_the_bits_of_a_flat_one(rng) -> None:
    nested = deep(bardana)
    flat = bardana.Sequential([bardana.Input((5,))])
    for number, leaf in enumerate(nested.leaves()):
        flat.add(type(leaf).from_config({**leaf.get_config(), "name": f"leaf{number}"}))
    flat.set_weights(nested.get_weights())
    x, y = data(rng)
    for model in (nested, flat):
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(nested.get_weights(), flat.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(nested.predict(x, verbose=0), flat.predict(x, verbose=0))


@pytest.mark.parity
def test_names_shapes_and_summaries(keras, rng) -> None:
    ours, theirs = twins(keras, deep, rng)
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.count_params() == theirs.count_params()
    assert ours.get_layer("middle").get_layer("inmost").output_shape == (None, 4)
    assert isinstance(ours.layers[0], bardana.layers.Layer)
    for options in ({}, {"expand_nested": True}, {"expand_nested": True, "show_trainable": True}):
        for frozen in (False, True):
            for model in (ours, theirs):
                model.get_layer("middle").trainable = not frozen
            assert summary(ours, **options) == summary(theirs, **options)


@pytest.mark.parity
def test_trainable(keras, rng) -> None:
    """A model passes the flag on; its own flag hides all its weights; a part's flag counts inside a frozen model."""
    ours, theirs = twins(keras, deep, rng)

    def listed(model):
        whole, middle = model, model.get_layer("middle")
        return [
            *([v.path for v in m.trainable_weights] for m in (whole, middle)),
            *([v.path for v in m.non_trainable_weights] for m in (whole, middle)),
            [layer.trainable for layer in (whole, *whole.layers, *middle.layers)],
        ]

    def assign(part, value):
        def change(model):
            part(model).trainable = value

        return change

    whole, middle = (lambda m: m), (lambda m: m.get_layer("middle"))
    first, inmost = (lambda m: middle(m).layers[0]), (lambda m: middle(m).get_layer("inmost"))
    changes = [(middle, False), (first, True), (inmost, True), (middle, True), (whole, False), (whole, True)]
    changes += [(inmost, False), (middle, False), (middle, True)]
    for number, (part, value) in enumerate(changes):
        for model in (ours, theirs):
            assign(part, value)(model)
        assert listed(ours) == listed(theirs), number


@pytest.mark.parity
def test_only_the_trainable_parts_learn(keras, rng) -> None:
    for frozen, thawed in (("middle", None), ("middle", 0), ("bottom", None), (None, 0)):
        ours, theirs = twins(keras, deep, rng)
        x, y = data(rng)
        for model in (ours, theirs):
            (model if frozen is None else model.get_layer(frozen)).trainable = False
            if thawed is not None:
                model.get_layer("middle").layers[thawed].trainable = True
            model.compile("sgd", "sparse_categorical_crossentropy")
            if frozen is not None:  # Keras refuses to take a step without any trainable weight
                model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
        before = ours.get_weights()
        if frozen is None:
            ours.fit(x, y, verbose=0)
            assert all(np.array_equal(*pair) for pair in zip(before, ours.get_weights(), strict=True))
        assert_same_weights(ours, theirs)


def gan(package):
    """Generator, discriminator and both in a row, compiled as scripts do."""
    layers = package.layers
    generator = package.Sequential([package.Input((3,)), layers.Dense(8, "relu"), layers.Dense(4)], name="generator")
    discriminator = package.Sequential(
        [package.Input((4,)), layers.Dense(8, layers.LeakyReLU(0.25)), layers.Dense(1, "sigmoid")], name="discriminator"
    )
    discriminator.compile(package.optimizers.SGD(0.1, momentum=0.5), "binary_crossentropy")
    discriminator.trainable = False
    both = package.Sequential([generator, discriminator], name="gan")
    both.compile(package.optimizers.SGD(0.2), "binary_crossentropy")
    return generator, discriminator, both


def train_gan(parts, noise, real, toggles):
    """Alternate a step of the discriminator with one of the generator through it."""
    generator, discriminator, both = parts
    losses = []
    for step in range(len(noise)):
        fake = np.asarray(generator(noise[step]))
        x, y = np.concatenate([fake, real[step]]), np.repeat([[0.0], [1.0]], len(real[step]), axis=0).astype("float32")
        if toggles:
            discriminator.trainable = True
        losses.append(float(discriminator.train_on_batch(x, y)))
        if toggles:
            discriminator.trainable = False
        losses.append(float(both.train_on_batch(noise[step], np.ones((len(noise[step]), 1), "float32"))))
    return losses


@pytest.mark.parity
def test_gan(keras, rng) -> None:
    ours, theirs = gan(bardana), gan(keras)
    weights = [rng.normal(size=v.shape) / 2 for v in ours[2].variables]
    for parts in (ours, theirs):
        parts[2].set_weights(weights)
    noise = rng.normal(size=(12, 8, 3)).astype("float32")
    real = rng.normal(1, 0.5, size=(12, 8, 4)).astype("float32")
    assert_close(train_gan(ours, noise, real, True), train_gan(theirs, noise, real, True), 1e-4)
    assert_same_weights(ours[2], theirs[2])
    assert [v is w for v, w in zip(ours[2].variables[4:], ours[1].variables, strict=True)] == [True] * 4


def test_gan_without_toggling_learns_as_it_was_compiled(rng) -> None:
    """The discriminator was trainable when it was compiled, and frozen when the combined model was."""
    bardana.utils.clear_session()
    toggled, plain = gan(bardana), gan(bardana)
    plain[2].set_weights(toggled[2].get_weights())
    noise = rng.normal(size=(6, 8, 3)).astype("float32")
    real = rng.normal(1, 0.5, size=(6, 8, 4)).astype("float32")
    start = plain[1].get_weights()
    assert train_gan(toggled, noise, real, True) == train_gan(plain, noise, real, False)
    for one, other in zip(toggled[2].get_weights(), plain[2].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    before = plain[1].get_weights()
    assert not any(np.array_equal(*pair) for pair in zip(start, before, strict=True))
    plain[2].train_on_batch(noise[0], np.ones((8, 1)))
    for old, new in zip(before, plain[1].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    plain[1].compile("sgd", "binary_crossentropy")  # now it is frozen for itself, too
    plain[1].train_on_batch(real[0], np.ones((8, 1)))
    for old, new in zip(before, plain[1].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_freezing_counts_from_the_next_compile(rng) -> None:
    x, y = data(rng)
    model = deep(bardana)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.layers[0].trainable = False

    def changed():
        before = model.get_weights()
        model.train_on_batch(x, y)
        return [not np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)]

    assert changed() == [True] * 12
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert changed() == [False] * 4 + [True] * 8
    model.layers[0].trainable = True
    assert changed() == [False] * 4 + [True] * 8
    model.predict(x, verbose=0)
    model.add(bardana.layers.Dense(3, "softmax"))  # a layer that came later learns, too
    assert changed() == [False] * 4 + [True] * 10


def test_weights_are_shared_both_ways(rng) -> None:
    x, y = data(rng)
    model = deep(bardana)
    bottom = model.layers[0]
    bottom.compile("sgd", "mse")
    model.compile("sgd", "sparse_categorical_crossentropy")
    for _ in range(2):
        for trained, target in ((model, y), (bottom, np.ones((ROWS, 6)))):
            before = bottom.get_weights()
            trained.fit(x, target, verbose=0)
            for old, inner, outer in zip(before, bottom.get_weights(), model.get_weights()[:4], strict=True):
                np.testing.assert_array_equal(inner, outer)
                assert not np.array_equal(old, inner)
        top = bardana.Sequential([bardana.Input((6,)), *model.layers[1:]], name="rest")
        np.testing.assert_array_equal(top(bottom(x)), model(x))
    bottom.set_weights([0 * w for w in bottom.get_weights()])
    assert (np.ptp(model.predict(x, verbose=0), axis=0) == 0).all()


def test_a_model_inside_may_change(rng) -> None:
    x, y = data(rng)
    inner = bardana.Sequential([bardana.Input((5,)), bardana.layers.Dense(6, "relu")], name="inner")
    model = bardana.Sequential([inner, bardana.layers.Dense(3, "softmax")], name="outer")
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)
    kept = model.get_weights()
    inner.add(bardana.layers.Dense(6, "tanh", name="new"))
    assert len(model.weights) == 6
    model.fit(x, y, verbose=0)
    assert [v.path for v in model.weights][2:4] == ["inner/new/kernel", "inner/new/bias"]
    assert not np.array_equal(model.get_weights()[0], kept[0])
    popped = inner.pop()
    values = popped.get_weights()
    assert len(model.weights) == 4
    hidden = np.maximum(x @ model.get_weights()[0] + model.get_weights()[1], 0)
    np.testing.assert_allclose(inner.predict(x, verbose=0), hidden, atol=1e-5)
    model.fit(x, y, verbose=0)
    for old, new in zip(values, popped.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    inner.add(bardana.layers.Dense(5))
    with pytest.raises(ValueError, match=r"expected inputs like the \(None, 6\) it was built for"):
        model.predict(x, verbose=0)


@pytest.mark.parity
def test_models_without_an_input(keras) -> None:
    def build(package):
        package.utils.clear_session()
        inner = package.Sequential([package.layers.Dense(3, "relu"), package.layers.Dense(2)])
        model = package.Sequential([inner, package.layers.Dense(1)])
        states = [model.built, inner.built, summary(model)]
        model.build((None, 4))
        states += [model.built, inner.built, [v.path for v in model.weights], summary(model, expand_nested=True)]
        known = package.Sequential([inner, package.layers.Dense(2)])
        states += [known.built, known.input_shape, known.output_shape]
        late = package.Sequential([package.layers.Dense(2, name="late")], name="in")
        model = package.Sequential([package.Input((3, 4)), late], name="out")
        states += [late.built, late.input_shape, late.output_shape, [v.path for v in late.weights]]
        return states

    assert build(bardana) == build(keras)


@pytest.mark.parity
def test_configs(keras, rng) -> None:
    ours, theirs = twins(keras, deep, rng)
    x, _ = data(rng)
    config = json.loads(json.dumps(ours.get_config()))
    assert [(entry["module"], entry["class_name"]) for entry in config["layers"]] == [
        (entry["module"], entry["class_name"]) for entry in theirs.get_config()["layers"]
    ]
    for source in (config, json.loads(json.dumps(theirs.get_config()))):
        copy = bardana.Sequential.from_config(source)
        assert [v.shape for v in copy.weights] == [v.shape for v in ours.weights]
        assert [layer.name for layer in copy.leaves()] == [layer.name for layer in ours.leaves()]
        copy.set_weights(ours.get_weights())
        np.testing.assert_array_equal(copy.predict(x, verbose=0), ours.predict(x, verbose=0))
    again = bardana.layers.deserialize(bardana.layers.serialize(ours))
    assert again.get_config() == ours.get_config()
    assert bardana.layers.serialize(ours)["module"] == "keras"
    theirs = keras.Sequential.from_config(config)
    theirs.set_weights(ours.get_weights())
    assert_close(theirs.predict(x, verbose=0), ours.predict(x, verbose=0), 1e-5)


@pytest.mark.parity
def test_clone_model(keras, rng) -> None:
    def describe(package, model, **options):
        model.compile(package.optimizers.SGD(0.25), "mse", metrics=["mae"])
        model.get_layer("bottom").trainable = False
        clone = package.models.clone_model(model, **options)
        return [
            clone.name,
            [layer.name for layer in clone.layers],
            [layer.name for layer in clone.get_layer("middle").layers],
            [v.shape for v in clone.weights],
            [layer.trainable for layer in clone.get_layer("bottom").layers],
            clone.optimizer is not model.optimizer,
            float(clone.optimizer.learning_rate),
            clone.loss,
            any(layer is other for layer in clone.layers for other in model.layers),
            clone.input_shape,
        ]

    ours, theirs = twins(keras, deep, rng)
    assert describe(bardana, ours) == describe(keras, theirs)
    assert describe(bardana, ours, input_tensors=bardana.Input((5,))) == describe(
        keras, theirs, input_tensors=keras.Input((5,))
    )

    def rectified(package):
        def change(layer):
            config = layer.get_config()
            if isinstance(layer, package.layers.Dense) and layer.name != "top":
                config["activation"] = "relu"
            return type(layer).from_config(config)

        return change

    options = [{"clone_function": rectified(package), "recursive": True} for package in (bardana, keras)]
    assert describe(bardana, ours, **options[0]) == describe(keras, theirs, **options[1])
    clone = bardana.models.clone_model(ours)
    assert not np.array_equal(clone.get_weights()[0], ours.get_weights()[0])
    x, _ = data(rng)
    clone.train_on_batch(x, np.ones((ROWS, 3)))
    fresh = bardana.models.clone_model(bardana.Sequential([bardana.layers.Dense(2)]))
    assert not fresh.built
    assert fresh.optimizer is None


def test_what_is_refused() -> None:
    model = deep(bardana)
    for part in (model, bardana.Sequential([bardana.layers.Dense(5), model])):
        with pytest.raises(ValueError, match="other than the model itself"):
            model.add(part)
    with pytest.raises(ValueError, match=r"every layer once, received 'dense\w*' again"):
        bardana.Sequential([bardana.Input((5,)), model.layers[0], bardana.Sequential([model.layers[0].layers[0]])])
    layer = bardana.layers.Dense(4, name="twice")
    with pytest.raises(ValueError, match="'twice'"):
        bardana.Sequential([bardana.Input((4,)), layer, layer])
    with pytest.raises(ValueError, match=r"'bottom'.*input shape \(None, 5\), received \(None, 4\)"):
        bardana.Sequential([bardana.Input((4,)), model.layers[0]])
    with pytest.raises(ValueError, match="at least one layer"):
        bardana.Sequential([bardana.Input((4,)), bardana.Sequential()])
    with pytest.raises(ValueError, match=r"one of \['bottom', 'middle', 'top'\], received 'dense'"):
        model.get_layer("dense")
    for wrong, options in ((3, {}), (model, {"clone_function": 3}), (model, {"recursive": True})):
        with pytest.raises(ValueError, match="clone_model: expected"):
            bardana.models.clone_model(wrong, **options)
    with pytest.raises(ValueError, match="clone_model: expected input_tensors"):
        bardana.models.clone_model(model, input_tensors=np.ones((2, 5)))


def test_a_model_that_trains_refuses_changes_inside(rng) -> None:
    x, y = data(rng)
    model = deep(bardana)
    model.compile("sgd", "sparse_categorical_crossentropy")
    seen = []

    class Meddler(bardana.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            try:
                model.get_layer("middle").get_layer("inmost").add(bardana.layers.Dense(2))
            except RuntimeError as error:
                seen.append(str(error))

    model.fit(x, y, verbose=0, callbacks=[Meddler()])
    assert len(seen) == 1
    assert "no training of model 'whole'" in seen[0]


def test_an_outer_model_is_freed_before_the_inner_one() -> None:
    inner = bardana.Sequential([bardana.Input((4,)), bardana.layers.Dense(3)])
    outer = bardana.Sequential([inner, bardana.layers.Dense(1)])
    outer.predict(np.ones((2, 4)), verbose=0)
    gone = weakref.ref(outer)
    gc.disable()
    try:
        del outer
        assert gone() is None
    finally:
        gc.enable()
    assert inner.predict(np.ones((2, 4)), verbose=0).shape == (2, 3)
