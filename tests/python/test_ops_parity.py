"""keras.ops, keras.random, keras.config and policies beside live Keras.

Values of float32 are compared to 1e-5 of the largest magnitude: some 100 roundings of 2⁻²⁴, for sums of up to a dozen
terms in another order and elementary functions that are wrong by a few units in the last place.
"""

import inspect

import numpy as np
import pytest

import bardana
from bardana import ops
from bardana.tensor import Tensor

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # of Keras at 1 / 0 and the like
]


def arrays():
    rng = np.random.default_rng(5)
    return {
        "f32": rng.uniform(-2, 2, (2, 3)).astype("float32"),
        "f64": rng.uniform(-2, 2, (2, 3)),
        "i32": rng.integers(-3, 4, (2, 3)).astype("int32"),
        "u8": rng.integers(0, 9, (2, 3)).astype("uint8"),
        "bool": rng.integers(0, 2, (2, 3)).astype(bool),
    }


A = arrays()
UNARY = [
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "arctan"),
    *("sinh", "cosh", "tanh", "floor", "ceil", "abs", "absolute", "negative", "sign", "square", "isnan", "isinf"),
    *("isfinite", "relu", "selu", "silu", "swish", "sigmoid", "softplus", "softsign", "softmax", "log_softmax", "gelu"),
    *("leaky_relu", "elu", "mean", "sum", "prod", "std", "var", "max", "min", "any", "all", "count_nonzero", "argmax"),
    *("argmin", "median", "logsumexp", "cumsum", "cumprod", "ravel", "transpose", "sort", "argsort", "zeros_like"),
    *("ones_like", "flip", "norm", "normalize", "size", "ndim", "round", "array", "convert_to_tensor", "stop_gradient"),
    "logical_not",
]
# TensorFlow has these for floats only; here they take integers as floats.
FLOATS_ONLY = [
    *("rsqrt", "reciprocal", "relu", "selu", "silu", "swish", "sigmoid", "softplus", "softsign", "softmax"),
    *("log_softmax", "gelu", "leaky_relu", "elu", "logsumexp", "normalize"),
]
# Keras has no result for booleans, or for unsigned numbers, that means something.
UNDEFINED = {
    "bool": ("negative", "sign", "median", "flip", "max", "min", "sort", "argsort", "round"),
    "u8": ("negative", "sign"),
}
BINARY = [
    *("add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "mod", "power", "maximum", "minimum"),
    *("logaddexp", "arctan2", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal"),
    *("logical_and", "logical_or", "logical_xor"),
]
X, Y, I3 = A["f32"], A["f64"], np.array([[0, 2], [1, 1]], "int32")
P = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], "float32")
REDUCING = ("mean", "sum", "max", "min", "std", "var", "logsumexp", "any", "all")
CALLS = {
    "axes": [
        (name, (X,), {"axis": axis}) for name in ("mean", "sum", "max", "std", "logsumexp", "any") for axis in (0, -1)
    ]
    + [
        (name, (X,), {"axis": 1, "keepdims": True})
        for name in ("mean", "sum", "argmax", "min", "var", "logsumexp", "all")
    ]
    + [("sum", (X,), {"axis": (0, 1)}), ("max", (X,), {"initial": 9.0}), ("cumsum", (X,), {"axis": 1})]
    + [("median", (X,), {"axis": 0}), ("softmax", (X,), {"axis": 0}), ("log_softmax", (X,), {"axis": 0})],
    "shapes": [
        ("reshape", (X, (3, -1)), {}),
        ("transpose", (X, (1, 0)), {}),
        ("swapaxes", (X, 0, 1), {}),
        ("moveaxis", (X, 0, 1), {}),
        ("expand_dims", (X, 1), {}),
        ("squeeze", (X[:1],), {}),
        ("squeeze", (X[:1],), {"axis": 0}),
        ("broadcast_to", (X, (4, 2, 3)), {}),
        ("concatenate", ([X, Y],), {"axis": 1}),
        ("concatenate", ([A["i32"], X],), {}),
        ("stack", ([X, X],), {"axis": -1}),
        ("unstack", (X,), {"axis": 1}),
        ("split", (X, 3), {"axis": 1}),
        ("split", (X, [1]), {}),
        ("tile", (X, (2, 1)), {}),
        ("repeat", (X, 2), {"axis": 0}),
        ("flip", (X,), {"axis": 1}),
        ("take", (X, I3), {"axis": 1}),
        ("take", (X, np.array([5, 0])), {}),
        ("take_along_axis", (X, I3), {"axis": 1}),
        ("sort", (X,), {"axis": 0}),
        ("argsort", (X,), {"axis": 0}),
        ("top_k", (X, 2), {}),
        ("shape", (X,), {}),
    ],
    "made": [
        ("zeros", ((2, 3),), {}),
        ("ones", ((2,),), {"dtype": "int32"}),
        ("full", ((2,), 3), {}),
        ("eye", (3,), {}),
        ("eye", (2, 3), {"k": 1, "dtype": "int32"}),
        ("arange", (5,), {}),
        ("arange", (1.0, 2.0, 0.25), {}),
        ("arange", (5, 1, -2), {"dtype": "float32"}),
        ("linspace", (0.0, 1.0, 5), {}),
        ("linspace", (0, 4), {"num": 4, "endpoint": False}),
        ("linspace", (0, 4), {"num": 5, "retstep": True}),
        ("one_hot", (I3, 3), {}),
        ("one_hot", (np.array([-1, 5]), 3), {"axis": 0, "dtype": "int32"}),
        ("cast", (X, "int32"), {}),
        ("cast", (X, "bool"), {}),
        ("convert_to_tensor", ([[1, 2], [3, 4]],), {}),
        ("convert_to_tensor", ([1.5, 2],), {}),
        ("convert_to_tensor", (True,), {}),
        ("convert_to_tensor", (3,), {"dtype": "float64"}),
        ("convert_to_tensor", ([np.float64(1.0), np.float64(2.0)],), {}),
    ],
    "products": [
        ("matmul", (X, X.T), {}),
        ("matmul", (A["i32"], X.T), {}),
        ("dot", (X[0], X[1]), {}),
        ("tensordot", (X, X), {}),
        ("tensordot", (X, X), {"axes": ([1], [1])}),
        ("outer", (X[0], X[1]), {}),
        ("einsum", ("ij,kj->ik", X, X), {}),
        ("norm", (X,), {"axis": 1, "keepdims": True}),
        ("norm", (X,), {"ord": 1, "axis": 0}),
        ("normalize", (X,), {"axis": 0}),
        ("normalize", (X * 0,), {"order": 1}),
    ],
    "others": [
        ("clip", (X, -1, 1.0), {}),
        ("clip", (A["i32"], -1, 1), {}),
        ("round", (X,), {"decimals": 1}),
        ("where", (X > 0, X, 0), {}),
        ("where", (X > 0, A["i32"], 0.5), {}),
        ("where", (X > 0,), {}),
        ("isclose", (X, X + 1e-9), {}),
        ("leaky_relu", (X, 0.3), {}),
        ("elu", (X, 0.5), {}),
        ("gelu", (X, False), {}),
        ("is_tensor", (X,), {}),
        ("binary_crossentropy", (A["bool"].astype("float32"), P), {}),
        ("binary_crossentropy", (A["bool"].astype("float32"), X), {"from_logits": True}),
        ("categorical_crossentropy", (P, P[::-1]), {}),
        ("categorical_crossentropy", (P, X), {"from_logits": True}),
        ("sparse_categorical_crossentropy", (np.array([0, 2]), P), {}),
        ("sparse_categorical_crossentropy", (np.array([0, 2]), X), {"from_logits": True}),
    ],
}


