"""Data sets: where they are looked for, what a damaged file says, and the digits in the package."""

import contextlib
import functools
import gzip
import hashlib
import http.server
import struct
import threading
from dataclasses import replace

import numpy as np
import pytest

import bardana
from bardana.datasets import digits, fashion_mnist, files, iris, mnist

NAMES = list(fashion_mnist._SOURCE.checksums)


def write_idx(path, array):
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def write_fashion(folder, rows=3):
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        shape = (rows, 28, 28) if "images" in name else (rows,)
        write_idx(folder / name, np.full(shape, rows, np.uint8))


@pytest.fixture
def isolated(tmp_path, monkeypatch):
    """No cache, no data folder, no system folder, no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BARDANA_DATA", raising=False)
    monkeypatch.setattr(files, "_ORIGIN", "http://127.0.0.1:9/")
    monkeypatch.setattr(fashion_mnist, "_SOURCE", replace(fashion_mnist._SOURCE, system_folders=(tmp_path / "system",)))
    return tmp_path


def test_folders_are_searched_in_order(isolated, monkeypatch):
    monkeypatch.setenv("BARDANA_DATA", str(isolated / "data"))
    places = ["system", "data", "data/fashion-mnist", "home/datasets/fashion-mnist"]
    for rows, place in enumerate(places, start=1):
        write_fashion(isolated / place, rows)
        (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
        assert len(x_train) == len(y_train) == len(x_test) == len(y_test) == rows
    (isolated / places[-1] / NAMES[0]).unlink()
    assert len(fashion_mnist.load_data()[0][0]) == len(places) - 1


def test_loaded_images_are_writeable_uint8(isolated):
    write_fashion(isolated / "system")
    (x, y), _ = fashion_mnist.load_data()
    assert x.dtype == y.dtype == np.uint8
    assert x.shape == (3, 28, 28)
    assert x.flags.writeable


def test_nothing_found_says_what_was_tried(isolated):
    assert not fashion_mnist.is_local()
    with pytest.raises(FileNotFoundError) as error:
        fashion_mnist.load_data()
    message = str(error.value)
    for part in (
        "home/datasets/fashion-mnist",
        "system",
        "127.0.0.1",
        "apt install dataset-fashion-mnist",
        "BARDANA_DATA",
    ):
        assert part in message
    with pytest.raises(FileNotFoundError, match=r"MNIST: expected the files mnist\.npz"):
        mnist.load_data()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", "expected a gzip file"),
        (b"", "expected an IDX header"),
        (gzip.compress(bytes(50000))[:-20], "expected a gzip file"),
        (gzip.compress(b"\0\0\x0d\3" + bytes(12)), "expected an IDX header of uint8 with 3 axes"),
        (gzip.compress(b"\0\0\x08\3" + struct.pack(">3I", 2, 28, 28) + bytes(5)), "expected 1568 bytes"),
        (gzip.compress(b"\0\0\x08\3" + struct.pack(">3I", 2, 9, 9) + bytes(162)), r"expected shape \(3, 28, 28\)"),
    ],
)
def test_a_damaged_file_is_named(isolated, content, message):
    write_fashion(isolated / "system")
    (isolated / "system" / NAMES[0]).write_bytes(content)
    with pytest.raises(ValueError, match=rf"(?s){NAMES[0]}.*{message}"):
        fashion_mnist.load_data()


def test_mnist_reads_keras_file_and_refuses_damaged_ones(isolated):
    folder = isolated / "home" / "datasets"
    folder.mkdir(parents=True)
    images, labels = np.zeros((2, 28, 28), np.uint8), np.array([3, 4], np.uint8)
    np.savez_compressed(folder / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    (x_train, _), (_, y_test) = mnist.load_data()
    assert x_train.shape == (2, 28, 28)
    assert y_test.tolist() == [3, 4]
    np.savez(folder / "other.npz", x_train=images)
    for name, content in (
        ("other.npz", None),
        ("cut.npz", (folder / "mnist.npz").read_bytes()[:-50]),
        ("no.npz", b"x"),
    ):
        if content is not None:
            (folder / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name}: expected an npz file"):
            mnist.load_data(name)


@pytest.fixture
def origin(isolated, monkeypatch):
    """A web server on this machine that plays the origin of the downloads."""
    folder = isolated / "www"
    write_fashion(folder)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(files, "_ORIGIN", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield folder
    server.shutdown()
    server.server_close()


def test_download_goes_to_keras_cache_and_is_checked(isolated, origin, monkeypatch):
    pytest.importorskip("pooch")
    cache = isolated / "home" / "datasets" / "fashion-mnist"
    with pytest.raises(FileNotFoundError, match=r"SHA256|hash"):
        fashion_mnist.load_data()
    assert not list(cache.glob("*.gz"))
    sums = {name: hashlib.sha256((origin / name).read_bytes()).hexdigest() for name in NAMES}
    monkeypatch.setattr(fashion_mnist, "_SOURCE", replace(fashion_mnist._SOURCE, checksums=sums))
    assert len(fashion_mnist.load_data()[0][0]) == 3
    assert sorted(path.name for path in cache.iterdir()) == sorted(NAMES)


def test_digits_are_the_uci_digits():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8)
    assert x_test.shape == (360, 8, 8)
    assert x_train.dtype == np.uint8
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    assert x.max() == 16
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    original = sklearn_datasets.load_digits()
    np.testing.assert_array_equal(x, original.images)
    np.testing.assert_array_equal(y, original.target)


def test_iris_are_fishers():
    """Equal to scikit-learn's copy, and in rows 35 and 38, where the file of UCI is wrong, as the paper has them."""
    (x, y), (x_none, y_none) = iris.load_data(test_split=0)
    assert x.dtype == np.float64
    assert y.dtype == np.int64
    assert x_none.shape == (0, 4) and y_none.shape == (0,)
    assert np.bincount(y).tolist() == [50, 50, 50]
    original = pytest.importorskip("sklearn.datasets").load_iris()
    order = np.arange(150)
    np.random.RandomState(113).shuffle(order)
    np.testing.assert_array_equal(x, original.data[order])
    np.testing.assert_array_equal(y, original.target[order])
    assert tuple(original.target_names) == iris.CLASS_NAMES
    assert tuple(name.removesuffix(" (cm)") for name in original.feature_names) == iris.FEATURE_NAMES
    in_order = x[np.argsort(order)]
    assert in_order[[34, 37]].tolist() == [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]]


