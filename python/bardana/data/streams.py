"""Data that come batch by batch: what counts as such, and how each kind is read.

Datasets of other packages are known by their classes' names, so that neither TensorFlow nor PyTorch is imported.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import Any, ClassVar, TypeAlias

import numpy as np

from bardana.data.pass_order import batch_order
from bardana.data.warn import warn_user
from bardana.data.workers import read_batches

Batch: TypeAlias = tuple[Any, Any, Any]


class Stream(ABC):
    """Batches of (x, y, sample_weight), the last two of which may be None.

    `restarts` says whether each pass begins anew, `ahead` how many batches are worth keeping ready.
    """

    label: ClassVar[str]
    restarts: ClassVar[bool] = True
    takes_class_weight: ClassVar[bool] = True
    shuffles: bool = False
    ahead: int = 10

    def __init__(self, source: Any) -> None:
        self.source = source
        self._opened: Iterator[Any] | None = None

    @property
    @abstractmethod
    def length(self) -> int | None:
        """Number of batches in a pass, None if it is unknown or has no end."""

    @abstractmethod
    def read(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        """Return the batches of pass `number`, as the source gives them."""

    def unpack(self, batch: Any) -> Batch:
        """Return (x, y, sample_weight) of a batch.

        Raises:
            ValueError: if it has another form.
        """
        return unpack_batch(batch, self.label)

    def look(self) -> Any:
        """Return a first batch, which the first pass will give too.

        Raises:
            ValueError: if there is none.
        """
        opened = self.read(None, 0)
        for batch in opened:
            self._opened = itertools.chain([batch], opened)
            return batch
        raise ValueError(f"expected a {self.label} with at least one batch, received an empty one")

    def batches(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        """Return the batches of the next pass; the rest of the only one for a stream that does not restart."""
        opened, self._opened = self._opened, None
        return self.read(shuffle_seed, number) if opened is None else opened

    def on_epoch_begin(self) -> None:  # noqa: B027 (few kinds listen)
        """Tell the source that an epoch begins."""

    def on_epoch_end(self) -> None:  # noqa: B027
        """Tell the source that an epoch has ended, and once before the first one, as Keras does."""

    def check_arguments(self, y: Any, sample_weight: Any, class_weight: Any = None, shuffle: bool = False) -> None:
        """Refuse arguments that belong into the batches; warn of a shuffle without effect.

        Raises:
            ValueError: for y, sample_weight, or a class_weight that this kind does not take.
        """
        for name, value, what in (("y", y, "targets"), ("sample_weight", sample_weight, "sample weights")):
            if value is not None:
                raise ValueError(f"expected no {name} with a {self.label}, whose batches hold the {what} themselves")
        if class_weight is not None and not self.takes_class_weight:
            raise ValueError(
                f"class_weight: not for a {self.label}: expected sample weights in its batches, received {class_weight}"
            )
        if shuffle and not self.shuffles:
            warn_user(f"`shuffle=True` was passed, but will be ignored: a {self.label} decides itself about the order")


class GeneratorStream(Stream):
    """A Python generator or another iterator: it can be read once."""

    label = "generator"
    restarts = False
    takes_class_weight = False

    def __init__(self, source: Any) -> None:
        super().__init__(source)
        self._rest: Iterator[Any] = iter(source)

    @property
    def length(self) -> None:
        return None

    def read(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        return self._rest

    def batches(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        if self._opened is not None:
            self._rest, self._opened = self._opened, None
        return self._rest

    def unpack(self, batch: Any) -> Batch:
        if not isinstance(batch, tuple):
            raise ValueError(
                f"a generator: expected tuples (x,), (x, y) or (x, y, sample_weight), received {type(batch).__name__}"
            )
        return unpack_batch(batch, self.label)


class DatasetStream(Stream):
    """A `tf.data.Dataset`."""

    label = "tf.data.Dataset"

    @property
    def length(self) -> int | None:
        cardinality = int(self.source.cardinality())
        return None if cardinality < 0 else cardinality

    def read(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        batches: Iterator[Any] = iter(self.source)
        return batches


class LoaderStream(Stream):
    """A PyTorch `DataLoader`."""

    label = "torch DataLoader"
    takes_class_weight = False

    @property
    def length(self) -> int | None:
        return len(self.source) if hasattr(self.source.dataset, "__len__") else None

    def read(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        batches: Iterator[Any] = iter(self.source)
        return batches


class PyDatasetStream(Stream):
    """A `keras.utils.PyDataset`, bardana's or Keras' own."""

    label = "PyDataset"

    def __init__(self, source: Any) -> None:
        super().__init__(source)
        self.ahead = max(1, source.max_queue_size)
        self.shuffles = self.length is not None

    @property
    def length(self) -> int | None:
        count: int | None = self.source.num_batches
        return count

    def look(self) -> Any:
        if self.length == 0:
            raise ValueError("The PyDataset has length 0: expected at least one batch")
        return self.source[0]

    def read(self, shuffle_seed: int | None, number: int) -> Iterator[Any]:
        return read_batches(self.source, batch_order(self.length, shuffle_seed, number))

    def on_epoch_begin(self) -> None:
        if hasattr(self.source, "on_epoch_begin"):
            self.source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self.source.on_epoch_end()


def as_stream(x: Any) -> Stream | None:
    """Return a stream over x if it is data that come batch by batch, else None.

    Args:
        x: anything.

    Example:
        >>> as_stream((x, x) for x in range(3)).label
        'generator'
        >>> as_stream([1.0, 2.0]) is None
        True
    """
    if isinstance(x, (np.ndarray, list, tuple, Mapping)) or x is None:
        return None
    if isinstance(x, GeneratorType):
        return GeneratorStream(x)
    for base in type(x).__mro__:
        kind = _KINDS.get(base.__name__)
        if kind is not None and base.__module__.startswith(kind[0]):
            return kind[1](x)
    if hasattr(x, "__next__") and not hasattr(x, "__array__"):
        return GeneratorStream(x)
    return None


_KERAS = ("bardana.", "keras.", "tensorflow.", "tf_keras.")
_KINDS: dict[str, tuple[tuple[str, ...], type[Stream]]] = {
    "PyDataset": (_KERAS, PyDatasetStream),
    "DatasetV2": (("tensorflow.",), DatasetStream),
    "DataLoader": (("torch.utils.data",), LoaderStream),
}


def unpack_batch(batch: Any, label: str = "data") -> Batch:
    """Return (x, y, sample_weight), None for what is not there.

    Args:
        batch: x alone, or a tuple or list of up to three.
        label: what gave it, for messages.

    Raises:
        ValueError: if it is a tuple or list of another length, or a single number.

    Example:
        >>> unpack_batch((1.0, 2.0))
        (1.0, 2.0, None)
    """
    if isinstance(batch, (tuple, list)):
        if not 1 <= len(batch) <= 3:
            raise ValueError(f"a {label}: expected (x,), (x, y) or (x, y, sample_weight), received {len(batch)} items")
        x, y, weight = (*batch, None, None)[:3]
        return x, y, weight
    if isinstance(batch, Mapping) or hasattr(batch, "shape"):
        return batch, None, None
    raise ValueError(
        f"a {label}: expected (x,), (x, y) or (x, y, sample_weight), received {batch!r} of type {type(batch).__name__}"
    )
