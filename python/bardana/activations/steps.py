"""Step functions of threshold logic units. Formulas: cpp/math/piecewise.h.

Their derivative is 0 (and there is none at the step), so that no gradient reaches the weights before them: training
such a layer by gradient descent changes nothing, and says so in a warning. `bardana.classic.Perceptron` trains one.
"""

from __future__ import annotations

from collections.abc import Iterable

from numpy.typing import ArrayLike

from bardana import advice
from bardana.activations.base import FAMILY, apply, formula_of
from bardana.tensor import Tensor

STEPS = ("heaviside", "sign")


def heaviside(x: ArrayLike) -> Tensor:
    """Return y = 0 for x < 0 and 1 for x ≥ 0.

    The derivative used in training is 0.

    Args:
        x: array of any shape.

    Source: McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity (1943).

    Example:
        >>> heaviside([-0.5, 0.0, 2.0]).tolist()
        [0.0, 1.0, 1.0]
    """
    return apply("heaviside", x)


def sign(x: ArrayLike) -> Tensor:
    """Return y = −1 for x < 0, 0 for x = 0 and 1 for x > 0.

    The derivative used in training is 0.

    Args:
        x: array of any shape.

    Example:
        >>> sign([-0.5, 0.0, 2.0]).tolist()
        [-1.0, 0.0, 1.0]
    """
    return apply("sign", x)


def warn_of_steps(layers: Iterable[object], learning: Iterable[bool]) -> None:
    """Warn if weights that should learn lie before a step function, where no gradient reaches them.

    Args:
        layers: the layers of a model, in order.
        learning: whether each has weights that training should change.
    """
    waiting: list[str] = []
    blocked: tuple[str, str, list[str]] | None = None
    for layer, learns in zip(layers, learning, strict=True):
        name = str(getattr(layer, "name", ""))
        waiting += [name] * learns
        step = _step_of(layer)
        if step and waiting:
            blocked = (name, step, list(waiting))
    if blocked is not None:
        name, step, frozen = blocked
        advice.warn(
            f"layer '{name}': there is no gradient to follow through its activation '{step}', whose derivative is 0; "
            f"the loss does not change the weights of {', '.join(repr(other) for other in frozen)}. Use "
            "'sigmoid' or 'tanh', or train a single layer with bardana.classic.Perceptron"
        )


def _step_of(layer: object) -> str | None:
    """Return the name of a native layer's step function, None for another activation."""
    activation = getattr(layer, "activation", None)
    if not getattr(layer, "native_class", None) or not callable(activation):
        return None
    name = formula_of(activation).name
    return name if name in STEPS else None


FAMILY.add(heaviside)
FAMILY.add(sign)
