"""Run a Keras script on bardana: `python -m bardana.compat script.py arguments…`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from bardana import compat


def main() -> None:
    """Run the script that is named first as the main module; what follows are its arguments."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m bardana.compat script.py [argument …]")
    script = sys.argv[1]
    if not Path(script).is_file():
        sys.exit(f"python -m bardana.compat: expected the path of a script, received {script!r}")
    del sys.argv[0]
    sys.path[0] = str(Path(script).resolve().parent)
    compat.install()
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
