"""The tree of parts a report is made of: what is said, apart from how it looks.

Sections build these frozen values from a run; ``lowering`` turns each into HTML by the template that bears
its name. All words are plain text and escaped there; only :class:`Picture` carries finished SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """Anything that can stand on the page."""


@dataclass(frozen=True)
class Text(Part):
    """A paragraph.

    Args:
        words: Plain text.
        tone: "plain" or "note" (smaller, for how to read a picture).
    """

    words: str
    tone: str = "plain"


@dataclass(frozen=True)
class Items(Part):
    """A list of sentences."""

    words: Sequence[str]


@dataclass(frozen=True)
class Facts(Part):
    """Names with what they are, such as "rows: 1,797"."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code(Part):
    """Text to copy.

    Args:
        text: As typed.
        label: What it is, for the copy button and for screen readers.
    """

    text: str
    label: str


@dataclass(frozen=True)
class Details(Part):
    """Parts that open on demand."""

    summary: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Group(Part):
    """Parts under a heading of their own.

    Args:
        title: Heading; one level below the section's.
        parts: In order.
    """

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Columns(Part):
    """Parts side by side where there is room, one below the other on a phone.

    Args:
        parts: In order.
        layout: "figures" (equal columns) or "drawing" (a narrow one, then a wide one).
    """

    parts: Sequence[Part]
    layout: str = "figures"


@dataclass(frozen=True)
class Legend(Part):
    """What the numbers at the lines of several pictures stand for.

    Args:
        entries: Number, name and color (1 to 8, from shallow to deep) of each line.
    """

    entries: Sequence[tuple[int, str, int]]


@dataclass(frozen=True)
class Picture(Part):
    """A drawing.

    Args:
        svg: Finished SVG with a title and a description of its own.
        title: Shown above.
        caption: One sentence on how to read it.
    """

    svg: str
    title: str = ""
    caption: str = ""


@dataclass(frozen=True)
class Cell(Part):
    """A cell of words."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Meter(Part):
    """A cell with a bar; the number stands beside it.

    Args:
        text: The number, for people.
        share: Length of the bar in [0, 1].
    """

    text: str
    share: float


@dataclass(frozen=True)
class Interval(Part):
    """A cell with a dot and its interval on a common axis. All positions are shares of the axis in [0, 1].

    Args:
        dot: The estimate.
        low: Lower end.
        high: Upper end.
        strong: True for the one that is judged.
    """

    dot: float
    low: float
    high: float
    strong: bool = True


@dataclass(frozen=True)
class Shade(Part):
    """A cell of a matrix: a number on a tint.

    Args:
        text: The number.
        share: Strength of the tint in [0, 1].
        right: True on the diagonal.
    """

    text: str
    share: float
    right: bool


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        name: Heading; may be empty only for a column of drawings.
        kind: "words", "number", "drawing" or "matrix".
        ends: The two ends of the axis, for a column of intervals.
    """

    name: str
    kind: str = "words"
    ends: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table(Part):
    """A table in a box that scrolls by itself. The first cell of each row is its heading.

    Args:
        caption: What it holds, in a few words.
        columns: Headings.
        rows: Cells; a plain string is a cell of words.
        note: One sentence below.
        across: What the columns of a matrix are; empty for other tables.
        look: "scores" (names stay on one line), "matrix" (of shades), or "" for other tables.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Part | str]]
    note: str = ""
    across: str = ""
    look: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar.

    Args:
        label: What it counts.
        text: The number, for people.
        share: Length in [0, 1].
    """

    label: str
    text: str
    share: float


@dataclass(frozen=True)
class Bars(Part):
    """Horizontal bars with their numbers."""

    caption: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Card:
    """One wrongly judged image.

    Args:
        image: Data URI of a PNG.
        alt: What it shows.
        facts: Names with what they are.
    """

    image: str
    alt: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cards(Part):
    """Images side by side."""

    cards: Sequence[Card]


@dataclass(frozen=True)
class Section:
    """A chapter of the page.

    Args:
        name: Its anchor, e.g. "diagnosis".
        title: Heading.
        lead: What it tells, in one or two sentences.
        parts: In order.
    """

    name: str
    title: str
    lead: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Count:
    """How many findings of one severity.

    Args:
        severity: "error", "warning" or "hint".
        words: E.g. "2 warnings".
    """

    severity: str
    words: str


@dataclass(frozen=True)
class Head:
    """The top of the page.

    Args:
        title: The data set.
        facts: Target, network, date.
        verdict: The result in one sentence.
        counts: Findings by severity; empty where there are none.
        headline: The headline score beside the baselines, if any.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    verdict: str
    counts: Sequence[Count] = ()
    headline: Part | None = None


@dataclass(frozen=True)
class Page:
    """The whole report.

    Args:
        head: Its top.
        sections: Those that have something to say.
        colophon: What made it.
    """

    head: Head
    sections: Sequence[Section] = field(default_factory=tuple)
    colophon: str = ""
