"""A loss as written has the numbers of the framework it was written in, and the gradients of its own values."""

from __future__ import annotations

import warnings
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadline.core.errors import RecipeError
from leadline.program.written import NUMBERS, Written

torch = pytest.importorskip("torch")
of_torch = torch.nn.functional
FEW = settings(max_examples=12)
SHAPES = [(1, 1), (5, 1), (4, 3)]  # each is compiled anew
ROWS, CLASSES = 12, 4
random = np.random.default_rng(0)


def scores(rows: int = ROWS, columns: int = CLASSES) -> np.ndarray:
    return random.normal(size=(rows, columns)).astype(np.float32)


def shares(rows: int = ROWS, columns: int = CLASSES) -> np.ndarray:
    return np.asarray(jax.nn.softmax(scores(rows, columns)))


def tables(low: float = -5, high: float = 5, dimensions: int = 2) -> st.SearchStrategy[np.ndarray]:
    inside = st.floats(low, high, width=32)
    return st.sampled_from(SHAPES).flatmap(
        lambda size: arrays(np.float32, size[:dimensions], elements=inside)
    )


def value(loss: Written, outputs: np.ndarray, targets: np.ndarray) -> float:
    return float(loss(jnp.asarray(outputs), jnp.asarray(targets)))


TORCH = {
    "mse": of_torch.mse_loss,
    "mae": of_torch.l1_loss,
    "huber": of_torch.huber_loss,
    "log_cosh": lambda given, wanted: torch.log(torch.cosh(given - wanted)).mean(),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_losses_of_numbers_are_those_of_torch(name):
    @FEW
    @given(tables(), st.integers(0, 99))
    def check(outputs, seed):
        targets = np.random.default_rng(seed).normal(size=outputs.shape).astype(np.float32)
        wanted = TORCH[name](torch.tensor(outputs).double(), torch.tensor(targets).double())
        assert value(Written(name), outputs, targets) == pytest.approx(float(wanted), rel=1e-4, abs=1e-5)

    check()


@FEW
@given(tables(-30, 30), st.integers(0, 99))
def test_the_binary_cross_entropy_of_scores_is_that_of_torch(outputs, seed):
    targets = np.random.default_rng(seed).integers(0, 2, outputs.shape).astype(np.float32)
    wanted = of_torch.binary_cross_entropy_with_logits(torch.tensor(outputs), torch.tensor(targets))
    loss = Written("binary_cross_entropy", "scores", "columns")
    assert value(loss, outputs, targets) == pytest.approx(float(wanted), rel=1e-5, abs=1e-6)


@FEW
@given(tables(-30, 30), st.integers(0, 99))
def test_the_cross_entropy_of_scores_is_that_of_torch_for_codes_columns_and_shares(outputs, seed):
    draw = np.random.default_rng(seed)
    rows, classes = outputs.shape
    codes = draw.integers(0, classes, rows)
    given_codes = value(Written("cross_entropy", "scores", "codes"), outputs, codes)
    wanted = float(of_torch.cross_entropy(torch.tensor(outputs), torch.tensor(codes)))
    assert given_codes == pytest.approx(wanted, rel=1e-5, abs=1e-5)
    one_hot = np.eye(classes, dtype=np.float32)[codes]
    assert value(Written("cross_entropy", "scores", "columns"), outputs, one_hot) == pytest.approx(
        given_codes, rel=1e-5, abs=1e-5
    )
    shared = draw.dirichlet(np.ones(classes), rows).astype(np.float32)
    wanted = float(of_torch.cross_entropy(torch.tensor(outputs), torch.tensor(shared)))
    assert value(Written("cross_entropy", "scores", "columns"), outputs, shared) == pytest.approx(
        wanted, rel=1e-4, abs=1e-4
    )


def test_the_binary_cross_entropy_of_probabilities_is_that_of_torch():
    outputs = np.asarray(jax.nn.sigmoid(scores(20, 1)))
    targets = random.integers(0, 2, 20).astype(np.float32)
    wanted = of_torch.binary_cross_entropy(torch.tensor(outputs), torch.tensor(targets)[:, None])
    for clip in (0.0, 1e-7):
        loss = Written("binary_cross_entropy", "probabilities", "columns", clip=clip)
        assert value(loss, outputs, targets) == pytest.approx(float(wanted), rel=1e-5)


def test_the_divergence_is_that_of_torch():
    outputs, targets = shares(), shares()
    wanted = of_torch.kl_div(torch.tensor(outputs).log(), torch.tensor(targets), reduction="batchmean")
    loss = Written("kl_divergence", "probabilities", "columns")
    assert value(loss, outputs, targets) == pytest.approx(float(wanted), rel=1e-4)


def test_losses_of_probabilities_are_those_of_keras_even_where_they_are_none():
    with warnings.catch_warnings(action="ignore"):  # of its own imports
        keras = pytest.importorskip("keras")
    outputs = np.concatenate([np.abs(scores()), shares(), [[0, 0, 0, 1.0]], [[1.0, 1, 0, 0]]]).astype(
        np.float32
    )
    codes = np.arange(len(outputs)) % CLASSES
    one_hot = np.eye(CLASSES, dtype=np.float32)[codes]
    keras_losses, reads = keras.losses, "probabilities"
    pairs = [
        (
            keras_losses.CategoricalCrossentropy(),
            Written("cross_entropy", reads, "columns", normalizes=True),
            one_hot,
        ),
        (
            keras_losses.SparseCategoricalCrossentropy(),
            Written("cross_entropy", reads, "codes", normalizes=True),
            codes,
        ),
        (keras_losses.BinaryCrossentropy(), Written("binary_cross_entropy", reads, "columns"), one_hot),
        (keras_losses.KLDivergence(), Written("kl_divergence", reads, "columns"), one_hot),
        (
            keras_losses.CategoricalCrossentropy(from_logits=True),
            Written("cross_entropy", "scores", "columns"),
            one_hot,
        ),
        (keras_losses.LogCosh(), Written("log_cosh"), one_hot),
        (keras_losses.Huber(), Written("huber"), one_hot),
    ]
    for theirs, ours, targets in pairs:
        wanted = float(theirs(targets, outputs))
        assert value(ours, outputs, targets) == pytest.approx(wanted, rel=2e-3, abs=1e-5), ours


LOSSES = [
    *(Written(name) for name in NUMBERS),
    Written("binary_cross_entropy", "scores", "columns"),
    Written("binary_cross_entropy", "probabilities", "columns"),
    Written("cross_entropy", "scores", "columns"),
    Written("cross_entropy", "probabilities", "columns", normalizes=True),
    Written("cross_entropy", "probabilities", "codes", clip=0.0),
    Written("cross_entropy", "scores", "columns", axis="rows"),
    Written("cross_entropy", "scores", "codes", reduction="sum"),
    Written("kl_divergence", "probabilities", "columns"),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: "-".join(map(str, loss.to_spec().values())))
def test_gradients_are_finite_differences(loss):
    with jax.enable_x64(True):
        outputs = np.asarray(shares(), np.float64)
        codes = np.arange(ROWS) % CLASSES
        targets = jnp.asarray(codes if loss.labels == "codes" else np.eye(CLASSES)[codes])
        found = np.asarray(jax.grad(lambda given: loss(given, targets))(jnp.asarray(outputs)))
        step = 1e-6
        for at in [(0, 0), (0, 3), (5, 1), (11, 2)]:
            moved = np.zeros_like(outputs)
            moved[at] = step
            ends = [float(loss(jnp.asarray(outputs + sign * moved), targets)) for sign in (1, -1)]
            assert found[at] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-8)


