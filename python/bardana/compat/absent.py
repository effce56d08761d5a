"""Names that Keras has and bardana does not: they can be imported, since many scripts import what they never use.

Using one raises NotImplementedError, which says why. A name that bardana gains needs no change here: what is there goes
first.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, NoReturn

import bardana
from bardana import advice
from bardana.compat.old_modules import MODULES

_DENSE_ONLY = "bardana trains dense networks only; run this script with Keras itself, without bardana.compat"
_NO_FILES = "models cannot be saved or loaded yet; keep model.get_weights(), e.g. with numpy.savez"
_NOT_YET = "bardana does not have this yet"
_STACKS_ONLY = "there are no functional or subclassed models yet; stack the layers in a keras.Sequential"

_REASONS: dict[str, dict[str, str]] = {
    "": {_STACKS_ONLY: "Model Function KerasTensor", _NOT_YET: "name_scope StatelessScope"},
    "models": {_STACKS_ONLY: "Model", _NO_FILES: "load_model save_model model_from_json"},
    "saving": {_NO_FILES: "load_model save_model load_weights save_weights"},
    "layers": {
        _DENSE_ONLY: """
            AdditiveAttention Attention AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D
            AvgPool3D Bidirectional CenterCrop Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose
            ConvLSTM1D ConvLSTM2D ConvLSTM3D Convolution1D Convolution2D Convolution3D Cropping1D Cropping2D Cropping3D
            CuDNNGRU CuDNNLSTM DepthwiseConv1D DepthwiseConv2D GRU GRUCell GlobalAveragePooling1D
            GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D
            GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
            LSTM LSTMCell LocallyConnected1D LocallyConnected2D Masking MaxPool1D MaxPool2D MaxPool3D MaxPooling1D
            MaxPooling2D MaxPooling3D MultiHeadAttention RNN RandomContrast RandomFlip RandomRotation RandomTranslation
            RandomZoom Resizing SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell SpatialDropout2D
            SpatialDropout3D StackedRNNCells TextVectorization TimeDistributed TimeDistributedDense UpSampling1D
            UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        """,
        _STACKS_ONLY: """
            Add Average Concatenate Dot Maximum Merge Minimum Multiply Subtract add average concatenate dot maximum
            merge minimum multiply subtract
        """,
        _NOT_YET: """
            GroupNormalization HashedCrossing Hashing Highway IntegerLookup Lambda MaxoutDense RepeatVector
            SpectralNormalization StringLookup ThresholdedReLU Wrapper
        """,
    },
    "callbacks": {
        _NO_FILES: "BackupAndRestore ModelCheckpoint",
        _NOT_YET: "BaseLogger RemoteMonitor SwapEMAWeights",
    },
    "optimizers": {_NOT_YET: "Adafactor Lamb LossScaleOptimizer TFOptimizer"},
    "utils": {
        _NOT_YET: """
            GeneratorEnqueuer HDF5Matrix OrderedEnqueuer multi_gpu_model print_summary timeseries_dataset_from_array
        """,
        _DENSE_ONLY: "array_to_img image_dataset_from_directory img_to_array load_img text_dataset_from_directory",
    },
    "datasets": {_NOT_YET: "cifar10 cifar100 imdb reuters"},
}

_MODULES = {
    "applications": _DENSE_ONLY,
    "distribution": _NOT_YET,
    "mixed_precision": _NOT_YET,
    "preprocessing": f"{_DENSE_ONLY}, or prepare the data with NumPy, pandas or scikit-learn",
    "tree": _NOT_YET,
}
"""Whole modules, with all below them."""

_OTHER_NAMES = {
    "constraints": {"maxnorm": "max_norm", "nonneg": "non_neg", "unitnorm": "unit_norm"},
    "regularizers": {"activity_l1": "l1", "activity_l1l2": "l1_l2", "activity_l2": "l2", "l1l2": "l1_l2"},
    "losses": {"kullback_leibler_divergence": "kl_divergence", "logcosh": "log_cosh"},
    "models": {"Input": "layers.Input"},
}
"""Old names of what has another name today, in the same module unless a dot says otherwise."""


class AbsentModule(ModuleType):
    """Be a module of Keras that bardana does not have: its names can be imported, not used."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"keras.{place}")
        self.__path__: list[str] = []
        self._place = place
        self._reason = reason

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self._place}.{name}"
        return AbsentModule(path, self._reason) if name.islower() else _placeholder(path, self._reason)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{self.__name__}: {self._reason}")


def look_up(place: str, name: str) -> Any:
    """Return what a name of Keras means that bardana's module does not have.

    Args:
        place: the module as seen from `keras`, "" for `keras` itself.
        name: the missing attribute.

    Raises:
        AttributeError: if Keras does not have it either.
    """
    path = f"{place}.{name}" if place else name
    if path in MODULES:
        return importlib.import_module(f"keras.{path}")
    today = _OTHER_NAMES.get(place, {}).get(name)
    if today is not None:
        where, _, attribute = today.rpartition(".")
        where = where or place
        advice.warn(f"keras.{path} is keras.{where}.{attribute} today", DeprecationWarning)
        return getattr(importlib.import_module(f"bardana.{where}"), attribute)
    top = path.partition(".")[0]
    if top in _MODULES and not hasattr(bardana, top):
        return AbsentModule(path, _MODULES[top])
    for reason, names in _REASONS.get(place, {}).items():
        if name in names.split():
            return _placeholder(path, reason)
    raise AttributeError(f"module 'keras{f'.{place}' if place else ''}' has no attribute {name!r}")


def places() -> set[str]:
    """Return the modules, as seen from `keras`, that have absent or old names."""
    inner = {path.rpartition(".")[0] for path in MODULES}
    return ({*_REASONS, *_OTHER_NAMES} | inner) - {""}


_placeholders: dict[str, type] = {}


def _placeholder(path: str, reason: str) -> type:
    """Return a class that cannot be instantiated, called or derived from; always the same one for a name."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"keras.{path}: {reason}")

    if path not in _placeholders:
        body = {"__new__": refuse, "__init_subclass__": classmethod(refuse), "__module__": "keras"}
        _placeholders[path] = type(path.rpartition(".")[2], (), body)
    return _placeholders[path]
