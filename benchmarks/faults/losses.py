"""Losses of cases: the words of a case become a loss as written, with Keras' arithmetic.

Comes in: the name of a loss and what the network ends with. Goes out: a :class:`~leadline.program.written.Written`,
and the activation that the loss applies by hand, which then belongs to the network.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.faults.cases import CaseError
from leadline.core.text import did_you_mean
from leadline.program.written import Written

PROBABILITIES = Written("cross_entropy", "probabilities", "columns", normalizes=True)
CODES = Written("cross_entropy", "probabilities", "codes", normalizes=True)
SCORES = Written("cross_entropy", "scores", "columns")
BY_NAME = {
    "mse": Written("mse"),
    "mean_squared_error": Written("mse"),
    "mae": Written("mae"),
    "mean_absolute_error": Written("mae"),
    "huber": Written("huber"),
    "logcosh": Written("log_cosh"),
    "log_cosh": Written("log_cosh"),
    "kl_divergence": Written("kl_divergence", "probabilities", "columns"),
    "kld": Written("kl_divergence", "probabilities", "columns"),
    "binary_crossentropy": Written("binary_cross_entropy", "probabilities", "columns"),
    "binary_crossentropy_from_logits": Written("binary_cross_entropy", "scores", "columns"),
    "sigmoid_cross_entropy": Written("binary_cross_entropy", "scores", "columns"),
    "bce_on_raw_logits": Written("binary_cross_entropy", "probabilities", "columns", clip=0.0),
    "categorical_crossentropy": PROBABILITIES,
    "categorical_crossentropy_from_logits": SCORES,
    "softmax_cross_entropy": SCORES,
    "softmax_ce_logits": SCORES,
    "sparse_categorical_crossentropy": CODES,
    "sparse_categorical_crossentropy_from_logits": Written("cross_entropy", "scores", "codes"),
    "sparse_softmax_cross_entropy": Written("cross_entropy", "scores", "codes"),
}
BY_HAND = {
    "cross_entropy_manual_log": Written("cross_entropy", "probabilities", "columns", clip=0.0),
    "bce_manual_log": Written("binary_cross_entropy", "probabilities", "columns", clip=0.0),
}


class LossOf(NamedTuple):
    """A loss, and the activation it applies by hand ("" for none)."""

    loss: Written
    applies: str = ""


def loss_of(name: str, ends_with: str = "softmax", units: int = 2) -> LossOf:
    """Return the loss of a name.

    Args:
        name: As a case has it.
        ends_with: Activation of the last layer; a loss by hand after a linear one applies its own.
        units: Of the last layer.

    Raises:
        CaseError: Nobody knows the name.

    Example:
        >>> loss_of("sum_cross_entropy_manual_log", "linear", 10).applies
        'softmax'
    """
    plain = name.split("(")[0].strip().lower()
    if plain in BY_NAME:
        return LossOf(BY_NAME[plain])
    for ending, loss in BY_HAND.items():
        if plain.endswith(ending):
            reduction = "sum" if plain.startswith("sum") else "mean"
            by_hand = "softmax" if units > 1 else "sigmoid"
            made = Written(loss.name, loss.reads, loss.labels, clip=0.0, reduction=reduction)
            return LossOf(made, by_hand if ends_with == "linear" else "")
    known = [*BY_NAME, *BY_HAND]
    raise CaseError.at("loss", "one that is known", repr(name), did_you_mean(plain, known))