def assert_same(ours, theirs, what):
    if isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs), what
        for left, right in zip(ours, theirs, strict=True):
            assert_same(left, right, what)
        return
    if isinstance(theirs, int | bool | str):
        assert ours == theirs, what
        return
    theirs = np.asarray(theirs)
    assert isinstance(ours, Tensor), what
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), what
    finite = theirs[np.isfinite(theirs)]
    bound = float(np.abs(finite.astype("float64")).max(initial=0))
    np.testing.assert_allclose(
        ours, theirs, rtol=1e-5, atol=1e-5 * bound if theirs.dtype.kind == "f" else 0, err_msg=what
    )


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in UNARY for kind in A if name not in UNDEFINED.get(kind, ())]
)
def test_functions_of_one_array(name, kind, keras):
    function, x = getattr(ops, name), A[kind]
    if name in FLOATS_ONLY and x.dtype.kind != "f":
        np.testing.assert_array_equal(function(x), function(x.astype("float32")), strict=True)
    else:
        assert_same(function(x), getattr(keras.ops, name)(x), name)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two(name, keras):
    """Every pair of types, and Python's numbers, which adapt."""
    kinds = ["f32", "f64", "i32", "u8"] if not name.startswith("logical") else ["bool", "f32"]
    for first in kinds:
        for second in [*(A[kind] for kind in kinds), 2, 1.5, True]:
            if second is True and first != "bool":
                continue
            x1 = np.abs(A[first]) + A[first].dtype.type(1) if name in ("power", "mod", "floor_divide") else A[first]
            x2 = (
                np.abs(second) + 1
                if name in ("power", "mod", "floor_divide") and isinstance(second, np.ndarray)
                else second
            )
            if isinstance(x2, np.ndarray):
                x2 = x2.astype(second.dtype)
            what = f"{name} of {x1.dtype} and {getattr(x2, 'dtype', x2)}"
            assert_same(getattr(ops, name)(x1, x2), getattr(keras.ops, name)(x1, x2), what)


