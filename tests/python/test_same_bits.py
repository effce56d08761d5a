"""Training and predicting give identical bytes for any number of threads, batch of predict, and on every ISA with fma.

Every combination runs in a process of its own, forced by BARDANA_ISA and BARDANA_NUM_THREADS, which proves that the
instruction set and the number of threads that it was asked for really worked.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import bardana as keras
from bardana import _core

FUSED = [isa for isa in _core.build_info()["isas"] if isa != "baseline"]

# Models as (inputs, layers, loss, optimizer, rows, batch, epochs); "W1" and "wide" are large enough for 4 threads.
SCRIPT = """
import hashlib, json
import numpy as np
import bardana as keras
from bardana import _core

layers, optimizers = keras.layers, keras.optimizers
keras.utils.set_random_seed(7)  # of the layers too: Dropout draws its seed when it is made
MODELS = {
    "W1": (784, [layers.Dense(300, "relu"), layers.Dropout(0.2), layers.Dense(100, "relu"),
                 layers.Dense(10, "softmax")], "sparse_categorical_crossentropy", optimizers.SGD(0.01), 700, 32, 3),
    "W2": (8, [layers.Dense(30, "relu"), layers.Dense(1)], "mse", optimizers.SGD(0.01), 2000, 32, 1),
    "W3": (2, [layers.Dense(4, "tanh"), layers.Dense(1, "sigmoid")], "binary_crossentropy", optimizers.SGD(0.1), 400,
           4, 1),
    "wide": (61, [layers.Dense(203, "gelu"), layers.Dropout(0.5), layers.Dense(513, "tanh"), layers.Dense(7)],
             "huber", optimizers.Adam(), 999, 311, 2),
    "batch norm": (300, [layers.BatchNormalization(), layers.Dense(203, use_bias=False), layers.BatchNormalization(),
                         layers.Activation("relu"), layers.Dense(7)], "mse", optimizers.Adam(), 501, 50, 2),
    "noise": (300, [layers.GaussianNoise(0.5), layers.Dense(203, "selu", activity_regularizer="l2"),
                    layers.LayerNormalization(), layers.AlphaDropout(0.25, noise_shape=(1, None)), layers.Dense(130),
                    layers.GaussianDropout(0.25), layers.RMSNormalization(), layers.UnitNormalization(),
                    layers.Dense(7)], "mse", optimizers.SGD(0.05), 501, 50, 2),
    "momentum": (37, [layers.Dense(97, "elu"), layers.Dense(3, "softmax")], "sparse_categorical_crossentropy",
                 optimizers.SGD(0.05, momentum=0.9), 501, 50, 2),
    "float64": (31, [layers.Dense(150, "relu", dtype="float64"), layers.Dense(2, dtype="float64")], "mae",
                optimizers.SGD(0.05), 700, 350, 2),
    "indices": (64, [layers.Embedding(6, 50), layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(1)], "mse",
                optimizers.SGD(0.05), 700, 350, 2),
    "bins": (61, [layers.Normalization(mean=0.1, variance=2.0), layers.Rescaling(0.5, 0.1),
                  layers.Discretization([-1.0, -0.5, 0.0, 0.5]), layers.Embedding(5, 17), layers.Flatten(),
                  layers.Dense(30, "tanh"), layers.Dense(1)], "mse", optimizers.Adam(), 700, 350, 2),
}

def digest(arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()

results = {}
for name, (inputs, stack, loss, optimizer, rows, batch, epochs) in MODELS.items():
    keras.utils.set_random_seed(7)
    rng = np.random.default_rng(7)
    model = keras.Sequential([keras.Input((inputs,), dtype="float64" if name == "float64" else "float32"), *stack])
    shift = [0.5 if "variance" in w.name else 0 for w in model.weights]
    model.set_weights([rng.uniform(-0.1, 0.1, w.shape) + s for w, s in zip(model.weights, shift)])
    model.compile(optimizer, loss)
    x = rng.standard_normal((rows, inputs)).astype("float64" if name == "momentum" else "float32")
    outputs = model.output_shape[-1]
    sparse = loss.startswith("sparse")
    y = rng.integers(0, outputs, rows) if sparse else (rng.random((rows, outputs)) > 0.5).astype("float32")
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
    results[name] = digest(model.get_weights())
    results[name + " predict"] = digest([model.predict(x, verbose=0)])
    assert digest([model.predict(x, batch_size=97, verbose=0)]) == results[name + " predict"]
    assert digest([model(x)]) == results[name + " predict"]

m = keras.metrics
model = keras.Sequential([keras.Input((61,)), layers.Dense(203, "tanh"), layers.Dense(40, "sigmoid")])
rng = np.random.default_rng(7)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.weights])
plain = [m.AUC(), m.Precision(), m.F1Score(), "kl_divergence"]
weighted = [m.AUC(multi_label=True), "mae", m.CategoricalHinge(), "cosine_similarity", m.R2Score()]
model.compile(optimizers.SGD(0.05), "binary_focal_crossentropy", metrics=plain, weighted_metrics=weighted)
x, y = rng.standard_normal((999, 61)).astype("float32"), (rng.random((999, 40)) > 0.5).astype("float32")
history = model.fit(x, y, batch_size=311, epochs=2, sample_weight=rng.random(999), verbose=0).history
results["metrics"] = digest([np.asarray(values) for values in history.values()])
results["metric states"] = digest([v.numpy() for metric in model.metrics for v in metric.variables])
print(json.dumps({"isa": _core.build_info()["isa"], "most": _core.most_threads_used(), "digests": results}))
"""


def run(isa, threads):
    environment = {**os.environ, "BARDANA_ISA": isa, "BARDANA_NUM_THREADS": str(threads)}
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=120
    )
    assert process.returncode == 0, process.stderr
    answer = json.loads(process.stdout)
    assert answer["isa"] == isa
    assert answer["most"] == threads
    return answer["digests"]


@pytest.fixture(scope="module")
def expected():
    return run(FUSED[-1], 1) if FUSED else run("baseline", 1)


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_the_number_of_threads_changes_no_bit(expected, threads):
    assert run(FUSED[-1] if FUSED else "baseline", threads) == expected


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("isa", FUSED[:-1])
def test_the_instruction_set_changes_no_bit(expected, isa, threads):
    assert run(isa, threads) == expected


@pytest.mark.parametrize("threads", [2, 4])
def test_the_baseline_has_bits_of_its_own_but_for_any_threads(threads):
    assert run("baseline", threads) == run("baseline", 1)


def test_a_prediction_in_pieces_has_the_bits_of_the_whole():
    rng = np.random.default_rng(0)
    model = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(300, "relu"), keras.layers.Dense(2), keras.layers.Dense(1)]
    )
    x = rng.random((1000, 784), "float32")
    whole = model.predict(x, verbose=0)
    for size in (1, 3, 16, 250):
        pieces = [model.predict(x[i : i + size], verbose=0) for i in range(0, 100, size)]
        np.testing.assert_array_equal(np.concatenate(pieces)[:100], whole[:100])
