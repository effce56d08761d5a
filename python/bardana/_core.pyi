"""The native engine, as Python sees it.

Shapes never include the batch axis unless said otherwise. Arrays must be C-contiguous NumPy arrays in native byte
order; the element types read directly are bool, (u)int8/16/32/64, float16/32/64 (converted batch by batch to the
model's type), anything else is a TypeError. Every call that computes releases the GIL, except one batch without hooks
whose arithmetic takes no more than some microseconds. A user's mistake is a ValueError or TypeError that says what was
expected and what was received.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Totals = list[Any]
"""States of the loss and of each metric: the pair (sum, weight), the value being sum / weight, or a float64 array of
what a metric with a larger state has counted."""
BatchBegin = Callable[[int], None]
BatchEnd = Callable[[int, Totals], None]
Progress = Callable[[int, Totals], None]

class VariableInfo(TypedDict):
    name: str
    shape: tuple[int, ...]
    trainable: bool

class LayerInfo(TypedDict):
    output_shape: tuple[int, ...]
    variables: list[VariableInfo]

__version__: str

def thread_limit() -> int:
    """Threads that one call may use; ValueError if BARDANA_NUM_THREADS is wrong and no limit was set."""

def set_thread_limit(threads: int) -> None:
    """0 goes back to the default."""

def most_threads_used() -> int: ...
def in_step() -> bool:
    """Whether the calling thread is inside a step of a model: in code of the user's that the step calls. There it may
    read the weights, and write them in a training step; they are as before if that fails. It waits for no lock that
    others hold while they wait for the model."""

def build_info() -> dict[str, Any]:
    """version, isa, isas (compiled in and runnable here), threads, devices, compiler, build_type, pybind11."""

def activation_names() -> list[str]: ...
def activation_parameters(name: str) -> dict[str, float]:
    """Parameters of an activation formula and their defaults, e.g. {"alpha": 1.0} for "elu"."""

def loss_names() -> list[str]: ...
def metric_names() -> list[str]: ...
def tally_names() -> list[str]: ...
def optimizer_names() -> list[str]: ...
def layer_names() -> list[str]: ...
def constraint_names() -> list[str]: ...
def is_input(array: Any, row_shape: tuple[int, ...]) -> bool:
    """Whether it is an ndarray (of no subclass) of shape (rows, *row_shape), not empty, that the engine reads."""

def is_target(array: Any) -> bool:
    """Whether it is an ndarray (of no subclass) with an axis of rows, not empty, that the engine reads as targets."""

def describe_layer(class_name: str, config: Mapping[str, Any], input_shape: Sequence[int]) -> LayerInfo:
    """Output shape and variables of a layer for inputs of this shape; ValueError names the layer if it does not fit."""

def schedule_names() -> list[str]: ...
def schedule_value(schedule: Mapping[str, Any], step: int) -> float:
    """schedule: {"name": "exponential_decay", "parameters": {…}}, of "piecewise_constant_decay" also "boundaries" and
    "values"."""

class Optimizer:
    """Learning rate and step counter, shared between Python and a running training loop (atomic)."""

    def __init__(self) -> None: ...
    learning_rate: float
    """Used by steps unless there is a schedule or function."""
    iterations: int
    def use_schedule(self, schedule: Mapping[str, Any]) -> None: ...
    def use_function(self, function: Callable[[int], float]) -> None:
        """function(steps taken) is called before each step."""

class Updater:
    """An optimizer's slots for variables without a model."""

    def __init__(
        self, dtype: str, variables: Sequence[Mapping[str, Any]], optimizer: Optimizer, rule: Mapping[str, Any]
    ) -> None:
        """variables: [{"name": …, "shape": …, "options": as in layers' "variables", or None}, …]."""
    def apply(self, values: Sequence[Array], gradients: Sequence[Array | None]) -> list[Array]:
        """The values after a step; without a gradient they stay."""
    def read_slot(self, slot: int, index: int) -> Array: ...
    def write_slot(self, slot: int, index: int, value: Array) -> None: ...

