import math

import numpy as np

from leadline.evaluation.worst import worst_classified, worst_predicted, worst_rows


def shown(row):
    return {"row": str(row)}


def test_the_highest_losses_come_first_and_equals_keep_their_order():
    assert worst_rows(np.array([0.1, 2.0, 0.5, 2.0])).tolist() == [1, 3, 2, 0]
    assert worst_rows(np.array([0.1, np.nan, 0.5]), most=2).tolist() == [1, 2]
    assert len(worst_rows(np.zeros(100))) == 12
    assert len(worst_rows(np.zeros(0))) == 0


def test_examples_of_classification_say_what_was_mistaken_for_what():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8]])
    first, second, _ = worst_classified(
        ("cat", "dog", "cow"), np.array([0, 2, 2]), probabilities, np.array([10, 20, 30]), shown
    )
    assert (first.row, first.target, first.predicted, first.probability) == (20, "cow", "dog", 0.9)
    assert math.isclose(first.loss, -math.log(0.05))
    assert first.shown == {"row": "20"}
    assert second.row == 10


def test_a_row_without_a_finite_output_is_worst_of_all():
    probabilities = np.array([[0.0, 1.0], [np.nan, np.nan]])
    first, second = worst_classified(("no", "yes"), np.array([0, 1]), probabilities, np.arange(2), shown)
    assert (first.row, first.predicted) == (1, "nothing")
    assert math.isnan(first.probability)
    assert math.isnan(first.loss)
    assert second.predicted == "yes"


def test_examples_of_regression_are_ordered_by_absolute_error():
    found = worst_predicted(
        np.array([1.0, 2.0, 452600.0]), np.array([1.5, -8.0, 452600.0]), np.array([7, 8, 9]), shown
    )
    assert [(e.row, e.target, e.predicted, e.loss) for e in found] == [
        (8, "2", "-8", 10.0),
        (7, "1", "1.5", 0.5),
        (9, "452,600", "452,600", 0.0),
    ]
    assert all(math.isnan(e.probability) for e in found)
