"""Losses by the lectures' numbers, as the negative log-likelihoods they are, and by what they are least at."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import expit
from torch.nn import functional

import leadline as ll
from leadline.core.named import read
from leadline.nn import losses

B = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]
SCORES = st.lists(st.floats(-30, 30, width=32), min_size=4, max_size=4)
RANDOM = np.random.default_rng(0)


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
    row = jnp.array([scores], jnp.float32)
    assert float(ll.cross_entropy(row, np.array([target - 1]))[0]) == pytest.approx(loss, abs=5.1e-4)
    assert float(ll.cross_entropy(row, np.eye(4)[[target - 1]])[0]) == pytest.approx(loss, abs=5.1e-4)


@pytest.mark.parametrize(
    ("loss", "rows", "mean"),
    [(ll.cross_entropy, [2.040, 0.079, 6.156], 2.759), (ll.hinge, [2.9, 0, 12.9], 5.267)],
)
def test_losses_of_lecture_b(loss, rows, mean):  # L3, L4
    found = loss(jnp.array(B), np.arange(3))
    np.testing.assert_allclose(found, rows, atol=1.1e-3)
    assert float(found.mean()) == pytest.approx(mean, abs=1.1e-3)


@pytest.mark.parametrize(
    ("scores", "hinge", "entropy"),
    [((5, -3, 2), 0, 0.0489), ((5, 10, 10), 12, 5.697), ((5, -20, -20), 0, 2.78e-11)],
)
def test_hinge_against_cross_entropy(scores, hinge, entropy):  # L5: exact in float32 too
    row, target = jnp.array([scores], jnp.float32), jnp.array([0])
    assert float(ll.hinge(row, target)[0]) == hinge
    for targets in (target, jnp.eye(3)[target]):
        assert float(ll.cross_entropy(row, targets)[0]) == pytest.approx(entropy, rel=1.5e-3)


def test_squared_and_absolute_error():  # L7
    scores = jnp.array([[12.0, 24, 42, 23], [34, 32, 5, 2]])
    targets = jnp.array([[15.0, 20, 40, 25], [34, 32, 5, 2]])
    np.testing.assert_allclose(4 * ll.mse(scores, targets), [33, 0])
    np.testing.assert_allclose(4 * ll.mae(scores, targets), [11, 0])


@pytest.mark.parametrize(
    ("loss", "best"),
    [
        (ll.mse, np.mean),
        (ll.mae, np.median),
        (ll.pinball(share=0.9), lambda values: np.quantile(values, 0.9, method="inverted_cdf")),
    ],
)
@given(values=st.lists(st.integers(-50, 50), min_size=7, max_size=7), other=st.floats(-60, 60, width=32))
@settings(max_examples=25, deadline=None)
def test_mean_median_and_quantile_are_the_best_constants(loss, best, values, other):  # L7
    numbers = np.array(values, np.float32)[:, None]

    def total(constant):
        return float(loss(np.full_like(numbers, constant), numbers).sum())

    assert total(best(numbers)) <= total(other) + 1e-3


def gaussian_columns(rows=30, columns=3):
    scores = RANDOM.normal(size=(rows, 2 * columns)).astype(np.float32)
    return scores, RANDOM.normal(size=(rows, columns)).astype(np.float32)


def categorical(scores, targets):
    shares = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    hot = np.eye(scores.shape[1])[targets]
    return -np.array([stats.multinomial.logpmf(t, 1, p / p.sum()) for t, p in zip(hot, shares, strict=True)])


def huber_density(scores, targets, delta=1.5):
    """Of exp(-huber): its integral has no name in SciPy, so that it is taken by quadrature."""

    def each(error):
        size = abs(error)
        return size**2 / 2 if size < delta else delta * (size - delta / 2)

    whole = integrate.quad(lambda error: math.exp(-each(error)), -60, 60, points=[-delta, delta])[0]
    return np.vectorize(each)(scores - targets) + math.log(whole), math.log(whole)


def asymmetric(scores, targets, share=0.8):
    kappa = math.sqrt(share / (1 - share))
    return -stats.laplace_asymmetric.logpdf(targets, kappa, scores, kappa / share)


def halves(density):
    """A negative log-density of (t, mean, spread), from scores in two halves."""
    return lambda s, t: (
        -density(t, *(f(part) for f, part in zip((np.array, np.exp), np.split(s, 2, 1), strict=True)))
    )


CONSTANT = {  # loss: (negative log-density of each number, what the loss leaves out of it)
    "binary_cross_entropy": (lambda s, t: -stats.bernoulli.logpmf(t, expit(s)), 0.0),
    "mse": (lambda s, t: -stats.norm.logpdf(t, s, math.sqrt(0.5)), 0.5 * math.log(math.pi)),
    "mae": (lambda s, t: -stats.laplace.logpdf(t, s), math.log(2)),
    "huber(delta=1.5)": (lambda s, t: huber_density(s, t)[0], huber_density(0, 0)[1]),
    "log_cosh": (lambda s, t: -stats.hypsecant.logpdf(t, s), math.log(math.pi)),
    "pinball(share=0.8)": (asymmetric, -math.log(0.8 * 0.2)),
    "gaussian_nll": (halves(stats.norm.logpdf), 0.0),
    "laplace_nll": (halves(stats.laplace.logpdf), 0.0),
}


@pytest.mark.parametrize("text", CONSTANT)
def test_is_the_negative_log_likelihood_it_says_up_to_the_constant(text):  # L8
    loss, (density, constant) = read(losses, text), CONSTANT[text]
    scores, targets = gaussian_columns()
    if loss.of_shares:
        targets = (targets > 0).astype(np.float32)
    scores = scores if loss.spread else scores[:, :3]
    expected = density(scores.astype(np.float64), targets.astype(np.float64)).mean(axis=1)
    np.testing.assert_allclose(np.asarray(loss(scores, targets)) + constant, expected, rtol=1e-5, atol=1e-6)


def test_cross_entropy_is_the_categorical_negative_log_likelihood():  # L8
    scores, targets = RANDOM.normal(size=(30, 4)), RANDOM.integers(0, 4, 30)
    np.testing.assert_allclose(ll.cross_entropy(scores, targets), categorical(scores, targets), rtol=1e-5)


def test_every_likelihood_that_is_named_is_held_above():  # L8
    named = {name for name in losses if losses[name].likelihood}
    assert named == {text.partition("(")[0] for text in CONSTANT} | {"cross_entropy"}
    assert losses["mse"].likelihood == "Gaussian of fixed spread"


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_is_pytorchs(smoothing):
    scores, targets = RANDOM.normal(size=(30, 4)).astype(np.float32), RANDOM.integers(0, 4, 30)
    for some in (torch.tensor(targets), torch.tensor(RANDOM.dirichlet(np.ones(4), 30).astype(np.float32))):
        expected = functional.cross_entropy(
            torch.tensor(scores), some, reduction="none", label_smoothing=smoothing
        )
        found = ll.cross_entropy(scores, some.numpy(), label_smoothing=smoothing)
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)
    shares = RANDOM.random((30, 4)).astype(np.float32)
    soft = torch.tensor(shares * (1 - smoothing) + smoothing / 2)
    expected = functional.binary_cross_entropy_with_logits(torch.tensor(scores), soft, reduction="none")
    found = ll.binary_cross_entropy(scores, shares, label_smoothing=smoothing)
    np.testing.assert_allclose(found, expected.numpy().mean(1), rtol=1e-5)


@given(scores=SCORES, shift=st.floats(-100, 100, width=32), code=st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_cross_entropy_is_least_at_the_target_and_knows_differences_only(scores, shift, code):
    row, target = np.array([scores], np.float32), np.array([code])
    (loss,) = ll.cross_entropy(row, target)
    assert loss >= 0
    assert ll.cross_entropy(row + 5 * np.eye(4, dtype=np.float32)[target], target)[0] <= loss
    np.testing.assert_allclose(
        ll.cross_entropy(row + np.float32(shift), target)[0], loss, rtol=1e-3, atol=1e-4
    )
    share = np.asarray(jax.nn.softmax(row))
    least = ll.cross_entropy(np.log(np.maximum(share, 1e-30)), share)[
        0
    ]  # the entropy of the shares themselves
    assert least <= ll.cross_entropy(np.flip(row).copy(), share)[0] + 1e-5


def test_gradient_of_softmax_with_cross_entropy():  # L12
    scores, targets = RANDOM.normal(size=(30, 5)).astype(np.float32), RANDOM.integers(0, 5, 30)
    slopes = jax.grad(lambda s: ll.cross_entropy(s, targets).sum())(jnp.asarray(scores))
    np.testing.assert_allclose(slopes, jax.nn.softmax(scores) - np.eye(5)[targets], atol=1e-6)


def test_confidently_wrong_costs_and_moves_more_at_the_same_accuracy():  # L13
    right = jnp.array([0])

    def accuracy(scores):
        return (scores.argmax(-1) == right).mean(dtype=jnp.float32)

    near, far = jnp.array([[1.0, 1.1]]), jnp.array([[1.0, 9.0]])
    assert float(accuracy(near)) == float(accuracy(far)) == 0
    assert not jax.grad(accuracy)(near).any()  # it says which way to go nowhere
    assert float(ll.cross_entropy(far, right)[0]) > 10 * float(ll.cross_entropy(near, right)[0])
    slopes = [jax.grad(lambda s: ll.cross_entropy(s, right).sum())(s) for s in (near, far)]
    np.testing.assert_allclose([abs(slope[0, 0]) for slope in slopes], [0.525, 0.9997], atol=1e-4)


def test_a_predicted_spread_is_held_within_bounds_and_comes_back():
    narrow = jnp.array([[0.0, -1e8]])
    slopes = jax.grad(lambda s: ll.gaussian_nll(s, jnp.ones((1, 1))).sum())(narrow)
    assert float(slopes[0, 1]) < -1e11  # widen, says every row that is missed
    assert float(ll.gaussian_nll(narrow, jnp.zeros((1, 1)))[0]) == pytest.approx(
        math.log(1e-6) + 0.918939, abs=1e-4
    )


def test_focal_without_gamma_is_cross_entropy():
    scores, targets = RANDOM.normal(size=(30, 4)).astype(np.float32), RANDOM.integers(0, 4, 30)
    plain = ll.cross_entropy(scores, targets)
    np.testing.assert_allclose(ll.focal(gamma=0)(scores, targets), plain, rtol=1e-6)
    labels = np.eye(4, dtype=np.float32)[targets]
    half = ll.binary_focal(gamma=0, alpha=0.5)(scores, labels)
    np.testing.assert_allclose(2 * half, ll.binary_cross_entropy(scores, labels), rtol=1e-6)
