"""`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer` beside live Keras' own, and as estimators."""

import copy
import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

import bardana
from bardana import wrappers

IRIS, SPECIES = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(IRIS)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
FIT = {"epochs": 5, "verbose": 0, "shuffle": False}
KINDS = {"SKLearnClassifier": NAMES, "SKLearnRegressor": X[:, 0] * 2, "SKLearnTransformer": X[:, :2]}


def build(X, y, loss="mse", activation="linear", units=8, package=bardana):
    glorot = package.initializers.GlorotUniform
    layers = [
        package.layers.Dense(units, "relu", kernel_initializer=glorot(seed=1)),
        package.layers.Dense(y.shape[1] if y.ndim > 1 else 1, activation, kernel_initializer=glorot(seed=2)),
    ]
    model = package.Sequential([package.Input(X.shape[1:]), *layers])
    model.compile(package.optimizers.Adam(0.01), loss)
    return model


def arguments(kind, **more):
    heads = {"loss": "categorical_crossentropy", "activation": "softmax"} if kind == "SKLearnClassifier" else {}
    return {"model": build, "model_kwargs": {**heads, **more}, "fit_kwargs": FIT}


def make(kind, **more):
    return getattr(wrappers, kind)(**arguments(kind, **more))


def results(estimator):
    names = ("decision_function", "transform", "predict")
    return [getattr(estimator, name)(X) for name in names if hasattr(estimator, name)]


@pytest.mark.parity
@pytest.mark.parametrize("kind", KINDS)
def test_like_live_keras(kind, keras):
    theirs_class = getattr(keras.wrappers, kind)
    ours_class = getattr(wrappers, kind)
    signature = {n: p.default for n, p in inspect.signature(ours_class).parameters.items()}
    assert signature == {n: p.default for n, p in inspect.signature(theirs_class).parameters.items()}
    y = KINDS[kind] if kind != "SKLearnTransformer" else X[:, 0]
    ours = ours_class(**arguments(kind)).fit(X, y)
    start = build(X, np.zeros((150, ours.model_.output_shape[1]))).get_weights()

    def build_theirs(X, y, **more):
        model = build(X, y, package=keras, **more)
        model.set_weights(start)
        return model

    theirs = theirs_class(**{**arguments(kind), "model": build_theirs}).fit(X, y)
    losses = theirs.history_.history["loss"]
    np.testing.assert_allclose(ours.history_.history["loss"], losses, rtol=1e-5)
    if kind == "SKLearnClassifier":
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
        # 1e-5: float32 rounding over 25 steps of Adam
        np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-5)
        assert ours.predict(X).shape == (150,)
        assert np.mean(ours.predict(X) == np.ravel(theirs.predict(X))) > 0.98
    else:
        for actual, expected in zip(results(ours), results(theirs), strict=True):
            np.testing.assert_allclose(actual, expected, atol=1e-5)
    assert ours.epoch_ == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_copied_and_with_warm_start_trained_itself(kind):
    y = KINDS[kind]
    target = np.zeros((150, 3)) if kind == "SKLearnClassifier" else np.zeros((150, y.reshape(150, -1).shape[1]))
    model = build(X, target, **arguments(kind)["model_kwargs"])
    before = model.get_weights()
    cold = getattr(wrappers, kind)(model, fit_kwargs=FIT).fit(X, y)
    assert cold.model_ is not model
    for actual, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(actual, expected)
    first = cold.history_.history["loss"]
    assert cold.fit(X, y).history_.history["loss"] == first
    warm = getattr(wrappers, kind)(model, warm_start=True, fit_kwargs=FIT).fit(X, y)
    assert warm.model_ is model
    assert warm.history_.history["loss"] == first
    assert warm.fit(X, y).history_.history["loss"][0] < first[-1]
    made = getattr(wrappers, kind)(**arguments(kind), warm_start=True).fit(X, y)
    assert made.fit(X, y).history_.history["loss"][0] < first[-1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "copied", [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy], ids=["pickle", "deepcopy"]
)
def test_copies_keep_every_bit(kind, copied):
    whole = make(kind).fit(X, KINDS[kind], callbacks=[bardana.callbacks.EarlyStopping("loss")])
    twin = copied(whole)
    for actual, expected in zip(results(twin), results(whole), strict=True):
        assert actual.tobytes() == expected.tobytes()
    assert twin.history_.history == whole.history_.history
    for one in (twin, whole):
        one.set_params(warm_start=True).fit(X, KINDS[kind])
    assert results(twin)[0].tobytes() == results(whole)[0].tobytes()


