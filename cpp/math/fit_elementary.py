"""Regenerate the polynomial coefficients of elementary.h:  python fit_elementary.py  (needs mpmath, 15 seconds).

Each polynomial p makes the largest |weight * (p - target)| over an interval nearly as small as it can be: least
squares on Chebyshev points, repeated with the importance of each point multiplied by its error (C. L. Lawson's
algorithm). Coefficients are rounded to float one at a time, lowest power first, and the others fitted again, so that
they absorb the rounding. The weight turns the error of p into the relative error of the function finally returned.
"""

from mpmath import (
    cos,
    erf,
    erfc,
    expm1,
    frexp,
    ldexp,
    linspace,
    log,
    log1p,
    lu_solve,
    matrix,
    mp,
    mpf,
    nint,
    pi,
    sqrt,
    tanh,
)

mp.dps = 50  # normal equations lose half of the digits
POINTS, ROUNDS = 150, 12


def to_float32(value):
    """Round to the nearest number with 24 significant bits."""
    fraction, power = frexp(value)
    return ldexp(nint(fraction * 2**24), int(power) - 24)


def polynomial(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def least_squares(rows, values, weights):
    """Return c with the smallest sum of weights * (rows * c - values)**2."""
    size = len(rows[0])
    normal, right = matrix(size, size), matrix(size, 1)
    for row, value, weight in zip(rows, values, weights, strict=True):
        for i in range(size):
            right[i] += weight * row[i] * value
            for j in range(size):
                normal[i, j] += weight * row[i] * row[j]
    return list(lu_solve(normal, right))


def minimax(samples, fixed, free):
    """Return the `free` coefficients that follow the `fixed` ones; samples are (x, target, weight)."""
    rows = [[w * x ** (len(fixed) + power) for power in range(free)] for x, _, w in samples]
    values = [w * (y - polynomial(fixed, x)) for x, y, w in samples]
    importance = [mpf(1) / len(samples)] * len(samples)
    best, best_error = None, mp.inf
    for _ in range(ROUNDS):
        found = least_squares(rows, values, importance)
        errors = [
            abs(v - sum(a * c for a, c in zip(row, found, strict=True))) for row, v in zip(rows, values, strict=True)
        ]
        if max(errors) < best_error:
            best, best_error = found, max(errors)
        importance = [i * e for i, e in zip(importance, errors, strict=True)]
        importance = [i / sum(importance) for i in importance]
    return best


def fit(name, target, weight, low, high, degree):
    """Print the coefficients of `degree`, lowest power first, and the error that they leave."""
    points = [(low + high) / 2 - (high - low) / 2 * cos(pi * t) for t in linspace(0, 1, POINTS)]
    samples = [(x, target(x), weight(x)) for x in points]
    coefficients = []
    while len(coefficients) <= degree:
        coefficients.append(to_float32(minimax(samples, coefficients, degree + 1 - len(coefficients))[0]))
    error = max(abs(weight(x) * (polynomial(coefficients, x) - target(x))) for x in linspace(low, high, 2000))
    print(f"{name}, [{float(low):.4g}, {float(high):.4g}]: relative error 2^{float(log(error, 2)):.1f}")
    print("    " + ", ".join(f"{float(c):.9g}" for c in coefficients))


def quotient(function, at_zero):
    """The quotients below are 0/0 at zero: take their limit there."""
    return lambda x: mpf(function(x)) if abs(x) > mpf("1e-12") else mpf(at_zero)


if __name__ == "__main__":
    reach = log(mpf(2)) / 2 * mpf("1.001")  # the nearest multiple of ln 2 is this near, with room for rounding
    exponential = quotient(lambda r: (expm1(r) - r) / r**2, mpf(1) / 2)
    exponential_weight = quotient(lambda r: abs(r**2 / expm1(r)), 0)
    fit("expm1(r) = r + r^2 q(r)", exponential, exponential_weight, -reach, reach, degree=4)

    third = mpf(1) / 3
    logarithm = quotient(lambda f: (log1p(f) - f) / f**2, -mpf(1) / 2)
    logarithm_weight = quotient(lambda f: abs(f**2 / log1p(f)), 0)
    fit("log1p(f) = f + f^2 q(f)", logarithm, logarithm_weight, -third, third, degree=8)

    # The next two are polynomials in z = x^2.
    tangent = quotient(lambda z: (tanh(sqrt(z)) / sqrt(z) - 1) / z, -third)
    tangent_weight = quotient(lambda z: z * sqrt(z) / tanh(sqrt(z)), 0)
    fit("tanh(x) = x + x^3 q(x^2)", tangent, tangent_weight, mpf(0), mpf("0.55") ** 2, degree=4)

    small_erf = quotient(lambda z: erf(sqrt(z)) / sqrt(z) - 1, 2 / sqrt(pi) - 1)
    small_erf_weight = quotient(lambda z: sqrt(z) / erf(sqrt(z)), sqrt(pi) / 2)
    fit("erf(x) = x + x q(x^2)", small_erf, small_erf_weight, mpf(0), mpf(1), degree=6)

    fit("-log(erfc(t)) = t p(t)", lambda t: -log(erfc(t)) / t, lambda t: t * erfc(t) / erf(t), mpf(1), mpf(4), degree=5)
