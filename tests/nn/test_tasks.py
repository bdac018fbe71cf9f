"""The pairing of outputs with losses, and every combination that can be computed."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch.nn import functional

from leadline.core.errors import LeadlineError, NetworkError, RecipeError
from leadline.nn import for_problem, losses

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("problem", "classes", "outputs", "kind", "loss", "link", "first"),
    [
        ("regression", 1, 1, "regression", "mse", "identity", None),
        ("classification", 2, 1, "binary", "binary_cross_entropy", "sigmoid", math.log(2)),
        ("classification", 2, 2, "one_of_many", "cross_entropy", "softmax", math.log(2)),
        ("classification", 10, 10, "one_of_many", "cross_entropy", "softmax", 2.302585),
        ("classification", 10, (10,), "one_of_many", "cross_entropy", "softmax", 2.302585),
    ],
)
def test_the_usual_pairs(problem, classes, outputs, kind, loss, link, first):  # L10, L11
    task = for_problem(problem, classes, outputs)
    assert (task.kind, task.loss, task.usual_loss, task.link) == (kind, loss, loss, link)
    assert task.first_loss == (None if first is None else pytest.approx(first, abs=1e-6))


@pytest.mark.parametrize(
    ("problem", "classes", "outputs", "words"),
    [
        ("classification", 10, 1, ["gives 10 scores for 10 classes", "got 1", "ll.Dense(10)"]),
        ("classification", 2, 3, ["gives 2 scores (or 1) for 2 classes", "ll.Dense(2)"]),
        ("regression", 1, 4, ["gives 1 score for regression", "ll.Dense(1)"]),
        ("classification", 3, (8, 3), ["a row of scores", "shape (8, 3)", "Flatten"]),
    ],
)
def test_a_wrong_number_of_scores_names_the_last_layer(problem, classes, outputs, words):
    with pytest.raises(NetworkError) as caught:
        for_problem(problem, classes, outputs)
    assert all(word in str(caught.value) for word in ["last layer", *words]), str(caught.value)


@pytest.mark.parametrize("loss", losses)
@pytest.mark.parametrize(("classes", "outputs"), [(1, 1), (2, 1), (2, 2), (5, 5)])
def test_every_loss_is_obeyed_or_refused_with_a_reason(loss, classes, outputs):
    problem = "regression" if classes == 1 else "classification"
    scores = jnp.asarray(RANDOM.normal(size=(6, outputs)), jnp.float32)
    if problem == "regression" and losses[loss].takes == "classes":
        with pytest.raises(RecipeError, match="takes numbers"):
            for_problem(problem, classes, outputs, loss=loss)
        return
    task = for_problem(problem, classes, outputs, loss=loss)
    targets = jnp.arange(6) % classes if classes > 1 else jnp.linspace(0, 1, 6)[:, None]

    def total(scores):
        rows = task.row_losses(scores, targets)
        return rows.sum(), rows

    slopes, rows = jax.jit(jax.grad(total, has_aux=True))(scores)
    assert rows.shape == (6,)
    assert np.isfinite(rows).all()
    assert np.isfinite(slopes).all()
    assert task.loss == loss
    if classes > 1:
        np.testing.assert_allclose(task.probabilities(scores).sum(axis=1), 1, rtol=1e-6)


def test_binary_is_the_sigmoid_and_its_probabilities_have_two_columns():  # L2, L6
    task = for_problem("classification", 2, 1)
    scores, targets = RANDOM.normal(size=(20, 1)).astype(np.float32), np.arange(20) % 2
    expected = functional.binary_cross_entropy_with_logits(
        torch.tensor(scores[:, 0]), torch.tensor(targets, dtype=torch.float32), reduction="none"
    )
    np.testing.assert_allclose(task.row_losses(scores, jnp.asarray(targets)), expected.numpy(), rtol=1e-5)
    shares = task.probabilities(jnp.asarray(scores))
    np.testing.assert_allclose(shares[:, 1], 1 / (1 + np.exp(-scores[:, 0])), rtol=1e-5)
    by_entropy = for_problem("classification", 2, 1, loss="cross_entropy")
    np.testing.assert_allclose(
        by_entropy.row_losses(scores, jnp.asarray(targets)), expected.numpy(), rtol=1e-5
    )
    smooth = for_problem("classification", 2, 1, label_smoothing=0.2).row_losses(scores, jnp.asarray(targets))
    both = for_problem("classification", 2, 1, loss="cross_entropy", label_smoothing=0.2)
    np.testing.assert_allclose(both.row_losses(scores, jnp.asarray(targets)), smooth, rtol=1e-5)


def test_mean_loss_is_scikit_learns_log_loss():
    task = for_problem("classification", 4, 4)
    scores, targets = jnp.asarray(RANDOM.normal(size=(50, 4)), jnp.float32), RANDOM.integers(0, 4, 50)
    shares = np.asarray(task.probabilities(scores), np.float64)
    expected = log_loss(targets, shares / shares.sum(1, keepdims=True), labels=range(4))
    assert float(task.row_losses(scores, jnp.asarray(targets)).mean()) == pytest.approx(expected, rel=1e-5)


def test_other_losses_on_classes_use_one_hot_targets():
    scores, targets = jnp.asarray(RANDOM.normal(size=(6, 3)), jnp.float32), jnp.arange(6) % 3
    hot = np.eye(3)[np.asarray(targets)]
    found = for_problem("classification", 3, 3, loss="mse").row_losses(scores, targets)
    np.testing.assert_allclose(found, np.square(scores - hot).mean(1), rtol=1e-5)


def test_probability_like_regression_predicts_through_the_sigmoid():  # L10
    task = for_problem("regression", loss="binary_cross_entropy")
    assert task.link == "sigmoid"
    assert task.predictions(jnp.zeros((1, 1))).tolist() == [[0.5]]
    assert for_problem("regression").predictions(jnp.full((1, 1), 2.0)).tolist() == [[2.0]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: for_problem("clasification", 3, 3),
        lambda: for_problem("classification", 1, 1),
        lambda: for_problem("classification", 3, 3, loss="cross_entrpy"),
        lambda: for_problem("classification", 3, 3, loss="hinge", label_smoothing=0.1),
        lambda: for_problem("regression", label_smoothing=0.1),
        lambda: for_problem("regression").probabilities(jnp.zeros((1, 1))),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(make):
    with pytest.raises(LeadlineError, match="hint: "):
        make()


def test_smoothing_out_of_range():
    with pytest.raises(RecipeError, match=r"label_smoothing – must be a number in \[0, 1\) – got 1.0"):
        for_problem("classification", 3, 3, label_smoothing=1.0)
