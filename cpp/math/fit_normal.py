"""Regenerate the polynomial coefficients of cpu/kernels/noise.inl:  python fit_normal.py  (needs SciPy).

With the tail p = Φ(−z) and s = 1 − 2p, z = s f(w), w = −log(1 − s²). Like fit_elementary.py: least squares on Chebyshev
points with Lawson's weights, for the relative error; coefficients are rounded to float one after the other.
"""

import numpy as np
from scipy.special import ndtri


def factor(w):
    """Return f(w) = −Φ⁻¹(p) / s."""
    s = np.sqrt(-np.expm1(-w))
    p = np.exp(-w) / (2 * (1 + s))
    return np.where(w < 1e-12, np.sqrt(np.pi / 2), -ndtri(p) / np.where(s == 0, 1, s))


def fit(function, low, high, degree):
    """Print the coefficients, lowest power first, and the relative error that they leave."""
    x = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * np.linspace(0, 1, 600))
    y = function(x)
    rounded = []
    while len(rounded) <= degree:
        known = sum(c * x**i for i, c in enumerate(rounded))
        rows = np.stack([x**i for i in range(len(rounded), degree + 1)], 1) / y[:, None]
        importance, best, least = np.full(x.size, 1 / x.size), None, np.inf
        for _ in range(60):
            root = np.sqrt(importance)
            found = np.linalg.lstsq(rows * root[:, None], (y - known) / y * root, rcond=None)[0]
            error = abs(rows @ found - (y - known) / y)
            if error.max() < least:
                best, least = found, error.max()
            importance = importance * error / (importance * error).sum()
        rounded.append(float(np.float32(best[0])))
    points = np.linspace(low, high, 20001)
    error = abs(sum(c * points**i for i, c in enumerate(rounded)) / function(points) - 1).max()
    print(f"[{low:.4g}, {high:.4g}]: relative error {error:.2g}\n    " + ", ".join(f"{c:.9g}" for c in rounded))


if __name__ == "__main__":
    fit(lambda t: factor(t + 2.5), -2.5, 2.5, 8)
    fit(lambda t: factor((t + 3) ** 2), np.sqrt(5) - 3 - 1e-3, 1.65, 8)
