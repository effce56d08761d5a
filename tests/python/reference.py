"""What every native operation means, in NumPy and float64: slow, obvious, and independent of the engine.

Each registry of the engine has a dict of twins here under the same names; test_kernels compares the two, so a new
component without a twin fails the suite. Arguments may be float32: they are widened first, so that the result is what
exact arithmetic on those very inputs gives (but for 1e-16). Only the clip limits of probabilities depend on the type.
"""

import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[np.float64])
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)


def wide(array):
    return np.asarray(array, dtype=np.float64)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1.0) / (1.0 + e)


def relu(x):
    return np.where(np.isnan(x), x, np.where(x > 0, x, 0.0))


def relu_slope(x):
    return np.where(x > 0, 1.0, 0.0)


def bounded_relu(x, negative_slope=0.0, max_value=math.inf, threshold=0.0):
    below = negative_slope * (x - threshold) if negative_slope else np.zeros_like(x)
    y = np.where(x >= max_value, max_value, np.where(x > threshold, x, below))
    return np.where(np.isnan(x), x, y)


def bounded_relu_slope(x, negative_slope=0.0, max_value=math.inf, threshold=0.0):
    """0 at the threshold and 1 at max_value, as in TensorFlow's relu and clip; its relu6 has 0 at 6."""
    below = np.where(x == threshold, 0.0, negative_slope)
    passes = x < max_value if (max_value, threshold) == (6.0, 0.0) else x <= max_value
    return np.where(x > threshold, np.where(passes, 1.0, 0.0), below)


def leaky_relu(x, negative_slope=0.2):
    return np.where(x > 0, x, negative_slope * x)


def leaky_relu_slope(x, negative_slope=0.2):
    return np.where(x > 0, 1.0, negative_slope)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


def elu_slope(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.exp(x))


def selu(x):
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_slope(x):
    """The slope at 0 is that from the right, as in TensorFlow; of elu it is that from the left."""
    return np.where(x < 0, SELU_SCALE * elu_slope(x, SELU_ALPHA), SELU_SCALE)


def softplus(x):
    return np.where(x > 0, x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def normal_cdf(x):
    return 0.5 * (1.0 + erf(x / math.sqrt(2)))


def gelu_slope(x):
    return normal_cdf(x) + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def gelu_tanh(x):
    return 0.5 * x * (1.0 + np.tanh(ROOT_2_OVER_PI * (x + 0.044715 * x**3)))


def gelu_tanh_slope(x):
    t = np.tanh(ROOT_2_OVER_PI * (x + 0.044715 * x**3))
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT_2_OVER_PI * (1.0 + 3 * 0.044715 * x**2)


# name: (f, f′), both of (x, **parameters). Softmax has functions of its own.
ACTIVATIONS = {
    "linear": (lambda x: x, np.ones_like),
    "relu": (relu, relu_slope),
    "bounded_relu": (bounded_relu, bounded_relu_slope),
    "leaky_relu": (leaky_relu, leaky_relu_slope),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "tanh": (np.tanh, lambda x: 1.0 - np.tanh(x) ** 2),
    "exponential": (np.exp, np.exp),
    "softplus": (softplus, sigmoid),
    "softsign": (lambda x: x / (1.0 + np.abs(x)), lambda x: 1.0 / (1.0 + np.abs(x)) ** 2),
    "elu": (elu, elu_slope),
    "selu": (selu, selu_slope),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1.0 + x * sigmoid(-x))),
    "gelu": (lambda x: x * normal_cdf(x), gelu_slope),
    "gelu_tanh": (gelu_tanh, gelu_tanh_slope),
}


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def activate(name, x, **parameters):
    """y = f(x); softmax along the last axis."""
    with np.errstate(all="ignore"):
        return softmax(wide(x)) if name == "softmax" else ACTIVATIONS[name][0](wide(x), **parameters)


