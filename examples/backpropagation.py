"""One step of backpropagation with every number on the way, and the same gradients by NumPy alone."""

import numpy as np

import bardana as keras

keras.config.set_floatx("float64")
model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(2, "sigmoid", name="hidden"), keras.layers.Dense(1, name="out")], name="net"
)
model.set_weights([[[0.2, -0.4], [0.5, 0.3]], [0.1, -0.2], [[0.6], [-0.3]], [0.05]])
model.compile(keras.optimizers.SGD(0.5), "mse")
x, y = np.array([[0.5, -1.0]]), np.array([[1.0]])
trace = model.trace_step(x, y)
print(trace)

w1, b1, w2, b2 = model.get_weights()
a1 = 1 / (1 + np.exp(-(x @ w1 + b1)))
delta2 = 2 * (a1 @ w2 + b2 - y)
delta1 = (delta2 @ w2.T) * a1 * (1 - a1)
by_hand = [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]
difference = max(np.abs(ours - own).max() for ours, own in zip(trace.gradients, by_hand, strict=True))
print(f"largest difference from the gradients by hand: {difference:.1e}")
