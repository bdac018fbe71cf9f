import gc
import os
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.core.errors import DataError
from leadline.data import arrays, digits, table
from leadline.evaluation import evaluate, judge, judge_rows
from leadline.record.evaluation import Baseline, Score

DATA = os.environ.get("LEADLINE_DATA", "")
NAMES = tuple("0123456789")


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def good_guess(targets, classes, seed=0):
    scores = np.random.default_rng(seed).normal(size=(len(targets), classes))
    scores[np.arange(len(targets)), targets] += 4
    return softmax(scores).astype(np.float32)


def test_a_model_of_digits_stands_beside_majority_and_linear():
    data = digits()
    part = data.parts["test"]
    found = judge(data, "test", good_guess(part.targets, 10))
    assert (found.part, found.problem, found.rows) == ("test", "classification", len(part.rows))
    assert found.headline.name == "accuracy"
    assert [b.name for b in found.baselines] == ["majority", "linear"]
    assert found.baselines[0].scores[0].value < 0.15
    assert found.baselines[1].scores[0].value > 0.93
    assert [s.name for s in found.baselines[1].scores] == [s.name for s in found.scores]
    assert [c.name for c in found.per_class] == list(data.class_names)
    assert sum(c.rows for c in found.per_class) == found.confusion.sum() == found.rows
    assert found["accuracy"].value == pytest.approx(np.trace(found.confusion) / found.rows)
    assert found.reliability[:, 2].sum() == found.rows
    assert found.notes == ()


def test_the_worst_rows_are_rows_of_the_part_and_show_their_image():
    data = digits()
    part = data.parts["test"]
    found = judge(data, "test", good_guess(part.targets, 10), baselines=False)
    losses = [e.loss for e in found.worst]
    assert len(found.worst) == 12
    assert losses == sorted(losses, reverse=True)
    assert {e.row for e in found.worst} <= set(part.rows.tolist())
    worst = found.worst[0]
    assert worst.shown.dtype == np.uint8
    assert worst.shown.shape == (8, 8)
    assert worst.target == data.class_names[data.targets[worst.row]]


def test_regression_is_judged_in_the_targets_own_unit():
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(2500, 3))
    prices = 200_000 + 50_000 * inputs[:, 0] + 1000 * draw.normal(size=2500)
    data = arrays(inputs, prices)
    targets = data.targets[data.parts["train"].rows]
    found = judge(data, "train", targets + 2000)
    assert [s.name for s in found.scores] == ["r2", "mae", "rmse"]
    assert found["mae"].value == pytest.approx(2000)
    assert found["rmse"].value == pytest.approx(2000)
    mean, linear = found.baselines
    assert mean.scores[2].value == pytest.approx(targets.std(), rel=1e-6)
    assert linear.scores[2].value == pytest.approx(1000, rel=0.1)
    assert found.predictions.shape == (1000, 2)
    assert found.predictions[:, 1] - found.predictions[:, 0] == pytest.approx(np.full(1000, 2000.0))
    assert found.per_class == ()
    assert found.worst[0].loss == pytest.approx(2000)


def test_a_class_at_zero_under_a_good_mean_is_seen():
    # COVERAGE R1: 95% on the whole, and one class never found.
    targets = np.repeat([0, 1, 2], [480, 470, 50])
    predicted = np.where(targets == 2, 1, targets)
    found = judge_rows("classification", ("ship", "truck", "frog"), targets, np.eye(3)[predicted])
    assert found["accuracy"].value == 0.95
    assert found["balanced_accuracy"].value == pytest.approx(2 / 3)
    frog = found.per_class[2]
    assert (frog.name, frog.rows, frog.recall.value) == ("frog", 50, 0.0)
    assert frog.recall.high < 0.08
    assert np.isnan(frog.precision)
    assert frog.f1 == 0
    assert found.confusion.tolist() == [[480, 0, 0], [0, 470, 0], [0, 50, 0]]
    assert "below the mean" in next(line for line in str(found).splitlines() if line.startswith("frog"))


def test_a_class_missing_from_the_part_is_unknown_not_a_crash():
    found = judge_rows("classification", ("a", "b", "c"), np.array([0, 1]), np.eye(3)[:2])
    missing = found.per_class[2]
    assert missing.rows == 0
    assert np.isnan([missing.recall.value, missing.recall.low, missing.recall.high, missing.precision]).all()
    assert found["balanced_accuracy"].value == 1


def test_outputs_that_are_not_finite_are_counted_and_told():
    targets = np.arange(10) % 2
    outputs = np.eye(2)[targets]
    outputs[:3] = np.nan
    found = judge_rows("classification", ("no", "yes"), targets, outputs)
    assert found["accuracy"].value == 0.7
    assert np.isnan(found["log_loss"].value)
    assert found.notes == ("3 rows with outputs that are not finite: counted as wrong.",)
    assert [e.row for e in found.worst[:3]] == [0, 1, 2]
    assert found.confusion.sum() == 7
    assert [c.rows for c in found.per_class] == [5, 5]
    assert sum(c.recall.value * c.rows for c in found.per_class) == pytest.approx(7)


def test_a_model_that_is_nan_everywhere_is_judged_all_the_same():
    data = digits()
    rows = len(data.parts["validation"].rows)
    found = judge(data, "validation", np.full((rows, 10), np.nan, np.float32))
    assert found["accuracy"].value == 0
    assert "unknown" in str(found)
    found = judge_rows("regression", (), np.arange(5.0), np.full(5, np.nan))
    assert np.isnan(found.headline.value)
    assert found.predictions.shape == (0, 2)
    assert "no score can be given" in found.notes[0]


