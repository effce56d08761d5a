"""Scripts of the last ten years, unchanged: `import keras` and `import tensorflow` reach bardana in this process.

`install()` comes before the script's own imports; `python -m bardana.compat script.py` runs a script so. The names are
those of bardana's own modules and classes, not copies. Old spellings (`nb_epoch=`, `lr=`, `keras.layers.core`,
`predict_classes`, …) work with a DeprecationWarning that says today's, at the line that uses them. Without a warning
`model.metrics_names` lists the names of `evaluate`'s results, as it did before Keras 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bardana.compat.session import Session

__all__ = ["install", "is_installed", "uninstall"]

_session: Session | None = None


def install() -> None:
    """Let `keras`, `tensorflow.keras` and a small `tensorflow` be bardana, until `uninstall` or the end of the process.

    `keras.__version__` is `bardana.keras_api_version` then. Installing twice is the same as once.

    Raises:
        ImportError: if the real Keras or TensorFlow has been imported already.

    Example:
        >>> import subprocess, sys  # a process of its own, in which nobody has imported Keras
        >>> script = "import bardana; bardana.compat.install(); import keras; print(keras.__version__)"
        >>> subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip()
        '3.15.1'
    """
    global _session
    if _session is None:
        from bardana.compat.session import Session

        _session = Session()


def uninstall() -> None:
    """Undo `install`: the names `keras` and `tensorflow` are free again, old spellings are errors again.

    What a script imported before stays usable in it.

    Example:
        >>> import bardana
        >>> bardana.compat.uninstall()  # there is nothing to undo
        >>> bardana.compat.is_installed()
        False
    """
    global _session
    if _session is not None:
        _session.close()
        _session = None


def is_installed() -> bool:
    """Return whether `install` is in force.

    Example:
        >>> is_installed()
        False
    """
    return _session is not None
