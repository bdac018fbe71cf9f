"""Losses of PyTorch as written: what each takes the outputs and the targets for.

Comes in: a module or a function of :mod:`torch.nn`. Goes out: a :class:`~leadline.program.written.Written`, and words
on what it cannot say. Targets of shape (B,) broadcast as rows, and nothing is divided by its sum.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from leadline.program.written import Written

SMALLEST_LOG = -100.0  # BCELoss keeps logarithms above it
_BCE_CLIP = math.exp(SMALLEST_LOG)
_CROSS = Written("cross_entropy", "scores", "codes", clip=0.0, expands=False)
_NUMBERS = {
    name: Written(name, clip=0.0, expands=False)
    for name in ("mse", "mae", "huber")
}  # fmt: skip
_BCE = Written("binary_cross_entropy", "probabilities", "columns", clip=_BCE_CLIP, expands=False)
WRITTEN = {
    "CrossEntropyLoss": _CROSS,
    "BCELoss": _BCE,
    "BCEWithLogitsLoss": replace(_BCE, reads="scores", clip=0.0),
    "MSELoss": _NUMBERS["mse"],
    "L1Loss": _NUMBERS["mae"],
    "SmoothL1Loss": _NUMBERS["huber"],
    "HuberLoss": _NUMBERS["huber"],
}
OF_LOGS = {
    "NLLLoss": _CROSS,
    "KLDivLoss": Written("kl_divergence", "scores", "columns", clip=0.0, expands=False),
}
"""Losses of log-probabilities. A log-softmax of a log-softmax changes nothing, so that after one they are the same as
losses of scores, to the last digit. After anything else they are losses of nothing that has a name here."""

FUNCTIONS = {
    "cross_entropy": "CrossEntropyLoss", "binary_cross_entropy": "BCELoss", "nll_loss": "NLLLoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "mse_loss": "MSELoss", "l1_loss": "L1Loss",
    "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss", "kl_div": "KLDivLoss",
}  # fmt: skip


def written_loss(loss: Any, ending: str | None, shares: bool) -> tuple[Written | None, list[str]]:
    """Return a loss as written, and what cannot be said of it.

    Args:
        loss: A module, or a function of ``torch.nn.functional`` with the choices it has by itself.
        ending: Activation at the end of the network, where known.
        shares: Whether its targets were seen to be no whole numbers, so that a cross-entropy takes them for columns.

    Example:
        >>> class BCELoss: reduction = "sum"
        >>> loss, words = written_loss(BCELoss(), "sigmoid", False)
        >>> loss.reads, loss.reduction, words
        ('probabilities', 'sum', [])
    """
    name = type(loss).__name__
    name = FUNCTIONS.get(getattr(loss, "__name__", ""), name)
    if name in OF_LOGS:
        if ending != "log_softmax":
            return None, [
                f"{name} takes log-probabilities, and the network does not end in log_softmax"
                f"{'' if ending is None else f' but in {ending}'}: what the loss then measures has no name here."
            ]
        written = OF_LOGS[name]
    elif name in WRITTEN:
        written = WRITTEN[name]
    else:
        return None, [f"The loss {name} is not one whose arithmetic is known here."]
    if name == "CrossEntropyLoss" and shares:
        written = replace(written, labels="columns")
    reduction = str(getattr(loss, "reduction", "mean"))
    written = replace(written, reduction="sum" if reduction == "sum" else "mean")
    return written, _beside(loss, name, reduction)


def _beside(loss: Any, name: str, reduction: str) -> list[str]:
    """Say what of a loss is left out of the record."""
    words = []
    if reduction not in ("sum", "mean", "batchmean"):
        words.append(f"{name} has reduction={reduction!r}: how its rows become one number was not seen.")
    weights = [choice for choice in ("weight", "pos_weight") if getattr(loss, choice, None) is not None]
    words += [
        f"{name} has {one}: its rows count differently, which the record does not hold." for one in weights
    ]
    if getattr(loss, "label_smoothing", 0.0):
        words.append(f"{name} smooths labels by {loss.label_smoothing:g}, which the record does not hold.")
    size = getattr(loss, "beta", getattr(loss, "delta", 1.0))
    if name in ("SmoothL1Loss", "HuberLoss") and size != 1:
        words.append(f"{name} changes from squares to sizes at {size:g}; the record takes it for 1.")
    return words
