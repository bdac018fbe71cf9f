"""Raw inputs, a table or an array: some of their rows, one row for people, and all of them as bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.data.prepared import Encoder
from leadline.late import pd


def rows_of(inputs: Any, rows: np.ndarray) -> Any:
    """Return some rows of a table, a column or an array."""
    if isinstance(inputs, np.ndarray):
        return np.asarray(inputs[rows])
    return inputs.iloc[rows].reset_index(drop=True)


def shown(inputs: pd.DataFrame | np.ndarray, row: int, kind: str, encoder: Encoder) -> Any:
    """Return the raw input of a row for people.

    Returns:
        uint8 of shape (H, W) or (H, W, 3) for an image; column → text for a table or an array.

    Example:
        >>> from leadline.data.prepare_array import fit_array
        >>> values = np.array([[1.0, 2.0]])
        >>> shown(values, 0, "array", fit_array(values, names=("a", "b")))
        {'a': '1', 'b': '2'}
    """
    if not isinstance(inputs, np.ndarray):
        cells = inputs.iloc[row]
        return {str(name): "" if pd.isna(cell) else str(cell) for name, cell in cells.items()}
    values = inputs[row]
    if kind == "image":
        top = float(getattr(encoder, "top", 255.0))
        if top == 1 and values.max(initial=0) > 1:
            top = 255.0
        pixels = np.clip(np.round(values.astype(np.float64) * (255 / top)), 0, 255).astype(np.uint8)
        return pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., :3]
    names = encoder.feature_names or [f"[{', '.join(map(str, at))}]" for at in np.ndindex(values.shape)]
    return {name: f"{value:.6g}" for name, value in zip(names, values.ravel(), strict=True)}


def bytes_of(inputs: pd.DataFrame | np.ndarray) -> list[bytes]:
    """Return raw inputs as bytes, for a digest; the same values give the same bytes."""
    if isinstance(inputs, np.ndarray):
        return [str((inputs.shape, inputs.dtype.str)).encode(), np.ascontiguousarray(inputs).tobytes()]
    parts: list[bytes] = []
    for name in inputs.columns:
        column = inputs[name]
        parts.append(str(name).encode())
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
            parts.append(column.to_numpy().tobytes())
        else:
            texts = column.astype(object).where(column.notna(), "")
            parts.append("\x1f".join(map(str, texts)).encode())
    return parts
