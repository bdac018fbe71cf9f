"""The top of the page: the data set, what was asked, and the verdict in one sentence."""

from __future__ import annotations

import math

from leadline.core.text import count, listed
from leadline.record.evaluation import Baseline, Evaluation, Score
from leadline.record.finding import SEVERITIES, Findings
from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.parts import Count, Head
from leadline.report.sections.evaluation import judged
from leadline.report.sections.scores import score_table


def head(run: Run, findings: Findings) -> Head:
    """Return the top of the page.

    Example:
        >>> head(Run({"data.name": "digits"}), Findings(())).verdict
        'The model was not evaluated. No findings.'
    """
    evaluation = judged(run)
    counts = _counts(findings)
    return Head(
        title=reading.text(run, "data.name") or "A training run",
        facts=_facts(run),
        verdict=f"{_stopped(run)}{_reached(evaluation)} {_found(counts)}",
        counts=counts,
        headline=score_table(evaluation, evaluation.headline)
        if evaluation and evaluation.baselines and math.isfinite(evaluation.headline.value)
        else None,
    )


def _facts(run: Run) -> list[tuple[str, str]]:
    parameters = reading.whole(run, "network.parameters.total")
    layers = len(reading.words(run, "network.layers"))
    network = [count(layers, "layer")] if layers else []
    network += [count(parameters, "parameter")] if parameters is not None else []
    problem, target = wording.label(reading.text(run, "data.problem")), reading.text(run, "data.target")
    said = ", ".join(word for word in (target, problem) if word)
    if labels := reading.words(run, "data.labels"):
        said = f"several labels: {listed(labels, most=4)}"
    pairs = (
        ("Target", said),
        ("Network", ", ".join(network)),
        ("Trained", wording.date(reading.text(run, "started"))),
    )
    return [pair for pair in pairs if pair[1]]


def _stopped(run: Run) -> str:
    reason = reading.text(run, "stop.reason")
    step = reading.whole(run, "stop.not_finite_step")
    if reason == "not finite" or step:
        at = f" at step {step:,}" if step else ""
        return f"Training stopped{at} because the loss was not finite. "
    return "Training was interrupted. " if reason == "interrupted" else ""


def _reached(evaluation: Evaluation | None) -> str:
    if evaluation is None:
        return "The model was not evaluated."
    score = evaluation.headline
    name = wording.capital(wording.label(score.name))
    rows = count(evaluation.rows, f"{evaluation.part} row")
    if not math.isfinite(score.value):
        return f"{name} could not be measured on {rows}."
    spread = wording.interval(score).replace("–", "\u2060–\u2060")
    between = f" (95% interval {spread})" if wording.interval(score) != wording.MISSING else ""
    return f"{name} {wording.valued(score)}{between} on {rows}{_beside(evaluation, score)}."


def _beside(evaluation: Evaluation, score: Score) -> str:
    """Say what the baselines reach, and whether the interval stands clear of them."""
    beside = [(baseline, found) for baseline in evaluation.baselines if (found := _same(baseline, score))]
    if not beside:
        return ""
    said = " and ".join(f"{wording.valued(found)} by the {base.name} baseline" for base, found in beside)
    clear = all(_clearly_better(score, found) for _, found in beside)
    better = [_better(score, found) for _, found in beside]
    if clear:
        return f", clearly better than {said}"
    return (
        f", beside {said}"
        if all(better)
        else f", which is not better than {said}"
        if not any(better)
        else f", against {said}"
    )


def _same(baseline: Baseline, score: Score) -> Score | None:
    return next(
        (found for found in baseline.scores if found.name == score.name and math.isfinite(found.value)), None
    )


def _better(score: Score, other: Score) -> bool:
    return score.value < other.value if score.better == "lower" else score.value > other.value


def _clearly_better(score: Score, other: Score) -> bool:
    return score.high < other.low if score.better == "lower" else score.low > other.high


def _counts(findings: Findings) -> list[Count]:
    known = [(severity, sum(found.severity == severity for found in findings)) for severity in SEVERITIES]
    return [Count(severity, count(size, severity)) for severity, size in known if size]


def _found(counts: list[Count]) -> str:
    if not counts:
        return "No findings."
    words = [found.words.replace(" ", "\u00a0") for found in counts]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"{wording.capital(listed)}."
