"""Exclusive or, spelled as in Keras 1."""

import numpy as np
import tensorflow as tf
from keras.layers.core import Activation, Dense
from keras.models import Sequential
from keras.optimizers import SGD

np.random.seed(7)
tf.set_random_seed(7)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
Y = np.array([[0], [1], [1], [0]], dtype=np.float32)

model = Sequential()
model.add(Dense(output_dim=16, input_dim=2, init="uniform"))
model.add(Activation("tanh"))
model.add(Dense(output_dim=1, init="glorot_uniform"))
model.add(Activation("sigmoid"))
model.compile(loss="binary_crossentropy", optimizer=SGD(lr=0.5, momentum=0.9, nesterov=True), metrics=["accuracy"])
history = model.fit(X, Y, nb_epoch=1000, batch_size=4, verbose=0)

print("loss", history.history["loss"][-1], "acc", history.history["acc"][-1])
print(model.predict_proba(X), model.predict_classes(X))
assert model.predict_classes(X).tolist() == [[0], [1], [1], [0]]
assert history.history["acc"][-1] == 1.0
assert history.history["loss"][-1] < 0.05
