"""Propositions written as Python expressions, as nets of McCulloch-Pitts neurons."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bardana.classic.composing import free_name
from bardana.classic.neurons import LogicNet, Neuron

_ALLOWED = (
    "names, True, False, 0, 1, and, or, not, & | ^ ~, == (if and only if), != (either, not both), <= (implies) and "
    "parentheses"
)


def from_expression(expression: str) -> LogicNet:
    """Return a net for a proposition; its inputs are the variables in alphabetical order.

    The text is parsed, never evaluated. Precedence and chains of comparisons are those of Python: `a == b == c` means
    `(a == b) and (b == c)`, and `a & b` binds more tightly than `a == b`.

    Args:
        expression: names combined with `and`, `or`, `not`, `&`, `|`, `^`, `~`, `==`, `!=`, `<=` (implies), the
            constants True, False, 1 and 0, and parentheses.

    Raises:
        TypeError: if it is no string.
        ValueError: for text that is no such expression; it says what is not allowed.

    Example:
        >>> net = from_expression("(a and b) or not c")
        >>> net.inputs, net(1, 0, 1), net(0, 1, 0)
        (('a', 'b', 'c'), 0, 1)
    """
    if not isinstance(expression, str):
        raise TypeError(f"from_expression: expected a string, received {expression!r}")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
        builder = _Builder(expression, tree)
        return builder.net(tree)
    except SyntaxError as error:
        raise ValueError(f"from_expression: expected an expression, received {expression!r}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("from_expression: expected less deeply nested parentheses and operators") from error


class _Builder:
    """Makes neurons for the parts of an expression; equal parts share one."""

    def __init__(self, expression: str, tree: ast.expr) -> None:
        self._expression = expression
        self._variables = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
        self._neurons: dict[str, Neuron] = {}
        self._names: dict[Neuron, str] = {}

    def net(self, tree: ast.expr) -> LogicNet:
        signal = self._signal(tree)
        if signal in self._variables:
            signal = self._add(Neuron(signal, at_least=1))
        out = free_name("out", self._variables)
        neurons = {out if name == signal else name: neuron for name, neuron in self._neurons.items()}
        renamed = {name: neuron.renamed({signal: out}) for name, neuron in neurons.items()}
        return LogicNet(renamed, self._variables, out)

    def _add(self, neuron: Neuron) -> str:
        if neuron not in self._names:
            name = free_name(f"n{len(self._neurons) + 1}", {*self._variables, *self._neurons})
            self._names[neuron], self._neurons[name] = name, neuron
        return self._names[neuron]

    def _signal(self, node: ast.expr) -> str:
        """Return the name of the signal that carries the value of a part."""
        match node:
            case ast.Name(id=name):
                return name
            case ast.Constant(value=bool() | int() as value) if value in (0, 1):
                return self._add(Neuron(at_least=0 if value else 1))
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return self._not(self._signal(operand))
            case ast.BoolOp(op=operator, values=parts):
                return self._combine(node, operator, parts)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._combine(node, operator, [left, right])
            case ast.Compare(left=left, ops=operators, comparators=others):
                return self._chain([left, *others], operators)
        raise self._refused(node)

    def _combine(self, node: ast.expr, operator: ast.boolop | ast.operator, parts: Sequence[ast.expr]) -> str:
        match operator:
            case ast.And() | ast.BitAnd():
                return self._all(parts)
            case ast.Or() | ast.BitOr():
                return self._any(parts)
            case ast.BitXor():
                return self._differ(*map(self._signal, parts))
        raise self._refused(node)

    def _not(self, signal: str) -> str:
        return self._add(Neuron(inhibit=signal, at_least=0))

    def _all(self, parts: Sequence[ast.expr]) -> str:
        """One neuron for a conjunction; what is negated in it inhibits."""
        wires: list[str] = []
        inhibit: list[str] = []
        for part in parts:
            if isinstance(part, ast.UnaryOp) and isinstance(part.op, (ast.Not, ast.Invert)):
                inhibit.append(self._signal(part.operand))
            else:
                wires.append(self._signal(part))
        return self._add(Neuron(*wires, inhibit=inhibit, at_least=len(wires)))

    def _any(self, parts: Sequence[ast.expr]) -> str:
        return self._add(Neuron(*(self._signal(part) for part in parts), at_least=1))

    def _differ(self, one: str, other: str) -> str:
        first = self._add(Neuron(one, inhibit=other, at_least=1))
        second = self._add(Neuron(other, inhibit=one, at_least=1))
        return self._add(Neuron(first, second, at_least=1))

    def _implies(self, one: str, other: str) -> str:
        return self._not(self._add(Neuron(one, inhibit=other, at_least=1)))

    def _chain(self, parts: Sequence[ast.expr], operators: Sequence[ast.cmpop]) -> str:
        signals = [self._signal(part) for part in parts]
        pairs = zip(operators, parts[1:], signals, signals[1:], strict=False)
        links = [self._link(operator, at, one, other) for operator, at, one, other in pairs]
        return links[0] if len(links) == 1 else self._add(Neuron(*links, at_least=len(links)))

    def _link(self, operator: ast.cmpop, at: ast.expr, one: str, other: str) -> str:
        match operator:
            case ast.NotEq():
                return self._differ(one, other)
            case ast.Eq():
                return self._not(self._differ(one, other))
            case ast.LtE():
                return self._implies(one, other)
        raise self._refused(at, type(operator).__name__)

    def _refused(self, node: ast.expr, what: str = "") -> ValueError:
        text = ast.get_source_segment(self._expression.strip(), node)
        return ValueError(
            f"from_expression: expected {_ALLOWED}, received {what or type(node).__name__} at {text!r} in "
            f"{self._expression!r}"
        )