class Feed:
    """A bounded queue of batches between a thread that reads them and one that trains, neither of which needs the GIL
    to wait. In a forked child it is dead: whoever takes from it gets a RuntimeError."""

    def __init__(self, capacity: int) -> None: ...
    def put(self, x: Array, y: Array | None, sample_weight: Array | None) -> bool:
        """Wait for room and append a batch, whose arrays are kept until they have been used. False: no more wanted."""
    def finish(self) -> None:
        """Say that there are no more batches."""
    def close(self) -> None:
        """Say that no more batches are wanted; wakes up put()."""
    def has_more(self) -> bool | None:
        """Whether there is a next batch; None if that is not known after 50 ms."""

class Model:
    """Layers, variables and compiled plans of one network."""

    def __init__(self, name: str, dtype: str, input_shape: Sequence[int], layers: Sequence[Mapping[str, Any]]) -> None:
        """layers: [{"class_name": "Dense", "config": layer.get_config()}, ...]; config["trainable"] counts. A third
        key "variables", {"kernel": {"l1": 0.0, "l2": 0.01, "constraint": None}}, has regularizers and constraints, the
        latter as for `constrain`. A layer written in Python has "host": {"forward": call, "backward": call,
        "output_shape": …, "variables": [{"name": …, "shape": …, "trainable": …}, …]} with calls as `bardana.host_calls`
        makes them: function((training, learning_rate, wanted), *inputs) returns a tuple of arrays."""
    output_shape: tuple[int, ...]
    stop: bool
    """Set to True from any thread: the running epoch ends after the current step. train_epoch does not reset it."""
    @property
    def is_training(self) -> bool: ...
    def begin_training(self) -> None:
        """Claim the right to train for this thread until end_training; RuntimeError if somebody trains already."""
    def end_training(self) -> None: ...
    def layer_variables(self) -> list[list[VariableInfo]]:
        """Per layer, in the order of read()/write() indices when flattened."""
    def read(self, index: int) -> Array: ...
    def write(self, index: int, value: Array) -> None: ...
    def read_all(self) -> list[Array]:
        """All variables as they were at one moment, between two steps."""
    def write_all(self, values: Sequence[Array | None]) -> None:
        """Replace all values at one moment; None keeps one. Nothing is written if a value does not fit."""
    def compile(
        self,
        loss: Mapping[str, Any] | None,
        metrics: Sequence[Mapping[str, Any]],
        optimizer: Optimizer | None,
        rule: Mapping[str, Any] | None = None,
    ) -> None:
        """loss: {"function": "huber", "delta": 1.0, "reduction": "sum_over_batch_size"}; metrics likewise, without
        reduction. One written in Python has "host", a call, and "state_size", how many numbers it adds to its totals.
        rule: {"name": "adam", "hyperparameters": {…}, "options": {…}}, options as in `UpdateOptions` of
        cpp/model/spec.h. Keeps the weights, and the slots if the optimizer is the same; new ones otherwise."""
    def apply(self, gradients: Sequence[Array | None]) -> None:
        """One step of the optimizer by gradients of all variables."""
    def finish_averages(self) -> None:
        """Put the optimizer's moving averages, if it keeps them, in the place of the weights."""
    def read_slot(self, slot: int, index: int) -> Array:
        """Copy of a slot of a trainable variable: the rule's slots, sums of gradients, averages of weights."""
    def write_slot(self, slot: int, index: int, value: Array) -> None: ...
    def train_epoch(
        self,
        x: Array,
        y: Array,
        sample_weight: Array | None,
        batch_size: int,
        shuffle_seed: int | None = None,
        epoch: int = 0,
        on_batch_begin: BatchBegin | None = None,
        on_batch_end: BatchEnd | None = None,
        on_progress: Progress | None = None,
        order: NDArray[np.int64] | None = None,
    ) -> Totals:
        """One pass over the data. shuffle_seed None keeps the order; `order` visits only these rows instead.
        on_progress(steps_done, totals) comes about ten times a second."""
    def evaluate(
        self,
        x: Array,
        y: Array,
        sample_weight: Array | None,
        batch_size: int,
        on_batch_begin: BatchBegin | None = None,
        on_batch_end: BatchEnd | None = None,
        on_progress: Progress | None = None,
    ) -> Totals: ...
    def predict(
        self,
        x: Array,
        batch_size: int | None = None,
        training: bool = False,
        call: int = 0,
        on_batch_begin: BatchBegin | None = None,
        on_batch_end: Callable[[int, Array], None] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> Array:
        """Outputs (rows, *output_shape) in the model's type. batch_size only matters to the hooks. training=True runs
        dropout; `call` numbers such calls so that each draws other masks."""
    def predict_into(self, x: Array, out: Array) -> Array:
        """The same into `out`, which is returned: writeable, of the model's type and apart from x. x must have exactly
        the shape (rows, *input_shape). Allocates nothing once a plan for so many rows is bound."""
    def train_feed(
        self,
        feed: Feed,
        steps: int | None = None,
        on_batch_begin: BatchBegin | None = None,
        on_batch_end: BatchEnd | None = None,
        on_progress: Progress | None = None,
    ) -> tuple[Totals, int]:
        """Train on at most `steps` batches of a feed, all for None; returns how many they were. Ends early where the
        feed ends or `stop` is set. Arrays of the batches as for train_epoch."""
    def evaluate_feed(
        self,
        feed: Feed,
        steps: int | None = None,
        on_batch_begin: BatchBegin | None = None,
        on_batch_end: BatchEnd | None = None,
        on_progress: Progress | None = None,
    ) -> tuple[Totals, int]: ...
    def predict_feed(
        self,
        feed: Feed,
        steps: int | None = None,
        on_batch_begin: BatchBegin | None = None,
        on_batch_end: Callable[[int, Array], None] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> tuple[Array, int]:
        """Outputs of all batches, one after the other, and the number of batches."""
    def gradients(
        self, x: Array, y: Array, sample_weight: Array | None, training: bool = False, call: int = 0
    ) -> tuple[float, list[Array], Array]:
        """Loss, its gradient by every trainable variable (in variable order), and by the input."""
    def explain(self, mode: str = "train", rows: int = 32) -> str:
        """The plan as text; mode is train, evaluate, predict or gradients."""

def activate(name: str, x: Array, parameters: Mapping[str, float] = ...) -> Array:
    """x float32 or float64. "softmax" works along the last axis."""

def activate_backward(name: str, x: Array, dy: Array, parameters: Mapping[str, float] = ...) -> Array:
    """dx for y = f(x)."""

def dense_forward(x: Array, w: Array, b: Array | None, activation: str = "linear") -> Array: ...
def dense_backward(
    dy: Array, x: Array, w: Array, b: Array | None, activation: str = "linear"
) -> tuple[Array, Array, Array]:
    """(dx, dw, db) of y = f(x w + b), summed over the rows."""

def sgd_update(
    w: Array, dw: Array, velocity: Array | None, learning_rate: float, momentum: float = 0.0, nesterov: bool = False
) -> None:
    """In place on w (and velocity): C-contiguous, writeable, one float type."""

def penalty(w: Array, l1: float, l2: float) -> tuple[float, Array]:
    """l1 Σ|w| + l2 Σw² and its derivative."""

def constrain(constraint: Mapping[str, Any], w: Array) -> Array:
    """constraint: {"name": "max_norm", "parameters": {"max_value": 2.0}, "axes": [0]}; axes None means all."""

def loss_values(loss: Mapping[str, Any], y_true: Array, y_pred: Array) -> Array:
    """Unreduced values, shape y_pred.shape[:-1]; y_pred float32 or float64 with at least one axis."""

def metric_values(metric: Mapping[str, Any], y_true: Array, y_pred: Array) -> Array: ...
def tally(metric: Mapping[str, Any], y_true: Array, y_pred: Array, sample_weight: Array | None) -> Array:
    """What a metric with a larger state counts in the rows of y_pred's last axis; a weight for each row."""

def permutation(rows: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order in which train_epoch visits the rows."""

def train_perceptron(
    x: Array, labels: Array, weights: Array, w: Array, intercept: float, options: Mapping[str, Any]
) -> tuple[float, NDArray[np.int64], bool, bool, bool]:
    """Train w in place: (intercept, mistakes of each epoch, last epoch without a mistake, weights returned, finite).

    All arrays of x's float type; labels +1 and -1; weights multiply the rate; options: the fields of `PerceptronRule`
    in cpp/classic/perceptron.h, tolerance None for none."""
