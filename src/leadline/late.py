"""Third parties that take long to import, imported when something of them is first asked for.

Comes in: nothing. Goes out: ``pd`` and the like, to be used as the modules they stand for. Most trainings on images
and arrays, and most predictions, never need them: pandas takes a quarter of a second, scikit-learn two thirds. The
one way to put off an import in this package: ``from leadline.late import pd``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Late", "pa", "pd", "rich", "sklearn"]


class Late:
    """A module that is imported when one of its names is first used.

    Args:
        module: Its name, as in an import.

    Example:
        >>> colors = Late("colorsys")  # nothing is imported yet
        >>> colors.rgb_to_hsv(1.0, 0.0, 0.0)
        (0.0, 1.0, 1.0)
    """

    def __init__(self, module: str) -> None:
        self.__name__ = module

    def __getattr__(self, name: str) -> Any:
        module = import_module(self.__name__)
        try:
            found = getattr(module, name)
        except AttributeError as error:
            try:  # perhaps a part of the module that nobody has imported yet
                found = import_module(f"{self.__name__}.{name}")
            except ModuleNotFoundError:
                raise error from None
        vars(self)[name] = found
        return found


if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import rich.console
    import rich.progress
    import sklearn
    import sklearn.datasets
    import sklearn.impute
    import sklearn.model_selection
    import sklearn.preprocessing
else:
    pd, rich, sklearn = Late("pandas"), Late("rich"), Late("sklearn")
    pa = Late("pyarrow")
