"""A user's mistake that the thread sanitizer must report: two threads let their predictions be written to one array."""

import threading

import numpy as np

import bardana as keras

keras.runtime.set_threads(1)
model = keras.Sequential([keras.Input((256,)), keras.layers.Dense(256)])
x, out = np.ones((1024, 256), "float32"), np.empty((1024, 256), "float32")


def work():
    for _ in range(20):
        model.predict_into(x, out)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
