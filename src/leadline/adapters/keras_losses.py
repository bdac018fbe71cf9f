"""Losses of Keras as written: what each takes the outputs and the targets for.

Comes in: what ``compile`` was given. Goes out: a :class:`~leadline.program.written.Written`, and words on what it
cannot say. Keras keeps probabilities 1e-7 from 0 and 1, divides those of a categorical cross-entropy by their sum, and
makes targets of shape (B,) to (B, 1) where the outputs have that shape.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadline.adapters.layout import snake
from leadline.program.written import KERAS_CLIP, Written

WRITTEN = {
    "mean_squared_error": Written("mse"),
    "mean_absolute_error": Written("mae"),
    "huber": Written("huber"),
    "log_cosh": Written("log_cosh"),
    "binary_crossentropy": Written("binary_cross_entropy", "probabilities", "columns", KERAS_CLIP),
    "categorical_crossentropy": Written(
        "cross_entropy", "probabilities", "columns", KERAS_CLIP, normalizes=True
    ),
    "sparse_categorical_crossentropy": Written("cross_entropy", "probabilities", "codes", KERAS_CLIP),
    "kl_divergence": Written("kl_divergence", "probabilities", "columns", KERAS_CLIP),
}
SHORT = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "logcosh": "log_cosh", "kld": "kl_divergence",
    "bce": "binary_crossentropy", "kldivergence": "kl_divergence", "kullback_leibler_divergence": "kl_divergence",
}  # fmt: skip


def name_of(loss: Any) -> str:
    """Return the long name of a loss: of a word, an object or a function.

    Example:
        >>> name_of("mse"), name_of("CategoricalCrossentropy")
        ('mean_squared_error', 'categorical_crossentropy')
    """
    if isinstance(loss, str):
        text = loss if loss.islower() else snake(loss)
    else:
        text = getattr(loss, "__name__", "") or snake(type(loss).__name__)
    return SHORT.get(text, SHORT.get(text.replace("_", ""), text))


def written_loss(loss: Any) -> tuple[Written | None, list[str]]:
    """Return a loss as written, and what cannot be said of it.

    Args:
        loss: As ``compile`` was given it.

    Example:
        >>> loss, words = written_loss("categorical_crossentropy")
        >>> loss.reads, loss.normalizes, loss.expands, words
        ('probabilities', True, True, [])
    """
    if isinstance(loss, (list, tuple, dict)) or loss is None:
        what = "No loss was compiled" if loss is None else "There are several losses"
        return None, [f"{what}: what the targets and the outputs are taken for was not seen."]
    name = name_of(loss)
    if name not in WRITTEN:
        return None, [f"The loss {name} is not one whose arithmetic is known here."]
    written, words = WRITTEN[name], []
    settings = {**getattr(loss, "__dict__", {}), **getattr(loss, "_fn_kwargs", {})}
    if settings.get("from_logits"):
        written = replace(written, reads="scores", clip=0.0, normalizes=False)
    reduction = getattr(loss, "reduction", "sum_over_batch_size")
    if reduction == "sum":
        written = replace(written, reduction="sum")
    elif reduction in (None, "none"):
        words.append(
            f"The loss {name} has reduction={reduction!r}: how its rows become one number was not seen."
        )
    if settings.get("label_smoothing"):
        words.append(
            f"The loss smooths labels by {settings['label_smoothing']:g}, which the record does not hold."
        )
    if settings.get("delta", 1.0) != 1.0:
        words.append(
            f"The loss changes from squares to sizes at {settings['delta']:g}; the record takes it for 1."
        )
    if settings.get("axis", -1) not in (-1, 1):
        written = replace(written, axis="rows") if settings["axis"] == 0 else written
    return written, words
