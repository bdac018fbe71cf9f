"""What every loss must hold: its entry, the numbers of the lectures, PyTorch's numbers, exact gradients."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from leadline.nn import Loss, losses

EVERY = pytest.mark.parametrize("name", losses)
TORCH = {
    "cross_entropy": lambda s, t: functional.cross_entropy(s, t, reduction="none"),
    "binary_cross_entropy": lambda s, t: functional.binary_cross_entropy_with_logits(
        s, t, reduction="none"
    ).mean(1),
    "mse": lambda s, t: functional.mse_loss(s, t, reduction="none").mean(1),
    "mae": lambda s, t: functional.l1_loss(s, t, reduction="none").mean(1),
    "huber": lambda s, t: functional.huber_loss(s, t, reduction="none").mean(1),
    "hinge": lambda s, t: functional.multi_margin_loss(s, t, reduction="none") * s.shape[1],
}
B = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]


def cases(name, rows=40, columns=5):
    random = np.random.default_rng(3)
    scores = (3 * random.normal(size=(rows, columns))).astype(np.float32)
    if losses[name].takes == "classes":
        return scores, random.integers(0, columns, rows).astype(np.int32)
    targets = (
        random.random((rows, columns))
        if name == "binary_cross_entropy"
        else random.normal(size=(rows, columns))
    )
    return scores, targets.astype(np.float32)


@partial(jax.jit, static_argnums=0)
def rows_and_slopes(name, scores, targets):
    def total(scores):
        rows = losses[name](scores, targets)
        return rows.sum(), rows

    slopes, rows = jax.grad(total, has_aux=True)(scores)
    return rows, slopes


def as_torch(targets):
    return torch.tensor(targets.astype(np.int64) if targets.dtype == np.int32 else targets)


def test_every_loss_has_a_reference():
    assert set(TORCH) == set(losses)


@EVERY
def test_entry_is_complete_and_documented(name):
    one = losses[name]
    assert isinstance(one, Loss)
    assert one.entry.name == name
    assert one.entry.formula
    assert one.entry.derivative
    assert one.entry.range == "[0, inf)"
    assert 1700 < one.entry.year < 2030
    assert len(one.entry.source) > 10
    assert one.takes in ("classes", "numbers")
    assert one.link in ("softmax", "sigmoid", "identity")
    assert ">>>" in one.__doc__


@EVERY
def test_values_and_gradients_are_pytorchs(name):
    scores, targets = cases(name)
    other = torch.tensor(scores, requires_grad=True)
    expected = TORCH[name](other, as_torch(targets))
    expected.sum().backward()
    rows, slopes = rows_and_slopes(name, scores, targets)
    np.testing.assert_allclose(rows, expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slopes, other.grad.numpy(), rtol=1e-4, atol=1e-6)


@EVERY
def test_derivative_against_finite_differences(name):
    scores, targets = cases(name, rows=6)
    function = losses[name].function

    def both(wide, step=1e-6):
        slopes = jax.grad(lambda s: function(s, targets).sum())(wide)
        moves = [step * jnp.eye(wide.shape[1])[column] for column in range(wide.shape[1])]
        found = [(function(wide + m, targets) - function(wide - m, targets)) / (2 * step) for m in moves]
        return slopes, jnp.stack(found, axis=1)

    with jax.enable_x64(True):
        slopes, found = jax.jit(both)(scores.astype(np.float64))
    np.testing.assert_allclose(slopes, found, atol=1e-6)


@EVERY
@pytest.mark.parametrize("columns", [1, 2, 7])
def test_shape_type_sign_and_compilation(name, columns):
    scores, targets = cases(name, rows=9, columns=columns)
    rows, _ = rows_and_slopes(name, scores, targets)
    assert rows.shape == (9,)
    assert bool((rows >= 0).all())
    half = jax.eval_shape(losses[name], jax.ShapeDtypeStruct(scores.shape, jnp.bfloat16), targets)
    assert half.dtype == rows.dtype == jnp.float32
    if columns == 2:
        np.testing.assert_allclose(rows, losses[name](jnp.asarray(scores), targets), rtol=1e-5, atol=1e-6)


@EVERY
@pytest.mark.parametrize("size", [1e4, 1e8])
def test_is_finite_for_huge_scores(name, size):
    scores = size * np.array([[1, -1, 0], [-1, 1, 0], [0, 0, 0]], np.float32)
    targets = np.array([0, 0, 1]) if losses[name].takes == "classes" else np.eye(3, dtype=np.float32)
    rows, slopes = rows_and_slopes(name, scores, targets)
    assert np.isfinite(rows).all()
    assert np.isfinite(slopes).all()


@pytest.mark.parametrize(
    ("scores", "target", "loss"),
    [
        ((3, 1, -1, -1), 1, 0.159),
        ((3, 3, 1, 0), 2, 0.782),
        ((1, 1, 1, 1), 3, 1.386),
        ((3, 2, 3, -1), 4, 4.870),
    ],
)
def test_cross_entropy_of_lecture_a(scores, target, loss):  # L3; classes are counted from 1 there
    found = rows_and_slopes("cross_entropy", np.array([scores], np.float32), np.array([target - 1]))[0]
    assert float(found[0]) == pytest.approx(loss, abs=5.1e-4)


@pytest.mark.parametrize(
    ("name", "rows", "mean"),
    [("cross_entropy", [2.040, 0.079, 6.156], 2.759), ("hinge", [2.9, 0, 12.9], 5.267)],
)
def test_losses_of_lecture_b(name, rows, mean):  # L3, L4
    found = rows_and_slopes(name, np.array(B, np.float32), np.arange(3))[0]
    np.testing.assert_allclose(found, rows, atol=1.1e-3)
    assert float(found.mean()) == pytest.approx(mean, abs=1.1e-3)


@pytest.mark.parametrize(
    ("scores", "hinge", "entropy"),
    [((5, -3, 2), 0, 0.0489), ((5, 10, 10), 12, 5.697), ((5, -20, -20), 0, 2.78e-11)],
)
def test_hinge_against_cross_entropy(scores, hinge, entropy):  # L5: exact in float32 too
    row, target = jnp.array([scores], jnp.float32), jnp.array([0])
    assert float(losses["hinge"](row, target)[0]) == hinge
    assert float(losses["cross_entropy"](row, target)[0]) == pytest.approx(entropy, rel=1.5e-3)


def test_squared_and_absolute_error():  # L7
    scores = jnp.array([[12.0, 24, 42, 23], [34, 32, 5, 2]])
    targets = jnp.array([[15.0, 20, 40, 25], [34, 32, 5, 2]])
    np.testing.assert_allclose(4 * losses["mse"](scores, targets), [33, 0])
    np.testing.assert_allclose(4 * losses["mae"](scores, targets), [11, 0])


@pytest.mark.parametrize(("name", "best"), [("mse", np.mean), ("mae", np.median)])
@given(
    values=st.lists(st.integers(-50, 50), min_size=7, max_size=7),
    other=st.floats(-60, 60, width=32),
)
@settings(max_examples=25, deadline=None)
def test_mean_and_median_are_the_best_constants(name, best, values, other):  # L7
    numbers = np.array(values, np.float32)[:, None]

    def total(constant):
        return float(losses[name](np.full_like(numbers, constant), numbers).sum())

    assert total(best(numbers)) <= total(other) + 1e-3


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_is_pytorchs(smoothing):
    scores, targets = cases("cross_entropy")
    expected = functional.cross_entropy(
        torch.tensor(scores), as_torch(targets), reduction="none", label_smoothing=smoothing
    )
    found = losses["cross_entropy"](scores, targets, label_smoothing=smoothing)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)
    scores, targets = cases("binary_cross_entropy")
    soft = torch.tensor(targets * (1 - smoothing) + smoothing / 2)
    expected = functional.binary_cross_entropy_with_logits(torch.tensor(scores), soft, reduction="none").mean(
        1
    )
    found = losses["binary_cross_entropy"](scores, targets, label_smoothing=smoothing)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", ["cross_entropy", "hinge"])
@pytest.mark.parametrize("target", [-1, 3, 99])
def test_a_label_out_of_range_gives_nan(name, target):
    scores = np.array([[1, 2, 3], [3, 2, 1]], np.float32)
    rows, _ = rows_and_slopes(name, scores, np.array([target, 0]))
    assert np.isnan(rows).tolist() == [True, False]


def test_gradient_of_softmax_with_cross_entropy():  # L12
    scores, targets = cases("cross_entropy")
    _, slopes = rows_and_slopes("cross_entropy", scores, targets)
    expected = jax.nn.softmax(scores) - jax.nn.one_hot(targets, 5)
    np.testing.assert_allclose(slopes, expected, atol=1e-6)


def test_confidently_wrong_costs_more_at_the_same_accuracy():  # L13
    right = jnp.array([0])
    near, far = jnp.array([[1.0, 1.1]]), jnp.array([[1.0, 9.0]])
    assert float(losses["cross_entropy"](far, right)[0]) > 10 * float(losses["cross_entropy"](near, right)[0])
