"""What a compiled model tells of itself: config, loss on arrays, switches, names, as Keras does."""

from __future__ import annotations

import json

import numpy as np
import pytest

import bardana

pytestmark = pytest.mark.parity


def compile_arguments(package):
    """Return arguments of `compile` by name of the case."""
    schedule = package.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    sparse = package.losses.SparseCategoricalCrossentropy(from_logits=True, name="sparse")
    accuracy = package.metrics.SparseCategoricalAccuracy(name="right")
    return {
        "names": {"optimizer": "sgd", "loss": "mse", "metrics": ["mae", "acc"]},
        "objects": {"optimizer": package.optimizers.Adam(schedule), "loss": sparse, "metrics": [accuracy]},
        "functions": {"loss": package.losses.mean_squared_error, "metrics": [package.metrics.mean_absolute_error]},
        "lists": {"loss": ["mse"], "loss_weights": [0.5], "weighted_metrics": [["mae"]], "jit_compile": True},
        "dicts": {"loss": {"out": "mse"}, "metrics": {"out": ["mae"]}, "run_eagerly": True, "jit_compile": False},
        "steps": {"optimizer": "nadam", "loss": "huber", "steps_per_execution": 4, "auto_scale_loss": False},
    }


CASES = list(compile_arguments(bardana))


def model_of(package, units=3, **arguments):
    layer = package.layers.Dense(units, "softmax", name="out", kernel_regularizer=arguments.pop("penalty", None))
    model = package.Sequential([package.Input((4,)), layer], name="model")
    if arguments:
        model.compile(**arguments)
    return model


@pytest.fixture
def packages(keras):
    for package in (keras, bardana):
        package.utils.clear_session()
    return keras, bardana


@pytest.mark.parametrize("case", CASES)
def test_the_config_is_that_of_keras(case, packages):
    theirs, ours = (model_of(package, **compile_arguments(package)[case]) for package in packages)
    assert ours.get_compile_config() == theirs.get_compile_config()
    json.dumps(ours.get_compile_config())
    ours.optimizer.learning_rate  # noqa: B018 (a read changes nothing)
    for name in ("run_eagerly", "jit_compile"):
        assert getattr(ours, name) is getattr(theirs, name), name


@pytest.mark.parametrize("case", CASES)
def test_a_config_compiles_a_model_of_either_package(case, packages, rng):
    source = model_of(packages[0], **compile_arguments(packages[0])[case]).get_compile_config()
    twin = model_of(bardana)
    twin.compile_from_config(source)
    assert twin.get_compile_config() == source
    labels = case == "objects"
    x, y = rng.normal(size=(8, 4)), rng.integers(0, 3, 8) if labels else rng.uniform(size=(8, 3))
    before = twin.evaluate(x, y, verbose=0, return_dict=True)
    twin.fit(x, y, verbose=0)
    assert before["loss"] != twin.evaluate(x, y, verbose=0, return_dict=True)["loss"]


def test_configs_before_compile_and_of_changed_optimizers(packages):
    for package in packages:
        model = model_of(package)
        assert model.get_compile_config() == {}
        assert (model.run_eagerly, model.jit_compile) == (False, False)
        model.compile(package.optimizers.SGD(0.5), "mse")
        model.optimizer.learning_rate = 0.25
        assert model.get_compile_config()["optimizer"]["config"]["learning_rate"] == 0.25
        model.run_eagerly = True
        assert model.run_eagerly is True
        model.jit_compile = False
        assert model.jit_compile is False
    model.compile("sgd", bardana.losses.get("mse"))
    model.compile_from_config(model.get_compile_config())
    assert isinstance(model.loss, bardana.losses.MeanSquaredError)


