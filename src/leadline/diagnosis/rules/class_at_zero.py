"""A class or label that is never found, under a good mean.

What it sees
    A class, or one of several labels, of which not one row was recognized, while the mean over all rows is
    clearly better.
Why it hurts
    The mean hides it. Whoever belongs to this class gets a wrong answer every time.
How it is measured
    Recall 0 on at least 5 rows, with the upper end of its 95% interval below the lower end of the
    accuracy's. The test part is asked first, else the validation part. From 20 rows on it is an error,
    before that a warning.
What to do
    Look at where its rows go (the confusion matrix). Weigh classes, or get more rows of it. A label whose
    probabilities rank its rows first (ROC-AUC above one half) can be said from a lower probability on.
When it is wrong
    A class of a handful of rows may be missed by bad luck; the interval keeps that apart as far as rows
    allow.
Source
    Sokolova, Lapalme 2009, A systematic analysis of performance measures for classification tasks; Wilson
    1927.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.core.text import count
from leadline.diagnosis.chance import wilson
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, quoted
from leadline.record.evaluation import ClassScore, Evaluation, LabelScore, Score
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 30.0  # first among what only the result shows
LEAST_ROWS = 5  # 0 of 4 still allows a recall of one half
CHANCE = 0.5  # the ROC-AUC of probabilities that tell nothing
SURE_ROWS = 20  # 0 of 20: the recall is below 17%


def find(run: Run) -> Finding | None:
    """Return a finding that names every class with recall 0 under a better mean."""
    judged = run.evaluations.get("test") or run.evaluations.get("validation")
    if judged is None or not judged.scores:
        return None
    if judged.problem == "several_labels":
        return _label_at_zero(judged)
    zero = [c for c in judged.per_class if _is_zero(c, judged)]
    if not zero:
        return None
    weighted = choice(run, "training.class_weights", "none") != "none"
    return Finding(
        fault="class_at_zero",
        title="A class is never found" if len(zero) == 1 else "Classes that are never found",
        severity="error" if any(c.rows >= SURE_ROWS for c in zero) else "warning",
        where=", ".join(f"class '{c.name}'" for c in zero),
        evidence="; ".join(_told(c, judged) for c in zero)
        + f"; the mean accuracy is {judged.headline.value:.1%}",
        why="",
        remedy=Remedy(
            "Look at where its rows go in the confusion matrix; get more rows of it"
            + ("." if weighted else ", or weigh classes by inverse frequency."),
            "" if weighted else 'class_weights="balanced"',
            {} if weighted else {"training.class_weights": "balanced"},
        ),
        weight=WEIGHT,
        picture=_picture(judged.per_class, judged),
    )


def _label_at_zero(judged: Evaluation) -> Finding | None:
    zero = [label for label in judged.per_label if _is_zero(label, judged)]
    if not zero:
        return None
    told = [f"{_found(one)}, said of {one.said:,}, ROC-AUC {one.roc_auc.value:.2f}" for one in zero]
    ranked = [one for one in zero if one.roc_auc.low > CHANCE]
    words = "Get more rows that have it"
    if ranked:
        names = quoted(one.name for one in ranked)
        words = f"The probabilities of {names} rank the rows: say it from a lower one on; get more rows that have it"
    return Finding(
        fault="class_at_zero",
        title="A label is never found" if len(zero) == 1 else "Labels that are never found",
        severity="error" if any(one.rows >= SURE_ROWS for one in zero) else "warning",
        where=", ".join(f"label '{one.name}'" for one in zero),
        evidence="; ".join(told) + f"; {judged.headline.value:.1%} of all labels are right",
        why="",
        remedy=Remedy(f"{words}.", "model.predict_proba(x) > 0.2" if ranked else ""),
        weight=WEIGHT,
        picture=_picture(judged.per_label, judged),
    )


def _is_zero(one: ClassScore | LabelScore, judged: Evaluation) -> bool:
    return one.rows >= LEAST_ROWS and one.recall.value == 0 and wilson(0, one.rows)[1] < judged.headline.low


def _found(one: ClassScore | LabelScore) -> str:
    most_found = f"at most {wilson(0, one.rows)[1]:.0%} with 95% confidence"
    return f"0 of {count(one.rows, 'row')} of '{one.name}' found ({most_found})"


def _told(one: ClassScore, judged: Evaluation) -> str:
    told = _found(one)
    names = [c.name for c in judged.per_class]
    if judged.confusion.shape != (len(names), len(names)):
        return told
    row = judged.confusion[names.index(one.name)]
    most = int(np.argmax(row))
    return f"{told}, {int(row[most]):,} taken for '{names[most]}'"


def _picture(found: Sequence[ClassScore | LabelScore], judged: Evaluation) -> Picture:
    judgeable = [one for one in found if one.rows]
    return Picture(
        "bars",
        tuple(one.name for one in judgeable),
        tuple((one.recall.value,) for one in judgeable),
        "recall: share of its rows that is found",
        {"all rows": judged.headline.value},
    )


def example() -> Run:
    """Return a run that shows it: of the disputed transactions not one is found, while nine rows in ten are right."""
    rows, recalls = {"usual": 230, "refund": 40, "disputed": 24}, (0.98, 0.85, 0.0)
    score = Score("accuracy", 0.88, 0.84, 0.91)
    found = tuple(
        ClassScore(name, number, Score("recall", recall, *wilson(recall * number, number)), recall, recall)
        for (name, number), recall in zip(rows.items(), recalls, strict=True)
    )
    judged = Evaluation("test", "classification", sum(rows.values()), (score,), per_class=found)
    return planted({"data.classes": list(rows)}).with_evaluation("test", judged)
