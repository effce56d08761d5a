"""keras.utils beside live Keras: what Progbar prints, padding and norms, files, custom objects, types, pictures."""

import hashlib
import http.server
import io
import re
import tarfile
import threading
import time
import zipfile

import numpy as np
import pytest

import bardana
from bardana import utils

pytestmark = pytest.mark.parity


class Clock:
    """A clock that tells the given times one after the other, then the last one for good."""

    def __init__(self, times):
        self.times = list(times)

    def __call__(self):
        return self.times.pop(0) if len(self.times) > 1 else self.times[0]


STEPS = [0.0, 0.3, 0.33, 0.9, 2.0, 70.5, 4000.0]


@pytest.mark.parametrize("verbose", [0, 1, 2])
@pytest.mark.parametrize("target", [5, 105, None, 0])
@pytest.mark.parametrize(
    "options", [{}, {"stateful_metrics": ["b"]}, {"stateless_metrics": ["b"], "width": 7, "unit_name": "row"}]
)
def test_progbar_prints_what_keras_prints(verbose, target, options, keras, capsys, monkeypatch):
    """The same bytes under the same clock, for steps one by one and by several, with means and without."""
    texts = []
    keras.config.enable_interactive_logging()
    try:
        for package in (bardana, keras):
            monkeypatch.setattr(time, "time", Clock(STEPS))
            capsys.readouterr()
            bar = package.utils.Progbar(target, verbose=verbose, interval=0.05, **options)
            bar.update(0)
            bar.update(1, [("a", 0.5), ("b", 1e-5)])
            bar.add(1, [("a", np.float32(-0.5)), ("b", 2)])
            bar.add(2, [("a", -3.0), ("long name", np.array([1.0, 2.0]))])
            bar.update(5, [("a", 2.5), ("b", -7.0)], finalize=True)
            texts.append(capsys.readouterr().out)
    finally:
        keras.config.disable_interactive_logging()
    assert texts[0] == texts[1]


def test_progbar_refuses_two_lists_and_speaks_ascii(monkeypatch):
    with pytest.raises(ValueError, match="received both"):
        utils.Progbar(1, stateful_metrics=[], stateless_metrics=[])
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    utils.Progbar(2).update(2)
    assert b"2/2" in stream.buffer.getvalue() and b"====" in stream.buffer.getvalue()


@pytest.mark.parametrize("order", [1, 2, np.inf])
@pytest.mark.parametrize("axis", [-1, 1, 2, None])
def test_normalize(axis, order, keras, rng):
    """The same operations of NumPy on both sides, so the same numbers."""
    x = rng.standard_normal((3, 3, 4))
    x[1] = 0
    x = x[0] if axis is None else x
    axis = 1 if axis == 2 and x.ndim == 2 else axis
    np.testing.assert_array_equal(utils.normalize(x, axis, order), keras.utils.normalize(x, axis, order))


def test_normalize_along_the_first_axis_and_other_types(rng):
    """Keras takes axis=0 for the last one; here it is the first. Integers and tensors give what NumPy gives."""
    x = rng.standard_normal((3, 4))
    np.testing.assert_allclose(np.linalg.norm(utils.normalize(x, 0), axis=0), 1, rtol=1e-15 * 8)
    assert utils.normalize(np.array([[3, 4]])).dtype == np.float64
    assert type(utils.normalize(bardana.tensor.as_tensor(x))) is bardana.tensor.Tensor
    assert utils.normalize(x.astype("float32")).dtype == np.float32


SEQUENCES = {
    "numbers": [[1], [2, 3], [], [4, 5, 6]],
    "vectors": [[], [[1, 2]], [[3, 4], [5, 6], [7, 8]]],
    "none": [],
    "strings": [["a"], ["b", "c"]],
}


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("maxlen", [None, 2, 5])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_pad_sequences(kind, maxlen, truncating, padding, keras):
    if kind == "none" and maxlen is None:
        return  # Keras asks for the largest of no lengths
    options = {"dtype": object, "value": "pad"} if kind == "strings" else {"value": 9.5, "dtype": "float32"}
    arguments = {"maxlen": maxlen, "padding": padding, "truncating": truncating, **options}
    ours = utils.pad_sequences(SEQUENCES[kind], **arguments)
    theirs = keras.utils.pad_sequences(SEQUENCES[kind], **arguments)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == theirs.dtype


