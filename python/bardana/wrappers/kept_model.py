"""Models as plain data, so that an estimator that holds one can be pickled and copied.

Kept are the layers, the weights, the arguments of `compile` and what the optimizer remembers: the copy predicts the
same bits and goes on training where the model has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from bardana import optimizers
from bardana.callbacks import Callback, History
from bardana.compiled_model import fresh
from bardana.custom_objects import CustomObjectScope
from bardana.models import Sequential


@dataclass(frozen=True)
class KeptModel:
    """A model as plain data: what `keep` makes and `revive` reads.

    `optimizer` holds its config and the values of its variables, None before it has trained.
    """

    kind: type[Sequential]
    config: dict[str, Any]
    weights: list[Any] | None
    compiled: dict[str, Any] | None
    optimizer: tuple[dict[str, Any], list[Any] | None] | None
    own: dict[str, Any]


def keep(model: Sequential) -> KeptModel:
    """Return a model as plain data; functions and classes of the user's stay what they are.

    Args:
        model: the model.
    """
    own = dict(_own_parts(model.leaves()))
    weights = model.get_weights() if model.built else None
    if model._compiled is None:
        return KeptModel(type(model), model.get_config(), weights, None, None, own)
    optimizer = model.compiled.optimizer
    own.update(_own_parts([optimizer]))
    values = [variable.numpy() for variable in optimizer.variables] if optimizer.built else None
    compiled = {name: fresh(value) for name, value in model._given.items() if name != "optimizer"}
    plain = optimizers.serialize(optimizer)
    return KeptModel(type(model), model.get_config(), weights, compiled, (plain, values), own)


def revive(kept: KeptModel) -> Sequential:
    """Return the model again.

    Args:
        kept: what `keep` has returned.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> twin = revive(keep(model))
        >>> x = np.array([[1.0, 2.0]])
        >>> bool(twin.predict(x, verbose=0) == model.predict(x, verbose=0))
        True
    """
    with CustomObjectScope(kept.own):
        model = kept.kind.from_config(kept.config)
        if kept.weights is not None:
            model.set_weights(kept.weights)
        if kept.optimizer is not None:
            plain, values = kept.optimizer
            optimizer = optimizers.deserialize(plain)
            model.compile(optimizer, **(kept.compiled or {}))
            if values is not None:
                optimizer.build(model.trainable_variables)
                optimizer.set_weights(values)
    return model


def keep_models(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return an estimator's attributes with what cannot be pickled as plain data: models, and the history of a fit.

    Args:
        state: attributes by name.
    """
    return {name: _kept(value) for name, value in state.items()}


def revive_models(state: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `keep_models`.

    Args:
        state: what that has returned.
    """
    return {name: revive(value) if isinstance(value, KeptModel) else value for name, value in state.items()}


def release(callbacks: Any) -> None:
    """Let callbacks forget the model that they have seen, so that an estimator that holds them can be copied.

    Args:
        callbacks: a callback, a list of them, or None.
    """
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        if isinstance(callback, Callback):
            callback._model = None


def _kept(value: Any) -> Any:
    if isinstance(value, Sequential):
        return keep(value)
    if isinstance(value, History):
        alone = History()
        alone.__dict__.update({name: item for name, item in vars(value).items() if name != "_model"})
        return alone
    return value


def _own_parts(holders: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    """Yield by name the user's classes and functions among objects and their attributes."""
    for holder in holders:
        for value in (holder, *vars(holder).values()):
            part = value if isinstance(value, (FunctionType, type)) else type(value)
            if part.__module__.partition(".")[0] not in ("bardana", "builtins", "numpy", "weakref"):
                yield part.__name__, part
