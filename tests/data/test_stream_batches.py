"""Batches from anywhere: again and again in the same order, or refused with what to do."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

import leadline.data as data
from leadline.core.errors import DataError, RecipeError

X = np.arange(600.0).reshape(-1, 1)
Y = (np.arange(600) % 3).astype(np.int64)


def of(size, x=X, y=Y):
    return [(x[low : low + size], y[low : low + size]) for low in range(0, len(x), size)]


class Again:
    """Can be iterated again, but not asked for a certain batch."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


def epoch_of(found, epoch=1):
    rows, targets = zip(*found.stream.blocks(0, epoch), strict=True)
    return np.concatenate(rows)[:, 0].astype(int), np.concatenate(targets)


SOURCES = {
    "list": lambda: of(70),
    "function": lambda: lambda: iter(of(70)),
    "iterable": lambda: Again(of(70)),
    "loader": lambda: DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=64),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_training_row_once_an_epoch_and_the_parts_disjoint(source):
    found = data.batches(SOURCES[source](), scale=False)
    assert found.sizes == (420, 90, 90)
    held_out = np.concatenate([found.parts[part].inputs[:, 0] for part in ("validation", "test")]).astype(int)
    for epoch in (1, 2):
        rows, targets = epoch_of(found, epoch)
        assert sorted([*rows, *held_out]) == list(range(600))
        np.testing.assert_array_equal(targets, rows % 3)
    assert epoch_of(found, 1)[0].tolist() == epoch_of(found, 1)[0].tolist() != epoch_of(found, 2)[0].tolist()


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 90), min_size=4, max_size=12), seed=st.integers(0, 99))
def test_batches_of_any_sizes(sizes, seed):
    ends = np.cumsum(sizes)
    x, y = np.arange(float(ends[-1])).reshape(-1, 1), np.arange(ends[-1]) % 2
    if ends[-1] < 10:
        return
    cut = [(x[end - size : end], y[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
    found = data.batches(Again(cut), scale=False, seed=seed)
    held_out = np.concatenate([found.parts[part].inputs[:, 0] for part in ("validation", "test")])
    assert sorted([*epoch_of(found)[0], *held_out]) == list(range(ends[-1]))


def test_images_and_labels_in_batches():
    x = np.random.default_rng(0).integers(0, 255, (300, 6, 5), dtype=np.uint8)
    y = np.random.default_rng(1).integers(0, 2, (300, 3))
    found = data.batches(of(32, x, y))
    assert (found.kind, found.problem, found.input_shape) == ("image", "several_labels", (6, 5, 1))
    inputs, targets = next(found.stream.blocks(0, 1))
    assert inputs.shape[1:] == (6, 5, 1)
    assert targets.shape[1:] == (3,)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            (batch for batch in of(70)),
            r"generator, which ends after one pass(.|\n)*hint: give the function itself",
        ),
        (iter(of(70)), "ends after one pass"),
        (7, "type int, which ends after one pass"),
        ([], "batches of rows to learn from – got none"),
        (lambda: iter(()), "got none"),
        ([(X,)], "batch 0 – must be a pair of inputs and targets – got a tuple of 1"),
        ([{"x": X}], "a pair of inputs and targets – got a dict"),
        ([(X, Y[:3])], "batch 0 – must be as many inputs as targets – got 600 inputs and 3 targets"),
        (
            [(X[:300], Y[:300]), (X[:, [0, 0]], Y)],
            r"batch 1 – must be like the first: float64 of shape \(B, 1\)",
        ),
        ([(X[:300], Y[:300]), (X.astype(int), Y)], r"batch 1 – must be like the first.*got int64"),
        ([(X[:300], Y[:300]), (X, np.eye(2)[Y % 2])], r"batch 1.*targets of shape \(B, 2\)"),
        ([(np.array([["a"]]), ["b"])], "batch 0 – must be an array of numbers"),
    ],
)
def test_what_cannot_be_used_is_said(source, words):
    with pytest.raises(DataError, match=words):
        data.batches(source)


def test_a_source_that_shuffles_is_refused_for_held_out_rows_would_be_learned():
    turns = iter(range(99))

    def shuffling():
        order = np.random.default_rng(next(turns)).permutation(600)
        return iter(of(70, X[order], Y[order]))

    found = data.batches(shuffling)
    blocks = found.stream.blocks(0, 1)
    with pytest.raises(
        DataError, match=r"batch 0 – must be the same targets in every pass(.|\n)*shuffle=False"
    ):
        list(blocks)


def test_a_source_that_ends_early_is_told():
    ends = iter([9, 9, 4])
    found = data.batches(lambda: iter(of(70)[: next(ends)]))
    with pytest.raises(DataError, match=r"batches – must be .* training rows, as when it was opened"):
        list(found.stream.blocks(0, 1))


def test_memory_out_of_range():
    for memory in ("2 apples", "1KB", True):
        with pytest.raises(RecipeError, match="data, memory"):
            data.batches(of(70), memory=memory)
