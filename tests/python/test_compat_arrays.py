"""Array functions of `bardana.compat`, `keras.backend` and `tensorflow`, beside the real ones.

Both packages round each elementary operation once; two of them in a row, and other orders of a sum of at most 12
numbers, are at most 12 units in the last place apart: 12 · 2⁻²³ ≈ 1.5e-6 for float32, which float64 stays far below.
"""

import importlib

import numpy as np
import pytest

import bardana
from bardana.compat import backend

pytestmark = pytest.mark.parity
TOLERANCE = 1.5e-6


def pair(rng, dtype="float32"):
    return rng.uniform(0.1, 3.0, (3, 4)).astype(dtype), rng.uniform(0.1, 3.0, (3, 4)).astype(dtype)


def signed(rng):
    return rng.normal(size=(3, 4)).astype("float32") * 2


def rows(rng):
    values = rng.uniform(0.05, 1.0, (3, 4))
    return (values / values.sum(axis=1, keepdims=True)).astype("float32")


def hot(rng):
    return np.eye(4, dtype="float32")[rng.integers(4, size=3)]


ONE = ("abs", "cos", "exp", "flatten", "batch_flatten", "hard_sigmoid", "l2_normalize", "ndim", "ones_like", "relu")
ONE += ("round", "shape", "sigmoid", "sign", "sin", "softmax", "softplus", "softsign", "sqrt", "square")
ONE += ("stop_gradient", "tanh", "transpose", "zeros_like", "int_shape", "dtype", "argmax", "argmin", "expand_dims")
ONE += ("cast_to_floatx",)
POSITIVE = ("log",)
TWO = ("equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum", "not_equal")
REDUCTIONS = ("max", "mean", "min", "prod", "std", "sum", "var")
LOGICAL = ("all", "any")

# name → function of a generator that returns argument tuples
SAMPLES = {
    **{name: lambda rng: [(signed(rng),)] for name in ONE},
    **{name: lambda rng: [(pair(rng)[0],), (pair(rng, "float64")[0],)] for name in POSITIVE},
    **{name: lambda rng: [pair(rng), (pair(rng)[0], 1.5), ([1.0, 2.0], [2.0, 2.0])] for name in TWO},
    **{name: lambda rng: [(signed(rng), axis, keep) for axis in (None, 0, -1, [0, 1]) for keep in (False, True)]
       for name in REDUCTIONS},
    **{name: lambda rng: [(signed(rng) > 0, axis) for axis in (None, 0, 1)] for name in LOGICAL},
    "arange": lambda rng: [(5,), (2, 7), (1, 9, 3)],
    "binary_crossentropy": lambda rng: [(hot(rng), rows(rng)), (hot(rng), signed(rng), True)],
    "cast": lambda rng: [(signed(rng), "int32"), (signed(rng) > 0, "float32")],
    "categorical_crossentropy": lambda rng: [(hot(rng), rows(rng)), (hot(rng), signed(rng), True)],
    "clip": lambda rng: [(signed(rng), -0.5, 0.5)],
    "concatenate": lambda rng: [([*pair(rng)],), ([*pair(rng)], 0)],
    "constant": lambda rng: [(2.0,), ([1, 2],), (3, "float64", (2, 2))],
    "count_params": lambda rng: [(signed(rng),)],
    "dot": lambda rng: [(signed(rng), signed(rng).T.copy())],
    "mean": lambda rng: [(signed(rng) > 0,), (signed(rng), 1), (signed(rng), [0, 1], True)],
    "one_hot": lambda rng: [(np.array([0, 2, 1]), 3)],
    "ones": lambda rng: [((2, 3),)],
    "permute_dimensions": lambda rng: [(signed(rng), (1, 0))],
    "pow": lambda rng: [(pair(rng)[0], 2), (pair(rng)[0], 1.5)],
    "relu": lambda rng: [(signed(rng),), (signed(rng), 0.1, 2.0, 0.5)],
    "reshape": lambda rng: [(signed(rng), (2, 6)), (signed(rng), (-1, 2))],
    "sparse_categorical_crossentropy": lambda rng: [(np.array([0, 3, 1]), rows(rng))],
    "squeeze": lambda rng: [(signed(rng)[:, None], 1)],
    "stack": lambda rng: [([*pair(rng)],), ([*pair(rng)], 1)],
    "switch": lambda rng: [(signed(rng) > 0, signed(rng), signed(rng))],
    "zeros": lambda rng: [((2, 3),), ((2,), "float64")],
}  # fmt: skip
OTHERWISE_TESTED = {"batch_get_value", "batch_set_value", "eval", "update", "variable"}


