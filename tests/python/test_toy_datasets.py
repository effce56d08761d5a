"""Data sets that are made: their equations against scikit-learn's generators, their noise, seeds and bad arguments."""

import inspect

import numpy as np
import pytest

import bardana
from bardana.datasets import toy

WITH_LABELS = ("circles", "gauss", "moons", "spiral", "xor")
NAMES = toy.__all__


def in_order(x, y):
    """Return the rows sorted, so that two sets with the same ones in another order are equal; labels first."""
    table = np.column_stack([y, x.round(9) + 0.0])
    return table[np.lexsort(table.T[::-1])]


@pytest.mark.parametrize("rows", [2, 3, 50, 101])
def test_circles_and_moons_are_those_of_scikit_learn(rows):
    theirs = pytest.importorskip("sklearn.datasets")
    for factor in (0.0, 0.3, 0.8):
        ours = in_order(*toy.circles(rows, factor=factor))
        np.testing.assert_allclose(ours, in_order(*theirs.make_circles(rows, factor=factor)), atol=1e-8)
    np.testing.assert_allclose(in_order(*toy.moons(rows)), in_order(*theirs.make_moons(rows)), atol=1e-8)


@pytest.mark.parametrize("name", ["friedman1", "friedman2", "friedman3"])
def test_friedmans_formulas_are_those_of_scikit_learn(name):
    theirs = pytest.importorskip("sklearn.datasets")
    formula = getattr(toy, f"_{name}")
    x, y = getattr(theirs, f"make_{name}")(500, random_state=0)
    np.testing.assert_allclose(formula(x), y, rtol=1e-12)
    ours, values = getattr(toy, name)(20000, seed=1)
    assert np.array_equal(values, formula(ours))
    ends = [x.min(axis=0), x.max(axis=0)]
    width = ends[1] - ends[0]
    assert (np.abs(ours.min(axis=0) - ends[0]) < 0.02 * width).all()
    assert (np.abs(ours.max(axis=0) - ends[1]) < 0.02 * width).all()
    assert (np.abs(ours.mean(axis=0) - x.mean(axis=0)) < 0.1 * width).all()
    assert ours.shape[1] == x.shape[1]


def test_friedman1_may_have_features_that_say_nothing(rng):
    x, y = toy.friedman1(100, features=7, seed=3)
    assert x.shape == (100, 7)
    expected = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_shapes_of_the_playground():
    x, y = toy.spiral(400, seed=0)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 0], x[:, 1])
    wanted = 2 * np.pi * 1.75 * radius / 5 + np.where(y == 1, 0, np.pi)
    moved = radius > 0  # the first point of each is 0, where there is no angle
    np.testing.assert_allclose(np.exp(1j * angle[moved]), np.exp(1j * wanted[moved]), atol=1e-9)
    x, y = toy.xor(1000, seed=0)
    assert np.array_equal(y, ((x[:, 0] > 0) == (x[:, 1] > 0)).astype(int))
    assert np.abs(x).min() >= 0.3
    assert np.abs(x).max() <= 5.3
    x, y = toy.gauss(4000, noise=0.5, seed=0)
    for label, centre in ((0, -2), (1, 2)):  # means of 2,000 numbers are off by 0.011, standard deviations by 0.008
        assert np.abs(x[y == label].mean(axis=0) - centre).max() < 0.06
        assert np.abs(x[y == label].std(axis=0) - 0.5).max() < 0.05
    x, y = toy.plane(1000, seed=0)
    np.testing.assert_allclose(y, (x[:, 0] + x[:, 1]) / 10, rtol=1e-12)
    assert 5.5 < np.abs(x).max() <= 6


@pytest.mark.parametrize("name", NAMES)
def test_seeds_noise_and_types(name):
    make = getattr(toy, name)
    x, y = make(200, seed=5)
    assert x.dtype == np.float64
    assert y.shape == (200,)
    assert y.dtype == (np.int64 if name in WITH_LABELS else np.float64)
    again = make(200, seed=5)
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1])
    assert not np.array_equal(x, make(200, seed=6)[0])
    bardana.utils.set_random_seed(1)
    first, second = make(200), make(200)
    assert not np.array_equal(first[0], second[0])
    bardana.utils.set_random_seed(1)
    assert np.array_equal(first[0], make(200)[0])
    if name in WITH_LABELS:
        assert set(y) == {0, 1}
        assert abs(np.count_nonzero(y) - 100) <= (40 if name == "xor" else 0)
    clean, noisy = make(2000, noise=0.0, seed=5), make(2000, noise=0.25, seed=5)
    assert np.array_equal(clean[0 if name not in WITH_LABELS else 1], noisy[0 if name not in WITH_LABELS else 1])
    difference = (noisy[0] - clean[0]) if name in WITH_LABELS else (noisy[1] - clean[1])
    assert difference.std() == pytest.approx(0.25, rel=0.1)  # of at least 2,000 numbers: 1.6 %
    assert abs(difference.mean()) < 0.03


@pytest.mark.parametrize("name", NAMES)
def test_bad_arguments_are_named(name):
    make = getattr(toy, name)
    for arguments, message in [
        ({"rows": 0}, f"{name}: rows"),
        ({"rows": 2.5}, f"{name}: rows"),
        ({"noise": -1}, f"{name}: expected noise"),
        ({"noise": float("nan")}, f"{name}: expected noise"),
        ({"noise": "much"}, f"{name}: expected noise"),
        ({"seed": "a"}, f"{name}: expected seed"),
    ]:
        with pytest.raises(ValueError, match=message):
            make(**arguments)
    for argument, values in {"factor": (1, -0.1, "half"), "features": (4, 5.5)}.items():
        if argument in inspect.signature(make).parameters:
            for value in values:
                with pytest.raises(ValueError, match=f"{name}: expected {argument}"):
                    make(**{argument: value})


@pytest.mark.parametrize(
    ("name", "epochs"), [("circles", 60), ("moons", 60), ("xor", 60), ("gauss", 20), ("spiral", 300)]
)
def test_a_small_net_tells_the_labels_apart(name, epochs):
    bardana.utils.set_random_seed(1)
    x, y = getattr(toy, name)(400)
    dense = bardana.layers.Dense
    model = bardana.Sequential([bardana.Input((2,)), dense(32, "tanh"), dense(32, "tanh"), dense(1, "sigmoid")])
    model.compile(bardana.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, verbose=0)
    assert model.evaluate(x, y, verbose=0)[1] > 0.97
