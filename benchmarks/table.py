"""Measurements in words: all workers of one workload as text, and all workloads as one table of Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from benchmarks.peers import BY_HAND, OURS
from benchmarks.results import Result, ratio, ratios

COMPARED = "torch", "keras", "scikit-learn"
HEADS = "best PyTorch", "best Keras", "scikit-learn", "our loop / JAX by hand"
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def span(seconds: float) -> str:
    """Return a time with its unit.

    >>> span(0.00123), span(2.5), span(3.2e-05)
    ('1.23 ms', '2.50 s', '32.0 µs')
    """
    unit, name = next(((unit, name) for unit, name in UNITS if seconds >= unit), UNITS[-1])
    value = seconds / unit
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {name}"


def floor(result: Result) -> float:
    """Return the seconds of a step that only multiplied, as fast as this machine can."""
    return result["flops"] / result["gemm_rate"]


def shown(result: Result) -> str:
    """Return one workload as text: every worker with median, least, and its ratio to us."""
    seconds = result["seconds"]
    least = min(seconds[OURS])
    lines = [f"\n{result['title']}, a {result.get('unit', 'step')} ({len(seconds[OURS])} turns)"]
    for name, own in seconds.items():
        median = statistics.median(own)
        said = f"  {name:<37} median {span(median):>9}  min {span(min(own)):>9}"
        if name != OURS:
            said += f"  / leadline {ratio(result, name):6.2f}  (of minima {min(own) / least:6.2f})"
        lines.append(said)
    lines += _summary(result)
    lines += [
        f"  {name}: {words}" for name, all_words in result.get("said", {}).items() for words in all_words
    ]
    lines += [f"  left out: {name}: {why}" for name, why in result["left_out"].items()]
    return "\n".join(lines)


def _summary(result: Result) -> list[str]:
    lines = []
    if "losses" in result:
        apart = {name: value for name, value in result["losses"].items() if name != OURS}
        worst = max(apart, key=lambda name: apart[name], default=None)
        if worst:
            lines.append(f"  losses agree to {apart[worst]:.1e} over 20 steps (the farthest: {worst})")
    if "flops" in result:
        share = floor(result) / statistics.median(result["seconds"][OURS])
        rate = result["gemm_rate"] / 1e9
        lines.append(
            f"  floor {span(floor(result))} at {rate:.0f} GFLOP/s: {share:.0%} of our step is arithmetic"
        )
    if result.get("must") and "torch" in ratios(result):
        reached = ratios(result)["torch"][1]
        wished = f"must {result['must']:g}, stretch {result['stretch']:g}"
        lines.append(f"  best torch / leadline {reached:.2f}: {grade(reached, result)} ({wished})")
    disturbed = sum(value > 0.12 for values in result.get("foreign", {}).values() for value in values)
    if disturbed:
        lines.append(f"  {disturbed} turns stayed disturbed by other processes after four tries")
    return lines


def grade(reached: float, result: Result) -> str:
    """Say whether what was wished is reached, with 10% for noise."""
    if reached >= result["stretch"] * 0.9:
        return "stretch reached"
    return "reached" if reached >= result["must"] * 0.9 else "MISSED"


def markdown(results: Mapping[str, Any]) -> str:
    """Return all workloads as a table: our time, the best of each family against it, and the floor."""
    heads = "workload", "Leadline", *HEADS, "floor", "wished"
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for result in results.values():
        against = ratios(result)
        hand = f"{1 / against[BY_HAND][1]:.2f}" if BY_HAND in against else ""
        cells = [
            result["title"], span(statistics.median(result["seconds"][OURS])),
            *(_against(against.get(family)) for family in COMPARED), hand,
            span(floor(result)) if "flops" in result else "", _wished(result, against),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def short(results: Mapping[str, Any]) -> str:
    """Return how many times as long the best of each family takes, as a table for a first page."""
    heads = "", "Leadline", *HEADS
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for result in results.values():
        against = ratios(result)
        times = [f"{against[family][1]:.2f}" if family in against else "" for family in COMPARED]
        hand = f"{1 / against[BY_HAND][1]:.2f}" if BY_HAND in against else ""
        own = span(statistics.median(result["seconds"][OURS]))
        lines.append(f"| {' | '.join([result['title'], own, *times, hand])} |")
    return "\n".join(lines)


def _against(found: tuple[str, float] | None) -> str:
    if found is None:
        return ""
    name, times = found
    how = name.partition(" ")[2].removeprefix("on ")
    return f"**{times:.2f}**" + (f" ({how})" if how else "")


def _wished(result: Result, against: Mapping[str, tuple[str, float]]) -> str:
    if not result.get("must") or "torch" not in against:
        return ""
    return f"{result['must']:g} / {result['stretch']:g}: {grade(against['torch'][1], result)}"
