"""Measurements of a data set: counts, ranges, twins and near twins, copies, and columns that tell the target.

Comes in: a prepared :class:`~leadline.data.dataset.Dataset`. Goes out: every ``data.*`` number of the
vocabulary that applies to it. Nothing is judged here, and no target of the test part is used beyond
counting classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from leadline.data.dataset import PARTS, Dataset
from leadline.soundings.alone import alone_facts
from leadline.soundings.columns import constant_columns, raw_columns
from leadline.soundings.correlation import correlation_facts
from leadline.soundings.near import near_facts
from leadline.soundings.twins import twin_facts

WIDE = 256  # values side by side at least, where rows are narrower
BLOCK_VALUES = 4_000_000  # prepared values read at once: 16 MB of float32, 32 MB as float64


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """Return every ``data.*`` measurement that applies to this data set.

    Args:
        dataset: With its parts prepared, or to be prepared by this call.

    Example:
        >>> from leadline.data import digits
        >>> facts = dataset_facts(digits())
        >>> facts["data.rows.train"], facts["data.input.shape"], facts["data.shared.train_test"]
        (1257, [8, 8, 1], 0)
    """
    return {
        **_identity(dataset),
        **_counts(dataset),
        **_columns(dataset),
        **_inputs(dataset),
        **_targets(dataset),
        **twin_facts(dataset),
        **near_facts(dataset),
        **alone_facts(dataset),
    }


def _identity(dataset: Dataset) -> dict[str, Any]:
    return {
        "data.name": dataset.name,
        "data.kind": dataset.kind,
        "data.problem": dataset.problem,
        "data.target": dataset.target_name,
        "data.announcements": list(dataset.announcements),
        "data.digest": dataset.digest,
    }


def _counts(dataset: Dataset) -> dict[str, Any]:
    facts: dict[str, Any] = dict(zip((f"data.rows.{part}" for part in PARTS), dataset.sizes, strict=True))
    if dataset.problem == "classification":
        facts["data.classes"] = list(dataset.class_names)
        for part in PARTS:
            codes = dataset.targets[dataset.split[part]]
            known = codes[(codes >= 0) & (codes < dataset.classes)].astype(np.int64)
            facts[f"data.class_count.{part}"] = np.bincount(known, minlength=dataset.classes)
    elif dataset.problem == "several_labels":
        facts["data.labels"] = list(dataset.class_names)
        for part in PARTS:
            labels = dataset.targets[dataset.split[part]]
            facts[f"data.label_count.{part}"] = (labels > 0.5).sum(axis=0)
    if (
        dataset.stream is not None and dataset.stream.counts is not None
    ):  # the part in memory is only a sample
        of = "class" if dataset.problem == "classification" else "label"
        facts[f"data.{of}_count.train"] = dataset.stream.counts
    return facts


def _columns(dataset: Dataset) -> dict[str, Any]:
    if isinstance(dataset.inputs, np.ndarray):
        broken = not_finite(dataset.inputs)
        return {"data.raw.not_finite": {"inputs": broken} if broken else {}}
    columns = raw_columns(dataset)
    train = dataset.split.train
    distinct = [len(np.unique(codes[train])) for codes in columns.codes]
    return {
        "data.columns": list(columns.names),
        "data.columns.distinct": np.array(distinct, np.int64),
        "data.columns.constant": constant_columns(dataset),
        "data.columns.dropped": dict(dataset.dropped),
        "data.raw.not_finite": dict(dataset.raw_not_finite),
    }


def _inputs(dataset: Dataset) -> dict[str, Any]:
    inputs = dataset.parts["train"].inputs
    mean, spread, low, high = input_statistics(inputs)
    return {
        "data.input.shape": list(inputs.shape[1:]),
        "data.features": list(dataset.preparation.feature_names),
        "data.input.mean": mean,
        "data.input.spread": spread,
        "data.input.low": low,
        "data.input.high": high,
        **correlation_facts(inputs),
        "data.input.not_finite": sum(not_finite(dataset.parts[part].inputs) for part in PARTS),
    }


def not_finite(values: np.ndarray) -> int:
    """Return the number of NaN and infinities; a finite sum proves that there are none, and costs a third."""
    if values.dtype.kind != "f" or not values.size:
        return 0
    with np.errstate(all="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return 0
    return int(values.size - np.isfinite(values).sum())


def input_statistics(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, standard deviation, minimum and maximum of each feature over its finite values.

    Args:
        inputs: Shape (B, F): for each of F features; (B, ..., C): for each of C channels.

    Returns:
        Four float64 arrays of shape (F,) or (C,); NaN where a feature has no finite value.

    Example:
        >>> mean, spread, low, high = input_statistics(np.array([[0.0, 1.0], [2.0, 1.0]]))
        >>> mean.tolist(), spread.tolist(), high.tolist()
        ([1.0, 1.0], [1.0, 0.0], [2.0, 1.0])
    """
    table = inputs.reshape(-1, inputs.shape[-1])
    if table.shape[1] == 1:  # one long row is summed ten times faster than one long column
        return _one_feature(table.ravel())
    number, total, low, high = (
        (np.concatenate(parts) for parts in zip(*map(_moments, _blocks(table)), strict=True))
        if len(table)
        else _nothing(table)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total.sum(0) / number.sum(0)
    squares = sum((_squares(block, mean) for block in _blocks(table)), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt(squares / number.sum(0))
    return mean, spread, _known(low.min(0)), _known(high.max(0))


def _one_feature(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    if not_finite(values):
        values = values[np.isfinite(values)]
    if not values.size:
        return tuple(np.full(1, np.nan) for _ in range(4))  # type: ignore[return-value]  # four of them
    mean = values.mean(dtype=np.float64)
    blocks = (values[start : start + BLOCK_VALUES] for start in range(0, values.size, BLOCK_VALUES))
    squares = sum(float(np.square(block - mean, dtype=np.float64).sum()) for block in blocks)
    numbers = (mean, np.sqrt(squares / values.size), values.min(), values.max())
    return tuple(np.array([number], np.float64) for number in numbers)  # type: ignore[return-value]  # four of them


def _blocks(table: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a table in pieces of shape (B, times, F): narrow rows lie side by side, which reads them far faster."""
    features = max(1, table.shape[1])
    times = max(1, WIDE // features)
    rows = max(1, BLOCK_VALUES // (features * times)) * times
    whole = len(table) // times * times
    for start in range(0, whole, rows):
        some = min(rows, whole - start)
        yield table[start : start + some].reshape(some // times, times, table.shape[1])
    if whole < len(table):
        yield table[whole:, None]


def _moments(block: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return number, sum, minimum and maximum of the finite values along the first axis."""
    if not not_finite(block):
        number = np.full(block.shape[1:], len(block))
        return number, block.sum(0, dtype=np.float64), block.min(0), block.max(0)
    finite = np.isfinite(block)
    low, high = np.where(finite, block, np.inf).min(0), np.where(finite, block, -np.inf).max(0)
    return finite.sum(0), np.where(finite, block, 0).sum(0, dtype=np.float64), low, high


def _squares(block: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the sum of squared distances from the mean; the second pass keeps large offsets exact."""
    away = block.astype(np.float64) - mean
    if not_finite(block):
        away = np.where(np.isfinite(block), away, 0)
    return np.asarray(np.einsum("btf,btf->f", away, away))


def _nothing(table: np.ndarray) -> tuple[np.ndarray, ...]:
    empty = np.full((1, table.shape[1]), np.nan)
    return np.zeros((1, table.shape[1])), empty, empty, empty


def _known(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan).astype(np.float64)


def _targets(dataset: Dataset) -> dict[str, Any]:
    """Count targets that cannot be used, whether they were left out or stand in a part."""
    used = np.concatenate([dataset.targets[dataset.split[part]] for part in PARTS])
    excluded = dict(dataset.excluded)
    facts: dict[str, Any] = {
        "data.excluded": excluded,
        "data.target.not_finite": excluded.get("target not finite", 0) + not_finite(used),
    }
    if dataset.problem == "classification":
        outside = int(((used < 0) | (used >= dataset.classes)).sum())
        return {**facts, "data.target.outside": excluded.get("label outside", 0) + outside}
    if dataset.problem == "several_labels":
        return facts
    return {**facts, **_numbers_to_learn(dataset)}


def _numbers_to_learn(dataset: Dataset) -> dict[str, Any]:
    train = dataset.targets[dataset.split.train].astype(np.float64)
    train = train[np.isfinite(train)]
    if not train.size:
        return {}
    prepared = dataset.parts["train"].targets.ravel().astype(np.float64)
    return {
        "data.target.mean": float(train.mean()),
        "data.target.spread": float(train.std()),
        "data.target.low": float(train.min()),
        "data.target.high": float(train.max()),
        "data.target.quantiles": np.quantile(prepared[np.isfinite(prepared)], np.linspace(0, 1, 101)),
    }
