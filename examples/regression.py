"""Regression with many outputs: from the upper half of a handwritten digit, draw its lower half."""

import numpy as np

import bardana as keras

keras.utils.set_random_seed(1)
(x_train, _), (x_test, _) = keras.datasets.digits.load_data()
upper_train, lower_train = np.split(x_train.reshape(-1, 64) / 16.0, 2, axis=1)
upper_test, lower_test = np.split(x_test.reshape(-1, 64) / 16.0, 2, axis=1)

model = keras.Sequential([keras.Input((32,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(32)])
model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=0.3, momentum=0.9), metrics=["mae"])
stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
history = model.fit(upper_train, lower_train, epochs=200, validation_split=0.1, callbacks=[stop], verbose=2)

mean_error = np.mean((lower_test - lower_train.mean(axis=0)) ** 2)
model_error, _ = model.evaluate(upper_test, lower_test, verbose=0)
print(f"mean squared error on test digits: {model_error:.4f}; of the mean image: {mean_error:.4f}")

shades = np.array(list(" .:-=+*#"))
drawn = np.concatenate([upper_test[:1], model.predict(upper_test[:1], verbose=0)], axis=1).reshape(8, 8)
for row in (drawn.clip(0.0, 0.999) * len(shades)).astype(int):
    print("".join(np.repeat(shades[row], 2)))
