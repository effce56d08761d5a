"""Small data sets that are made, not measured: x of shape (rows, features) and y (rows,), float64 or labels 0 and 1.

`circles` and `moons` are what scikit-learn calls make_circles and make_moons, `friedman1` to `friedman3` its
make_friedman1 to 3, with other random numbers. `xor`, `gauss`, `spiral` and `plane` have the shapes of the TensorFlow
Playground (Smilkov et al., "Direct-manipulation visualization of deep networks", 2016, arXiv:1708.03788).

In sets with labels, noise is the standard deviation of normal numbers that move the points, which keep their labels;
with numbers to predict, it is that of what is added to them. Rows are in random order. `seed` fixes all that is random;
None draws one from the generator that `utils.set_random_seed` sets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bardana import seeds
from bardana.arguments import checked_count, is_integer

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["circles", "friedman1", "friedman2", "friedman3", "gauss", "moons", "plane", "spiral", "xor"]

Array: TypeAlias = NDArray[Any]
Set: TypeAlias = tuple[Array, Array]

_PADDING = 0.3
_TURNS = 1.75


def circles(rows: int = 200, noise: float = 0.0, factor: float = 0.8, seed: int | None = None) -> Set:
    """Return points on two circles around 0: label 0 on that of radius 1, label 1 on that of radius `factor`.

    x = ρ (cos 2πi/n, sin 2πi/n), i = 0 … n − 1, with ρ = 1 or `factor` and n half of the rows.

    Args:
        rows: number of points, at least 2; the inner circle gets the odd one. Default 200.
        noise: standard deviation. Default 0.
        factor: radius of the inner circle, from 0 to below 1. Default 0.8.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Example:
        >>> x, y = circles(6, factor=0.5, seed=1)
        >>> sorted(zip(y.tolist(), np.hypot(*x.T).round(3).tolist()))
        [(0, 1.0), (0, 1.0), (0, 1.0), (1, 0.5), (1, 0.5), (1, 0.5)]
    """
    if not _is_real(factor) or not 0 <= factor < 1:
        raise ValueError(f"circles: expected factor to be a number from 0 to below 1, received factor={factor!r}")
    outer, inner = _halves("circles", rows)
    parts = [radius * _circle(count) for radius, count in ((1.0, outer), (float(factor), inner))]
    return _labelled("circles", parts, noise, seed)


def moons(rows: int = 200, noise: float = 0.0, seed: int | None = None) -> Set:
    """Return points on two interleaving half circles.

    x = (cos t, sin t) with label 0, and (1 − cos t, 1/2 − sin t) with label 1, t in equal steps from 0 to π.

    Args:
        rows: number of points, at least 2; the second half circle gets the odd one. Default 200.
        noise: standard deviation. Default 0.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Example:
        >>> x, y = moons(4, seed=1)
        >>> sorted(zip(y.tolist(), x.round(1).tolist()))
        [(0, [-1.0, 0.0]), (0, [1.0, 0.0]), (1, [0.0, 0.5]), (1, [2.0, 0.5])]
    """
    first, second = _halves("moons", rows)
    t, s = np.linspace(0, math.pi, first), np.linspace(0, math.pi, second)
    parts = [np.stack([np.cos(t), np.sin(t)], axis=1), np.stack([1 - np.cos(s), 0.5 - np.sin(s)], axis=1)]
    return _labelled("moons", parts, noise, seed)


def spiral(rows: int = 200, noise: float = 0.0, seed: int | None = None) -> Set:
    """Return points on two spirals that wind around each other.

    x = r (sin t, cos t), r = 5 i/n, t = 1.75 · 2π i/n (+ π for label 0), i = 0 … n − 1, n half of the rows.

    Args:
        rows: number of points, at least 2; label 1 gets the odd one. Default 200.
        noise: standard deviation. Default 0.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Example:
        >>> x, y = spiral(100, seed=1)
        >>> x.shape, np.bincount(y).tolist(), bool(np.hypot(*x.T).max() < 5)
        ((100, 2), [50, 50], True)
    """
    counts = _halves("spiral", rows)
    parts = []
    for count, start in zip(counts, (math.pi, 0.0), strict=True):
        way = np.arange(count) / count
        t = _TURNS * 2 * math.pi * way + start
        parts.append(5 * way[:, np.newaxis] * np.stack([np.sin(t), np.cos(t)], axis=1))
    return _labelled("spiral", parts, noise, seed)


def xor(rows: int = 200, noise: float = 0.0, seed: int | None = None) -> Set:
    """Return points in four squares; label 1 where both coordinates have the same sign, else 0.

    Coordinates are uniform in [−5, 5], then 0.3 further away from 0, so that there is a gap along the axes.

    Args:
        rows: number of points. Default 200.
        noise: standard deviation. Default 0.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Example:
        >>> x, y = xor(50, seed=1)
        >>> bool(((x[:, 0] * x[:, 1] > 0) == y).all())
        True
    """
    random = _generator("xor", seed)
    x = random.uniform(-5, 5, (checked_count(rows, "xor: rows"), 2))
    x += np.where(x > 0, _PADDING, -_PADDING)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    return x + _noise("xor", noise, random, x.shape), y


def gauss(rows: int = 200, noise: float = 1.0, seed: int | None = None) -> Set:
    """Return points from two normal distributions: label 1 around (2, 2), label 0 around (−2, −2).

    Args:
        rows: number of points, at least 2; label 1 gets the odd one. Default 200.
        noise: standard deviation in each direction. Default 1.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Example:
        >>> x, y = gauss(4, noise=0.0, seed=1)
        >>> sorted(zip(y.tolist(), x.tolist()))
        [(0, [-2.0, -2.0]), (0, [-2.0, -2.0]), (1, [2.0, 2.0]), (1, [2.0, 2.0])]
    """
    parts = [np.full((count, 2), centre) for count, centre in zip(_halves("gauss", rows), (-2.0, 2.0), strict=True)]
    return _labelled("gauss", parts, noise, seed)


def plane(rows: int = 200, noise: float = 0.0, seed: int | None = None) -> Set:
    """Return points uniform in [−6, 6]² and the height of a plane over them, y = (x₁ + x₂) / 10.

    Args:
        rows: number of points. Default 200.
        noise: standard deviation. Default 0.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Example:
        >>> x, y = plane(50, seed=1)
        >>> bool(np.allclose(y, x.sum(axis=1) / 10))
        True
    """
    return _measured("plane", _plane, [(-6.0, 6.0)] * 2, rows, noise, seed)


def friedman1(rows: int = 200, noise: float = 0.0, features: int = 10, seed: int | None = None) -> Set:
    """Return points uniform in [0, 1]ⁿ and y = 10 sin(π x₁ x₂) + 20 (x₃ − 1/2)² + 10 x₄ + 5 x₅.

    Args:
        rows: number of points. Default 200.
        noise: standard deviation. Default 0.
        features: n, at least 5; y does not depend on those after the fifth. Default 10.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Source: J. Friedman, "Multivariate adaptive regression splines", Annals of Statistics 19 (1991).

    Example:
        >>> x, y = friedman1(100, seed=1)
        >>> x.shape, bool(y.min() >= 0 and y.max() <= 30)
        ((100, 10), True)
    """
    if not is_integer(features) or features < 5:
        raise ValueError(f"friedman1: expected features to be an integer of at least 5, received features={features!r}")
    return _measured("friedman1", _friedman1, [(0.0, 1.0)] * features, rows, noise, seed)


def friedman2(rows: int = 200, noise: float = 0.0, seed: int | None = None) -> Set:
    """Return four numbers of an electric circuit and its impedance, y = √(x₁² + (x₂ x₃ − 1 / (x₂ x₄))²).

    x₁ is uniform in [0, 100], x₂ in [40π, 560π], x₃ in [0, 1], x₄ in [1, 11].

    Args:
        rows: number of points. Default 200.
        noise: standard deviation. Default 0.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Source: as for `friedman1`.

    Example:
        >>> x, y = friedman2(100, seed=1)
        >>> x.shape, bool((y >= x[:, 0]).all())
        ((100, 4), True)
    """
    return _measured("friedman2", _friedman2, _CIRCUIT, rows, noise, seed)


def friedman3(rows: int = 200, noise: float = 0.0, seed: int | None = None) -> Set:
    """Return four numbers of an electric circuit and its phase, y = arctan((x₂ x₃ − 1 / (x₂ x₄)) / x₁).

    Args:
        rows: number of points, x as for `friedman2`. Default 200.
        noise: standard deviation. Default 0.
        seed: see the module. Default None.

    Raises:
        ValueError: for an argument out of range.

    Source: as for `friedman1`.

    Example:
        >>> x, y = friedman3(100, seed=1)
        >>> bool((np.abs(y) < np.pi / 2).all())
        True
    """
    return _measured("friedman3", _friedman3, _CIRCUIT, rows, noise, seed)


_CIRCUIT = [(0.0, 100.0), (40 * math.pi, 560 * math.pi), (0.0, 1.0), (1.0, 11.0)]


def _plane(x: Array) -> Array:
    return np.asarray(x.sum(axis=1) / 10)


def _friedman1(x: Array) -> Array:
    bend = 20 * (x[:, 2] - 0.5) ** 2
    return np.asarray(10 * np.sin(math.pi * x[:, 0] * x[:, 1]) + bend + 10 * x[:, 3] + 5 * x[:, 4])


def _friedman2(x: Array) -> Array:
    return np.hypot(x[:, 0], _reactance(x))


def _friedman3(x: Array) -> Array:
    return np.arctan(_reactance(x) / x[:, 0])


def _reactance(x: Array) -> Array:
    return np.asarray(x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3]))


def _circle(count: int) -> Array:
    angles = 2 * math.pi * np.arange(count) / count
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _labelled(owner: str, parts: list[Array], noise: Any, seed: Any) -> Set:
    """Return the points of each label, from 0 on, moved by noise and in random order."""
    random = _generator(owner, seed)
    x = np.concatenate(parts)
    y = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    x = x + _noise(owner, noise, random, x.shape)
    order = random.permutation(len(x))
    return x[order], y[order]


def _measured(
    owner: str, formula: Callable[[Array], Array], ranges: list[tuple[float, float]], rows: Any, noise: Any, seed: Any
) -> Set:
    """Return points uniform in the ranges, and what the formula makes of them, with noise."""
    random = _generator(owner, seed)
    low, high = np.array(ranges).T
    x = random.uniform(low, high, (checked_count(rows, f"{owner}: rows"), len(ranges)))
    y = formula(x)
    return x, y + _noise(owner, noise, random, y.shape)


def _halves(owner: str, rows: Any) -> tuple[int, int]:
    count = checked_count(rows, f"{owner}: rows", least=2)
    return count // 2, count - count // 2


def _noise(owner: str, noise: Any, random: Generator, shape: tuple[int, ...]) -> Array:
    if not _is_real(noise) or not 0 <= noise < math.inf:
        raise ValueError(f"{owner}: expected noise to be a finite number of at least 0, received noise={noise!r}")
    return random.normal(0.0, float(noise), shape)


def _generator(owner: str, seed: Any) -> Generator:
    if seed is not None and not is_integer(seed):
        raise ValueError(f"{owner}: expected seed to be an integer or None, received seed={seed!r}")
    return seeds.generator(seeds.next_seed() if seed is None else seed)


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
