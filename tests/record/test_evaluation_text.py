from dataclasses import replace

import numpy as np
import pytest

from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Example, LabelScore, Score


def classes(recalls, rows=20):
    return tuple(
        ClassScore(f"class {i}", 0 if r != r else rows, Score("recall", r, r - 0.05, r + 0.05), 0.5, 0.5)
        for i, r in enumerate(recalls)
    )


ACCURACY = Score("accuracy", 0.9, 0.85, 0.93)


def test_scores_stand_beside_the_baselines_in_columns():
    loss = Score("log_loss", 0.31234, 0.2, 0.4, "lower")
    majority = Baseline(
        "majority", "always 'a'", (Score("accuracy", 0.5, 0.4, 0.6), Score("log_loss", 0.0, 0, 0))
    )
    linear = Baseline(
        "linear", "logistic regression on all 9 training rows", (Score("accuracy", 0.88, 0.8, 0.9),)
    )
    text = str(Evaluation("test", "classification", 1234, (ACCURACY, loss), baselines=(majority, linear)))
    assert text.splitlines() == [
        "test, 1,234 rows",
        "",
        "                         model                 majority  linear",
        "accuracy                 0.900 [0.850, 0.930]     0.500   0.880",
        "log loss (lower better)  0.312 [0.200, 0.400]     0.000       -",
        "",
        "majority: always 'a'",
        "linear: logistic regression on all 9 training rows",
    ]


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Score("rmse", 47123.4, 45000.0, 49000.0), "47,123 [45,000, 49,000]"),
        (Score("mae", 0.00012345, 0.0001, 0.0002), "0.000123 [0.0001, 0.0002]"),
        (Score("r2", -1e-9, -0.01, 0.01), "0.000 [-0.010, 0.010]"),
        (Score("r2", -123456.7, -2e6, -1e5), "-123,457 [-2,000,000, -100,000]"),
        (Score("calibration_error", 0.0002, 0.0, 0.004), "<0.001 [0.000, 0.004]"),
        (Score("accuracy", float("nan"), float("nan"), float("nan")), "unknown"),
        (Score("r2", 0.5, float("nan"), float("nan")), "0.500 [-, -]"),
    ],
)
def test_numbers_are_written_for_people(score, text):
    assert str(Evaluation("test", "regression", 5, (score,))).splitlines()[-1].endswith(text)


def test_a_class_below_the_mean_is_marked_and_one_without_rows_too():
    found = Evaluation(
        "test", "classification", 60, (ACCURACY,), per_class=classes([0.95, 0.0, float("nan")])
    )
    lines = str(found).splitlines()
    table = lines[lines.index(next(line for line in lines if line.startswith("class"))) :]
    assert table[0].split() == ["class", "rows", "recall", "precision", "f1"]
    assert table[1].endswith("0.500")
    assert table[2].endswith("below the mean")
    assert table[3].endswith("no rows")
    assert "unknown" in table[3]


def test_of_many_classes_the_lowest_are_shown():
    recalls = np.linspace(0.3, 1.0, 100)[::-1]
    text = str(Evaluation("test", "classification", 2000, (ACCURACY,), per_class=classes(recalls)))
    assert "class 99 " in text
    assert "class 0 " not in text
    assert "and 88 classes with a higher recall or without rows" in text
    assert len(text.splitlines()) < 25


def test_the_commonest_mistakes_are_named():
    confusion = np.array([[50, 3, 0], [0, 40, 1], [7, 0, 9]])
    found = Evaluation(
        "test", "classification", 110, (ACCURACY,), per_class=classes([0.9] * 3), confusion=confusion
    )
    assert (
        "most often: class 2 taken for class 0 (7 rows), class 0 taken for class 1 (3 rows), "
        "class 1 taken for class 2 (1 row)" in str(found)
    )
    assert confusion.trace() == 99  # untouched
    perfect = Evaluation(
        "t", "classification", 9, (ACCURACY,), per_class=classes([1.0] * 2), confusion=np.eye(2, dtype=int)
    )
    assert "most often" not in str(perfect)


def test_the_worst_rows_and_notes_are_told():
    worst = (Example(7, "cat", "dog", 0.987, 4.3, {}), Example(9, "12.5", "3", float("nan"), 9.5, {}))
    found = Evaluation("test", "classification", 9, (ACCURACY,), worst=worst, notes=("1 row left out.",))
    assert "highest loss: row 7 is cat, model says dog at 99%; row 9 is 12.5, model says 3" in str(found)
    assert str(found).endswith("\n\n1 row left out.")


def test_long_names_do_not_break_the_table():
    long = ClassScore("x" * 80, 5, Score("recall", 1.0, 0.5, 1.0), 1.0, 1.0)
    text = str(Evaluation("test", "classification", 5, (ACCURACY,), per_class=(long,)))
    assert f"{'x' * 21}...  " in text
    assert max(map(len, text.splitlines())) < 90


def test_an_evaluation_shows_itself_at_the_prompt():
    found = Evaluation("test", "classification", 5, (ACCURACY,))
    assert repr(found) == str(found)


def label(name: str, f1: float) -> LabelScore:
    share = Score("recall", f1, f1 / 2, (1 + f1) / 2)
    return LabelScore(
        name, 10, 8, share, share, Score("f1", f1, f1 / 2, (1 + f1) / 2), Score("roc_auc", 0.9, 0.8, 1)
    )


def test_each_label_is_told_and_of_many_the_weakest():
    headline = Score("hamming_accuracy", 0.9, 0.8, 0.95)
    few = Evaluation(
        "test", "several_labels", 30, (headline,), per_label=(label("red", 0.8), label("big", 0.4))
    )
    lines = str(few).splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("label"))
    assert lines[at].split() == ["label", "rows", "f1", "precision", "recall", "roc", "auc"]
    assert lines[at + 1].startswith("red      10  0.800 [0.400, 0.900]")
    assert lines[at + 2].split()[-1] == "0.900"
    many = replace(few, per_label=tuple(label(f"l{i}", 1 - i / 100) for i in range(20)))
    assert "and 8 labels with a higher f1" in str(many)
    assert "l19 " in str(many)
    assert "l0 " not in str(many)
