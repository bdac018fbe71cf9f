"""Where a window of a convolution or pooling fits on an axis, and what to say where it does not.

In: lengths, window, stride, padding. Out: padding on both sides and output lengths, or an error with the
numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadline.core.errors import NetworkError, Problems

AXES = {1: ("time",), 2: ("height", "width")}


@dataclass(frozen=True)
class Window:
    """A window on one axis.

    Args:
        length: W, of the axis.
        size: F, of the window.
        stride: S, from one window to the next.
        padding: "same", "valid" or rows of zeros on each side.

    Example:
        >>> Window(5, 3, 2, "valid").steps, Window(5, 3, 2, 2).steps
        (2.0, 4.0)
        >>> Window(5, 3, 2, 2).count, Window(8, 3, 2, "same").count
        (4, 4)
    """

    length: int
    size: int
    stride: int
    padding: str | int

    @property
    def sides(self) -> tuple[int, int]:
        """Zeros before and after; "same" puts the odd one after."""
        if self.padding == "same":
            count = -(-self.length // self.stride)
            total = max((count - 1) * self.stride + self.size - self.length, 0)
            return total // 2, total - total // 2
        side = 0 if isinstance(self.padding, str) else self.padding
        return side, side

    @property
    def steps(self) -> float:
        """Positions of the window, as a fraction where the stride does not divide: (W - F + 2P)/S + 1."""
        return (self.length - self.size + sum(self.sides)) / self.stride + 1

    @property
    def count(self) -> int:
        """Positions of the window, without a last one that would stand over the edge."""
        return (self.length - self.size + sum(self.sides)) // self.stride + 1

    @property
    def formula(self) -> str:
        """The formula with the numbers."""
        padding = 0 if isinstance(self.padding, str) else self.padding
        return f"({self.length} - {self.size} + 2·{padding})/{self.stride} + 1 = {self.steps:g}"


def output_lengths(windows: tuple[Window, ...], floor: bool, where: str, hint: str) -> tuple[int, ...]:
    """Return how often the windows fit on each axis.

    Args:
        windows: One for each axis.
        floor: Leave out what stands over the edge, instead of an error.
        where: The layer, for errors.
        hint: What to type instead.

    Raises:
        NetworkError: A window is larger than its axis, or its stride does not divide and ``floor`` is not
            set.
    """
    problems = Problems()
    for axis, window in zip(AXES[len(windows)], windows, strict=True):
        if window.count < 1:
            problems.add(
                where,
                f"a window that fits its input's {axis}: F at most W + 2P",
                f"F = {window.size}, W + 2P = {window.length + sum(window.sides)}",
                "a smaller window, or fewer layers that shrink before it",
            )
        elif window.padding != "same" and not floor and window.steps != window.count:
            problems.add(
                where,
                f"a stride that divides: whole out = (W - F + 2P)/S + 1 for the {axis}",
                f"out = {window.formula}",
                hint,
            )
    problems.raise_as(NetworkError)
    return tuple(window.count for window in windows)
