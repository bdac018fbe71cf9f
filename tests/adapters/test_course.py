from __future__ import annotations

import numpy as np
import pytest

from leadline.adapters.course import STEPS_OF_A_LINE, Course, Pass, score_of, sums_of

random = np.random.default_rng(0)


def course(pattern: str, judge: object = None) -> Course:
    """Make a course: L a pass that learned, E one that judged, | a mark; the loss is the number of the pass."""
    made = Course(lambda losses: losses, judge)  # type: ignore[arg-type]
    step = 0
    for number, letter in enumerate(pattern):
        if letter == "|":
            made.mark()
            continue
        one = made.begin(Pass(float(number), 4, step, letter == "L", rate=0.1, outputs=1, targets=1))
        one.learned = letter == "L"
        step += letter == "L"
    made.flush()
    return made


def test_marks_end_epochs() -> None:
    assert course("LL|LL|").ends() == [2, 4]
    assert course("LL||LL|L").ends() == [2, 4]
    assert course("LL|LL|").lines()[0].tolist() == [0.5, 3.5]


def test_known_batches_end_epochs() -> None:
    assert course("LLLLL").ends(2) == [2, 4]
    assert course("L").ends(2) == [1]


def test_evaluations_end_epochs_where_nothing_else_does() -> None:
    found = course("LLEELLEE")
    assert found.ends() == [2, 4]
    losses, _ = found.judged_lines(None, None, False)
    assert losses.tolist() == [2.5, 6.5]


def test_a_line_of_hundred_steps_is_the_last_resort() -> None:
    assert course("L" * 250).ends() == [STEPS_OF_A_LINE, 2 * STEPS_OF_A_LINE]


def test_an_evaluation_before_the_first_step_does_not_count() -> None:
    assert course("EELLEE").judged_lines(None, None, False)[0].tolist() == [4.5]


def test_a_test_set_after_the_last_epoch_does_not_count() -> None:
    found = course("LLEELLEEEEEE")
    assert found.judged_lines(None, None, False)[0].tolist() == [2.5, 6.5]
    assert found.judged_lines(None, 4, False)[0].tolist() == [2.0, 6.0]


def test_an_epoch_without_evaluation_leaves_no_curve() -> None:
    assert not len(course("LL|LLE|").judged_lines(None, None, False)[0])


def test_the_first_loss_that_is_not_finite() -> None:
    made = Course(lambda losses: losses)
    for step, loss in enumerate([1.0, float("inf"), float("nan")]):
        made.begin(Pass(loss, 1, step, True)).learned = True
    made.flush()
    assert made.not_finite_step == 2


def test_modes_are_counted() -> None:
    made = Course(lambda losses: losses)
    for training, learned in [(False, True), (True, True), (True, False)]:
        made.begin(Pass(1.0, 1, 0, training)).learned = learned
    made.flush()
    assert (made.learned_in_use, made.judged_in_training) == (1, 1)


def test_accuracy_of_every_kind() -> None:
    scores = random.normal(size=(50, 4))
    codes = scores.argmax(1)
    codes[:10] = (codes[:10] + 1) % 4
    wanted = pytest.approx(0.8)
    assert score_of(sums_of(scores, codes, "cross_entropy", "scores", "codes")) == wanted
    assert score_of(sums_of(scores, codes[:, None], "cross_entropy", "scores", "codes")) == wanted
    assert score_of(sums_of(scores, np.eye(4)[codes], "cross_entropy", "scores", "columns")) == wanted
    yes = (scores[:, :1] > 0) * 1.0
    assert score_of(sums_of(scores[:, :1], yes, "binary_cross_entropy", "scores", "columns")) == 1
    kept = 1 / (1 + np.exp(-scores[:, :1]))
    assert score_of(sums_of(kept, yes[:, 0], "binary_cross_entropy", "probabilities", "columns")) == 1


def test_r_squared_is_that_of_all_batches() -> None:
    known = random.normal(3, 2, 60)
    given = known + random.normal(0, 1, 60)
    pairs = zip(np.split(given, 3), np.split(known, 3), strict=True)
    parts = [sums_of(a, b, "mse", "numbers", "numbers") for a, b in pairs]
    wanted = 1 - np.sum((given - known) ** 2) / np.sum((known - known.mean()) ** 2)
    assert score_of(np.sum(parts, axis=0)) == pytest.approx(wanted)
    assert np.isnan(score_of(np.zeros(4)))
    assert not sums_of(np.ones(3), np.ones(4), "mse", "numbers", "numbers").any()
