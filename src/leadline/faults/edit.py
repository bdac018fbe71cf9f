"""Faults of rows as positions: which rows are kept, and whose inputs and targets each has.

Comes in: how many training rows there are and of which class. Goes out: an edit, which is carried out on a program or
on a data set alike. Every value that is planted stood in the data before, so that no form is broken by accident.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from leadline.core.errors import DataError, LeadlineError, RecipeError
from leadline.data.dataset import Dataset
from leadline.data.raw_rows import rows_of
from leadline.data.split import Split
from leadline.program.program import Program
from leadline.program.targets import codes_of

H = TypeVar("H", Program, Dataset)


@dataclass(frozen=True, eq=False)
class Rows:
    """The training rows, as a fault sees them.

    Args:
        number: How many.
        codes: Class of each, from 0 on; None where no classes are asked.
        fault: Name of the fault, for errors.
        error: Kind of the errors.
    """

    number: int
    codes: np.ndarray | None
    fault: str = ""
    error: type[LeadlineError] = RecipeError

    @property
    def classes(self) -> np.ndarray:
        """The class of each row.

        Raises:
            LeadlineError: No classes are asked, or there is only one.

        Example:
            >>> Rows(3, np.array([0, 1, 1])).classes.tolist()
            [0, 1, 1]
        """
        if self.codes is None or len(np.unique(self.codes)) < 2:
            got = "other targets" if self.codes is None else "one class"
            raise self.error.at(f"fault {self.fault!r}", "planted in rows of at least two classes", got)
        return self.codes


@dataclass(frozen=True, eq=False)
class Edit:
    """What becomes of the training rows; positions count the training rows as they were.

    Args:
        inputs: Shape (B,): whose inputs each row gets; None for its own.
        targets: Shape (B,): whose target each row gets; None for its own.
        noise: Shape (B,): spread of the normal noise on each row's numbers, in units of the spread of each feature.
        kept: Positions of the rows that stay, ascending; None for all.

    Example:
        >>> Edit(kept=np.array([0, 2])).kept.tolist()
        [0, 2]
    """

    inputs: np.ndarray | None = None
    targets: np.ndarray | None = None
    noise: np.ndarray | None = None
    kept: np.ndarray | None = None


def rows_to_edit(what: Program | Dataset, fault: str) -> Rows:
    """Return the training rows of a program or of a data set.

    Raises:
        DataError: The data set is streamed.
    """
    if isinstance(what, Program):
        codes = codes_of(what.targets, what.form) if what.form.of_classes else None
        return Rows(what.rows, codes, fault)
    if what.stream is not None:
        raise DataError.at(f"fault {fault!r}", "planted in data held in memory", "a stream", "stream=False")
    train = what.split.train
    codes = what.targets[train].astype(np.int64) if what.problem == "classification" else None
    return Rows(len(train), codes, fault, DataError)


def edited(what: H, edit: Edit, draw: np.random.Generator) -> H:
    """Return a program or a data set with an edit of its training rows carried out; the other rows stay.

    What a data set's preparation was fitted on stays too: a fault of rows is seen through the same glasses.
    """
    carried_out = _program if isinstance(what, Program) else _dataset
    made: H = carried_out(what, edit, draw)  # type: ignore[arg-type]  # each its own kind
    return made


def _program(program: Program, edit: Edit, draw: np.random.Generator) -> Any:
    inputs, targets = program.inputs, program.targets
    inputs = inputs if edit.inputs is None else inputs[edit.inputs]
    targets = targets if edit.targets is None else targets[edit.targets]
    if edit.noise is not None:
        inputs = _noisy(inputs, edit.noise, program.inputs, draw)
    if edit.kept is not None:
        inputs, targets = inputs[edit.kept], targets[edit.kept]
    # What is asked does not change with the rows, whatever the fewer of them look like.
    asked = program.problem or ("regression" if program.form.kind == "numbers" else "")
    return replace(program, inputs=inputs, targets=targets, problem=asked)


def _dataset(data: Dataset, edit: Edit, draw: np.random.Generator) -> Any:
    train, inputs, targets = data.split.train, data.inputs, data.targets
    if edit.inputs is not None:
        inputs = rows_of(inputs, _over_all(len(targets), train, edit.inputs))
    if edit.targets is not None:
        targets = targets[_over_all(len(targets), train, edit.targets)]
    if edit.noise is not None:
        inputs = _noise_on(inputs, train, edit.noise, draw)
    split = data.split
    if edit.kept is not None:
        split = Split(train[edit.kept], split.validation, split.test, split.announcements)
    # It cannot be read again from where it came from, as that is sound.
    return replace(data, inputs=inputs, targets=targets, split=split, raw_targets=None, source={})


def _over_all(rows: int, train: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """Return for every row as read whose values it gets; positions of the training part become those of all."""
    order = np.arange(rows)
    order[train] = train[whose]
    return order


def _noise_on(inputs: Any, train: np.ndarray, noise: np.ndarray, draw: np.random.Generator) -> Any:
    """Return raw inputs with noise on the training rows; of a table, on its columns of numbers."""
    if isinstance(inputs, np.ndarray):
        made = inputs.astype(np.float64) if inputs.dtype.kind == "i" else inputs.copy()  # a copy too
        changed = _noisy(inputs[train], noise, inputs[train], draw)
        # Images of bytes stay such: a pixel beyond black or white is black or white.
        made[train] = np.clip(np.rint(changed), 0, 255) if inputs.dtype.kind == "u" else changed
        return made
    made = inputs.copy()
    for name in made.select_dtypes("number").columns:
        column = made[name].to_numpy(np.float64, copy=True)
        spread = np.nanstd(column[train])
        column[train] += noise * spread * draw.normal(size=len(train))
        made[name] = column
    return made


def _noisy(inputs: np.ndarray, noise: np.ndarray, known: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return inputs with noise; features by their own spread, images by that of all pixels."""
    spread = known.std(axis=0) if known.ndim == 2 else known.std()
    each = noise.reshape(-1, *(1,) * (inputs.ndim - 1))
    return np.asarray(inputs + each * spread * draw.normal(size=inputs.shape), np.float32)