def test_iris_are_divided_and_checked(tmp_path, monkeypatch):
    (x, y), (x_test, y_test) = iris.load_data(0.3, seed=5)
    assert x.shape == (105, 4) and x_test.shape == (45, 4) and y.shape == (105,) and y_test.shape == (45,)
    assert not np.array_equal(iris.load_data(0.3, seed=6)[0][0], x)
    with pytest.raises(ValueError, match="test_split"):
        iris.load_data(1)
    damaged = tmp_path / "iris.npz"
    damaged.write_bytes(iris._FILE.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(iris, "_FILE", damaged)
    with pytest.raises(ValueError, match="SHA-256"):
        iris.load_data()


@pytest.mark.skipif(not fashion_mnist.is_local(), reason="Fashion MNIST is not on this machine")
def test_fashion_mnist_is_the_real_one():
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    digests = [hashlib.sha256(part.tobytes()).hexdigest()[:16] for part in (x_train, y_train, x_test, y_test)]
    assert digests == ["2e487a6c89124f78", "657fbd221bfc9f41", "c867c93ff9536059", "3d0e6c6ea990b53b"]


def write_table(path, rows, features):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=np.arange(rows * features, dtype=float).reshape(rows, features), y=np.arange(float(rows)))


def flaw_told(name):
    """Expect the warning of a data set that is known to be flawed, once it is there."""
    if name == "boston_housing":
        return pytest.warns(UserWarning, match=r"column 11 .* share of black inhabitants.*california_housing")
    return contextlib.nullcontext()


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "rows", "features", "arguments"),
    [
        ("boston_housing", 506, 13, {}),
        ("boston_housing", 506, 13, {"test_split": 0, "seed": 5}),
        ("california_housing", 700, 8, {}),
        ("california_housing", 700, 8, {"version": "small", "test_split": 0.33, "seed": 7}),
    ],
)
def test_tables_are_divided_as_keras_divides_them(name, rows, features, arguments, isolated, keras, monkeypatch):
    """Made-up numbers of the right shape stand for the file, which Keras is told to accept as it is."""
    path = isolated / "home/datasets" / f"{name}.npz"
    write_table(path, rows, features)
    theirs_module = getattr(keras.datasets, name)
    monkeypatch.setitem(theirs_module.load_data.__globals__, "get_file", lambda *_, **__: str(path))
    with flaw_told(name):
        ours = getattr(bardana.datasets, name).load_data(**arguments)
    for our_part, their_part in zip(ours, theirs_module.load_data(**arguments), strict=True):
        for actual, expected in zip(our_part, their_part, strict=True):
            np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_tables_say_what_is_wrong(name, isolated):
    module = getattr(bardana.datasets, name)
    with pytest.raises(FileNotFoundError, match=rf"{name}\.npz.*\n(.*\n)*.*BARDANA_DATA"):
        module.load_data()
    for split in (1, -0.1, "half"):
        with pytest.raises(ValueError, match="test_split"):
            module.load_data(test_split=split)
    path = isolated / "home/datasets" / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="npz file with x and y"):
        module.load_data()
    np.savez(path, x=np.zeros(3), y=np.zeros(3))
    with pytest.raises(ValueError, match="shape"):
        module.load_data()
    write_table(path, 10, 4)
    with flaw_told(name):
        (x, y), (x_test, y_test) = module.load_data(path=str(path))
    assert x.shape == (8, 4) and y.shape == (8,) and x_test.shape == (2, 4) and y_test.shape == (2,)


def test_california_has_two_versions():
    with pytest.raises(ValueError, match="'small' or 'large'"):
        bardana.datasets.california_housing.load_data(version="tiny")
