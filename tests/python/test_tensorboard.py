"""Event files beside those of live Keras, read back by TensorBoard's own reader.

Tags, steps and the plugins that show them must be the same; numbers to 1e-5, some 100 roundings of float32, for sums in
another order.
"""

import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import bardana
from bardana.callbacks import TensorBoard
from bardana.callbacks.callback_list import CallbackList

pytestmark = [
    pytest.mark.parity,
    # Keras' own variables beside NumPy 2, and modules of TensorBoard's own.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard"),
]
# What a file says of TensorFlow's graph has no counterpart, and speeds differ.
NOT_COMPARED = ("batch_2", "steps_per_second")


@pytest.fixture(scope="module")
def read():
    """A function that reads a folder: tag → (plugin, [(step, value), …]), in the order in which they were written.

    The reader itself takes files in the order of their names. TensorFlow numbers them without leading zeros, so that of
    two files of the same second the tenth comes before the ninth.
    """
    from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    def read(folder):
        reader = EventAccumulator(str(folder), size_guidance={"tensors": 0}, purge_orphaned_data=False)
        reader.Reload()
        found = {}
        for tag in reader.Tags()["tensors"]:
            written = sorted(reader.Tensors(tag), key=lambda event: event.wall_time)
            events = [(event.step, make_ndarray(event.tensor_proto)) for event in written]
            found[tag] = reader.SummaryMetadata(tag).plugin_data.plugin_name, events
        return found

    return read


def make_model(package, optimizer="sgd"):
    package.utils.clear_session()
    layers = [
        package.Input((3,)),
        package.layers.Dense(4, "tanh", name="hidden"),
        package.layers.Dense(1, use_bias=False, name="out"),
    ]
    model = package.Sequential(layers, name="net")
    model.compile(optimizer, "mse", metrics=["mae"])
    rng = np.random.default_rng(3)
    model.set_weights([rng.standard_normal(weight.shape) for weight in model.get_weights()])
    return model


def data():
    rng = np.random.default_rng(4)
    return rng.standard_normal((20, 3)).astype("float32"), rng.standard_normal((20, 1)).astype("float32")


def assert_same_events(ours, theirs):
    def compared(found):
        return {tag: entry for tag, entry in found.items() if not any(part in tag for part in NOT_COMPARED)}

    ours, theirs = compared(ours), compared(theirs)
    assert ours.keys() == theirs.keys()
    for tag, (plugin, events) in ours.items():
        assert plugin == theirs[tag][0], tag
        assert [step for step, _ in events] == [step for step, _ in theirs[tag][1]], tag
        if plugin in ("graph_keras_model", "images"):
            continue
        for (_, our_value), (_, their_value) in zip(events, theirs[tag][1], strict=True):
            assert our_value.dtype == their_value.dtype, tag
            if plugin == "histograms":
                assert_same_histogram(our_value, their_value)
            else:
                np.testing.assert_allclose(our_value, their_value, rtol=1e-5, err_msg=tag)


def assert_same_histogram(ours, theirs):
    """Edges as near as the weights; a weight at an edge may fall on either side of it."""
    assert ours.shape == theirs.shape == (30, 3)
    width = max(np.ptp(theirs[:, :2]), 1e-30)
    np.testing.assert_allclose(ours[:, :2], theirs[:, :2], atol=1e-4 * width)
    assert ours[:, 2].sum() == theirs[:, 2].sum()
    assert np.abs(np.cumsum(ours[:, 2]) - np.cumsum(theirs[:, 2])).max() <= 1