@pytest.mark.parametrize("group", CALLS)
def test_calls(group, keras):
    for name, arguments, options in CALLS[group]:
        ours, theirs = (getattr(package.ops, name)(*arguments, **options) for package in (bardana, keras))
        assert_same(ours, theirs, f"{name} {options}")


def test_every_function_is_compared():
    compared = {*UNARY, *BINARY, *(name for group in CALLS.values() for name, _, _ in group)}
    assert set(ops.__all__) - compared == {"convert_to_numpy", "dtype"}


def test_signatures_are_those_of_keras(keras):
    for module in ("ops", "random", "config", "dtype_policies"):
        for name in getattr(getattr(bardana, module), "__all__", None) or public(getattr(bardana, module)):
            ours = getattr(getattr(bardana, module), name)
            theirs = getattr(getattr(keras, module), name, None)
            if name in ("layer_dtype", "einsum", "argsort", "FloatDTypePolicy", "DTypePolicy"):
                continue  # our own; the rest has the same names
            if inspect.isclass(theirs):
                continue
            names = [
                [p.name for p in inspect.signature(f).parameters.values() if p.kind is not p.VAR_KEYWORD]
                for f in (ours, theirs)
            ]
            assert names[0] == names[1], f"{module}.{name}"


def public(module):
    return [n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == module.__name__]


def test_variables_tensors_and_what_is_no_array(keras):
    variable = bardana.Variable([1.0, 2.0])
    assert ops.sum(variable).item() == 3.0
    assert ops.shape(variable) == (2,)
    assert ops.dtype(variable) == "float32"
    assert type(ops.convert_to_numpy(variable)) is np.ndarray
    tensor = bardana.Sequential([bardana.Input((2,)), bardana.layers.Dense(1)])(np.ones((1, 2)))
    assert ops.is_tensor(tensor) and not ops.is_tensor(np.ones(1))
    assert ops.mean(tensor).numpy() == tensor.item()
    with pytest.raises(TypeError, match="tracing them over symbolic inputs is not there yet"):
        ops.mean(bardana.Input((2,)))
    with pytest.raises(ValueError, match="expected rows of equal length"):
        ops.mean([[1], [1, 2]])
    with pytest.raises(ValueError, match="expected an array of numbers"):
        ops.mean("text")
    for wrong in (lambda: ops.where([True], 1), lambda: ops.one_hot([1], 2, sparse=True), lambda: ops.unstack([1], 2)):
        with pytest.raises(ValueError, match="expected"):
            wrong()
    with pytest.raises(ValueError, match="sparse"):
        ops.convert_to_tensor([1], sparse=True)


