"""Write what TensorBoard shows: losses and metrics, learning rates, distributions of weights, the layers."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bardana.callbacks.base import Callback, Logs
from bardana.serialization import serialize

if TYPE_CHECKING:
    from bardana.callbacks.event_files import EventFile


class TensorBoard(Callback):
    """Write event files for TensorBoard, into the folders `train` and `validation` of `log_dir`.

    Look at them with `tensorboard --logdir logs`. Needs the package tensorboard: `pip install 'bardana[tensorboard]'`;
    not TensorFlow. With update_freq="epoch" and without write_steps_per_second nothing is called at batches.

    Written are: after each epoch `epoch_<name>` for each of the logs (val_ ones without the val_ under `validation`),
    `epoch_learning_rate` and, if wished, `epoch_steps_per_second`; after each evaluation
    `evaluation_<name>_vs_iterations`; at batches, if wished, `batch_<name>`, which are running means over the epoch.

    Args:
        log_dir: folder, "logs" by default. A folder for each run lets TensorBoard compare them.
        histogram_freq: write the distribution of each weight after every so many epochs, as `<path>/histogram`; 0
            (default) never.
        write_graph: write the layers, which TensorBoard shows under Graphs as Keras model. Default True. The graph of
            operations that TensorFlow has does not exist here.
        write_images: with the histograms, show the weights as pictures too, as `<path>/image`. Default False.
        write_steps_per_second: write the speed, of epochs and with update_freq also of batches. Default False.
        update_freq: "epoch" (default), "batch", or an integer: write after every so many batches too.
        profile_batch, embeddings_freq, embeddings_metadata: must be 0, 0 and None.

    Raises:
        ImportError: in `fit` or `evaluate`, if the package tensorboard is missing.
        ValueError: another value than these.

    Example:
        >>> import bardana as keras, numpy as np, pathlib, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.zeros((4, 1))
        >>> history = model.fit(x, x, verbose=0, callbacks=[TensorBoard(folder)])  # doctest: +SKIP
        >>> [path.name for path in pathlib.Path(folder).iterdir()]  # doctest: +SKIP
        ['train']
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: int | str | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: None = None,
    ) -> None:
        if profile_batch:
            raise ValueError(f"TensorBoard: expected profile_batch=0, received {profile_batch!r}: nothing is traced.")
        if embeddings_freq or embeddings_metadata:
            raise ValueError(
                "TensorBoard: expected embeddings_freq=0 and embeddings_metadata=None, received "
                f"{embeddings_freq!r} and {embeddings_metadata!r}."
            )
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            raise ValueError(
                f"TensorBoard: expected update_freq 'epoch', 'batch' or a positive integer, received {update_freq!r}."
            )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._files: dict[str, EventFile] = {}
        self._step = 0
        self._epoch_start = self._batch_start = 0.0
        self._steps_before = 0
        if self.update_freq == "epoch":
            self._idle_hooks = (TensorBoard.on_train_batch_begin, TensorBoard.on_train_batch_end)

    def _file(self, name: str) -> EventFile:
        from bardana.callbacks.event_files import EventFile

        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    def set_model(self, model: Any) -> None:
        if model is self._model and self._files:
            return  # an evaluation inside fit
        self._close()
        self._model = model
        if self.write_graph and hasattr(model, "layers"):
            content = {"class_name": type(model).__name__, "config": serialize(model.get_config())}
            self._file("train").keras_model("keras", json.dumps(content), 0)
            self._file("train").flush()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._step = 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def on_test_end(self, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        if optimizer is None or not logs:
            return
        for name, value in logs.items():
            self._file("validation").scalar(f"evaluation_{name}_vs_iterations", value, int(optimizer.iterations))
        self._file("validation").flush()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._steps_before = int(self.model.optimizer.iterations)
        self._epoch_start = time.time()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs:
            self._write_epoch(epoch, logs)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for file in self._files.values():
            file.flush()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._step += 1
        self._batch_start = time.time()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.update_freq == "epoch" or self._step % int(self.update_freq):
            return
        file = self._file("train")
        if self.write_steps_per_second:
            file.scalar("batch_steps_per_second", 1 / max(time.time() - self._batch_start, 1e-9), self._step)
        for name, value in (logs or {}).items():
            file.scalar(f"batch_{name}", value, self._step)

    def _write_epoch(self, epoch: int, logs: Logs) -> None:
        shown = {"learning_rate": float(self.model.optimizer.learning_rate)}
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._steps_before
            shown["steps_per_second"] = steps / max(time.time() - self._epoch_start, 1e-9)
        for name, value in {**logs, **shown}.items():
            folder, kind = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
            self._file(folder).scalar(f"epoch_{kind}", value, epoch)

    def _write_weights(self, epoch: int) -> None:
        file = self._file("train")
        for layer in self.model.layers:
            for weight in layer.weights:
                values = weight.numpy()
                file.histogram(f"{weight.path}/histogram", values, epoch)
                pixels = _as_image(values) if self.write_images else None
                if pixels is not None:
                    file.images(f"{weight.path}/image", pixels, epoch)

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}


def _as_image(values: NDArray[Any]) -> NDArray[Any] | None:
    """Return weights as one grey picture, lying down, shape (1, height, width, 1); None if they have more axes."""
    plain = np.squeeze(values)
    if plain.ndim not in (1, 2):
        return None
    if plain.ndim == 1:
        return plain.reshape(1, -1, 1, 1)
    plain = plain.T if plain.shape[0] > plain.shape[1] else plain
    return plain[np.newaxis, :, :, np.newaxis]
