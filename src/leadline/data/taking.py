"""Some rows taken at random, as scikit-learn's ``train_test_split`` takes them: the same rows by the same seed.

Comes in: how many rows there are, how many to take, a seed, and the classes whose shares both sides keep. Goes out:
positions of the rows left and of the rows taken. scikit-learn is the reference (a test holds it to the row) but is
not asked: importing it takes two thirds of a second, half of what a small training takes as a whole.
"""

from __future__ import annotations

import numpy as np


def take(
    size: int, seed: int, *, rows: int = 0, classes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of the rows left and of those taken, both shuffled.

    Args:
        size: Rows to take.
        seed: Of the shuffling.
        rows: How many rows there are; told by the classes where these are given.
        classes: Class of each row, shape (B,), each with at least two rows; both sides must have a row for every
            class.

    Example:
        >>> left, taken = take(2, seed=0, classes=np.array([0, 0, 0, 1, 1, 1]))
        >>> sorted(taken // 3)
        [np.int64(0), np.int64(1)]
    """
    draw = np.random.RandomState(seed)  # scikit-learn's generator
    if classes is None:
        order = draw.permutation(rows)
        return order[size:], order[:size]
    _, codes, counts = np.unique(classes, return_inverse=True, return_counts=True)
    kept = _shared_out(counts, len(classes) - size, draw)
    given = _shared_out(counts - kept, size, draw)
    of_class = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    shuffled = [own[draw.permutation(len(own))] for own in of_class]
    left = np.concatenate([own[:k] for own, k in zip(shuffled, kept, strict=True)])
    taken = np.concatenate([own[k : k + g] for own, k, g in zip(shuffled, kept, given, strict=True)])
    return draw.permutation(left), draw.permutation(taken)


def _shared_out(counts: np.ndarray, size: int, draw: np.random.RandomState) -> np.ndarray:
    """Share rows out among classes by their counts; what rounding leaves goes to the largest remainders, ties drawn."""
    exact = counts / counts.sum() * size
    whole = np.floor(exact)
    rest, missing = exact - whole, size - int(whole.sum())
    for remainder in np.unique(rest)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(rest == remainder)
        more = draw.choice(tied, size=min(len(tied), missing), replace=False)
        whole[more] += 1
        missing -= len(more)
    return np.asarray(whole, np.int64)
