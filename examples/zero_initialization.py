"""Neurons that begin alike stay alike: why weights start at random numbers.

If all neurons of a layer have the same weights, they get the same gradients, and no step tells them apart: eight of
them can do what one can.
"""

import numpy as np

import bardana as keras

rng = np.random.default_rng(0)
x = rng.uniform(-2, 2, (400, 2))
y = (x[:, 0] * x[:, 1] > 0).astype("float32")

for start in ("zeros", "ones", "glorot_uniform"):
    keras.utils.set_random_seed(1)
    hidden = keras.layers.Dense(8, "sigmoid", kernel_initializer=start)
    model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1, "sigmoid", kernel_initializer=start)])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=100, verbose=0)
    kernel = hidden.kernel.numpy()
    spread = np.ptp(kernel, axis=1).max()
    accuracy = model.evaluate(x, y, verbose=0)[1]
    print(f"{start:14}  neurons differ by {spread:.3f}, moved by {np.abs(kernel).max():.3f}, accuracy {accuracy:.3f}")
