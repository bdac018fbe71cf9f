"""What every loss must hold, with its usual and with other settings: its entry, PyTorch's numbers, exact
gradients, huge scores, targets that do not match. Their numbers in lectures and likelihoods: tests/nn."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional

from leadline.core.errors import RecipeError
from leadline.core.named import read
from leadline.nn import Loss, losses

ROWS, COLUMNS = 40, 5  # one shape for all, so that each loss is compiled once
OTHER = {  # settings that differ from the default ones, of every loss that has settings
    "binary_focal": [{"gamma": 0.5, "alpha": 0.6}, {"gamma": 0.0}],
    "focal": [{"gamma": 0.5}, {"gamma": 0.0}],
    "hinge": [{"margin": 0.5}, {"squared": True}, {"margin": 2.0, "squared": True}],
    "huber": [{"delta": 0.3}, {"delta": 4.0}],
    "pinball": [{"share": 0.9}],
}
VARIANTS = [
    one for name in losses for one in (losses[name], *(losses[name](**s) for s in OTHER.get(name, [])))
]
EVERY = pytest.mark.parametrize("loss", VARIANTS, ids=lambda loss: loss.text)


def torch_pinball(s, t, share):
    return torch.maximum(share * (t - s), (share - 1) * (t - s)).mean(1)


def torch_focal(s, t, gamma):
    surprise = functional.cross_entropy(s, t, reduction="none")
    return (1 - torch.exp(-surprise)) ** gamma * surprise


def torch_binary_focal(s, t, gamma, alpha):
    yes = alpha * (1 - torch.sigmoid(s)) ** gamma * -functional.logsigmoid(s)
    no = (1 - alpha) * torch.sigmoid(s) ** gamma * -functional.logsigmoid(-s)
    return (t * yes + (1 - t) * no).mean(1)


def torch_gaussian(s, t):
    # Without full=True PyTorch leaves ln(2π)/2 out; its eps holds the variance, ours the spread at 1e-6.
    mean, log_spread = s.chunk(2, dim=1)
    variance = torch.exp(2 * log_spread)
    return functional.gaussian_nll_loss(mean, t, variance, full=True, eps=1e-12, reduction="none").mean(1)


def torch_laplace(s, t):
    middle, log_spread = s.chunk(2, dim=1)
    return -torch.distributions.Laplace(middle, torch.exp(log_spread)).log_prob(t).mean(1)


TORCH = {
    "binary_cross_entropy": lambda s, t: functional.binary_cross_entropy_with_logits(
        s, t, reduction="none"
    ).mean(1),
    "binary_focal": torch_binary_focal,
    "cross_entropy": lambda s, t: functional.cross_entropy(s, t, reduction="none"),
    "focal": torch_focal,
    "gaussian_nll": torch_gaussian,
    "hinge": lambda s, t, margin, squared: (
        functional.multi_margin_loss(s, t, p=2 if squared else 1, margin=margin, reduction="none")
        * s.shape[1]
    ),
    "huber": lambda s, t, delta: functional.huber_loss(s, t, delta=delta, reduction="none").mean(1),
    "laplace_nll": torch_laplace,
    "log_cosh": lambda s, t: torch.log(torch.cosh(s - t)).mean(1),
    "mae": lambda s, t: functional.l1_loss(s, t, reduction="none").mean(1),
    "mse": lambda s, t: functional.mse_loss(s, t, reduction="none").mean(1),
    "pinball": torch_pinball,
}


def cases(loss, rows=ROWS, columns=COLUMNS, soft=False):
    """Scores and targets as the loss takes them; soft: shares of the classes instead of codes."""
    random = np.random.default_rng(3)
    scores = (3 * random.normal(size=(rows, columns * loss.scores_per_number))).astype(np.float32)
    if loss.scores_per_number == 2:
        scores[:, columns:] /= 3  # logs of spreads
    if soft:
        return scores, random.dirichlet(np.ones(columns), rows).astype(np.float32)
    if loss.takes == "classes":
        return scores, random.integers(0, columns, rows).astype(np.int32)
    targets = random.random((rows, columns)) if loss.of_shares else random.normal(size=(rows, columns))
    return scores, targets.astype(np.float32)


@partial(jax.jit, static_argnums=0)
def computed(loss, scores, targets):
    """Rows, their slopes by the scores, and the rows one by one under vmap."""

    def total(scores):
        rows = loss(scores, targets)
        return rows.sum(), rows

    slopes, rows = jax.grad(total, has_aux=True)(scores)
    return rows, slopes, jax.vmap(lambda s, t: loss(s[None], t[None])[0])(scores, targets)


@partial(jax.jit, static_argnums=0)
def exactly(loss, scores, targets):
    """In float64: rows, slopes, and central differences."""
    step = 1e-6 * jnp.eye(scores.shape[1])

    def total(scores):
        rows = loss(scores, targets)
        return rows.sum(), rows

    slopes, rows = jax.grad(total, has_aux=True)(scores)
    moved = jax.vmap(lambda move: (loss(scores + move, targets) - loss(scores - move, targets)) / 2e-6)(step)
    return rows, slopes, moved.T


def reference(loss, scores, targets):
    """PyTorch's rows and slopes in float64."""
    other = torch.tensor(scores.astype(np.float64), requires_grad=True)
    wide = torch.tensor(targets.astype(np.int64 if targets.dtype == np.int32 else np.float64))
    rows = TORCH[loss.name](other, wide, **loss.chosen)
    rows.sum().backward()
    return rows.detach().numpy(), other.grad.numpy()


