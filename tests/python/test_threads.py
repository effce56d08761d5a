"""Many threads and one model, callbacks that use the model they train, stopping from outside, and Ctrl-C."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import bardana as keras

PATIENCE = 60.0
"""Seconds after which a thread that should have ended counts as hanging; no measure of speed."""

X = np.random.default_rng(0).standard_normal((512, 20)).astype("float32")
Y = (np.arange(512) % 4).astype("int32")


def classifier(units=64):
    model = keras.Sequential(
        [keras.Input((20,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(4, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Background:
    """Run a function in a thread and keep what it returns or raises."""

    def __init__(self, function, *arguments, **options):
        self.result = self.error = None
        self.thread = threading.Thread(target=self._run, args=(function, arguments, options), daemon=True)
        self.thread.start()

    def _run(self, function, arguments, options):
        try:
            self.result = function(*arguments, **options)
        except BaseException as error:
            self.error = error

    def join(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the thread hangs"
        if self.error is not None:
            raise self.error
        return self.result


class Started(keras.callbacks.Callback):
    """Tell other threads that steps are being taken."""

    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def on_train_batch_end(self, batch, logs=None):
        self.event.set()

    def wait(self):
        assert self.event.wait(PATIENCE), "training has not begun"


def endless_fit(model, callbacks=(), **options):
    """A fit that would take days, in a thread of its own."""
    return Background(model.fit, X, Y, epochs=10_000_000, batch_size=16, verbose=0, callbacks=list(callbacks), **options)


def test_predict_from_many_threads_is_the_same_as_alone():
    model = classifier()
    expected = model.predict(X, verbose=0)

    def work(rows):
        return [model.predict(X[rows], verbose=0) for _ in range(50)]

    parts = [slice(start, start + 64) for start in range(0, 512, 64)]
    for rows, thread in [(rows, Background(work, rows)) for rows in parts]:
        for outputs in thread.join():
            np.testing.assert_array_equal(outputs, expected[rows])


def test_evaluate_from_many_threads_is_the_same_as_alone():
    model = classifier()
    expected = model.evaluate(X, Y, verbose=0)
    threads = [Background(lambda: [model.evaluate(X, Y, verbose=0) for _ in range(20)]) for _ in range(4)]
    assert all(result == expected for thread in threads for result in thread.join())


def twins():
    """A model whose two output columns begin equal: with equal targets they are equal after every whole step."""
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(300, "relu"), keras.layers.Dense(2)])
    kernel, bias, out, out_bias = model.get_weights()
    out[:, 1] = out[:, 0]
    model.set_weights([kernel, bias, out, out_bias])
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    return model


def step_counter():
    """A model that takes the same sequence of weights every time, so that the output of every whole step is known.

    The input is 0, so y = Σ wᵢ bᵢ + c with the biases b of the first layer. The target of the mean absolute error is
    never reached: dL/dy = −1, dL/db = −w, dL/dw = −b. All of w, b and c move at each step, and a mixture of two steps
    has an output that no whole step has.
    """
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(4096, kernel_initializer="zeros"),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(2.0**-12)),
        ]
    )
    model.compile(keras.optimizers.SGD(2.0**-10), "mae")
    return model


def test_predict_during_fit_sees_the_weights_of_a_whole_step():
    x, y = np.zeros((3000, 1), "float32"), np.full(3000, 1e9, "float32")
    rehearsal = step_counter()
    whole = {rehearsal.predict(x[:1], verbose=0).item()}
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: whole.add(rehearsal.predict(x[:1], verbose=0).item())
    )
    rehearsal.fit(x, y, batch_size=1, verbose=0, shuffle=False, callbacks=[record])
    assert len(whole) == 3001
    model, started = step_counter(), Started()
    fit = Background(model.fit, x, y, batch_size=1, verbose=0, shuffle=False, callbacks=[started])
    started.wait()
    seen = set()
    while fit.thread.is_alive():
        seen.add(model.predict(x[:1], verbose=0).item())
    fit.join()
    seen.add(model.predict(x[:1], verbose=0).item())
    assert seen <= whole


def test_weights_read_during_fit_are_of_a_whole_step():
    """The two output columns are equal after every step, and so they are in every copy of the weights."""
    model, started = twins(), Started()
    target = np.random.default_rng(1).standard_normal((512, 1)).astype("float32").repeat(2, axis=1)
    fit = Background(model.fit, X, target, epochs=200, batch_size=8, verbose=0, callbacks=[started])
    started.wait()
    looks = 0
    while fit.thread.is_alive() and looks < 2000:
        output = model.predict(X[:16], verbose=0)
        kernel = model.layers[1].kernel.numpy()
        np.testing.assert_array_equal(output[:, 0], output[:, 1])
        np.testing.assert_array_equal(kernel[:, 0], kernel[:, 1])
        looks += 1
    model.stop_training = True
    fit.join()
    assert looks > 0


def test_predict_of_many_rows_during_fit_uses_one_set_of_weights():
    """All rows are equal; the outputs must be so too, though training goes on meanwhile."""
    model, started = classifier(), Started()
    fit = endless_fit(model, [started])
    started.wait()
    same = np.repeat(X[:1], 3000, axis=0)
    for _ in range(20):
        output = model.predict(same, verbose=0)
        np.testing.assert_array_equal(output, np.repeat(output[:1], 3000, axis=0))
    model.stop_training = True
    fit.join()


def test_a_second_fit_at_the_same_time_is_refused():
    model, started = classifier(), Started()
    fit = endless_fit(model, [started])
    started.wait()
    with pytest.raises(RuntimeError, match="already running"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(RuntimeError, match="already running"):
        model.train_on_batch(X, Y)
    assert fit.thread.is_alive(), "the refused fit has ended the first one"
    model.stop_training = True
    fit.join()
    model.fit(X, Y, verbose=0)


def test_a_refused_fit_does_not_take_back_a_stop():
    """stop_training = True, then a second fit that is refused: the first one still ends."""
    model, started = classifier(), Started()
    gate = threading.Event()
    hold = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: gate.wait(PATIENCE))
    fit = endless_fit(model, [started, hold])
    started.wait()
    model.stop_training = True
    with pytest.raises(RuntimeError):
        model.fit(X, Y, verbose=0)
    gate.set()
    fit.join()


def test_stop_training_from_another_thread_ends_within_the_epoch():
    """The epoch alone would take minutes; a fit that ignores the flag hangs until PATIENCE is over."""
    x = np.broadcast_to(X[:1], (400_000, 20)).copy()
    model, started = classifier(units=512), threading.Event()
    begun = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: started.set())
    fit = Background(
        model.fit, x, np.zeros(400_000), epochs=1000, batch_size=2, verbose=0, shuffle=False, callbacks=[begun]
    )
    assert started.wait(PATIENCE)
    time.sleep(0.2)
    model.stop_training = True
    history = fit.join()
    assert len(history.epoch) == 1
    assert 0 < model.optimizer.iterations < 200_000
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


def test_other_python_threads_run_during_fit():
    """A thread that only counts gets on while one single native call trains."""
    model, started = classifier(units=512), threading.Event()
    x = np.broadcast_to(X[:1], (60_000, 20)).copy()
    counts = []
    epoch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: started.set(), on_epoch_end=lambda epoch, logs: counts.append(epoch)
    )
    fit = Background(model.fit, x, np.zeros(60_000), epochs=1, batch_size=8, verbose=0, callbacks=[epoch])
    assert started.wait(PATIENCE)
    ticks = 0
    while not counts and fit.thread.is_alive():
        ticks += 1
        time.sleep(0.001)
    fit.join()
    assert ticks > 20


def test_callbacks_may_use_the_model_that_is_training():
    seen = []

    class Busy(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            before = self.model.get_weights()
            seen.append(self.model.predict(X[:3], verbose=0).shape)
            seen.append(len(self.model.evaluate(X[:8], Y[:8], verbose=0)))
            self.model.set_weights([np.full_like(w, 0.5) for w in before])
            np.testing.assert_array_equal(self.model.get_weights()[0], 0.5)
            self.model.set_weights(before)

        def on_epoch_end(self, epoch, logs=None):
            seen.append(float(self.model.compute_gradients(X[:8], Y[:8]).loss))
            self.model.optimizer.learning_rate = 0.005

    model, plain = classifier(), classifier()
    plain.set_weights(model.get_weights())
    options = {"batch_size": 128, "epochs": 2, "verbose": 0, "shuffle": False}
    model.fit(X, Y, callbacks=[Busy()], **options)
    rate = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(plain.optimizer, "learning_rate", 0.005)
    )
    plain.fit(X, Y, callbacks=[rate], **options)
    assert len(seen) == 2 * (4 * 2 + 1)
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_set_weights_inside_fit_counts_from_the_next_step():
    class Reset(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 1:
                self.model.set_weights(start)

    model = classifier()
    start = model.get_weights()
    model.train_on_batch(X[:256], Y[:256])
    model.set_weights(start)
    model.train_on_batch(X[256:], Y[256:])
    expected = model.get_weights()
    model.set_weights([w + 1 for w in start])
    model.fit(X, Y, batch_size=256, shuffle=False, verbose=0, callbacks=[Reset()])
    for one, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_fit_inside_fit_of_another_model_works_and_of_the_same_is_refused():
    inner, errors = classifier(), []

    class Nested(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            inner.fit(X[:32], Y[:32], verbose=0)
            try:
                self.model.train_on_batch(X[:8], Y[:8])
            except RuntimeError as error:
                errors.append(error)

    classifier().fit(X, Y, batch_size=256, verbose=0, callbacks=[Nested()])
    assert len(errors) == 2
    assert inner.optimizer.iterations == 2


def test_two_models_train_at_the_same_time():
    models = [classifier() for _ in range(3)]
    alone = classifier()
    for model in models:
        model.set_weights(alone.get_weights())
    options = {"batch_size": 8, "epochs": 3, "verbose": 0, "shuffle": False}
    threads = [Background(model.fit, X, Y, **options) for model in models]
    alone.fit(X, Y, **options)
    for model, thread in zip(models, threads, strict=True):
        thread.join()
        for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_learning_rate_set_from_another_thread_acts_at_once():
    model, started = classifier(), Started()
    fit = endless_fit(model, [started])
    started.wait()
    model.optimizer.learning_rate = 0.0
    time.sleep(0.05)
    first = model.get_weights()
    time.sleep(0.05)
    second = model.get_weights()
    model.stop_training = True
    fit.join()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


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
    assert 0 < model.optimizer.iterations < 200_000
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
signal.signal(signal.SIGUSR1, lambda *_: caught.append(model.optimizer.iterations) or setattr(model, "stop_training", True))
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(64), keras.layers.Dense(1)])
model.compile("sgd", "mse")
threading.Thread(target=lambda: (time.sleep(0.3), os.kill(os.getpid(), signal.SIGUSR1)), daemon=True).start()
history = model.fit(np.zeros((1_000_000, 1), "float32"), np.zeros(1_000_000), batch_size=1, epochs=100, verbose=0)
print(len(caught), len(history.epoch))
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "1 1\n"
