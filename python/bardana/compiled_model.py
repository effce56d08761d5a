"""The state that `compile` leaves on a model, and the native model that is ready for it.

The engine is compiled at the first batch after `compile`, since "accuracy" depends on the shape of the targets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from bardana import absent
from bardana.activations.steps import warn_of_steps
from bardana.compile import Compiled, check_options
from bardana.layers.base import Layer, Shape
from bardana.layers.custom import check_backward
from bardana.metrics import Metric
from bardana.native import Native
from bardana.optimizers import Optimizer
from bardana.serialization import deserialize, serialize
from bardana.tensor import Tensor, as_tensor
from bardana.variables import STRUCTURE, Variable


class CompiledModel(ABC):
    """Keep what `compile` was told and compile the native model of a subclass when it is needed."""

    name: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        absent.refuse_overrides(cls)

    def __init__(self) -> None:
        self._compiled: Compiled | None = None
        self._native: Native | None = None
        self._bound: Native | None = None  # `_native` once it is compiled
        self._run_eagerly = self._jit_compile = False
        self._given: dict[str, Any] = {}  # the arguments of the last compile
        self._learns: dict[Layer, bool] = {}  # whether each layer was trainable at the last compile
        self._has_trained = False  # since the last compile
        self._stop = False

    @property
    @abstractmethod
    def variables(self) -> list[Variable]:
        """All variables, in the order of the native model's."""

    @abstractmethod
    def leaves(self) -> list[Layer]:
        """Return the native layers in order."""

    @property
    @abstractmethod
    def losses(self) -> list[Any]:
        """The penalties that regularizers put on the trainable variables at this moment."""

    @property
    @abstractmethod
    def trainable(self) -> bool:
        """Whether training changes the model."""

    @property
    @abstractmethod
    def output_shape(self) -> Shape:
        """Shape of the output with None for the batch axis; AttributeError before the model is built."""

    @property
    @abstractmethod
    def _output_name(self) -> str | None: ...

    @abstractmethod
    def native_for_prediction(self) -> Native:
        """Return the native model with up-to-date weights."""

    @abstractmethod
    def _native_as_trainable(self) -> Native:
        """Return the native model, made anew unless its layers learn as they were told at the last compile."""

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how to train. Compiling again keeps the weights; a new optimizer starts without memory of past steps.

        Args:
            optimizer: name or `keras.optimizers` object. Default "rmsprop".
            loss: name, function or object of `keras.losses`; a list or dict of one is accepted.
            metrics: list or dict of names, functions or objects of `keras.metrics`, which count all rows alike.
            loss_weights: number by which the loss is multiplied, or a list or dict of it. Default 1.
            weighted_metrics: as `metrics`, but `sample_weight` and `class_weight` count.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: accepted without effect; every epoch is one
                native call.

        Raises:
            ValueError: for an unknown name or an argument that is not supported. The former state is kept.
            TypeError: for a loss or metric that the engine cannot compute.
            RuntimeError: while `fit` is running.

        Example:
            >>> import bardana as keras
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
            >>> model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
        """
        given = {name: value for name, value in locals().items() if name != "self"}
        check_options(
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )
        with STRUCTURE:
            self._refuse_while_training("compile")
            self._check_backward(lambda layer: layer.trainable and self.trainable)
            self._compiled = Compiled(optimizer, loss, metrics, self._output_name, loss_weights, weighted_metrics)
            self._bound = None
            self._given = given
            self.run_eagerly, self.jit_compile = run_eagerly, jit_compile
            self._has_trained = False
            self._learns = {leaf: leaf.trainable and self.trainable for leaf in self.leaves()}

    def compile_like(self, other: CompiledModel) -> None:
        """Compile as another model was compiled, with a fresh optimizer and fresh metrics; nothing if it was not."""
        if other._compiled is not None:
            self.compile(**{name: fresh(value) for name, value in other._given.items()})

    def _refuse_while_training(self, action: str) -> None:
        native = self._native
        if native is not None and native.model.is_training:
            raise RuntimeError(
                f"{action}: expected no training of model '{self.name}', but fit() is running on it; "
                "it ends after the current step if stop_training is set to True"
            )

    @property
    def compiled(self) -> Compiled:
        """The checked arguments of `compile`; ValueError before it was called."""
        if self._compiled is None:
            raise ValueError(f"You must call `compile()` before using the model: '{self.name}' is not compiled")
        return self._compiled

    def get_compile_config(self) -> dict[str, Any]:
        """Return the arguments of the last `compile` as plain data, {} before; the optimizer as it is now.

        Raises:
            ValueError: if a loss or metric is a lambda.

        Example:
            >>> import bardana as keras
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
            >>> model.compile("sgd", "mse", metrics=["mae"])
            >>> config = model.get_compile_config()
            >>> config["optimizer"]["class_name"], config["loss"], config["metrics"]
            ('SGD', 'mse', ['mae'])
        """
        if self._compiled is None:
            return {}
        given = self._given | {"optimizer": self._compiled.optimizer, "jit_compile": self.jit_compile}
        return {name: serialize(value) for name, value in given.items() if name != "auto_scale_loss"}

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as the model was compiled that gave this config, with a fresh optimizer and fresh metrics.

        Args:
            config: result of `get_compile_config`.

        Raises:
            ValueError, TypeError, RuntimeError: as `compile` does, and for a class or function that is not known.

        Example:
            >>> import bardana as keras
            >>> model, twin = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(2))
            >>> model.compile(keras.optimizers.SGD(0.5), "mse")
            >>> twin.compile_from_config(model.get_compile_config())
            >>> float(twin.optimizer.learning_rate)
            0.5
        """
        self.compile(**{name: deserialize(value) for name, value in config.items()})

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Tensor:
        """Return the loss of these predictions as `fit` counts it: the compiled loss and the penalties of the weights.

        Penalties of outputs (`activity_regularizer`) are not in it. `fit` computes the same natively and does not call
        this method, so a subclass cannot override it.

        Args:
            x, training: without effect; Keras hands them to overriding methods.
            y: targets.
            y_pred: predictions, such as `model(x)`.
            sample_weight: weight by row. Default: all 1.

        Raises:
            ValueError: without a loss and penalties, or if the shapes do not fit.

        Example:
            >>> import bardana as keras, numpy as np
            >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            >>> model.compile("sgd", "mse")
            >>> float(model.compute_loss(y=np.array([[1.0]]), y_pred=np.array([[3.0]])))
            4.0
        """
        compiled = None if self._compiled is None else self._compiled.loss_of(y, y_pred, sample_weight)
        parts = [part for part in (compiled, *self.losses) if part is not None]
        if not parts:
            raise ValueError("No loss to compute: expected compile(loss=…) or regularizers, received neither")
        return as_tensor(sum(parts[1:], parts[0]))

    @property
    def run_eagerly(self) -> bool:
        """What `compile` was told, False before; without effect."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._run_eagerly = bool(value)

    @property
    def jit_compile(self) -> bool:
        """Whether `compile` was told True; "auto" counts as False. Without effect."""
        return self._jit_compile

    @jit_compile.setter
    def jit_compile(self, value: bool | str) -> None:
        self._jit_compile = value is True

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer, None before `compile`."""
        return self._compiled.optimizer if self._compiled else None

    @property
    def optimizer_state(self) -> list[Variable]:
        """What the optimizer remembers: steps, learning rate and slots; empty before the first step."""
        optimizer = self.optimizer
        if optimizer is None or self._bound is None or int(optimizer.iterations) == 0:
            return []
        return optimizer.variables

    @property
    def loss(self) -> Any:
        """The loss as `compile` received it."""
        return self._compiled.loss if self._compiled else None

    @property
    def metrics(self) -> list[Metric]:
        """The metric objects; made at the first batch, which decides what "accuracy" means."""
        return list(self._compiled.metrics) if self._compiled else []

    @property
    def metrics_names(self) -> list[str]:
        """As in Keras 3: "loss", and "compile_metrics" if metrics were given; `history` has the names in logs."""
        if self._compiled is None:
            return []
        return ["loss", "compile_metrics"] if self._compiled.has_metrics else ["loss"]

    def reset_metrics(self) -> None:
        """Forget what the metric objects have gathered; `fit` and `evaluate` begin anew anyway."""
        for metric in self.metrics:
            metric.reset_state()

    @property
    def stop_training(self) -> bool:
        """Set to True, from a callback or another thread, to end `fit` after the current step."""
        native = self._native
        return self._stop if native is None else native.model.stop

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        self._stop = bool(value)
        native = self._native
        if native is not None:
            native.model.stop = self._stop

    def native_for_evaluation(self, y: NDArray[Any]) -> Native:
        """Return the native model, compiled for targets like y."""
        native = self.native_for_prediction()
        return native if native is self._bound else self._bind(y.shape)

    def _check_backward(self, learns: Callable[[Layer], bool]) -> None:
        leaves = self.leaves()
        if any(leaf.in_python for leaf in leaves):
            check_backward(leaves, Layer, learns)

    def _bind(self, y_shape: tuple[int, ...]) -> Native:
        with STRUCTURE:
            native = self.native_for_prediction()
            if native is not self._bound:
                native = self._native_as_trainable()
                self._check_backward(lambda layer: self._learns.get(layer, False))  # those that have been built since
                self.compiled.bind(native, y_shape, self.variables)
                self._bound = native
            return native

    def native_for_training(self, y: NDArray[Any]) -> Native:
        """Return the native model, compiled for targets like y and sole owner of its variables."""
        native = self._native
        if native is not None and native is self._bound and not native.shared and self._has_trained:
            return native
        native = self.native_for_evaluation(y)
        if native.shared:
            native.claim_for_training(self.variables)
        if not self._has_trained:
            self._has_trained = True
            leaves = self.leaves()
            warn_of_steps(leaves, [self._learns.get(leaf, False) and bool(leaf.trainable_variables) for leaf in leaves])
        return native

    def begin_training(self, y: NDArray[Any]) -> Native:
        """Keep other threads from training the model, and everyone from compiling or changing it.

        Args:
            y: targets, as for `native_for_training`.

        Returns:
            The native model, whose `model.end_training()` ends this.

        Raises:
            RuntimeError: if it is being trained already.
        """
        with STRUCTURE:
            native = self.native_for_training(y)
            native.model.begin_training()
        return native

    def explain(self, mode: str | None = None, rows: int = 32) -> str:
        """Return the plan that the engine runs, as text: operations, shapes, places in the workspace.

        Args:
            mode: "train", "evaluate", "gradients" or "predict". Default "train" for a compiled model, else "predict".
            rows: examples in a batch. Default 32.

        Raises:
            ValueError: if the model is not built, or not compiled and the mode needs a loss.

        Example:
            >>> import bardana as keras
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu", name="out")])
            >>> print(model.explain())  # doctest: +ELLIPSIS
            plan predict, float32, up to 32 rows, workspace ... bytes
              gather_input ...
              affine ... w=out/kernel b=out/bias f=relu
              emit ...
        """
        if mode is None:
            mode = "predict" if self._compiled is None else "train"
        with STRUCTURE:
            native = self.native_for_prediction()
            if mode != "predict" and native is not self._bound:
                native = self._native_as_trainable()
                self.compiled.bind(native, self._likely_target_shape(rows), self.variables)
        return native.model.explain(mode, rows)

    @property
    def _output_sizes(self) -> tuple[int, ...]:
        return tuple(size for size in self.output_shape[1:] if size is not None)

    def _likely_target_shape(self, rows: int) -> tuple[int, ...]:
        sizes = self._output_sizes
        return (rows, *(sizes[:-1] if self.compiled.wants_labels else sizes))


def fresh(value: Any) -> Any:
    """Return a copy of what has a state, in lists and dicts too; the rest as it is."""
    if isinstance(value, (Optimizer, Metric)):
        return type(value).from_config(value.get_config())
    if isinstance(value, (list, tuple)):
        return [fresh(item) for item in value]
    if isinstance(value, Mapping):
        return {key: fresh(item) for key, item in value.items()}
    return value