OPTIONS = [
    {},
    {"update_freq": "batch", "write_graph": False},
    {"update_freq": 5, "write_steps_per_second": True},
    {"histogram_freq": 2, "write_images": True},
    {"write_steps_per_second": True},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_events_are_those_of_keras(options, keras, read, tmp_path):
    x, y = data()
    found = []
    for package in (bardana, keras):
        folder = tmp_path / package.__name__
        callback = package.callbacks.TensorBoard(folder, **options)
        model = make_model(package)
        run = {"batch_size": 4, "shuffle": False, "verbose": 0, "callbacks": [callback]}
        model.fit(x, y, epochs=3, validation_data=(x, y), **run)
        model.evaluate(x, y, batch_size=4, verbose=0, callbacks=[callback])
        del callback, model  # Keras closes the file of an evaluation with its writer
        assert sorted(path.name for path in folder.iterdir()) == ["train", "validation"]
        if package is bardana:  # names in order of the files' numbers, whatever their count of digits
            assert all(re.search(r"\.\d{6}\.v2$", path.name) for path in folder.glob("*/*"))
        found.append({part: read(folder / part) for part in ("train", "validation")})
    for part in ("train", "validation"):
        assert_same_events(found[0][part], found[1][part])
    tags = found[0]["train"]
    assert ("epoch_steps_per_second" in tags) == bool(options.get("write_steps_per_second"))
    assert ("batch_steps_per_second" in tags) == (options.get("update_freq") == 5)
    assert all(value > 0 for tag in tags if "per_second" in tag for _, value in tags[tag][1])


def test_epochs_are_written_whatever_their_last_batch(read, tmp_path):
    """Keras leaves out those whose last batch is no multiple of update_freq."""
    x, y = data()
    make_model(bardana).fit(x, y, 4, epochs=2, verbose=0, callbacks=[TensorBoard(tmp_path, update_freq=3)])
    events = read(tmp_path / "train")
    steps = {tag: [step for step, _ in events[tag][1]] for tag in ("epoch_loss", "batch_loss")}
    assert steps == {"epoch_loss": [0, 1], "batch_loss": [3, 6, 9]}


def test_two_fits_with_one_callback(keras, read, tmp_path):
    x, y = data()
    found = []
    for package in (bardana, keras):
        callback = package.callbacks.TensorBoard(tmp_path / package.__name__, update_freq=5)
        model = make_model(package)
        for epochs in (1, 2):
            model.fit(x, y, epochs=epochs, batch_size=4, shuffle=False, verbose=0, callbacks=[callback])
        found.append(read(tmp_path / package.__name__ / "train"))
    assert_same_events(*found)


def test_pictures_of_weights(keras, read, tmp_path):
    """The same pixels as Keras writes: level = value · 255.5, cut to 0 … 255."""
    from PIL import Image

    pictures = []
    for package in (bardana, keras):
        model = make_model(package)
        model.set_weights([np.linspace(-0.5, 1.5, weight.size).reshape(weight.shape) for weight in model.get_weights()])
        callback = package.callbacks.TensorBoard(tmp_path / package.__name__, histogram_freq=1, write_images=True)
        callback.set_model(model)
        callback.on_epoch_end(0, {})
        callback.on_train_end()
        events = read(tmp_path / package.__name__ / "train")
        images = {tag: events[tag][1][0][1] for tag in events if tag.endswith("/image")}
        pictures.append(
            {
                tag: (list(entry[:2]), [np.asarray(Image.open(io.BytesIO(png))).tolist() for png in entry[2:]])
                for tag, entry in images.items()
            }
        )
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == 3


def test_the_layers_are_drawn_by_tensorboard(read, tmp_path):
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

    callback = TensorBoard(tmp_path)
    callback.set_model(make_model(bardana))
    callback.on_train_end()
    ((step, text),) = read(tmp_path / "train")["keras"][1]
    graph = keras_model_to_graph_def(json.loads(text.item()))
    nodes = {node.name: list(node.input) for node in graph.node}
    assert step == 0
    assert nodes["net/out"] == ["net/hidden"]


def test_nothing_is_asked_at_batches_unless_it_is_written(tmp_path):
    assert not CallbackList([TensorBoard(tmp_path)]).wants_train_batches
    assert not CallbackList([TensorBoard(tmp_path, write_steps_per_second=True)]).wants_train_batches
    assert CallbackList([TensorBoard(tmp_path, update_freq=10)]).wants_train_batches

    class Mine(TensorBoard):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)

    assert CallbackList([Mine(tmp_path)]).wants_train_batches
    assert not CallbackList([TensorBoard(tmp_path)]).wants_test_batches


def test_histograms_of_odd_values(read, tmp_path):
    from bardana.callbacks.event_files import EventFile

    file = EventFile(str(tmp_path))
    for step, values in enumerate(([], [2.0, 2.0], [np.nan, np.inf], [0.0, 1.0, np.nan])):
        file.histogram("h", np.array(values), step)
    file.close()
    empty, equal, odd, mixed = (value for _, value in read(tmp_path)["h"][1])
    assert not empty.any() and not odd.any()
    assert equal[-1].tolist() == [2, 2, 2] and equal[:, 2].sum() == 2
    assert mixed[0, 2] == mixed[-1, 2] == 1 and mixed[:, 2].sum() == 2


@pytest.mark.parametrize(
    "options",
    [
        {"profile_batch": 2},
        {"embeddings_freq": 1},
        {"embeddings_metadata": "x"},
        {"update_freq": 0},
        {"update_freq": "x"},
    ],
)
def test_what_is_refused(options):
    with pytest.raises(ValueError, match=r"TensorBoard: expected .*, received"):
        TensorBoard(**options)


def test_advice_without_the_package_and_no_tensorflow_with_it(tmp_path):
    script = """
import sys
{before}
import numpy as np, bardana
model = bardana.Sequential([bardana.Input((1,)), bardana.layers.Dense(1)])
model.compile("sgd", "mse")
try:
    model.fit(np.ones((2, 1)), np.ones(2), verbose=0, callbacks=[bardana.callbacks.TensorBoard({folder!r}, 1)])
except ImportError as error:
    print(error)
print("tensorflow" in sys.modules)
"""
    texts = []
    for before in ("", "sys.modules['tensorboard'] = None"):
        code = script.format(before=before, folder=str(tmp_path))
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert process.returncode == 0, process.stderr
        texts.append(process.stdout)
    assert texts[0] == "False\n"
    assert "pip install 'bardana[tensorboard]'" in texts[1]
