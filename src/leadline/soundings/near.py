"""Held-out rows that are nearly a training row: how many there are, and how many of them chance explains.

Rows are near where they are closer than a tenth of the usual distance between a training row and the training row
nearest to it. Among rows that fill d dimensions, the nearest row is that close with a chance of ln 2 · 0.1^d, as
the number of rows within a distance goes by r^d; d is estimated from how much farther the second nearest row is.

How often training rows are near each other would not do as the expectation: rows that were copied and changed a
little before the split are as frequent within the training part as across. So dimension and usual distance are taken
from a thin sample, in which a row seldom meets its copy, and the distance is carried over to all rows by N^(-1/d).

Source: Facco, d'Errico, Rodriguez and Laio 2017, Estimating the intrinsic dimension of datasets by a minimal
neighborhood information; Johnson and Lindenstrauss 1984, Extensions of Lipschitz mappings into a Hilbert space.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leadline.data.dataset import Dataset

SEED = 20_260_101  # of the directions that rows are projected on; any would do
HELD = 1_000  # held-out rows looked at: a share of 1% is known to 0.6%
TRAIN = 20_000  # training rows looked through; of more a sample, so that the share is a lower bound
THIN, LEAST, MOST = (
    10,
    100,
    500,
)  # one of so many training rows gives the usual distance; to 10% from 100 rows
DIRECTIONS = 32  # projected distances are right to 12%, 1 / sqrt(2 · 32); near ones are looked at as they are
FEATURES = 8  # of many values, at least: in few dimensions, and in coarse tables, near rows are natural
VALUES = 10  # different ones, and more: categories, ratings and counts have fewer
ROWS = 2_000  # that give the scales: to 2%
LOOKED = 8_000  # values of each feature or channel in which different ones are counted
NEAR = 0.1  # of the usual distance: rounding to 8 bits or slight noise is far below, another row of the kind is not
SAME = 1e-5  # of it: a twin but for rounding of float32
BLOCK = 250  # rows at a time: 20 MB of distances
OUTLIERS = 0.1  # of the ratios of distances, left out as in the source


def near_facts(dataset: Dataset) -> dict[str, Any]:
    """Return how many held-out rows are nearly training rows; nothing for few rows, coarse features or tokens.

    Nor for a stream: the training rows in memory are not those that it is trained on, and memory is short.
    """
    if dataset.stream is not None:
        return {}
    train, *held = (dataset.parts[part].inputs for part in ("train", "validation", "test"))
    number = sum(map(len, held))
    if not number:
        return {}
    some = [_some(part, HELD * len(part) // number) for part in held]
    return nearest_facts(train, np.concatenate(some))


def nearest_facts(train: np.ndarray, held: np.ndarray) -> dict[str, Any]:
    """Return how many rows are nearly one of the training rows.

    Args:
        train: Shape (B, ...), float.
        held: Shape (K, ...): the rows to look for.

    Example:
        >>> train = np.random.default_rng(0).normal(size=(500, 10)).astype(np.float32)
        >>> facts = nearest_facts(train, train[:50] + 1e-3)
        >>> facts["data.near.held"], facts["data.near.rows"], round(facts["data.near.expected"], 3)
        (50, 50, 0.0)
    """
    if len(train) < LEAST or not len(held) or train.dtype.kind != "f":
        return {}
    train = _some(train, TRAIN)
    scale, telling = _scale(train)
    if telling < FEATURES:
        return {}
    flat, looked = train.reshape(len(train), -1), held.reshape(len(held), -1)
    usual, d = _usual(flat, scale)
    if not usual > 0:
        return {}
    distance = _distances(looked, flat[_nearest(flat, looked, scale)], scale) / usual
    return {
        "data.near.rows": len(held),
        "data.near.held": int(((distance > SAME) & (distance < NEAR)).sum()),
        "data.near.expected": float(len(held) * math.log(2) * NEAR**d),
        "data.near.dimension": d,
        "data.near.quantiles": np.quantile(distance, np.linspace(0, 1, 101)),
    }


def _usual(flat: np.ndarray, scale: np.ndarray) -> tuple[float, float]:
    """Return the median distance of a training row to the nearest other one, and the dimension that rows fill."""
    number = min(len(flat), max(LEAST, min(MOST, len(flat) // THIN)))
    rows = _finite(flat[np.linspace(0, len(flat) - 1, number).astype(int)]) * scale
    sizes = np.einsum("bf,bf->b", rows, rows)
    squares = np.maximum(sizes + sizes[:, None] - 2 * rows @ rows.T, 0)
    np.fill_diagonal(squares, np.inf)
    first, second = np.sqrt(np.partition(squares, 1, axis=1)[:, :2].T.astype(np.float64))
    d = dimension(first, second)
    return float(np.median(first) * (number / len(flat)) ** (1 / d)) if d else 0.0, d


def dimension(first: np.ndarray, second: np.ndarray) -> float:
    """Return the dimension that rows fill, from the distances to their nearest and second nearest rows.

    The ratio of both is above t with a chance of t^-d; d is the likeliest, without the largest tenth of the ratios.

    Example:
        >>> dimension(np.ones(100), np.full(100, 2.0)) < 2
        True
    """
    known = (first > 0) & (second > 0)
    ratios = np.sort(np.log(second[known] / first[known]))
    if not ratios.size:
        return 0.0
    kept = ratios[: max(1, int(len(ratios) * (1 - OUTLIERS)))]
    total = kept.sum() + (len(ratios) - len(kept)) * kept[-1]  # those left out are at least as large
    return float(len(kept) / total) if total > 0 else 0.0


def _some(rows: np.ndarray, most: int) -> np.ndarray:
    return rows[:: -(-len(rows) // most)] if len(rows) and most else rows[:0]


def _scale(train: np.ndarray) -> tuple[np.ndarray, int]:
    """Return what each number of a row is multiplied by, and how many of a row's numbers have many values."""
    flat = _finite(_some(train, ROWS).astype(np.float32))
    places = math.prod(train.shape[1:-1]) if train.ndim > 2 else 1  # the numbers of images are of one kind
    values = flat.reshape(-1, train.shape[-1])
    spread = values.std(axis=0)
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0).astype(np.float32)
    many = sum(len(np.unique(column[:LOOKED])) > VALUES for column in values.T)
    return np.tile(scale, places), many * places


