"""The evidence of a finding drawn: bars, lines or ranges by their names, with marks that mean something.

Comes in: the picture of a finding. Goes out: one SVG in the page's own colors, or one that stands alone on a page of
the documentation. Names may be long and many: long ones are shortened, of many a dozen are shown.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from leadline.core.text import listed
from leadline.record.finding import Picture
from leadline.report.evidence import Axis, axis_of, drawn, picked
from leadline.report.figures.lines import spread
from leadline.report.figures.style import WIDTH, frame
from leadline.report.figures.ticks import Plain
from leadline.report.wording import capital, number

MOST_LINES = 6
_CHARACTER = 6.1  # pixels of a letter of 11 pixels, a little generous
_LONGEST = 17  # characters of a name beside bars
_ROW, _BAR, _TEXT = 21.0, 11.0, 14.0
_PLOT = 132.0  # height of lines


def evidence(name: str, picture: Picture, title: str) -> str:
    """Return the evidence as SVG in the page's own colors.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        picture: What is to be drawn.
        title: What it shows, for screen readers, where its axis does not say that.

    Example:
        >>> svg = evidence("dead", Picture("bars", ("0.dense",), ((0.9,),), "dead units", {"half": 0.5}), "Dead units")
        >>> svg.startswith("<svg"), "0.dense: 0.9" in svg
        (True, True)
    """
    small, rest = picked(picture, MOST_LINES) if picture.kind == "lines" else picked(picture)
    body, height = _lines(small) if small.kind == "lines" else _rows(small)
    for line in _wrapped(rest, int(WIDTH / _CHARACTER)) if rest else ():
        body += _text(0, height + 10, line, "small")
        height += _TEXT + 2
    return frame(name, capital(picture.axis) or title, _about(picture, small, rest), WIDTH, height, body)


def alone(svg: str) -> str:
    """Return a drawing with the colors of light and dark pages inside, as a file of its own.

    Args:
        svg: One that :func:`evidence` made.

    Example:
        >>> "prefers-color-scheme:dark" in alone(evidence("a", Picture("bars", ("a",), ((1.0,),)), "A"))
        True
    """
    sheet = (Path(__file__).parents[1] / "templates" / "style.css").read_text(encoding="utf-8")
    light, dark = (
        re.sub(r"\s+", "", colors) for colors in re.findall(r":root \{(.*?)\n *\}", sheet, re.S)[:2]
    )
    kept = [";".join(part for part in each.split(";") if re.match(_USED, part)) for each in (light, dark)]
    rules = "".join(re.findall(r"^svg (?:\.ev-|text\.small)[^\n]*", sheet, re.M)).replace("svg ", "")
    style = (
        f"<style>svg{{{kept[0]};font-family:system-ui,sans-serif}}\n"
        f"@media(prefers-color-scheme:dark){{svg{{{kept[1]}}}}}\n{rules}</style>"
    )
    width, height = (float(end) for end in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
    box = f'viewBox="-14 -12 {width + 28:g} {height + 24:g}" width="{1.4 * (width + 28):.0f}"'
    panel = (
        f'<rect class="ev-panel" x="-14" y="-12" width="{width + 28:g}" height="{height + 24:g}" rx="10"/>'
    )
    svg = re.sub(r'viewBox="[^"]*"', box, svg, count=1)
    head, _, body = svg.partition("</desc>")
    return f"{head}</desc>{style}{panel}{body}\n"


_USED = r"--(panel|ink|muted|rule|soft|accent|second|error|depth-\d):"


def _about(picture: Picture, small: Picture, rest: str) -> str:
    """Say what is to be seen, for those who cannot see it."""
    told = [f"{name}: {_said(small.kind, row)}" for name, row in zip(small.names, small.values, strict=False)]
    marks = [f"{words}: {number(value)}" for words, value in picture.marks.items()]
    marked = f" Marked: {listed(marks)}." if marks else ""
    return f"{'; '.join(told)}.{' ' + rest if rest else ''}{marked}"


def _said(kind: str, row: tuple[float, ...]) -> str:
    if kind == "ranges":
        return f"{number(row[0])} to {number(row[-1])}"
    return f"{number(row[0])} → {number(row[-1])}" if kind == "lines" else number(row[0])


# Bars and ranges: one row for each name


def _rows(picture: Picture) -> tuple[str, float]:
    """Draw one row for each name: a bar with its number, or a range with both."""
    ranges = picture.kind == "ranges"
    names = [_shortened(name) for name in picture.names]
    said = [_said(picture.kind, row) for row in picture.values]
    left = max((len(name) for name in names), default=0) * _CHARACTER + 8
    right = WIDTH - max((len(words) for words in said), default=0) * _CHARACTER - 8
    axis = axis_of(picture, from_zero=not ranges)
    title, top = _title(picture, axis)
    marks, top = _marks_above(picture, axis, left, right, top)
    bottom = top + _ROW * len(names)
    zero = left if axis.log else left + axis.share(0.0) * (right - left)
    body, texts = [title, f'<path class="ev-base" d="M{zero:.1f} {top:.1f}V{bottom:.1f}"/>'], []
    for at, (name, row, words) in enumerate(zip(names, picture.values, said, strict=False)):
        middle = top + _ROW * (at + 0.5)
        ends = [left + axis.share(v) * (right - left) for v in (row[:2] if ranges else row[:1]) if drawn(v)]
        start, end = (min(ends), max(ends)) if ranges and ends else (zero, ends[0] if ends else zero)
        body.append(_bar(start, end, middle, ranges))
        texts.append(_text(left - 8, middle + 4, name, "ev-name", "end"))
        texts.append(_text(max(start, end) + 6, middle + 4, words, "ev-value"))
    across = _mark_lines(picture, axis, left, right, top, bottom)  # over the bars, under the words
    return "".join([*body, across, *texts, marks]), bottom + 6


def _bar(start: float, end: float, middle: float, is_range: bool) -> str:
    low, length = min(start, end), max(abs(end - start), 1.5)
    kind = "ev-range" if is_range else "ev-bar"
    place = f'x="{low:.1f}" y="{middle - _BAR / 2:.1f}"'
    return f'<rect class="{kind}" {place} width="{length:.1f}" height="{_BAR:g}" rx="2"/>'


def _title(picture: Picture, axis: Axis) -> tuple[str, float]:
    """Return what the numbers are, above the drawing, and where that begins."""
    words = f"{picture.axis}{' (logarithmic)' if axis.log and picture.kind != 'lines' else ''}"
    lines = _wrapped(words, int(WIDTH / _CHARACTER)) if picture.axis else []
    drawn_lines = (_text(0, 10 + _TEXT * at, line, "small") for at, line in enumerate(lines))
    return "".join(drawn_lines), (_TEXT * len(lines) + 8 if lines else 2.0)


def _marks_above(picture: Picture, axis: Axis, left: float, right: float, top: float) -> tuple[str, float]:
    """Write what each mark means above its place, one below the other where they would touch."""
    rows: list[float] = []  # how far to the right each row is taken
    body = []
    marks = sorted((value, words) for words, value in picture.marks.items() if drawn(value))
    for value, words in marks:
        place, said = left + axis.share(value) * (right - left), _shortened(f"{words}: {number(value)}", 46)
        length = len(said) * _CHARACTER
        start = min(max(place - length / 2, 0.0), WIDTH - length)
        row = next((at for at, taken in enumerate(rows) if taken + 8 < start), len(rows))
        rows[row : row + 1] = [start + length]
        body.append(_text(start, top + 9 + _TEXT * row, said, "ev-mark"))
    return "".join(body), top + (_TEXT * len(rows) + 3 if rows else 0)


def _mark_lines(picture: Picture, axis: Axis, left: float, right: float, top: float, bottom: float) -> str:
    places = (left + axis.share(value) * (right - left) for value in picture.marks.values() if drawn(value))
    return "".join(f'<path class="ev-across" d="M{x:.1f} {top - 2:.1f}V{bottom:.1f}"/>' for x in places)


# Lines: one series for each name


def _lines(picture: Picture) -> tuple[str, float]:
    """Draw each name as a line over its numbers, named at its end."""
    axis = axis_of(picture, from_zero=False)
    title, top = _title(picture, axis)
    told, top = _marks_told(picture, top)
    bottom = top + 4 + _PLOT
    ticks = axis.ticks()
    words = [number(tick) for tick in ticks] if axis.log else Plain().format_ticks(ticks)
    names = [_shortened(name, 14) for name in picture.names]
    left = max((len(word) for word in words), default=0) * _CHARACTER + 8
    right = WIDTH - max((len(name) for name in names), default=0) * _CHARACTER - 10
    body = [title, told]
    for tick, word in zip(ticks, words, strict=True):
        y = bottom - axis.share(tick) * _PLOT
        body.append(f'<path class="ev-base" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')
        body.append(_text(left - 7, y + 4, word, "small", "end"))
    longest = max((len(row) for row in picture.values), default=1)
    body.append(_text(left, bottom + 15, "1", "small"))
    body.append(_text(right, bottom + 15, f"{longest:,}", "small", "end") if longest > 1 else "")
    ends = []
    for value in filter(drawn, picture.marks.values()):
        y = bottom - axis.share(value) * _PLOT
        body.append(f'<path class="ev-across" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')
    for at, (name, row) in enumerate(zip(names, picture.values, strict=False)):
        path, end = _path(row, longest, axis, left, right, bottom)
        body.append(f'<path class="{_stroke(at, len(names))}" d="{path}"/>' if path else "")
        ends.append((end, name))
    ends.sort()
    places = spread([bottom - y for y, _ in reversed(ends)], 13.0, _PLOT)
    for y, (_, name) in zip(places, reversed(ends), strict=True):
        body.append(_text(right + 6, bottom - y + 4, name, "ev-name"))
    return "".join(body), bottom + 22


def _marks_told(picture: Picture, top: float) -> tuple[str, float]:
    """Write what each mark means above the lines, beside a piece of its own line: no words cover a line so."""
    body = []
    for words, value in picture.marks.items():
        if drawn(value):
            said = _shortened(f"{words}: {number(value)}", int((WIDTH - 24) / _CHARACTER))
            body.append(
                f'<path class="ev-across" d="M0 {top + 6:.1f}h18"/>{_text(24, top + 10, said, "ev-mark")}'
            )
            top += _TEXT
    return "".join(body), top


def _path(
    row: tuple[float, ...], longest: int, axis: Axis, left: float, right: float, bottom: float
) -> tuple[str, float]:
    """Return a line, lifted off the paper where a number is missing, and the height at which it ends."""
    step = (right - left) / max(longest - 1, 1)
    every = max(1, len(row) // 300)  # more points than pixels help nobody
    said, lifted, end = [], True, bottom
    for at in [*range(0, len(row) - 1, every), len(row) - 1]:
        if not drawn(row[at]) or (axis.log and row[at] <= 0):
            lifted = True
            continue
        end = bottom - axis.share(row[at]) * _PLOT
        said.append(f"{'M' if lifted else 'L'}{left + at * step:.1f} {end:.1f}")
        said += ["h0.1"] if lifted else []  # a single point can be seen
        lifted = False
    return "".join(said), end


def _stroke(at: int, size: int) -> str:
    """Return the look of a line: two are told apart by dashes too, more go from shallow to deep."""
    if size > 2:
        return f"ev-line ev-depth-{1 + round(7 * at / (size - 1))}"
    return "ev-line" if at == size - 1 else "ev-line ev-second"


# Words


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{place}>{escape(words)}</text>'


def _shortened(name: str, most: int = _LONGEST) -> str:
    """Return a name without its middle where it is long; names often differ at their end."""
    most = max(most, 4)
    return name if len(name) <= most else f"{name[: most - most // 2 - 1]}…{name[-(most // 2) :]}"


def _wrapped(words: str, most: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
