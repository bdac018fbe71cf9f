"""No better than a model that needs no network.

What it sees
    A score below that of the trivial model (always the most frequent class, always the mean) or of a linear
    one.
Why it hurts
    The network adds nothing, or takes something away: the simple model is better, faster and can be
    explained.
How it is measured
    The model's 95% interval against the baseline's score on the same rows. Error: all of it lies below the
    trivial score. Warning: it lies below the linear one, or its middle is not above the trivial score. The
    test part is asked first, else the validation part.
What to do
    First mend what else was found. Then train longer, scale inputs, or use the simple model.
When it is wrong
    With a rare class nothing beats the majority in accuracy, though the ranking may be good: look at recall
    and log-loss. On few rows the interval is wide, and the rule is silent.
Source
    Holte 1993, Very simple classification rules perform well on most commonly used datasets.
"""

from __future__ import annotations

from leadline.diagnosis.planted import planted
from leadline.record.evaluation import Baseline, Evaluation, Score
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 20.0  # a symptom: the causes stand before it
TRIVIAL = ("majority", "mean")  # names of the baselines that look at no input


def find(run: Run) -> Finding | None:
    """Return an error below the trivial baseline, a warning at it or below the linear one."""
    judged = run.evaluations.get("test") or run.evaluations.get("validation")
    if judged is None or not judged.scores:
        return None
    own = judged.headline
    trivial = _score(judged, own.name, TRIVIAL)
    linear = _score(judged, own.name, ("linear",))
    if trivial and _beyond(trivial[1].value, own):
        return _finding(
            judged, "Worse than a trivial model", "error", trivial, "mend what else was found first"
        )
    if trivial and not _better(own.value, trivial[1].value, own):
        return _finding(
            judged, "No better than a trivial model", "warning", trivial, "mend what else was found first"
        )
    if linear and _beyond(linear[1].value, own):
        return _finding(
            judged, "Worse than a linear model", "warning", linear, "train longer, or use the linear model"
        )
    return None


def _score(judged: Evaluation, name: str, baselines: tuple[str, ...]) -> tuple[Baseline, Score] | None:
    found = [(b, s) for b in judged.baselines if b.name in baselines for s in b.scores if s.name == name]
    return found[0] if found else None


def _better(one: float, other: float, like: Score) -> bool:
    return one < other if like.better == "lower" else one > other


def _beyond(baseline: float, own: Score) -> bool:
    """Tell whether the baseline is better than the whole interval."""
    return baseline < own.low if own.better == "lower" else baseline > own.high


def _finding(
    judged: Evaluation, title: str, severity: str, baseline: tuple[Baseline, Score], words: str
) -> Finding:
    own, (model, score) = judged.headline, baseline
    return Finding(
        fault="worse_than_baseline",
        title=title,
        severity=severity,
        where=f"{judged.part} part",
        evidence=f"{own} on {judged.rows:,} rows; the {model.name} model reaches {score.value:.4g}",
        why="",
        remedy=Remedy(words[0].upper() + words[1:] + "."),
        weight=WEIGHT,
        picture=_picture(judged),
    )


def _picture(judged: Evaluation) -> Picture:
    own = judged.headline
    models = {b.name: s.value for b in judged.baselines for s in b.scores if s.name == own.name}
    ranges = ((own.low, own.high), *((value, value) for value in models.values()))
    return Picture(
        "ranges", ("this network", *models), ranges, f"{own.name.replace('_', ' ')} on the same rows"
    )


def example() -> Run:
    """Return a run that shows it: the network is right in 81%, a linear model in 93%."""
    models = (("majority", 0.11), ("linear", 0.93))
    simple = tuple(Baseline(n, "on the training rows", (Score("accuracy", v, v, v),)) for n, v in models)
    scores = (Score("accuracy", 0.81, 0.76, 0.85),)
    return planted().with_evaluation("test", Evaluation("test", "classification", 270, scores, simple))
