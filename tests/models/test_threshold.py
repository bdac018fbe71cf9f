"""Networks of threshold units built by hand: every function of a few bits, exactly."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.models import pattern_unit, threshold_network


def every(inputs):
    """All patterns in counting order, shape (2^D, D)."""
    return np.array(list(product((0, 1), repeat=inputs)), np.float32)


def outputs(built, rows):
    network, params, state = built
    assert nn.check(network, rows.shape[1:]) == (1,)
    found = np.asarray(network.apply(params, state, jnp.asarray(rows))[0])
    assert found.shape == (len(rows), 1)
    return found[:, 0].tolist()


def same(one, other):
    """Whether two networks and all of their numbers are the same."""
    return one[0] == other[0] and jax.tree.all(jax.tree.map(np.array_equal, one[1:], other[1:]))


def test_the_pattern_of_the_lecture_alone_gives_one():  # N4
    built = pattern_unit((0, 1, 1))
    assert outputs(built, every(3)) == [0, 0, 0, 1, 0, 0, 0, 0]
    (params,) = built[1]
    assert np.asarray(params["kernel"]).ravel().tolist() == [-1, 1, 1]
    assert np.asarray(params["bias"]).tolist() == [-1.5]


@pytest.mark.parametrize("inputs", [1, 2, 4])
def test_a_unit_recognizes_its_pattern_and_no_sum_is_near_zero(inputs):  # N4
    rows = every(inputs)
    for index, pattern in enumerate(rows):
        built = pattern_unit(pattern.astype(int))
        assert np.flatnonzero(outputs(built, rows)).tolist() == [index]
        (params,) = built[1]
        sums = rows @ np.asarray(params["kernel"]) + np.asarray(params["bias"])
        assert np.abs(sums).min() >= 0.5  # the value of a step at 0 never matters


TABLES = st.integers(1, 6).flatmap(
    lambda inputs: st.lists(st.integers(0, 1), min_size=2**inputs, max_size=2**inputs)
)


@settings(max_examples=15, deadline=None)
@given(TABLES)
@example([0, 0])
@example([1] * 8)
@example([0] * 64)
def test_any_table_of_truth_is_exact(table):  # N4
    inputs = len(table).bit_length() - 1
    rows = every(inputs)
    built = threshold_network(table)
    assert outputs(built, rows) == table
    assert built[0].layers[0].units == max(sum(table), 1)
    patterns = {tuple(map(int, row)) for row, answer in zip(rows, table, strict=True) if answer}
    for truth in (patterns, lambda *bits: bits in patterns):
        assert same(threshold_network(truth, inputs), built)


def test_all_patterns_need_all_units():  # N4
    assert [threshold_network([1] * 2**d)[0].layers[0].units for d in (1, 2, 3)] == [2, 4, 8]


def test_ten_bits():
    rows = every(10)
    odd = rows.sum(axis=1) % 2
    built = threshold_network(lambda *bits: sum(bits) % 2, inputs=10)
    assert outputs(built, rows) == odd.tolist()
    assert built[0].layers[0].units == 512


def test_a_function_tells_how_many_bits_it_takes():
    rows = every(3)
    built = threshold_network(lambda a, b, c: a and not (b or c))
    assert outputs(built, rows) == [0, 0, 0, 0, 1, 0, 0, 0]
    assert same(threshold_network(np.array([[1, 0, 0]])), built)
    assert same(threshold_network([(1, 0, 0), (1, 0, 0)]), built)
    assert outputs(threshold_network(set(), inputs=3), rows) == [0] * 8
    assert outputs(threshold_network(np.array([False, True])), every(1)) == [0, 1]


@pytest.mark.parametrize(
    ("truth", "inputs", "words"),
    [
        ([0, 1, 1], None, "a table of 2.D values.*got 3"),
        ([1], None, "a table of 2.D values.*got 1"),
        ([], None, "a table of 2.D values.*got 0"),
        ([0, 1, 1, 0], 3, "a table of 8 values.*got 4"),
        ([0, 1, 2, 0], None, "made of 0 and 1 – got 2"),
        ([0, 0.5], None, "made of 0 and 1 – got 0.5"),
        ("0110", None, "made of 0 and 1 – got '0'"),
        ([0] * 2048, None, "of 1 to 10 bits.*got 11 bits"),
        ({(0,) * 11}, None, "of 1 to 10 bits.*got 11 bits"),
        ({(0, 1), (0, 1, 1)}, None, r"patterns of one length.*lengths \[2, 3\]"),
        ({(0, 1)}, 3, r"patterns of one length.*lengths \[2, 3\]"),
        ({(0, 2)}, None, "made of 0 and 1 – got 2"),
        (set(), None, "inputs – must be given where there are no patterns"),
        (lambda *bits: 1, None, "inputs – must be given"),
        (lambda *bits: 1, 11, "inputs – must be of 1 to 10 bits.*got 11"),
        (lambda: 1, None, "1 to 10 bits.*got 0 bits"),
        (lambda a: a + 1, None, "made of 0 and 1 – got 2"),
        (7, None, "a table, a function or patterns – got 7"),
        ([0, 1], 1.5, "a whole number"),
    ],
)
def test_wrong_tables_are_told(truth, inputs, words):
    with pytest.raises(NetworkError, match=f"(?s)threshold_network.*{words}"):
        threshold_network(truth, inputs)


@pytest.mark.parametrize("pattern", [(), (0, 2), "01", (0,) * 11, (0.5,), 3])
def test_wrong_patterns_are_told(pattern):
    with pytest.raises(NetworkError, match="pattern_unit, pattern – must be"):
        pattern_unit(pattern)
