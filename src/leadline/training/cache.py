"""The compilation cache: what was compiled once on this machine is not compiled again.

Only the command line turns it on by itself: the process is ours there. In Python, call :func:`use_cache`.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import jax


def use_cache(folder: str | Path | None = None) -> Path | None:
    """Keep compiled programs in a folder and use those that are there.

    Args:
        folder: Where; by default ``leadline/xla`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. A folder already set for
            JAX is left as it is, and ``LEADLINE_CACHE=off`` turns the cache off.

    Returns:
        The folder in use, or None where the cache is off.

    Example:
        >>> import os
        >>> os.environ["LEADLINE_CACHE"] = "off"
        >>> use_cache() is None
        True
    """
    if os.environ.get("LEADLINE_CACHE") == "off":
        return None
    configured = jax.config.values["jax_compilation_cache_dir"]
    if configured:
        return Path(configured)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    chosen = Path(folder or home / "leadline" / "xla").resolve()
    jax.config.update("jax_compilation_cache_dir", str(chosen))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # Two processes may meet at an entry that one of them is writing; JAX then compiles, which is all there is to it.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)
    return chosen
