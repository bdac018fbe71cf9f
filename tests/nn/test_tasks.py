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
from leadline.nn import for_problem, losses, pairings

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("problem", "classes", "outputs", "kind", "loss", "link", "first"),
    [
        ("regression", 1, 1, "regression", "mse", "identity", None),
        ("classification", 2, 1, "binary", "binary_cross_entropy", "sigmoid", math.log(2)),
        ("classification", 2, 2, "one_of_many", "cross_entropy", "softmax", math.log(2)),
        ("classification", 10, 10, "one_of_many", "cross_entropy", "softmax", 2.302585),
        ("classification", 10, (10,), "one_of_many", "cross_entropy", "softmax", 2.302585),
        ("several_labels", 4, 4, "several_labels", "binary_cross_entropy", "sigmoid", math.log(2)),
        ("several_labels", 1, (1,), "several_labels", "binary_cross_entropy", "sigmoid", math.log(2)),
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
        ("several_labels", 2, 1, ["gives 2 scores for 2 labels", "got 1", "ll.Dense(2)"]),
        ("several_labels", 1, 2, ["gives 1 score for 1 label ", "ll.Dense(1)"]),
        ("classification", 3, (8, 3), ["a row of scores", "shape (8, 3)", "Flatten"]),
    ],
)
def test_a_wrong_number_of_scores_names_the_last_layer(problem, classes, outputs, words):
    with pytest.raises(NetworkError) as caught:
        for_problem(problem, classes, outputs)
    assert all(word in str(caught.value) for word in ["last layer", *words]), str(caught.value)


@pytest.mark.parametrize("loss", losses)
@pytest.mark.parametrize(
    ("problem", "classes", "outputs"),
    [
        ("regression", 1, 1),
        ("classification", 2, 1),
        ("classification", 2, 2),
        ("classification", 5, 5),
        ("several_labels", 3, 3),
    ],
)
def test_every_loss_is_obeyed_or_refused_with_a_reason(loss, problem, classes, outputs):
    outputs *= losses[loss].scores_per_number
    scores = jnp.asarray(RANDOM.normal(size=(6, outputs)), jnp.float32)
    if problem != "classification" and losses[loss].takes == "classes":
        with pytest.raises(RecipeError, match="takes numbers"):
            for_problem(problem, classes, outputs, loss=loss)
        return
    if problem != "regression" and losses[loss].spread:
        with pytest.raises(RecipeError, match=f"predicts no spread, in .* – got '{loss}'"):
            for_problem(problem, classes, outputs // 2, loss=loss)
        return
    task = for_problem(problem, classes, outputs, loss=losses[loss])
    targets = jnp.arange(6) % classes if classes > 1 else jnp.linspace(0, 1, 6)[:, None]
    if problem == "several_labels":
        targets = jnp.asarray(RANDOM.integers(0, 2, (6, classes)), jnp.float32)

    def total(scores):
        rows = task.row_losses(scores, targets)
        return rows.sum(), rows

    slopes, rows = jax.jit(jax.grad(total, has_aux=True))(scores)
    assert rows.shape == (6,)
    assert np.isfinite(rows).all()
    assert np.isfinite(slopes).all()
    assert task.loss == loss
    if problem == "classification":
        np.testing.assert_allclose(task.probabilities(scores).sum(axis=1), 1, rtol=1e-6)
    equal = task.row_losses(jnp.zeros_like(scores), targets)  # L11
    if task.first_loss is not None:
        np.testing.assert_allclose(equal, task.first_loss, rtol=1e-6)


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
        lambda: for_problem("regression").spreads(jnp.zeros((1, 1))),
        lambda: for_problem("regression", loss="gaussian_nll"),
        lambda: for_problem("regression", loss=3),
        lambda: for_problem("several_labels", 3, 3, loss="hinge"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(make):
    with pytest.raises(LeadlineError, match="hint: "):
        make()


def test_smoothing_out_of_range():
    with pytest.raises(RecipeError, match=r"label_smoothing – must be a number in \[0, 1\) – got 1.0"):
        for_problem("classification", 3, 3, label_smoothing=1.0)


def test_several_labels_are_each_a_sigmoid_with_binary_cross_entropy():  # L6, L10
    task = for_problem("several_labels", classes=3, outputs=3)
    scores = RANDOM.normal(size=(20, 3)).astype(np.float32)
    targets = RANDOM.integers(0, 2, (20, 3)).astype(np.float32)
    expected = functional.binary_cross_entropy_with_logits(
        torch.tensor(scores), torch.tensor(targets), reduction="none"
    ).mean(1)
    np.testing.assert_allclose(task.row_losses(scores, targets), expected.numpy(), rtol=1e-5)
    np.testing.assert_allclose(task.predictions(jnp.asarray(scores)), 1 / (1 + np.exp(-scores)), rtol=1e-5)
    smooth = for_problem("several_labels", 3, 3, label_smoothing=0.2).row_losses(scores, targets)
    softened = functional.binary_cross_entropy_with_logits(
        torch.tensor(scores), torch.tensor(targets * 0.8 + 0.1), reduction="none"
    ).mean(1)
    np.testing.assert_allclose(smooth, softened.numpy(), rtol=1e-5)


@pytest.mark.parametrize(("loss", "factor"), [("gaussian_nll", 1.0), ("laplace_nll", math.sqrt(2))])
def test_a_predicted_spread_is_a_standard_deviation_within_bounds(loss, factor):
    task = for_problem("regression", outputs=2, loss=loss)
    scores = jnp.array([[3.0, 0.0], [-1.0, math.log(2)], [0.0, 1e8], [0.0, -1e8]])
    np.testing.assert_allclose(task.predictions(scores), scores[:, :1])
    np.testing.assert_allclose(
        task.spreads(scores)[:, 0], [factor, 2 * factor, factor * 1e6, factor * 1e-6], rtol=1e-5
    )


def test_pairings_list_what_goes_together():  # L10
    table = pairings()
    kinds = {line.kind for line in table}
    assert kinds == {"regression", "binary", "one_of_many", "several_labels"}
    usual = {kind: next(line for line in table if line.kind == kind) for kind in kinds}
    assert {kind: (line.loss, line.link, line.scores) for kind, line in usual.items()} == {
        "regression": ("mse", "identity", "1 score"),
        "binary": ("binary_cross_entropy", "sigmoid", "1 score"),
        "one_of_many": ("cross_entropy", "softmax", "1 score for each class"),
        "several_labels": ("binary_cross_entropy", "sigmoid", "1 score for each label"),
    }
    assert set(losses) == {line.loss for line in table}
    shape = {
        "regression": ("regression", 1),
        "binary": ("classification", 2),
        "one_of_many": ("classification", 3),
    }
    for line in table:
        problem, classes = shape.get(line.kind, ("several_labels", 3))
        outputs = 2 if line.scores.startswith("2") else 1 if line.scores == "1 score" else classes
        task = for_problem(problem, classes, outputs, loss=line.loss)
        assert (task.kind, task.link) == (line.kind, line.link)
        assert line.loss in task.suited_losses
