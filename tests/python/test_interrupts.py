"""Ending a training from outside: stop_training, Ctrl-C, other signals, the end of the process."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from background import PATIENCE, Background, X, Y, classifier

import bardana as keras


def test_stop_training_from_another_thread_ends_within_the_epoch():
    """The epoch alone would take minutes; a fit that ignores the flag hangs until PATIENCE is over."""
    x = np.broadcast_to(X[:1], (400_000, 20)).copy()
    model, started = classifier(512, 512, 512), threading.Event()
    begun = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: started.set())
    fit = Background(
        model.fit, x, np.zeros(400_000), epochs=1000, batch_size=1, verbose=0, shuffle=False, callbacks=[begun]
    )
    assert started.wait(PATIENCE)
    time.sleep(0.2)
    model.stop_training = True
    history = fit.join()
    assert len(history.epoch) == 1
    assert 0 < model.optimizer.iterations < 400_000
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_stop_training_by_a_callback_ends_after_that_batch():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                self.model.stop_training = True

    model = classifier()
    model.fit(X, Y, batch_size=16, epochs=5, verbose=0, callbacks=[Stop()])
    assert model.optimizer.iterations == 3
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    assert model.optimizer.iterations == 3 + 64


CTRL_C = """
import os, signal, sys, threading, time
import numpy as np
import bardana as keras

batch_hook, send = sys.argv[1] == "hook", sys.argv[2]
model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(256, "relu"), keras.layers.Dense(4, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
x = np.random.default_rng(0).standard_normal((400_000, 20)).astype("float32")
y = np.zeros(400_000, "int32")
start = model.get_weights()

def interrupt():
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT) if send == "kill" else signal.raise_signal(signal.SIGINT)

class Quiet(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass

threading.Thread(target=interrupt, daemon=True).start()
try:
    model.fit(x, y, batch_size=2, epochs=1000, verbose=0, callbacks=[Quiet()] if batch_hook else None)
except KeyboardInterrupt:
    weights = model.get_weights()
    assert all(np.isfinite(w).all() for w in weights)
    assert any((w != s).any() for w, s in zip(weights, start))
    assert model.optimizer.iterations > 0
    before = int(model.optimizer.iterations)
    model.fit(x[:64], y[:64], verbose=0)
    assert model.optimizer.iterations == before + 2
    print("interrupted")
"""


@pytest.mark.parametrize("hook", ["hook", "plain"])
@pytest.mark.parametrize("send", ["kill", "raise_signal"])
def test_ctrl_c_interrupts_an_epoch(hook, send):
    process = subprocess.run(
        [sys.executable, "-c", CTRL_C, hook, send], capture_output=True, text=True, timeout=PATIENCE
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == "interrupted\n"


CTRL_C_PREDICT = """
import os, signal, threading, time
import numpy as np
import bardana as keras

model = keras.Sequential([keras.Input((1,)), *[keras.layers.Dense(512, "tanh") for _ in range(6)]])
x = np.zeros((1_000_000, 1), "float32")[:200_000]
model.predict(x[:1], verbose=0)

def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    model.predict(x, verbose=0)
except KeyboardInterrupt:
    print("interrupted", model.predict(x[:1], verbose=0).shape)
"""


def test_ctrl_c_interrupts_predict():
    process = subprocess.run([sys.executable, "-c", CTRL_C_PREDICT], capture_output=True, text=True, timeout=PATIENCE)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "interrupted (1, 512)\n"


def test_a_signal_handler_runs_during_fit():
    code = """
import os, signal, threading, time
import numpy as np, bardana as keras
caught = []
def stop(*_):
    caught.append(model.optimizer.iterations)
    model.stop_training = True
signal.signal(signal.SIGUSR1, stop)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(64), keras.layers.Dense(1)])
model.compile("sgd", "mse")
threading.Thread(target=lambda: (time.sleep(0.3), os.kill(os.getpid(), signal.SIGUSR1)), daemon=True).start()
history = model.fit(np.zeros((1_000_000, 1), "float32"), np.zeros(1_000_000), batch_size=1, epochs=100, verbose=0)
print(len(caught), len(history.epoch))
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "1 1\n"


def test_the_process_may_end_while_a_daemon_thread_trains():
    code = """
import threading, time
import numpy as np, bardana as keras
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(64), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x = np.zeros((1000, 1), "float32")
options = {"batch_size": 1, "epochs": 10**9, "verbose": 0}
threading.Thread(target=model.fit, args=(x, x), kwargs=options, daemon=True).start()
time.sleep(0.3)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (process.returncode, process.stderr) == (0, "")
