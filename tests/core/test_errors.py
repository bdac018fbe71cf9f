import copy
import pickle

import pytest

from leadline.core import errors
from leadline.core.errors import DataError, LeadlineError, Problem, Problems, RunError

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LeadlineError)]


def test_a_message_has_where_must_be_got_and_hint():
    error = DataError.at("table('a.csv'), target", "a column", "'agee'", "did you mean 'age'?")
    assert str(error) == (
        "table('a.csv'), target – must be a column – got 'agee'\n\nhint: did you mean 'age'?"
    )


def test_all_problems_are_told_at_once():
    found = Problems()
    found.add("epochs", "positive", "0")
    found.take(DataError(Problem("rows", "two", "one"), Problem("classes", "two", "one")))
    with pytest.raises(RunError) as caught:
        found.raise_as(RunError)
    assert [p.where for p in caught.value.problems] == ["epochs", "rows", "classes"]
    assert str(caught.value).count(" – must be ") == 3


def test_no_problem_raises_nothing():
    Problems().raise_as(RunError)


@pytest.mark.parametrize("kind", ALL)
def test_at_makes_an_error_of_its_own_kind_that_is_a_value_error(kind):
    error = kind.at("where", "right", "wrong")
    assert type(error) is kind
    assert isinstance(error, (LeadlineError, ValueError))


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("again", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_an_error_keeps_its_problems_across_processes(kind, again):
    error = kind(Problem("a", "b", "c", "d"), Problem("e", "f", "g"))
    assert again(error).problems == error.problems
    assert str(again(error)) == str(error)
