"""What a fault to plant is: a name, an entry, settings, and which rules should name it.

Comes in: a program, a recipe or a data set. Goes out: the same with one thing wrong; what came in stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import Interval
from leadline.core.errors import DataError, LeadlineError, RecipeError
from leadline.core.named import Named
from leadline.core.text import listed
from leadline.data.dataset import Dataset
from leadline.faults.edit import Edit, edited, rows_to_edit
from leadline.program.program import Program
from leadline.training.recipe import Recipe

W = TypeVar("W", Program, Recipe, Dataset)
PROGRAM, RECIPE, DATA = "a program", "a recipe", "a data set"
BOTH = (PROGRAM, RECIPE)
KINDS: dict[type, str] = {Program: PROGRAM, Recipe: RECIPE, Dataset: DATA}
SEED = Interval(0, 2**32 - 1, whole=True)
DEEPCRIME = "Humbatova, Jahangirova and Tonella, DeepCrime: mutation testing of deep learning systems"
DEEPCHECKER = "Ben Braiek and Khomh, Testing feedforward neural networks training programs (TheDeepChecker)"


@dataclass(frozen=True, repr=False)
class Fault(Named):
    """A named fault to plant.

    Args:
        name: In code.
        function: From what is sound and a generator to the same with the fault; settings by keyword.
        entry: What becomes of what, and who described it.
        settings: Those that differ from the function's own defaults, by name.
        on: What it can be planted in: "a program", "a recipe", "a data set".
        expects: Rules of the diagnosis that name it; empty where nothing can be seen in a single training.
        also: Rules that may name what follows from it, without being wrong.
        edits: Whether the function makes an :class:`Edit` of rows.

    Example:
        >>> catalogue["lr_too_high"].expects
        ('rate_too_high',)
        >>> catalogue["lr_too_high"](factor=5.0)
        ll.faults.lr_too_high(factor=5.0)
    """

    on: tuple[str, ...] = (PROGRAM,)
    expects: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    edits: bool = False

    error: ClassVar[type[LeadlineError]] = RecipeError

    def __call__(self, *where: Any, seed: int = 0, **settings: Any) -> Any:
        """Return what is given with the fault planted; with settings alone, this fault with them.

        Raises:
            RecipeError: It cannot be planted in what is given, or a setting is unknown or out of bounds.
            DataError: The same, of a data set.
        """
        fault = self.having(**settings) if settings else self
        return fault.planted(where[0], seed) if where else fault

    def planted(self, what: W, seed: int = 0) -> W:
        """Return a program, a recipe or a data set with the fault.

        Args:
            what: Stays as it is.
            seed: Of what the fault draws.

        Raises:
            RecipeError: It cannot be planted in it.
            DataError: The same, of a data set.
        """
        kind = next((name for known, name in KINDS.items() if isinstance(what, known)), "")
        if kind not in self.on:
            error = DataError if kind == DATA else RecipeError
            raise error.at(
                f"fault {self.name!r}", f"planted in {listed(self.on)}", kind or type(what).__name__
            )
        if not SEED.allows(seed):
            raise RecipeError.at("seed", SEED.words(), repr(seed))
        draw = np.random.default_rng(seed)
        if not self.edits:
            made: W = self.function(what, draw, **self.chosen)
            return made
        assert not isinstance(what, Recipe)  # none of the faults of rows is planted in one
        rows = rows_to_edit(what, self.name)
        return edited(what, self.function(rows, draw, **self.chosen), draw)

    def __repr__(self) -> str:
        return f"ll.faults.{self.text}"


catalogue: Catalogue[Fault] = Catalogue("faults")


def fault(
    *,
    formula: str,
    source: str,
    year: int,
    on: tuple[str, ...] = (PROGRAM,),
    expects: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    edits: bool = False,
) -> Callable[[Callable[..., Any]], Fault]:
    """Decorate a function: it becomes a :class:`Fault` in the catalogue, under its own name.

    Args:
        formula: What becomes of what.
        source: Author and title of its description.
        year: Of it.
        on: What it can be planted in.
        expects: Rules that name it.
        also: Rules that may name what follows from it.
        edits: Whether the function makes an edit of rows.
    """

    def decorate(function: Callable[..., Any]) -> Fault:
        name = function.__name__
        entry = Entry(name, formula, year=year, source=source)
        return catalogue.add(name, Fault(name, function, entry, (), on, expects, also, edits))

    return decorate


def rows_fault(
    *, formula: str, source: str, year: int, expects: tuple[str, ...] = (), also: tuple[str, ...] = ()
) -> Callable[[Callable[..., Edit]], Fault]:
    """Decorate a function from :class:`Rows` and a generator to an :class:`Edit`; see :func:`fault`."""
    on = (PROGRAM, DATA)
    return fault(formula=formula, source=source, year=year, on=on, expects=expects, also=also, edits=True)


def names() -> tuple[str, ...]:
    """Return the name of every fault that can be planted.

    Example:
        >>> "lr_too_high" in names(), len(names())
        (True, 42)
    """
    return tuple(catalogue)


def plant(what: W, name: str, *, seed: int = 0, **settings: Any) -> W:
    """Return a program, a recipe or a data set with one fault in it.

    Args:
        what: Stays as it is.
        name: Of the fault; :func:`names` lists them.
        seed: Of what the fault draws: the same seed plants the same.
        settings: Of the fault, by keyword.

    Raises:
        RecipeError: There is no such fault or setting, or it cannot be planted in this.
        DataError: It cannot be planted in this data set.

    Example:
        >>> from leadline.faults import healthy
        >>> sound = healthy()
        >>> plant(sound, "lr_too_high", factor=10).optimizer.learning_rate / sound.optimizer.learning_rate
        10.0
    """
    return catalogue.find(name, "fault", RecipeError)(what, seed=seed, **settings)  # type: ignore[no-any-return]  # what came in