def test_pad_sequences_refuses(keras):
    wrong = [
        ([1, 2], {}),
        (3, {}),
        ([[1]], {"padding": "left"}),
        ([[1]], {"truncating": "left"}),
        ([[1]], {"value": "x"}),
        ([[[1]], [[1, 2]]], {}),
    ]
    for sequences, arguments in wrong:
        for package in (bardana, keras):
            with pytest.raises(ValueError):
                package.utils.pad_sequences(sequences, **arguments)
    assert utils.pad_sequences([]).shape == (0, 0)


TYPES = ["bool", "uint8", "uint32", "uint64", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64"]


@pytest.mark.parametrize("first", [*TYPES, int, float, None])
def test_result_type(first, keras):
    for second in [*TYPES, int, float, None]:
        theirs = keras.backend.result_type(first, second)
        assert bardana.backend.result_type(first, second) == theirs, (first, second)
    assert bardana.backend.result_type(first) == keras.backend.result_type(first)
    assert bardana.backend.result_type(first, "int32", "float32") == keras.backend.result_type(
        first, "int32", "float32"
    )


def test_names_of_types(keras):
    import tensorflow as tf

    for dtype in (*TYPES, np.float32, np.dtype("int8"), tf.float16, bool, float, str, None):
        assert utils.standardize_dtype(dtype) == keras.utils.standardize_dtype(dtype)
        if dtype is not str:
            for name in ("is_float_dtype", "is_int_dtype"):
                ours = getattr(bardana.backend, name)(dtype if dtype is not None else "float32")
                assert ours == getattr(keras.backend, name)(dtype if dtype is not None else "float32")
    for package in (bardana, keras):
        with pytest.raises(ValueError):
            package.utils.standardize_dtype("number")


def test_get_uid(keras):
    for package in (bardana, keras):
        package.utils.clear_session()
        assert [package.backend.get_uid(prefix) for prefix in ("a", "a", "b", "")] == [1, 2, 1, 1]


def test_registered_names(keras):
    for package in (bardana, keras):

        @package.saving.register_keras_serializable("mine", "Other")
        class Component:
            def get_config(self):
                return {}

            @classmethod
            def from_config(cls, config):
                return cls()

        @package.utils.register_keras_serializable()
        def function(x):
            return x

        utilities = package.utils
        assert utilities.get_registered_name(Component) == "mine>Other"
        assert utilities.get_registered_name(function) == "Custom>function"
        assert utilities.get_registered_name(int) == "int"
        assert utilities.get_registered_object("mine>Other") is Component
        assert utilities.get_registered_object("nobody") is None
        assert utilities.get_registered_object("nobody", None, {"nobody": int}) is int
        assert set(utilities.get_custom_objects()) >= {"mine>Other", "Custom>function"}
        data = utilities.serialize_keras_object([Component(), function])
        found = utilities.deserialize_keras_object(data)
        assert isinstance(found[0], Component) and found[1] is function
        for key in ("mine>Other", "Custom>function"):
            del utilities.get_custom_objects()[key]
        with pytest.raises(ValueError, match="get_config"):
            utilities.register_keras_serializable()(type("Plain", (), {}))
        with utilities.custom_object_scope({"f": function}):
            assert utilities.get_registered_object("f", {"f": int}) is function
            with utilities.CustomObjectScope({"g": int}):
                assert utilities.get_registered_object("f") is None
            assert utilities.get_registered_object("f") is function
        assert utilities.get_registered_object("f") is None


def test_custom_objects_are_found_by_name_everywhere(keras):
    for package in (bardana, keras):

        class Twos(package.initializers.Initializer):
            def __init__(self, value=2.0):
                self.value = value

            def __call__(self, shape, dtype=None, **kwargs):
                return np.full(shape, self.value, dtype)

            def get_config(self):
                return {"value": self.value}

        config = package.layers.Dense(1, kernel_initializer=Twos(3.0)).get_config()
        with package.utils.custom_object_scope({"Twos": Twos}):
            by_name = package.layers.Dense(1, kernel_initializer="Twos")
            again = package.layers.Dense.from_config(config)
        assert (by_name.kernel_initializer.value, again.kernel_initializer.value) == (2.0, 3.0)
        with pytest.raises(ValueError):
            package.layers.Dense(1, kernel_initializer="Twos")


@pytest.mark.parametrize(
    "value",
    [None, 3, 2.5, "text", True, b"ab", slice(1, None, 2), Ellipsis, (1, (2, "x")), [1.5], {"a": (1,)}, np.float32(2)],
)
def test_plain_values_are_stored_as_keras_stores_them(value, keras):
    stored = utils.serialize_keras_object(value)
    assert stored == keras.utils.serialize_keras_object(value)
    assert utils.deserialize_keras_object(stored) == keras.utils.deserialize_keras_object(stored)


def test_arrays_tensors_and_code(keras):
    for ours, theirs in (
        (np.arange(3), np.arange(3)),
        (bardana.tensor.as_tensor(np.ones(2, "float32")), keras.ops.ones(2)),
    ):
        stored = utils.serialize_keras_object(ours)
        assert stored == keras.utils.serialize_keras_object(theirs)
        again = utils.deserialize_keras_object(stored)
        assert type(again) is type(ours) and again.dtype == ours.dtype
        np.testing.assert_array_equal(again, ours)
    code = {"class_name": "__lambda__", "config": {"value": "x"}}
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match="is never run"):
            utils.deserialize_keras_object(code, safe_mode=safe_mode)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def md5(data):
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def server(tmp_path):
    """A folder that is served on this machine, with its address and the list of requests."""
    folder = tmp_path / "served"
    folder.mkdir()
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, message, *args):
            requests.append(args[0] if args else message)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}", requests
        running.shutdown()
        thread.join()


