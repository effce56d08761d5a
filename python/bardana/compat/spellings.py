"""Old spellings of arguments, methods and attributes, as patches of bardana's own classes and functions."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import bardana
from bardana import advice, callbacks, constraints, layers, optimizers, regularizers, utils
from bardana.compat import absent, backend, history, methods
from bardana.compat.patches import Patches
from bardana.optimizers import Optimizer

_LAYER_ARGUMENTS = (
    ("output_dim", "units"),
    ("init", "kernel_initializer"),
    ("init", "embeddings_initializer"),
    ("W_regularizer", "kernel_regularizer"),
    ("W_regularizer", "embeddings_regularizer"),
    ("b_regularizer", "bias_regularizer"),
    ("W_constraint", "kernel_constraint"),
    ("W_constraint", "embeddings_constraint"),
    ("b_constraint", "bias_constraint"),
    ("bias", "use_bias"),
    ("p", "rate"),
    ("sigma", "stddev"),
    ("dims", "target_shape"),
    ("beta_init", "beta_initializer"),
    ("gamma_init", "gamma_initializer"),
    ("alpha", "negative_slope"),
    ("init", "alpha_initializer"),
)
"""Old and new name of a layer's argument, where the layer has the new one and not the old one."""

_FIT_ARGUMENTS = (("nb_epoch", "epochs"),)
_GONE_FROM_FIT = ("max_queue_size", "max_q_size", "nb_worker", "pickle_safe", "use_multiprocessing", "workers")


def apply(patches: Patches) -> None:
    """Make all old spellings work until the patches are undone."""
    for place in sorted(absent.places()):
        _serve_absent_names(place, patches)
    for cls in _classes(layers, layers.Layer):
        _accept_old_arguments(cls, _LAYER_ARGUMENTS, patches)
    _accept_sizes_for_shapes(patches)
    for cls in _classes(regularizers, regularizers.Regularizer):
        _accept_old_arguments(cls, (("l", "l1"), ("l", "l2")), patches)
    _accept_old_arguments(constraints.MaxNorm, (("m", "max_value"),), patches)
    _accept_old_arguments(callbacks.ReduceLROnPlateau, (("epsilon", "min_delta"),), patches)
    for cls in _classes(optimizers, Optimizer):
        _accept_old_rates(cls, patches)
    patches.set(Optimizer, "lr", property(_get_lr, _set_lr))
    patches.set(utils, "to_categorical", _renaming(utils.to_categorical, {"nb_classes": "num_classes"}))
    backend.apply(patches)
    _old_methods(patches)
    history.apply(patches)


def _serve_absent_names(place: str, patches: Patches) -> None:
    """Let a module answer for names that it does not have."""
    try:
        module = importlib.import_module(f"bardana.{place}")
    except ModuleNotFoundError:
        return
    own = vars(module).get("__getattr__")

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if own is not None:
            try:
                return own(name)
            except AttributeError:
                pass
        return absent.look_up(place, name)

    patches.set(module, "__getattr__", missing)


def _classes(module: ModuleType, base: type) -> Iterator[type[Any]]:
    for name in module.__all__:
        cls = getattr(module, name)
        if inspect.isclass(cls) and issubclass(cls, base):
            yield cls


def _accept_old_arguments(cls: type[Any], spellings: tuple[tuple[str, str], ...], patches: Patches) -> None:
    if "__init__" not in vars(cls):
        return
    known = inspect.signature(cls.__init__).parameters
    names = {old: new for old, new in spellings if new in known and old not in known}
    if names:
        patches.set(cls, "__init__", _renaming(cls.__init__, names, cls.__name__))


def _renaming(function: Callable[..., Any], names: Mapping[str, str], owner: str | None = None) -> Callable[..., Any]:
    """Return the function with old names of keyword arguments accepted too."""
    owner = owner or function.__name__

    @functools.wraps(function)
    def accepting(*args: Any, **kwargs: Any) -> Any:
        for old in [name for name in kwargs if name in names]:
            rename(kwargs, old, names[old], owner)
        return function(*args, **kwargs)

    return accepting


