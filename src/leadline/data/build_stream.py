"""A data set of rows that do not fit into memory: one pass over them, then the same last steps as for all data.

Comes in: shards. Goes out: a :class:`Dataset` that holds a sample of the training rows and the held-out parts,
with a stream of all training rows.

In the pass every row gets a random number that depends on the seed and the row alone. The rows with the smallest
are the test part, the next the validation part, the next the sample; all rows above the held-out ones are
learned from. So the parts are uniform choices of all rows, whatever their order, but keep the shares of classes
by chance only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count
from leadline.data.dataset import Dataset
from leadline.data.draws import Rows, Smallest
from leadline.data.known_targets import Known, Tally, settle
from leadline.data.memory import Budget
from leadline.data.prepare import fit_preparation
from leadline.data.prepared import Encoder
from leadline.data.raw_rows import rows_of
from leadline.data.reading_line import ReadingLine
from leadline.data.shard_stream import Shards, ShardStream
from leadline.data.split import Split, check_share, part_sizes
from leadline.data.splitting import Splitting, usable_rows
from leadline.data.targets import MISSING
from leadline.late import pd

MOST_HELD_OUT = 20_000  # rows of the validation or test part: an accuracy is then known to 0.7% or better
MOST_SAMPLED = 50_000  # training rows held: shares and means to 0.5%, rare levels of 1 in 1,000 are met
_BY_CHANCE = "The parts of a stream have the shares of the classes by chance only."
_CATEGORY_FEATURES = 34  # features that a column of words may become, at most: 30 levels and a few more


@dataclass(frozen=True, eq=False)
class Streamed:
    """What is to be built; the fields are those of :class:`Dataset` and of its readers.

    Args:
        shards: Where the rows are.
        budget: The bound on memory.
        name: For people.
        kind: "table", "image" or "array".
        target_name: For people.
        fit: Fits an encoder on raw training inputs.
        problem: As asked, or None.
        classes: As asked, or None.
        several: Whether the targets are several labels.
        gap: Reason under which rows without a target are counted.
        share: Of train, validation and test.
        seed: Of the split.
        test: Inputs and targets that are the test part, or None.
        words: What was decided before.
        dropped: Columns left out as asked, with the reason.
        source: To read it again.
    """

    shards: Shards
    budget: Budget
    name: str
    kind: str
    target_name: str
    fit: Callable[[Any], Encoder]
    problem: str | None = None
    classes: int | Sequence[str] | None = None
    several: bool = False
    gap: str = MISSING
    share: Sequence[float] = (0.7, 0.15, 0.15)
    seed: int = 0
    test: tuple[Any, Any] | None = None
    words: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> Dataset:
        """Read all rows once and put the data set together.

        Raises:
            DataError: The rows cannot be read, or there are too few of them.
        """
        shares = check_share(self.share)
        tally, rows = self._pass()
        known = settle(tally, rows.targets, name=self.target_name, problem=self.problem, classes=self.classes,
                       gap=self.gap)  # fmt: skip
        values = known.encode(rows.targets, self.name)
        able = usable_rows(values, known.problem)
        split, first = _cut(rows.drawn, able, known.rows, shares, self.test is not None)
        counts = _left(known, values, split)
        training = known.rows - len(split.validation) - len(split.test)
        inputs, values, split = self._with_test(
            *_kept(self.shards.only_inputs(rows.inputs), values, split), known
        )
        encoder = self.fit(rows_of(inputs, split.train))
        preparation = fit_preparation(encoder, values[split.train], known.problem)
        stream = ShardStream(
            self.shards, preparation, known, self.seed, first, training, counts,
            self.budget.buffer, self.budget.piece, self.kind == "table",
        )  # fmt: skip
        words = (*self.words, *known.words, *((_BY_CHANCE,) if known.problem != "regression" else ()))
        return Dataset(
            name=self.name, kind=self.kind, inputs=inputs, targets=values, target_name=self.target_name,
            problem=known.problem, class_names=known.class_names, split=split, preparation=preparation,
            announcements=(*words, *encoder.words, *told_parts(stream.rows, split, self.seed, self.test is not None)),
            dropped={**self.dropped, **encoder.dropped}, source=dict(self.source), excluded=known.excluded,
            splitting=Splitting(shares, self.seed), fit=self.fit, reading=words, stream=stream,
        )  # fmt: skip

    def _pass(self) -> tuple[Tally, Rows]:
        """Read everything once: count the targets, keep the rows with the smallest draws."""
        tally, smallest, tell = Tally(self.several), None, ReadingLine(self.name)
        for piece in self.shards.pieces(range(len(self.shards)), self.budget.piece):
            if smallest is None:
                smallest = Smallest(_most(piece.inputs, self.budget))
            tally.see(piece.targets)
            smallest.see(piece.drawn(self.seed), piece.numbers, piece.inputs, piece.targets)
            tell(tally.rows)
        tell.done()
        if smallest is None:
            raise DataError.at(self.name, "rows to learn from", "none")
        return tally, smallest.rows()

    def _with_test(
        self, inputs: Any, values: np.ndarray, split: Split, known: Known
    ) -> tuple[Any, np.ndarray, Split]:
        """Append the given test rows."""
        if self.test is None:
            return inputs, values, split
        more, labels = self.test
        added = known.encode(labels, "test")
        rows = len(values) + usable_rows(added, known.problem)
        both = pd.concat([inputs, more], ignore_index=True) if isinstance(inputs, pd.DataFrame) else None
        joined = np.concatenate([inputs, more]) if both is None else both
        return joined, np.concatenate([values, added]), Split(split.train, split.validation, rows)


def told_parts(rows: int, split: Split, seed: int, test_given: bool) -> tuple[str, ...]:
    """Say what of a stream is held in memory.

    Args:
        rows: Training rows of an epoch.
        split: Of the rows that are held.
        seed: Of the split.
        test_given: Whether the test part was given.

    Example:
        >>> told_parts(2, Split(np.arange(2), np.arange(2, 3), np.arange(3, 4)), 0, False)
        ('Rows were split by seed 0.',)
    """
    train = len(split.train)
    held = (
        f"{train:,} of {count(rows, 'training row')} are held as a sample: the preparation was fitted on it, "
        "and baselines and checks of the data see no others."
    )
    how = f"Rows were split by seed {seed}{', test rows as given' if test_given else ''}."
    return (held, how) if train < rows else (how,)


def _cut(
    drawn: np.ndarray, able: np.ndarray, rows: int, shares: tuple[float, float, float], test_given: bool
) -> tuple[Split, int]:
    """Share the held rows out by their draws; return the parts and the smallest draw of a training row.

    Args:
        drawn: Draws of the rows that are held; rows of one group have the same.
        able: Positions of those with a usable target.
        rows: With a usable target, also those not held.
        shares: Of train, validation and test.
        test_given: Whether the test part comes from elsewhere.
    """
    if test_given:
        shares = (shares[0] / (shares[0] + shares[1]), shares[1] / (shares[0] + shares[1]), 0.0)
    _, validation, test = part_sizes(rows, shares)
    most = len(able) if len(able) == rows else len(able) // 4  # of few rows held, half are the sample
    wished = [min(size, most, MOST_HELD_OUT) for size in (test, validation)]
    order = able[np.argsort(drawn[able], kind="stable")]
    ordered = drawn[order]
    ends, low = [], 0
    for size in wished:  # a part ends where the draw changes: no group stands in two parts
        low = int(np.searchsorted(ordered, ordered[min(low + size, len(ordered) - 1)], "left"))
        ends.append(low)
    middle, end = ends
    if end >= len(order) or (wished[0] and not middle) or (wished[1] and middle == end):
        raise DataError.at("split", "rows for every part", f"{count(len(able), 'row')} in too few groups")
    parts = order[end : end + MOST_SAMPLED], order[middle:end], order[:middle]
    train, held, judged = (np.sort(part) for part in parts)
    return Split(train, held, judged), int(ordered[end])


def _left(known: Known, values: np.ndarray, split: Split) -> np.ndarray | None:
    """Return how many rows of each class are left to learn from."""
    held_out = known.counted(values[np.concatenate([split.validation, split.test])])
    return None if known.counts is None or held_out is None else known.counts - held_out


def _kept(inputs: Any, values: np.ndarray, split: Split) -> tuple[Any, np.ndarray, Split]:
    """Leave out the rows that are in no part."""
    parts = split.train, split.validation, split.test
    kept = np.sort(np.concatenate(parts))
    train, validation, test = (np.searchsorted(kept, part) for part in parts)
    return rows_of(inputs, kept), values[kept], Split(train, validation, test)


def _most(inputs: Any, budget: Budget) -> int:
    """Return how many rows may be held: their bytes, raw and prepared, fit into the budget's half."""
    each = max(1.0, raw_bytes(inputs) + prepared_bytes(inputs)) / max(1, len(inputs))
    return int(min(2 * MOST_HELD_OUT + MOST_SAMPLED, max(16, budget.held // each)))


def raw_bytes(inputs: Any) -> float:
    """Return the bytes that rows take as read."""
    if isinstance(inputs, np.ndarray):
        return float(inputs.nbytes)
    return float(inputs.memory_usage(index=False, deep=True).sum())


def prepared_bytes(inputs: Any) -> float:
    """Return the bytes that rows take when prepared, at most: float32, and a column for each level of a category.

    Example:
        >>> prepared_bytes(np.zeros((10, 3), np.uint8)), prepared_bytes(pd.DataFrame({"a": [1.0, 2.0]}))
        (120.0, 16.0)
    """
    if isinstance(inputs, np.ndarray):
        return 4.0 * inputs.size
    numbers = inputs.select_dtypes("number").shape[1]
    features = 2 * numbers + _CATEGORY_FEATURES * (inputs.shape[1] - numbers)
    return 4.0 * len(inputs) * int(features)