def test_clones_have_all_arguments_and_a_model_of_their_own():
    model = build(X, np.zeros((150, 1)))
    callbacks = [bardana.callbacks.EarlyStopping("loss")]
    original = wrappers.SKLearnRegressor(model, True, {"units": 3}, {**FIT, "callbacks": callbacks}).fit(X, X[:, 0])
    twin = clone(original)
    assert not hasattr(twin, "model_")
    assert twin.fit_kwargs.keys() == original.fit_kwargs.keys()
    assert (twin.warm_start, twin.model_kwargs) == (True, {"units": 3})
    before = model.predict(X, verbose=0)
    np.testing.assert_array_equal(twin.model.predict(X, verbose=0), before)
    twin.fit(X, X[:, 0])
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)
    assert clone(make("SKLearnRegressor")).model is build


class Doubled(bardana.layers.Layer):
    def forward(self, x, training=False):
        return 2 * x

    def backward(self, dy):
        return 2 * dy


def test_own_layers_and_losses_survive_pickling():
    model = bardana.Sequential([bardana.Input((4,)), Doubled(), bardana.layers.Dense(1)])
    model.compile("sgd", bardana.losses.Huber(2.0), metrics=["mae"])
    whole = wrappers.SKLearnRegressor(model, fit_kwargs=FIT).fit(X, X[:, 0])
    twin = pickle.loads(pickle.dumps(whole))
    assert twin.predict(X).tobytes() == whole.predict(X).tobytes()
    assert twin.model.loss.get_config() == model.loss.get_config()


def test_arguments_of_fit_go_first_and_change_nothing():
    estimator = make("SKLearnRegressor")
    assert estimator.epoch_ == 0
    assert estimator.fit(X, X[:, 0], epochs=2).epoch_ == 2
    assert estimator.fit_kwargs == FIT
    assert estimator.fit(X, X[:, 0]).epoch_ == 5


def test_what_does_not_fit_is_refused():
    bare = bardana.Sequential([bardana.Input((4,)), bardana.layers.Dense(1)])
    with pytest.raises(RuntimeError, match="needs to be compiled, and have a loss and an optimizer"):
        wrappers.SKLearnRegressor(bare).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="a compiled model or a function"):
        wrappers.SKLearnRegressor("model").fit(X, X[:, 0])
    with pytest.raises(ValueError, match=r"expected a bardana.Sequential, received None"):
        wrappers.SKLearnRegressor(lambda X, y: None).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="only one class"):
        make("SKLearnClassifier").fit(X, np.ones(150))
    with pytest.raises(ValueError, match="Only binary and multiclass"):
        make("SKLearnClassifier").fit(X, np.eye(3)[SPECIES].astype(int) | np.eye(3, dtype=int)[::-1][SPECIES])


def test_in_pipelines_and_searches(monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    classifier = make("SKLearnClassifier").set_params(fit_kwargs={"epochs": 40, "verbose": 0})
    assert cross_val_score(make_pipeline(StandardScaler(), classifier), IRIS, NAMES, cv=3).mean() > 0.85
    kwargs = arguments("SKLearnClassifier")["model_kwargs"]
    grid = {"model_kwargs": [{**kwargs, "units": units} for units in (2, 16)]}
    search = GridSearchCV(classifier, grid, cv=3, n_jobs=2).fit(X, NAMES)
    assert search.best_score_ > 0.85
    transformer = make("SKLearnTransformer")
    pipeline = make_pipeline(transformer, DecisionTreeClassifier(random_state=0)).fit(X, SPECIES)
    assert pipeline.score(X, SPECIES) > 0.6


def test_metadata_routing():
    estimator = make("SKLearnRegressor")
    with pytest.raises(RuntimeError, match="enable_metadata_routing=True"):
        estimator.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator.set_fit_request(sample_weight="weight")
        weight = np.zeros(150)
        found = cross_validate(estimator, X, X[:, 0], cv=2, params={"weight": weight}, return_estimator=True)
    assert found["estimator"][0].history_.history["loss"] == [0.0] * 5  # as all weights are 0


COLUMNS = "decision_function has a column for each class also for two classes, as Keras' has"
FAILS = {"check_classifiers_classes": COLUMNS, "check_classifiers_train": COLUMNS}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [make(kind).set_params(fit_kwargs={**FIT, "epochs": 50}) for kind in KINDS],
    expected_failed_checks=lambda one: FAILS if isinstance(one, wrappers.SKLearnClassifier) else {},
)
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_old_and_new_wrappers_stand_side_by_side_in_scripts():
    code = """
import bardana
bardana.compat.install()
from keras.wrappers import SKLearnClassifier
from keras.wrappers.scikit_learn import KerasClassifier
assert SKLearnClassifier is bardana.wrappers.SKLearnClassifier
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == 0, process.stderr
