"""The evidence of a finding in characters: a few lines, never wider than the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.record.finding import Picture
from leadline.report.evidence import Axis, axis_of, drawn, picked
from leadline.report.wording import number

MOST_ROWS = 6
LEAST = 24  # characters; below, names and numbers alone have no room
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"


def drawing(picture: Picture, width: int) -> list[str]:
    r"""Return a picture as lines of text.

    Args:
        picture: The evidence.
        width: Characters that a line may have.

    Example:
        >>> print("\n".join(drawing(Picture("bars", ("a", "b"), ((0.5,), (1.0,)), "share", {"half": 0.5}), 24)))
        share
        a █████████╎         0.5
        b ██████████████████ 1
        ╎ half: 0.5
    """
    small, rest = picked(picture, MOST_ROWS)
    if width < LEAST or not small.names:
        return []
    room = max(4, width // 3)
    names = [_cut(name, room) for name in small.names]
    wide = max(map(len, names))
    axis = axis_of(small, from_zero=small.kind == "bars")
    said = [_said(small.kind, values) for values in small.values]
    inner = max(4, width - wide - max(map(len, said)) - 2)
    marks = [value for value in small.marks.values() if drawn(value)]
    lines = [_cut(f"{picture.axis}{' (logarithmic)' if axis.log else ''}", width)] if picture.axis else []
    for name, values, words in zip(names, small.values, said, strict=True):
        body = _BODIES[small.kind](values, axis, inner)
        if small.kind != "lines":
            body = _marked(body, marks, axis)
        lines.append(f"{name:<{wide}} {body} {words}"[:width].rstrip())
    told = ", ".join(f"{words}: {number(value)}" for words, value in small.marks.items())
    lines += [_cut(f"╎ {told}", width)] if told else []
    return [*lines, *([_cut(rest, width)] if rest else [])]


def _said(kind: str, values: Sequence[float]) -> str:
    if kind == "bars":
        return number(values[0])
    return f"{number(values[0])} {'→' if kind == 'lines' else 'to'} {number(values[-1])}"


def _bar(values: Sequence[float], axis: Axis, inner: int) -> str:
    """Return a bar from 0, or from the axis' beginning where that is logarithmic, in eighths of a character."""
    if not drawn(values[0]):
        return " " * inner
    zero = 0.0 if axis.log else axis.share(0.0)
    start, end = sorted((zero, axis.share(values[0])))
    first, eighths = round(start * inner), round((end - start) * inner * 8)
    whole, part = divmod(eighths, 8)
    body = " " * first + "█" * whole + (_EIGHTHS[part] if part else "")
    return f"{body or _EIGHTHS[1]:<{inner}}"[:inner]


def _range(values: Sequence[float], axis: Axis, inner: int) -> str:
    ends = [round(axis.share(value) * (inner - 1)) for value in values[:2] if drawn(value)]
    if not ends:
        return " " * inner
    low, high = min(ends), max(ends)
    return f"{' ' * low}{'━' * (high - low + 1)}".ljust(inner)


def _line(values: Sequence[float], axis: Axis, inner: int) -> str:
    """Return a line as heights, one for each character."""
    size = min(len(values), inner)
    picks = [values[at * (len(values) - 1) // max(size - 1, 1)] for at in range(size)]
    top = len(_HEIGHTS) - 1
    return "".join(_HEIGHTS[round(axis.share(v) * top)] if drawn(v) else " " for v in picks)


_BODIES = {"bars": _bar, "ranges": _range, "lines": _line}


def _marked(body: str, marks: Sequence[float], axis: Axis) -> str:
    """Return a row with its marks where nothing else stands."""
    row = list(body)
    for value in marks:
        at = min(len(row) - 1, round(axis.share(value) * len(row)))
        if row[at] == " ":
            row[at] = "╎"
    return "".join(row)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