@FEW
@given(tables(dimensions=1), st.integers(0, 99))
def test_a_column_against_rows_broadcasts_as_numpy_does(outputs, seed):
    targets = np.random.default_rng(seed).normal(size=len(outputs)).astype(np.float32)
    column = outputs[:, None]
    for name, of_errors in (("mse", np.square), ("mae", np.abs)):
        every = of_errors(column - targets)
        assert every.shape == (len(outputs),) * 2
        assert value(Written(name, expands=False), column, targets) == pytest.approx(
            float(every.mean()), rel=1e-4, abs=1e-6
        )
        each = of_errors(outputs - targets)
        assert value(Written(name), column, targets) == pytest.approx(float(each.mean()), rel=1e-4, abs=1e-6)


@FEW
@given(tables(0, 1), st.sampled_from(["mse", "mae", "huber", "binary_cross_entropy"]))
def test_a_sum_is_the_mean_times_the_rows(outputs, name):
    reads = ("numbers", "numbers") if name in NUMBERS else ("probabilities", "columns")
    mean, whole = (Written(name, *reads, reduction=how) for how in ("mean", "sum"))
    targets = np.zeros_like(outputs)
    assert value(whole, outputs, targets) == pytest.approx(
        len(outputs) * value(mean, outputs, targets), rel=1e-4, abs=1e-6
    )


def test_softmax_over_rows_makes_an_answer_hang_on_the_other_rows():
    outputs, codes = scores(6, 3), np.array([0, 1, 2, 0, 1, 2])
    over = {axis: Written("cross_entropy", "scores", "codes", axis=axis) for axis in ("classes", "rows")}
    rows = {
        axis: np.asarray(loss.rows(jnp.asarray(outputs), jnp.asarray(codes))) for axis, loss in over.items()
    }
    wanted = -np.asarray(jax.nn.log_softmax(outputs, axis=0))[np.arange(6), codes]
    np.testing.assert_allclose(rows["rows"], wanted, rtol=1e-6)
    other = outputs.copy()
    other[5] += np.array([9.0, -9.0, 0.0])
    again = {
        axis: np.asarray(loss.rows(jnp.asarray(other), jnp.asarray(codes))) for axis, loss in over.items()
    }
    np.testing.assert_allclose(again["classes"][:5], rows["classes"][:5], rtol=1e-6)
    assert abs(again["rows"][:5] - rows["rows"][:5]).max() > 1


def test_a_code_without_an_output_is_no_number():
    loss = Written("cross_entropy", "scores", "codes")
    assert np.isnan(value(loss, scores(2, 3), np.array([1, 3])))


@pytest.mark.parametrize(("clip", "finite"), [(0.0, False), (1e-7, True)])
def test_a_logarithm_of_zero_is_infinite_unless_it_is_clipped(clip, finite):
    loss = Written("cross_entropy", "probabilities", "codes", clip=clip)
    assert np.isfinite(value(loss, np.array([[0.0, 1.0]], np.float32), np.array([0]))) == finite


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_it_is_itself_after_a_spec(loss):
    assert Written.from_spec(loss.to_spec()) == loss


@pytest.mark.parametrize(
    "wrong",
    [
        partial(Written, "mse", "scores"),
        partial(Written, "cross_entropy"),
        partial(Written, "binary_cross_entropy", "scores", "codes"),
        partial(Written, "hinge"),
        partial(Written, "mse", clip=-1.0),
        partial(Written.from_spec, {"name": "mse", "redction": "sum"}),
        partial(Written.from_spec, {"reduction": "sum"}),
    ],
)
def test_what_cannot_go_together_is_told(wrong):
    with pytest.raises(RecipeError):
        wrong()
