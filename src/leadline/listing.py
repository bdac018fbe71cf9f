"""What there is: every family of the catalogue as a table of entries, for the command line and the documentation.

In: the catalogues. Out: families with their entries, each with the documentation of what it describes. Nothing here
is written twice: a new activation is in the table because it is in the catalogue.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import leadline.nn as nn
from leadline.core.catalogue import Catalogue, Entry
from leadline.core.errors import LeadlineError
from leadline.core.named import Named
from leadline.diagnosis.engine import Rule, rules_by_fault
from leadline.training import optimizers as optimizing
from leadline.training.optimizers import optimizers


@dataclass(frozen=True)
class Item:
    """One member of a family.

    Args:
        entry: Formula, derivative, range, year and source.
        made: How it is written with its settings, e.g. "leaky_relu(slope=0.01)".
        words: Its documentation.
        more: What else is to say of it, in a few words under a label, e.g. {"likelihood": "Gaussian"}.
    """

    entry: Entry
    made: str
    words: str
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """A family of named things.

    Args:
        name: As it is typed, e.g. "activations".
        about: One sentence: what they are and how they are written.
        items: Its members in order.
    """

    name: str
    about: str
    items: tuple[Item, ...]

    def find(self, name: str) -> Item:
        """Return a member by its name.

        Raises:
            LeadlineError: There is none; names the nearest.
        """
        known: Catalogue[Item] = Catalogue(self.name)
        for item in self.items:
            known.add(item.entry.name, item)
        return known.find(name)

    @property
    def columns(self) -> tuple[str, ...]:
        """The parts of the entries that at least one of them has, in order."""
        every = ("name", "formula", "derivative", "range", "year", "source")
        return tuple(part for part in every if any(getattr(item.entry, part) for item in self.items))


def _named(catalogue: Mapping[str, Named]) -> tuple[Item, ...]:
    return tuple(
        Item(member.entry, _made(member), inspect.getdoc(member.function) or "", _more(member))
        for member in catalogue.values()
    )


def _made(member: Named) -> str:
    inside = ", ".join(f"{name}={value!r}" for name, value in member.chosen.items())
    return f"{member.name}({inside})" if inside else member.name


def _more(member: Named) -> dict[str, str]:
    """Return whose likelihood a loss is, and what the scores before it answer in each kind of task."""
    if not isinstance(member, nn.Loss):
        return {}
    density = f"minus the logarithm of: {member.likelihood}" if member.likelihood else "of none"
    answers = {p.kind.replace("_", " "): p.answers for p in nn.pairings() if p.loss == member.name}
    return {"likelihood": density, **answers}


def _layers() -> tuple[Item, ...]:
    found = []
    for made in nn.layers.values():
        choices = [str(parameter) for parameter in _choices(made)]
        found.append(
            Item(made.entry, f"ll.{made.__name__}({', '.join(choices)})", inspect.getdoc(made) or "")
        )
    return tuple(found)


def _choices(made: type[nn.Layer]) -> list[str]:
    parameters = inspect.signature(made).parameters.values()
    return [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters]


def _optimizers() -> tuple[Item, ...]:
    found = []
    for name, kind in optimizers.items():
        options = {"learning_rate": kind.learning_rate, **kind.options}
        written = ", ".join(f"{option}={value!r}" for option, value in options.items())
        words = inspect.getdoc(getattr(optimizing, name)) or ""
        found.append(Item(kind.entry, f"ll.{name}({written})", words))
    return tuple(found)


def _rules() -> tuple[Item, ...]:
    return tuple(_of_rule(rule) for rule in rules_by_fault().values())


def _of_rule(rule: Rule) -> Item:
    words = "\n\n".join(f"{heading}: {text}" for heading, text in rule.page.items())
    entry = Entry(rule.fault, rule.page.get("What it sees", ""), source=rule.page.get("Source", ""))
    return Item(entry, rule.fault, words)


_SETTINGS = "a setting is written as in"
_FAMILIES: Mapping[str, tuple[str, Callable[[], tuple[Item, ...]]]] = {
    "activations": (
        f"What a unit does with its sum: ll.relu, in a recipe relu; {_SETTINGS} leaky_relu(slope=0.1).",
        lambda: _named(nn.activations),
    ),
    "losses": (
        f'How wrong the scores of a row are: loss="huber"; {_SETTINGS} huber(delta=2).',
        lambda: _named(nn.losses),
    ),
    "initializers": (
        f'How kernels begin: initializer="he_normal"; {_SETTINGS} normal(spread=0.1).',
        lambda: _named(nn.initializers),
    ),
    "kernels": (
        f"What a layer looks for that does not learn: ll.Filter(ll.sobel); {_SETTINGS} gabor(orientations=8).",
        lambda: _named(nn.kernels),
    ),
    "layers": ("What networks are made of; x are the inputs.", _layers),
    "optimizers": ("How weights w follow their gradients g; η is the learning rate.", _optimizers),
    "rules": ("What the diagnosis looks for.", _rules),
}

FAMILIES: tuple[str, ...] = tuple(_FAMILIES)
"""Names of all families."""


def family(name: str) -> Family:
    """Return a family by its name.

    Raises:
        LeadlineError: There is none; names the nearest.

    Example:
        >>> family("activations").find("relu").entry.range
        '[0, inf)'
    """
    known: Catalogue[Any] = Catalogue("families")
    for each, described in _FAMILIES.items():
        known.add(each, described)
    about, items = known.find(name, "family", LeadlineError)
    return Family(name, about, items())
