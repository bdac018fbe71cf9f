"""Leadline trains neural networks, takes soundings of every layer, and says what is wrong.

Everything a user needs is a name of this package (``import leadline as ll``). The names stand in
``__init__.pyi``, next to the file each comes from; a name is imported when it is first used, so that
``import leadline`` costs nothing.
"""

from typing import Any

import lazy_loader

_public, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    return _version() if name == "__version__" else _public(name)


def _version() -> str:
    from importlib import metadata  # takes longer than all else here, for one rarely asked name

    try:
        return metadata.version(__name__)
    except metadata.PackageNotFoundError:  # the source is on the path, but was never installed
        return "0+not.installed"
