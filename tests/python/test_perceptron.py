"""The perceptron beside scikit-learn's, beside a plain loop of Rosenblatt's rule, and as an estimator."""

import pickle
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from sklearn import datasets, linear_model
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning as SklearnConvergenceWarning
from sklearn.exceptions import NotFittedError as SklearnNotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from bardana.classic import ConvergenceWarning, NotFittedError, Perceptron

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])
SETS = {name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in ("iris", "breast_cancer", "digits")}
ARGUMENTS = [
    {},
    {"shuffle": False},
    {"random_state": 7},
    {"tol": None, "max_iter": 12},
    {"tol": 0.0, "n_iter_no_change": 2},
    {"max_iter": 3},
    {"eta0": 0.1},
    {"fit_intercept": False},
    {"class_weight": "balanced"},
    {"class_weight": {0: 2.0, 1: 0.5}},
]


def quiet(fit, *arguments, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SklearnConvergenceWarning)
        return fit(*arguments, **named)


def assert_same(ours, theirs, x):
    for name in ("coef_", "intercept_", "classes_"):
        actual, expected = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_array_equal(actual, expected, err_msg=name)
        assert actual.dtype == expected.dtype, name
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    np.testing.assert_array_equal(ours.decision_function(x), theirs.decision_function(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
@pytest.mark.parametrize("name", SETS)
def test_the_very_numbers_of_scikit_learn(name, arguments, dtype):
    x, y = SETS[name]
    x = x.astype(dtype)
    ours = quiet(Perceptron(**arguments).fit, x, y)
    assert_same(ours, quiet(linear_model.Perceptron(**arguments).fit, x, y), x)
    assert ours.score(x, y) == np.mean(ours.predict(x) == y)


@pytest.mark.parametrize("name", SETS)
def test_the_very_numbers_of_stochastic_gradient_descent(name):
    x, y = SETS[name]
    theirs = linear_model.SGDClassifier(
        loss="perceptron", learning_rate="constant", eta0=1, penalty=None, random_state=0
    )
    assert_same(Perceptron().fit(x, y), theirs.fit(x, y), x)


@pytest.mark.parametrize("name", SETS)
def test_weights_of_rows_going_on_and_random_states_as_in_scikit_learn(name, rng):
    x, y = SETS[name]
    weight = rng.integers(0, 3, len(y)) / 2
    pair = Perceptron(warm_start=True, max_iter=4), linear_model.Perceptron(warm_start=True, max_iter=4)
    for _ in range(2):
        assert_same(*(quiet(each.fit, x, y, sample_weight=weight) for each in pair), x)
    pair = Perceptron(), linear_model.Perceptron()
    for _ in range(4):
        part = rng.permutation(len(y))[:60]
        assert_same(*(each.partial_fit(x[part], y[part], classes=np.unique(y)) for each in pair), x)
    states = [np.random.RandomState(3) for _ in pair]
    pair = Perceptron(random_state=states[0]), linear_model.Perceptron(random_state=states[1])
    for _ in range(2):
        assert_same(*(each.fit(x, y) for each in pair), x)


def test_labels_of_any_kind_and_starting_weights_as_in_scikit_learn():
    x, y = SETS["iris"]
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    coef, intercept = np.ones((3, 4)), [1.0, 2.0, 3.0]
    ours = Perceptron().fit(x, names, coef_init=coef, intercept_init=intercept)
    np.testing.assert_array_equal(coef, 1.0)
    assert_same(ours, linear_model.Perceptron().fit(x, names, coef_init=coef, intercept_init=intercept), x)


def rosenblatt(x, y, epochs):
    """The rule as textbooks write it, w ← w + η (y − ŷ) x, where a sum of 0 is neither class."""
    w, mistakes = np.zeros(x.shape[1] + 1), []
    rows = np.hstack([x, np.ones((len(x), 1))])
    for _ in range(epochs):
        mistakes.append(0)
        for row, label in zip(rows, y, strict=True):
            z = w @ row
            guess = 1 - label if z == 0 else int(z > 0)
            w += (label - guess) * row
            mistakes[-1] += guess != label
        if mistakes[-1] == 0:
            break
    return w, mistakes


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [0, 0, 1, 0], [1, 0, 1, 0]])
def test_the_stop_of_the_textbook(labels):
    unit = Perceptron(tol=None, stop_when_separated=True, shuffle=False).fit(CORNERS, labels)
    w, mistakes = rosenblatt(CORNERS, labels, 100)
    assert [*unit.coef_[0], *unit.intercept_] == w.tolist()
    assert unit.mistakes_per_epoch_.tolist() == [mistakes]
    assert unit.mistakes_per_epoch_[0, -1] == 0
    assert (unit.n_mistakes_, unit.n_iter_, unit.converged_) == (sum(mistakes), len(mistakes), True)
    assert unit.predict(CORNERS).tolist() == labels


