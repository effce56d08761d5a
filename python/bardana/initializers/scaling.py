"""Random start values whose variance follows from the number of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bardana.initializers.base import FAMILY, Shape
from bardana.initializers.distributions import RandomInitializer, truncated_normal

# Standard deviation of a normal distribution that is cut off at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Draw with variance scale / n, where n is the number of inputs, outputs, or their mean.

    For a matrix of shape (inputs, outputs), n is `inputs` for mode "fan_in", `outputs` for "fan_out" and
    (inputs + outputs) / 2 for "fan_avg". The limit of the uniform distribution is √(3 · scale / n).

    Args:
        scale: positive factor. Default 1.
        mode: "fan_in" (default), "fan_out" or "fan_avg".
        distribution: "truncated_normal" (default; "normal" means the same), "untruncated_normal" or "uniform".
        seed: integer, or None for one from the global generator.
        input_axes: axes whose sizes multiply to the inputs; only together with `output_axes`. Default: all but the
            last axis; axes before the last two count for both.
        output_axes: axes whose sizes multiply to the outputs.

    Raises:
        ValueError: if an argument is none of these.

    Example:
        >>> weights = VarianceScaling(scale=2.0, mode="fan_out", seed=1)((100, 200))
        >>> round(float(weights.std()), 2)  # √(2 / 200)
        0.1
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        distribution = {"normal": "truncated_normal"}.get(distribution.lower(), distribution.lower())
        if not scale > 0:
            raise ValueError(f"{type(self).__name__}: expected `scale` > 0, received {scale}")
        _one_of(self, "mode", mode, ("fan_in", "fan_out", "fan_avg"))
        _one_of(self, "distribution", distribution, ("truncated_normal", "untruncated_normal", "uniform"))
        if (input_axes is None) != (output_axes is None):
            raise ValueError(f"{type(self).__name__}: expected both `input_axes` and `output_axes` or neither")
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        stddev = math.sqrt(self.scale / max(1.0, self._fan(shape)))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * stddev
            return generator.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return generator.normal(0.0, stddev, shape)
        return stddev / _TRUNCATED_STDDEV * truncated_normal(generator, shape)

    def _fan(self, shape: tuple[int, ...]) -> float:
        inputs, outputs = compute_fans(shape, self.input_axes, self.output_axes)
        return {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _NamedScaling(VarianceScaling):
    """A `VarianceScaling` with scale, mode and distribution fixed by its class."""

    fixed: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.fixed, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._given_seed, "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_NamedScaling):
    """Draw uniformly from ±√(6 / (inputs + outputs)): the default of kernels.

    Args:
        seed, input_axes, output_axes: as in `VarianceScaling`.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010),
    equation 16.

    Example:
        >>> import numpy as np
        >>> weights = GlorotUniform(seed=1)((200, 400))
        >>> round(float(np.abs(weights).max()), 2)  # √(6 / 600)
        0.1
    """

    fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Draw from a truncated normal distribution of variance 2 / (inputs + outputs).

    Args:
        seed, input_axes, output_axes: as in `VarianceScaling`.

    Source: Glorot and Bengio (2010), equation 12.

    Example:
        >>> weights = GlorotNormal(seed=1)((100, 100))
        >>> round(float(weights.std()), 2)  # √(2 / 200)
        0.1
    """

    fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_NamedScaling):
    """Draw uniformly from ±√(6 / inputs), meant for ReLU layers.

    Args:
        seed, input_axes, output_axes: as in `VarianceScaling`.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (2015).

    Example:
        >>> import numpy as np
        >>> weights = HeUniform(seed=1)((600, 100))
        >>> round(float(np.abs(weights).max()), 2)  # √(6 / 600)
        0.1
    """

    fixed = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Draw from a truncated normal distribution of variance 2 / inputs, meant for ReLU layers.

    Args:
        seed, input_axes, output_axes: as in `VarianceScaling`.

    Source: He, Zhang, Ren and Sun (2015), equation 10.

    Example:
        >>> weights = HeNormal(seed=1)((200, 100))
        >>> round(float(weights.std()), 2)  # √(2 / 200)
        0.1
    """

    fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Draw uniformly from ±√(3 / inputs).

    Args:
        seed, input_axes, output_axes: as in `VarianceScaling`.

    Source: LeCun, Bottou, Orr and Müller, Efficient backprop (1998), section 4.6.

    Example:
        >>> import numpy as np
        >>> weights = LecunUniform(seed=1)((300, 100))
        >>> round(float(np.abs(weights).max()), 2)  # √(3 / 300)
        0.1
    """

    fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Draw from a truncated normal distribution of variance 1 / inputs, meant for SELU layers.

    Args:
        seed, input_axes, output_axes: as in `VarianceScaling`.

    Source: LeCun, Bottou, Orr and Müller (1998), equation 16.

    Example:
        >>> weights = LecunNormal(seed=1)((100, 100))
        >>> round(float(weights.std()), 2)  # √(1 / 100)
        0.1
    """

    fixed = (1.0, "fan_in", "truncated_normal")


def compute_fans(
    shape: Shape, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return the number of inputs and outputs that a weight of this shape connects.

    Without axes: (1, 1) for a scalar, (n, n) for (n,), (a, b) for (a, b), (r·a, r·b) for (…, a, b) with r the product
    of the leading sizes.

    Args:
        shape: shape of the weight.
        input_axes: axes whose sizes multiply to the inputs; only together with `output_axes`. Default None.
        output_axes: axes whose sizes multiply to the outputs. Default None.

    Example:
        >>> compute_fans((784, 300))
        (784, 300)
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) == 0:
        return 1, 1
    leading = math.prod(shape[:-2])
    return leading * shape[-2 if len(shape) > 1 else -1], leading * shape[-1]


def _one_of(owner: RandomInitializer, argument: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(
            f"{type(owner).__name__}: expected `{argument}` to be one of {', '.join(allowed)}, received {value!r}"
        )


FAMILY.add(VarianceScaling, "variance_scaling")
FAMILY.add(GlorotUniform, "glorot_uniform")
FAMILY.add(GlorotNormal, "glorot_normal")
FAMILY.add(HeUniform, "he_uniform")
FAMILY.add(HeNormal, "he_normal")
FAMILY.add(LecunUniform, "lecun_uniform")
FAMILY.add(LecunNormal, "lecun_normal")
