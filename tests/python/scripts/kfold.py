"""K-fold validation of a small regression by hand, a fresh session for each fold, as around TensorFlow 1."""

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras import layers, models
from sklearn.datasets import load_diabetes

tf.compat.v1.set_random_seed(1)
data = load_diabetes()
train_data, train_targets = data.data, data.target / 100
train_data -= train_data.mean(axis=0)
train_data /= train_data.std(axis=0)


def build_model():
    model = models.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(train_data.shape[1],)))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    return model


k = 4
num_val_samples = len(train_data) // k
all_scores, all_mae_histories, names = [], [], []
for i in range(k):
    K.clear_session()
    val_data = train_data[i * num_val_samples : (i + 1) * num_val_samples]
    val_targets = train_targets[i * num_val_samples : (i + 1) * num_val_samples]
    partial_train_data = np.concatenate(
        [train_data[: i * num_val_samples], train_data[(i + 1) * num_val_samples :]], axis=0
    )
    partial_train_targets = np.concatenate(
        [train_targets[: i * num_val_samples], train_targets[(i + 1) * num_val_samples :]], axis=0
    )
    model = build_model()
    names.append(model.name)
    history = model.fit(
        partial_train_data,
        partial_train_targets,
        validation_data=(val_data, val_targets),
        epochs=60,
        batch_size=8,
        verbose=0,
    )
    val_mse, val_mae = model.evaluate(val_data, val_targets, verbose=0)
    all_scores.append(val_mae)
    all_mae_histories.append(history.history["val_mean_absolute_error"])

average = [np.mean([x[i] for x in all_mae_histories]) for i in range(60)]
print(all_scores, average[-1])
assert names == ["sequential"] * k
assert np.mean(all_scores) < 0.6 < np.abs(train_targets - train_targets.mean()).mean()
assert abs(np.mean(all_scores) - average[-1]) < 1e-5
