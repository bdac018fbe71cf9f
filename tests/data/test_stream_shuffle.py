"""The buffer that mixes rows, and the draws that share rows out: every row once, reproducible, well mixed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.draws import Smallest, draws
from leadline.data.shuffle import shuffled


def pieces(sizes):
    start = 0
    for size in sizes:
        rows = np.arange(start, start + size)
        yield rows.astype(np.float32).reshape(-1, 1), rows
        start += size


@given(
    sizes=st.lists(st.integers(0, 50), max_size=12),
    places=st.integers(1, 200),
    most=st.integers(1, 60),
    seed=st.integers(0, 2**31),
)
def test_every_row_comes_out_once_with_its_target(sizes, places, most, seed):
    blocks = list(shuffled(pieces(sizes), 4 * places, np.random.default_rng(seed), most))
    assert all(1 <= len(x) == len(y) <= most for x, y in blocks)
    for x, y in blocks:
        np.testing.assert_array_equal(x[:, 0], y)
    assert sorted(int(row) for _, y in blocks for row in y) == list(range(sum(sizes)))


@given(seed=st.integers(0, 2**31))
def test_the_same_generator_gives_the_same_order_another_one_another(seed):
    def order(generator):
        return np.concatenate([y for _, y in shuffled(pieces([40] * 5), 4 * 60, generator, 16)]).tolist()

    assert order(np.random.default_rng(seed)) == order(np.random.default_rng(seed))
    assert order(np.random.default_rng(seed)) != order(np.random.default_rng(seed + 1))


def test_blocks_own_their_rows():
    blocks = list(shuffled(pieces([10] * 10), 4 * 20, np.random.default_rng(0), 5))
    kept = [y.copy() for _, y in blocks]
    for x, y in blocks:
        x[:], y[:] = -1, -1
    assert sorted(np.concatenate(kept).tolist()) == list(range(100))


def test_a_buffer_of_all_rows_gives_every_row_the_same_chance_of_every_place():
    rows, turns = 20, 3000
    places = np.zeros((rows, rows), int)
    for turn in range(turns):
        order = np.concatenate(
            [y for _, y in shuffled(pieces([5] * 4), 4 * rows, np.random.default_rng(turn), 7)]
        )
        places[order, np.arange(rows)] += 1
    expected = turns / rows
    chi_square = ((places - expected) ** 2 / expected).sum()
    freedom = (rows - 1) ** 2
    assert abs(chi_square - freedom) < 5 * np.sqrt(2 * freedom)


def test_rows_wait_in_the_buffer_as_in_a_geometric_law():
    """A row that has come in goes out with the same probability at every step: the mean wait is the buffer."""
    total, places, step = 60_000, 4_000, 100
    order = np.concatenate(
        [y for _, y in shuffled(pieces([step] * (total // step)), 4 * places, np.random.default_rng(0), step)]
    )
    position = np.empty(total)
    position[order] = np.arange(total)
    middle = np.arange(2 * places, total - 5 * places)  # neither those of the start nor those of the end
    wait = position[middle] - (middle - places)
    assert abs(wait.mean() / places - 1) < 0.05
    assert abs(wait.std() / places - 1) < 0.1


@given(seed=st.integers(0, 2**63 - 1), start=st.integers(0, 2**40))
def test_draws_hang_on_seed_and_row_alone(seed, start):
    numbers = np.arange(start, start + 50, dtype=np.uint64)
    drawn = draws(seed, numbers)
    np.testing.assert_array_equal(drawn[10:20], draws(seed, numbers[10:20]))
    assert len(set(drawn.tolist())) == 50
    assert (drawn != draws(seed + 1, numbers)).any()


def test_draws_are_uniform_and_neighbors_unrelated():
    drawn = draws(3, np.arange(200_000, dtype=np.uint64)) / 2.0**64
    counts = np.histogram(drawn, 100, (0, 1))[0]
    chi_square = ((counts - 2000) ** 2 / 2000).sum()
    assert abs(chi_square - 99) < 5 * np.sqrt(2 * 99)
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01
    other = draws(4, np.arange(200_000, dtype=np.uint64)) / 2.0**64
    assert abs(np.corrcoef(drawn, other)[0, 1]) < 0.01


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=20), most=st.integers(1, 60), data=st.data())
def test_smallest_keeps_what_sorting_all_would(sizes, most, data):
    numbers = np.arange(sum(sizes), dtype=np.uint64)
    drawn = draws(data.draw(st.integers(0, 99)), numbers)
    smallest = Smallest(most)
    for rows in np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1]):
        smallest.see(drawn[rows], numbers[rows], rows * 2.0, rows)
    found = smallest.rows()
    expected = np.sort(np.argsort(drawn)[:most])
    np.testing.assert_array_equal(found.numbers, expected)
    np.testing.assert_array_equal(found.inputs, expected * 2.0)


def test_nothing_in_nothing_out():
    assert list(shuffled(iter(()), 100, np.random.default_rng(0))) == []
    assert list(shuffled(pieces([0, 0]), 100, np.random.default_rng(0))) == []


@pytest.mark.parametrize("size", [0, 1])
def test_a_buffer_holds_one_row_at_least(size):
    blocks = list(shuffled(pieces([3, 4]), size, np.random.default_rng(0)))
    assert sorted(int(row) for _, y in blocks for row in y) == list(range(7))