def assert_alike(actual, expected, what):
    if isinstance(expected, (str, int, tuple)):
        assert actual == expected, what
        return
    expected = np.asarray(expected)
    assert (np.shape(actual), np.asarray(actual).dtype) == (expected.shape, expected.dtype), what
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=TOLERANCE, atol=TOLERANCE, err_msg=what)


def test_every_function_of_the_backend_has_a_sample():
    assert set(backend.FUNCTIONS) == set(SAMPLES) | OTHERWISE_TESTED


@pytest.mark.parametrize("name", SAMPLES)
def test_backend_functions_are_those_of_keras(name, rng, keras):
    import tensorflow as tf

    theirs = getattr(tf.keras.backend, name)
    for arguments in SAMPLES[name](rng):
        given = tf.nest.map_structure(lambda a: tf.constant(a) if isinstance(a, np.ndarray) else a, arguments)
        assert_alike(backend.FUNCTIONS[name](*arguments), theirs(*given), f"{name}{arguments}")


def test_values_of_variables():
    functions = backend.FUNCTIONS
    x, y = functions["variable"]([1.0, 2.0]), functions["variable"](3)
    assert (x.dtype, y.dtype) == ("float32", "float32")
    assert functions["batch_set_value"]([(x, [3.0, 4.0]), (y, 5)]) is None
    assert [v.tolist() for v in functions["batch_get_value"]([x, y])] == [[3.0, 4.0], 5.0]
    assert functions["eval"](functions["update"](y, 6)) == 6.0
    assert isinstance(functions["mean"](x).numpy(), np.float32)


