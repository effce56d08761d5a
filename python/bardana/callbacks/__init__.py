"""Objects that watch and steer training: the hooks, and the ready-made ones."""

from __future__ import annotations

from bardana.callbacks.base import Callback
from bardana.callbacks.callback_list import CallbackList
from bardana.callbacks.early_stopping import EarlyStopping
from bardana.callbacks.history import History
from bardana.callbacks.lambda_callback import LambdaCallback

__all__ = ["Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback"]
