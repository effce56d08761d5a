"""`tensorflow.compat`: what scripts take from the interface of TensorFlow 1."""

from __future__ import annotations

from bardana.compat.tensorflow.compat import v1

__all__ = ["v1"]
