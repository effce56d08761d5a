"""Without activations depth adds nothing: a stack of linear layers is one linear layer, W = W1 W2 W3."""

import numpy as np

import bardana as keras

keras.utils.set_random_seed(1)
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
y = np.array([0, 1, 1, 0], dtype="float32")


def net(activation: str | None) -> keras.Sequential:
    """Return three layers with this activation in between."""
    layers = [keras.layers.Dense(8, activation), keras.layers.Dense(8, activation), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((2,)), *layers])


deep = net(None)
deep.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in deep.get_weights()])
w1, b1, w2, b2, w3, b3 = deep.get_weights()
single = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
single.set_weights([w1 @ w2 @ w3, (b1 @ w2 + b2) @ w3 + b3])
points = np.random.default_rng(1).normal(size=(1000, 2))
difference = np.abs(deep.predict(points, verbose=0) - single.predict(points, verbose=0)).max()
print(f"three linear layers and their product differ by {difference:.1e}")

for activation in (None, "tanh"):
    model = net(activation)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    model.fit(x, y, batch_size=4, epochs=500, verbose=0)
    print(f"xor with {activation or 'linear'} layers: mean squared error {model.evaluate(x, y, verbose=0):.4f}")
