"""Random arrays, drawn with NumPy's Philox generator.

Without a seed the numbers go on with each call and follow `keras.utils.set_random_seed`; with an integer as seed a call
gives the same numbers each time; with a `SeedGenerator` they go on with each call and start from its seed. They are not
Keras' numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bardana import config, initializers, naming, seeds
from bardana.arguments import is_integer
from bardana.data.arrays import unmasked
from bardana.tensor import Tensor, as_tensor
from bardana.utils.dtypes import is_float_dtype, is_int_dtype, standardize_dtype
from bardana.variables import Variable

Seed: TypeAlias = "int | SeedGenerator | None"
Shape: TypeAlias = Sequence[int]

_STRIDE = 0x9E3779B97F4A7C15
"""From one draw of a `SeedGenerator` to the next, modulo 2⁶⁴: 2⁶⁴ by the golden ratio. Its multiples stay so far apart
that generators with seeds of 32 bits never meet within 2³⁰ draws."""

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


class SeedGenerator:
    """Hand out seeds: the same sequence for the same first seed.

    Args:
        seed: an integer from −2⁶³ to 2⁶³ − 1. Default: one that follows `keras.utils.set_random_seed`.
        name: default "seed_generator", "seed_generator_1", …

    Attributes: `state`, a variable with the seed and the number of draws, type int64.

    Raises:
        ValueError: seed is no such integer.

    Example:
        >>> generator = SeedGenerator(7)
        >>> generator.next().tolist(), generator.next().tolist()
        ([7, 0], [7, 1])
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is None:
            seed = seeds.next_seed()
        if not is_integer(seed) or not -(2**63) <= seed < 2**63:
            raise ValueError(f"SeedGenerator: expected seed to be an integer of at most 63 bits, received {seed!r}.")
        self.seed = int(seed)
        start = np.array([self.seed, 0], dtype="int64")
        self.name = naming.checked_name(name, "SeedGenerator")
        self.state = Variable(start, dtype="int64", trainable=False, name=f"{self.name}_state")

    def next(self, ordered: bool = True) -> Tensor:
        """Return the state as it is, and go on.

        Args:
            ordered: without effect: draws are always in order.
        """
        state = self.state.value
        self.state.assign(state + np.array([0, 1], dtype="int64"))
        return state

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """Make a generator, at its start, from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)


def normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from the normal distribution.

    Args:
        shape: shape of the result.
        mean: mean, 0.0 by default.
        stddev: standard deviation, 1.0 by default.
        dtype: a float type. Default `floatx()`.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> normal((2, 3), seed=1).shape
        (2, 3)
    """
    name = _float_type(dtype)
    drawn = _generator(seed).standard_normal(tuple(shape), dtype=_drawn_type(name))
    return as_tensor((drawn * stddev + mean).astype(name))


def truncated_normal(
    shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None
) -> Tensor:
    """Draw from the normal distribution within two standard deviations of the mean; stddev is that before the cut.

    Args:
        shape: shape of the result.
        mean: mean, 0.0 by default.
        stddev: standard deviation, 1.0 by default.
        dtype: a float type. Default `floatx()`.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> bool((abs(truncated_normal((100,), seed=1)) <= 2).all())
        True
    """
    name = _float_type(dtype)
    draw = initializers.TruncatedNormal(mean, stddev, _seed(seed))
    return as_tensor(np.asarray(draw(tuple(shape), str(_drawn_type(name)))).astype(name))


