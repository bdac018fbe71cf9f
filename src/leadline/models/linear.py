"""The linear classifier (or regression): one layer from inputs to scores."""

from __future__ import annotations

from leadline.nn import Dense, Flatten, Sequential, Shape


def linear(outputs: int, shape: Shape = ()) -> Sequential:
    """Return the shallowest network: scores = x W + b.

    With a softmax task it is softmax regression, with one score logistic regression, with one number linear
    regression.

    Args:
        outputs: Number of scores.
        shape: Of one input, without the batch; more than one axis is flattened first. Rows by default.

    Example:
        >>> linear(10)
        ll.Sequential([ll.Dense(10)])
    """
    return Sequential([*([Flatten()] if len(shape) > 1 else []), Dense(outputs)])
