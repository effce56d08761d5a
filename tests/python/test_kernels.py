"""Every bare kernel against its float64 twin in reference.py, within the tolerances of closeness.py."""

import inspect

import numpy as np
import pytest
import reference
from closeness import DTYPES, SIZES, close, numbers

from bardana import _core, kernels

PARAMETERS = {
    "elu": [{"alpha": 0.7}],
    "leaky_relu": [{"negative_slope": 0.3}],
    "celu": [{"alpha": 0.7}],
    "squareplus": [{"b": 0.3}],
    "hard_shrink": [{"threshold": 1.3}],
    "soft_shrink": [{"threshold": 1.3}],
    "threshold": [{"threshold": 0.5, "default_value": -2.5}],
    "bounded_relu": [{"negative_slope": 0.1, "max_value": 2.5, "threshold": 0.5}, {"max_value": 6.0}],
}
ELEMENTWISE = sorted(reference.ACTIVATIONS)


def whole(dtype, *shape):
    """Small whole numbers: sums of their products are exact in both types."""
    return np.random.default_rng(sum(shape)).integers(-3, 4, shape).astype(dtype)


def test_every_component_has_a_twin():
    assert set(_core.activation_names()) == {*reference.ROW_ACTIVATIONS, *reference.ACTIVATIONS}
    assert set(_core.loss_names()) == set(reference.LOSSES)
    assert set(_core.metric_names()) == {*reference.LOSSES, *reference.METRICS}
    assert {*reference.SGD_RULES, *reference.ADAM_RULES} <= set(_core.optimizer_names())


def test_every_bare_kernel_is_tested_here():
    public = {name for name, value in vars(kernels).items() if inspect.isfunction(value) and not name.startswith("_")}
    assert public == {"dense_forward", "dense_backward", "activate", "activate_backward", "sgd_update"}


def silu_bound(x):
    return reference.sigmoid(x) * (1 + np.abs(x) * (1 + np.abs(x)))


def gelu_tanh_slope_bound(x):
    """x (1 − t²) u′ with an error of t of 1 eps; beyond |x| = 7, t is 1 exactly in both types."""
    size = np.minimum(np.abs(x), 7.0)
    return 1 + size * (1 + 0.2 * size**2)


# What rounding errors of f and f′ are relative to, where a difference cancels: 1 + erf or 1 + tanh times x, 1 − y².
# Likewise x − tanh x, x ∓ t and x / 6 + 1/2 near its zero, and the exponential of a rounded x / α.
VALUE_BOUND = {
    "gelu": np.abs,
    "gelu_tanh": np.abs,
    "tanh_shrink": np.abs,
    "soft_shrink": lambda x: 1.3 + np.abs(x),
    "hard_sigmoid": np.ones_like,
    "hard_silu": np.abs,
    "sparse_plus": lambda x: 1 + np.abs(x),
    "sparse_sigmoid": np.ones_like,
    "celu": lambda x: np.maximum(np.abs(x), 1.0),
}
SLOPE_BOUND = {
    "sigmoid": np.ones_like,
    "tanh": np.ones_like,
    "selu": lambda x: np.full_like(x, reference.SELU_SCALE * reference.SELU_ALPHA),
    "silu": silu_bound,
    "gelu": lambda x: np.full_like(x, 2.0),
    "gelu_tanh": gelu_tanh_slope_bound,
    "mish": lambda x: (1 + np.abs(x)) * np.minimum(1.0, np.exp(np.minimum(x, 0.0))),
    "hard_silu": np.ones_like,
    "sparse_plus": np.ones_like,
    "celu": np.ones_like,
}