def uniform(shape: Shape, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from the uniform distribution on [minval, maxval).

    Args:
        shape: shape of the result.
        minval: lower bound, 0.0 by default.
        maxval: upper bound, 1.0 by default.
        dtype: a float type. Default `floatx()`.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> x = uniform((100,), 2.0, 3.0, seed=1)
        >>> bool((x >= 2).all() and (x < 3).all())
        True
    """
    name = _float_type(dtype)
    values = (_generator(seed).random(tuple(shape), dtype=_drawn_type(name)) * (maxval - minval) + minval).astype(name)
    return as_tensor(np.minimum(values, np.nextafter(values.dtype.type(maxval), values.dtype.type(minval))))


def randint(shape: Shape, minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None) -> Tensor:
    """Draw integers, each of minval, …, maxval − 1 equally likely.

    Args:
        shape: shape of the result.
        minval: lower bound.
        maxval: upper bound, never drawn.
        dtype: an integer type, "int32" by default.
        seed: integer, `SeedGenerator` or None.

    Raises:
        ValueError: dtype is no integer type, or there is no integer between the bounds.

    Example:
        >>> sorted(set(randint((1000,), 1, 4, seed=1).tolist()))
        [1, 2, 3]
    """
    if not is_int_dtype(dtype):
        raise ValueError(f"randint: expected dtype to be an integer type, received {dtype!r}.")
    return as_tensor(_generator(seed).integers(int(minval), int(maxval), tuple(shape)).astype(standardize_dtype(dtype)))


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Seed = None) -> Tensor:
    """Draw classes for each row of logits, class c with probability exp(logitsᵢ꜀) / Σ exp(logitsᵢ).

    Args:
        logits: array (rows, classes); −inf for a class that is never drawn.
        num_samples: draws for each row.
        dtype: an integer type, "int32" by default.
        seed: integer, `SeedGenerator` or None.

    Returns:
        Array (rows, num_samples).

    Raises:
        ValueError: logits do not have two axes.

    Example:
        >>> categorical([[0.0, -np.inf], [-np.inf, 0.0]], 3, seed=1).tolist()
        [[0, 0, 0], [1, 1, 1]]
    """
    scores = np.asarray(unmasked(logits, "logits"), dtype="float64")
    if scores.ndim != 2:
        raise ValueError(f"categorical: expected logits of shape (rows, classes), received {scores.shape}.")
    gumbel = _generator(seed).gumbel(size=(scores.shape[0], num_samples, scores.shape[1]))
    return as_tensor(np.argmax(scores[:, np.newaxis, :] + gumbel, axis=-1).astype(standardize_dtype(dtype)))


def dropout(inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None) -> Tensor:
    """Set entries to 0 with probability rate, and divide the others by 1 − rate.

    Args:
        inputs: array of floats.
        rate: from 0 to 1.
        noise_shape: shape of what is drawn, of the rank of inputs; entries along an axis of size 1 share their fate.
            Default: the shape of inputs.
        seed: integer, `SeedGenerator` or None.

    Raises:
        ValueError: rate is not in [0, 1].

    Example:
        >>> sorted(set(dropout(np.ones(100), 0.5, seed=1).tolist()))
        [0.0, 2.0]
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout: expected rate in [0, 1], received {rate!r}.")
    values = np.asarray(unmasked(inputs, "inputs"))
    if values.dtype.kind != "f":
        values = values.astype(config.floatx())
    wanted = noise_shape or (None,) * values.ndim
    shape = [own if size is None else size for size, own in zip(wanted, values.shape, strict=True)]
    kept = _generator(seed).random(shape) >= rate
    scale = values.dtype.type(1 / (1 - rate) if rate < 1 else 0)
    return as_tensor(np.where(kept, values * scale, values.dtype.type(0)))


def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> Tensor:
    """Return x with the entries along an axis in another order.

    Args:
        x: array.
        axis: the axis, 0 by default.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> sorted(shuffle([3, 1, 2], seed=1).tolist())
        [1, 2, 3]
    """
    values: NDArray[Any] = np.asarray(unmasked(x, "x"))
    return as_tensor(_generator(seed).permutation(values, axis=axis))


def gamma(shape: Shape, alpha: Any, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from the gamma distribution of scale 1, whose density is x^(alpha − 1) e⁻ˣ / Γ(alpha).

    Args:
        shape: shape of the result.
        alpha: positive number or array that fits the shape.
        dtype: a float type. Default `floatx()`.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> bool((gamma((5,), 2.0, seed=1) > 0).all())
        True
    """
    return as_tensor(_generator(seed).standard_gamma(np.asarray(alpha), tuple(shape)).astype(_float_type(dtype)))


def beta(shape: Shape, alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from the beta distribution, whose density is proportional to x^(alpha − 1) (1 − x)^(beta − 1).

    Args:
        shape: shape of the result.
        alpha, beta: positive numbers or arrays that fit the shape.
        dtype: a float type. Default `floatx()`.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> bool((beta((5,), 2.0, 3.0, seed=1) < 1).all())
        True
    """
    return as_tensor(
        _generator(seed).beta(np.asarray(alpha), np.asarray(beta), tuple(shape)).astype(_float_type(dtype))
    )


def binomial(shape: Shape, counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw numbers of successes.

    Args:
        shape: shape of the result.
        counts: numbers of trials, a number or an array that fits the shape.
        probabilities: probabilities of success, likewise.
        dtype: a float type. Default `floatx()`.
        seed: integer, `SeedGenerator` or None.

    Example:
        >>> binomial((2,), 5, 1.0, seed=1).tolist()
        [5.0, 5.0]
    """
    trials = np.asarray(counts).astype("int64")
    return as_tensor(
        _generator(seed).binomial(trials, np.asarray(probabilities), tuple(shape)).astype(_float_type(dtype))
    )


def _seed(seed: Seed) -> int:
    if seed is None:
        return seeds.next_seed()
    if isinstance(seed, SeedGenerator):
        first, draws = (int(part) for part in seed.next())
        return first + draws * _STRIDE
    if not is_integer(seed):
        raise ValueError(f"seed: expected an integer, a SeedGenerator or None, received {seed!r}.")
    return int(seed)


def _generator(seed: Seed) -> np.random.Generator:
    return seeds.generator(_seed(seed))


def _float_type(dtype: Any) -> str:
    name = standardize_dtype(dtype)
    if not is_float_dtype(name) or name == "bfloat16":
        raise ValueError(f"dtype: expected a float type of NumPy, received {dtype!r}.")
    return name


def _drawn_type(name: str) -> Any:
    """Return the type in which numbers for a float type are drawn."""
    return np.dtype("float64" if name == "float64" else "float32")
