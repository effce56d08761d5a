"""How near a kernel must come to its twin, and the sizes at which both are compared.

Tolerances are k · eps · bound: eps is the type's distance from 1 to the next number, k counts roundings (an elementary
function may be wrong by 2 eps, each operation by eps / 2), and bound is the size of the largest intermediate result
that those errors are relative to. Where nothing cancels, bound is the result itself.
"""

import numpy as np
import reference

DTYPES = ("float32", "float64")
# 1; around the vector widths 8 and 16; around the panel width 48 and twice that; primes.
SIZES = (1, 7, 15, 16, 17, 31, 47, 48, 49, 96, 97, 101)


def close(actual, expected, bound, k):
    """Assert |actual − expected| ≤ k · eps · bound, and the same infinities and NaNs."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    info = np.finfo(actual.dtype)
    special = ~np.isfinite(expected)
    np.testing.assert_array_equal(actual[special], expected[special])
    error = np.abs(reference.wide(actual) - expected)
    # Results below the normal numbers are a multiple of the smallest denormal.
    allowed = k * (float(info.eps) * np.broadcast_to(bound, expected.shape) + float(info.smallest_subnormal))
    wrong = ~special & ~(error <= allowed)
    assert not wrong.any(), f"at {np.argwhere(wrong)[0]}: {actual[wrong][0]!r}, expected {expected[wrong][0]!r}"


def numbers(dtype, *shape, scale=1.0):
    generator = np.random.default_rng(sum(shape))
    return (scale * generator.standard_normal(shape)).astype(dtype)