def test_mistakes_stay_within_the_bound_of_novikoff(rng):
    for _ in range(50):
        direction = rng.normal(size=4)
        direction /= np.linalg.norm(direction)
        x = rng.normal(size=(80, 3))
        margins = np.hstack([x, np.ones((80, 1))]) @ direction
        x, margins = x[np.abs(margins) > 0.05], margins[np.abs(margins) > 0.05]
        y = (margins > 0).astype(int)
        if y.min() == y.max():
            continue
        unit = Perceptron(tol=None, stop_when_separated=True, max_iter=100_000).fit(x, y)
        radius = np.sqrt((x**2).sum(axis=1).max() + 1)
        assert unit.converged_
        assert unit.n_mistakes_ <= (radius / np.abs(margins).min()) ** 2


@pytest.mark.parametrize("arguments", [{}, {"tol": None, "stop_when_separated": True, "max_iter": 50}])
def test_exclusive_or_is_said_to_be_out_of_reach(arguments):
    with pytest.warns(ConvergenceWarning, match="no straight line or plane separates class 0 from 1") as seen:
        unit = Perceptron(**arguments).fit(CORNERS, XOR)
    assert issubclass(seen[0].category, SklearnConvergenceWarning)
    assert seen[0].filename == __file__
    assert not unit.converged_


def test_without_an_intercept_lines_go_through_the_origin():
    with pytest.warns(ConvergenceWarning, match="no straight line or plane through the origin separates"):
        Perceptron(fit_intercept=False).fit([[1.0], [2.0], [1.0]], [0, 1, 1])


def test_too_few_epochs_are_said():
    x, y = SETS["breast_cancer"]
    with pytest.warns(ConvergenceWarning, match="Maximum number of iteration"):
        Perceptron(max_iter=2).fit(x, y)
    with pytest.warns(ConvergenceWarning, match="Maximum number of iteration"):
        Perceptron(tol=None, stop_when_separated=True, max_iter=2).fit(x, y)
    Perceptron(tol=None, max_iter=2).fit(x, y)


def test_several_outputs_are_units_of_their_own(rng):
    x = rng.normal(size=(60, 3))
    y = (x @ rng.normal(size=(3, 4)) > 0.2).astype(int)
    together = Perceptron(shuffle=False).fit(x, y)
    assert together.coef_.shape == (4, 3)
    for output in range(4):
        alone = Perceptron(shuffle=False).fit(x, y[:, output])
        np.testing.assert_array_equal(together.coef_[output], alone.coef_[0])
        np.testing.assert_array_equal(together.intercept_[output], alone.intercept_[0])
        np.testing.assert_array_equal(together.predict(x)[:, output], alone.predict(x))
    assert together.score(x, y) == np.mean((together.predict(x) == y).all(axis=1))


def test_there_are_no_probabilities():
    unit = Perceptron().fit(CORNERS, [0, 0, 0, 1])
    for name in ("predict_proba", "predict_log_proba"):
        assert not hasattr(unit, name)
        with pytest.raises(AttributeError, match=f"Perceptron has no {name}.*decision_function.*sigmoid"):
            getattr(unit, name)


# Neither does scikit-learn's own learn from a row of weight 2 what it learns from two rows.
LIKE_SCIKIT_LEARN = {"check_sample_weight_equivalence_on_dense_data"}


def checks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the class does not inherit from BaseEstimator, so as not to need scikit-learn
        found = list(estimator_checks_generator(Perceptron()))
    for _, check in found:
        name = getattr(check, "func", check).__name__
        if name not in LIKE_SCIKIT_LEARN and name != "check_array_api_input":
            yield pytest.param(check, id=name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("check", list(checks()))
def test_checks_of_scikit_learn(check):
    from unittest import SkipTest

    try:
        check(Perceptron())
    except SkipTest as reason:
        pytest.skip(str(reason))


def test_in_pipelines_searches_and_files():
    x, y = SETS["iris"]
    assert is_classifier(Perceptron())
    assert clone(Perceptron(eta0=0.5)).eta0 == 0.5
    pipeline = make_pipeline(StandardScaler(), Perceptron())
    assert cross_val_score(pipeline, x, y).mean() > 0.8
    search = GridSearchCV(
        pipeline,
        {"perceptron__eta0": [0.1, 1.0], "perceptron__fit_intercept": [True, False]},
        n_jobs=2,
    )
    assert search.fit(x, y).best_score_ > 0.8
    fitted = Perceptron().fit(x, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).coef_, fitted.coef_)
    assert repr(Perceptron(eta0=0.5, tol=None)) == "Perceptron(eta0=0.5, tol=None)"


