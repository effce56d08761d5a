"""The ladder from a net weighted by hand to universal approximation, and the figures that the examples print.

What is expected comes from Python's own logic, linear algebra in float64 and the error bound of interpolation.
"""

import contextlib
import io
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import bardana
from bardana import layers, optimizers

EXAMPLES = Path(__file__).parents[2] / "examples"
POINTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([a ^ b for a, b in POINTS.tolist()])


def stack(*entries, inputs=2, dtype="float32"):
    made = [layers.Dense(units, activation, dtype=dtype) for units, activation in entries]
    return bardana.Sequential([bardana.Input((inputs,), dtype=dtype), *made])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_net_weighted_by_hand_is_exclusive_or(dtype):
    model = stack((2, "heaviside"), (1, "heaviside"), dtype=dtype)
    model.set_weights([np.ones((2, 2)), [-1.5, -0.5], [[-1.0], [1.0]], [-0.5]])
    hidden = np.asarray(model.layers[0](POINTS))
    assert hidden.tolist() == [[float(a and b), float(a or b)] for a, b in POINTS.tolist()]
    assert model.predict(POINTS, verbose=0)[:, 0].tolist() == XOR.tolist()


def test_no_single_neuron_is_exclusive_or(rng):
    model = stack((1, "heaviside"))
    for _ in range(300):
        model.set_weights([rng.normal(size=(2, 1)), rng.normal(size=1)])
        assert model.predict(POINTS, verbose=0)[:, 0].tolist() != XOR.tolist()


def test_exclusive_or_is_learned():
    """Eight tanh neurons, SGD(0.5, momentum=0.9), 300 steps on all four points: 20 of these seeds, and of 80 more."""
    learned = 0
    for seed in range(20):
        bardana.utils.set_random_seed(seed)
        model = stack((8, "tanh"), (1, "sigmoid"))
        model.compile(optimizers.SGD(0.5, momentum=0.9), "binary_crossentropy")
        model.fit(POINTS, XOR, batch_size=4, epochs=300, verbose=0)
        learned += bool(np.abs(model.predict(POINTS, verbose=0)[:, 0] - XOR).max() < 0.1)
    assert learned >= 19


@pytest.mark.parametrize("start", ["zeros", "ones"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_neurons_that_begin_alike_stay_alike(start, activation, rule, rng):
    """To rounding: columns of a product may be summed in different orders, 200 steps of 1e-7 each."""
    x, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    entries = [
        layers.Dense(units, f, kernel_initializer=start) for units, f in ((5, activation), (4, activation), (1, None))
    ]
    model = bardana.Sequential([bardana.Input((3,)), *entries])
    model.compile(getattr(optimizers, rule)(0.01), "mse")
    before = model.get_weights()
    model.fit(x, y, batch_size=10, epochs=40, verbose=0)
    after = model.get_weights()
    first, second, last = after[0], after[2], after[4]
    assert np.ptp(first, axis=1).max() < 1e-4
    assert np.ptp(second) < 1e-4
    assert np.ptp(last) < 1e-4
    moved = np.abs(after[-1] - before[-1]).max()
    assert moved > 1e-3
    bardana.utils.set_random_seed(1)
    other = stack((5, activation), (1, None), inputs=3)
    other.compile("sgd", "mse")
    other.fit(x, y, epochs=2, verbose=0)
    assert np.ptp(other.get_weights()[0], axis=1).max() > 0.1


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_a_stack_of_linear_layers_is_linear(depth, rng):
    """Its outputs are x W + b with the product of the kernels: float64, so 1e-10 is far above rounding."""
    sizes = rng.integers(1, 12, depth)
    model = stack(*[(int(units), None) for units in sizes], inputs=4, dtype="float64")
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    kernel, bias = np.eye(4), np.zeros(4)
    for w, b in zip(*[iter(model.get_weights())] * 2, strict=True):
        kernel, bias = kernel @ w, bias @ w + b
    x = rng.normal(size=(30, 4))
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel + bias, rtol=1e-10, atol=1e-10)


def test_linear_layers_do_not_learn_exclusive_or():
    """The best line through the four points is 1/2 everywhere, with a mean squared error of 1/4."""
    bardana.utils.set_random_seed(1)
    model = stack((8, None), (8, None), (1, None))
    model.compile(optimizers.Adam(0.02), "mse")
    model.fit(POINTS, XOR, batch_size=4, epochs=500, verbose=0)
    assert model.evaluate(POINTS, XOR, verbose=0) == pytest.approx(0.25, abs=1e-4)


@pytest.mark.parametrize("pieces", [4, 16, 64, 256])
def test_relus_come_as_close_to_sin_as_one_likes(pieces):
    """A broken line through sin is off by at most h² / 8: the bound for linear interpolation, with |sin″| ≤ 1."""
    knots = np.linspace(-np.pi, np.pi, pieces + 1)
    slopes = np.diff(np.sin(knots)) / np.diff(knots)
    model = stack((pieces, "relu"), (1, None), inputs=1, dtype="float64")
    bends = np.diff(slopes, prepend=0.0)
    model.set_weights([np.ones((1, pieces)), -knots[:-1], bends[:, np.newaxis], np.sin(knots[:1])])
    x = np.linspace(-np.pi, np.pi, 5001)[:, np.newaxis]
    error = np.abs(model.predict(x, verbose=0) - np.sin(x)).max()
    bound = (2 * np.pi / pieces) ** 2 / 8
    assert 0.5 * bound < error <= bound + 1e-12


def test_more_neurons_learn_sin_better():
    x = np.linspace(-np.pi, np.pi, 256)[:, np.newaxis]
    errors = []
    for units in (1, 4, 16):
        bardana.utils.set_random_seed(1)
        model = stack((units, "tanh"), (1, None), inputs=1)
        model.compile(optimizers.Adam(optimizers.schedules.CosineDecay(0.02, 4000)), "mse")
        model.fit(x, np.sin(x), batch_size=64, epochs=1000, verbose=0)
        errors.append(float(np.abs(model.predict(x, verbose=0) - np.sin(x)).max()))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 0.05


def printed(name):
    """Return what an example prints, and put settings that it changes back."""
    kept = bardana.config.floatx()
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    finally:
        bardana.config.set_floatx(kept)
    return output.getvalue()


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


def test_example_xor_by_hand():
    assert "4 of 4 right" in printed("xor_by_hand")


def test_example_xor_seeds():
    two, eight = printed("xor_seeds").splitlines()
    assert numbers(two)[1] < 19 <= numbers(eight)[1]


def test_example_backpropagation():
    text = printed("backpropagation")
    assert "δ = dL/da · f′(z)" in text
    assert numbers(text.splitlines()[-1])[0] < 1e-15


def test_example_zero_initialization():
    zeros, ones, random = (numbers(line) for line in printed("zero_initialization").splitlines())
    assert zeros[0] == ones[0] == 0
    assert max(zeros[2], ones[2]) < 0.75
    assert random[2] > 0.95


def test_example_linear_stack():
    product, linear, curved = printed("linear_stack").splitlines()
    assert numbers(product)[0] < 1e-4
    assert numbers(linear) == [0.25]
    assert numbers(curved)[0] < 0.01


def test_example_approximate_sin():
    rows = [numbers(line) for line in printed("approximate_sin").splitlines()[1:]]
    assert [row[0] for row in rows] == [2, 4, 8, 16, 32]
    assert all(constructed <= bound for _, constructed, bound, _ in rows)
    assert rows[-1][3] < 0.05
