"""Methods that models had once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from bardana import advice


def fit_generator(
    self: Any,
    generator: Any,
    steps_per_epoch: int | None = None,
    epochs: int = 1,
    verbose: int | str = 1,
    callbacks: Any = None,
    validation_data: Any = None,
    validation_steps: int | None = None,
    validation_freq: Any = 1,
    class_weight: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    shuffle: bool = True,
    initial_epoch: int = 0,
    **kwargs: Any,
) -> Any:
    """Train on a generator: `fit` of today, which takes care of fetching ahead by itself."""
    _warn("fit_generator(…)", "fit(…)")
    return self.fit(
        generator,
        steps_per_epoch=steps_per_epoch,
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_data=validation_data,
        validation_steps=validation_steps,
        validation_freq=validation_freq,
        class_weight=class_weight,
        shuffle=shuffle,
        initial_epoch=initial_epoch,
        **_known(kwargs, "fit_generator", {"nb_epoch"}),
    )


def evaluate_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int | str = 0,
) -> Any:
    """Evaluate on a generator: `evaluate` of today."""
    _warn("evaluate_generator(…)", "evaluate(…)")
    return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)


def predict_generator(
    self: Any,
    generator: Any,
    steps: int | None = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    verbose: int | str = 0,
) -> Any:
    """Predict from a generator: `predict` of today."""
    _warn("predict_generator(…)", "predict(…)")
    return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)


def predict_classes(self: Any, x: Any, batch_size: int = 32, verbose: int | str = 0) -> NDArray[Any]:
    """Return the class of each row: the largest output, or whether a single one is above 0.5."""
    _warn("predict_classes(x)", "predict(x).argmax(axis=-1), or predict(x) > 0.5 for one output")
    outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
    return np.asarray(outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32"))


def predict_proba(self: Any, x: Any, batch_size: int = 32, verbose: int | str = 0) -> Any:
    """Return the outputs: `predict` of today."""
    _warn("predict_proba(x)", "predict(x)")
    return self.predict(x, batch_size=batch_size, verbose=verbose)


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"model.{name}: models cannot be saved or loaded yet; keep model.get_weights(), e.g. with numpy.savez, "
            "and give them back with set_weights"
        )

    refuse.__name__ = name
    return refuse


OLD: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in (fit_generator, evaluate_generator, predict_generator, predict_classes, predict_proba)},
    **{name: _refusing(name) for name in ("save", "save_weights", "load_weights", "to_json", "to_yaml", "export")},
}
"""Methods of old versions, and those of today that are not there yet, by name."""


def _warn(old: str, today: str) -> None:
    advice.warn(f"model.{old} is spelled model.{today} today", DeprecationWarning)


def _known(arguments: dict[str, Any], owner: str, names: set[str]) -> dict[str, Any]:
    unknown = {name: value for name, value in arguments.items() if name not in names}
    if unknown:
        raise TypeError(
            f"{owner}: arguments not recognized: {unknown}; count batches, steps_per_epoch=, where Keras 1 counted rows"
        )
    return arguments
