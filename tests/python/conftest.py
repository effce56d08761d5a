"""Fixtures: random data that differ from run to run but can be repeated, and live Keras for the tests marked parity.

The seed of a run is printed with every failure; BARDANA_TEST_SEED fixes it. Keras on TensorFlow is imported only by the
fixture `keras`, so `pytest -m "not parity"` needs no TensorFlow.
"""

from __future__ import annotations

import os
import secrets
import warnings
import zlib
from collections.abc import Generator
from types import ModuleType

import numpy as np
import pytest

import bardana

SEED = int(os.environ.get("BARDANA_TEST_SEED") or secrets.randbelow(2**31))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "parity: compares with live tf.keras (imports TensorFlow)")


def pytest_report_header() -> str:
    return f"BARDANA_TEST_SEED={SEED}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and "rng" in getattr(item, "fixturenames", ()):
        report.sections.append(("Random data", f"repeat with BARDANA_TEST_SEED={SEED}"))
    return report


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator with a stream of its own for each test; weights and shuffling of bardana are seeded from it too."""
    generator = np.random.default_rng([SEED, zlib.crc32(request.node.nodeid.encode())])
    bardana.utils.set_random_seed(int(generator.integers(2**31)))
    return generator


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """Live Keras on TensorFlow, silent. Warnings of its own import are not ours to answer for."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.config.disable_interactive_logging()
    return keras
