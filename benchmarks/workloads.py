"""The named workloads, with what each owes its peers.

Ratios are a peer's median over bardana's. A workload's `like` names another workload that does the same work through
another call, for peers that have only that one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import data
from tasks import Task

CHAPTER = (784, 300, 100, 10)
WIDE = (1024, 4096, 4096, 1024)


@dataclass(frozen=True)
class Workload:
    """What is measured: seconds per `unit` of a task, prepared by the peers' function for this `kind`.

    `owed` and `owed_one_thread` are ratios to peers, `limit` seconds, `peak_share` the share of the FMA peak by row of
    ours, `avx2` the time with AVX2 forced over the time without, `fastest` means faster than every peer.
    `tiny` workloads are ones that a second thread does not help.
    """

    name: str
    text: str
    unit: str
    kind: str
    task: Callable[[float], Task]
    tolerance: float = 1e-3
    like: str | None = None
    owed: Mapping[str, float] = field(default_factory=dict)
    owed_one_thread: Mapping[str, float] = field(default_factory=dict)
    peak_share: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    avx2: float | None = None
    fastest: bool = False
    tiny: bool = False

    def units(self, task: Task) -> int:
        return task.steps if self.unit == "step" else 1

    def flop(self, task: Task) -> float:
        training = self.kind in {"epoch", "call", "fit call", "script"}
        return (task.training_flop if training else task.inference_flop) / self.units(task)


def classifier(scale: float, optimizer: str = "sgd", rate: float = 0.01) -> Task:
    x, y = data.images("train", max(100, int(55_000 * scale)))
    loss = "sparse_categorical_crossentropy"
    return Task(CHAPTER, x, y, loss, output="softmax", optimizer=optimizer, rate=rate)


def regression(scale: float) -> Task:
    return Task((8, 30, 1), *data.regression(max(100, int(11_610 * scale))), epochs=10)


def xor(rows: int) -> Task:
    x, y = data.xor(rows)
    return Task((2, 4, 1), x, y, "binary_crossentropy", hidden="tanh", output="sigmoid", rate=0.1, batch=4)


def wide(scale: float) -> Task:
    """Return two steps without shuffling, fewer rows a step for a smoke test."""
    batch = max(8, int(512 * min(1.0, scale)))
    return Task(WIDE, *data.noise(2 * batch, WIDE[0], WIDE[-1]), batch=batch, shuffle=False)


def rows_of_chapter(rows: int) -> Task:
    x, y = data.images("test", rows)
    return Task(CHAPTER, x, y, "sparse_categorical_crossentropy", output="softmax")


def one_row(scale: float) -> Task:
    return rows_of_chapter(1)


W1_TEXT = "Fashion MNIST 784-300-100-10, batch 32"
WORKLOADS = [
    Workload(
        "W1",
        f"{W1_TEXT}, SGD",
        "epoch",
        "epoch",
        classifier,
        tolerance=0.03,
        owed={
            "keras-tf": 11,
            "keras-tf-tuned": 4.2,
            "torch": 4.5,
            "torch-compiled": 3,
            "jax": 2.2,
            "sklearn": 4.3,
            "numpy": 2.2,
        },
        owed_one_thread={"jax": 1.4},
        peak_share={"bardana-1t": 0.85, "bardana": 0.80},
        avx2=1.15,
    ),
    Workload(
        "W2",
        "regression 8-30-1, batch 32, SGD",
        "epoch",
        "epoch",
        regression,
        tolerance=0.05,
        owed={
            "keras-tf": 500,
            "keras-tf-tuned": 200,
            "torch": 150,
            "torch-compiled": 50,
            "jax": 9,
            "sklearn": 60,
            "numpy": 12,
        },
        tiny=True,
    ),
    Workload(
        "W3 step",
        "XOR 2-4-1, batch 4, an epoch of 10,000 steps",
        "step",
        "epoch",
        lambda scale: xor(4 * max(10, int(10_000 * scale))),
        tolerance=0.1,
        owed={"torch-compiled": 300, "jax": 5, "sklearn": 500, "numpy": 60},
        tiny=True,
    ),
    Workload(
        "W3 call",
        "XOR, `train_on_batch` of 4 rows",
        "call",
        "call",
        lambda scale: xor(4),
        owed={"keras-tf": 40, "torch": 10},
        limit=30e-6,
        tiny=True,
    ),
    Workload(
        "W3 fit",
        "XOR, `fit(epochs=1, verbose=0)` of 4 rows",
        "call",
        "fit call",
        lambda scale: xor(4),
        limit=30e-6,
        tiny=True,
    ),
    Workload(
        "W4",
        "1024-4096-4096-1024, batch 512, SGD",
        "step",
        "epoch",
        wide,
        peak_share={"bardana": 0.80},
        avx2=1.15,
        fastest=True,
    ),
    Workload(
        "W5 row",
        "the W1 model, `predict` of one row",
        "call",
        "predict",
        one_row,
        like="W5 row call",
        limit=18e-6,
        fastest=True,
        tiny=True,
    ),
    Workload(
        "W5 row call",
        "the W1 model, `model(x)` of one row",
        "call",
        "model call",
        one_row,
        like="W5 row",
        limit=15e-6,
        fastest=True,
        tiny=True,
    ),
    Workload(
        "W5 row into",
        "the W1 model, `predict_into` of one row",
        "call",
        "predict into",
        one_row,
        like="W5 row",
        limit=15e-6,
        fastest=True,
        tiny=True,
    ),
    Workload(
        "W5 rows",
        "the W1 model, `predict` of 10,000 rows",
        "call",
        "predict",
        lambda scale: rows_of_chapter(max(10, int(10_000 * scale))),
        peak_share={"bardana": 0.85},
        avx2=1.15,
    ),
    Workload(
        "W6",
        f"{W1_TEXT}, Adam",
        "epoch",
        "epoch",
        lambda scale: classifier(scale, "adam", 0.001),
        tolerance=0.05,
        owed={"keras-tf": 12, "keras-tf-tuned": 4, "torch": 8, "jax": 1.7, "sklearn": 6},
    ),
    Workload(
        "script",
        f"the chapter's script, float64 images and validation, {W1_TEXT}, SGD",
        "epoch",
        "script",
        classifier,
        tolerance=0.03,
    ),
]
