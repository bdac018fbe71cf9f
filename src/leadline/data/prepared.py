"""What a preparation gives and what its encoders promise.

An encoder turns raw inputs of one kind (table, image, array) into float32 arrays. It is fitted on training
rows, is written as plain JSON and read again, and gives the same bits after that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Prepared:
    """Inputs ready for a network, and what was met on the way.

    Args:
        inputs: float32, shape (B, ...), contiguous.
        unknown: Cells by column whose level was not seen in training (they become all zeros).
        missing: Cells by column without a usable value (they were imputed as in training).
        extra: Names of columns that were not needed.

    Example:
        >>> import pandas as pd
        >>> from leadline.data import table
        >>> data = table({"size": range(40), "kind": ["a", "b"] * 20}, target="kind")
        >>> prepared = data.preparation.transform(pd.DataFrame({"size": [1.0, None], "more": [0, 0]}))
        >>> prepared.inputs.shape, prepared.missing, prepared.extra
        ((2, 1), {'size': 1}, ('more',))
    """

    inputs: np.ndarray
    unknown: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()


class Encoder(Protocol):
    """Turns raw inputs of one kind into float32 arrays."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared features; empty where they have none."""
        ...

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared input."""
        ...

    @property
    def dropped(self) -> Mapping[str, str]:
        """Columns it leaves out, each with the reason."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """What was decided while fitting, one sentence each."""
        ...

    def transform(self, raw: Any) -> Prepared:
        """Return prepared inputs, row by row in the order given."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return what is needed to build it again."""
        ...
