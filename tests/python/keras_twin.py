"""The same model in bardana and in tf.keras, with the same weights, and comparisons between the two.

A model is described by data: a list of (layer class, arguments), e.g. `[("Dense", {"units": 3, "use_bias": False})]`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import bardana

Array = NDArray[Any]
LayerList = Sequence[tuple[str, Mapping[str, Any]]]


class Gradients(NamedTuple):
    """Loss, its gradient by each trainable weight, and by the input."""

    loss: float
    weights: list[Array]
    inputs: Array


class Twins(NamedTuple):
    """Two models with the same layers and weights."""

    ours: bardana.Sequential
    theirs: Any

    def set_weights(self, weights: Sequence[Array]) -> None:
        self.ours.set_weights(weights)
        self.theirs.set_weights(weights)

    def compile(
        self, package: ModuleType, optimizer: Mapping[str, Any], loss: Any, metrics: Any = None, rule: str = "SGD"
    ) -> None:
        """Compile both with the optimizer rule(**optimizer); loss is a name or (class name, arguments)."""
        for keras, model in ((bardana, self.ours), (package, self.theirs)):
            made = getattr(keras.optimizers, rule)(**optimizer)
            model.compile(made, make_loss(keras, loss), metrics=metrics)


def make_model(package: ModuleType, layers: LayerList, input_shape: Sequence[int], dtype: str = "float32") -> Any:
    """Return a Sequential of `package` (bardana or keras)."""
    made = [getattr(package.layers, name)(**arguments, dtype=dtype) for name, arguments in layers]
    return package.Sequential([package.Input(tuple(input_shape), dtype=dtype), *made])


def make_loss(package: ModuleType, loss: Any, **arguments: Any) -> Any:
    """Return a loss of `package` for (class name, arguments); a name stays a name."""
    if isinstance(loss, str):
        return loss
    name, own = loss
    return getattr(package.losses, name)(**own, **arguments)


def make_twins(
    keras: ModuleType, layers: LayerList, input_shape: Sequence[int], rng: np.random.Generator, dtype: str = "float32"
) -> Twins:
    """Return both models with the same random weights."""
    twins = Twins(make_model(bardana, layers, input_shape, dtype), make_model(keras, layers, input_shape, dtype))
    twins.set_weights(random_weights(twins.ours, rng))
    return twins


def random_weights(model: bardana.Sequential, rng: np.random.Generator) -> list[Array]:
    """Return kernels of variance 1 / inputs, so that outputs are of the inputs' size, biases of the same size, and
    variances from 0.5 to 2.
    """

    def draw(v: Any) -> Array:
        if "variance" in v.name:
            return rng.uniform(0.5, 2, v.shape)
        return rng.normal(size=v.shape) / np.sqrt(v.shape[0] if len(v.shape) > 1 else 4)

    return [draw(v).astype(v.dtype) for v in model.variables]


def small_weight(v: Any, offset: float, rng: np.random.Generator) -> Array:
    """Return a value for v with which a model of inputs up to 1 gives outputs within 0.3 of `offset`, before f.

    Kernels are at most 0.3 / inputs, biases `offset`; normalization halves its inputs, embeddings are such inputs.
    """
    constants = {"bias": offset, "gamma": 0.5, "scale": 0.5, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0}
    if v.name == "embeddings":
        return rng.uniform(-1, 1, v.shape)
    if v.name == "kernel":
        return rng.uniform(-0.3, 0.3, v.shape) / v.shape[0]
    return np.full(v.shape, constants[v.name])


def keras_gradients(
    model: Any, loss: Any, x: Array, y: Array, sample_weight: Array | None = None, training: bool = False
) -> Gradients:
    """Return what tf.GradientTape says about the loss object `loss` of a Keras model."""
    import tensorflow as tf

    inputs = tf.constant(x)
    with warnings.catch_warnings(), tf.GradientTape() as tape:
        warnings.filterwarnings("ignore", message=".*does not represent logits")
        tape.watch(inputs)
        value = loss(tf.constant(y), model(inputs, training=training), sample_weight=sample_weight)
    sources = [*(v.value for v in model.trainable_variables), inputs]
    by_weight = tape.gradient(value, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    *weights, by_input = (tf.convert_to_tensor(gradient).numpy() for gradient in by_weight)
    return Gradients(float(value), weights, by_input)


def largest_error(actual: Any, expected: Any) -> float:
    """Return max |actual − expected| / max |expected|; 0 for equal arrays, even of zeros; inf if only one is finite."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"expected shape {expected.shape}, received {actual.shape}"
    if np.array_equal(actual, expected, equal_nan=True):
        return 0.0
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True) or not np.isfinite(actual[finite]).all():
        return float("inf")
    scale = float(np.abs(expected[finite]).max())
    difference = float(np.abs(actual[finite] - expected[finite]).max())
    return difference / scale if scale else float("inf")


def assert_close(actual: Any, expected: Any, tolerance: float, what: str = "", floor: float = 0.0) -> None:
    """Assert |actual − expected| <= tolerance · (largest |expected|) element by element, and equal shapes.

    Differences up to `floor` always pass: the size of rounding where the exact value is 0 and terms cancel.
    """
    error = largest_error(actual, expected)
    if error <= tolerance:
        return
    difference = np.abs(np.asarray(actual, np.float64) - np.asarray(expected, np.float64))
    if floor and np.nanmax(difference) <= floor and np.isfinite(difference).all():
        return
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(difference, nan=np.inf))), difference.shape)
    raise AssertionError(
        f"{what}: expected agreement to {tolerance:g} of the largest magnitude, received {error:g}; at {worst} "
        f"expected {np.asarray(expected)[worst]!r}, received {np.asarray(actual)[worst]!r}"
    )


def assert_same_gradients(actual: Any, expected: Gradients, tolerance: float, what: str, floor: float = 0.0) -> None:
    """Assert that gradients of both packages agree, tensor by tensor."""
    assert len(actual.weights) == len(expected.weights)
    for index, (ours, theirs) in enumerate(zip(actual.weights, expected.weights, strict=True)):
        assert_close(ours, theirs, tolerance, f"{what}, gradient by trainable weight {index}", floor)
    assert_close(actual.inputs, expected.inputs, tolerance, f"{what}, gradient by the input", floor)
