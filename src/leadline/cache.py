"""The compilation cache: what was compiled once on this machine is read instead of compiled again.

Comes in: nothing but where the user keeps caches. Goes out: the folder, which JAX writes and reads. Training and
compiled predictions turn it on before they compile, unless ``LEADLINE_CACHE=off``; a folder that was set for JAX is
respected. ``leadline cache`` tells where it is and how large, ``leadline cache --clear`` empties it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import jax

MOST = 500_000_000
"""Bytes kept: about two thousand small trainings. JAX's own bound needs one more package, and a lock and a look at all
entries for each one read or written; this one looks once in a process."""
ENTRY, READ = "-cache", "-atime"
"""Ends of the names of JAX's files: a compiled program, and when it was last read, which JAX may write beside it."""


@dataclass(frozen=True)
class Cache:
    """A folder of compiled programs.

    Args:
        folder: Where they lie; it need not be there yet.
        own: Whether Leadline chose it, and may so remove what is in it.

    Example:
        >>> Cache(Path("nowhere"), own=True).bytes
        0
    """

    folder: Path
    own: bool

    @property
    def programs(self) -> list[Path]:
        """The compiled programs, the least recently used first; what else lies in the folder is none of them."""
        return [path for _, _, path in sorted(_seen(self.folder))]

    @property
    def bytes(self) -> int:
        """Size of the compiled programs."""
        return sum(size for _, size, _ in _seen(self.folder))

    def clear(self) -> int:
        """Remove the compiled programs, and nothing else; return how many there were."""
        programs = self.programs
        _remove(programs)
        with suppress(OSError):  # it holds something else
            self.folder.rmdir()
        return len(programs)

    def shrink(self, most: int = MOST) -> int:
        """Remove the least recently used programs until the others fit; return how many were removed.

        Args:
            most: Bytes that may stay.
        """
        seen = sorted(_seen(self.folder))
        over, gone = sum(size for _, size, _ in seen) - most, []
        for _, size, path in seen:
            if over <= 0:
                break
            gone.append(path)
            over -= size
        _remove(gone)
        return len(gone)


def cache_in_use() -> Cache | None:
    """Return the cache that trainings use from now on, or None where it is off.

    Example:
        >>> import os
        >>> os.environ["LEADLINE_CACHE"] = "off"
        >>> cache_in_use() is None
        True
    """
    if os.environ.get("LEADLINE_CACHE") == "off":
        return None
    own = _usual()
    configured = jax.config.values["jax_compilation_cache_dir"]
    return Cache(Path(configured), Path(configured) == own) if configured else Cache(own, own=True)


def use_cache(folder: str | Path | None = None) -> Path | None:
    """Keep compiled programs in a folder and use those that are there; training does so by itself.

    The whole process uses the folder from then on, also for what it compiles with JAX elsewhere.

    Args:
        folder: Where; by default ``leadline/xla`` in ``$XDG_CACHE_HOME`` or ``~/.cache``, of which the least recently
            used are removed beyond 500 MB. A folder already set for JAX is left as it is, and ``LEADLINE_CACHE=off``
            turns the cache off.

    Returns:
        The folder in use, or None where the cache is off or its folder cannot be made.

    Example:
        >>> import os
        >>> os.environ["LEADLINE_CACHE"] = "off"
        >>> use_cache() is None
        True
    """
    found = cache_in_use()
    if found is None or jax.config.values["jax_compilation_cache_dir"]:
        return found.folder if found else None
    chosen = Cache(Path(folder).resolve(), own=False) if folder else found
    try:
        chosen.folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if chosen.own:
        chosen.shrink()
    jax.config.update("jax_compilation_cache_dir", str(chosen.folder))
    # Small programs too: reading the smallest takes 1 ms, compiling it 10.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # Two processes may meet at an entry that one of them is writing; JAX then compiles, which is all there is to it.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)
    return chosen.folder


def _usual() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (home / "leadline" / "xla").resolve()


def _seen(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each program was last used, its size and its path."""
    found = []
    with suppress(OSError):
        for path in folder.glob(f"*{ENTRY}"):
            with suppress(OSError):  # another process removed it
                told = path.stat()
                found.append((max(told.st_atime, told.st_mtime), told.st_size, path))
    return found


def _remove(programs: Iterable[Path]) -> None:
    for path in programs:
        for file in (path, path.with_name(path.name.removesuffix(ENTRY) + READ)):
            with suppress(OSError):
                file.unlink()
