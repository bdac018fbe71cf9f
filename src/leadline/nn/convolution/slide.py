"""How kernels slide over the axes of their inputs: steps, zeros around, gaps; and what they meet on the way.

In: shapes and what was chosen for each axis. Out: positions, and views of what stands at each place of a kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.windows import Window

Axes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
LAYOUTS = {  # channels last: the only ones that are fast in a compiled loop
    2: ("NHWC", "HWIO", "NHWC"),
    3: ("NDHWC", "DHWIO", "NDHWC"),
}


class Slide(NamedTuple):
    """How kernels slide, for each axis.

    Args:
        stride: From one position to the next.
        padding: Zeros before and after; negative ones cut.
        dilation: From one place in the kernel to the next.

    Example:
        >>> Slide((2,), ((1, 1),), (1,)).positions((9,), (3,))
        (5,)
    """

    stride: Axes
    padding: Pairs
    dilation: Axes

    @classmethod
    def over(cls, windows: tuple[Window, ...]) -> Slide:
        """Return how kernels slide that stand in these windows."""
        return cls(
            tuple(w.stride for w in windows),
            tuple(w.sides for w in windows),
            tuple(w.dilation for w in windows),
        )

    @property
    def layout(self) -> tuple[str, str, str]:
        """The names of the axes of inputs, kernel and outputs, for JAX."""
        return LAYOUTS[len(self.stride)]

    @property
    def on_images(self) -> Slide:
        """The same for sequences as images of height 1."""
        return Slide((1, *self.stride), ((0, 0), *self.padding), (1, *self.dilation))

    def positions(self, lengths: Axes, sizes: Axes) -> Axes:
        """Return how many positions kernels of these sizes have on axes of these lengths."""
        each = zip(lengths, sizes, *self, strict=True)
        return tuple(
            (length - (size - 1) * gap - 1 + sum(sides)) // step + 1
            for length, size, step, sides, gap in each
        )


class Axis(NamedTuple):
    """The numbers of one axis: lengths of inputs, kernel and positions, and how the kernel slides there."""

    length: int
    size: int
    positions: int
    stride: int
    before: int
    dilation: int

    @property
    def reach(self) -> int:
        """From the first place under the kernel to the last, without one of them."""
        return (self.size - 1) * self.dilation

    @property
    def span(self) -> int:
        """From the first position to the last, without one of them."""
        return (self.positions - 1) * self.stride


def each_axis(lengths: Axes, sizes: Axes, counts: Axes, slide: Slide) -> Iterator[Axis]:
    """Yield the numbers of each axis.

    Example:
        >>> next(each_axis((9,), (3,), (4,), Slide((2,), ((0, 0),), (1,)))).span
        6
    """
    for length, size, count, step, (before, _), gap in zip(lengths, sizes, counts, *slide, strict=True):
        yield Axis(length, size, count, step, before, gap)


def views(
    inputs: Float[Array, "B *axes C"], sizes: Axes, slide: Slide
) -> list[Float[Array, "B *positions C"]]:
    """Return for each place in a kernel of these sizes what it meets at all its positions.

    Example:
        >>> met = views(jnp.array([[[3.0], [4.0]]]), (2,), Slide((1,), ((1, 0),), (1,)))
        >>> [view[0, :, 0].tolist() for view in met]
        [[0.0, 3.0], [3.0, 4.0]]
    """
    padded = jnp.pad(inputs, ((0, 0), *slide.padding, (0, 0)))
    counts = slide.positions(inputs.shape[1:-1], sizes)
    found = []
    for place in product(*map(range, sizes)):
        each = zip(place, counts, slide.stride, slide.dilation, strict=True)
        cut = (slice(at * gap, at * gap + (count - 1) * step + 1, step) for at, count, step, gap in each)
        found.append(padded[:, *cut])
    return found
