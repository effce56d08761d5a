"""`MLPClassifier` and `MLPRegressor` beside scikit-learn's of the same names, and as estimators.

With the same `random_state` both begin with the same weights, and with `shuffle=False` they take the same steps. Ours
compute in float32, whose rounding (6e-8) is not amplified much over the 30 to 1000 steps here: 1e-5 has room for it.
The number of rows is a multiple of the batch size, for in a shorter last batch scikit-learn's penalty is another one.
"""

import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn import datasets, neural_network
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import bardana
from bardana.wrappers import MLPClassifier, MLPRegressor

IRIS, SPECIES = datasets.load_iris(return_X_y=True)
ORDER = np.random.RandomState(0).permutation(150)
X = StandardScaler().fit_transform(IRIS)[ORDER]
LABELS = SPECIES[ORDER]
BITS = np.stack([LABELS == 0, LABELS > 0, X[:, 0] > 0], axis=1).astype(int)
NUMBERS = X[:, :2] * 2 + X[:, 2:] ** 2

PAIRS = {"classifier": (MLPClassifier, neural_network.MLPClassifier)}
PAIRS["regressor"] = (MLPRegressor, neural_network.MLPRegressor)


def quiet(call, *arguments, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return call(*arguments, **named)


def both(kind, y, weight=None, **arguments):
    given = {"hidden_layer_sizes": (15, 7), "random_state": 3, "max_iter": 5, "batch_size": 25, "shuffle": False}
    return [quiet(cls(**{**given, **arguments}).fit, X, y, weight) for cls in PAIRS[kind]]


def assert_same(ours, theirs, tolerance=1e-5):
    for name in ("coefs_", "intercepts_"):
        for actual, expected in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance, err_msg=name)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-5, atol=1e-5)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("loss_", "best_loss_", "best_validation_score_"):
        actual, expected = getattr(ours, name), getattr(theirs, name)
        assert actual == expected or actual == pytest.approx(expected, rel=2e-5), name


@pytest.mark.parametrize("y", [LABELS, LABELS == 1, BITS], ids=["three", "two", "bits"])
@pytest.mark.parametrize(
    "arguments",
    [
        *({"activation": name} for name in ("relu", "tanh", "logistic", "identity")),
        {"alpha": 0.7},
        {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"solver": "sgd", "learning_rate_init": 0.1},
        {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0, "alpha": 0.5},
        {"solver": "sgd", "nesterovs_momentum": False, "learning_rate": "invscaling", "learning_rate_init": 0.5},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
        {"batch_size": "auto"},
        {"hidden_layer_sizes": 9},
        {"hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_a_classifier_takes_the_steps_of_scikit_learns(y, arguments):
    ours, theirs = both("classifier", y, **arguments)
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    likely = theirs.predict_proba(X) > 1e-6
    assert ours.predict_log_proba(X)[likely] == pytest.approx(theirs.predict_log_proba(X)[likely], abs=1e-4)
    clear = np.abs(theirs.predict_proba(X) - 0.5).min(axis=1) > 1e-4
    np.testing.assert_array_equal(ours.predict(X)[clear], theirs.predict(X)[clear])
    assert ours.predict(X).dtype == theirs.predict(X).dtype


@pytest.mark.parametrize("y", [NUMBERS[:, 0], NUMBERS], ids=["one", "two"])
@pytest.mark.parametrize("arguments", [{}, {"alpha": 0.7}, {"solver": "sgd"}, {"loss": "poisson"}], ids=str)
def test_a_regressor_takes_the_steps_of_scikit_learns(y, arguments):
    y = np.abs(y) if "loss" in arguments else y
    ours, theirs = both("regressor", y, **arguments)
    assert_same(ours, theirs)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=3e-5)
    assert ours.predict(X).shape == y.shape


def test_in_float64():
    ours, theirs = both("classifier", LABELS, solver="sgd", alpha=0.3)[0], both("classifier", LABELS, solver="sgd")[1]
    ours = quiet(clone(ours).set_params(dtype="float64", alpha=0.0001).fit, X, LABELS)
    assert_same(ours, theirs, tolerance=1e-7)  # what remains is the learning rate, a float32 as in Keras
    assert ours.coefs_[0].dtype == np.float64


def test_adaptive_rates_and_stopping():
    arguments = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "n_iter_no_change": 2}
    ours, theirs = both("classifier", LABELS, tol=0.01, max_iter=300, **arguments)
    assert 10 < ours.n_iter_ < 300
    assert_same(ours, theirs)
    assert float(ours.model_.optimizer.learning_rate) == pytest.approx(theirs._optimizer.learning_rate)
    ours, theirs = both("regressor", NUMBERS[:, 0], tol=0.01, max_iter=300, n_iter_no_change=3, epsilon=1e-4)
    assert 10 < ours.n_iter_ < 300
    assert_same(ours, theirs, 1e-4)


@pytest.mark.parametrize("y", [LABELS, LABELS == 1, BITS], ids=["three", "two", "bits"])
def test_early_stopping_holds_out_the_same_rows(y):
    # epsilon: where a gradient is 1e-9 or so, Adam with 1e-8 makes of its rounding a step of the usual length
    ours, theirs = both("classifier", y, early_stopping=True, max_iter=40, batch_size=27, epsilon=1e-4)
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.validation_scores_, theirs.validation_scores_)
    ours, theirs = both("regressor", NUMBERS, early_stopping=True, max_iter=20, batch_size=27, epsilon=1e-4)
    assert_same(ours, theirs)
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, atol=1e-5)


