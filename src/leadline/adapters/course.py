"""The course of a foreign training: which passes learned, which judged, and where an epoch ends.

Comes in: passes, as they happen. Goes out: curves. Whether a pass learned is known only when a gradient came back
through it, and where an epoch ends only when the training is over; so passes are kept as they were, a few numbers
each, and laid out when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

STEPS_OF_A_LINE = 100  # where nothing tells an epoch
FLUSH = 256  # passes between two looks at their values: a look waits for a GPU
STILL_OPEN = 8  # passes whose gradient may be yet to come
Values = Callable[[Sequence[Any]], Sequence[float]]
Judge = Callable[[Any, Any], np.ndarray]


@dataclass(slots=True)
class Pass:
    """One batch through the loss.

    Args:
        loss: Its value, as the framework holds it.
        rows: Of the batch.
        step: Steps made before it.
        training: Whether the network was in the mode for training.
        learned: Whether a gradient came back through it.
        rate: Learning rate at that time.
        outputs: Kept to judge by, where it may be an evaluation.
        targets: The same.
    """

    loss: Any
    rows: int
    step: int
    training: bool
    learned: bool = False
    rate: float = np.nan
    outputs: Any = None
    targets: Any = None


@dataclass(slots=True)
class Judged:
    """One evaluated batch: where in the training it came, and how it fared.

    Args:
        at: Passes that had learned before it.
        loss: Its value.
        rows: Of the batch.
        sums: What a score is made of.
    """

    at: int
    loss: float
    rows: int
    sums: np.ndarray


class Course:
    """What happened, pass by pass.

    Args:
        values: Turns losses of the framework into numbers, many at once.
        judge: Turns outputs and targets into sums a score is made of.

    Example:
        >>> course = Course(lambda losses: losses)
        >>> for loss in (3.0, 1.0):
        ...     one = course.begin(Pass(loss, 4, 0, True))
        ...     one.learned = True
        >>> course.mark()
        >>> course.lines()[0].tolist()
        [2.0]
    """

    def __init__(self, values: Values, judge: Judge | None = None) -> None:
        self._values = values
        self._judge = judge
        self._open: list[Pass] = []
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.steps_of: list[int] = []
        self.judged: list[Judged] = []
        self.marks: list[int] = []
        self.first_rows = 0
        self.learned_in_use = 0
        self.judged_in_training = 0

    def begin(self, one: Pass) -> Pass:
        """Keep a pass; whether it learned may still be told to it."""
        self._open.append(one)
        if len(self._open) >= FLUSH:
            self._flush(self._open[:-STILL_OPEN])
            self._open = self._open[-STILL_OPEN:]
        return one

    def mark(self) -> None:
        """Note that an epoch ends here; a mark right after another says nothing new."""
        self.flush()
        if self.losses and (not self.marks or self.marks[-1] < len(self.losses)):
            self.marks.append(len(self.losses))

    def flush(self) -> None:
        """Look at every pass there is."""
        self._flush(self._open)
        self._open = []

    def _flush(self, passes: Sequence[Pass]) -> None:
        if not passes:
            return
        for one, loss in zip(passes, self._values([one.loss for one in passes]), strict=True):
            if one.learned:
                self._learned(one, float(loss))
            elif self.losses:  # an evaluation before the first step only tries the code, as Lightning does
                self.judged_in_training += one.training
                sums = np.zeros(4)
                if self._judge is not None and one.outputs is not None:
                    sums = self._judge(one.outputs, one.targets)
                self.judged.append(Judged(len(self.losses), float(loss), one.rows, sums))

    def _learned(self, one: Pass, loss: float) -> None:
        if not self.losses:
            self.first_rows = one.rows
        self.learned_in_use += not one.training
        self.losses.append(loss)
        self.rates.append(one.rate)
        self.steps_of.append(one.step)

    def ends(self, batches: int | None = None) -> list[int]:
        """Return after how many learning passes each epoch ended.

        Args:
            batches: Of an epoch, where known.
        """
        made = len(self.losses)
        if not made:
            return []
        if self.marks:
            return list(self.marks)
        if batches:
            found = list(range(batches, made + 1, batches))
        elif self.judged:
            found = sorted({one.at for one in self.judged})
        else:
            found = list(range(STEPS_OF_A_LINE, made + 1, STEPS_OF_A_LINE))
        return found or [made]

    def lines(self, batches: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return mean loss and last learning rate of each epoch."""
        ends = self.ends(batches)
        begins = [0, *ends[:-1]]
        losses = [float(np.mean(self.losses[a:b])) for a, b in zip(begins, ends, strict=True)]
        return np.array(losses), np.array([self.rates[end - 1] for end in ends])

    def judged_lines(
        self, batches: int | None, rows: int | None, sums_up: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return loss and sums of each epoch's evaluation; empty where an epoch had none.

        Args:
            batches: Of an epoch, where known.
            rows: Of the validation part, where known. What is evaluated beyond them, as a test set, does not count.
            sums_up: Whether the loss is a sum over its rows.
        """
        ends = self.ends(batches)
        groups: list[list[Judged]] = [[] for _ in ends]
        for one in self.judged:
            if ends and one.at <= ends[-1]:
                groups[int(np.searchsorted(ends, one.at))].append(one)
        if not all(groups) or not groups:
            return np.zeros(0), np.zeros((0, 4))
        most = rows or sum(one.rows for one in groups[0])
        kept = [_first_rows(group, most) for group in groups]
        losses = [
            np.average(
                [one.loss for one in group], weights=None if sums_up else [max(1, one.rows) for one in group]
            )
            for group in kept
        ]
        return np.array(losses), np.array([sum(one.sums for one in group) for group in kept])

    @property
    def not_finite_step(self) -> int:
        """Step (from 1) of the first loss that was not finite; 0 where all were."""
        for step, loss in zip(self.steps_of, self.losses, strict=True):
            if not np.isfinite(loss):
                return step + 1
        return 0


def _first_rows(group: Sequence[Judged], most: int) -> list[Judged]:
    kept: list[Judged] = []
    for one in group:
        if kept and sum(each.rows for each in kept) >= most:
            break
        kept.append(one)
    return kept


def score_of(sums: np.ndarray) -> float:
    """Return a score from its sums: share of right labels, or R squared.

    Args:
        sums: (right, asked, 0, 0), or (squared errors, -number, sum of targets, sum of their squares).

    Example:
        >>> score_of(np.array([3.0, 4.0, 0.0, 0.0]))
        0.75
    """
    if sums[1] > 0:
        return float(sums[0] / sums[1])
    if sums[1] == 0:
        return float("nan")
    about_mean = sums[3] - sums[2] ** 2 / -sums[1]
    return float(1 - sums[0] / about_mean) if about_mean > 0 else float("nan")


def sums_of(outputs: np.ndarray, targets: np.ndarray, name: str, reads: str, labels: str) -> np.ndarray:
    """Return the sums one batch adds to a score.

    Args:
        outputs: Shape (B, K) or (B,).
        targets: As the loss got them.
        name: Of the loss.
        reads: What the loss takes outputs for.
        labels: What it takes targets for.

    Example:
        >>> sums_of(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]), "cross_entropy", "scores", "codes").tolist()
        [1.0, 2.0, 0.0, 0.0]
    """
    if labels == "numbers":
        if outputs.size != targets.size:
            return np.zeros(4)
        wrong, asked = outputs.ravel().astype(float) - targets.ravel(), targets.ravel().astype(float)
        return np.array([wrong @ wrong, -float(len(asked)), asked.sum(), asked @ asked])
    if name == "cross_entropy":
        axis = 1 if outputs.ndim > 1 else 0
        found = outputs.argmax(axis)
        known = targets.reshape(found.shape) if labels == "codes" else targets.argmax(axis)
        right = found == known
    else:
        right = (outputs.ravel() > (0 if reads == "scores" else 0.5)) == (targets.ravel() > 0.5)
    return np.array([float(right.sum()), float(right.size), 0.0, 0.0])