def activate_backward(name, x, dy, **parameters):
    """dx for y = f(x)."""
    x, dy = wide(x), wide(dy)
    with np.errstate(all="ignore"):
        if name == "softmax":
            y = softmax(x)
            return y * (dy - np.sum(y * dy, axis=-1, keepdims=True))
        return dy * ACTIVATIONS[name][1](x, **parameters)


def dense_forward(x, w, b=None, activation="linear"):
    """y = f(x w + b)."""
    z = wide(x) @ wide(w) + (0.0 if b is None else wide(b))
    return activate(activation, z)


def dense_backward(dy, x, w, b=None, activation="linear"):
    """(dx, dw, db) of y = f(x w + b)."""
    x, w = wide(x), wide(w)
    dz = activate_backward(activation, dense_forward(x, w, b), dy)
    return dz @ w.T, x.T @ dz, dz.sum(axis=0)


def sgd(w, g, velocity, learning_rate, momentum):
    return w - learning_rate * g, velocity


def sgd_momentum(w, g, velocity, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * g
    return w + velocity, velocity


def sgd_nesterov(w, g, velocity, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * g
    return w + momentum * velocity - learning_rate * g, velocity


# name: update of (w, g, velocity, learning_rate, momentum), returns (w, velocity).
SGD_RULES = {"sgd": sgd, "sgd_momentum": sgd_momentum, "sgd_nesterov": sgd_nesterov}


def adam(w, g, slots, t, learning_rate, beta_1, beta_2, epsilon):
    """Step t, from 1, in the textbook's form: bias-corrected moments, ε̂ moved outside the correction."""
    m, v = beta_1 * slots[0] + (1 - beta_1) * g, beta_2 * slots[1] + (1 - beta_2) * g**2
    largest = [np.maximum(slots[2], v)] if len(slots) == 3 else []
    corrected = np.sqrt((largest[0] if largest else v) / (1 - beta_2**t))
    step = learning_rate * (m / (1 - beta_1**t)) / (corrected + epsilon / np.sqrt(1 - beta_2**t))
    return w - step, [m, v, *largest]


# name: number of slots.
ADAM_RULES = {"adam": 2, "adam_amsgrad": 3}


def clip_limits(y):
    """1e-7 and 1 − 1e-7 as numbers of y's own type; clipping with them is exact."""
    low = y.dtype.type(1e-7)
    return float(low), float(y.dtype.type(1) - low)


def clipped(y):
    """The clipped probabilities and whether each kept its value."""
    q = np.clip(wide(y), *clip_limits(y))
    return q, q == wide(y)


def mean_squared_error(t, y):
    e = wide(y) - wide(t)
    return np.mean(e * e, axis=-1), 2 * e / e.shape[-1]


def mean_absolute_error(t, y):
    e = wide(y) - wide(t)
    return np.mean(np.abs(e), axis=-1), np.sign(e) / e.shape[-1]


def huber(t, y, delta=1.0):
    e = wide(y) - wide(t)
    size = np.abs(e)
    values = np.where(size <= delta, 0.5 * e * e, delta * (size - 0.5 * delta))
    return np.mean(values, axis=-1), np.where(size <= delta, e, delta * np.sign(e)) / e.shape[-1]


def binary_crossentropy(t, y, from_logits=False, label_smoothing=0.0):
    t = wide(t) * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        z = wide(y)
        values = np.maximum(z, 0.0) - t * z + np.log1p(np.exp(-np.abs(z)))
        return np.mean(values, axis=-1), (sigmoid(z) - t) / z.shape[-1]
    q, kept = clipped(y)
    values = -(t * np.log(q) + (1.0 - t) * np.log1p(-q))
    return np.mean(values, axis=-1), np.where(kept, (q - t) / (q * (1.0 - q)), 0.0) / q.shape[-1]


def from_logits_of(t, z):
    """−Σ t log softmax(z) and its gradient."""
    top = np.max(z, axis=-1, keepdims=True)
    log_sum = top + np.log(np.sum(np.exp(z - top), axis=-1, keepdims=True))
    return np.sum(t * (log_sum - z), axis=-1), softmax(z) * np.sum(t, axis=-1, keepdims=True) - t


def categorical_crossentropy(t, y, from_logits=False, label_smoothing=0.0):
    t = wide(t) * (1.0 - label_smoothing) + label_smoothing / y.shape[-1]
    if from_logits:
        return from_logits_of(t, wide(y))
    total = np.sum(wide(y), axis=-1, keepdims=True)
    share = wide(y) / total
    low, high = clip_limits(y)
    q = np.clip(share, low, high)
    slope = np.where(q == share, -t / q, 0.0)
    gradient = (slope - np.sum(slope * share, axis=-1, keepdims=True)) / total
    return -np.sum(t * np.log(q), axis=-1), gradient


def sparse_categorical_crossentropy(labels, y, from_logits=False, ignore_class=None):
    labels = np.asarray(labels)
    counts = np.ones(labels.shape, bool) if ignore_class is None else labels != ignore_class
    t = wide(np.where(counts, labels, 0)[..., None] == np.arange(y.shape[-1]))
    if from_logits:
        values, gradient = from_logits_of(t, wide(y))
    else:
        q, kept = clipped(y)
        total = np.sum(q, axis=-1, keepdims=True)
        values = -np.sum(t * np.log(q / total), axis=-1)
        gradient = np.where(kept, 1.0 / total - t / q, 0.0)
    return np.where(counts, values, 0.0), np.where(counts[..., None], gradient, 0.0)


# name: values for each row and the gradient of their sum, of (y_true, y_pred, **parameters).
LOSSES = {
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "huber": huber,
    "binary_crossentropy": binary_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
}


def accuracy(t, y):
    return np.mean(wide(t) == wide(y), axis=-1)


def binary_accuracy(t, y, threshold=0.5):
    return np.mean(wide(t) == (wide(y) > y.dtype.type(threshold)), axis=-1)


def categorical_accuracy(t, y):
    return wide(np.argmax(t, axis=-1) == np.argmax(y, axis=-1))


def sparse_categorical_accuracy(labels, y):
    return wide(np.asarray(labels) == np.argmax(y, axis=-1))


# name: values for each row, of (y_true, y_pred, **parameters). Every loss is a metric too.
METRICS = {
    "accuracy": accuracy,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
}

WORD = 0xFFFFFFFF


def philox(key, counter):
    """Philox 4x32-10 (Salmon et al. 2011, section 3.3): four 32-bit words of a 2-word key and a 4-word counter."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & WORD, (p0 >> 32) ^ c3 ^ k1, p0 & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


def words(seed, high, low):
    """The engine's use of it: seed is the key; low, then high, the counter; each 64 bits, low half first."""
    return philox((seed & WORD, seed >> 32), (low & WORD, low >> 32, high & WORD, high >> 32))


def dropout_factors(rows, columns, rate, seed, call):
    """0 with probability `rate`, else 1 / (1 − rate); word (column mod 4) of block (row, column div 4) decides."""
    factors = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            word = words(seed, call, row << 32 | column // 4)[column % 4]
            if word >= rate * 2.0**32:
                factors[row, column] = 1.0 / (1.0 - rate)
    return factors


def permutation(rows, seed, epoch):
    """Fisher and Yates' shuffle; uniform integers by Lemire's method, which draws again after an unfair word.

    For fewer than 2³² rows, where one word is enough for a draw.
    """
    position = 0

    def below(bound):
        nonlocal position
        while True:
            word = words(seed, epoch, position // 4)[position % 4]
            position += 1
            product = word * bound
            if (product & WORD) >= 2**32 % bound:
                return product >> 32

    order = list(range(rows))
    for i in range(rows, 1, -1):
        j = below(i)
        order[i - 1], order[j] = order[j], order[i - 1]
    return order
