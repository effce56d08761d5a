"""Handwritten digits with a multi-layer perceptron, spelled as in Keras 2.0."""

from __future__ import print_function

import keras
import tensorflow as tf
from keras.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D  # noqa: F401 (some are never used)
from keras.models import Model, Sequential  # noqa: F401
from keras.optimizers import Adam
from keras.utils import np_utils
from sklearn.datasets import load_digits

tf.set_random_seed(3)
batch_size = 32
nb_classes = 10
nb_epoch = 20

data = load_digits()
X_train, X_test = data.data[:1437].astype("float32") / 16, data.data[1437:].astype("float32") / 16
Y_train = np_utils.to_categorical(data.target[:1437], nb_classes)
Y_test = np_utils.to_categorical(data.target[1437:], nb_classes)
print(X_train.shape[0], "train samples", keras.__version__)

model = Sequential()
model.add(Dense(128, input_shape=(64,)))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(128))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(10, activation="softmax"))
model.summary()
model.compile(loss="categorical_crossentropy", optimizer=Adam(lr=0.002), metrics=["accuracy"])

history = model.fit(
    X_train, Y_train, batch_size=batch_size, nb_epoch=nb_epoch, verbose=0, validation_data=(X_test, Y_test)
)
score = model.evaluate(X_test, Y_test, verbose=0)
print("Test score:", score[0])
print("Test accuracy:", score[1])
assert score[1] > 0.9
assert len(history.history["acc"]) == len(history.history["val_acc"]) == 20
assert history.history["val_acc"][-1] == history.history["val_accuracy"][-1]
assert (model.predict_classes(X_test) == data.target[1437:]).mean() > 0.9
