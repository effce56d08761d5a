"""Learning by correlation: Hebb's rule, Oja's normalised form of it, and a memory of pairs of patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bardana.arguments import checked_count, is_number

Floats = NDArray[np.float64]


def hebb(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, learning_rate: float = 1.0) -> Floats:
    """Return weights after Hebb's rule, Δwᵢⱼ = η xᵢ yⱼ, for every row of x and y.

    Units that are active together are wired together; the order of rows does not matter.

    Args:
        x: activity before the wires, shape (rows, inputs).
        y: activity behind them, shape (rows, outputs).
        weights: w to begin with, shape (inputs, outputs). Default: 0.
        learning_rate: η, positive. Default 1.

    Returns:
        Array of shape (inputs, outputs).

    Raises:
        ValueError: for shapes that do not fit, or a rate that is not positive.

    Source: Hebb, The organization of behavior (1949).

    Example:
        >>> hebb([[1, -1], [1, 1]], [[1], [1]], learning_rate=0.5).tolist()
        [[1.0], [0.0]]
    """
    before, behind = _rows(x, "x"), _rows(y, "y")
    if len(before) != len(behind):
        raise ValueError(f"hebb: expected as many rows in y as in x, {len(before)}, received {len(behind)}")
    start = _weights(weights, (before.shape[1], behind.shape[1]), "hebb")
    return start + _rate(learning_rate, "hebb") * (before.T @ behind)


def oja(
    x: ArrayLike, weights: ArrayLike | None = None, learning_rate: float = 0.01, epochs: int = 1, seed: int = 0
) -> Floats:
    """Return the weights of a linear unit y = w · x after Oja's rule, Δw = η y (x − y w), row by row.

    The second term keeps the length of w near 1, where Hebb's rule alone would let it grow without bound; for rows of
    mean 0 and small η, w comes to lie along their first principal component, in one of its two directions.

    Args:
        x: rows, shape (rows, inputs).
        weights: w to begin with, shape (inputs,). Default: a random vector of length 1.
        learning_rate: η, positive; well below 1 / |x|². Default 0.01.
        epochs: how often the rows are gone through. Default 1.
        seed: of the random vector. Default 0.

    Returns:
        Array of shape (inputs,).

    Raises:
        ValueError: for shapes that do not fit, a rate that is not positive, or one so large that w overflows.

    Source: Oja, Simplified neuron model as a principal component analyzer (1982).

    Example:
        >>> x = np.array([[3.0, 3.0], [-3.0, -3.0], [1.0, -1.0], [-1.0, 1.0]])
        >>> np.abs(oja(x, epochs=200)).round(2).tolist()
        [0.71, 0.71]
    """
    rows, rate = _rows(x, "x"), _rate(learning_rate, "oja")
    if weights is None:
        weights = np.random.default_rng(seed).normal(size=rows.shape[1])
        weights /= np.linalg.norm(weights)
    w = _weights(weights, (rows.shape[1],), "oja")
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(checked_count(epochs, "epochs")):
            for row in rows:
                y = w @ row
                w = w + rate * y * (row - y * w)
    if not np.isfinite(w).all():
        raise ValueError(f"oja: expected learning_rate well below 1 / |x|², received {learning_rate!r}: w overflowed")
    return w


class AssociativeMemory:
    """Store pairs of patterns of −1 and +1 by Hebb's rule, and recall one from the other, even a damaged one.

    Stored: W = Σ x yᵀ. Recalled: y = sign(x W), then x = sign(W y), in turn until nothing changes; where a sum is 0 the
    unit keeps its state, at first +1 for those of y and the cue's for those of x. This always ends, as both steps can
    only lower the energy −x W y. About min(inputs, outputs) / 7 random pairs are kept without mistakes for the most
    part.

    Attributes:
        weights: W, shape (inputs, outputs), or None before anything is stored.

    Source: Hebb (1949); Kosko, Bidirectional associative memories (1988).

    Example:
        >>> memory = AssociativeMemory()
        >>> memory.store([[1, 1, 1, 1, -1, -1]], [[1, -1]])
        >>> memory.recall([[1, 1, -1, 1, -1, -1]]).tolist()
        [[1, -1]]
    """

    def __init__(self) -> None:
        self.weights: Floats | None = None

    def store(self, x: ArrayLike, y: ArrayLike | None = None) -> None:
        """Add pairs to what is stored.

        Args:
            x: patterns of −1 and +1, shape (patterns, inputs).
            y: what goes with each, shape (patterns, outputs). Default: x itself, so that damaged patterns are repaired.

        Raises:
            ValueError: for other values, or shapes that do not fit.
        """
        cues = _bipolar(x, "x")
        self.weights = hebb(cues, cues if y is None else _bipolar(y, "y"), self.weights)

    def recall(self, x: ArrayLike) -> NDArray[np.int64]:
        """Return what goes with each pattern, shape (patterns, outputs).

        Args:
            x: patterns of −1 and +1, shape (patterns, inputs); 0 for what is not known of a pattern.

        Raises:
            ValueError: for other values, another shape, or an empty memory.
        """
        if self.weights is None:
            raise ValueError("recall: expected something in the memory, call store first")
        cues = _bipolar(x, "x", unknown=True)
        if cues.shape[1] != len(self.weights):
            raise ValueError(f"recall: expected patterns of {len(self.weights)} inputs, received shape {cues.shape}")
        found = _step(cues @ self.weights, np.ones((len(cues), self.weights.shape[1])))
        while True:
            cues = _step(found @ self.weights.T, cues)
            again = _step(cues @ self.weights, found)
            if np.array_equal(again, found):
                return found.astype(np.int64)
            found = again


def _step(sums: Floats, state: Floats) -> Floats:
    return np.where(sums == 0, state, np.sign(sums))


def _rows(values: ArrayLike, name: str) -> Floats:
    rows = np.asarray(values)
    if rows.ndim != 2 or 0 in rows.shape or rows.dtype.kind not in "biuf":
        raise ValueError(f"expected {name} to be numbers of shape (rows, columns), received shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError(f"expected finite numbers in {name}, received NaN or infinity")
    return rows.astype(np.float64)


def _bipolar(values: ArrayLike, name: str, unknown: bool = False) -> Floats:
    rows = _rows(values, name)
    if not np.isin(rows, (-1, 0, 1) if unknown else (-1, 1)).all():
        raise ValueError(f"expected patterns of -1 and +1 in {name}, received other values: map bits by 2 * x - 1")
    return rows


def _weights(given: Any, shape: tuple[int, ...], owner: str) -> Floats:
    weights = np.zeros(shape) if given is None else np.array(given, np.float64)
    if weights.shape != shape:
        raise ValueError(f"{owner}: expected weights of shape {shape}, received {weights.shape}")
    return weights


def _rate(value: Any, owner: str) -> float:
    if not is_number(value) or not 0 < value < np.inf:
        raise ValueError(f"{owner}: expected learning_rate to be a positive number, received {value!r}")
    return float(value)
