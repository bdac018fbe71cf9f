"""Where a window of a convolution or pooling fits on an axis, and what to say where it does not.

In: lengths, window, stride, padding, dilation. Out: padding on both sides and output lengths, or an error with
the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadline.core.errors import NetworkError, Problems
from leadline.nn.base import Layer, Shape
from leadline.nn.choices import expanded

AXES = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}


@dataclass(frozen=True)
class Window:
    """A window on one axis.

    Args:
        length: W, of the axis.
        size: F, of the window.
        stride: S, from one window to the next.
        padding: "same", "valid", "causal" (all of it before, so that no window looks ahead) or P, the zeros on
            each side.
        dilation: D, from one place in the window to the next; 1 has no gaps.

    Example:
        >>> Window(5, 3, 2, "valid").steps, Window(5, 3, 2, 2).steps
        (2.0, 4.0)
        >>> Window(5, 3, 2, 2).count, Window(8, 3, 2, "same").count, Window(9, 3, 1, 0, dilation=4).count
        (4, 4, 1)
    """

    length: int
    size: int
    stride: int
    padding: str | int
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Places from the first under the window to the last, gaps included: (F - 1)·D + 1."""
        return (self.size - 1) * self.dilation + 1

    @property
    def sides(self) -> tuple[int, int]:
        """Zeros before and after; "same" puts the odd one after."""
        if self.padding == "same":
            count = -(-self.length // self.stride)
            total = max((count - 1) * self.stride + self.reach - self.length, 0)
            return total // 2, total - total // 2
        if self.padding == "causal":
            return self.reach - 1, 0
        side = 0 if isinstance(self.padding, str) else self.padding
        return side, side

    @property
    def steps(self) -> float:
        """Positions of the window, as a fraction where the stride does not divide."""
        return (self.length - self.reach + sum(self.sides)) / self.stride + 1

    @property
    def count(self) -> int:
        """Positions of the window, without a last one that would stand over the edge."""
        return (self.length - self.reach + sum(self.sides)) // self.stride + 1

    @property
    def reach_letters(self) -> str:
        """How the reach is written in formulas."""
        return "F" if self.dilation == 1 else "(F - 1)·D + 1"

    @property
    def letters(self) -> str:
        """The formula of the positions; a dilated window reaches (F - 1)·D + 1 instead of F."""
        reach = "F" if self.dilation == 1 else "(F - 1)·D - 1"
        return f"(W - {reach} + {'P' if self.padding == 'causal' else '2P'})/S + 1"

    @property
    def formula(self) -> str:
        """The formula with the numbers."""
        before, after = self.sides
        padding = f"{before}" if self.padding == "causal" else f"2·{after}"
        reach = f"{self.size}" if self.dilation == 1 else f"({self.size} - 1)·{self.dilation} - 1"
        return f"({self.length} - {reach} + {padding})/{self.stride} + 1 = {self.steps:g}"


def windows_over(
    shape: Shape,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: str | int | tuple[str | int, ...],
    dilation: int | tuple[int, ...] = 1,
) -> tuple[Window, ...]:
    """Return the window on each axis of inputs of this shape, without the batch and with the channels last.

    Example:
        >>> [window.sides for window in windows_over((6, 9, 1), 3, 1, ("valid", 2))]
        [(0, 0), (2, 2)]
    """
    axes = len(shape) - 1
    each = (expanded(chosen, axes) for chosen in (size, stride, padding, dilation))
    return tuple(Window(*one) for one in zip(shape[:-1], *each, strict=True))


def output_lengths(windows: tuple[Window, ...], floor: bool, where: str, hint: str) -> tuple[int, ...]:
    """Return how often the windows fit on each axis.

    Args:
        windows: One for each axis.
        floor: Leave out what stands over the edge, instead of an error.
        where: The layer, for errors.
        hint: What to type instead.

    Raises:
        NetworkError: A window is larger than its axis or stands on padding alone, or its stride does not divide
            and ``floor`` is not set.
    """
    problems = Problems()
    for axis, window in zip(AXES[len(windows)], windows, strict=True):
        if isinstance(window.padding, int) and window.padding >= window.reach:
            problems.add(where, *_on_zeros_alone(window, axis))
        elif window.count < 1:
            problems.add(where, *_too_large(window, axis))
        elif window.padding != "same" and not floor and window.steps != window.count:
            must_be = f"a stride that divides: whole out = {window.letters} for the {axis}"
            problems.add(where, must_be, f"out = {window.formula}", hint)
    problems.raise_as(NetworkError)
    return tuple(window.count for window in windows)


def _on_zeros_alone(window: Window, axis: str) -> tuple[str, str, str]:
    letters = window.reach_letters
    return (
        f"padded with P below {letters} on the {axis}: a window on zeros alone sees nothing",
        f"P = {window.padding}, {letters} = {window.reach}",
        f"padding={window.reach - 1} at most, or padding='same'",
    )


def _too_large(window: Window, axis: str) -> tuple[str, str, str]:
    letters = window.reach_letters
    return (
        f"a window that fits its input's {axis}: {letters} at most W + 2P",
        f"{letters} = {window.reach}, W + 2P = {window.length + sum(window.sides)}",
        "a smaller window, or fewer layers that shrink before it",
    )


def spatial_axes(layer: Layer, shape: Shape, sizes: tuple[object, ...], path: str) -> int:
    """Return how many axes a window slides over: 1 on (T, F), 2 on (H, W, C), 3 on (D, H, W, C).

    Args:
        layer: The layer, for errors.
        shape: Of its inputs, without the batch.
        sizes: What it was made with for its axes, padding too; a tuple must have one for each.
        path: Where the layer stands.

    Raises:
        NetworkError: The inputs are none of the three, a tuple of sizes has another length, or a padding is
            causal on other inputs than sequences.
    """
    axes = len(shape) - 1
    if axes not in AXES:
        raise NetworkError.at(
            layer.called(path),
            "given a sequence (T, F) or images (H, W, C) or volumes (D, H, W, C)",
            f"shape {shape}",
            "flat rows go to ll.Dense; put windows before ll.Flatten()",
        )
    for size in sizes:
        if isinstance(size, tuple) and len(size) != axes:
            raise NetworkError.at(
                layer.called(path),
                f"made with one number or {axes} for the axes of its inputs",
                f"{size} on shape {shape}",
                f"{size[0]}",
            )
        if axes > 1 and "causal" in (size if isinstance(size, tuple) else (size,)):
            raise NetworkError.at(
                layer.called(path),
                "padded as 'causal' only for a sequence (T, F): other axes have no before and after",
                f"{size!r} on shape {shape}",
                "padding='same'",
            )
    return axes
