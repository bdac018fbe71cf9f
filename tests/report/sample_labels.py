"""A run on several labels, with many of them and long names: made by NumPy from a seed."""

from __future__ import annotations

import numpy as np
from sample_pieces import BINS, curves, layers, wilson

from leadline.record.evaluation import Baseline, Evaluation, Example, LabelScore, Score
from leadline.record.run import Run

NAMES = ("news", "sport", "food and drink", "never said", "a rather long name of a label that goes on and on")
OVERALL = (("hamming_accuracy", 0.91), ("exact_match", 0.62), ("macro_f1", 0.71), ("micro_f1", 0.84))


def label(name: str, rows: int, hits: int, said: int) -> LabelScore:
    def share(kind: str, part: float, whole: int) -> Score:
        return Score(kind, *(wilson(part, whole) if whole else (np.nan,) * 3))

    area = Score("roc_auc", 0.9, 0.82, 0.95)
    f1 = share("f1", 2 * hits, rows + said)
    return LabelScore(name, rows, said, share("precision", hits, said), share("recall", hits, rows), f1, area)


def labels() -> Run:
    """A table with several yes-or-no targets."""
    counts = ((70, 60, 66), (85, 74, 90), (15, 6, 9), (4, 0, 0), (30, 21, 33))
    each = tuple(label(name, *count) for name, count in zip(NAMES, counts, strict=True))
    overall = tuple(Score(name, *wilson(share * 120, 120)) for name, share in OVERALL)
    below = tuple(Score(name, *wilson(0.8 * share * 120, 120)) for name, share in OVERALL)
    worst = (Example(7, "news, sport", "no label", np.nan, 2.3, {"words": "12"}),)
    test = Evaluation(
        "test", "several_labels", 120, overall, (Baseline("majority", "shares", below),), reliability=BINS,
        worst=worst, per_label=each,
    )  # fmt: skip
    values = {
        "data.name": "posts",
        "data.kind": "table",
        "data.problem": "several_labels",
        "data.target": "labels",
        "data.rows.train": 560,
        "data.rows.validation": 120,
        "data.rows.test": 120,
        "data.labels": NAMES,
        "data.label_count.train": np.array([329, 394, 65, 26, 140]),
        "data.label_count.validation": np.array([72, 83, 14, 5, 30]),
        "data.label_count.test": np.array([70, 85, 15, 4, 30]),
        "task.kind": "several_labels",
        "task.loss": "binary_cross_entropy",
        "task.link": "sigmoid",
        **layers([("0.dense", "64", 576, "relu"), ("1.dense", "5", 325, "linear")]),
        **curves(30, 0.69, 0.3, 5),
    }
    return Run(values, {"test": test})
