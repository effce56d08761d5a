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


def log_sigmoid(x):
    return -softplus(-x)


def mish_slope(x):
    t = np.tanh(softplus(x))
    return t + np.where(np.isposinf(x), 0.0, x) * sigmoid(x) * (1.0 - t * t)


def squareplus(x, b=4.0):
    s = np.sqrt(x * x + b)
    return np.where(x < 0, 0.5 * b / (s - x), 0.5 * (x + s))


def squareplus_slope(x, b=4.0):
    return np.where(np.isposinf(x), 1.0, squareplus(x, b) / np.sqrt(x * x + b))


def clip(x, low, high):
    return np.where(np.isnan(x), x, np.minimum(np.maximum(x, low), high))


def inside(x, low, high):
    return np.where((x > low) & (x < high), 1.0, 0.0)


def hard_silu_slope(x):
    return np.where(x >= 3, 1.0, np.where(x > -3, x / 3 + 0.5, 0.0))


def soft_shrink(x, threshold=0.5):
    return np.where(np.abs(x) <= threshold, 0.0, x - np.sign(x) * threshold)


def sparse_plus(x):
    return np.where(x <= -1, 0.0, np.where(x < 1, (x + 1) ** 2 / 4, x))


def beyond(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, 1.0, 0.0)


# name: (f, f′), both of (x, **parameters). Softmax and its like have functions of their own.
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
    "celu": (
        lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
        lambda x, alpha=1.0: np.where(x > 0, 1.0, np.exp(x / alpha)),
    ),
    "log_sigmoid": (log_sigmoid, lambda x: sigmoid(-x)),
    "mish": (lambda x: x * np.tanh(softplus(x)), mish_slope),
    "tanh_shrink": (lambda x: x - np.tanh(x), lambda x: np.tanh(x) ** 2),
    "squareplus": (squareplus, squareplus_slope),
    "hard_sigmoid": (lambda x: clip(x / 6 + 0.5, 0.0, 1.0), lambda x: inside(x, -3, 3) / 6),
    "hard_silu": (lambda x: x * clip(x / 6 + 0.5, 0.0, 1.0), hard_silu_slope),
    "hard_tanh": (lambda x: clip(x, -1.0, 1.0), lambda x: np.where(np.abs(x) <= 1, 1.0, 0.0)),
    "hard_shrink": (lambda x, threshold=0.5: np.where(np.abs(x) <= threshold, 0.0, x), beyond),
    "soft_shrink": (soft_shrink, beyond),
    "sparse_plus": (sparse_plus, lambda x: clip(0.5 * (x + 1), 0.0, 1.0)),
    "sparse_sigmoid": (lambda x: clip(0.5 * (x + 1), 0.0, 1.0), lambda x: inside(x, -1, 1) / 2),
    "threshold": (
        lambda x, threshold=0.0, default_value=0.0: np.where(x <= threshold, default_value, x),
        lambda x, threshold=0.0, default_value=0.0: np.where(x > threshold, 1.0, 0.0),
    ),
    "heaviside": (lambda x: np.heaviside(x, 1.0), np.zeros_like),
    "sign": (np.sign, np.zeros_like),
}


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_backward(y, dy):
    return y * (dy - np.sum(y * dy, axis=-1, keepdims=True))


def log_softmax(x):
    top = np.max(x, axis=-1, keepdims=True)
    return x - top - np.log(np.sum(np.exp(x - top), axis=-1, keepdims=True))


def sparsemax(x):
    """By sorting, Martins and Astudillo 2016, algorithm 1."""
    z = np.sort(x, axis=-1)[..., ::-1]
    sums, k = np.cumsum(z, axis=-1), np.arange(1, x.shape[-1] + 1)
    size = np.sum(1 + k * z > sums, axis=-1, keepdims=True)
    tau = (np.take_along_axis(sums, size - 1, axis=-1) - 1) / size
    return np.maximum(x - tau, 0.0)


def sparsemax_backward(y, dy):
    support = y > 0
    mean = np.sum(np.where(support, dy, 0.0), axis=-1, keepdims=True) / np.sum(support, axis=-1, keepdims=True)
    return np.where(support, dy - mean, 0.0)