def rename(arguments: dict[str, Any], old: str, new: str, owner: str) -> None:
    """Give an argument its name of today, with a warning."""
    if new in arguments:
        raise TypeError(f"{owner}: expected {new}= or its old name {old}=, received both")
    advice.warn(f"{owner}: {old}= is spelled {new}= today", DeprecationWarning)
    arguments[new] = arguments.pop(old)


def _accept_sizes_for_shapes(patches: Patches) -> None:
    """Let `Input(5)` be `Input((5,))`."""
    make = layers.InputLayer.__init__

    @functools.wraps(make)
    def accepting(self: Any, shape: Any = None, *args: Any, **kwargs: Any) -> None:
        if bardana.arguments.is_integer(shape):
            advice.warn(f"Input({shape}) is spelled Input(({shape},)) today", DeprecationWarning)
            shape = (shape,)
        make(self, shape, *args, **kwargs)

    patches.set(layers.InputLayer, "__init__", accepting)


def _accept_old_rates(cls: type[Any], patches: Patches) -> None:
    """Let an optimizer accept `lr=`, `decay=`, `schedule_decay=` and `epsilon=None`."""
    if "__init__" not in vars(cls):
        return
    make = cls.__init__

    @functools.wraps(make)
    def accepting(self: Any, *args: Any, **kwargs: Any) -> None:
        if "lr" in kwargs:
            rename(kwargs, "lr", "learning_rate", cls.__name__)
        if kwargs.get("epsilon", ...) is None:
            advice.warn(f"{cls.__name__}: leave epsilon=None out, it means the default", DeprecationWarning)
            del kwargs["epsilon"]
        if kwargs.pop("schedule_decay", None) is not None:
            advice.warn(f"{cls.__name__}: schedule_decay= is always 0.004 today", DeprecationWarning)
        decay = kwargs.pop("decay", None)
        if decay and args:
            args = (_decaying(make, args[0], decay), *args[1:])
        elif decay:
            kwargs["learning_rate"] = _decaying(make, kwargs.get("learning_rate"), decay)
        make(self, *args, **kwargs)

    patches.set(cls, "__init__", accepting)


def _decaying(make: Callable[..., Any], rate: Any, decay: float) -> Any:
    """Return what `decay=` meant: a rate lr / (1 + decay · steps made)."""
    if rate is None:
        rate = inspect.signature(make).parameters["learning_rate"].default
    advice.warn(
        f"decay={decay} is spelled learning_rate=keras.optimizers.schedules.InverseTimeDecay({rate}, 1, {decay}) today",
        DeprecationWarning,
    )
    return optimizers.schedules.InverseTimeDecay(rate, 1, decay)


def _get_lr(self: Optimizer) -> Any:
    advice.warn("optimizer.lr is spelled optimizer.learning_rate today", DeprecationWarning)
    return self.learning_rate


def _set_lr(self: Optimizer, value: Any) -> None:
    advice.warn("optimizer.lr is spelled optimizer.learning_rate today", DeprecationWarning)
    self.learning_rate = value


def _old_methods(patches: Patches) -> None:
    cls = bardana.Sequential
    for name, method in methods.OLD.items():
        if not hasattr(cls, name):
            patches.set(cls, name, method)
    fit = cls.fit

    @functools.wraps(fit)
    def accepting(self: Any, *args: Any, **kwargs: Any) -> Any:
        for old, new in _FIT_ARGUMENTS:
            if old in kwargs:
                rename(kwargs, old, new, "fit")
        for gone in _GONE_FROM_FIT:
            if kwargs.pop(gone, None) is not None:
                advice.warn(
                    f"fit: {gone}= belongs to the generator, a keras.utils.PyDataset, today", DeprecationWarning
                )
        history.translate_monitors(self, kwargs.get("callbacks"))
        return fit(self, *args, **kwargs)

    patches.set(cls, "fit", accepting)
