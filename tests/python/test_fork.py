"""os.fork while models work: the child can use all of them and sees whole steps, the parent notices nothing."""

import os
import signal
import threading
import warnings

import numpy as np
from background import PATIENCE, Background, X, Y, classifier, training

import bardana as keras


def child_does(work):
    """Run work() in a forked child, without pytest's cleaning up; whether it ended well and in time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # "may lead to deadlocks in the child", says Python 3.12
        child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(PATIENCE))
        try:
            work()
            os._exit(0)
        except BaseException as error:
            os.write(2, f"child: {error!r}\n".encode())
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def use(model, x=X, y=Y):
    assert np.isfinite(model.predict(x, verbose=0)).all()
    assert np.isfinite(model.fit(x, y, batch_size=64, verbose=0).history["loss"]).all()
    assert np.isfinite(model.evaluate(x, y, verbose=0)).all()
    assert all(np.isfinite(w).all() for w in model.get_weights())


def use_both(model):
    use(model)
    use(classifier())


def test_a_child_forked_during_a_fit_uses_that_model_and_a_fresh_one():
    model = classifier(300)
    with training(model) as fit:
        assert child_does(lambda: use_both(model))
        assert fit.thread.is_alive()
    use(model)


def counter():
    """Kernel and bias begin at 0, and each step of one row adds 1 to all of them: any mixture of two steps shows."""
    units = 4096
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(float(units)), "mae")
    return model, np.ones((2000, 1), "float32"), np.full((2000, units), 1e9, "float32")


def test_twenty_children_under_load_see_whole_steps():
    model, x, y = counter()
    stop = threading.Event()

    def load(work):
        while not stop.is_set():
            work()

    def look():
        kernel, bias = model.get_weights()
        steps = kernel[0, 0]
        np.testing.assert_array_equal(kernel, steps)
        np.testing.assert_array_equal(bias, steps)
        assert model.optimizer.iterations == steps
        use(model, x[:8], y[:8])
        use(classifier())

    other = classifier()
    model.train_on_batch(x[:1], y[:1])
    threads = [
        Background(load, lambda: model.fit(x, y, batch_size=1, verbose=0)),
        Background(load, lambda: model.predict(x, verbose=0)),
        Background(load, lambda: other.fit(X, Y, batch_size=8, verbose=0)),
        Background(load, lambda: other.evaluate(X, Y, verbose=0)),
        Background(load, lambda: classifier().predict(X[:8], verbose=0)),
    ]
    try:
        results = [child_does(look) for _ in range(20)]
    finally:
        stop.set()
        model.stop_training = True
        for thread in threads:
            thread.join()
    assert all(results)


def test_a_callback_may_fork():
    """The child may use the model and take steps of its own, within the claim of the fit that it is in."""
    results = []

    class Fork(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            results.append(child_does(self.work))

        def work(self):
            assert np.isfinite(self.model.predict(X, verbose=0)).all()
            assert np.isfinite(self.model.train_on_batch(X, Y)).all()
            try:
                self.model.fit(X, Y, verbose=0)
            except RuntimeError:
                use(classifier())
            else:
                raise AssertionError("a second fit during the first")

    model, plain = classifier(), classifier()
    plain.set_weights(model.get_weights())
    model.fit(X, Y, batch_size=128, verbose=0, shuffle=False, callbacks=[Fork()])
    plain.fit(X, Y, batch_size=128, verbose=0, shuffle=False)
    assert results == [True] * 4
    for one, other in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_child_of_a_callback_may_finish_the_fit():
    """It trains to the same bits as its parent."""
    children = []

    class Fork(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    children.append(os.fork())

    model, parent = classifier(), os.getpid()
    reader, writer = os.pipe()
    try:
        model.fit(X, Y, batch_size=128, verbose=0, callbacks=[Fork()])
        weights = b"".join(w.tobytes() for w in model.get_weights())
    finally:
        if os.getpid() != parent:
            os.write(writer, weights)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == weights
    assert os.waitpid(children[0], 0)[1] == 0


def test_other_locks_are_free_in_the_child():
    """The locks of models' structure and of seeds, which other threads hold again and again."""
    stop = threading.Event()

    def draw():
        while not stop.is_set():
            keras.utils.set_random_seed(1)
            classifier().set_weights(classifier().get_weights())

    threads = [Background(draw) for _ in range(4)]
    try:
        results = [child_does(lambda: use(classifier(), X[:8], Y[:8])) for _ in range(20)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert all(results)
