"""Threads that meet at the first use of a model, and weights that several threads read and write together."""

import threading
import time

import numpy as np
import pytest
from background import Background, Started, X, Y, classifier

import bardana as keras
from bardana import compile as compile_module
from bardana import models


def slowed(monkeypatch, owner, name):
    """Let a method take a while, during which other threads run; return a list that grows with every call."""
    method, calls = getattr(owner, name), []

    def slow(*args, **kwargs):
        calls.append(name)
        time.sleep(0.02)
        return method(*args, **kwargs)

    monkeypatch.setattr(owner, name, slow)
    return calls


def meet(*actions):
    """Run the actions in a thread each, all beginning at the same time."""
    barrier = threading.Barrier(len(actions))

    def run(action):
        barrier.wait()
        return action()

    return [thread.join() for thread in [Background(run, action) for action in actions]]


def deferred():
    model = keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dense(4, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("make", [classifier, deferred])
def test_a_model_has_one_native_model_however_many_threads_begin(make, monkeypatch):
    made = slowed(monkeypatch, models.Native, "__init__")
    model = make()
    *_, history = meet(*[lambda: model.predict(X, verbose=0)] * 3, lambda: model.fit(X, Y, epochs=3, verbose=0))
    assert len(made) == 1
    assert history.epoch == [0, 1, 2]
    assert model.optimizer.iterations == 3 * 16
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["loss"] < history.history["loss"][0]


def test_a_model_is_bound_once_however_many_threads_begin(monkeypatch):
    model = classifier()
    model.predict(X, verbose=0)
    before = model.get_weights()
    bound = slowed(monkeypatch, compile_module.Compiled, "bind")
    *_, history = meet(
        *[lambda: model.evaluate(X, Y, verbose=0)] * 3, lambda: model.fit(X, Y, epochs=3, verbose=0, shuffle=False)
    )
    assert len(bound) == 1
    model.set_weights(before)
    assert model.fit(X, Y, epochs=3, verbose=0, shuffle=False).history == history.history


def test_a_fit_in_one_thread_is_not_lost_by_a_first_predict_in_another(monkeypatch):
    slowed(monkeypatch, models.Native, "claim")
    model = classifier()
    before = model.get_weights()
    meet(lambda: model.fit(X, Y, verbose=0), *[lambda: model.predict(X[:8], verbose=0)] * 3)
    assert all(np.any(old != new) for old, new in zip(before, model.get_weights(), strict=True) if old.any())
    assert model.evaluate(X, Y, verbose=0)[0] < 10


def equal_pair():
    """A model whose kernel and bias, one number each, are equal after every whole step."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    model.predict(np.ones((1, 1)), verbose=0)
    return model


def trained_meanwhile(model, action):
    """Call `action` again and again while the model takes many small steps."""
    x, y, started = np.ones((20_000, 1), "float32"), np.full((20_000, 1), 1e6, "float32"), Started()
    started.on_train_batch_end = lambda batch, logs=None: None
    begun = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: started.event.set())
    fit = Background(model.fit, x, y, batch_size=1, epochs=4, verbose=0, callbacks=[begun])
    started.wait()
    while fit.thread.is_alive():
        action()
    fit.join()


@pytest.mark.parametrize("part", [lambda model: model, lambda model: model.layers[0]], ids=["model", "layer"])
def test_get_weights_gives_the_weights_of_one_step(part):
    model, torn = equal_pair(), []

    def look():
        kernel, bias = part(model).get_weights()
        torn.append(kernel.item() != bias.item())

    trained_meanwhile(model, look)
    assert torn
    assert sum(torn) == 0


@pytest.mark.parametrize("part", [lambda model: model, lambda model: model.layers[0]], ids=["model", "layer"])
def test_set_weights_comes_between_two_steps(part):
    model = equal_pair()
    values = iter(range(10**9))

    def write():
        value = np.float32(next(values) % 1000)
        part(model).set_weights([value.reshape(1, 1), value.reshape(1)])

    trained_meanwhile(model, write)
    kernel, bias = model.get_weights()
    assert kernel.item() == bias.item()
