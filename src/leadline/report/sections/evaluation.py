"""The evaluation: scores with intervals beside the baselines, classes, confusion, confidence, looks."""

from __future__ import annotations

import numpy as np

from leadline.core.text import count
from leadline.record.evaluation import Evaluation
from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.figures import judged as figure
from leadline.report.parts import (
    Cell,
    Column,
    Columns,
    Details,
    Group,
    Items,
    Part,
    Picture,
    Section,
    Table,
    Text,
)
from leadline.report.sections.classes import confusion, per_class
from leadline.report.sections.labels import per_label
from leadline.report.sections.scores import score_table


def judged(run: Run) -> Evaluation | None:
    """Return the evaluation that counts: on the test part, else the first one; None without scores."""
    found = [run.evaluations[part] for part in ("test", "validation") if part in run.evaluations]
    return next((evaluation for evaluation in [*found, *run.evaluations.values()] if evaluation.scores), None)


def section(run: Run) -> Section | None:
    """Return the evaluation; None where there is none."""
    evaluation = judged(run)
    if evaluation is None:
        return Section("evaluation", "Evaluation", "", _looks(run)) if run.looks else None
    parts = [
        *([Items(evaluation.notes)] if evaluation.notes else []),
        *_scores(evaluation),
        *per_class(evaluation),
        *per_label(evaluation),
        *confusion(evaluation),
        *_pictures(evaluation),
        *_others(run, evaluation),
        *_looks(run),
    ]
    held_out = evaluation.part in ("test", "validation")
    of = f"the {evaluation.part} part, which the network did not learn from" if held_out else evaluation.part
    lead = f"On {count(evaluation.rows, 'row')} of {of}."
    return Section("evaluation", "Evaluation", lead, parts)


def _scores(evaluation: Evaluation) -> list[Part]:
    tables: list[Part] = [score_table(evaluation, score) for score in evaluation.scores]
    made = [f"{wording.capital(base.name)}: {base.what}" for base in evaluation.baselines if base.what]
    note: list[Part] = [Details("How the baselines were made", [Items(made)])] if made else []
    return [Group("Scores beside the baselines", [Columns(tables), *note])]


def _pictures(evaluation: Evaluation) -> list[Part]:
    pictures: list[Part] = []
    bins = reading.drawable(np.asarray(evaluation.reliability, dtype=np.float64))
    if bins.ndim == 2 and bins.shape[1:] == (3,):
        bins = bins[np.isfinite(bins).all(axis=1) & (bins[:, 2] > 0)]
        if len(bins):
            words = (
                "On the diagonal a confidence of 80% is right 8 times in 10; "
                "below it the model promises too much. Lines are 95% intervals."
                " Larger dots hold more rows."
            )
            pictures.append(Picture(figure.reliability(bins), "Share of right answers, by confidence", words))
    pairs = reading.drawable(np.asarray(evaluation.predictions, dtype=np.float64))
    if pairs.ndim == 2 and pairs.shape[1:] == (2,):
        pairs = pairs[np.isfinite(pairs).all(axis=1)]
        if len(pairs):
            of = (
                f" {figure.MOST_DOTS} of {count(len(pairs), 'row')} are drawn."
                if len(pairs) > figure.MOST_DOTS
                else ""
            )
            pictures += [
                Picture(
                    figure.against_truth(pairs),
                    "Predicted, by actual",
                    f"A perfect model lies on the dashed line.{of}",
                ),
                Picture(
                    figure.residuals(pairs),
                    "Predicted minus actual",
                    "A cloud without shape around 0 is what is wanted.",
                ),
            ]
    title = "Can its confidence be believed?" if len(pictures) == 1 else "Predictions and what is left over"
    return [Group(title, [Columns(pictures)])] if pictures else []


def _others(run: Run, shown: Evaluation) -> list[Part]:
    """Return the scores of the other parts, on demand."""
    parts: list[Part] = []
    for evaluation in run.evaluations.values():
        if evaluation is shown or not evaluation.scores:
            continue
        rows = [
            (
                Cell(wording.label(score.name)),
                Cell(wording.valued(score)),
                Cell(wording.interval(score)),
            )
            for score in evaluation.scores
        ]
        columns = (Column("score"), Column("value", "number"), Column("95% interval", "number"))
        caption = f"Scores on {count(evaluation.rows, f'{evaluation.part} row')}"
        parts.append(Details(caption, [Table(caption, columns, rows)]))
    return parts


def _looks(run: Run) -> list[Part]:
    if not run.looks:
        return []
    parts: list[Part] = [
        Text(f"The test set was looked at {count(len(run.looks), 'time')}.{_warn(len(run.looks))}")
    ]
    if len(run.looks) > 1:
        columns = (Column("when"), Column("why"), Column("rows", "number"))
        rows = [(Cell(wording.date(look.when)), Cell(look.why), Cell(f"{look.rows:,}")) for look in run.looks]
        parts.append(Table("Each look", columns, rows))
    return [Group("Looks at the test set", parts)]


def _warn(looks: int) -> str:
    return " Each further look makes its score a little less trustworthy." if looks > 1 else ""
