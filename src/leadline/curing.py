"""A training cured: the remedies that are certain or proved, applied, trained, and compared with what was.

Comes in: a result, or the folder of a run. Goes out: another result beside the first one, and what was changed. The
first one stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.asking import Asked
from leadline.core.errors import LeadlineError, RunError
from leadline.data import open_source
from leadline.data.dataset import Dataset
from leadline.diagnosis import diagnose
from leadline.minding import cured
from leadline.program.examine import Examination
from leadline.progress import said
from leadline.record.evaluation import Evaluation
from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.record.store import load_findings, load_run
from leadline.result import Result
from leadline.training.recipe import Recipe
from leadline.workflow import choices_in, fit, task_of

RECIPE = "recipe.toml"


@dataclass(frozen=True, eq=False)
class Cure:
    """What became of a training that was to be cured.

    Args:
        result: Of the training with the remedies; None where no remedy was certain or won.
        before: How good the first model is.
        original: The recipe as it was.
        changes: What was changed, as dotted entries of the recipe.
        examination: What was found and proved on the way.

    Example:
        >>> import leadline as ll
        >>> data = ll.data.bundled("iris")
        >>> ll.cure(ll.fit("linear", data, seed=0), data).verdict
        'no remedy is certain or won its proof; nothing was changed'
    """

    result: Result | None
    before: Evaluation
    original: Recipe
    changes: Mapping[str, Any]
    examination: Examination

    @property
    def verdict(self) -> str:
        """Whether it helped, by the 95% intervals of both models on the same rows."""
        if self.result is None:
            return "no remedy is certain or won its proof; nothing was changed"
        old, new = self.before.headline, self.result.evaluation.headline
        up = old.better == "higher"
        if (new.low > old.high) if up else (new.high < old.low):
            return "better, beyond chance"
        if (new.high < old.low) if up else (new.low > old.high):
            return "worse, beyond chance: keep the original"
        return "no difference beyond chance"

    @property
    def difference(self) -> tuple[str, ...]:
        """The recipe's entries that changed, one line each: what it was, and what it is."""
        after = self.original if self.result is None else self.result.recipe
        return tuple(_lines("", self.original.to_spec(), after.to_spec()))

    def __str__(self) -> str:
        scores = [f"before  {self.before.headline}"]
        if self.result is not None:
            scores.append(f"after   {self.result.evaluation.headline}")
        return "\n".join([*self.difference, *scores, self.verdict])

    __repr__ = __str__


def cure(run: Result | Path | str, data: Dataset | None = None, *, progress: bool | None = None) -> Cure:
    """Apply the best remedies of a training, train again, and compare.

    What is certain is mended; what was only seen is proved first, by training the changed recipe beside the original by
    five seeds, and taken where it wins. The same seed and the same rows are used; the original is not touched.

    Args:
        run: A result of :func:`fit`, or the folder of a saved run.
        data: What was trained on; read again by the recipe where it is not given.
        progress: Whether to draw a progress bar.

    Returns:
        The cured result beside what was; it prints the recipe's difference and both scores with 95% intervals.

    Raises:
        RunError: The folder holds no run, or the data cannot be read again and is not given.
        DataError: The data it names cannot be read.

    Example:
        >>> import leadline as ll
        >>> data = ll.data.bundled("iris")
        >>> network = ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(3, ll.softmax)])
        >>> found = ll.cure(ll.fit(network, data, epochs=30, seed=0), data)
        >>> sorted(found.changes), found.result.recipe.network
        (['network.layers'], ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(3)]))
    """
    recipe, trained, findings = _opened(run)
    data = data if data is not None else _read_again(run, recipe)
    said(progress, "looking for remedies that hold")
    changed, found = cured(recipe, data, task_of(recipe, data), trained, findings)
    before = trained.judged
    if not found.changes:
        return Cure(None, before, recipe, {}, found)
    return Cure(
        fit(changed.network, data, progress=progress, **choices_in(changed)),
        before,
        recipe,
        found.changes,
        found,
    )


def _opened(run: Result | Path | str) -> tuple[Recipe, Run, Findings]:
    if isinstance(run, Result):
        return run.recipe, run.run, run.findings
    folder, trained = Path(run), load_run(run)
    if not (folder / RECIPE).is_file():
        raise RunError.at(str(folder), f"a run with its {RECIPE}", "none", "leadline fit writes one")
    opened = Asked(str(folder / RECIPE)).open()
    chosen = {name: value for name, value in opened.choices.items() if value is not None}
    try:
        findings = load_findings(folder)
    except LeadlineError:
        findings = diagnose(trained)
    if isinstance(opened.network, str) or opened.network is None:
        raise RunError.at(str(folder / RECIPE), "a recipe with its layers", repr(opened.network))
    return Recipe(opened.network, opened.data.source, **chosen), trained, findings


def _read_again(run: Result | Path | str, recipe: Recipe) -> Dataset:
    if not isinstance(run, Result):
        return Asked(str(Path(run) / RECIPE)).open().data
    if not recipe.data:
        must, hint = "given, as it was made of arrays in memory", "ll.cure(result, data)"
        raise RunError.at("cure, data", must, "nothing", hint)
    return open_source(dict(recipe.data))


def _lines(name: str, before: Any, after: Any) -> Iterator[str]:
    """Yield what differs, by its dotted name; a layer that differs as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            yield from _lines(f"{name}.{key}".removeprefix("."), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _lines(f"{name}[{at}]", one, other)
    elif before != after and name != "training.loss":
        yield f"{name}: {_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
