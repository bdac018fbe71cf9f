"""What goes together: the kinds of task with the losses, links and scores that belong to them.

In: nothing. Out: the table that the tasks obey and the documentation shows. A loss that is not in it may still be
computed for a kind; it is then used, and told as a finding.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadline.nn.losses import Loss, losses

GO_TOGETHER = {  # kind: {loss: what its scores answer}; the first is the usual one
    "regression": {
        "mse": "the mean",
        "mae": "the median",
        "huber": "a mean that outliers pull less",
        "log_cosh": "a mean that outliers pull less",
        "pinball": "a quantile",
        "gaussian_nll": "mean and spread",
        "laplace_nll": "median and spread",
        "binary_cross_entropy": "a share, for targets in [0, 1]",
    },
    "binary": {
        "binary_cross_entropy": "the probability of the second class",
        "cross_entropy": "the probability of the second class",
        "focal": "a class, where one is rare; no probability",
        "binary_focal": "a class, where the second is rare; no probability",
        "hinge": "a class; no probability",
    },
    "one_of_many": {
        "cross_entropy": "the probability of each class",
        "focal": "a class, where some are rare; no probability",
        "hinge": "a class; no probability",
    },
    "several_labels": {
        "binary_cross_entropy": "the probability of each label",
        "binary_focal": "labels, where they are rare; no probability",
    },
}
LINKS = {
    "regression": "identity",
    "binary": "sigmoid",
    "one_of_many": "softmax",
    "several_labels": "sigmoid",
}


@dataclass(frozen=True)
class Pairing:
    """One line of the table of what goes together.

    Args:
        kind: Of the task.
        loss: Name of the loss.
        link: What makes predictions of the scores.
        scores: What the network ends in.
        answers: What the predictions then are.
    """

    kind: str
    loss: str
    link: str
    scores: str
    answers: str


def pairings() -> tuple[Pairing, ...]:
    """Return which kinds, scores, links and losses go together; the first of a kind is the usual one.

    Other losses that can be computed are obeyed, and told as a finding.

    Example:
        >>> next(line for line in pairings() if line.kind == "several_labels").link
        'sigmoid'
    """
    return tuple(
        Pairing(kind, loss, link_of(kind, losses[loss]), _scores(kind, losses[loss]), answers)
        for kind, those in GO_TOGETHER.items()
        for loss, answers in those.items()
    )


def link_of(kind: str, loss: Loss) -> str:
    """Return what makes predictions of scores: it belongs to the kind, in regression to the loss."""
    return loss.link if kind == "regression" else LINKS[kind]


def _scores(kind: str, loss: Loss) -> str:
    if kind == "regression":
        return "1 score" if loss.spread is None else "2 scores: mean, log of the spread"
    return {"binary": "1 score"}.get(
        kind, f"1 score for each {'class' if kind == 'one_of_many' else 'label'}"
    )
