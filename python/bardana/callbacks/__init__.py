"""Objects that watch and steer training: the hooks, and the ready-made ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bardana.callbacks.base import Callback
from bardana.callbacks.callback_list import CallbackList
from bardana.callbacks.early_stopping import EarlyStopping
from bardana.callbacks.history import History
from bardana.callbacks.lambda_callback import LambdaCallback
from bardana.callbacks.progbar_logger import ProgbarLogger
from bardana.lazy import lazy_names

if TYPE_CHECKING:
    from bardana.callbacks.csv_logger import CSVLogger
    from bardana.callbacks.learning_rate_scheduler import LearningRateScheduler
    from bardana.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
    from bardana.callbacks.tensorboard import TensorBoard
    from bardana.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CSVLogger": "csv_logger",
        "LearningRateScheduler": "learning_rate_scheduler",
        "ReduceLROnPlateau": "reduce_lr_on_plateau",
        "TensorBoard": "tensorboard",
        "TerminateOnNaN": "terminate_on_nan",
    },
)
