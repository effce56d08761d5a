"""McCulloch-Pitts nets against Python's own logic, on all inputs."""

import itertools
import random

import numpy as np
import pytest

import bardana
from bardana.classic import AND, AND_NOT, IDENTITY, NOT, OR, LogicNet, Neuron, from_expression

FIGURE = {
    "IDENTITY": (IDENTITY, lambda a: a),
    "AND": (AND, lambda a, b: a and b),
    "OR": (OR, lambda a, b: a or b),
    "AND_NOT": (AND_NOT, lambda a, b: a and not b),
    "NOT": (NOT, lambda a: not a),
}


def all_bits(count):
    return list(itertools.product((0, 1), repeat=count))


def as_python(expression):
    """The expression with operators that mean the same for Python's booleans: ~ does not."""
    return expression.replace("~", " not ")


def brute_force(expression, names):
    code = compile(as_python(expression), "test", "eval")
    return [int(eval(code, dict(zip(names, map(bool, bits), strict=True)))) for bits in all_bits(len(names))]


FORMS = (
    *("({} and {})", "({} or {})", "(not {})", "(({}) == ({}))", "(({}) != ({}))", "(({}) <= ({}))", "(({}) ^ ({}))"),
    *("(({}) & ({}))", "(({}) | ({}))", "({} and {} and not {})", "({} or not {} or {})", "(({}) == ({}) != ({}))"),
)


def random_expression(rng, depth):
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(["a", "b", "c", "d", "n1", "out", "a", "b", "c", "True", "False", "1", "0"])
    left, right = random_expression(rng, depth - 1), random_expression(rng, depth - 1)
    form = rng.choice(FORMS)
    return form.format(left, right, random_expression(rng, max(depth - 2, 0)))


@pytest.mark.parametrize("name", FIGURE)
def test_nets_of_the_figure(name):
    net, logic = FIGURE[name]
    for bits in all_bits(len(net.inputs)):
        assert net(*bits) == int(logic(*bits))
        assert net(**dict(zip(net.inputs, bits, strict=True))) == int(logic(*bits))
    neuron = net.neurons["C"]
    assert neuron.at_least == 2, "as in the figure, two active wires make a neuron fire"


def test_neurons_by_their_definition():
    rng = random.Random(1)
    for _ in range(100):
        wires = [rng.choice("abcd") for _ in range(rng.randrange(7))]
        inhibit = [rng.choice("abcd") for _ in range(rng.randrange(3))]
        at_least = rng.randrange(5)
        net = LogicNet({"y": Neuron(*wires, inhibit=inhibit, at_least=at_least)}, inputs=list("abcd"))
        expected = []
        for bits in all_bits(4):
            on = {name for name, bit in zip("abcd", bits, strict=True) if bit}
            fires = sum(wire in on for wire in wires) >= at_least and not on & set(inhibit)
            assert net(*bits) == fires
            expected.append([float(fires)])
        assert net.to_sequential().predict(np.array(all_bits(4)), verbose=0).tolist() == expected


@pytest.mark.parametrize("seed", range(60))
def test_random_expressions_against_python(seed):
    rng = random.Random(seed)
    expression = random_expression(rng, 4)
    net = from_expression(expression)
    expected = brute_force(expression, net.inputs)
    bits = all_bits(len(net.inputs))
    assert [net(*row) for row in bits] == expected, expression
    table = net.truth_table()
    assert table.values[:, 0].tolist() == expected
    assert [tuple(row[:-1]) for row in table.rows.tolist()] == bits
    if net.inputs:
        rows = np.array(bits)
        assert net(rows).tolist() == expected
        model = net.to_sequential()
        assert all(isinstance(layer, bardana.layers.Dense) for layer in model.layers)
        assert all(layer.activation is bardana.activations.heaviside for layer in model.layers)
        assert model.predict(rows, verbose=0)[:, 0].tolist() == expected, expression


@pytest.mark.parametrize(
    ("expression", "neurons"),
    [("a and b", 1), ("a and not b", 1), ("not a and not b", 1), ("a", 1), ("a or b or c", 1), ("a ^ b", 3), ("1", 1)],
)
def test_expressions_make_few_neurons(expression, neurons):
    assert len(from_expression(expression).neurons) == neurons


def test_equal_parts_share_a_neuron():
    assert len(from_expression("(a and b) or ((b and a) ^ c)").neurons) == 5


def test_tilde_negates_bits():
    assert from_expression("~a & b").truth_table().values.ravel().tolist() == [0, 1, 0, 0]


