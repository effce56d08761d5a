"""Images into classes, in the manner of a book's chapter."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from tensorflow import keras

keras.utils.set_random_seed(42)
digits = load_digits()
X_train_full, y_train_full = digits.images[:1437], digits.target[:1437]
X_test, y_test = digits.images[1437:] / 16.0, digits.target[1437:]
X_valid, X_train = X_train_full[:300] / 16.0, X_train_full[300:] / 16.0
y_valid, y_train = y_train_full[:300], y_train_full[300:]

model = keras.models.Sequential()
model.add(keras.Input(shape=[8, 8]))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(100, activation="relu", kernel_initializer="he_normal"))
model.add(keras.layers.Dense(50, activation="relu"))
model.add(keras.layers.Dense(10, activation="softmax"))
hidden1 = model.layers[1]
weights, biases = hidden1.get_weights()
assert weights.shape == (64, 100)
assert model.get_layer(hidden1.name) is hidden1

model.compile(
    loss=keras.losses.sparse_categorical_crossentropy,
    optimizer=keras.optimizers.SGD(learning_rate=0.05),
    metrics=[keras.metrics.sparse_categorical_accuracy],
)
history = model.fit(X_train, y_train, epochs=30, validation_data=(X_valid, y_valid), verbose=0)
frame = pd.DataFrame(history.history)
assert list(frame) == [
    "loss",
    "sparse_categorical_accuracy",
    "val_loss",
    "val_sparse_categorical_accuracy",
]
loss, accuracy = model.evaluate(X_test, y_test, verbose=0)
y_proba = model.predict(X_test[:3], verbose=0)
y_pred = np.argmax(model.predict(X_test, verbose=0), axis=-1)
assert y_proba.round(2).shape == (3, 10)
assert accuracy > 0.8
assert np.isclose((y_pred == y_test).mean(), accuracy, atol=1e-6)
result = {"loss": loss, "first": history.history["loss"][0]}
