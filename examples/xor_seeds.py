"""Learn exclusive or from 20 starts: how often does gradient descent find a net that is right everywhere?

Two hidden neurons are enough to represent it and often get stuck; eight have room to find a way. Expected figures: at
least 19 of 20 with eight, clearly fewer with two.
"""

import numpy as np

import bardana as keras

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
y = np.array([0, 1, 1, 0], dtype="float32")


def learns(units: int, seed: int) -> bool:
    """Train 300 steps on the four points at once; say whether all outputs are on the right side of 1/2."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "binary_crossentropy")
    model.fit(x, y, batch_size=4, epochs=300, verbose=0)
    return bool(((model.predict(x, verbose=0)[:, 0] > 0.5) == y).all())


for units in (2, 8):
    print(f"{units} hidden neurons: {sum(learns(units, seed) for seed in range(20))} of 20 seeds learn XOR")
