"""What every reader of arrays does to one of them: numbers from anything, its kind, its layout, its encoder.

Comes in: NumPy, PyTorch, JAX, anything with ``__array__`` or DLPack, pandas, polars and lists. Goes out: arrays
of numbers, images with channels last, and the function that fits their encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.labels import is_one_hot
from leadline.data.prepare_array import fit_array
from leadline.data.prepare_image import fit_images
from leadline.data.prepared import Encoder
from leadline.data.targets import MISSING, NOT_FINITE
from leadline.late import pd

KINDS = ("image", "array")
ONE_HOT = (
    "y.argmax(axis=1) turns one-hot targets into class numbers; "
    "problem='several_labels' where any number of them may hold"
)


def as_inputs(x: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return inputs as an array of numbers, and the names of its features where it is flat.

    Raises:
        DataError: One axis, no rows, or values that are no numbers.
    """
    names: tuple[str, ...] = ()
    if hasattr(x, "to_pandas") and hasattr(x, "columns"):
        x = x.to_pandas()
    if hasattr(x, "columns") and isinstance(x, pd.DataFrame):  # pandas is not imported to tell an array
        names = tuple(map(str, x.columns))
        words = [n for n, kind in x.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
        if words:
            got = f"other values in {', '.join(map(repr, words[:6]))}"
            raise DataError.at(
                "x", "columns of numbers", got, "ll.data.table(frame, target=...) takes every type"
            )
        x = x.to_numpy(np.float64, na_value=np.nan)
    values = as_array(x, "x")
    if values.dtype.kind not in "iufb":
        raise DataError.at(
            "x",
            "an array of numbers",
            f"values of type {values.dtype}",
            "encode words as numbers, or ll.data.table",
        )
    if values.ndim < 2 or not values.size:
        hint = "x.reshape(-1, 1) makes one feature of it" if values.ndim == 1 and values.size else ""
        raise DataError.at("x", "of shape (B, F) or more axes, with rows", f"shape {values.shape}", hint)
    if values.ndim == 2 and not names:
        names = tuple(f"feature {i}" for i in range(values.shape[1]))
    return values, names


def as_labels(y: Any) -> np.ndarray:
    """Return targets as an array of one axis, or of two where a row has several labels.

    Raises:
        DataError: More than two axes.
    """
    values = y.to_numpy() if hasattr(y, "to_numpy") else as_array(y, "y")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim not in (1, 2):
        must = "of shape (B,), one target for each row, or (B, L) of several labels"
        raise DataError.at("y", must, f"shape {values.shape}")
    return np.asarray(values)


def label_names(labels: np.ndarray, problem: str | None, classes: Any) -> Sequence[str]:
    """Return the names of several labels; none for targets of one axis.

    Args:
        labels: Shape (B,), or (B, L).
        problem: As asked, or None.
        classes: Their names or number, or None.

    Raises:
        DataError: The problem needs another shape, or there is another number of names.
    """
    if labels.ndim == 1:
        if problem == "several_labels":
            must = "of shape (B, L), a column of 0 and 1 for each of at least 2 labels"
            raise DataError.at("y", must, f"shape {labels.shape}", "problem='classification'")
        return ()
    if problem not in (None, "several_labels"):
        must = f"of shape (B,), one target for each row, in {problem}"
        raise DataError.at("y", must, f"shape {labels.shape}", ONE_HOT)
    size = labels.shape[1]
    plain = classes is None or (isinstance(classes, int) and classes == size)
    names = [f"label {place}" for place in range(size)] if plain else classes
    if isinstance(names, (str, int)) or len(names) != size:
        raise DataError.at("classes", f"{size} names, one for each column of y", repr(classes))
    return list(map(str, names))


def gap_of(labels: np.ndarray) -> str:
    """Return the reason under which targets without a value are counted."""
    return NOT_FINITE if labels.dtype.kind == "f" else MISSING


def told_labels(name: str, size: int) -> str:
    """Say that columns of yes and no were taken as several labels."""
    return f"Target {name!r} has {size} columns of yes and no: several labels."


def check_not_one_hot(labels: np.ndarray, shape: tuple[int, ...]) -> None:
    """Refuse labels of which exactly one holds in every row, where nobody said what is meant.

    Raises:
        DataError: They are one-hot.
    """
    if is_one_hot(labels):
        got = f"shape {shape} with a single 1 in every row"
        raise DataError.at("y", "clear: one of many classes, or several labels", got, ONE_HOT)


def as_array(value: Any, where: str) -> np.ndarray:
    """Return NumPy from anything that gives an array: ``__array__``, DLPack or nested lists.

    Raises:
        DataError: It gives none, or lists of different lengths.
    """
    try:
        if hasattr(value, "detach"):  # a PyTorch tensor that still records gradients gives no array
            value = value.detach()
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        raise DataError.at(
            where, "an array, or rows of one length", str(error), "np.asarray must take it"
        ) from None


def kind_of(inputs: np.ndarray, kind: str | None) -> str:
    """Return "image" or "array": as asked, or told from type and shape.

    Raises:
        DataError: Something else is asked.
    """
    if kind not in (None, *KINDS):
        raise DataError.at("kind", "'image' or 'array'", repr(kind))
    pixels = inputs.ndim in (3, 4) and inputs.dtype == np.uint8
    colors = inputs.ndim == 4 and inputs.shape[-1] in (1, 3, 4) and inputs.dtype.kind in "uf"
    return kind or (
        "image" if pixels or (colors and np.isfinite(inputs).all() and inputs.min() >= 0) else "array"
    )


def channels_last(images: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return images as (B, H, W, C), and what was decided.

    Raises:
        DataError: Another number of axes.
    """
    if images.ndim == 3:
        return images[..., None], ()
    if images.ndim != 4:
        raise DataError.at(
            "x", "of shape (B, H, W) or (B, H, W, C), as images", f"shape {images.shape}", "kind='array'"
        )
    if images.shape[1] in (1, 3) and images.shape[-1] not in (1, 3, 4):
        moved = np.ascontiguousarray(np.moveaxis(images, 1, -1))
        return moved, (f"Channels were moved last: {images.shape[1:]} became {moved.shape[1:]}.",)
    return images, ()


def fitter(inputs: np.ndarray, kind: str, scale: bool, names: tuple[str, ...]) -> Callable[[Any], Encoder]:
    """Return what fits an encoder of this kind on training inputs."""
    if kind == "array":
        return partial(fit_array, scale=scale, names=names)
    return partial(fit_images, top=255.0 if inputs.dtype == np.uint8 else _white(inputs), scale=scale)


def _white(images: np.ndarray) -> float:
    """Return 255 for pixels that go beyond 1, else 1."""
    return 255.0 if images.size and np.nanmax(images) > 1 else 1.0