def test_sample_weights(rng):
    if neural_network.MLPClassifier.fit.__code__.co_argcount < 4:
        pytest.skip("this scikit-learn's MLP knows no sample_weight")
    weight = rng.random(150) + 0.1
    assert_same(*both("classifier", LABELS, weight, alpha=0.0))
    assert_same(*both("regressor", NUMBERS, weight, alpha=0.0))
    ours, theirs = both("classifier", LABELS, np.full(150, 2.0), alpha=0.5)  # the penalty shrinks with the weights
    assert_same(ours, theirs)


def test_class_weights_are_sample_weights():
    arguments = {"max_iter": 5, "random_state": 0, "alpha": 0.0}
    rows = np.r_[0:60]
    counts = np.bincount(LABELS[rows], minlength=3)
    factors = 60 / (3 * counts)
    balanced = quiet(MLPClassifier(class_weight="balanced", **arguments).fit, X[rows], LABELS[rows])
    weighted = quiet(MLPClassifier(**arguments).fit, X[rows], LABELS[rows], factors[LABELS[rows]])
    given = MLPClassifier(class_weight=dict(enumerate(factors)), **arguments)
    given = quiet(given.fit, X[rows], LABELS[rows])
    for other in (weighted, given):
        np.testing.assert_allclose(balanced.predict_proba(X), other.predict_proba(X), rtol=1e-6)


def test_the_same_weights_to_begin_with_can_be_assigned():
    ours, theirs = (
        quiet(cls((6,), max_iter=1, shuffle=False, warm_start=True, random_state=i).fit, X, LABELS)
        for i, cls in enumerate(PAIRS["classifier"])
    )
    assert np.abs(ours.coefs_[0] - theirs.coefs_[0]).max() > 0.1
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    for one in (ours, theirs):
        quiet(one.fit, X, LABELS)
    for actual, expected in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        ours.coefs_[0][0] = 1.0


def test_partial_fit_goes_on():
    arguments = {"hidden_layer_sizes": (6,), "random_state": 1, "shuffle": False}
    pair = [cls(**arguments) for cls in PAIRS["classifier"]]
    for start, end in ((0, 50), (50, 100), (100, 150), (0, 90)):  # the last one with another batch size
        for one in pair:
            one.partial_fit(X[start:end], LABELS[start:end], classes=[0, 1, 2])
    for actual, expected in zip(pair[0].coefs_, pair[1].coefs_, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)
    assert pair[0].n_iter_ == pair[1].n_iter_ == 1
    assert len(pair[0].loss_curve_) == 4 and pair[0].t_ == pair[1].t_
    with pytest.raises(ValueError, match="not the same as on last call"):
        pair[0].partial_fit(X, LABELS, classes=[0, 1])
    with pytest.raises(ValueError, match=r"classes not in .*received \[7\]"):
        pair[0].partial_fit(X, np.full(150, 7))
    with pytest.raises(ValueError, match="classes must be passed"):
        MLPClassifier().partial_fit(X, LABELS)
    with pytest.raises(ValueError, match="early_stopping"):
        MLPClassifier(early_stopping=True).partial_fit(X, LABELS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="balanced"):
        MLPClassifier(class_weight="balanced").partial_fit(X, LABELS, classes=[0, 1, 2])
    bits = MLPClassifier(**arguments).partial_fit(X, BITS).partial_fit(X, BITS)
    assert bits.predict(X).shape == BITS.shape


