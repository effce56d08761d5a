"""Names of Keras that have no place here: importing or using one says so, and what to do instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_REASONS = {
    "applications": "dense networks only, no image models; use keras.applications of Keras itself",
    "distillation": "train the student on the teacher's predict() instead",
    "distribution": "one machine and its CPU only, whose cores are used by themselves",
    "export": "models are saved, not exported to TensorFlow or PyTorch",
    "preprocessing": "no images and texts; sequences are padded by keras.utils.pad_sequences",
    "quantizers": "weights are float32 or float64",
    "visualization": "no pictures of images; keras.utils.plot_model draws models",
}


def reason(name: str) -> str | None:
    """Return why `bardana.<name>` does not exist, None for a name that Keras does not have either.

    Args:
        name: name of a module of Keras.
    """
    found = _REASONS.get(name)
    return None if found is None else f"bardana has no module '{name}': {found}."


_LOSS = "the loss that is trained is the compiled one"
_MEMBERS = {
    "add_loss": f"{_LOSS}; kernel_regularizer= and activity_regularizer= of layers add penalties to it",
    "compute_loss": f"{_LOSS}: write one for compile(loss=…)",
    "make_predict_function": "prediction is native: call predict_on_batch in a loop of yours",
    "make_test_function": "evaluation is native: call test_on_batch in a loop of yours",
    "make_train_function": "training is native: call train_on_batch in a loop of yours",
    "predict_step": "prediction is native: call predict_on_batch in a loop of yours",
    "test_step": "evaluation is native: call test_on_batch in a loop of yours",
    "train_step": "training is native: call train_on_batch, or compute_gradients and optimizer.apply, in a loop",
}
_LAYERS = {
    "Lambda": "Python code has no gradient; use Activation, Rescaling, Reshape or others, or change the data first",
}


class _Member:
    """An attribute that models and layers do not have: asking for it says why."""

    def __init__(self, name: str, why: str) -> None:
        self._name, self._why = name, why

    def __get__(self, owner: object | None, cls: type) -> Any:
        raise AttributeError(f"{cls.__name__!r} object has no attribute {self._name!r}: {self._why}")


def add_members(base: type) -> None:
    """Let a class, and those derived from it, say why they lack an attribute.

    A `__getattr__` of the class would be shorter, but makes every call of a method allocate.

    Args:
        base: the class of layers.
    """
    for name, why in _MEMBERS.items():
        setattr(base, name, _Member(name, why))


def refuse_overrides(model_class: type) -> None:
    """Raise TypeError for a subclass of a model with a method that Keras would call and bardana does not.

    Args:
        model_class: the class as it was written.
    """
    for name, why in _MEMBERS.items():
        if name in vars(model_class):
            raise TypeError(f"{model_class.__name__}: expected no method {name}, which fit would not call: {why}")


def missing_layer(name: str) -> str:
    """Return the message for a name that `bardana.layers` does not have, with what to write instead if that is known.

    Args:
        name: the attribute that was asked for.
    """
    why = _LAYERS.get(name)
    return f"module 'bardana.layers' has no attribute '{name}'" + (f": {why}" if why else "")


class Finder:
    """Answer, after all other finders, an import of these modules with the reason."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, module = name.partition(".")
        message = reason(module) if package == "bardana" else None
        if message is not None:
            raise ModuleNotFoundError(message, name=name)
        return None


sys.meta_path.append(Finder())
