"""Arrays in memory: NumPy, PyTorch, JAX, anything with ``__array__`` or DLPack, pandas, polars and lists.

Comes in: inputs (B, ...) and one target for each row, or several labels. Goes out: a :class:`Dataset` of kind
"array" or "image".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.as_arrays import (
    as_inputs,
    as_labels,
    channels_last,
    check_not_one_hot,
    fitter,
    gap_of,
    kind_of,
    label_names,
    told_labels,
)
from leadline.data.build import build
from leadline.data.dataset import Dataset
from leadline.data.labels import ONE_COLUMN, encode_labels
from leadline.data.mapped_files import mapped
from leadline.data.memory import budget_for
from leadline.data.split import SHARE
from leadline.data.splitting import Splitting
from leadline.data.stream_arrays import SHOWN, ArrayShards, needed, stream_arrays
from leadline.data.targets import Targets, encode_targets
from leadline.late import pd


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
    stream: bool | None = None,
    memory: str | int | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str = "arrays",
    target_name: str = "target",
) -> Dataset:
    """Return a data set from arrays.

    Args:
        x: Inputs, shape (B, F), (B, T, F), (B, H, W) or (B, H, W, C); uint8 of three or four axes are images. May
            be memory-mapped, or the path of a .npy file.
        y: Targets, or the path of a .npy file, shape (B,) or (B, 1): class names, class numbers or numbers to
            predict. Several labels: shape (B, L) of 0 and 1 or booleans, L at least 2; a DataFrame names them by
            its columns.
        problem: "classification", "regression" or "several_labels"; None tells it from the targets and announces
            it.
        classes: Number of classes or their names in order. Targets outside are left out, counted in
            ``Dataset.excluded`` and reported by the diagnosis. None takes the classes that are there. Of several
            labels: their names.
        kind: "image" or "array"; None tells it from type and shape.
        scale: False leaves the inputs as they are; True standardizes features, or pixels by channel.
        groups: Group of every row; no group stands in two parts.
        test: Inputs and targets that are the test part.
        stream: True to read the rows slice by slice in every epoch, False to hold all of them prepared in
            memory; None streams what would not fit into ``memory``.
        memory: Bound on what a stream keeps in memory, as "2GB"; None is half of what is available, and 1 GB
            at most where the rows are streamed.
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
    inputs, names = as_inputs(mapped(x, "x"))
    labels, test_rows = as_labels(mapped(y, "y")), None
    _check_lengths(inputs, labels)
    columns = y.columns if labels.ndim == 2 and hasattr(y, "columns") else None
    classes = columns if classes is None else classes
    given = None if groups is None else pd.factorize(np.asarray(groups))[0]
    if given is not None and len(given) != len(inputs):
        raise DataError.at("groups", f"one for each of {len(inputs)} rows", str(len(given)))
    held_out = _test_pair(inputs, labels, test)
    budget, told = budget_for(stream, memory, needed(inputs))
    if budget is not None:
        shards = ArrayShards(name, inputs, labels, groups=given)
        return stream_arrays(
            shards, inputs[:SHOWN], labels[:SHOWN], budget, (told,), name=name, features=names, problem=problem,
            classes=classes, kind=kind, scale=scale, test=held_out, share=tuple(split),
            seed=seed, target_name=target_name,
        )  # fmt: skip
    if held_out is not None:
        inputs, labels, test_rows = _with_test(inputs, labels, held_out)
    targets = _encoded(labels, problem, classes, target_name)
    kind = kind_of(inputs, kind)
    words: tuple[str, ...] = ()
    if kind == "image":
        inputs, words = channels_last(inputs)
    return build(
        name=name,
        kind=kind,
        inputs=inputs,
        targets=targets,
        target_name=target_name,
        words=words,
        splitting=Splitting(tuple(split), seed, given, None, test_rows),
        fit=fitter(inputs, kind, scale, names),
    )


def _encoded(labels: np.ndarray, problem: str | None, classes: Any, name: str) -> Targets:
    """Return targets of one column, or several labels."""
    gap, names = gap_of(labels), label_names(labels, problem, classes)
    if not names:
        return encode_targets(labels, problem=problem, classes=classes, name=name, gap=gap)
    targets = encode_labels(pd.DataFrame(labels, columns=list(names)), gap=gap, hint=ONE_COLUMN)
    if problem is not None:
        return targets
    check_not_one_hot(targets.values, labels.shape)
    return replace(targets, words=(told_labels(name, len(names)), *targets.words))


def _check_lengths(inputs: np.ndarray, labels: np.ndarray, where: str = "x and y") -> None:
    if len(inputs) != len(labels):
        raise DataError.at(where, "of the same length", f"{len(inputs):,} inputs and {len(labels):,} targets")


def _test_pair(
    inputs: np.ndarray, labels: np.ndarray, test: tuple[Any, Any] | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the given test rows as arrays, held against the others."""
    if test is None:
        return None
    if not isinstance(test, (tuple, list)) or len(test) != 2:
        raise DataError.at("test", "a pair (x, y)", type(test).__name__, "test=(x_test, y_test)")
    more, labels_more = as_inputs(mapped(test[0], "test x"))[0], as_labels(mapped(test[1], "test y"))
    _check_lengths(more, labels_more, "test x and y")
    if labels_more.shape[1:] != labels.shape[1:]:
        raise DataError.at("test y", f"like y, of shape {('B', *labels.shape[1:])}", str(labels_more.shape))
    if more.shape[1:] != inputs.shape[1:]:
        raise DataError.at(
            "test x", f"of shape (B, {', '.join(map(str, inputs.shape[1:]))})", str(more.shape)
        )
    return more, labels_more


def _with_test(
    inputs: np.ndarray, labels: np.ndarray, test: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Append the given test rows; return the positions they get."""
    rows = np.arange(len(inputs), len(inputs) + len(test[0]))
    return np.concatenate([inputs, test[0]]), np.concatenate([labels, test[1]]), rows
