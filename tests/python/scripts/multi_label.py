"""Several labels a row: sigmoid outputs, binary cross-entropy, metrics as objects, sample weights, a callback."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score

keras.utils.set_random_seed(812)
X, y = make_multilabel_classification(n_samples=1500, n_features=20, n_classes=4, n_labels=2, random_state=1)
X = (X - X.mean(axis=0)) / X.std(axis=0)
X_train, X_test, y_train, y_test = X[:1000], X[1000:], y[:1000], y[1000:]


class Best(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.best = np.inf

    def on_epoch_end(self, epoch, logs=None):
        self.best = min(self.best, logs["val_loss"])


model = keras.Sequential(
    [
        keras.Input(shape=(20,)),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(32, activation="relu"),
        layers.Dense(4, activation="sigmoid"),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(0.002),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.5)],
)
best = Best()
history = model.fit(X_train, y_train, epochs=15, batch_size=32, validation_split=0.2, callbacks=[best], verbose=0)
first = history.history["val_loss"][0]
weights = np.ones(1000)
history = model.fit(
    X_train,
    y_train,
    epochs=18,
    initial_epoch=15,
    sample_weight=weights,
    validation_split=0.2,
    callbacks=[best],
    verbose=0,
)
assert history.epoch == [15, 16, 17]

y_pred = (model.predict(X_test, verbose=0) > 0.5).astype(int)
evaluation = model.evaluate(X_test, y_test, verbose=0, return_dict=True)
score = f1_score(y_test, y_pred, average="macro")
print(evaluation, score)
assert abs(evaluation["accuracy"] - (y_pred == y_test).mean()) < 1e-6
assert score > 0.65
assert best.best <= history.history["val_loss"][-1]
result = {"loss": evaluation["loss"], "first": first}
