"""Functions of single elements, of one array or of two that fit each other by NumPy's rules of broadcasting.

Where they mix types, floats win over integers without growing for them, as in Keras: int32 + float32 is float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bardana import activations
from bardana.ops.convert import as_real, as_values, together
from bardana.tensor import Tensor, as_tensor

_Unary = Callable[[Any], Tensor]
_Binary = Callable[[Any, Any], Tensor]


def _documented(function: Any, name: str, text: str, example: tuple[str, str], arguments: str) -> Any:
    function.__name__ = function.__qualname__ = name
    call, result = example
    function.__doc__ = f"""Return {text}.

    Args:
        {arguments}.

    Example:
        >>> {call}
        {result}
    """
    return function


def _real(name: str, compute: Callable[[Any], Any], text: str, *example: str) -> _Unary:
    """Make a function of floats; integers become `floatx()` first."""

    def function(x: Any) -> Tensor:
        return as_tensor(np.asarray(compute(as_real(x))))

    found: _Unary = _documented(function, name, text, (example[0], example[1]), "x: array")
    return found


def _keeping(name: str, compute: Callable[[Any], Any], text: str, *example: str) -> _Unary:
    """Make a function whose result has the type of its argument."""

    def function(x: Any) -> Tensor:
        return as_tensor(np.asarray(compute(as_values(x))))

    found: _Unary = _documented(function, name, text, (example[0], example[1]), "x: array")
    return found


def _pairwise(name: str, compute: Callable[[Any, Any], Any], text: str, *example: str) -> _Binary:
    """Make a function of two arrays."""

    def function(x1: Any, x2: Any) -> Tensor:
        return as_tensor(np.asarray(compute(*together(x1, x2))))

    found: _Binary = _documented(
        function, name, text, (example[0], example[1]), "x1, x2: arrays or numbers that fit each other"
    )
    return found


def _without_bool(values: Any) -> Any:
    return values.astype("int32") if values.dtype == bool else values


def _logaddexp(x1: Any, x2: Any) -> Any:
    return np.logaddexp(as_real(x1), as_real(x2))


def _divide(x1: Any, x2: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return as_real(x1) / as_real(x2)


def _quietly(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Compute as Keras does, without NumPy's warnings at 1 / 0 or log 0."""

    def quiet(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return compute(*arguments)

    return quiet


exp = _real("exp", _quietly(np.exp), "eˣ", "exp([0.0]).tolist()", "[1.0]")
expm1 = _real("expm1", _quietly(np.expm1), "eˣ − 1, exact near 0", "expm1([0.0]).tolist()", "[0.0]")
log = _real("log", _quietly(np.log), "the natural logarithm", "log([1.0, 0.0]).tolist()", "[0.0, -inf]")
log1p = _real("log1p", _quietly(np.log1p), "log(1 + x), exact near 0", "log1p([0.0]).tolist()", "[0.0]")
log2 = _real("log2", _quietly(np.log2), "the logarithm of base 2", "log2([8.0]).tolist()", "[3.0]")
log10 = _real("log10", _quietly(np.log10), "the logarithm of base 10", "log10([1.0]).tolist()", "[0.0]")
sqrt = _real("sqrt", _quietly(np.sqrt), "the square root", "sqrt([4.0]).tolist()", "[2.0]")
rsqrt = _real("rsqrt", _quietly(lambda x: 1 / np.sqrt(x)), "1 / √x", "rsqrt([4.0]).tolist()", "[0.5]")
reciprocal = _real("reciprocal", _quietly(np.reciprocal), "1 / x", "reciprocal([4.0]).tolist()", "[0.25]")
sin = _real("sin", np.sin, "the sine", "sin([0.0]).tolist()", "[0.0]")
cos = _real("cos", np.cos, "the cosine", "cos([0.0]).tolist()", "[1.0]")
tan = _real("tan", np.tan, "the tangent", "tan([0.0]).tolist()", "[0.0]")
arctan = _real("arctan", np.arctan, "the angle whose tangent is x", "arctan([0.0]).tolist()", "[0.0]")
sinh = _real("sinh", _quietly(np.sinh), "(eˣ − e⁻ˣ) / 2", "sinh([0.0]).tolist()", "[0.0]")
cosh = _real("cosh", _quietly(np.cosh), "(eˣ + e⁻ˣ) / 2", "cosh([0.0]).tolist()", "[1.0]")
tanh = _real("tanh", activations.tanh, "the hyperbolic tangent", "tanh([0.0]).tolist()", "[0.0]")
floor = _real("floor", np.floor, "the largest whole number that is not above x", "floor([-0.5]).tolist()", "[-1.0]")
ceil = _real("ceil", np.ceil, "the smallest whole number that is not below x", "ceil([0.5]).tolist()", "[1.0]")
abs = _keeping("abs", np.abs, "|x|", "abs([-2, 3]).tolist()", "[2, 3]")
absolute = _keeping("absolute", np.abs, "|x|, another name of `abs`", "absolute([-2, 3]).tolist()", "[2, 3]")
negative = _keeping("negative", np.negative, "−x", "negative([1]).tolist()", "[-1]")
sign = _keeping("sign", np.sign, "−1, 0 or 1 by the sign", "sign([-2.0, 0.0, 3.0]).tolist()", "[-1.0, 0.0, 1.0]")
square = _keeping("square", lambda x: np.square(_without_bool(x)), "x²", "square([3]).tolist()", "[9]")
isnan = _keeping("isnan", np.isnan, "where x is not a number", "isnan([1.0, np.nan]).tolist()", "[False, True]")
isinf = _keeping("isinf", np.isinf, "where x is infinite", "isinf([1.0, np.inf]).tolist()", "[False, True]")
isfinite = _keeping("isfinite", np.isfinite, "where x is finite", "isfinite([1.0, np.inf]).tolist()", "[True, False]")
logical_not = _keeping("logical_not", np.logical_not, "where x is 0", "logical_not([0, 2]).tolist()", "[True, False]")

add = _pairwise("add", np.add, "x1 + x2", "add([1], 2.5).tolist()", "[3.5]")
subtract = _pairwise("subtract", np.subtract, "x1 − x2", "subtract([1], 2).tolist()", "[-1]")
multiply = _pairwise("multiply", np.multiply, "x1 · x2", "multiply([2], 3).tolist()", "[6]")
divide = _pairwise("divide", _divide, "x1 / x2, floats also of integers", "divide([1], 2).tolist()", "[0.5]")
true_divide = _pairwise("true_divide", _divide, "x1 / x2, another name of `divide`", "true_divide(1, 2).item()", "0.5")
floor_divide = _pairwise(
    "floor_divide", _quietly(np.floor_divide), "⌊x1 / x2⌋", "floor_divide([-3], 2).tolist()", "[-2]"
)
power = _pairwise("power", _quietly(np.power), "x1 to the power of x2", "power([2.0], 3).tolist()", "[8.0]")
maximum = _pairwise("maximum", np.maximum, "the larger one", "maximum([1, 5], 3).tolist()", "[3, 5]")
minimum = _pairwise("minimum", np.minimum, "the smaller one", "minimum([1, 5], 3).tolist()", "[1, 3]")
logaddexp = _pairwise(
    "logaddexp",
    lambda a, b: np.logaddexp(as_real(a), as_real(b)),
    "log(eˣ¹ + eˣ²)",
    "logaddexp(0.0, -np.inf).item()",
    "0.0",
)
arctan2 = _pairwise(
    "arctan2",
    lambda a, b: np.arctan2(as_real(a), as_real(b)),
    "the angle of (x2, x1)",
    "arctan2(0.0, 1.0).item()",
    "0.0",
)
equal = _pairwise("equal", np.equal, "where x1 = x2", "equal([1, 2], 2).tolist()", "[False, True]")
not_equal = _pairwise("not_equal", np.not_equal, "where x1 ≠ x2", "not_equal([1, 2], 2).tolist()", "[True, False]")
greater = _pairwise("greater", np.greater, "where x1 > x2", "greater([1, 3], 2).tolist()", "[False, True]")
greater_equal = _pairwise(
    "greater_equal", np.greater_equal, "where x1 ≥ x2", "greater_equal([1, 2], 2).tolist()", "[False, True]"
)
less = _pairwise("less", np.less, "where x1 < x2", "less([1, 3], 2).tolist()", "[True, False]")
less_equal = _pairwise("less_equal", np.less_equal, "where x1 ≤ x2", "less_equal([2, 3], 2).tolist()", "[True, False]")
logical_and = _pairwise(
    "logical_and", np.logical_and, "where both are true", "logical_and(True, False).item()", "False"
)
logical_or = _pairwise("logical_or", np.logical_or, "where one is true", "logical_or(True, False).item()", "True")
logical_xor = _pairwise(
    "logical_xor", np.logical_xor, "where just one is true", "logical_xor(True, True).item()", "False"
)


def mod(x1: Any, x2: Any) -> Tensor:
    """Return the remainder x1 − x2 ⌊x1 / x2⌋, which has the sign of x2.

    Args:
        x1, x2: arrays or numbers that fit each other; Python's integers count as int32 here.

    Example:
        >>> mod([-3], 2).tolist()
        [1]
    """
    return as_tensor(np.asarray(_quietly(np.mod)(*together(as_values(x1), as_values(x2)))))


def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """Return x with smaller values raised to x_min and larger ones lowered to x_max.

    Args:
        x: array; the result has its type.
        x_min, x_max: numbers or arrays that fit it.

    Example:
        >>> clip([-1.0, 0.5, 2.0], 0.0, 1.0).tolist()
        [0.0, 0.5, 1.0]
    """
    values = _without_bool(as_values(x))
    low, high = (as_values(bound).astype(values.dtype) for bound in (x_min, x_max))
    return as_tensor(np.asarray(np.clip(values, low, high)))


def round(x: Any, decimals: int = 0) -> Tensor:
    """Return the nearest number with so many decimals; a half goes to the even neighbour.

    Args:
        x: array.
        decimals: 0 by default.

    Example:
        >>> round([0.5, 1.5, -0.4]).tolist()
        [0.0, 2.0, -0.0]
    """
    return as_tensor(np.asarray(np.round(_without_bool(as_values(x)), decimals)))


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Return x1 where the condition is true, else x2; without both, the indices where it is true.

    Args:
        condition: array of booleans.
        x1, x2: arrays or numbers that fit it. Default None.

    Raises:
        ValueError: only one of x1 and x2 is given.

    Example:
        >>> where([True, False], 1.0, [2.0, 3.0]).tolist()
        [1.0, 3.0]
    """
    if (x1 is None) != (x2 is None):
        raise ValueError("where: expected both x1 and x2 or neither, received one of them.")
    mask = as_values(condition).astype(bool)
    if x1 is None:
        return tuple(as_tensor(indices.astype("int32")) for indices in np.nonzero(mask))
    return as_tensor(np.where(mask, *together(x1, x2)))


def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return where |x1 − x2| ≤ atol + rtol |x2|.

    Args:
        x1, x2: arrays or numbers that fit each other.
        rtol: relative tolerance, 1e-5 by default.
        atol: absolute tolerance, 1e-8 by default.
        equal_nan: whether NaN is close to NaN. Default False.

    Example:
        >>> isclose([1.0], [1.1]).tolist()
        [False]
    """
    a, b = together(x1, x2)
    return as_tensor(np.asarray(np.isclose(a, b, rtol, atol, equal_nan)))
