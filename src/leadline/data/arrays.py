"""Arrays in memory: NumPy, PyTorch, JAX, anything with ``__array__`` or DLPack, pandas, polars and lists.

Comes in: inputs (B, ...) and one target for each row, or several labels. Goes out: a :class:`Dataset` of kind
"array" or "image".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from leadline.core.errors import DataError
from leadline.data.build import build
from leadline.data.dataset import Dataset
from leadline.data.labels import encode_labels, is_one_hot
from leadline.data.prepare_array import fit_array
from leadline.data.prepare_image import fit_images
from leadline.data.prepared import Encoder
from leadline.data.split import SHARE
from leadline.data.splitting import Splitting
from leadline.data.targets import MISSING, NOT_FINITE, Targets, encode_targets

KINDS = ("image", "array")
ONE_HOT = (
    "y.argmax(axis=1) turns one-hot targets into class numbers; "
    "problem='several_labels' where any number of them may hold"
)


def arrays(
    x: Any,
    y: Any,
    *,
    problem: str | None = None,
    classes: int | Sequence[str] | None = None,
    kind: str | None = None,
    scale: bool = True,
    groups: Any = None,
    test: tuple[Any, Any] | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str = "arrays",
    target_name: str = "target",
) -> Dataset:
    """Return a data set from arrays.

    Args:
        x: Inputs, shape (B, F), (B, T, F), (B, H, W) or (B, H, W, C); uint8 of three or four axes are images.
        y: Targets, shape (B,) or (B, 1): class names, class numbers or numbers to predict. Several labels: shape
            (B, L) of 0 and 1 or booleans, L at least 2; a DataFrame names them by its columns.
        problem: "classification", "regression" or "several_labels"; None tells it from the targets and announces
            it.
        classes: Number of classes or their names in order. Targets outside are left out, counted in
            ``Dataset.excluded`` and reported by the diagnosis. None takes the classes that are there. Of several
            labels: their names.
        kind: "image" or "array"; None tells it from type and shape.
        scale: False leaves the inputs as they are; True standardizes features, or pixels by channel.
        groups: Group of every row; no group stands in two parts.
        test: Inputs and targets that are the test part.
        split: Shares of train, validation and test.
        seed: Of the shuffling.
        name: For people.
        target_name: For people.

    NaN and infinite inputs are left as they are, for the diagnosis to report. Rows whose target is not finite
    are left out and counted.

    Raises:
        DataError: Shapes or types do not fit.
        RecipeError: The shares are out of range.

    Example:
        >>> data = arrays(np.random.default_rng(0).normal(size=(100, 3)), np.arange(100) % 2)
        >>> data.kind, data.problem, data.parts["train"].inputs.shape
        ('array', 'classification', (70, 3))
    """
    inputs, names = as_inputs(x)
    labels, test_rows = as_labels(y), None
    _check_lengths(inputs, labels)
    columns = y.columns if labels.ndim == 2 and hasattr(y, "columns") else None
    if test is not None:
        inputs, labels, test_rows = _with_test(inputs, labels, test)
    targets = _encoded(labels, problem, columns if classes is None else classes, target_name)
    kind = _kind(inputs, kind)
    words: tuple[str, ...] = ()
    if kind == "image":
        inputs, words = _channels_last(inputs)
    given = None if groups is None else pd.factorize(np.asarray(groups))[0]
    if given is not None and len(given) != len(inputs):
        raise DataError.at("groups", f"one for each of {len(inputs)} rows", str(len(given)))
    return build(
        name=name,
        kind=kind,
        inputs=inputs,
        targets=targets,
        target_name=target_name,
        words=words,
        splitting=Splitting(tuple(split), seed, given, None, test_rows),
        fit=_fitter(inputs, kind, scale, names),
    )


def _encoded(labels: np.ndarray, problem: str | None, classes: Any, name: str) -> Targets:
    """Return targets of one column, or several labels."""
    gap = NOT_FINITE if labels.dtype.kind == "f" else MISSING
    if labels.ndim == 1:
        if problem == "several_labels":
            must = "of shape (B, L), a column of 0 and 1 for each of at least 2 labels"
            raise DataError.at("y", must, f"shape {labels.shape}", "problem='classification'")
        return encode_targets(labels, problem=problem, classes=classes, name=name, gap=gap)
    if problem not in (None, "several_labels"):
        must = f"of shape (B,), one target for each row, in {problem}"
        raise DataError.at("y", must, f"shape {labels.shape}", ONE_HOT)
    size = labels.shape[1]
    plain = classes is None or (isinstance(classes, int) and classes == size)
    names = [f"label {place}" for place in range(size)] if plain else classes
    if isinstance(names, (str, int)) or len(names) != size:
        raise DataError.at("classes", f"{size} names, one for each column of y", repr(classes))
    hint = "several numbers for each row cannot be learned at once: y[:, 0] takes the first column"
    targets = encode_labels(pd.DataFrame(labels, columns=list(map(str, names))), gap=gap, hint=hint)
    if problem is not None:
        return targets
    if is_one_hot(targets.values):
        got = f"shape {labels.shape} with a single 1 in every row"
        raise DataError.at("y", "clear: one of many classes, or several labels", got, ONE_HOT)
    told = f"Target {name!r} has {size} columns of yes and no: several labels."
    return replace(targets, words=(told, *targets.words))


def _fitter(inputs: np.ndarray, kind: str, scale: bool, names: tuple[str, ...]) -> Callable[[Any], Encoder]:
    """Return what fits an encoder of this kind on training inputs."""
    if kind == "array":
        return partial(fit_array, scale=scale, names=names)
    return partial(fit_images, top=255.0 if inputs.dtype == np.uint8 else _white(inputs), scale=scale)


def _white(images: np.ndarray) -> float:
    """Return 255 for pixels that go beyond 1, else 1."""
    return 255.0 if images.size and np.nanmax(images) > 1 else 1.0


def as_inputs(x: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return inputs as an array of numbers, and the names of its features where it is flat.

    Raises:
        DataError: One axis, no rows, or values that are no numbers.
    """
    names: tuple[str, ...] = ()
    if hasattr(x, "to_pandas") and hasattr(x, "columns"):
        x = x.to_pandas()
    if isinstance(x, pd.DataFrame):
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


