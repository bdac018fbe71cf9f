"""The convolutional network: convolutions and pooling by turns, then a dense head (LeCun et al., 1998)."""

from __future__ import annotations

from leadline.core.errors import NetworkError
from leadline.nn import Conv, Dense, Dropout, Flatten, Layer, MaxPool, Sequential, Shape, relu


def cnn(
    outputs: int,
    shape: Shape,
    channels: tuple[int, ...] = (16, 32),
    units: int = 64,
    dropout: float = 0.0,
) -> Sequential:
    """Return a convolutional network for images (H, W, C) or sequences (T, F).

    After each convolution of kernel 3 the largest of 2 (by 2) places is kept, as long as every axis has 2 of
    them; an odd last row or column is left out.

    Args:
        outputs: Number of scores.
        shape: Of one input, without the batch.
        channels: Kernels of each convolution; they double while the picture halves.
        units: Of the dense layer before the scores.
        dropout: Share dropped before the scores, in [0, 1); none by default.

    Raises:
        NetworkError: Inputs are neither images nor sequences, or a choice is out of range.

    Example:
        >>> from leadline.nn import summary
        >>> summary(cnn(10, (8, 8, 1)), (8, 8, 1)).total
        13706
    """
    if len(shape) not in (2, 3):
        raise NetworkError.at(
            "cnn", "given images (H, W, C) or sequences (T, F)", f"shape {shape}", "ll.models.mlp(...)"
        )
    found: list[Layer] = []
    sizes = shape[:-1]
    for number in channels:
        found.append(Conv(number, 3, relu))
        if min(sizes) > 1:
            found.append(MaxPool(2, floor=any(size % 2 for size in sizes)))
            sizes = tuple(size // 2 for size in sizes)
    found += [Flatten(), Dense(units, relu)]
    if dropout:
        found.append(Dropout(dropout))
    return Sequential([*found, Dense(outputs)])