def test_every_loss_has_a_reference_and_other_settings():
    assert set(TORCH) == set(losses)
    assert set(OTHER) == {name for name in losses if losses[name].chosen}
    for name, others in OTHER.items():
        assert {setting for other in others for setting in other} == set(losses[name].chosen), name


@pytest.mark.parametrize("name", losses)
def test_entry_is_complete_and_documented(name):
    one = losses[name]
    assert isinstance(one, Loss)
    assert one.entry.name == name
    assert one.entry.formula
    assert one.entry.derivative
    assert one.entry.range == ("(-inf, inf)" if one.spread else "[0, inf)")
    assert 1700 < one.entry.year < 2030
    assert len(one.entry.source) > 10
    assert one.takes in ("classes", "numbers")
    assert one.link in ("softmax", "sigmoid", "identity")
    assert all(f"{setting}:" in one.__doc__ and setting in one.entry.formula for setting in one.chosen if
               setting != "squared")  # fmt: skip
    assert ">>>" in one.__doc__


@EVERY
def test_is_read_again_as_it_is_written(loss):
    assert read(losses, loss.text) == loss
    assert hash(read(losses, loss.text)) == hash(loss)


@EVERY
def test_values_and_gradients_are_pytorchs(loss):
    scores, targets = cases(loss)
    rows, slopes, one_by_one = computed(loss, scores, targets)
    expected, expected_slopes = reference(loss, scores, targets)
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(slopes, expected_slopes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one_by_one, rows, rtol=1e-6, atol=1e-7)
    assert loss.entry.range == "(-inf, inf)" or bool((rows >= 0).all())


