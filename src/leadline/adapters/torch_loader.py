"""What a PyTorch data loader or data set says of itself, without reading it.

Comes in: what the user gave as ``data`` or ``validation``. Goes out: rows, batches of an epoch, a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """What is known of rows before they come.

    Args:
        rows: In all; None where it has no length.
        batches: Of an epoch; None where it is no loader, or has no length.
        batch: Rows of one batch; None where it is no loader.
        name: Of the data set.

    Example:
        >>> told_by([1, 2, 3]).rows, told_by(None).rows, told_by(iter([])).rows
        (3, None, None)
    """

    rows: int | None = None
    batches: int | None = None
    batch: int | None = None
    name: str = ""


def told_by(data: Any) -> Told:
    """Return what a loader, a data set or a sequence of rows says.

    Args:
        data: A ``DataLoader``, a ``Dataset``, anything with a length, or anything without.
    """
    if data is None:
        return Told()
    inner = getattr(data, "dataset", None)
    if inner is None:
        return Told(rows=_length(data), name=_name(data))
    return Told(_length(inner), _length(data), getattr(data, "batch_size", None), _name(inner))


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except (TypeError, NotImplementedError):  # an IterableDataset, a generator
        return None


def _name(data: Any) -> str:
    name = type(data).__name__
    return (
        "" if name in ("list", "tuple", "generator", "TensorDataset", "Subset", "Tensor", "ndarray") else name
    )
