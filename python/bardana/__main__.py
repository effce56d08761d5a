"""The command line: `python -m bardana` shows the configuration, `python -m bardana demo` trains a network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bardana import demo
from bardana.runtime import show_config


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command given by the arguments, by default those of the process."""
    parser = argparse.ArgumentParser(prog="python -m bardana", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    demo_parser = commands.add_parser("demo", help="train a classifier on Fashion MNIST, or on the embedded digits")
    demo_parser.add_argument("--epochs", type=_positive, help="passes over the data (default: 10, digits: 30)")
    demo_parser.add_argument("--quick", action="store_true", help="two epochs")
    demo_parser.add_argument("--data", choices=("fashion", "digits"), help="default: fashion where it is found")
    demo_parser.add_argument("--seed", type=int, default=42, help="of the random numbers (default: 42)")
    options = parser.parse_args(arguments)
    if options.command == "demo":
        demo.run(epochs=2 if options.quick else options.epochs, data=options.data, seed=options.seed)
    else:
        show_config()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, received {value}")
    return value


if __name__ == "__main__":
    main()
