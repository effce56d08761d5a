"""Find unusual rows by how badly an autoencoder repeats them, in the manner of TensorFlow's tutorials."""

import numpy as np
import tensorflow as tf
from sklearn.metrics import accuracy_score
from tensorflow.keras import layers, losses
from tensorflow.keras.models import Sequential

np.random.seed(0)
tf.random.set_seed(0)
plane = np.random.normal(size=(2, 12))
normal = tf.cast(np.random.normal(size=(1500, 2)) @ plane, tf.float32)
unusual = tf.cast(np.random.normal(size=(300, 12)) * 2, tf.float32)
low, high = tf.reduce_min(normal), tf.reduce_max(normal)
train_data = (normal[:1200] - low) / (high - low)
test_data = tf.concat([(normal[1200:] - low) / (high - low), (unusual - low) / (high - low)], axis=0)
test_labels = np.arange(600) < 300

autoencoder = Sequential(
    [
        layers.Input((12,)),
        layers.Dense(8, activation=tf.nn.tanh),
        layers.Dense(2),
        layers.Dense(8, activation=tf.nn.tanh),
        layers.Dense(12, activation="sigmoid"),
    ]
)
encoder = Sequential(autoencoder.layers[:2])
autoencoder.compile(optimizer="adam", loss="mae")
history = autoencoder.fit(train_data, train_data, epochs=60, batch_size=32, shuffle=True, verbose=0)

codes = encoder.predict(train_data, verbose=0)
reconstructions = autoencoder.predict(train_data, verbose=0)
train_loss = losses.mae(reconstructions, train_data)
threshold = np.mean(train_loss) + 2 * np.std(train_loss)
predictions = tf.math.less(losses.mae(autoencoder(test_data), test_data), threshold)
accuracy = accuracy_score(test_labels, predictions)
print(history.history["loss"][-1], threshold, accuracy)

assert codes.shape == (1200, 2)
assert history.history["loss"][-1] < 0.05
assert accuracy > 0.9
