"""Rows that stand in two parts: how many there are, and how many of them chance explains.

Equal inputs are found by hashing the prepared rows. In coarse data (few columns, few values) equal rows are
natural, and the difference shows in their neighborhood: where chance makes twins it makes many more rows
that differ in a single column only, while a copied row has its copy and nothing near it. So a shared row
counts as explained where the training part holds a row that differs from it in exactly one raw column.

How often training rows have twins among themselves would not do as the expectation: rows that were copied
before the split, the usual accident of oversampling, are as frequent within the training part as across.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leadline.data.dataset import PARTS, Dataset
from leadline.soundings.columns import raw_columns

SEED = 20_260_101  # of the random numbers that columns are hashed with; any would do


def twin_facts(dataset: Dataset) -> dict[str, Any]:
    """Return how many validation and test rows stand in the training part, and how many chance explains.

    Images and arrays of more than 64 inputs have no natural twins: the expectation is 0.
    """
    hashes = {part: row_hashes(dataset.parts[part].inputs) for part in PARTS}
    shared = {part: np.isin(hashes[part], hashes["train"]) for part in PARTS[1:]}
    rows = np.concatenate([dataset.parts[part].rows[shared[part]] for part in PARTS[1:]])
    return {
        "data.shared.train_validation": int(shared["validation"].sum()),
        "data.shared.train_test": int(shared["test"].sum()),
        "data.shared.expected": explained_by_chance(
            raw_columns(dataset).codes, dataset.parts["train"].rows, rows
        ),
    }


def row_hashes(inputs: np.ndarray) -> np.ndarray:
    """Return a 64-bit hash of each row; equal rows have equal hashes, -0.0 equals 0.0.

    Args:
        inputs: float32, shape (B, ...). A false twin among 100,000 rows has a chance of 3e-10.

    Example:
        >>> a, b, c = row_hashes(np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]], np.float32))
        >>> bool(a == b), bool(a == c)
        (True, False)
    """
    flat = inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))
    block = max(1, 4_000_000 // max(1, flat.shape[1]))
    found: list[int] = []
    for start in range(0, len(flat), block):
        clean = np.ascontiguousarray(flat[start : start + block] + np.float32(0.0))  # turns -0.0 into 0.0
        width = clean.shape[1] * clean.itemsize
        text = clean.tobytes()
        found += [hash(text[i * width : (i + 1) * width]) for i in range(len(clean))]
    return np.array(found, np.int64)


def explained_by_chance(codes: np.ndarray, train: np.ndarray, shared: np.ndarray) -> int:
    """Count the shared rows near which the training part holds a row that differs in exactly one column.

    Args:
        codes: Raw columns as codes, shape (R, B); no columns explain nothing.
        train: Positions of the training rows.
        shared: Positions of the rows that stand in the training part too.

    Example:
        >>> codes = np.array([[1, 1, 1], [5, 5, 6]])
        >>> explained_by_chance(codes, np.array([0, 2]), np.array([1]))
        1
    """
    if not len(codes) or not len(shared):
        return 0
    words = np.random.default_rng(SEED)
    hashed = np.empty(codes.shape, np.uint64)
    for column, own in zip(codes, hashed, strict=True):
        own[:] = words.integers(0, 2**64, column.max() + 1, np.uint64)[column]
    whole = hashed.sum(0, dtype=np.uint64)
    same = _frequency(whole[train], whole[shared])
    near = np.zeros(len(shared), bool)
    for own in hashed:
        rest = whole - own  # the hash of all other columns
        near |= _frequency(rest[train], rest[shared]) > same
    return int(near.sum())


def _frequency(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return how often each wanted value stands among the values."""
    ordered = np.sort(values)
    return np.searchsorted(ordered, wanted, "right") - np.searchsorted(ordered, wanted, "left")
