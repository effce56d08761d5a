"""Hebb's and Oja's rules beside NumPy, and what an associative memory recalls."""

import numpy as np
import pytest

from bardana.classic import AssociativeMemory, hebb, oja


def bipolar(rng, *shape):
    return rng.integers(0, 2, shape) * 2 - 1


def test_hebb_adds_up_products_of_activity(rng):
    x, y, start = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), rng.normal(size=(3, 2))
    expected = start.copy()
    for row in range(5):
        for i in range(3):
            for j in range(2):
                expected[i, j] += 0.5 * x[row, i] * y[row, j]
    before = start.copy()
    np.testing.assert_allclose(hebb(x, y, start, 0.5), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(start, before)
    np.testing.assert_allclose(hebb(x, y), x.T @ y)


def test_one_step_of_oja_by_hand():
    # y = 0.6 · 1 + 0.8 · 2 = 2.2; Δw = 0.1 · 2.2 · (x − 2.2 w) = 0.22 · (−0.32, 0.24)
    np.testing.assert_allclose(oja([[1.0, 2.0]], [0.6, 0.8], 0.1), [0.6 - 0.0704, 0.8 + 0.0528], rtol=1e-12)


def test_oja_finds_the_first_principal_component(rng):
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    x = rng.normal(size=(500, 4)) * [3.0, 1.0, 0.5, 0.25] @ turn.T
    x -= x.mean(axis=0)
    values, vectors = np.linalg.eigh(x.T @ x)
    w = oja(x, learning_rate=2e-4, epochs=100)
    # Both the length and the direction fluctuate by about η |x|².
    assert abs(np.linalg.norm(w) - 1) < 0.02
    assert abs(w @ vectors[:, -1]) > 0.98, values


def test_pairs_are_recalled_and_damage_is_repaired(rng):
    x, y = bipolar(rng, 4, 200), bipolar(rng, 4, 200)
    memory = AssociativeMemory()
    memory.store(x[:2], y[:2])
    memory.store(x[2:], y[2:])
    np.testing.assert_array_equal(memory.weights, x.T @ y)
    np.testing.assert_array_equal(memory.recall(x), y)
    damaged = x.copy()
    for row in damaged:
        row[rng.choice(200, 30, replace=False)] *= -1
    np.testing.assert_array_equal(memory.recall(damaged), y)
    half = x.copy()
    half[:, 100:] = 0
    np.testing.assert_array_equal(memory.recall(half), y)


def test_patterns_alone_are_completed(rng):
    x = bipolar(rng, 3, 150)
    memory = AssociativeMemory()
    memory.store(x)
    damaged = x * np.where(rng.random(x.shape) < 0.15, -1, 1)
    np.testing.assert_array_equal(memory.recall(damaged), x)


def test_recall_ends_for_any_cue(rng):
    memory = AssociativeMemory()
    memory.store(bipolar(rng, 20, 9), bipolar(rng, 20, 7))  # far too many for the memory
    found = memory.recall(bipolar(rng, 50, 9))
    assert found.shape == (50, 7)
    assert set(np.unique(found)) <= {-1, 1}


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="as many rows in y as in x, 2, received 1"):
        hebb([[1], [2]], [[1]])
    with pytest.raises(ValueError, match=r"weights of shape \(1, 1\), received \(2,\)"):
        hebb([[1]], [[1]], [1, 2])
    with pytest.raises(ValueError, match="learning_rate to be a positive number, received 0"):
        hebb([[1]], [[1]], learning_rate=0)
    with pytest.raises(ValueError, match=r"shape \(rows, columns\), received shape \(2,\)"):
        oja([1, 2])
    with pytest.raises(ValueError, match="NaN or infinity"):
        oja([[np.nan]])
    with pytest.raises(ValueError, match="w overflowed"):
        oja([[100.0, 50.0]], learning_rate=1.0, epochs=50)
    with pytest.raises(ValueError, match=r"map bits by 2 \* x - 1"):
        AssociativeMemory().store([[0, 1]])
    with pytest.raises(ValueError, match="call store first"):
        AssociativeMemory().recall([[1]])
    memory = AssociativeMemory()
    memory.store([[1, -1]])
    with pytest.raises(ValueError, match=r"patterns of 2 inputs, received shape \(1, 3\)"):
        memory.recall([[1, 1, 1]])
