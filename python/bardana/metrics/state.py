"""The variables of metrics: numbers that grow from batch to batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from bardana.data import Array, unmasked
from bardana.variables import Variable


class State(Variable):
    """Hold a number or an array of a metric.

    It is added up in float64, whatever `dtype` says that it shows: a float32 sum would stop growing at 2²⁴ samples.

    Args:
        initializer, shape, dtype, name: as in `Variable`; it is not trainable.
        owner: name of the metric.
    """

    def __init__(self, initializer: Any, shape: tuple[int, ...], dtype: Any, name: str | None, owner: str) -> None:
        super().__init__(initializer, shape, dtype, trainable=False, name=name)
        self.path = f"{owner}/{self.name}"
        self.held: Any = np.asarray(super().numpy(), dtype=self._wide)

    @property
    def _wide(self) -> str:
        return "float64" if np.dtype(self.dtype).kind == "f" else self.dtype

    def numpy(self) -> Array:
        """Return a copy of the current value."""
        return np.array(self.held, dtype=self.dtype)

    def assign(self, value: Any) -> State:
        """Replace the value by one of the same shape.

        Args:
            value: array or number.

        Raises:
            ValueError: if the shapes differ; the old value is kept.
        """
        held = value.held if isinstance(value, State) else value
        new = np.array(unmasked(held, self.path), dtype=self._wide)
        if new.shape != self.shape:
            raise ValueError(f"variable '{self.path}': expected a value of shape {self.shape}, received {new.shape}")
        self.held = new
        return self

    def assign_add(self, value: Any) -> State:
        """Add `value` to the current value."""
        return self.assign(self.held + np.asarray(value.held if isinstance(value, State) else value))

    def assign_sub(self, value: Any) -> State:
        """Subtract `value` from the current value."""
        return self.assign(self.held - np.asarray(value.held if isinstance(value, State) else value))