X = np.array([[1.5, -2.0], [0.5, 4.0]], "float32")
# Expressions that mean the same under both packages.
EXPRESSIONS = """
tf.constant([1, 2])
tf.constant([1.0, 2.0])
tf.constant(2.0, shape=(2, 2))
tf.constant([1, 2], tf.float64)
tf.convert_to_tensor(X)
tf.convert_to_tensor([[1.0], [2.0]])
tf.cast(X, tf.int32)
tf.cast([True], 'float32')
tf.shape(X)
tf.size(X)
tf.reshape(X, (4, 1))
tf.reshape(X, [-1])
tf.expand_dims(X, 0)
tf.squeeze(X[None])
tf.transpose(X)
tf.transpose(X[None], perm=[1, 0, 2])
tf.concat([X, X], 1)
tf.concat([X, X], axis=0)
tf.stack([X, X])
tf.one_hot([0, 2], 3)
tf.one_hot([1], depth=2, on_value=5.0)
tf.where(X > 0, X, -X)
tf.where(X > 0)
tf.zeros((2, 3))
tf.ones([2], tf.int32)
tf.zeros_like(X)
tf.ones_like(X)
tf.eye(2)
tf.eye(2, 3, dtype=tf.float64)
tf.fill([2, 2], 3.0)
tf.range(5)
tf.range(1, 7, 2)
tf.range(3, dtype=tf.float32)
tf.linspace(0.0, 1.0, 5)
tf.gather(X, [1, 0])
tf.gather(X, [1], axis=1)
tf.argmax(X)
tf.argmax(X, axis=1)
tf.argmin(X, 1)
tf.identity(X)
tf.stop_gradient(X)
tf.abs(X)
tf.square(X)
tf.sqrt(tf.abs(X))
tf.exp(X)
tf.sign(X)
tf.round(X)
tf.sin(X)
tf.cos(X)
tf.pow(X, 2.0)
tf.add(X, 1.0)
tf.subtract(X, X)
tf.multiply(X, 2.0)
tf.divide(X, 2.0)
tf.matmul(X, X)
tf.matmul(X, X, transpose_b=True)
tf.maximum(X, 0.0)
tf.minimum(X, X)
tf.equal(X, X)
tf.not_equal(X, 1.5)
tf.less(X, 1.0)
tf.less_equal(X, 1.5)
tf.greater(X, 1.0)
tf.greater_equal(X, 1.5)
tf.logical_and(X > 0, X > 1)
tf.logical_or(X > 0, X > 1)
tf.logical_not(X > 0)
tf.clip_by_value(X, -1.0, 1.0)
tf.reduce_mean(X)
tf.reduce_mean(X, axis=1)
tf.reduce_sum(X, 0)
tf.reduce_max(X, axis=-1, keepdims=True)
tf.reduce_min(X)
tf.reduce_prod(X, axis=0)
tf.reduce_all(X > 0)
tf.reduce_any(X > 0, axis=1)
tf.sigmoid(X)
tf.tanh(X)
tf.nn.relu(X)
tf.nn.sigmoid(X)
tf.nn.tanh(X)
tf.nn.softmax(X)
tf.nn.l2_normalize(X, axis=1)
tf.math.log(tf.abs(X))
tf.math.log1p(tf.abs(X))
tf.math.expm1(X)
tf.math.floor(X)
tf.math.ceil(X)
tf.math.is_nan(X)
tf.math.is_finite(X)
tf.math.reduce_std(X, axis=0)
tf.math.reduce_variance(X)
tf.math.less(X, 0.0)
tf.math.square(X)
tf.math.confusion_matrix([0, 1, 1], [0, 1, 0])
tf.linalg.matmul(X, X, transpose_a=True)
tf.linalg.norm(X)
tf.linalg.norm(X, axis=1)
tf.Variable([1.0, 2.0]).assign([3.0, 4.0])
tf.Variable(2)
tf.newaxis is None
tf.is_tensor(tf.constant(1))
tf.is_tensor(X)
tf.executing_eagerly()
tf.get_logger().name
tf.function(lambda x: x + 1)(X)
tf.config.list_physical_devices('GPU')
len(tf.config.list_physical_devices('CPU'))
tf.config.list_physical_devices('CPU')[0].device_type
tf.test.is_gpu_available()
tf.test.gpu_device_name()
tf.float32.name
tf.random.normal((2, 3)).shape == (2, 3)
bool((tf.random.uniform((50,), 2, 4) < 4).numpy().all())
tf.random.uniform((3,), 0, 5, tf.int32).dtype.name
sorted(tf.random.shuffle([3, 1, 2]).numpy().tolist())
tf.abs(-1)
tf.bool.name
tf.compat.v1.logging.ERROR > 0
""".strip().splitlines()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_stand_in_computes_what_tensorflow_computes(expression, keras):
    import tensorflow

    stand_in = importlib.import_module("bardana.compat.tensorflow")
    ours, theirs = (eval(expression, {"tf": package, "X": X}) for package in (stand_in, tensorflow))
    if isinstance(theirs, (bool, str, int, list)):
        assert ours == theirs
    else:
        assert_alike(ours, theirs.numpy(), expression)


def test_seeds_of_tensorflow_leave_other_generators_alone():
    stand_in = importlib.import_module("bardana.compat.tensorflow")

    def weights(seed):
        stand_in.random.set_seed(seed)
        return bardana.initializers.GlorotUniform()((4, 4)).tolist()

    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random(2).tolist()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    first = np.random.random()  # noqa: NPY002
    assert weights(1) == weights(1) != weights(2)
    assert [first, np.random.random()] == expected  # noqa: NPY002
    stand_in.random.set_seed(5)
    numbers = stand_in.random.normal((3,)).tolist()
    stand_in.set_random_seed(5)
    assert stand_in.random.normal((3,)).tolist() == numbers
    assert stand_in.random.normal((3,), seed=1).tolist() == stand_in.random.normal((3,), seed=1).tolist()


def test_threads_and_devices_of_tensorflow():
    stand_in = importlib.import_module("bardana.compat.tensorflow")
    before = bardana.runtime.threads()
    stand_in.config.threading.set_intra_op_parallelism_threads(1)
    assert bardana.runtime.threads() == 1
    stand_in.config.threading.set_intra_op_parallelism_threads(0)
    assert bardana.runtime.threads() == before
    with stand_in.device("/CPU:0"):
        pass
    with pytest.warns(UserWarning, match="no device '/GPU:0'") as caught, stand_in.device("/GPU:0"):
        pass
    assert caught[0].filename == __file__
    for gpu in stand_in.config.experimental.list_physical_devices("GPU"):
        stand_in.config.experimental.set_memory_growth(gpu, True)
