"""What a remedy does to inputs and targets: scale them, or write classes in another form.

Comes in: arrays of the training part, and perhaps those to judge by. Goes out: the same, by what the training part
says alone.
"""

from __future__ import annotations

import numpy as np

from leadline.core.errors import RecipeError
from leadline.program.targets import Form, codes_of, form_of, table_of

Pair = tuple[np.ndarray, np.ndarray | None]


def prepare_inputs(inputs: np.ndarray, how: str, others: np.ndarray | None = None) -> Pair:
    """Return inputs scaled, and others scaled alike.

    Args:
        inputs: Shape (B, ...), of the training part.
        how: "standardized" (each feature; each channel of images) or "divided by 255".
        others: To judge by.

    Raises:
        RecipeError: There is no such way.

    Example:
        >>> prepare_inputs(np.array([[0.0], [2.0]]), "standardized")[0].ravel().tolist()
        [-1.0, 1.0]
    """
    if how == "divided by 255":
        return inputs / np.float32(255), None if others is None else others / np.float32(255)
    if how != "standardized":
        raise RecipeError.at("change 'data.inputs'", "'standardized' or 'divided by 255'", repr(how))
    over = tuple(range(inputs.ndim - 1)) if inputs.ndim > 2 else (0,)
    mean, spread = inputs.mean(axis=over), inputs.std(axis=over)
    mean, spread = (
        np.where(spread > 0, mean, 0),
        np.where(spread > 0, spread, 1),
    )  # a constant column may be the bias

    def scaled(array: np.ndarray) -> np.ndarray:
        return np.asarray((array - mean) / spread, np.float32)

    return scaled(inputs), None if others is None else scaled(others)


def prepare_targets(targets: np.ndarray, how: str, others: np.ndarray | None, form: Form) -> Pair:
    """Return targets in another form, and others alike.

    Args:
        targets: Shape (B,) or (B, K), of the training part.
        how: "standardized", "within 0 and 1", "one_hot", "codes", "yes_no" or "column" (shape (B, 1)).
        others: To judge by.
        form: What the targets look like.

    Raises:
        RecipeError: There is no such way.

    Example:
        >>> codes = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
        >>> prepare_targets(codes, "one_hot", None, form_of(codes))[0][1].tolist()
        [0.0, 1.0, 0.0]
    """
    first, _, rest = how.partition(", then ")
    if rest:
        own, others = prepare_targets(targets, first, others, form)
        return prepare_targets(own, rest, others, form_of(own))
    scale = {"standardized": _standardized, "within 0 and 1": _within}.get(how)
    if scale is not None:
        low, size = scale(table_of(targets))
        return tuple(None if one is None else _scaled(one, low, size) for one in (targets, others))  # type: ignore[return-value]  # two in, two out
    if how == "column":
        return tuple(None if one is None else one.reshape(len(one), -1) for one in (targets, others))  # type: ignore[return-value]  # two in, two out
    if how not in ("one_hot", "codes", "yes_no"):
        raise RecipeError.at("change 'data.targets'", "a way that is known", repr(how))

    def told(one: np.ndarray | None) -> np.ndarray | None:
        if one is None:
            return None
        codes = codes_of(one, form, targets)
        if how == "one_hot":
            return np.asarray(np.eye(form.classes, dtype=np.float32)[codes])
        column = np.ndim(one) == 2 and form.columns == 1
        return codes.astype(np.float32)[:, None] if column else codes.astype(np.float32)

    return told(targets), told(others)  # type: ignore[return-value]  # the first is not None


def _standardized(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = table.std(axis=0)
    return table.mean(axis=0), np.where(spread > 0, spread, 1)


def _within(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    reach = np.ptp(table, axis=0)
    return table.min(axis=0), np.where(reach > 0, reach, 1)


def _scaled(targets: np.ndarray, low: np.ndarray, size: np.ndarray) -> np.ndarray:
    return np.asarray((table_of(targets) - low) / size, np.float32).reshape(targets.shape)
