"""The base class of optimizers: hyperparameters of a native optimizer, and a learning rate assignable at any time.

The update rule itself is native. A Python optimizer and the training loop share one native object, so an assigned
learning rate counts from the next step, also in the middle of an epoch. The other attributes are read when a model that
was compiled with the optimizer meets its first batch.
Long because users read the documentation of every method here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from bardana import _core, config, naming
from bardana import serialization as saving
from bardana.native import Native
from bardana.optimizers import custom, options
from bardana.optimizers.custom import InPython
from bardana.optimizers.schedules import LearningRateSchedule
from bardana.optimizers.state import Home, NativeScalar
from bardana.serialization import CustomObjects, Family
from bardana.tensor import as_tensor
from bardana.variables import Variable

FAMILY = Family("optimizer", "keras.optimizers", ignore_case=True)

Array = NDArray[Any]
Rate: TypeAlias = float | LearningRateSchedule | Callable[[], float]
OptimizerT = TypeVar("OptimizerT", bound="Optimizer")


class Optimizer(InPython):
    """Be the base of every optimizer.

    One of your own overrides `update_step`, and `build` to make slots by `add_variable_from_reference`. Options such as
    clipping work around it.

    Args:
        learning_rate: step size, rounded to `config.floatx()` as Keras does; or a schedule of
            `keras.optimizers.schedules`; or a function without arguments that is called before each step.
        weight_decay: share of a weight, times the learning rate, that is taken off before each update. Default None.
        clipnorm: largest Euclidean norm of a variable's gradient, to which larger ones are shrunk. Default None.
        clipvalue: largest absolute value of a gradient's elements. Default None.
        global_clipnorm: largest norm of all gradients together. Default None; only one of the three may be given.
        use_ema: whether to keep an exponential moving average of the weights, which takes their place at the end of
            `fit`. Default False.
        ema_momentum: share of the old average in the new one, from 0 to 1. Default 0.99.
        ema_overwrite_frequency: number of updates after which the averages take the place of the weights, again and
            again. Default None: only at the end.
        loss_scale_factor: factor of the loss before gradients are taken, by which they are divided. `fit` leaves both
            out, since they cancel each other; gradients given to `apply` are divided. Default None.
        gradient_accumulation_steps: number of steps, at least 2, whose gradients are averaged for one update. Default
            None: each step updates.
        name: default is the class name in snake_case with a counter: "sgd", "sgd_1", …
        kwargs: `decay` is ignored with a warning.

    Raises:
        ValueError: for an argument that is not known, or a value that makes no sense.

    Example:
        >>> import bardana as keras
        >>> optimizer = keras.optimizers.SGD(learning_rate=0.5)
        >>> optimizer.learning_rate.assign(0.25).numpy()
        array(0.25, dtype=float32)
        >>> v = keras.Variable([1.0, 2.0])
        >>> _ = optimizer.apply_gradients([([4.0, 0.0], v)])
        >>> v.numpy(), int(optimizer.iterations)
        (array([0., 2.], dtype=float32), 1)
        >>> twin = keras.optimizers.SGD.from_config(optimizer.get_config())
        >>> float(twin.learning_rate), int(twin.iterations)
        (0.25, 0)
        >>> class Signs(keras.optimizers.Optimizer):
        ...     def update_step(self, gradient, variable, learning_rate):
        ...         variable.assign_sub(learning_rate * np.sign(gradient))
        >>> Signs(0.5).apply_gradients([([4.0, 0.0], v)]).numpy(), v.numpy()
        (array(1), array([-0.5,  2. ], dtype=float32))
    """

    def __init__(
        self,
        learning_rate: Rate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        class_name = type(self).__name__
        options.check_unknown(class_name, kwargs)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.global_clipnorm = global_clipnorm
        self.clipvalue = clipvalue
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._options()
        if not _is_function(learning_rate):
            _rounded(learning_rate, class_name)
        self.name: str = naming.checked_name(name, class_name)
        self.native = _core.Optimizer()
        self._exclusion = options.DecayExclusion()
        self._home: Home | None = None
        self.python_home: custom.PythonHome | None = None
        self._iterations = NativeScalar(self.native, "iterations", "int64", f"{self.name}/iteration")
        self._rate_variable = NativeScalar(self.native, "learning_rate", config.floatx(), f"{self.name}/learning_rate")
        self._source: LearningRateSchedule | Callable[[], float] | None = None
        self.learning_rate = learning_rate

    def rule(self) -> tuple[str, dict[str, float]]:
        """Return name and hyperparameters of the native update rule, one of `_core.optimizer_names()`.

        Raises:
            ValueError: if an attribute makes no sense.
            TypeError: for an optimizer without a native rule.
        """
        raise custom.without_update(type(self).__name__)

    def undecayed(self, variables: Sequence[Variable]) -> list[bool]:
        """Return for each variable whether weight decay leaves it alone."""
        return self._exclusion.of(variables)

    @property
    def slot_names(self) -> Sequence[tuple[str, ...]]:
        """Names of the rule's slots in order, in groups that `variables` keeps together."""
        return ()

    def _options(self) -> dict[str, Any]:
        return options.native(type(self).__name__, {name: getattr(self, name) for name in options.NAMES})

    def native_rule(self, variables: Sequence[Variable]) -> dict[str, Any]:
        """Return the update as the engine reads it.

        Args:
            variables: all variables of the engine, in order.
        """
        if self.in_python:
            return custom.native_rule(self)
        name, hyperparameters = self.rule()
        given = {**self._options(), "undecayed": self._exclusion.of(variables)}
        return {"name": name, "hyperparameters": hyperparameters, "options": given}

    def attach(self, native: Native, variables: Sequence[Variable]) -> None:
        """Take note of the native model that was compiled with this optimizer; its slots count from now on.

        What the optimizer remembers of the same variables goes there.
        """
        if self.in_python:
            self._attach_in_python(native, variables)
            return
        trainable = [(index, v) for index, v in enumerate(variables) if v.trainable]
        home = Home(native.model, [v for _, v in trainable], [i for i, _ in trainable], len(variables))
        former = self.variables
        moves = self._home is not None and home.engine is not self._home.engine
        moves = moves and self._home is not None and self._home.same_variables(home.trainable)
        self._home = home
        if moves:
            for old, new in zip(former, self.variables, strict=True):
                new.assign(old.numpy())

    def _attach_in_python(self, native: Native, variables: Sequence[Variable]) -> None:
        infos = [info for of_layer in native.model.layer_variables() for info in of_layer]
        learning = [v for v, info in zip(variables, infos, strict=True) if info["trainable"]]
        if self.python_home is None or not self.python_home.same_variables(learning):
            self.python_home = None
            self.build(learning)

    @property
    def built(self) -> bool:
        """Whether there are slots: since the first batch, or `build`."""
        return self._home is not None or self.python_home is not None

    def build(self, variables: Sequence[Variable]) -> None:
        """Make slots for variables; nothing happens if it has them.

        Args:
            variables: the variables that `apply` will change, of one float type.

        Raises:
            ValueError: if their types differ or are no floats.
        """
        if self.built:
            return
        if self.in_python:
            self.python_home = custom.PythonHome(self, variables)
            return
        chosen = list(variables)
        dtypes = {variable.dtype for variable in chosen}
        if len(dtypes) > 1 or not dtypes <= {"float32", "float64"}:
            raise ValueError(f"{self.name}: expected variables of one type, float32 or float64, received {dtypes}")
        declared = [{"name": v.path, "shape": v.shape, "options": v.native_options()} for v in chosen]
        dtype = dtypes.pop() if dtypes else config.floatx()
        updater = _core.Updater(dtype, declared, self.native, self.native_rule(chosen))
        self._home = Home(updater, chosen, range(len(chosen)), len(chosen))

    @property
    def variables(self) -> list[Variable]:
        """Step counter, learning rate unless it follows a schedule, and, once built, all slots."""
        found: list[Variable] = [self._iterations]
        if self._source is None:
            found.append(self._rate_variable)
        if self.python_home is not None:
            return [*found, *self.python_home.variables]
        if self._home is None:
            return found
        count = sum(map(len, self.slot_names))
        if self.use_ema:
            after = count + bool(self.gradient_accumulation_steps)
            found += self._home.slots(self.name, [("average",)], after)
        if self.gradient_accumulation_steps:
            found += self._home.slots(self.name, [("gradient_accumulator",)], count)
        return [*found, *self._home.slots(self.name, self.slot_names)]

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """Take one step.

        Args:
            grads_and_vars: pairs (gradient, variable).

        Returns:
            The step counter.

        Raises:
            ValueError: as for `apply`.
        """
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take one step: divide, accumulate and clip the gradients, update the variables, apply their constraints.

        Args:
            grads: arrays of the variables' shapes; None leaves a variable as it is, with a warning.
            trainable_variables: the variables; the first call builds the optimizer for them. Default: those that it
                was built for.

        Raises:
            ValueError: without variables, for variables that the optimizer was not built for, if all gradients are
                None, or a shape does not fit.
        """
        if len(grads) == 0:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(f"{self.name}: expected variables, or a call of `build(variables)` before")
            trainable_variables = self._known_variables
        chosen = list(trainable_variables)
        if len(grads) != len(chosen):
            raise ValueError(f"{self.name}: expected {len(chosen)} gradients, received {len(grads)}")
        self.build(chosen)
        home = self._home or self.python_home
        assert home is not None
        places = [home.find(variable) for variable in chosen]
        if -1 in places:
            raise ValueError(f"{self.name}: Unknown variable: {chosen[places.index(-1)]!r}; it was built for others")
        ordered: list[Array | None] = [None] * len(home.trainable)
        for place, gradient, variable in zip(places, grads, chosen, strict=True):
            ordered[place] = None if gradient is None else np.asarray(gradient, dtype=variable.dtype)
        _warn_of_missing(grads, chosen)
        if isinstance(home, custom.PythonHome):
            home.apply(self, ordered)
        else:
            home.apply(ordered)

    @property
    def _known_variables(self) -> Sequence[Variable]:
        home = self._home or self.python_home
        return [] if home is None else home.trainable

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Keep variables out of weight decay; a second call replaces the first.

        Args:
            var_list: variables. Default none.
            var_names: regular expressions; a variable is kept out if one is found in its name. Default none.

        Raises:
            ValueError: once the optimizer is built.

        Example:
            >>> import bardana as keras
            >>> optimizer = keras.optimizers.AdamW()
            >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
        """
        if self.built:
            raise ValueError(f"{self.name}: `exclude_from_weight_decay()` must be called before the optimizer is built")
        self._exclusion = options.DecayExclusion(var_list, var_names)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Put the moving averages, with `use_ema`, in the place of the variables: the last thing `fit` does.

        Args:
            var_list: the trainable variables.

        Raises:
            ValueError: if they are not those that the optimizer was built for.
        """
        if self.use_ema and self.python_home is not None:
            self.python_home.finish_averages()
        if not self.use_ema or self._home is None:
            return
        if not self._home.same_variables(list(var_list)):
            raise ValueError(f"{self.name}: expected the variables that the optimizer was built for")
        if isinstance(self._home.engine, _core.Model):
            self._home.engine.finish_averages()
            return
        averages = self._home.slots(self.name, [("average",)], self._average_slot)
        for variable, mean in zip(var_list, averages, strict=True):
            variable.assign(mean.numpy())

    def finish_averages(self, native: Native) -> None:
        """Do the same for a native model at the end of its `fit`."""
        if self.python_home is None:
            native.model.finish_averages()
        else:
            self.python_home.finish_averages()

    @property
    def _average_slot(self) -> int:
        return sum(map(len, self.slot_names)) + bool(self.gradient_accumulation_steps)

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss times `loss_scale_factor`, for a training loop of your own."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace the values of `variables`.

        Args:
            weights: arrays in the order of `variables`.

        Raises:
            ValueError: before the optimizer is built, or for a shape that does not fit.
        """
        if not self.built:
            raise ValueError(f"{self.name}: expected a built optimizer: call `build(trainable_variables)` first")
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    @property
    def learning_rate(self) -> Any:
        """Step size: a variable to assign at any time, or the value of this moment if it follows a schedule.

        Assigning a number while it follows a schedule or function is a TypeError.
        """
        if self._source is None:
            return self._rate_variable
        if isinstance(self._source, LearningRateSchedule):
            return self._source(int(self._iterations))
        return as_tensor(np.asarray(_rounded(self._source(), self.name), dtype=config.floatx()))

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if _is_function(value):
            self._source = value
            _use_function(self.native, value, self.name)
        elif self._source is not None:
            raise TypeError(
                f"{self.name}: the learning rate follows {self._source!r} and cannot be set to {value!r}; make the "
                "optimizer with a number instead, or assign another schedule"
            )
        else:
            self._rate_variable.assign(_rounded(value, self.name))

    @property
    def iterations(self) -> Any:
        """Number of steps made; with gradient accumulation, of updates."""
        if self.gradient_accumulation_steps:
            return as_tensor(np.asarray(int(self._iterations) // self.gradient_accumulation_steps))
        return self._iterations

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, with the learning rate of this moment or its schedule."""
        rate = float(self._rate_variable) if self._source is None else saving.serialize(self._source)
        return {"name": self.name, "learning_rate": rate, **{name: getattr(self, name) for name in options.NAMES}}

    @classmethod
    def from_config(
        cls: type[OptimizerT], config: Mapping[str, Any], custom_objects: CustomObjects | None = None
    ) -> OptimizerT:
        """Make the optimizer again, without its state, from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: your own schedules by name. Default None.
        """
        arguments = dict(config)
        if isinstance(arguments.get("learning_rate"), Mapping):
            arguments["learning_rate"] = saving.deserialize(arguments["learning_rate"], custom_objects)
        return cls(**arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle an optimizer that has trained nothing yet: arguments, and what weight decay leaves alone."""
        if self.built:
            raise TypeError(
                f"{self.name}: expected an optimizer that has trained nothing yet, since what this one remembers "
                "belongs to the variables of its model; copy get_config() instead"
            )
        return _remade, (type(self), self.arguments(), self._exclusion)

    def arguments(self) -> dict[str, Any]:
        """Return what `from_config` makes an equal optimizer of: `get_config`, but for a rate that follows a function.

        That one stands for itself, since some functions have no config.
        """
        if self._source is None:
            return self.get_config()
        plain = object.__new__(type(self))  # only to be asked for its config
        plain.__dict__.update(self.__dict__, _source=None)
        return {**plain.get_config(), "learning_rate": self._source}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, learning_rate={float(self.learning_rate)}>"


def _remade(cls: type[OptimizerT], arguments: dict[str, Any], exclusion: options.DecayExclusion) -> OptimizerT:
    optimizer = cls.from_config(arguments)
    optimizer._exclusion = exclusion
    return optimizer


def _warn_of_missing(grads: Sequence[Any], variables: Sequence[Variable]) -> None:
    missing = [v.path for v, gradient in zip(variables, grads, strict=True) if gradient is None]
    if len(missing) == len(variables):
        raise ValueError("No gradients provided for any variable.")
    if missing:
        warnings.warn(f"Gradients do not exist for variables {missing}: they stay as they are", stacklevel=3)


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, Variable)


def _use_function(native: _core.Optimizer, source: Any, owner: str) -> None:
    schedule = source.native() if isinstance(source, LearningRateSchedule) else None
    if schedule is not None:
        native.use_schedule(schedule)
    elif isinstance(source, LearningRateSchedule):
        native.use_function(lambda step: _rounded(source(step), owner))
    else:
        native.use_function(lambda step: _rounded(source(), owner))


def _rounded(learning_rate: Any, owner: str) -> float:
    value = learning_rate
    if isinstance(value, Variable | np.ndarray) and value.shape == ():
        value = np.asarray(value).item()
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(
            f"{owner}: expected `learning_rate` to be a number, a schedule or a function, received {learning_rate!r}"
        )
    return float(np.dtype(config.floatx()).type(value))