def test_warm_start_goes_on_and_cold_start_does_not():
    warm = quiet(MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, warm_start=True, random_state=0).fit, X, NUMBERS)
    cold = quiet(clone(warm).set_params(warm_start=False).fit, X, NUMBERS)
    for one in (warm, cold):
        quiet(one.fit, X, NUMBERS)
    assert warm.loss_curve_[:20] == cold.loss_curve_
    assert warm.loss_ < 0.95 * cold.loss_
    assert (len(warm.loss_curve_), len(cold.loss_curve_), warm.n_iter_) == (40, 20, 20)
    with pytest.raises(ValueError, match=r"layers of \[4, 8, 2\] units"):
        warm.set_params(hidden_layer_sizes=(9,)).fit(X, NUMBERS)


def test_random_state_repeats_everything():
    arguments = {"max_iter": 3, "dropout": [0.3], "hidden_layer_sizes": (20,)}
    first, same, other = (
        quiet(MLPClassifier(random_state=seed, **arguments).fit, X, LABELS).predict_proba(X) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 1e-3


def test_own_arguments_have_an_effect(capsys):
    def fit(**arguments):
        return quiet(MLPRegressor(hidden_layer_sizes=(8,), max_iter=4, random_state=0, **arguments).fit, X, NUMBERS)

    plain = fit(shuffle=False)
    for arguments in ({"dropout": 0.4}, {"optimizer": "rmsprop"}, {"loss": "huber"}, {"activation": "gelu"}):
        assert np.abs(fit(shuffle=False, **arguments).predict(X) - plain.predict(X)).max() > 1e-4, arguments
    assert [type(layer).__name__ for layer in fit(dropout=0.4).model_.layers] == ["Dense", "Dropout", "Dense"]
    optimizer = bardana.optimizers.SGD(0.05, momentum=0.5)
    given = fit(optimizer=optimizer, shuffle=False, learning_rate="invscaling")
    solver = fit(solver="sgd", learning_rate_init=0.05, momentum=0.5, nesterovs_momentum=False, shuffle=False,
                 learning_rate="invscaling")  # fmt: skip
    np.testing.assert_array_equal(given.predict(X), solver.predict(X))
    assert int(optimizer.iterations) == 0
    seen = bardana.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, sorted(logs)))
    stop = bardana.callbacks.EarlyStopping("loss", min_delta=1e6)
    stopped = fit(callbacks=[seen, stop])
    assert capsys.readouterr().out.splitlines()[0] == "0 ['loss', 'mse']"
    assert stopped.n_iter_ < 4
    clone(stopped)
    fit(verbose=True)
    assert capsys.readouterr().out.splitlines()[0].startswith("Iteration 1, loss = ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"solver": "lbfgs"}, "'sgd' or 'adam', or optimizer="),
        ({"max_fun": 10}, "max_fun"),
        ({"alpha": -1}, "alpha"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"activation": "sine"}, "sine"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": "fast"}, "'constant', 'invscaling', 'adaptive'"),
        ({"learning_rate_init": 0}, "learning_rate_init"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"dropout": [0.1, 0.2]}, "one for each hidden layer"),
        ({"dropout": 1.0}, "dropout"),
        ({"shuffle": 2}, "shuffle"),
        ({"n_iter_no_change": 0}, "n_iter_no_change"),
        ({"optimizer": "nobody"}, "nobody"),
        ({"dtype": "float16"}, "dtype"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**arguments).fit(X, LABELS == 0)


def test_bad_data_are_refused():
    with pytest.raises(ValueError, match=r"got 1 class: .*received only \[4\]"):
        MLPClassifier().fit(X, np.full(150, 4))
    assert quiet(MLPClassifier(max_iter=1).fit, X, LABELS).classes_.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="at least 0 for loss='poisson'"):
        MLPRegressor("poisson").fit(X, -np.ones(150))
    with pytest.raises(ValueError, match="validation set is too small"):
        MLPRegressor(early_stopping=True, validation_fraction=0.001).fit(X, NUMBERS)
    with pytest.raises(ValueError, match="non-finite"):
        MLPRegressor(solver="sgd", learning_rate_init=1e6, random_state=0).fit(X * 1e3, NUMBERS)
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\)"):
        MLPClassifier(max_iter=2).fit(X, LABELS)
    with pytest.warns(UserWarning, match="larger than sample size"):
        quiet(MLPClassifier(batch_size=1000, max_iter=1).fit, X, LABELS)