def test_get_file_downloads_once(server, keras, tmp_path, capsys):
    folder, address, requests = server
    content = bytes(range(256)) * 1000
    (folder / "data.bin").write_bytes(content)
    options = {"origin": f"{address}/data.bin?x=1", "cache_dir": tmp_path / "cache", "file_hash": sha256(content)}
    path = utils.get_file(**options)
    assert path == keras.utils.get_file(**options | {"cache_dir": str(tmp_path / "cache")}) == utils.get_file(**options)
    assert path == str(tmp_path / "cache/datasets/data.bin")
    with open(path, "rb") as file:
        assert file.read() == content
    assert len(requests) == 1
    assert capsys.readouterr().out.startswith(f"Downloading data from {address}/data.bin")
    assert utils.get_file(**options | {"fname": "other", "md5_hash": md5(content), "file_hash": None}).endswith("other")
    utils.get_file(**options, force_download=True)
    assert len(requests) == 3
    assert sorted(entry.name for entry in (tmp_path / "cache/datasets").iterdir()) == ["data.bin", "other"]


def test_get_file_checks_hashes(server, tmp_path, capsys):
    folder, address, _ = server
    (folder / "a").write_bytes(b"right")
    options = {"origin": f"{address}/a", "cache_dir": tmp_path}
    with pytest.raises(ValueError, match="expected a file with the auto hash"):
        utils.get_file(**options, file_hash="0" * 64)
    assert list((tmp_path / "datasets").iterdir()) == []
    (tmp_path / "datasets/a").write_bytes(b"wrong")
    path = utils.get_file(**options, file_hash=md5(b"right"), hash_algorithm="md5")
    with open(path, "rb") as file:
        assert file.read() == b"right"
    assert "it is downloaded again" in capsys.readouterr().out
    with pytest.raises(ValueError, match="hash_algorithm"):
        utils.get_file(**options, hash_algorithm="sha1")