DRAWS = {
    "normal": lambda random, seed: random.normal((400, 50), 1.0, 2.0, seed=seed),
    "truncated_normal": lambda random, seed: random.truncated_normal((400, 50), 1.0, 2.0, seed=seed),
    "uniform": lambda random, seed: random.uniform((400, 50), -1.0, 3.0, seed=seed),
    "randint": lambda random, seed: random.randint((400, 50), -2, 5, seed=seed),
    "categorical": lambda random, seed: random.categorical(np.log([[0.2, 0.5, 0.3]] * 2), 10000, seed=seed),
    "dropout": lambda random, seed: random.dropout(np.ones((400, 50), "float32"), 0.25, seed=seed),
    "shuffle": lambda random, seed: random.shuffle(np.arange(20000).reshape(400, 50), axis=1, seed=seed),
    "gamma": lambda random, seed: random.gamma((400, 50), 2.5, seed=seed),
    "beta": lambda random, seed: random.beta((400, 50), 2.0, 3.0, seed=seed),
    "binomial": lambda random, seed: random.binomial((400, 50), 7.0, 0.4, seed=seed),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_have_the_distribution_of_keras(name, keras, rng):
    """20,000 numbers each: means and standard deviations within 6 standard errors, types, shapes and bounds alike."""
    seed = int(rng.integers(2**31))
    ours, theirs = (np.asarray(DRAWS[name](package.random, seed)) for package in (bardana, keras))
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    spread, count = theirs.std(), theirs.size
    assert abs(ours.mean() - theirs.mean()) <= 6 * spread * np.sqrt(2 / count) + 1e-9
    # The error of a standard deviation is s √((κ − 1) / 4n), with kurtosis κ below 10 for all of these.
    assert abs(ours.std() - spread) <= 6 * spread * np.sqrt(2 * 9 / (4 * count))
    if name in ("randint", "dropout", "categorical", "binomial"):
        assert set(np.unique(ours)) == set(np.unique(theirs))
    if name in ("uniform", "truncated_normal"):
        assert ours.min() >= {"uniform": -1, "truncated_normal": -3}[name]
        assert ours.max() <= {"uniform": 3, "truncated_normal": 5}[name]


@pytest.mark.parametrize("name", DRAWS)
def test_seeds(name):
    draw = DRAWS[name]
    random = bardana.random
    same, again, other = draw(random, 1), draw(random, 1), draw(random, 2)
    assert np.array_equal(same, again) and not np.array_equal(same, other)
    generator, twin = random.SeedGenerator(5), random.SeedGenerator(5)
    first, second = draw(random, generator), draw(random, generator)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, draw(random, twin)) and np.array_equal(second, draw(random, twin))
    late, wide = random.SeedGenerator(0), random.SeedGenerator(2**32)
    draw(random, late)
    assert not np.array_equal(draw(random, late), draw(random, wide))
    bardana.utils.set_random_seed(3)
    first, second = draw(random, None), draw(random, None)
    bardana.utils.set_random_seed(3)
    assert np.array_equal(first, draw(random, None)) and not np.array_equal(first, second)


def test_seed_generator(keras):
    for package in (bardana, keras):
        package.utils.clear_session()
        generator = package.random.SeedGenerator(7)
        assert [np.asarray(generator.next()).tolist() for _ in range(3)] == [[7, 0], [7, 1], [7, 2]]
        assert np.asarray(generator.state).tolist() == [7, 3]
        assert generator.get_config() == {"seed": 7, "name": "seed_generator"}
        assert package.random.SeedGenerator.from_config({"seed": 7}).get_config()["seed"] == 7
        for seed in (-1, 2**32 + 5, 2**63 - 1):
            assert np.asarray(package.random.SeedGenerator(seed).state).tolist() == [seed, 0]
        for wrong in ("x", 1.5, 2**63, -(2**63) - 1):
            with pytest.raises(ValueError):
                package.random.SeedGenerator(wrong)
    bardana.utils.set_random_seed(3)
    seeds = [bardana.random.SeedGenerator().seed for _ in range(2)]
    bardana.utils.set_random_seed(3)
    assert seeds == [bardana.random.SeedGenerator().seed for _ in range(2)] and seeds[0] != seeds[1]