# In float32 a row of weight 2 and two rows of weight 1 differ by rounding, beyond the 1e-7 that the check allows.
ROUNDING = "float32: the sums of rows round otherwise"
FAILS = {f"check_sample_weight_equivalence_on_{kind}_data": ROUNDING for kind in ("dense", "sparse")}
ESTIMATORS = [
    cls(max_iter=100, dtype=dtype) for cls in (MLPClassifier, MLPRegressor) for dtype in ("float32", "float64")
]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda one: FAILS if one.dtype == "float32" else {})
def test_the_checks_of_scikit_learn(estimator, check, request):
    for marker in request.node.iter_markers("xfail"):  # expected, but rounding may be lucky
        if marker.kwargs.get("reason") == ROUNDING:
            pytest.skip(ROUNDING)
    check(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_in_pipelines_and_searches(monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    estimator = MLPClassifier((10,), learning_rate_init=0.02, max_iter=60, random_state=0)
    assert is_classifier(estimator) and is_regressor(MLPRegressor())
    scores = cross_val_score(make_pipeline(StandardScaler(), estimator), IRIS, SPECIES, cv=3)
    assert scores.mean() > 0.9
    grid = {"hidden_layer_sizes": [(4,), (16,)], "optimizer": [None, bardana.optimizers.Nadam(0.02)]}
    search = GridSearchCV(estimator, grid, cv=3, n_jobs=2).fit(X, LABELS)
    assert search.best_score_ > 0.9
    assert search.cv_results_["params"][1]["optimizer"].learning_rate == np.float32(0.02)


@pytest.mark.parametrize("optimizer", [None, "nadam", bardana.optimizers.SGD(0.1, momentum=0.9)], ids=str)
@pytest.mark.parametrize("copied", [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy], ids=["pickle", "copy"])
def test_copies_keep_every_bit(copied, optimizer):
    whole = MLPClassifier((9, 5), random_state=2, dropout=0.2, optimizer=optimizer, max_iter=7, tol=0.0)
    quiet(whole.fit, X, LABELS)
    twin = copied(whole)
    assert twin.predict_proba(X).tobytes() == whole.predict_proba(X).tobytes()
    assert twin.get_params().keys() == whole.get_params().keys()
    assert twin.loss_curve_ == whole.loss_curve_
    for one in (whole, twin):
        one.set_params(dropout=0.0).partial_fit(X, LABELS)
        one.partial_fit(X, LABELS)
    assert twin.predict_proba(X).tobytes() == whole.predict_proba(X).tobytes()


def test_frames_strings_and_sparse_rows():
    pandas, sparse = pytest.importorskip("pandas"), pytest.importorskip("scipy.sparse")
    names = np.array(["setosa", "versicolor", "virginica"])[LABELS]
    frame = pandas.DataFrame(X, columns=list("abcd"))
    estimator = quiet(MLPClassifier((8,), max_iter=30, random_state=0).fit, frame, names)
    assert estimator.feature_names_in_.tolist() == list("abcd")
    assert set(estimator.predict(frame)) <= set(names)
    dense = quiet(MLPClassifier((8,), max_iter=30, random_state=0).fit, X, names)
    thin = quiet(MLPClassifier((8,), max_iter=30, random_state=0).fit, sparse.csr_matrix(X), names)
    np.testing.assert_array_equal(thin.predict_proba(sparse.csr_matrix(X)), dense.predict_proba(X))


def test_optimizers_are_copied_before_they_train():
    schedule = bardana.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    for optimizer in (bardana.optimizers.AdamW(0.01, weight_decay=0.1), bardana.optimizers.SGD(schedule)):
        for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
            assert twin.get_config() == optimizer.get_config()
    model = bardana.Sequential([bardana.Input((4,)), bardana.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, 0], verbose=0)
    with pytest.raises(TypeError, match="trained nothing yet"):
        copy.deepcopy(model.optimizer)


def test_without_scikit_learn_one_sentence_says_so():
    code = """
import sys
sys.modules["sklearn"] = sys.modules["sklearn.base"] = None
import bardana
bardana.wrappers
from bardana.wrappers import MLPClassifier
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    last = process.stderr.splitlines()[-1]
    assert last == (
        "ImportError: The estimators of bardana.wrappers need scikit-learn 1.6 or later: pip install 'bardana[sklearn]'"
    )
