"""`tensorflow.config`: there is the CPU, and nothing to set up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from bardana import runtime as _runtime
from bardana.compat.tensorflow.reasons import missing as _missing

__all__ = [
    "experimental",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "run_functions_eagerly",
    "set_soft_device_placement",
    "set_visible_devices",
    "threading",
]


class PhysicalDevice(NamedTuple):
    """Describe a device."""

    name: str
    device_type: str


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return the devices of a type, or all: the CPU."""
    cpu = PhysicalDevice("/physical_device:CPU:0", "CPU")
    return [cpu] if device_type in (None, "CPU") else []


list_logical_devices = get_visible_devices = list_physical_devices


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Do nothing: the CPU is all there is."""


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Do nothing: functions are never traced."""


def set_soft_device_placement(enabled: bool) -> None:
    """Do nothing: everything runs on the CPU."""


def _set_memory_growth(device: Any, enable: bool) -> None:
    """Do nothing: memory is taken as it is needed."""


def _enable_op_determinism() -> None:
    """Do nothing: equal seeds give equal bits anyway."""


def _set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Do nothing: operations of a model run one after the other."""


def _set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Set the number of threads of a call; 0 leaves the choice to bardana."""
    _runtime.set_threads(num_threads or None)


experimental = SimpleNamespace(
    enable_op_determinism=_enable_op_determinism,
    list_physical_devices=list_physical_devices,
    set_memory_growth=_set_memory_growth,
    set_visible_devices=set_visible_devices,
)
threading = SimpleNamespace(
    set_inter_op_parallelism_threads=_set_inter_op_parallelism_threads,
    set_intra_op_parallelism_threads=_set_intra_op_parallelism_threads,
)


def __getattr__(name: str) -> Any:
    raise _missing("config", name)
