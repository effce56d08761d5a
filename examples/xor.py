"""Learn exclusive or: four points that no single neuron separates."""

import numpy as np

import bardana as keras

keras.utils.set_random_seed(1)
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
y = np.array([0, 1, 1, 0], dtype="float32")

model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.5, momentum=0.9))
history = model.fit(x, y, epochs=300, verbose=0)

print(f"loss {history.history['loss'][0]:.4f} before, {history.history['loss'][-1]:.4f} after")
for point, output in zip(x, model.predict(x, verbose=0)[:, 0], strict=True):
    print(f"{point[0]:.0f} xor {point[1]:.0f} = {output:.3f}")