@pytest.mark.parametrize("named", [None, "bundle", "bundle.tar.gz"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_get_file_extracts_where_keras_extracts(kind, named, keras, tmp_path):
    archive = tmp_path / f"pack.{kind}"
    if kind == "tar":
        with tarfile.open(archive, "w:gz") as file:
            member = tarfile.TarInfo("inside/hello.txt")
            member.size = 5
            file.addfile(member, io.BytesIO(b"hello"))
    else:
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("inside/hello.txt", "hello")
    places = []
    for package in (bardana, keras):
        cache = tmp_path / package.__name__
        cache.mkdir()
        folder = package.utils.get_file(named, archive.as_uri(), extract=True, cache_dir=str(cache))
        with open(f"{folder}/inside/hello.txt", encoding="utf-8") as file:
            assert file.read() == "hello"
        places.append((folder.removeprefix(str(cache)), sorted(e.name for e in (cache / "datasets").iterdir())))
    assert places[0] == places[1]


def test_get_file_refuses(server, tmp_path, monkeypatch):
    folder, address, _ = server
    (folder / "plain").write_text("no archive")
    for wrong in ({}, {"origin": "http://x/"}, {"origin": f"{address}/plain", "fname": "a/b"}):
        with pytest.raises(ValueError, match="get_file: expected"):
            utils.get_file(**wrong, cache_dir=tmp_path)
    with pytest.raises(OSError, match="404"):
        utils.get_file(origin=f"{address}/missing", cache_dir=tmp_path)
    with pytest.warns(UserWarning, match="expected an archive"):
        utils.get_file(origin=f"{address}/plain", cache_dir=tmp_path, extract=True)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    assert utils.get_file(origin=f"{address}/plain").startswith(str(tmp_path / "home/datasets"))


def make_model(package):
    package.utils.clear_session()
    return package.Sequential(
        [
            package.Input((4, 2)),
            package.layers.Flatten(),
            package.layers.Dense(3, "relu", name="hidden"),
            package.layers.Dropout(0.5),
            package.layers.Dense(1, trainable=False, name="out"),
        ],
        name="net",
    )


def words(dot):
    """What the boxes say, in the order of the nodes, and how many edges there are."""
    labels = [node.get("label") for node in dot.get_nodes() if node.get("label")]
    texts = [[text for text in re.split(r"<[^>]*>|\n", label) if text.strip("<> ")] for label in labels]
    names = [node.get_name() for node in dot.get_nodes() if node.get("label")]
    edges = [(names.index(e.get_source()), names.index(e.get_destination())) for e in dot.get_edges()]
    return texts, edges


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"show_shapes": True},
        {"show_dtype": True, "show_layer_names": False},
        {"show_layer_activations": True, "show_trainable": True, "rankdir": "LR", "dpi": 50, "splines": "curved"},
        {"show_shapes": True, "show_dtype": True, "show_layer_activations": True, "show_trainable": True},
        {"subgraph": True},
    ],
)
def test_model_to_dot_tells_what_keras_tells(options, keras):
    dots = [package.utils.model_to_dot(make_model(package), **options) for package in (bardana, keras)]
    assert words(dots[0]) == words(dots[1])
    for attribute in ("rankdir", "dpi", "splines", "concentrate", "labeljust", "style"):
        assert dots[0].get(attribute) == dots[1].get(attribute)
    assert type(dots[0]) is type(dots[1])


@pytest.mark.parametrize("suffix", ["png", "svg", "dot", "pdf"])
def test_plot_model_draws(suffix, tmp_path):
    path = tmp_path / f"model.{suffix}"
    utils.plot_model(make_model(bardana), path, show_shapes=True, show_layer_names=True, dpi=60)
    content = path.read_bytes()
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "dot": b"digraph", "pdf": b"%PDF"}[suffix])
    if suffix == "svg":
        assert b"hidden" in content and b"(None, 8)" in content
    plain = tmp_path / "without_suffix"
    utils.plot_model(make_model(bardana), str(plain), dpi=20)
    assert plain.read_bytes().startswith(b"\x89PNG")


def test_plot_model_draws_frames_around_models(tmp_path):
    layers = bardana.layers
    inner = bardana.Sequential([bardana.Input((2,)), layers.Dense(3)], name='its "own" model')
    outer = bardana.Sequential([bardana.Input((2,)), inner, layers.Dense(2)])
    path = tmp_path / "model.svg"
    utils.plot_model(outer, path, expand_nested=True)
    picture = path.read_text()
    assert picture.count('class="cluster"') == picture.count("its &quot;own&quot; model") == 1


def test_plot_model_refuses(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="expected a built model"):
        utils.plot_model(bardana.Sequential([bardana.layers.Dense(1)]))
    with pytest.raises(ValueError, match="layer_range"):
        utils.plot_model(make_model(bardana), layer_range=None)
    with pytest.raises(FileNotFoundError):
        utils.plot_model(make_model(bardana), tmp_path / "missing/model.png")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportError, match="apt-get install graphviz"):
        utils.plot_model(make_model(bardana), tmp_path / "model.png")
    monkeypatch.setitem(__import__("sys").modules, "pydot", None)
    with pytest.raises(ImportError, match=r"pip install 'bardana\[plot\]'"):
        utils.plot_model(make_model(bardana), tmp_path / "model.png")


def test_signatures_are_those_of_keras(keras):
    import inspect

    for module in ("utils", "saving", "backend"):
        for name in getattr(bardana, module).__all__:
            ours = getattr(getattr(bardana, module), name)
            theirs = getattr(getattr(keras, module), name, None)
            if theirs is None:
                assert module == "backend" and name in ("get_value", "set_value")  # names of Keras 2
                continue
            named = [list(inspect.signature(f).parameters.values()) for f in (ours, theirs)]
            kept = [[p.name for p in ps if p.kind is not p.VAR_KEYWORD] for ps in named]
            assert kept[0] == kept[1], name
            defaults = [[p.default for p in ps if p.kind is not p.VAR_KEYWORD] for ps in named]
            assert defaults[0] == defaults[1], name
