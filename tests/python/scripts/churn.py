"""Customers who leave: a frame with categories, scaled columns, weighted classes, today's spelling."""

import keras
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
frame = pd.DataFrame(
    {
        "country": rng.choice(["France", "Germany", "Spain"], 2000),
        "age": rng.integers(18, 80, 2000),
        "balance": rng.gamma(2.0, 5000.0, 2000),
        "products": rng.integers(1, 5, 2000),
    }
)
odds = -4 + 0.06 * (frame.age - 40) + 1.5 * (frame.country == "Germany") + 0.9 * (frame.products - 1)
frame["exited"] = (rng.random(2000) < 1 / (1 + np.exp(-odds))).astype(int)

X_train, X_test, y_train, y_test = train_test_split(frame.drop(columns="exited"), frame["exited"], random_state=0)
transformer = make_column_transformer(
    (OneHotEncoder(), ["country"]), (StandardScaler(), ["age", "balance", "products"])
)
X_train, X_test = transformer.fit_transform(X_train), transformer.transform(X_test)

classifier = keras.models.Sequential()
classifier.add(keras.layers.Input(shape=(X_train.shape[1],)))
classifier.add(keras.layers.Dense(units=16, kernel_initializer="he_uniform", activation="relu"))
classifier.add(keras.layers.Dense(units=8, activation="relu"))
classifier.add(keras.layers.Dense(units=1, activation="sigmoid"))
classifier.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = classifier.fit(
    X_train,
    y_train,
    batch_size=10,
    epochs=12,
    class_weight={0: 1.0, 1: 2.0},
    validation_data=(X_test, y_test),
    callbacks=keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=20),
    verbose=0,
)
y_score = classifier.predict(X_test, verbose=0)
area = roc_auc_score(y_test, y_score)
print(area, history.history["loss"][-1])
assert area > 0.8
