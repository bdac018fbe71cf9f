"""The run: what a training wrote, for whoever judges or shows it.

Comes in: numbers by the names of the vocabulary, evaluations, looks at the test set. Goes out: the same,
frozen. A foreign training loop may write a run with few of the names; a rule that misses a number stays
silent. Every value takes the form its name declares, so that a fresh run and one read from a folder are
alike: arrays are NumPy arrays, words are tuples, single values and what stands in mappings are plain Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from leadline.core.errors import Problem, Problems, RunError
from leadline.core.text import did_you_mean
from leadline.record.evaluation import Evaluation
from leadline.record.quantities import VOCABULARY, Quantity


@dataclass(frozen=True)
class Look:
    """One look at the test set.

    Args:
        when: ISO 8601 time.
        why: What was asked, e.g. "fit" or "evaluate".
        rows: How many rows were looked at.
    """

    when: str
    why: str
    rows: int


@dataclass(frozen=True, eq=False)
class Run:
    """Everything one training wrote.

    Args:
        values: Numbers, arrays and words by the names of :data:`leadline.record.quantities.VOCABULARY`.
        evaluations: By part: "validation", "test".
        looks: Every look at the test set.

    Raises:
        RunError: Names are not in the vocabulary, or values do not have the shape declared there.

    Example:
        >>> run = Run({"data.name": "digits"})
        >>> run["data.name"], run.get("start.loss")
        ('digits', None)
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()

    def __post_init__(self) -> None:
        problems = Problems()
        values: dict[str, Any] = {}
        for name, value in self.values.items():
            try:
                values[name] = _formed(_quantity(f"Run, {name!r}", name), value)
            except RunError as error:
                problems.take(error)
        problems.raise_as(RunError)
        object.__setattr__(self, "values", values)

    def __getitem__(self, name: str) -> Any:
        if name not in self.values:
            _quantity(f"run[{name!r}]", name)
            raise RunError.at(f"run[{name!r}]", "a value this run holds", "none", f"run.get({name!r})")
        return self.values[name]

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value, or the default where it was not measured."""
        return self.values.get(_quantity(f"run.get({name!r})", name).name, default)

    def has(self, *names: str) -> bool:
        """Tell whether all of these were measured."""
        return all(name in self.values for name in names)

    def with_values(self, values: Mapping[str, Any]) -> Run:
        """Return a run with more values."""
        return replace(self, values={**self.values, **values})

    def with_evaluation(self, part: str, evaluation: Evaluation) -> Run:
        """Return a run with one more evaluation."""
        return replace(self, evaluations={**self.evaluations, part: evaluation})

    def with_look(self, look: Look) -> Run:
        """Return a run that remembers one more look at the test set."""
        return replace(self, looks=(*self.looks, look))

    @property
    def judged(self) -> Evaluation:
        """The evaluation that counts: of the test part; where there is none, of validation, then of training.

        Raises:
            RunError: Nothing was judged.
        """
        for part in ("test", "validation", "train"):
            if part in self.evaluations:
                return self.evaluations[part]
        raise RunError.at(
            "run.judged", "a run that was judged", "one without any evaluation", "ll.fit judges"
        )

    @property
    def epochs(self) -> int:
        """Epochs that were finished."""
        return len(self.values.get("curve.loss.train", ()))

    @property
    def took(self) -> str:
        """How long it took, in words: compilation apart from training, which alone grows with the epochs.

        Example:
            >>> Run({"seconds.total": 4.6, "seconds.compile": 1.2}).took
            'compiled in 1.2 s, trained in 3.4 s'
        """
        compiled = self["seconds.compile"]
        return f"compiled in {compiled:.1f} s, trained in {self['seconds.total'] - compiled:.1f} s"


def _quantity(where: str, name: str) -> Quantity:
    if name not in VOCABULARY:
        hint = did_you_mean(str(name), list(VOCABULARY))
        raise RunError(Problem(where, "a name of the vocabulary", "an unknown one", hint))
    return VOCABULARY[name]


def _formed(quantity: Quantity, value: Any) -> Any:
    """Return a value in the form its name declares."""
    if quantity.axes:
        return _array(quantity, value)
    plain = _plain(value)
    if quantity.shape.startswith(("words", "sizes")) and isinstance(plain, list):
        return _tuples(plain)
    return plain


def _array(quantity: Quantity, value: Any) -> np.ndarray:
    axes = " ".join(quantity.axes)
    where = f"Run, {quantity.name!r}"
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise RunError.at(where, f"an array of shape ({axes})", "rows of different lengths") from error
    if array.size == 0 and array.ndim <= 1:
        array = array.reshape((0,) * len(quantity.axes))  # no epoch yet
    if array.ndim != len(quantity.axes) or array.dtype.hasobject:
        got = "an array of objects" if array.dtype.hasobject else f"shape {array.shape}"
        raise RunError.at(where, f"an array of shape ({axes})", got)
    return array


def _plain(value: Any) -> Any:
    """Return plain Python: no NumPy scalars, no arrays, no foreign mappings."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # arrays and scalars of NumPy, JAX and PyTorch
        return _plain(value.tolist())
    return value


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
