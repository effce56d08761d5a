"""Check that each ISA object defines one external symbol, its kernel table, and nothing that a linker may merge.

A weak (W, V) or unique (u) symbol in an object compiled for AVX-512 could be the copy that the linker keeps for the
whole program, and an old processor would die of it.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import subprocess
import sys

TABLE = re.compile(r"bardana::cpu::k\w+Table")
# A pointer that exception tables share, not code: GCC emits it without optimisation where <immintrin.h> is included.
HARMLESS = "DW.ref.__gxx_personality_v0"


def complaints(nm: str, path: str) -> list[str]:
    """Return one sentence for every symbol that should not be there."""
    command = [nm, "-C", "--defined-only", "--format=posix", path]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = []
    tables = 0
    for line in listing.splitlines():
        name, kind = re.match(r"(.*) ([A-Za-z])( [0-9a-f]+)*\s*$", line).group(1, 2)
        external = kind.isupper() or kind in "uvw"
        if name == HARMLESS:
            continue
        if kind in "uVWvw":
            found.append(f"mergeable symbol ({kind}): {name}")
        elif external and TABLE.fullmatch(name):
            tables += 1
        elif external:
            found.append(f"external symbol ({kind}): {name}")
    if tables != 1:
        found.append(f"expected 1 kernel table, found {tables}")
    return found


def main() -> int:
    """Check every isa_*.cpp object among the arguments; --files says how many there must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--files", type=int, required=True)
    parser.add_argument("objects", nargs="+")
    arguments = parser.parse_args()
    objects = [path for path in arguments.objects if pathlib.Path(path).name.startswith("isa_")]
    failed = len(objects) != arguments.files
    if failed:
        print(f"expected {arguments.files} ISA objects, received {len(objects)}")
    for path in objects:
        for complaint in complaints(arguments.nm, path):
            failed = True
            print(f"{pathlib.Path(path).name}: {complaint}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