def test_composition():
    nor = NOT.compose(A=OR)
    assert [nor(*bits) for bits in all_bits(2)] == [1, 0, 0, 0]
    xor = AND_NOT.compose(A=OR, B=AND)
    assert xor.inputs == ("A", "B")
    assert [xor(*bits) for bits in all_bits(2)] == [0, 1, 1, 0]
    three = AND.compose(A="x", B=OR.compose(A="y", B="z"))
    assert three.inputs == ("x", "y", "z")
    assert [three(*bits) for bits in all_bits(3)] == [a and (b or c) for a, b, c in all_bits(3)]
    assert [(OR & ~AND)(*bits) for bits in all_bits(2)] == [0, 1, 1, 0]
    a, b = from_expression("p"), from_expression("q")
    assert [(~a | b)(*bits) for bits in all_bits(2)] == [1, 1, 0, 1]
    assert AND.compose(A="x", B="x").inputs == ("x",)


def test_several_outputs_make_a_half_adder():
    adder = LogicNet(
        {"carry": Neuron("a", "b"), "any": Neuron("a", "b", at_least=1), "sum": Neuron("any", "any", inhibit="carry")},
        outputs=("carry", "sum", "a"),
    )
    for a, b in all_bits(2):
        assert adder(a, b) == ((a + b) // 2, (a + b) % 2, a)
    rows = np.array(all_bits(2))
    expected = [[(a + b) // 2, (a + b) % 2, a] for a, b in all_bits(2)]
    assert adder(rows).tolist() == expected
    assert adder.to_sequential().predict(rows, verbose=0).tolist() == expected
    assert "sum: at least 2 active of [any, any] and none active of [carry]" in str(adder)


def test_tables_print():
    table = from_expression("long and b").truth_table()
    assert str(table) == "b long | out\n-------+----\n0    0 |   0\n0    1 |   0\n1    0 |   0\n1    1 |   1"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a +", "invalid syntax"),
        ("", "invalid syntax"),
        ("a + b", r"received BinOp at 'a \+ b'"),
        ("f(a)", "received Call at 'f\\(a\\)'"),
        ("a.b", "received Attribute"),
        ("a < b", "received Lt"),
        ("2", "received Constant at '2'"),
        ("'a'", "received Constant"),
        ("a if b else c", "received IfExp"),
        ("[a for a in b]", "received ListComp"),
        ("lambda: a", "received Lambda"),
        ("(a := b)", "received NamedExpr"),
        ("-a", "received UnaryOp"),
        ("a = b", "invalid syntax"),
        ("__import__('os').system('true')", "received Call"),
        ("(" * 5000 + "a" + ")" * 5000, "nest|parentheses"),
        ("not " * 50000 + "a", "nest|parentheses|deep"),
    ],
)
def test_expressions_that_are_refused(expression, message):
    with pytest.raises(ValueError, match=message):
        from_expression(expression)


def test_bad_input_is_named():
    net = from_expression("a and b")
    for bad in (2, -1, 0.5, "1", None, float("nan")):
        with pytest.raises(ValueError, match="input 'b': expected 0 or 1, received"):
            net(1, bad)
    with pytest.raises(ValueError, match=r"input 'b': expected 0 or 1, received 3 in row 1"):
        net([[0, 1], [1, 3]])
    with pytest.raises(ValueError, match=r"expected 2 inputs \(a, b\), received 3"):
        net(1, 0, 1)
    with pytest.raises(ValueError, match=r"expected an array of shape \(rows, 2\).*\(a, b\).*received shape \(4, 3\)"):
        net(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="dtype"):
        net(np.array([["0", "1"]]))
    with pytest.raises(ValueError, match=r"expected the inputs \(a, b\), received a, c"):
        net(a=1, c=0)
    with pytest.raises(ValueError, match="received both"):
        net(1, b=0)
    with pytest.raises(TypeError, match="expected a string"):
        from_expression(True)


def test_bad_nets_are_named():
    with pytest.raises(ValueError, match=r"expected no cycles, received one through \['p', 'q'\]"):
        LogicNet({"p": Neuron("q", at_least=1), "q": Neuron("p", "a")}, outputs="p")
    with pytest.raises(ValueError, match=r"received \['c'\]"):
        LogicNet({"p": Neuron("a", "c")}, inputs=["a", "b"])
    with pytest.raises(ValueError, match="no input has"):
        LogicNet({"a": Neuron("a", "b")}, inputs=["a", "b"])
    with pytest.raises(ValueError, match="at least one output"):
        LogicNet({})
    with pytest.raises(TypeError, match="expected a Neuron for 'p'"):
        LogicNet({"p": "a"})
    with pytest.raises(ValueError, match="at_least"):
        Neuron("a", at_least=-1)
    with pytest.raises(TypeError, match="string"):
        Neuron(1)
    with pytest.raises(ValueError, match="expected inputs among"):
        AND.compose(C=OR)
    with pytest.raises(ValueError, match="at least one input"):
        from_expression("True").to_sequential()
    wide = LogicNet({"y": Neuron(*(f"x{i}" for i in range(21)))})
    with pytest.raises(ValueError, match="at most 20 inputs, received 21"):
        wide.truth_table()
