"""Data that are read while the model trains: threads, exceptions, Ctrl-C, forks; and who gets which batches."""

import gc
import os
import subprocess
import sys
import threading
import traceback
import warnings

import numpy as np
import pytest
from background import PATIENCE, Background, X, Y, classifier

import bardana as keras

pytestmark = pytest.mark.filterwarnings(
    "ignore:Your input ran out of data"
)  # as Keras warns of every generator that ends

SIZE = 32
STEPS = len(X) // SIZE


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    left = [thread for thread in set(threading.enumerate()) - before if "bardana" in thread.name]
    assert not left


def batches(epochs=1, x=X, y=Y):
    for _ in range(epochs):
        for first in range(0, len(x), SIZE):
            yield x[first : first + SIZE], y[first : first + SIZE]


class Batches(keras.utils.PyDataset):
    def __init__(self, x=X, y=Y, **options):
        super().__init__(**options)
        self.x, self.y, self.reads = x, y, []

    def __len__(self):
        return (len(self.x) + SIZE - 1) // SIZE

    def __getitem__(self, index):
        self.reads.append(index)
        rows = slice(index * SIZE, (index + 1) * SIZE)
        return self.x[rows], self.y[rows]


class Loader:
    """What `torch.utils.data.DataLoader` shows to a reader; the real one is compared in test_foreign_arrays.py."""

    def __init__(self, dataset, length=True):
        self.dataset = dataset if length else iter(())

    def __len__(self):
        return (len(self.dataset) + SIZE - 1) // SIZE

    def __iter__(self):
        for x, y in batches():
            yield [x, y]


Loader.__name__ = Loader.__qualname__ = "DataLoader"
Loader.__module__ = "torch.utils.data.dataloader"


def twins():
    """Two models with equal weights."""
    models = classifier(), classifier()
    models[1].set_weights(models[0].get_weights())
    return models


def assert_same(one, other):
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


SOURCES = {
    "generator": lambda: batches(3),
    "iterator": lambda: iter(list(batches(3))),
    "PyDataset": Batches,
    "PyDataset, short queue": lambda: Batches(max_queue_size=1),
    "PyDataset, threads": lambda: Batches(workers=4),
    "PyDataset, processes": lambda: Batches(workers=2, use_multiprocessing=True),
    "DataLoader": lambda: Loader(X),
    "DataLoader of unknown length": lambda: Loader(X, length=False),
}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("source", SOURCES)
def test_the_same_bits_as_from_arrays(source):
    by_stream, by_array = twins()
    options = {"epochs": 3, "verbose": 0, "shuffle": False}
    expected = by_array.fit(X, Y, validation_data=(X, Y), **options)
    tested = {"validation_data": batches(3), "validation_steps": STEPS}
    received = by_stream.fit(SOURCES[source](), steps_per_epoch=STEPS, **tested, **options)
    assert received.history == expected.history
    assert_same(by_stream, by_array)
    expected = by_array.evaluate(X, Y, verbose=0), by_array.predict(X, verbose=0)
    assert by_stream.evaluate(SOURCES[source](), steps=STEPS, verbose=0) == expected[0]
    np.testing.assert_array_equal(by_stream.predict(SOURCES[source](), steps=STEPS, verbose=0), expected[1])


@pytest.mark.parametrize("workers", [1, 4])
def test_a_dataset_is_shuffled_by_the_seed(workers):
    """Every batch once per epoch, in orders that differ between epochs and not between runs, whoever reads."""

    def run(seed, workers):
        keras.utils.set_random_seed(seed)
        model, dataset = classifier(), Batches(workers=workers)
        model.fit(dataset, epochs=3, verbose=0)
        return model, dataset.reads[1:]  # the first read is a look at the batches' shape

    model, reads = run(1, workers)
    orders = [reads[epoch * STEPS : (epoch + 1) * STEPS] for epoch in range(3)]
    assert all(sorted(order) == list(range(STEPS)) for order in orders)
    if workers == 1:
        assert len({tuple(order) for order in orders}) == 3
    assert_same(model, run(1, 1)[0])
    with pytest.raises(AssertionError):
        assert_same(model, run(2, 1)[0])