def test_works_without_scikit_learn():
    code = """
import sys
sys.modules["sklearn"] = None
import bardana
assert "bardana.classic" not in sys.modules
from bardana.classic import ConvergenceWarning, NotFittedError, Perceptron
import warnings
try:
    Perceptron().predict([[1.0]])
except NotFittedError as error:
    assert "call fit first" in str(error)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Perceptron().fit([[0, 0], [0, 1], [1, 0], [1, 1]], ["n", "y", "y", "n"])
assert [warning.category for warning in caught] == [ConvergenceWarning], caught
assert Perceptron().fit([[0.0], [1.0]], [0, 1]).predict([[2.0]]).tolist() == [1]
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert process.returncode == 0, process.stderr


def test_training_can_be_interrupted(rng):
    x, y = rng.normal(size=(2000, 50)), rng.integers(0, 2, 2000)

    def interrupt(*_):
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        begin = time.perf_counter()
        with pytest.raises(KeyboardInterrupt):
            Perceptron(tol=None, max_iter=2**31 - 1).fit(x, y)
        assert time.perf_counter() - begin < 5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


BAD_ARGUMENTS = [
    ({"eta0": 0}, "eta0 to be a positive number, received 0"),
    ({"eta0": "a"}, "eta0 to be a positive number, received 'a'"),
    ({"max_iter": 0}, "max_iter to be a positive integer, received 0"),
    ({"tol": -1.0}, "tol to be None or a number of at least 0, received -1.0"),
    ({"n_iter_no_change": 1.5}, "n_iter_no_change to be a positive integer, received 1.5"),
    ({"shuffle": 1}, "shuffle to be True or False, received 1"),
    ({"random_state": -1}, "random_state to be None, an integer"),
    ({"class_weight": "heavy"}, "class_weight to be None, a dict or 'balanced', received 'heavy'"),
    ({"class_weight": {5: 1.0}}, r"class_weight for classes among \[0, 1\], received \[5\]"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_ARGUMENTS)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Perceptron(**arguments).fit(CORNERS, [0, 0, 0, 1])


INFINITE = np.where(CORNERS == 1, np.inf, 0.0)
BAD_DATA = [
    ((CORNERS, [1, 1, 1, 1]), r"at least two, received only \[1\]"),
    ((CORNERS, [0, 1]), r"expected y of shape \(4,\)"),
    ((CORNERS, [[0, 2]] * 4), "expected labels 0 and 1 in y of several outputs"),
    ((CORNERS, [0.5, 1, 0, 1]), "expected classes"),
    ((CORNERS[0], [0, 1]), "Reshape your data"),
    ((CORNERS * np.nan, [0, 0, 0, 1]), "NaN or infinity in X"),
    ((INFINITE, [0, 0, 0, 1]), "NaN or infinity in X"),
    (([["a"], ["b"]], [0, 1]), "expected numbers in X"),
]


@pytest.mark.parametrize(("data", "message"), BAD_DATA)
def test_bad_data(data, message):
    with pytest.raises(ValueError, match=message):
        Perceptron().fit(*data)


def test_other_mistakes_are_named():
    with pytest.raises(NotFittedError, match="call fit first") as caught:
        Perceptron().predict(CORNERS)
    assert isinstance(caught.value, SklearnNotFittedError)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), NotFittedError)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        Perceptron().partial_fit(CORNERS, XOR)
    with pytest.raises(ValueError, match="expected two or more classes with all of y"):
        Perceptron().partial_fit(CORNERS, XOR, classes=[1, 2])
    with pytest.raises(ValueError, match="expected the classes of the first call"):
        Perceptron().partial_fit(CORNERS, XOR, classes=[0, 1]).partial_fit(CORNERS, XOR, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="overflow occurred at epoch #1"):
        Perceptron(eta0=1e308).fit(CORNERS * 1e200, [0, 0, 0, 1])
    with pytest.raises(ValueError, match=r"coef_init of shape \(1, 2\), received \(3,\)"):
        Perceptron().fit(CORNERS, XOR, coef_init=[1, 2, 3])
    with pytest.raises(ValueError, match="parameters among"):
        Perceptron().set_params(eta=1)
    with pytest.raises(ValueError, match="not zero everywhere"):
        Perceptron().fit(CORNERS, XOR, sample_weight=[0, 0, 0, 0])