def test_rows_without_a_usable_target_are_left_out_and_told():
    found = judge_rows("classification", ("no", "yes"), np.array([0, 1, -1, 2]), np.eye(2)[[0, 1, 0, 0]])
    assert found.rows == 2
    assert found["accuracy"].value == 1
    assert found.notes == ("2 rows left out: the target is none of the classes.",)
    found = judge_rows("regression", (), np.array([1.0, np.nan, 3.0]), np.array([[1.0], [2.0], [3.0]]))
    assert found.rows == 2
    assert found["mae"].value == 0
    assert found.notes == ("1 row left out: the target is not a finite number.",)


def test_no_rows_at_all_are_no_crash():
    for found in (
        judge_rows("classification", ("no", "yes"), np.zeros(0, int), np.zeros((0, 2))),
        judge_rows("regression", (), np.zeros(0), np.zeros(0)),
    ):
        assert found.rows == 0
        assert np.isnan(found.headline.value)
        assert "0 rows" in str(found)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(seed, random):
    targets = np.random.default_rng(seed).integers(0, 3, size=40)
    outputs = good_guess(targets, 3, seed)
    order = list(range(40))
    random.shuffle(order)
    one = judge_rows("classification", ("a", "b", "c"), targets, outputs)
    other = judge_rows(
        "classification", ("a", "b", "c"), targets[order], outputs[order], rows=np.array(order)
    )
    assert [s.value for s in one.scores] == pytest.approx([s.value for s in other.scores])
    assert np.array_equal(one.confusion, other.confusion)
    assert [e.loss for e in one.worst] == [e.loss for e in other.worst]


def test_a_files_rows_are_shown_as_asked():
    baseline = Baseline("majority", "as trained", (Score("accuracy", 0.5, 0.4, 0.6),))
    found = judge_rows(
        "classification",
        ("no", "yes"),
        np.array([0, 1]),
        np.eye(2)[[1, 1]],
        part="test.csv",
        rows=np.array([4, 8]),
        shown=lambda row: {"name": f"row {row}"},
        baselines=(baseline,),
        notes=("1 look at the test set.",),
    )
    assert found.part == "test.csv"
    assert found.worst[0].shown == {"name": "row 4"}
    assert found.baselines == (baseline,)
    assert found.notes == ("1 look at the test set.",)
    assert judge_rows("classification", ("no", "yes"), np.array([0]), np.eye(2)[:1]).worst[0].shown == {}


def test_every_mismatch_is_told_at_once():
    with pytest.raises(DataError) as caught:
        judge_rows("classification", ("no", "yes"), np.zeros((3, 1), int), np.zeros(3))
    text = str(caught.value)
    assert "targets – must be of shape (B,) – got shape (3, 1)" in text
    assert "outputs – must be probabilities of shape (3, 2), a column for each class – got shape (3,)" in text
    with pytest.raises(DataError, match="one of classification, regression, several_labels"):
        judge_rows("ranking", (), np.zeros(3), np.zeros(3))
    with pytest.raises(DataError, match=r"one value for each target, shape \(3,\)"):
        judge_rows("regression", (), np.zeros(3), np.zeros((3, 2)))


def test_scores_in_place_of_probabilities_are_refused():
    with pytest.raises(DataError, match="not the network's scores"):
        judge_rows("classification", ("no", "yes"), np.array([0, 1]), np.array([[2.0, -1.0], [0.5, 3.0]]))


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(DataError, match="one of train, validation, test – got 'dev'"):
        judge(digits(), "dev", np.zeros((1, 10)))


def test_one_seed_gives_the_same_evaluation():
    data = digits()
    guess = good_guess(data.parts["test"].targets, 10)
    assert str(judge(data, "test", guess)) == str(judge(digits(), "test", guess))


def test_baselines_are_learned_once_for_a_data_set_and_go_with_it(monkeypatch):
    learned = []
    fit = evaluate.fit_baselines
    monkeypatch.setattr(evaluate, "fit_baselines", lambda *a, **k: learned.append(1) or fit(*a, **k))
    data = digits()
    for part in ("validation", "test", "test"):
        judge(data, part, good_guess(data.parts[part].targets, 10))
    assert len(learned) == 1
    gone = weakref.ref(data)
    del data
    gc.collect()
    assert gone() is None


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="LEADLINE_DATA is not set")
@pytest.mark.parametrize(
    ("name", "target", "low", "high"),
    [
        ("adult_train", "income", 0.83, 0.87),
        ("penguins", "species", 0.94, 1.0),
        ("california_housing", "median_house_value", 0.55, 0.70),
    ],
)
def test_the_linear_baseline_of_real_tables_is_where_it_should_be(name, target, low, high):
    data = table(Path(DATA) / "tabular" / f"{name}.csv.gz", target=target)
    rows = data.parts["test"].rows
    if data.problem == "classification":
        found = judge(data, "test", good_guess(data.targets[rows], len(data.class_names)))
    else:
        found = judge(data, "test", data.targets[rows])
    assert low <= found.baselines[1].scores[0].value <= high
    assert set(found.worst[0].shown) >= set(data.inputs.columns) - set(data.dropped)