@EVERY
def test_float64_is_exact_and_the_derivative_that_of_finite_differences(loss):
    scores, targets = cases(loss)
    with jax.enable_x64(True):
        wide = targets if targets.dtype == np.int32 else targets.astype(np.float64)
        rows, slopes, moved = exactly(loss, scores.astype(np.float64), wide)
        assert rows.dtype == slopes.dtype == np.float64
    expected, expected_slopes = reference(loss, scores, targets)
    np.testing.assert_allclose(rows, expected, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(slopes, expected_slopes, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(slopes, moved, rtol=1e-6, atol=1e-6)


@EVERY
def test_jit_equals_eager_and_other_values_are_not_compiled_again(loss):
    scores, targets = cases(loss)
    rows, _, _ = computed(loss, scores, targets)
    np.testing.assert_allclose(loss(scores, targets), rows, rtol=1e-6, atol=1e-7)
    before = computed._cache_size()
    computed(loss, scores[::-1].copy(), targets[::-1].copy())
    assert computed._cache_size() == before


@EVERY
def test_bfloat16_scores_are_computed_in_float32(loss):
    scores, targets = cases(loss)
    half = jnp.asarray(scores, jnp.bfloat16)
    rows = loss(half, targets)
    assert rows.dtype == jnp.float32
    np.testing.assert_array_equal(rows, loss(half.astype(jnp.float32), targets))


@EVERY
@pytest.mark.parametrize("columns", [1, 2, 7])
def test_any_number_of_scores_gives_one_loss_a_row(loss, columns):
    shapes = (jax.ShapeDtypeStruct(a.shape, a.dtype) for a in cases(loss, 9, columns))
    found = jax.eval_shape(loss, *shapes)
    assert (found.shape, found.dtype) == ((9,), jnp.float32)


@EVERY
@pytest.mark.parametrize("size", [1e4, 1e8])
def test_is_finite_for_huge_scores(loss, size):
    scores, targets = cases(loss)
    random = np.random.default_rng(5)
    for targets_too in (targets, np.round(targets)):  # sure targets meet sure scores
        huge = (size * random.integers(-1, 2, scores.shape)).astype(np.float32)
        rows, slopes, _ = computed(loss, huge, targets_too.astype(targets.dtype))
        assert np.isfinite(rows).all()
        assert np.isfinite(slopes).all()


def test_shares_are_pytorchs_and_one_hot_rows_are_codes():
    loss = losses["cross_entropy"]
    scores, shares = cases(loss, soft=True)
    rows, slopes, _ = computed(loss, scores, shares)
    expected, expected_slopes = reference(loss, scores, shares)
    np.testing.assert_allclose(rows, expected, rtol=1e-5)
    np.testing.assert_allclose(slopes, expected_slopes, rtol=1e-5, atol=1e-6)
    with jax.enable_x64(True):
        found = exactly(loss, scores.astype(np.float64), shares.astype(np.float64))
    for one, other in zip(found, (expected, expected_slopes, expected_slopes), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10 if other is expected else 1e-6, atol=1e-8)
    np.testing.assert_allclose(found[1], expected_slopes, rtol=1e-10, atol=1e-12)
    codes = cases(loss)[1]
    hot = np.eye(COLUMNS, dtype=np.float32)[codes]
    for some in (scores, 1e4 * np.sign(scores), 1e8 * np.sign(scores)):
        by_codes, by_shares = computed(loss, some, codes), computed(loss, some, hot)
        np.testing.assert_allclose(by_shares[0], by_codes[0], rtol=1e-6, atol=1e-37)
        np.testing.assert_allclose(by_shares[1], by_codes[1], atol=1e-6)


@pytest.mark.parametrize("name", [name for name in losses if losses[name].takes == "classes"])
@pytest.mark.parametrize("code", [-1, COLUMNS, 99])
def test_a_code_out_of_range_is_nan_inside_jit_and_told_outside(name, code):
    scores, targets = cases(losses[name])
    targets[0] = code
    rows, _, _ = computed(losses[name], scores, targets)
    assert np.isnan(rows).tolist() == [True] + [False] * (ROWS - 1)
    with pytest.raises(
        RecipeError, match=rf"{name}, targets – must be class codes in 0 \.\. 4 – got {code} in 1 row"
    ):
        losses[name](scores, targets)


@EVERY
def test_targets_that_do_not_match_the_scores_are_told_also_inside_jit(loss):
    scores, targets = cases(loss)
    wrong = [targets[:-1], targets[..., None], targets[None], np.zeros(()), np.zeros((ROWS, COLUMNS + 1))]
    wrong += [targets.astype(np.float32)] if loss.takes == "classes" else [targets[:, 0]]
    for some in wrong:
        for call in (loss, jax.jit(loss)):
            with pytest.raises(RecipeError, match=rf"{loss.name}, targets – must be .* – got (shape|float)"):
                call(scores, some.astype(np.float32) if some.ndim != 1 else some)
    with pytest.raises(
        RecipeError, match=rf"{loss.name}, scores – must be of shape \(B, K\) – got shape \(5,\)"
    ):
        loss(scores[0, :5], targets[:5])


@pytest.mark.parametrize(
    ("name", "scores", "targets", "words"),
    [
        ("mse", (4, 1), np.zeros(4), ["of shape (4, 1)", "got shape (4,)", "targets[:, None]"]),
        ("mse", (4,), np.zeros(4), ["scores – must be of shape (B, K)", "scores[:, None]"]),
        ("cross_entropy", (2, 3), np.zeros((2, 1), int), ["class codes of shape (2,)", "targets[:, 0]"]),
        ("hinge", (2, 3), np.eye(3)[:2], ["class codes of shape (2,)", "targets.argmax(axis=-1)"]),
        ("focal", (2, 3), np.zeros(2), ["whole numbers", "got float32", 'targets.astype("int32")']),
        ("cross_entropy", (2, 3), np.array([1, 3]), ["got 3 in 1 row", "counted from 0"]),
        ("cross_entropy", (2, 3), np.ones((2, 3)), ["shares of the classes", "in 2 rows"]),
        ("cross_entropy", (1, 2), np.array([[1.5, -0.5]]), ["shares of the classes", "in 1 row"]),
        ("binary_cross_entropy", (2, 1), np.array([[0.0], [2.0]]), ["in [0, 1]", "got 2 in 1 row"]),
        ("binary_focal", (2, 1), np.array([[-1.0], [1.0]]), ["in [0, 1]", "got -1 in 1 row"]),
        ("gaussian_nll", (2, 3), np.zeros((2, 1)), ["2 for each target number", "shape (2, 3)", "ll.Dense(2)"]),
        ("laplace_nll", (2, 2), np.zeros((2, 2)), ["of shape (2, 1)", "got shape (2, 2)"]),
    ],
)  # fmt: skip
def test_what_does_not_match_is_told_with_a_hint(name, scores, targets, words):
    with pytest.raises(RecipeError) as caught:
        losses[name](np.zeros(scores, np.float32), targets)
    assert all(word in str(caught.value) for word in [name, *words]), str(caught.value)
