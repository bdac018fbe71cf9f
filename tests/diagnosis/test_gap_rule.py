"""The gap between training rows and held-out rows."""

from __future__ import annotations

import numpy as np
import pytest

import leadline as ll
from leadline.diagnosis.rules import generalization_gap
from leadline.record.evaluation import Evaluation, Score
from leadline.record.run import Run


def judged(own, held, part="test", name="accuracy", better="higher"):
    evaluation = Evaluation(
        part, "classification", 300, (Score(name, held, held - 0.04, held + 0.04, better),)
    )
    return Run({"end.score.train": np.array([own, own - 0.01, own + 0.01])}, {part: evaluation})


def test_generalization_gap_found_between_the_intervals():
    found = generalization_gap.find(judged(0.97, 0.7))
    assert (found.severity, found.where) == ("hint", "test part")
    assert found.numbers["gap"] == pytest.approx(0.96 - 0.74)
    assert generalization_gap.find(judged(0.97, 0.7, part="validation")).where == "validation part"


def test_generalization_gap_quiet():
    assert generalization_gap.find(judged(0.97, 0.85)) is None  # 0.07 between the intervals
    assert generalization_gap.find(judged(0.7, 0.97)) is None
    assert generalization_gap.find(judged(np.nan, 0.5)) is None
    assert generalization_gap.find(judged(0.97, 0.7, name="log_loss", better="lower")) is None
    assert generalization_gap.find(Run({"end.score.train": np.array([1.0, 1.0, 1.0])})) is None


def test_generalization_gap_quiet_and_real_on_labels_of_which_most_are_drawn():
    """The digits with 40% of the labels drawn anew: known by heart they are no better for others."""
    data = ll.data.digits()
    x, y = data.inputs.astype(np.float32), data.targets.astype(int)
    draw = np.random.default_rng(0)
    wrong = np.where(draw.random(len(y)) < 0.4, draw.integers(0, 10, len(y)), y)
    layers = [ll.Flatten(), ll.Dense(256, ll.relu), ll.Dense(10)]
    choices = {
        "epochs": 60,
        "early_stopping": False,
        "optimizer": ll.adam(3e-3),
        "progress": False,
        "seed": 0,
    }
    noisy = ll.fit(ll.Sequential(layers), ll.data.arrays(x, wrong), **choices)
    well = ll.fit(ll.Sequential(layers), ll.data.arrays(x, y), **{**choices, "epochs": 15})
    assert noisy.run["end.score.train"][0] > 0.9
    assert "generalization_gap" in noisy.findings.faults
    assert "generalization_gap" not in well.findings.faults


def test_generalization_gap_real_score_is_that_of_the_weights_kept():
    data = ll.data.bundled("iris")
    result = ll.fit("mlp", data, epochs=5, seed=0, progress=False)
    part = data.parts["train"]
    right = result.model.outputs(part.inputs).argmax(1) == data.targets[part.rows]
    assert result.run["end.score.train"][0] == pytest.approx(right.mean())
