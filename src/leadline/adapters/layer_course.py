"""Soundings of a foreign training over time: some at most, the last of each epoch at the end.

Comes in: the numbers of each layer, as they are taken. Goes out: every ``sounding.*`` array.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST = 512  # kept; beyond that every second one goes
NAMES = {
    "mean": "sounding.activation.mean",
    "spread": "sounding.activation.spread",
    "zeros": "sounding.activation.zeros",
    "saturated": "sounding.activation.saturated",
    "dead": "sounding.activation.dead",
    "gradient": "sounding.gradient.norm",
    "update": "sounding.update.ratio",
    "equal": "sounding.weights.equal",
}


@dataclass
class Taken:
    """One sounding.

    Args:
        at: Learning passes made before it.
        rows: Its activations were sounded on.
        numbers: By name and then by layer.
    """

    at: int
    rows: int
    numbers: dict[str, dict[str, float]] = field(default_factory=dict)

    def put(self, layer: str, numbers: Mapping[str, float]) -> None:
        """Add numbers of a layer."""
        for name, value in numbers.items():
            self.numbers.setdefault(name, {})[layer] = value


def thinned(taken: Sequence[Taken]) -> list[Taken]:
    """Return soundings with every second one left out where there are too many; the first and the last stay.

    Example:
        >>> [one.at for one in thinned([Taken(at, 1) for at in range(MOST + 1)])][:3]
        [0, 2, 4]
    """
    return list(taken) if len(taken) <= MOST else [*taken[:-1:2], taken[-1]]


def sounding_facts(taken: Sequence[Taken], layers: Sequence[str], ends: Sequence[int]) -> dict[str, Any]:
    """Return every ``sounding.*`` array: the last sounding of each epoch that had one.

    Args:
        taken: In the order of time.
        layers: Paths, in the order of the answer.
        ends: After how many learning passes each epoch ended.

    Example:
        >>> taken = [Taken(0, 64, {"mean": {"a": 1.0}}), Taken(5, 64, {"mean": {"a": 2.0}})]
        >>> facts = sounding_facts(taken, ["a"], [10, 20])
        >>> facts["sounding.activation.mean"].tolist(), facts["sounding.epochs"].tolist()
        ([[2.0]], [1])
    """
    last: dict[int, Taken] = {}
    for one in taken:
        epoch = int(np.searchsorted(ends, one.at, side="right"))
        last[min(epoch, max(0, len(ends) - 1))] = one
    if not last or not layers:
        return {}
    chosen = [last[epoch] for epoch in sorted(last)]
    facts: dict[str, Any] = {"sounding.epochs": np.array([epoch + 1 for epoch in sorted(last)])}
    for name, full in NAMES.items():
        table = [[one.numbers.get(name, {}).get(layer, np.nan) for layer in layers] for one in chosen]
        if any(name in one.numbers for one in chosen):
            facts[full] = np.array(table)
    rows = [one.rows for one in chosen if one.rows]
    return {**facts, "sounding.rows": min(rows)} if rows else facts
