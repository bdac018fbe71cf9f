"""The curves of the training: loss, validation score, and the learning rate where it changes."""

from __future__ import annotations

import numpy as np

from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.figures import curves as figure
from leadline.report.parts import Columns, Part, Picture, Section


def section(run: Run) -> Section | None:
    """Return the curves; None where there are none."""
    best = reading.whole(run, "stop.best_epoch") or 0
    pictures: list[Part] = [*_loss(run, best), *_score(run, best), *_rate(run)]
    if not pictures:
        return None
    return Section("curves", "How it learned", _lead(run, best), [Columns(pictures)])


def _lead(run: Run, best: int) -> str:
    epochs = reading.epochs(run)
    kept = f" The weights of epoch {best} were kept." if best else ""
    start, usual = reading.single(run, "start.loss"), reading.single(run, "task.first_loss")
    first = ""
    if start is not None:
        beside = (
            f"; a network that knows nothing yet has {wording.number(usual)}" if usual is not None else ""
        )
        first = f" The first batch, before any step, had a loss of {wording.number(start)}{beside}."
    return f"{epochs:,} {'epoch' if epochs == 1 else 'epochs'} of training.{kept}{first}"


def _loss(run: Run, best: int) -> list[Part]:
    train, validation = reading.series(run, "curve.loss.train"), reading.series(run, "curve.loss.validation")
    if train is None and validation is None:
        return []
    name = wording.label(reading.text(run, "task.loss"))
    words = "Both falling: it learns. Training falling while validation rises: it learns by heart."
    return [Picture(figure.loss(train, validation, best), f"Loss ({name})" if name else "Loss", words)]


def _score(run: Run, best: int) -> list[Part]:
    values = reading.series(run, "curve.score.validation")
    if values is None:
        return []
    problem = reading.text(run, "data.problem")
    names = {"classification": "accuracy", "regression": "R²", "several_labels": "Hamming accuracy"}
    name = names.get(problem, "score")
    words = "What people ask for, on rows the network did not learn from."
    return [
        Picture(
            figure.score(values, best, name, share=name.endswith("accuracy")), f"Validation {name}", words
        )
    ]


def _rate(run: Run) -> list[Part]:
    values = reading.series(run, "curve.learning_rate")
    if values is None:
        return []
    good = values[np.isfinite(values)]
    if np.ptp(good) <= 0.01 * float(np.abs(good).max()):
        return []
    log = bool(good.min() > 0 and good.max() > 30 * np.median(good))
    return [
        Picture(
            figure.rate(values, log), "Learning rate", "How long the steps were; at the end of each epoch."
        )
    ]