def _check_lengths(inputs: np.ndarray, labels: np.ndarray, where: str = "x and y") -> None:
    if len(inputs) != len(labels):
        raise DataError.at(where, "of the same length", f"{len(inputs):,} inputs and {len(labels):,} targets")


def _with_test(
    inputs: np.ndarray, labels: np.ndarray, test: tuple[Any, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Append the given test rows; return the positions they get."""
    if not isinstance(test, (tuple, list)) or len(test) != 2:
        raise DataError.at("test", "a pair (x, y)", type(test).__name__, "test=(x_test, y_test)")
    more, labels_more = as_inputs(test[0])[0], as_labels(test[1])
    _check_lengths(more, labels_more, "test x and y")
    if labels_more.shape[1:] != labels.shape[1:]:
        raise DataError.at("test y", f"like y, of shape {('B', *labels.shape[1:])}", str(labels_more.shape))
    if more.shape[1:] != inputs.shape[1:]:
        raise DataError.at(
            "test x", f"of shape (B, {', '.join(map(str, inputs.shape[1:]))})", str(more.shape)
        )
    rows = np.arange(len(inputs), len(inputs) + len(more))
    return np.concatenate([inputs, more]), np.concatenate([labels, labels_more]), rows


def _kind(inputs: np.ndarray, kind: str | None) -> str:
    if kind not in (None, *KINDS):
        raise DataError.at("kind", "'image' or 'array'", repr(kind))
    pixels = inputs.ndim in (3, 4) and inputs.dtype == np.uint8
    colors = inputs.ndim == 4 and inputs.shape[-1] in (1, 3, 4) and inputs.dtype.kind in "uf"
    return kind or (
        "image" if pixels or (colors and np.isfinite(inputs).all() and inputs.min() >= 0) else "array"
    )


def _channels_last(images: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return images as (B, H, W, C)."""
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