def arguments(dtype, size):
    """From dense around 0 to where every exponential has saturated (or, for eˣ, nearly overflows)."""
    near = np.linspace(-4, 4, size)
    return np.concatenate([near, [-0.0, 0.0, 1e-30, -1e-30, 0.5, 2.5, 6.0], np.linspace(-87, 87, size)]).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activation(name, dtype):
    for size in SIZES:
        for parameters in ({}, *PARAMETERS.get(name, [])):
            x = arguments(dtype, size)
            wide, given = reference.wide(x), {key: np.dtype(dtype).type(value) for key, value in parameters.items()}
            expected = reference.activate(name, x, **given)
            bound = VALUE_BOUND.get(name, lambda _, y=expected: np.abs(y))(wide)
            # An elementary function (2), three more operations (1.5), the rounding of a parameter (1).
            close(kernels.activate(name, x, **parameters), expected, bound, 5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activation_backward(name, dtype):
    for size in SIZES:
        for parameters in ({}, *PARAMETERS.get(name, [])):
            x = arguments(dtype, size)
            dy = numbers(dtype, len(x))
            given = {key: np.dtype(dtype).type(value) for key, value in parameters.items()}
            slope = reference.activate_backward(name, x, np.ones_like(x), **given)
            bound = SLOPE_BOUND.get(name, lambda _, s=slope: np.abs(s))(reference.wide(x)) * np.abs(reference.wide(dy))
            # Two elementary functions (4), the second on a rounded argument (2), four operations (2).
            close(kernels.activate_backward(name, x, dy, **parameters), slope * reference.wide(dy), bound, 8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activation_of_special_values(name, dtype):
    x = np.array([np.inf, -np.inf, np.nan, -0.0, 0.0], dtype)
    for parameters in ({}, *PARAMETERS.get(name, [])):
        y = kernels.activate(name, x, **parameters)
        np.testing.assert_allclose(y, reference.activate(name, x, **parameters), rtol=1e-6, atol=1e-7)
    y = kernels.activate(name, x)
    kept = {"linear", "tanh", "softsign", "elu", "selu", "silu", "gelu", "gelu_tanh", "leaky_relu"}
    kept |= {"celu", "mish", "hard_silu", "hard_tanh"}
    if name in kept:
        assert np.signbit(y[3]), "-0 has lost its sign"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activation_backward_of_special_values(name, dtype):
    # gelu, silu and their like have x · f′ → ∞ · 0 at infinity; there NaN is allowed, a wrong number is not.
    x = np.array([np.inf, -np.inf, -0.0, 0.0], dtype)
    actual = kernels.activate_backward(name, x, np.ones_like(x))
    expected = reference.activate_backward(name, x, np.ones_like(x))
    known = ~np.isnan(expected)
    np.testing.assert_allclose(actual[known], expected[known], rtol=1e-6, atol=1e-7)
    nan = kernels.activate_backward(name, np.full(1, 0.75, dtype), np.full(1, np.nan, dtype))
    assert np.isnan(nan).all(), "a NaN gradient has vanished"


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_finite_arguments_have_finite_derivatives(name):
    x = np.array([-3e38, -1e20, -1e10, -1e5, 1e5, 1e10, 1e20, 3e38], "float32")
    x = x[x < 80] if name == "exponential" else x
    y = kernels.activate_backward(name, x, np.ones_like(x))
    assert np.isfinite(y).all(), dict(zip(x.tolist(), y.tolist(), strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", SIZES)
def test_softmax(columns, dtype):
    for scale in (1.0, 30.0):
        x, dy = numbers(dtype, 5, columns, scale=scale), numbers(dtype, 5, columns, scale=2.0)
        y, dx = reference.activate("softmax", x), reference.activate_backward("softmax", x, dy)
        # x − max is wrong by its own eps, and so is e of it; then exp (2), a sum of `columns` terms, a quotient.
        spread = np.max(np.abs(reference.wide(x) - reference.wide(x).max(-1, keepdims=True)))
        close(kernels.activate("softmax", x), y, y, 4 + spread + columns / 8)
        bound = y * (np.abs(dy) + np.sum(y * np.abs(dy), axis=-1, keepdims=True))
        close(kernels.activate_backward("softmax", x, dy), dx, bound, 8 + 2 * spread + columns / 4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_special_values(dtype):
    x = np.array([[1e30, 1.0, -1e30], [-np.inf, 0.0, 0.0], [np.nan, 0.0, 0.0], [0.0, 0.0, np.nan]], dtype)
    y = kernels.activate("softmax", x)
    np.testing.assert_allclose(y[:2], [[1, 0, 0], [0, 0.5, 0.5]], rtol=1e-6)
    assert np.isnan(y[2:]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", SIZES)
def test_log_softmax(columns, dtype):
    for scale in (1.0, 30.0):
        x, dy = numbers(dtype, 5, columns, scale=scale), numbers(dtype, 5, columns, scale=2.0)
        # x − max and the logarithm are of the size of the spread at most; the sum has `columns` / lanes terms.
        spread = 1 + np.max(np.abs(reference.wide(x) - reference.wide(x).max(-1, keepdims=True)))
        close(kernels.activate("log_softmax", x), reference.activate("log_softmax", x), spread, 6 + columns / 8)
        dx = reference.activate_backward("log_softmax", x, dy)
        bound = np.abs(dy) + np.sum(np.abs(reference.wide(dy)), axis=-1, keepdims=True)
        close(kernels.activate_backward("log_softmax", x, dy), dx, bound, 8 + 2 * spread + columns / 4)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", SIZES)
def test_sparsemax(columns, dtype):
    for scale in (0.1, 1.0, 30.0):
        x, dy = numbers(dtype, 5, columns, scale=scale), numbers(dtype, 5, columns, scale=2.0)
        y = kernels.activate("sparsemax", x)
        spread = np.max(np.abs(reference.wide(x)))
        close(y, reference.activate("sparsemax", x), 1 + spread, 4 + columns / 8)
        assert (y >= 0).all()
        np.testing.assert_allclose(y.sum(-1), 1, rtol=columns * np.finfo(dtype).eps)
        bound = np.max(np.abs(dy))
        expected = reference.sparsemax_backward(reference.wide(y), reference.wide(dy))
        close(kernels.activate_backward("sparsemax", x, dy), expected, bound, 4 + columns / 8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_activations_of_special_values(dtype):
    inf = np.inf
    x = np.array([[1e30, 1.0, -1e30], [-inf, 0.0, 0.0], [np.nan, 0.0, 0.0], [0.0, inf, np.nan], [inf, 0, 0]], dtype)
    y = kernels.activate("log_softmax", x)
    np.testing.assert_allclose(y[:2], [[0, -1e30, -2e30], [-inf, -np.log(2), -np.log(2)]], rtol=1e-6)
    assert np.isnan(y[2:]).all()
    assert np.isfinite(kernels.activate_backward("log_softmax", x, np.ones_like(x))[:2]).all()
    y = kernels.activate("sparsemax", x)
    np.testing.assert_array_equal(y[:2], [[1, 0, 0], [0, 0.5, 0.5]])
    assert np.isnan(y[2:]).all()


def test_activation_keeps_the_shape_and_reads_strides():
    x = numbers("float32", 4, 3, 2)
    y = kernels.activate("tanh", x)
    assert y.shape == x.shape
    np.testing.assert_array_equal(kernels.activate("tanh", x[:, ::2]), y[:, ::2])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("units", SIZES)
def test_dense_is_exact_on_whole_numbers(units, dtype):
    for rows in (1, 2, 7, 13, 33):
        for n in SIZES:
            x, w, b = whole(dtype, rows, n), whole(dtype, n, units), whole(dtype, units)
            np.testing.assert_array_equal(kernels.dense_forward(x, w, b), reference.dense_forward(x, w, b))
            dy = whole(dtype, rows, units)
            actual = kernels.dense_backward(dy, x, w, b, "relu")
            for one, other in zip(actual, reference.dense_backward(dy, x, w, b, "relu"), strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [1, 5, 17])
@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "sigmoid", "softmax", "softplus"])
def test_dense(activation, rows, dtype):
    for n, units in ((1, 1), (3, 17), (17, 3), (48, 49), (97, 101), (784, 10)):
        x, w = numbers(dtype, rows, n), numbers(dtype, n, units, scale=n**-0.5)
        b, dy = numbers(dtype, units), numbers(dtype, rows, units)
        # A chain of n fused multiply-adds and the bias; these activations have slopes of at most 1.
        z_bound = np.abs(reference.wide(x)) @ np.abs(reference.wide(w)) + np.abs(b)
        k = 0.5 * n + 6
        y = reference.dense_forward(x, w, b, activation)
        close(kernels.dense_forward(x, w, b, activation), y, z_bound.max() + np.abs(y), k)
        # dz has the error of z times |dy|, and the products another chain of `units` or `rows` terms.
        dz_bound = np.abs(reference.wide(dy)).max() * (1 + z_bound.max())
        bounds = (
            dz_bound * np.abs(reference.wide(w)).sum(axis=1),
            dz_bound * np.abs(reference.wide(x)).sum(axis=0)[:, None],
            dz_bound * rows,
        )
        actual, expected = (f.dense_backward(dy, x, w, b, activation) for f in (kernels, reference))
        for one, other, bound in zip(actual, expected, bounds, strict=True):
            close(one, other, bound, k + units + rows)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dense_without_bias(dtype):
    x, w = whole(dtype, 3, 5), whole(dtype, 5, 4)
    np.testing.assert_array_equal(kernels.dense_forward(x, w), reference.dense_forward(x, w))


@pytest.mark.parametrize("dtype", DTYPES)
def test_dense_passes_nan_and_infinity_on(dtype):
    x, w = np.ones((3, 17), dtype), np.ones((17, 49), dtype)
    x[0, 16], x[1, 3] = np.nan, np.inf
    y = kernels.dense_forward(x, w)
    assert np.isnan(y[0]).all()
    assert np.isposinf(y[1]).all()
    assert (y[2] == 17).all()
    w[2, 48] = np.inf
    y = kernels.dense_forward(np.ones((1, 17), dtype), w)
    assert np.isfinite(y[0, :48]).all()
    assert np.isposinf(y[0, 48])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(reference.SGD_RULES))
def test_sgd_update(name, dtype):
    for size in SIZES:
        w, g, v = (numbers(dtype, size, 3, scale=s) for s in (1.0, 2.0, 0.5))
        lr, momentum = np.dtype(dtype).type(0.1), np.dtype(dtype).type(0.9)
        expected = reference.SGD_RULES[name](*(reference.wide(a) for a in (w, g, v)), float(lr), float(momentum))
        velocity = None if name == "sgd" else v
        bound = np.abs(reference.wide(w)) + np.abs(reference.wide(g)) + np.abs(reference.wide(v))
        kernels.sgd_update(w, g, velocity, 0.1, 0.0 if name == "sgd" else 0.9, name == "sgd_nesterov")
        # Two rounded constants (1) and at most six operations (3).
        close(w, expected[0], bound, 4)
        close(v, expected[1], bound, 4)
