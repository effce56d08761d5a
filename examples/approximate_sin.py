"""Universal approximation: one hidden layer comes as close to sin as one likes, by construction and by training.

By construction: a sum of relus is a broken line. The line through sin at n + 1 equidistant points, h apart, is off by
at most h² / 8 · max |sin″| = h² / 8.
"""

import numpy as np

import bardana as keras

x = np.linspace(-np.pi, np.pi, 2001)[:, np.newaxis]


def broken_line(pieces: int) -> keras.Sequential:
    """Return a net of float64 with a relu that bends the line at the beginning of each piece."""
    knots = np.linspace(-np.pi, np.pi, pieces + 1)
    slopes = np.diff(np.sin(knots)) / np.diff(knots)
    hidden = keras.layers.Dense(pieces, "relu", dtype="float64")
    model = keras.Sequential([keras.Input((1,), dtype="float64"), hidden, keras.layers.Dense(1, dtype="float64")])
    bends = np.diff(slopes, prepend=0.0)
    model.set_weights([np.ones((1, pieces)), -knots[:-1], bends[:, np.newaxis], np.sin(knots[:1])])
    return model


def trained(units: int) -> keras.Sequential:
    """Return a net of tanh neurons after 1,000 epochs."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, "tanh"), keras.layers.Dense(1)])
    rate = keras.optimizers.schedules.CosineDecay(0.02, 4000)
    model.compile(keras.optimizers.Adam(rate), "mse")
    points = np.linspace(-np.pi, np.pi, 256)[:, np.newaxis]
    model.fit(points, np.sin(points), batch_size=64, epochs=1000, verbose=0)
    return model


print("neurons   constructed: error, bound h²/8      trained: error")
for neurons in (2, 4, 8, 16, 32):
    constructed, learned = (
        np.abs(model.predict(x, verbose=0) - np.sin(x)).max() for model in (broken_line(neurons), trained(neurons))
    )
    print(f"{neurons:7}   {constructed:18.5f}, {(2 * np.pi / neurons) ** 2 / 8:10.5f}   {learned:17.5f}")
