"""How far a pass over many rows is, on the terminal.

Comes in: the number of rows read. Goes out: a line that is written anew now and then, and taken away at the end.
"""

from __future__ import annotations

import sys
import time

from leadline.core.text import count

PASSED_SECONDS = 2.0  # a pass that takes longer says how far it is


class ReadingLine:
    """One line on the error stream, where it is a terminal and the pass takes long.

    Args:
        name: Of what is read, for people.
    """

    def __init__(self, name: str) -> None:
        self.name, self.began, self.told = name, time.monotonic(), 0.0

    def __call__(self, rows: int) -> None:
        """Say how many rows were read."""
        now = time.monotonic()
        if now - self.began > PASSED_SECONDS and now - self.told > PASSED_SECONDS / 4 and sys.stderr.isatty():
            self.told = now
            print(f"\rreading {self.name}: {count(rows, 'row')} ", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Take the line away."""
        if self.told:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
