"""Threads that meet at the first use of a model, and weights read or written together while another thread trains."""

import threading
import time

import numpy as np
import pytest
from background import PATIENCE, Background, X, Y, classifier

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


def equal_pair():
    """A model whose kernel and bias, one number each, are equal after every whole step."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    model.predict(np.ones((1, 1)), verbose=0)
    return model


def torn_copies(model, look):
    """Return the copies (kernel, bias) of unequal numbers that `look` gives while the model takes many small steps."""
    x, y, begun, torn = np.ones((20_000, 1), "float32"), np.full((20_000, 1), 1e6, "float32"), threading.Event(), []
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: begun.set())
    fit = Background(model.fit, x, y, batch_size=1, epochs=10_000, verbose=0, callbacks=[begin])
    assert begun.wait(PATIENCE)
    try:
        for _ in range(20_000):
            kernel, bias = look()
            if kernel.item() != bias.item():
                torn.append((kernel.item(), bias.item()))
        assert fit.thread.is_alive()
    finally:
        model.stop_training = True
        fit.join()
    return torn


whole_and_part = pytest.mark.parametrize(
    "part", [lambda model: model, lambda model: model.layers[0]], ids=["model", "layer"]
)


@whole_and_part
def test_get_weights_gives_the_weights_of_one_step(part):
    model = equal_pair()
    assert torn_copies(model, part(model).get_weights) == []


@whole_and_part
def test_set_weights_comes_between_two_steps(part):
    model = equal_pair()

    def look():
        part(model).set_weights([np.zeros((1, 1)), np.zeros(1)])
        return model.get_weights()

    assert torn_copies(model, look) == []
