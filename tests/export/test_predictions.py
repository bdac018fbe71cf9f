import numpy as np
import pytest

from leadline.export.predictions import Predictions, labels_of

CHOSEN = np.eye(3)[[2, 0, 1]]


@pytest.mark.parametrize(
    ("names", "labels", "kind"),
    [
        (("a", "b", "ç"), ["ç", "a", "b"], "U"),
        (("0", "1", "2"), [2, 0, 1], "i"),
        (("-1", "10", "200"), [200, -1, 10], "i"),
        (("01", "1", "2"), ["2", "01", "1"], "U"),
        (("1.0", "2.0", "3.0"), ["3.0", "1.0", "2.0"], "U"),
        (("1", "2", "three"), ["three", "1", "2"], "U"),
        (("1", "2", str(10**30)), [str(10**30), "1", "2"], "U"),
        (("+1", "1_000", "2"), ["2", "+1", "1_000"], "U"),
        (("False", "True", ""), ["", "False", "True"], "U"),
    ],
)
def test_labels_are_names_or_whole_numbers(names, labels, kind):
    found = labels_of(CHOSEN, names)
    assert found.tolist() == labels
    assert found.dtype.kind == kind


def test_no_rows_give_no_labels():
    assert labels_of(np.zeros((0, 2)), ("1", "2")).shape == (0,)


def test_a_table_of_classes_has_a_column_for_each():
    frame = Predictions("fate", labels_of(CHOSEN[:2], [*"abc"]), CHOSEN[:2], None, tuple("abc")).to_frame()
    assert list(frame) == ["fate", "p(a)", "p(b)", "p(c)"]
    assert frame["fate"].tolist() == ["c", "a"]
    assert frame["p(c)"].tolist() == [1.0, 0.0]


def test_a_table_of_numbers_has_one_column():
    predictions = Predictions("price", values=np.array([1.5, 2.5]))
    assert predictions.to_frame().to_dict("list") == {"price": [1.5, 2.5]}
    assert len(predictions) == 2
