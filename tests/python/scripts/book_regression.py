"""House prices, in the manner of a book's chapter: tf.keras, a validation set, early stopping."""

import numpy as np
import tensorflow as tf
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow import keras

keras.utils.set_random_seed(42)
assert tf.__version__ >= "2.0"

X = np.random.normal(size=(2000, 8))
y = 2 + X[:, 0] - 0.5 * X[:, 1] * X[:, 2] + np.sin(X[:, 3]) + 0.1 * np.random.normal(size=2000)
X_train_full, X_test, y_train_full, y_test = train_test_split(X, y, random_state=42)
X_train, X_valid, y_train, y_valid = train_test_split(X_train_full, y_train_full, random_state=42)

scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_valid = scaler.transform(X_valid)
X_test = scaler.transform(X_test)

model = keras.models.Sequential(
    [
        keras.layers.Input(shape=X_train.shape[1:]),
        keras.layers.Dense(30, activation="relu"),
        keras.layers.Dense(30, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=0.02), metrics=["mae"])
early_stopping = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
history = model.fit(
    X_train, y_train, epochs=40, validation_data=(X_valid, y_valid), callbacks=[early_stopping], verbose=0
)
mse_test, mae_test = model.evaluate(X_test, y_test, verbose=0)
y_pred = model.predict(X_test[:3], verbose=0)

assert sorted(history.history) == ["loss", "mae", "val_loss", "val_mae"]
assert y_pred.shape == (3, 1)
assert mse_test < 0.15
result = {"mse": mse_test, "loss": history.history["loss"][0]}
