"""The multi-layer perceptron: dense layers one after another."""

from __future__ import annotations

from leadline.nn import Activation, Dense, Dropout, Flatten, Layer, Sequential, Shape, relu


def mlp(
    outputs: int,
    widths: tuple[int, ...] = (64, 64),
    activation: Activation = relu,
    dropout: float = 0.0,
    shape: Shape = (),
) -> Sequential:
    """Return dense layers with an activation, then one that gives the scores.

    Args:
        outputs: Number of scores.
        widths: Units of each hidden layer; two of 64 learn most small tables and train in seconds.
        activation: Of the hidden layers.
        dropout: Share dropped after each hidden layer, in [0, 1); none by default.
        shape: Of one input, without the batch; more than one axis is flattened first. Rows by default.

    Raises:
        NetworkError: A choice is out of range.

    Example:
        >>> mlp(10, widths=(32,), dropout=0.5)
        ll.Sequential([ll.Dense(32, ll.relu), ll.Dropout(0.5), ll.Dense(10)])
    """
    found: list[Layer] = [Flatten()] if len(shape) > 1 else []
    for units in widths:
        found.append(Dense(units, activation))
        if dropout:
            found.append(Dropout(dropout))
    return Sequential([*found, Dense(outputs)])
