"""How much memory rows may take, and whether a source is streamed because it would take more.

Comes in: what was asked ("2GB", or nothing) and what a source would need. Goes out: the bound with its shares,
or nothing where the source is read whole.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from leadline.core.errors import RecipeError

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_CGROUP = Path("/sys/fs/cgroup")
USUAL = 10**9  # of a stream, where nothing is asked: small beside a laptop's memory, large beside a batch
LEAST = 16 * 10**6  # below, a buffer of a quarter would mix too few rows
UNKNOWN = 8 * 10**9  # memory of a machine that does not tell
AS_FRAME = 8  # bytes in memory for each byte of a text file: its text, the table, the prepared rows


@dataclass(frozen=True)
class Budget:
    """The bound on what a stream keeps in memory, and its shares.

    Args:
        total: In bytes.

    Example:
        >>> budget = Budget(1_000_000_000)
        >>> budget.held, budget.buffer, budget.piece
        (500000000, 250000000, 62500000)
    """

    total: int

    @property
    def held(self) -> int:
        """Bytes of the sample and the held-out parts, raw and prepared."""
        return self.total // 2

    @property
    def buffer(self) -> int:
        """Bytes of the rows that wait to be mixed."""
        return self.total // 4

    @property
    def piece(self) -> int:
        """Bytes of the rows that are read at once; they are there up to four times: as read and prepared."""
        return self.total // 16

    @property
    def text(self) -> str:
        """As a recipe writes it, exactly."""
        words = in_words(self.total).replace(" ", "")
        return words if as_bytes(words) == self.total else f"{self.total}B"


def in_words(size: float) -> str:
    """Write bytes for people.

    Example:
        >>> in_words(12_345_000_000), in_words(1_000_000_000), in_words(512)
        ('12.3 GB', '1 GB', '512 B')
    """
    unit = max(
        (unit for unit in _UNITS if unit and size >= _UNITS[unit]), key=_UNITS.__getitem__, default="B"
    )
    return f"{size / _UNITS[unit]:.3g} {unit}"


def as_bytes(memory: str | int) -> int:
    """Return a size in bytes.

    Args:
        memory: "2GB", "500 MB", or bytes.

    Raises:
        RecipeError: No size, or less than 16 MB.

    Example:
        >>> as_bytes("2GB"), as_bytes("0.5 gb")
        (2000000000, 500000000)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B?)", str(memory).strip().upper())
    if isinstance(memory, bool) or found is None or found[2] in ("K", "M", "G", "T"):
        raise RecipeError.at(
            "data, memory", "a size such as '2GB' or '500MB'", repr(memory), 'memory = "1GB"'
        )
    size = int(float(found[1]) * _UNITS[found[2]])
    if size < LEAST:
        raise RecipeError.at("data, memory", f"at least {in_words(LEAST)}", repr(memory), 'memory = "1GB"')
    return size


def free() -> int:
    """Return the bytes that are available now, within the limits of a container."""
    return min(_of_machine(), _of_container())


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass
    try:  # macOS has no figure for what is available
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def _of_container() -> int:
    try:
        most, used = (
            (_CGROUP / name).read_text(encoding="ascii") for name in ("memory.max", "memory.current")
        )
        return max(0, int(most) - int(used))
    except (OSError, ValueError):  # no container, or "max"
        return _UNITS["TB"] * 1000


def budget_for(stream: bool | None, memory: str | int | None, need: float) -> tuple[Budget | None, str]:
    """Decide whether a source is streamed, and in which memory.

    Where nothing is asked, it is streamed if its rows, raw and prepared, are estimated to take more than
    ``memory``, or than half of what is available now.

    Args:
        stream: True or False where it is asked.
        memory: The bound, where it is asked; else 1 GB, or half of what is available if that is less.
        need: Bytes that all rows would take, raw and prepared, estimated.

    Returns:
        The bound, or None where the source is read whole; and why, in a sentence.

    Example:
        >>> budget_for(None, "1GB", 3e9)[1]
        'Streamed in 1 GB of memory: about 3 GB of rows do not fit into 1 GB.'
        >>> budget_for(None, "1GB", 3e8)
        (None, '')
    """
    asked = None if memory is None else as_bytes(memory)
    if stream is False:
        return None, ""
    fits = asked if asked is not None else free() // 2
    if stream is None and need <= fits:
        return None, ""
    budget = Budget(asked if asked is not None else as_bytes(in_words(max(LEAST, min(USUAL, fits)))))
    half = "" if asked is not None else ", half of the memory available"
    why = "as asked" if stream else f"about {in_words(need)} of rows do not fit into {in_words(fits)}{half}"
    return budget, f"Streamed in {in_words(budget.total)} of memory: {why}."
