"""The packages that are measured: where each runs, on how many threads, and what it is called."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from data import CACHE

CORES = len(os.sched_getaffinity(0))
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
FOREIGN_VARIABLES = (
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "KERAS_BACKEND", "XLA_FLAGS"),
    *("BARDANA_ISA", "BARDANA_NUM_THREADS"),
)


@dataclass(frozen=True)
class Peer:
    """A row of the results; `venv` is None for the interpreter that has bardana, `threads` what is tried."""

    name: str
    text: str
    module: str
    imports: str
    distributions: tuple[str, ...]
    venv: str | None = None
    threads: tuple[int, ...] = tuple(sorted({1, CORES}, reverse=True))
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    in_sweep: bool = False

    @property
    def ours(self) -> bool:
        return self.venv is None


def bardana(name: str, text: str, threads: int, in_sweep: bool = False, **environment: str) -> Peer:
    options = {"package": "bardana"}
    return Peer(name, text, "keras_peer", "bardana", ("bardana",), None, (threads,), options, environment, in_sweep)


def keras(name: str, text: str, backend: str, venv: str, in_sweep: bool = False, **options: Any) -> Peer:
    """A script as written ("tuned" is not set) chooses no number of threads: it runs on all cores only."""
    return Peer(
        name,
        text,
        "keras_peer",
        "keras",
        ("keras", backend),
        venv,
        Peer.threads if "tuned" in options else (CORES,),
        {"package": "keras", **options},
        {"KERAS_BACKEND": backend},
        in_sweep,
    )


PEERS = [
    bardana("bardana", "bardana", CORES, in_sweep=True),
    bardana("bardana-1t", "bardana, one thread", 1, BARDANA_NUM_THREADS="1"),
    bardana("bardana-avx2", "bardana, AVX2", CORES, BARDANA_ISA="avx2"),
    keras("keras-tf", "Keras on TensorFlow", "tensorflow", "tensorflow", in_sweep=True),
    keras("keras-tf-tuned", "Keras on TensorFlow, tuned", "tensorflow", "tensorflow", tuned=True),
    keras("keras-jax", "Keras on JAX", "jax", "keras-jax", tuned=True),
    Peer("torch", "PyTorch", "torch_peer", "torch", ("torch",), "torch", in_sweep=True),
    Peer("torch-compiled", "PyTorch, compiled", "torch_compiled_peer", "torch", ("torch",), "torch"),
    Peer("jax", "JAX, scan", "jax_peer", "jax", ("jax",), "jax", in_sweep=True),
    Peer("sklearn", "scikit-learn", "sklearn_peer", "sklearn.neural_network", ("scikit-learn",), "sklearn"),
    Peer("numpy", "NumPy", "numpy_peer", "numpy", ("numpy",), "numpy", in_sweep=True),
    Peer("onnxruntime", "onnxruntime", "onnx_peer", "onnxruntime", ("onnxruntime",), "onnxruntime"),
]


def environment(peer: Peer, threads: int) -> dict[str, str]:
    """Return the environment of a peer's process: ours without settings that slow a package down."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
    return {
        **kept,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "BARDANA_BENCH_CACHE": str(CACHE),
        "TORCHINDUCTOR_CACHE_DIR": str(CACHE / "torchinductor"),
        **peer.environment,
    }