def test_a_generator_is_read_as_far_as_needed():
    """Not one batch more, so that two fits go on where the first one ended."""
    by_stream, by_array = twins()
    source = batches(2)
    for _ in range(4):
        by_stream.fit(source, steps_per_epoch=STEPS // 2, epochs=1, verbose=0, shuffle=False)
    by_array.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    assert_same(by_stream, by_array)
    assert next(source, None) is None


def test_a_generator_that_ends_ends_the_training():
    model = classifier()
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches(2), steps_per_epoch=STEPS, epochs=5, verbose=0, shuffle=False)
    assert history.epoch == [0, 1]
    assert model.optimizer.iterations == 2 * STEPS
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches(1), epochs=5, verbose=0, shuffle=False)
    assert history.epoch == [0]


def test_a_validation_generator_goes_on_and_may_end():
    model, tested = classifier(), []
    source = (batch for batch in batches() if not tested.append(1))
    model.fit(X, Y, verbose=0, validation_data=source, epochs=2, validation_steps=4)
    assert len(tested) == 8
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(X, Y, verbose=0, validation_data=batches(), epochs=2).history
    assert (len(history["loss"]), len(history["val_loss"])) == (2, 1)


def test_arrays_by_steps_visit_every_row_once_a_pass():
    """The sum of the rows' numbers over a pass is that of all rows, in orders that differ between passes."""
    x = np.arange(20.0, dtype="float32")[:, None]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "linear", use_bias=False)])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    model.set_weights([[[1.0]]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(x, 0 * x, batch_size=4, steps_per_epoch=1, epochs=10, verbose=0).history["loss"]
    passes = 4 * np.reshape(history, (2, 5))
    np.testing.assert_array_equal(passes.sum(axis=1), x.sum())
    assert (passes[0] != passes[1]).any()


def test_whole_passes_by_steps_are_those_without(rng):
    by_steps, plain = twins()
    for model, options in ((by_steps, {"steps_per_epoch": STEPS, "batch_size": SIZE}), (plain, {})):
        keras.utils.set_random_seed(3)
        model.fit(X, Y, epochs=3, initial_epoch=1, verbose=0, **options)
    assert_same(by_steps, plain)


class Trouble(Exception):
    pass


def failing(after):
    for number, batch in enumerate(batches(10)):
        if number == after:
            raise Trouble("the disk is gone")
        yield batch


@pytest.mark.parametrize("after", [0, 1, 5, 20])
def test_an_exception_of_a_generator_rises_after_the_steps_before_it(after):
    model, plain = twins()
    with pytest.raises(Trouble, match="disk") as caught:
        model.fit(failing(after), steps_per_epoch=STEPS, epochs=2, verbose=0, shuffle=False)
    assert "in failing" in "".join(traceback.format_exception(caught.value))
    assert model.optimizer.iterations == after
    if after:
        rows = np.concatenate([np.arange(len(X))] * 2)[: after * SIZE]
        plain.fit(X[rows], Y[rows], verbose=0, shuffle=False)
    assert_same(model, plain)
    model.fit(X, Y, verbose=0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("options", [{}, {"workers": 3}, {"workers": 2, "use_multiprocessing": True}])
def test_an_exception_of_a_dataset_rises(options):
    class Failing(Batches):
        def __getitem__(self, index):
            if index == 5:
                raise Trouble("the disk is gone")
            return super().__getitem__(index)

    for method in ("fit", "evaluate", "predict"):
        model = classifier()
        with pytest.raises(Trouble, match="disk"):
            getattr(model, method)(Failing(**options), verbose=0, **({"shuffle": False} if method == "fit" else {}))
        assert model.optimizer.iterations == (5 if method == "fit" else 0)


BAD = {
    "width": (lambda: (X[:4, :3], Y[:4]), "expected x of shape"),
    "length": (lambda: (X[:4], Y[:3]), "cardinality"),
    "label": (lambda: (X[:4], np.array([0, 1, 9, 2])), "received 9 in row 2"),
    "type": (lambda: (X[:4].astype(object), Y[:4]), "dtype object"),
    "no tuple": (lambda: [X[:4], Y[:4]], "expected tuples"),
    "no y": (lambda: (X[:4],), "y"),
    "empty": (lambda: (X[:0], Y[:0]), "empty array"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_batch_is_refused_when_its_turn_comes(case):
    make, message = BAD[case]

    def source():
        yield from list(batches())[:3]
        yield make()

    model = classifier()
    with pytest.raises(ValueError, match=message):
        model.fit(source(), verbose=0, shuffle=False)
    assert model.optimizer.iterations == 3


def test_an_exception_of_a_callback_ends_the_reading():
    class Fail(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise Trouble("in a callback")

    closed = []

    def source():
        try:
            yield from batches(100)
        finally:
            closed.append(True)

    model = classifier()
    with pytest.raises(Trouble, match="in a callback"):
        model.fit(source(), steps_per_epoch=STEPS, epochs=100, verbose=0, callbacks=[Fail()], shuffle=False)
    assert model.optimizer.iterations == 3
    gc.collect()
    assert closed == [True]


def test_stop_training_ends_while_the_data_are_waited_for():
    waiting, go_on = threading.Event(), threading.Event()

    def source():
        yield X[:4], Y[:4]
        waiting.set()
        go_on.wait(PATIENCE)
        yield X[:4], Y[:4]

    model, ended = classifier(), threading.Event()
    report = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.set())
    fit = Background(model.fit, source(), steps_per_epoch=2, verbose=0, shuffle=False, callbacks=[report])
    assert waiting.wait(PATIENCE)
    model.stop_training = True
    assert ended.wait(PATIENCE)
    go_on.set()
    assert fit.join().epoch == [0]
    assert model.optimizer.iterations == 1


def test_weights_may_be_set_and_read_while_the_data_are_waited_for():
    """Nobody holds the weights meanwhile: the generator itself may use the model."""
    model = classifier()
    zeros = [0 * w for w in model.get_weights()]

    def source():
        for batch in batches():
            assert np.isfinite(model.predict(batch[0], verbose=0)).all()
            model.set_weights(zeros)
            yield batch

    model.fit(source(), verbose=0, shuffle=False)
    setting = ((model.set_weights(zeros), *batch)[1:] for batch in batches())
    assert np.isfinite(model.evaluate(setting, verbose=0)).all()


def test_batches_of_any_size_and_type():
    """Plans grow with the batches; types are converted batch by batch."""
    sizes, types = [3, 40, 1, 70, 2], ["float64", "float32", "float16", "int64", "bool"]
    x = np.random.default_rng(1).integers(0, 2, (sum(sizes), 20))
    ends = np.cumsum(sizes)

    def source():
        for size, end, dtype in zip(sizes, ends, types, strict=True):
            yield x[end - size : end].astype(dtype), Y[end - size : end].astype(dtype if "float" in dtype else "int32")

    by_stream, one_by_one = twins()
    history = by_stream.fit(source(), verbose=0, shuffle=False)
    losses = [one_by_one.train_on_batch(*batch)[0] for batch in source()]
    assert_same(by_stream, one_by_one)
    assert history.history["loss"] == pytest.approx([np.average(losses, weights=sizes)], rel=1e-6)
    np.testing.assert_array_equal(by_stream.predict(source(), verbose=0), by_stream.predict(x, verbose=0))


def test_memory_stays_flat():
    """Batches of 8 MB, 400 MB in all: no more than the queue holds live at a time."""
    alive, most = set(), [0]

    class Tracked(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    def source():
        for _ in range(50):
            x = np.zeros((1 << 10, 2048), "float32").view(Tracked)
            alive.add(id(x))
            most[0] = max(most[0], len(alive))
            yield x, np.zeros(1 << 10)
            del x

    model = keras.Sequential([keras.Input((2048,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(source(), verbose=0, shuffle=False)
    assert most[0] <= 14  # ten in the queue, one in use, one returned, one being read, the first one
    gc.collect()
    assert not alive


CTRL_C = """
import os, signal, sys, threading, time
import numpy as np
import bardana as keras

model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(4, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
x, y = np.zeros((32, 20), "float32"), np.zeros(32, "int32")
kind = sys.argv[1]

def source():
    for i in range(10**9):
        if kind == "blocked" and i == 5:
            threading.Event().wait(20)
        if kind == "busy":
            sum(range(1000))
        yield x, y

def interrupt():
    time.sleep(0.3)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)

sent = []
threading.Thread(target=interrupt, daemon=True).start()
try:
    model.fit(source(), steps_per_epoch=10**9, verbose=0, shuffle=False)
except KeyboardInterrupt:
    print("interrupted", 5 if kind == "blocked" else min(model.optimizer.iterations, 1))
    model.fit(np.zeros((64, 20)), np.zeros(64), verbose=0)
"""


@pytest.mark.parametrize("kind", ["plain", "busy", "blocked"])
def test_ctrl_c(kind):
    """Also while the generator blocks: the process ends long before the 20 seconds of its patience."""
    process = subprocess.run([sys.executable, "-c", CTRL_C, kind], capture_output=True, text=True, timeout=PATIENCE - 5)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == ("interrupted 5\n" if kind == "blocked" else "interrupted 1\n")


def test_a_fork_during_a_fit_from_a_generator():
    """The child may use the model, but not go on with the parent's data; the generator may fork too."""
    results = []

    class Fork(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    results.append(os.fork())

    def source():
        for number, batch in enumerate(batches()):
            if number == 3:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    child = os.fork()
                if child == 0:
                    os._exit(0 if np.isfinite(model.predict(X, verbose=0)).all() else 1)
                results.append(child)
            yield batch

    model, parent = classifier(), os.getpid()
    try:
        model.fit(source(), verbose=0, shuffle=False, callbacks=[Fork()])
    except RuntimeError as error:
        good = os.getpid() != parent and "forked child" in str(error) and np.isfinite(model.predict(X, verbose=0)).all()
        os._exit(0 if good else 1)
    finally:
        if os.getpid() != parent:
            os._exit(2)
    assert model.optimizer.iterations == STEPS
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in results] == [0, 0]


def test_the_process_may_end_while_a_daemon_thread_reads():
    code = """
import threading, time
import numpy as np, bardana as keras
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(64), keras.layers.Dense(1)])
model.compile("sgd", "mse")
source = ((np.zeros((4, 1)), np.zeros(4)) for _ in range(10**9))
threading.Thread(target=model.fit, args=(source,), kwargs={"verbose": 0, "shuffle": False}, daemon=True).start()
time.sleep(0.3)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (process.returncode, process.stderr) == (0, "")


def test_progress_of_unknown_length(capsys):
    model = classifier()
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(batches(), verbose=2, shuffle=False)
    assert f"{STEPS}/{STEPS} - " in capsys.readouterr().out


def test_a_dataset_that_does_not_call_super(recwarn):
    class Own(Batches):
        def __init__(self):
            self.x, self.y, self.reads = X, Y, []

    classifier().fit(Own(), verbose=0)
    assert any("super().__init__" in str(w.message) for w in recwarn)


def test_a_dataset_without_end_and_one_without_length():
    class Endless(Batches):
        num_batches = None

        def __getitem__(self, index):
            return super().__getitem__(index % STEPS)

    by_stream, by_array = twins()
    by_stream.fit(Endless(), steps_per_epoch=STEPS, epochs=2, verbose=0, shuffle=False)
    by_array.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    assert_same(by_stream, by_array)

    class Nothing(keras.utils.PyDataset):
        def __getitem__(self, index):
            return X, Y

    with pytest.raises(NotImplementedError, match="num_batches"):
        classifier().fit(Nothing(), verbose=0)
    assert [len(x) for x, _ in Batches()] == [SIZE] * STEPS


def test_a_model_without_input_is_built_by_the_first_batch():
    model = keras.Sequential([keras.layers.Dense(4, "softmax")])
    assert model.predict(batches(), verbose=0).shape == (len(X), 4)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.fit(Batches(), verbose=0).params["steps"] == STEPS