def test_dropout_by_shape_and_at_the_ends(rng):
    x = rng.standard_normal((50, 4)).astype("float32")
    shared = bardana.random.dropout(x, 0.5, noise_shape=(None, 1), seed=1)
    assert set(np.count_nonzero(shared, axis=1)) == {0, 4}
    np.testing.assert_array_equal(bardana.random.dropout(x, 0.0), x)
    assert not bardana.random.dropout(x, 1.0).any()
    for wrong in (
        lambda: bardana.random.dropout(x, 1.5),
        lambda: bardana.random.categorical([0.0], 1),
        lambda: bardana.random.randint((1,), 0, 2, dtype="float32"),
        lambda: bardana.random.normal((1,), dtype="int32"),
        lambda: bardana.random.normal((1,), seed="x"),
    ):
        with pytest.raises(ValueError, match="expected"):
            wrong()
    assert bardana.random.uniform((3,), dtype="float64").dtype == np.float64
    assert bardana.random.normal((3,), dtype="float16").dtype == np.float16


def test_policies(keras):
    for package in (bardana, keras):
        policy = package.dtype_policies.DTypePolicy("float64")
        assert (policy.name, policy.compute_dtype, policy.variable_dtype) == ("float64",) * 3
        assert repr(policy) == '<DTypePolicy "float64">'
        assert policy == package.DTypePolicy("float64") != package.DTypePolicy("float32")
        data = package.dtype_policies.serialize(policy)
        assert data["config"] == {"name": "float64"}
        assert package.dtype_policies.deserialize(data) == package.dtype_policies.get(data) == policy
        assert package.dtype_policies.get("float64") == policy
        assert package.layers.Dense(1, dtype=policy).dtype_policy == policy
        package.config.set_dtype_policy("float64")
        try:
            assert package.config.dtype_policy() == package.DTypePolicy() == policy
            layer = package.layers.Dense(1)
            assert (layer.dtype_policy, layer.compute_dtype, layer.variable_dtype) == (policy, "float64", "float64")
            assert package.config.floatx() == "float32"
        finally:
            package.config.set_dtype_policy("float32")
        for wrong in ("foo", 3):
            with pytest.raises((ValueError, TypeError)):
                package.DTypePolicy(wrong)
    for missing in ("mixed_float16", "float16", "bfloat16"):
        with pytest.raises(ValueError, match="expected dtype to be one of"):
            bardana.DTypePolicy(missing)
        with pytest.raises(ValueError, match="expected dtype to be one of"):
            bardana.config.set_dtype_policy(missing)
    assert bardana.config.dtype_policy() == bardana.DTypePolicy("float32")


def test_switches(keras):
    for package in (bardana, keras):
        package.config.disable_traceback_filtering()
        assert not package.config.is_traceback_filtering_enabled()
        package.config.enable_traceback_filtering()
        assert package.config.is_traceback_filtering_enabled()
    bardana.config.set_backend("bardana")
    with pytest.raises(ValueError, match="received 'jax'"):
        bardana.config.set_backend("jax")


def test_device(keras):
    for package in (bardana, keras):
        with package.device("cpu:0"):
            assert package.Sequential([package.Input((2,)), package.layers.Dense(1)])(np.ones((1, 2))).shape == (1, 1)
    for name in ("cpu", "CPU:0", "/device:CPU:0"):
        with bardana.device(name):
            pass
    for name in ("tpu", "cuda:0", "gpu", "cpu:1"):
        with pytest.raises(ValueError, match=r"device: expected one of .*, received"), bardana.device(name):
            pass