@pytest.mark.parametrize("penalty", [None, "l2"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "target"), [("mse", "rows"), ("sparse_categorical_crossentropy", "labels"), ("crossentropy", "labels")]
)
def test_losses_of_arrays(loss, target, weighted, penalty, packages, rng):
    """Both compute in float32 from equal predictions: some ten roundings of terms of the size of the loss."""
    y = rng.integers(0, 3, 6) if target == "labels" else rng.uniform(size=(6, 3)).astype("float32")
    y_pred = rng.dirichlet(np.ones(3), 6).astype("float32")
    weight = rng.uniform(size=6).astype("float32") if weighted else None
    values, start = [], rng.normal(size=(4, 3))
    for package in packages:
        model = model_of(package, optimizer="sgd", loss=loss, loss_weights=[0.5], penalty=penalty)
        model.set_weights([start, np.zeros(3)])
        values.append(float(model.compute_loss(None, y, y_pred, weight)))
    assert values[1] == pytest.approx(values[0], rel=1e-5)


def test_the_loss_of_arrays_is_that_of_evaluate(rng):
    x, y, weight = rng.normal(size=(9, 4)), rng.uniform(size=(9, 3)), rng.uniform(size=9)
    model = model_of(bardana, optimizer="sgd", loss="huber", penalty="l1")
    evaluated = model.evaluate(x, y, sample_weight=weight, verbose=0)
    assert float(model.compute_loss(x, y, model(x), weight)) == pytest.approx(evaluated, rel=1e-5)


def test_losses_that_are_not_there(packages):
    for package in packages:
        assert float(model_of(package, penalty="l2").compute_loss(y_pred=np.ones((2, 3)))) > 0
        with pytest.raises(ValueError, match="No loss to compute"):
            model_of(package).compute_loss(y_pred=np.ones((2, 3)))


@pytest.mark.parametrize("name", ["train_step", "test_step", "predict_step", "compute_loss", "make_train_function"])
def test_methods_that_fit_would_not_call_are_refused(name):
    with pytest.raises(TypeError, match=f"Mine: expected no method {name}"):
        type("Mine", (bardana.Sequential,), {name: lambda self: None})
    if name != "compute_loss":
        with pytest.raises(AttributeError, match=f"no attribute '{name}': .*_on_batch"):
            getattr(model_of(bardana), name)
    with pytest.raises(AttributeError, match="activity_regularizer"):
        model_of(bardana).add_loss(1.0)
    with pytest.raises(AttributeError, match="Activation"):
        bardana.layers.Lambda(abs)


def test_paths_and_types_of_layers(packages):
    for package in packages:
        inner = package.Sequential([package.layers.Dense(3, name="in")], name="inner")
        outer = package.Sequential([inner, package.layers.Dense(1, name="last")], name="outer")
        for thing in (outer, inner, inner.layers[0]):
            assert thing.path is None
        outer.build((None, 4))
        paths = [thing.path for thing in (outer, inner, inner.layers[0], outer.layers[1])]
        assert paths == ["outer", "outer/inner", "outer/inner/in", "outer/last"]
        first = package.Sequential([package.Input((4,)), package.layers.Dense(3, name="first")], name="alone")
        package.Sequential([package.Input((4,)), first])
        assert (first.path, first.layers[0].path) == ("alone", "alone/first")
        layer = package.layers.Dense(2, name="single")
        layer(np.ones((1, 2), dtype="float32"))
        assert layer.path == "single"
        assert (layer.input_dtype, layer.metrics, layer.metrics_variables) == ("float32", [], [])
        assert package.layers.Dense(2, dtype="float64").input_dtype == "float64"


def test_variables_of_metrics(packages, rng):
    x, y = rng.normal(size=(8, 4)), rng.uniform(size=(8, 3))
    for package in packages:
        model = model_of(package, optimizer="sgd", loss="mse", metrics=["mae"])
        model.fit(x, y, verbose=0)
        assert [v.shape for v in model.metrics_variables[-2:]] == [(), ()]
        assert float(model.metrics_variables[-1].numpy()) in (8.0, 24.0)
