"""Where every random number begins: one global generator that hands out seeds.

A layer, an initializer or a call of `fit` without a seed of its own draws one integer here, once, and derives its
own stream from it. So `set_seed` makes a whole script repeatable, and two unseeded layers never share a stream.
"""

from __future__ import annotations

import random

import numpy as np

from bardana.locks import fork_safe_lock

_lock = fork_safe_lock()
_generator: np.random.Generator | None = None
# Seeds in reverse order, the same as single draws give: NumPy takes microseconds for one and hardly more for a block.
_drawn: list[int] = []
_BLOCK = 64


def generator(seed: int) -> np.random.Generator:
    """Return a NumPy generator with a Philox stream of its own.

    Args:
        seed: any integer; taken modulo 2⁶⁴.
    """
    return np.random.Generator(np.random.Philox(seed % 2**64))


def next_seed() -> int:
    """Draw a seed, 0 ≤ seed < 2³¹, from the global generator.

    The generator starts from entropy of the operating system unless `set_seed` was called.

    Example:
        >>> from bardana import seeds
        >>> seeds.set_seed(7)
        >>> first = seeds.next_seed()
        >>> seeds.set_seed(7)
        >>> seeds.next_seed() == first
        True
    """
    global _generator, _drawn
    with _lock:
        if not _drawn:
            if _generator is None:
                _generator = np.random.Generator(np.random.Philox())
            _drawn = _generator.integers(2**31, size=_BLOCK).tolist()[::-1]
        return _drawn.pop()


def set_seed(seed: int) -> None:
    """Seed Python's `random`, NumPy's global generator and the global seed generator.

    Args:
        seed: integer, 0 ≤ seed < 2³² (NumPy's range).

    Raises:
        ValueError: if the seed is not such an integer.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"Expected `seed` to be an integer with 0 <= seed < 2**32, received {seed!r}")
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 (scripts that draw with it expect to be seeded)
    set_own_seed(int(seed))


def set_own_seed(seed: int) -> None:
    """Seed the global seed generator alone; Python's and NumPy's generators stay as they are.

    Args:
        seed: any integer; taken modulo 2⁶⁴.
    """
    global _generator, _drawn
    with _lock:
        _generator, _drawn = generator(seed), []
