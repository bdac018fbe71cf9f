import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from leadline.evaluation import metrics


def outputs_and_targets(seed, rows=200, classes=4, dtype=np.float64):
    draw = np.random.default_rng(seed)
    probabilities = draw.dirichlet(np.full(classes, 0.4), size=rows).astype(dtype)
    return probabilities, draw.integers(0, classes, size=rows)


cases = st.builds(
    outputs_and_targets, st.integers(0, 10_000), rows=st.integers(1, 60), classes=st.integers(2, 6)
)


@pytest.mark.parametrize("seed", range(3))
def test_classification_is_scikit_learns(seed):
    probabilities, targets = outputs_and_targets(seed)
    predicted = metrics.predicted_classes(probabilities)
    each = metrics.per_class(targets, predicted, 4)
    precision, recall, f1, rows = reference.precision_recall_fscore_support(targets, predicted)
    assert metrics.accuracy(targets, predicted) == pytest.approx(reference.accuracy_score(targets, predicted))
    assert metrics.balanced_accuracy(targets, predicted, 4) == pytest.approx(
        reference.balanced_accuracy_score(targets, predicted)
    )
    assert np.array_equal(
        metrics.confusion(targets, predicted, 4), reference.confusion_matrix(targets, predicted)
    )
    assert each.recall == pytest.approx(recall)
    assert each.precision == pytest.approx(precision)
    assert each.f1 == pytest.approx(f1)
    assert each.rows.tolist() == rows.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_judged_as_by_scikit_learn(seed):
    probabilities, targets = outputs_and_targets(seed)
    assert metrics.row_log_losses(probabilities, targets).mean() == pytest.approx(
        reference.log_loss(targets, probabilities)
    )
    assert metrics.row_brier(probabilities, targets).mean() == pytest.approx(
        reference.brier_score_loss(targets, probabilities, labels=range(4), scale_by_half=False)
    )


@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_regression_is_scikit_learns_even_far_from_zero(offset):
    draw = np.random.default_rng(0)
    targets = draw.normal(size=300) + offset
    values = targets + draw.normal(0.1, 0.5, size=300)
    means = metrics.regression_parts(values, targets).mean(axis=0)
    scale = metrics.target_scale(targets)
    assert float(metrics.r2(means)) == pytest.approx(reference.r2_score(targets, values), abs=1e-9)
    assert means[0] * scale == pytest.approx(reference.mean_absolute_error(targets, values))
    assert np.sqrt(means[1]) * scale == pytest.approx(reference.root_mean_squared_error(targets, values))


@settings(deadline=None, max_examples=50)
@given(cases)
def test_accuracy_is_the_trace_of_the_confusion(case):
    probabilities, targets = case
    classes = probabilities.shape[1]
    predicted = metrics.predicted_classes(probabilities)
    table = metrics.confusion(targets, predicted, classes)
    assert table.sum() == len(targets)
    assert metrics.accuracy(targets, predicted) == pytest.approx(np.trace(table) / table.sum())
    assert table.sum(axis=1).tolist() == np.bincount(targets, minlength=classes).tolist()


@settings(deadline=None, max_examples=50)
@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case, random):
    probabilities, targets = case
    order = list(range(len(targets)))
    random.shuffle(order)
    predicted, classes = metrics.predicted_classes(probabilities), probabilities.shape[1]
    assert metrics.balanced_accuracy(targets, predicted, classes) == metrics.balanced_accuracy(
        targets[order], predicted[order], classes
    )
    losses = metrics.row_log_losses(probabilities, targets)
    assert np.array_equal(metrics.row_log_losses(probabilities[order], targets[order]), losses[order])


@settings(deadline=None, max_examples=50)
@given(cases)
def test_shares_stay_in_bounds(case):
    probabilities, targets = case
    predicted = metrics.predicted_classes(probabilities)
    each = metrics.per_class(targets, predicted, probabilities.shape[1])
    for share in (each.recall, each.precision, each.f1):
        known = share[~np.isnan(share)]
        assert ((known >= 0) & (known <= 1)).all()
    brier = metrics.row_brier(probabilities, targets)
    assert ((brier >= 0) & (brier <= 2)).all()
    assert (metrics.row_log_losses(probabilities, targets) >= 0).all()


@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 15.942), (np.float64, 36.044)])
def test_a_certain_mistake_costs_much_but_not_infinitely_much(dtype, most):
    certain = np.array([[1.0, 0.0]], dtype)
    assert metrics.row_log_losses(certain, np.array([1])) == pytest.approx([most], abs=1e-3)
    with warnings.catch_warnings():
        # scikit-learn warns of labels that do not all occur.
        warnings.simplefilter("ignore")
        assert reference.log_loss([1], certain, labels=[0, 1]) == pytest.approx(most, abs=1e-3)


def test_a_class_that_neither_occurs_nor_is_predicted_is_unknown():
    each = metrics.per_class(np.array([0, 0, 1]), np.array([0, 2, 2]), 4)
    assert each.rows.tolist() == [2, 1, 0, 0]
    assert each.recall == pytest.approx([0.5, 0, np.nan, np.nan], nan_ok=True)
    assert each.precision == pytest.approx([1, np.nan, 0, np.nan], nan_ok=True)
    assert each.f1 == pytest.approx([2 / 3, 0, 0, np.nan], nan_ok=True)


def test_rows_that_are_not_finite_are_never_right():
    broken = np.array([[np.nan, 1.0], [np.inf, 0.0], [0.2, 0.8]])
    targets = np.array([1, 0, 1])
    predicted = metrics.predicted_classes(broken)
    assert predicted.tolist() == [-1, -1, 1]
    assert metrics.accuracy(targets, predicted) == pytest.approx(1 / 3)
    assert metrics.per_class(targets, predicted, 2).recall.tolist() == [0.0, 0.5]
    assert metrics.confusion(targets, predicted, 2).sum() == 1
    assert np.isnan(metrics.row_log_losses(broken, targets)).tolist() == [True, True, False]
    assert np.isnan(metrics.row_brier(broken, targets)).tolist() == [True, True, False]


def test_r2_is_unknown_where_targets_are_all_the_same():
    targets = np.full(5, 3.0)
    assert np.isnan(metrics.r2(metrics.regression_parts(targets + 1, targets).mean(axis=0)))