# name: (f of rows x, derivative of (y, dy)).
ROW_ACTIVATIONS = {
    "softmax": (softmax, softmax_backward),
    "log_softmax": (log_softmax, lambda y, dy: dy - np.exp(y) * np.sum(dy, axis=-1, keepdims=True)),
    "sparsemax": (sparsemax, sparsemax_backward),
}


def activate(name, x, **parameters):
    """y = f(x); those of whole rows along the last axis."""
    with np.errstate(all="ignore"):
        if name in ROW_ACTIVATIONS:
            return ROW_ACTIVATIONS[name][0](wide(x))
        return ACTIVATIONS[name][0](wide(x), **parameters)


def activate_backward(name, x, dy, **parameters):
    """dx for y = f(x)."""
    x, dy = wide(x), wide(dy)
    with np.errstate(all="ignore"):
        if name in ROW_ACTIVATIONS:
            return ROW_ACTIVATIONS[name][1](ROW_ACTIVATIONS[name][0](x), dy)
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


def mean_absolute_percentage_error(t, y):
    e, size = wide(y) - wide(t), np.maximum(np.abs(wide(t)), clip_limits(y)[0])
    return 100 * np.mean(np.abs(e) / size, axis=-1), 100 * np.sign(e) / size / e.shape[-1]


def mean_squared_logarithmic_error(t, y):
    low = clip_limits(y)[0]
    difference = np.log1p(np.maximum(wide(y), low)) - np.log1p(np.maximum(wide(t), low))
    slope = np.where(wide(y) < low, 0.0, 2 * difference / (1 + wide(y)))
    return np.mean(difference**2, axis=-1), slope / y.shape[-1]


def log_cosh(t, y):
    e = wide(y) - wide(t)
    return np.mean(np.logaddexp(e, -e) - np.log(2), axis=-1), np.tanh(e) / e.shape[-1]


def poisson(t, y):
    t, shifted = wide(t), wide(y) + clip_limits(y)[0]
    return np.mean(wide(y) - t * np.log(shifted), axis=-1), (1 - t / shifted) / y.shape[-1]


def kl_divergence(t, y):
    low = clip_limits(y)[0]
    t, q = np.clip(wide(t), low, 1), np.clip(wide(y), low, 1)
    return np.sum(t * np.log(t / q), axis=-1), np.where(q == wide(y), -t / q, 0.0)


def signs(t):
    """Targets 0 and 1 as −1 and 1 if there are no others."""
    t = wide(t)
    return 2 * t - 1 if np.isin(t, (0, 1)).all() else t


def hinge(t, y):
    s = signs(t)
    margin = 1 - s * wide(y)
    return np.mean(np.maximum(margin, 0), axis=-1), np.where(margin >= 0, -s, 0.0) / y.shape[-1]


def squared_hinge(t, y):
    s = signs(t)
    margin = np.maximum(1 - s * wide(y), 0)
    return np.mean(margin**2, axis=-1), -2 * s * margin / y.shape[-1]


def categorical_hinge(t, y):
    t, y = wide(t), wide(y)
    others = (1 - t) * y
    top = np.max(others, axis=-1, keepdims=True)
    margin = top[..., 0] - np.sum(t * y, axis=-1) + 1
    largest = others == top
    slope = largest * (1 - t) / np.sum(largest, axis=-1, keepdims=True) - t
    return np.maximum(margin, 0), np.where(margin[..., None] >= 0, slope, 0.0)


def cosine_similarity(t, y, sign=-1.0):
    low = clip_limits(y)[0]
    t, y = wide(t), wide(y)
    unit = t / np.maximum(np.linalg.norm(t, axis=-1, keepdims=True), low)
    length = np.maximum(np.linalg.norm(y, axis=-1, keepdims=True), low)
    values = sign * np.sum(unit * y / length, axis=-1)
    return values, (sign * unit - values[..., None] * y / length) / length


def categorical_generalized_cross_entropy(labels, y, q=0.5):
    t = wide(np.asarray(labels)[..., None] == np.arange(y.shape[-1]))
    p = np.sum(t * wide(y), axis=-1)
    return (1 - p**q) / q, -t * (p ** (q - 1))[..., None]


def power_slope(x, e):
    return e * x ** (e - 1) if e else np.zeros_like(x)