def _directions(scale: np.ndarray, features: int) -> np.ndarray:
    """Return scaling and a random projection as one matrix; scaling alone where there is little to save."""
    if features <= DIRECTIONS:
        return np.diag(scale)
    drawn = np.random.default_rng(SEED).standard_normal((features, DIRECTIONS), np.float32)
    return np.asarray(scale[:, None] * drawn / np.float32(math.sqrt(DIRECTIONS)))


def _nearest(flat: np.ndarray, looked: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return for each row where the nearest training row is, as seen in a few directions."""
    directions = _directions(scale, flat.shape[1])
    others, rows = _projected(flat, directions), _projected(looked, directions)
    center = others.mean(axis=0)  # small numbers keep small differences exact
    others, rows = others - center, rows - center
    sizes = np.einsum("bf,bf->b", others, others)
    starts = range(0, len(rows), BLOCK)
    return np.concatenate([(sizes - 2 * rows[i : i + BLOCK] @ others.T).argmin(axis=1) for i in starts])


def _projected(rows: np.ndarray, directions: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        found = rows @ directions
    return np.asarray(found if np.isfinite(found).all() else _finite(rows) @ directions)


def _distances(rows: np.ndarray, others: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return how far apart rows are, pair by pair."""
    return np.asarray(np.linalg.norm((_finite(rows) - _finite(others)) * scale, axis=1))


def _finite(rows: np.ndarray) -> np.ndarray:
    """Return rows with 0 for what is not finite."""
    return np.asarray(np.nan_to_num(rows, nan=0.0, posinf=0.0, neginf=0.0))
