"""``leadline cache``: where compiled programs are kept, how many and how large, and how to be rid of them."""

from __future__ import annotations

from typing import Annotated

import typer

import leadline as ll
from leadline.cli.terminal import console, line, row
from leadline.core.text import count


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove the compiled programs.")] = False,
) -> None:
    """Tell where compiled programs are kept between trainings, and how large they are.

    They make a training that was made before start at once. LEADLINE_CACHE=off keeps none; XDG_CACHE_HOME names
    another place.
    """
    out, found = console(), ll.cache.cache_in_use()
    if found is None:
        row(out, "cache", "off, by LEADLINE_CACHE=off")
        return
    held = f"{count(len(found.programs), 'compiled program')}, {found.bytes / 1e6:.1f} MB"
    line(out, "cache", str(found.folder))
    if not clear:
        row(out, "holds", f"{held}; at most {ll.cache.MOST / 1e6:.0f} MB are kept" if found.own else held)
        if found.own and found.programs:
            line(out, "next", "leadline cache --clear")
    elif found.own:
        found.clear()
        row(out, "removed", held)
    else:
        row(out, "removed", "nothing: this folder was set for JAX, and other programs may use it")
