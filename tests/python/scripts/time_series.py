"""Predict next month's passengers from the last three, with a window over a series."""

import math

import numpy
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential

numpy.random.seed(7)
tf.random.set_seed(7)
months = numpy.arange(144)
dataset = 100 + 2.6 * months + (20 + 0.3 * months) * numpy.sin(months * 2 * numpy.pi / 12)
dataset = dataset.reshape(-1, 1).astype("float32") / 600
train_size = int(len(dataset) * 0.67)
train, test = dataset[0:train_size, :], dataset[train_size : len(dataset), :]


def create_dataset(dataset, look_back=1):
    dataX, dataY = [], []
    for i in range(len(dataset) - look_back - 1):
        a = dataset[i : (i + look_back), 0]
        dataX.append(a)
        dataY.append(dataset[i + look_back, 0])
    return numpy.array(dataX), numpy.array(dataY)


look_back = 3
trainX, trainY = create_dataset(train, look_back)
testX, testY = create_dataset(test, look_back)
model = Sequential()
model.add(Dense(12, input_dim=look_back, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1))
model.compile(loss="mean_squared_error", optimizer="adam")
history = model.fit(trainX, trainY, epochs=200, batch_size=2, verbose=0)
trainScore = model.evaluate(trainX, trainY, verbose=0)
testScore = model.evaluate(testX, testY, verbose=0)
print("Train Score: %.5f MSE (%.5f RMSE)" % (trainScore, math.sqrt(trainScore)))
print("Test Score: %.5f MSE (%.5f RMSE)" % (testScore, math.sqrt(testScore)))

assert isinstance(trainScore, float)
assert trainScore < 0.001
assert testScore < 0.01