def binary_focal_crossentropy(
    t, y, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0
):
    s = wide(t) * (1.0 - label_smoothing) + 0.5 * label_smoothing
    weight = s * alpha + (1 - s) * (1 - alpha) if apply_class_balancing else 1.0
    if from_logits:
        z = wide(y)
        p, slope_of_p = sigmoid(z), sigmoid(z) * sigmoid(-z)
        entropy, slope = np.maximum(z, 0.0) - s * z + np.log1p(np.exp(-np.abs(z))), sigmoid(z) - s
    else:
        p, slope_of_p = wide(y), 1.0
        q, kept = clipped(y)
        entropy, slope = -(s * np.log(q) + (1.0 - s) * np.log1p(-q)), np.where(kept, (q - s) / (q * (1.0 - q)), 0.0)
    miss = s * (1 - p) + (1 - s) * p
    gradient = power_slope(miss, gamma) * (1 - 2 * s) * slope_of_p * entropy + miss**gamma * slope
    return np.mean(weight * miss**gamma * entropy, axis=-1), weight * gradient / y.shape[-1]


def categorical_focal_crossentropy(t, y, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0):
    t = wide(t) * (1.0 - label_smoothing) + label_smoothing / y.shape[-1]
    p = softmax(wide(y)) if from_logits else wide(y)
    total = np.sum(p, axis=-1, keepdims=True)
    share = p / total
    q = np.clip(share, *clip_limits(y))
    slope = alpha * t * (power_slope(1 - q, gamma) * np.log(q) - (1 - q) ** gamma / q)
    slope = np.where(q == share, slope, 0.0)
    gradient = (slope - np.sum(slope * share, axis=-1, keepdims=True)) / total
    if from_logits:
        gradient = p * (gradient - np.sum(gradient * p, axis=-1, keepdims=True))
    return -np.sum(alpha * t * (1 - q) ** gamma * np.log(q), axis=-1), gradient


# name: values for each row and the gradient of their sum, of (y_true, y_pred, **parameters).
LOSSES = {
    "mean_absolute_percentage_error": mean_absolute_percentage_error,
    "mean_squared_logarithmic_error": mean_squared_logarithmic_error,
    "log_cosh": log_cosh,
    "poisson": poisson,
    "kl_divergence": kl_divergence,
    "hinge": hinge,
    "squared_hinge": squared_hinge,
    "categorical_hinge": categorical_hinge,
    "cosine_similarity": cosine_similarity,
    "categorical_generalized_cross_entropy": categorical_generalized_cross_entropy,
    "binary_focal_crossentropy": binary_focal_crossentropy,
    "categorical_focal_crossentropy": categorical_focal_crossentropy,
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


def moments(t, y):
    """Means, variances and covariance along the last axis."""
    t, y = wide(t), wide(y)
    dt, dy = t - np.mean(t, axis=-1, keepdims=True), y - np.mean(y, axis=-1, keepdims=True)
    return *(np.mean(x, axis=-1) for x in (t, y)), *(np.mean(x, axis=-1) for x in (dt * dt, dy * dy, dt * dy))


def pearson_correlation(t, y):
    _, _, tt, yy, ty = moments(t, y)
    with np.errstate(invalid="ignore"):
        return ty / np.sqrt(tt * yy)


def concordance_correlation(t, y):
    mean_t, mean_y, tt, yy, ty = moments(t, y)
    return 2 * ty / (tt + yy + (mean_t - mean_y) ** 2 + 1e-7)


def in_top_k(labels, y, k):
    """Whether fewer than k entries of a row are larger than that of its label."""
    own = np.take_along_axis(y, np.asarray(labels)[..., None].astype(int), axis=-1)
    return wide(np.sum(y > own, axis=-1) < k)


def top_k_categorical_accuracy(t, y, k=5):
    return in_top_k(np.argmax(t, axis=-1), y, k)


def sparse_top_k_categorical_accuracy(labels, y, k=5, from_sorted_ids=False):
    if from_sorted_ids:
        return wide(np.any(y[..., :k] == np.asarray(labels)[..., None], axis=-1))
    return in_top_k(labels, y, k)


# name: values for each row, of (y_true, y_pred, **parameters). Every loss is a metric too.
METRICS = {
    "pearson_correlation": pearson_correlation,
    "concordance_correlation": concordance_correlation,
    "top_k_categorical_accuracy": top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": sparse_top_k_categorical_accuracy,
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
