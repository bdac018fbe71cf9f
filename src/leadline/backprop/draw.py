"""A graph as a picture: inputs left, the result right, over every box its value, below it its gradient.

In: nodes as words. Out: one SVG element that follows a light or dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Words = tuple[str, str, str, str, tuple[str, ...]]
"""Name, operation, value, gradient and sources of a node."""

LETTER, LINE, GAP, BETWEEN, EDGE = 7.2, 15.0, 56.0, 26.0, 16.0  # pixels
LEGEND = 230.0  # the least width, that of the legend
TALL = 2 * LINE + 38.0
LOOK = """<style>
text{font:12px system-ui,sans-serif;fill:#1c2733;text-anchor:middle}
.value{fill:#006e4f;font-weight:600}.gradient{fill:#b34700;font-weight:600}
.box{fill:#f4f7f9;stroke:#8796a3}.given{fill:#e3f0f9}.edge{fill:none;stroke:#8796a3;stroke-width:1.4}
.tip{fill:#8796a3}.legend{text-anchor:start}
@media (prefers-color-scheme:dark){text{fill:#e6ebef}.value{fill:#56d0a8}.gradient{fill:#f0a060}
.box{fill:#26313b;stroke:#7d8b97}.given{fill:#1e3a4f}}
</style>"""


def drawn(nodes: Sequence[Words]) -> str:
    """Return the picture of a graph.

    Args:
        nodes: In the order of computation.
    """
    columns = _columns(nodes)
    widths = {name: _width(node) for node in nodes for name in node[:1]}
    places, width, height = _places(columns, widths, {node[0]: node[4] for node in nodes})
    said = ", ".join(f"{name} {value} with gradient {gradient}" for name, _, value, gradient, _ in nodes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img">',
        "<title>Computational graph: value over each node, gradient below</title>",
        f"<desc>{escape(said)}</desc>",
        LOOK,
        *(_edge(places[source], places[node[0]], widths) for node in nodes for source in node[4]),
        *(_box(node, places[node[0]], widths[node[0]]) for node in nodes),
        f'<text class="legend" x="{EDGE}" y="{height - 8:.1f}"><tspan class="value">value</tspan> above, '
        f'<tspan class="gradient">gradient</tspan> of {escape(nodes[-1][0])} below</text>',
        "</svg>",
    ]
    return "\n".join(parts)


def _columns(nodes: Sequence[Words]) -> list[list[str]]:
    """Return the names by their distance from the inputs; an input stands just before its first use."""
    depth: dict[str, int] = {}
    for name, _, _, _, sources in nodes:
        depth[name] = 1 + max((depth[source] for source in sources), default=-1)
    for name, _, _, _, sources in nodes:
        if not sources:
            uses = [depth[other[0]] for other in nodes if name in other[4]]
            depth[name] = max(0, min(uses, default=1) - 1)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        columns[depth[node[0]]].append(node[0])
    return columns


Place = tuple[float, float, str]


def _places(
    columns: list[list[str]], widths: dict[str, float], sources: dict[str, tuple[str, ...]]
) -> tuple[dict[str, Place], float, float]:
    """Return the middle of every box, and the size of the picture."""
    most = max(map(len, columns))
    height = 2 * EDGE + most * TALL + (most - 1) * BETWEEN
    places: dict[str, Place] = {}
    left = EDGE
    for column in columns:
        wide = max(widths[name] for name in column)
        column.sort(key=lambda name: _wish(sources[name], places))  # near what it comes from
        used = len(column) * TALL + (len(column) - 1) * BETWEEN
        top = (height - used) / 2
        for at, name in enumerate(column):
            places[name] = (left + wide / 2, top + at * (TALL + BETWEEN) + TALL / 2, name)
        left += wide + GAP
    return places, max(left - GAP + EDGE, LEGEND), height + 2 * LINE


def _wish(sources: tuple[str, ...], places: dict[str, Place]) -> float:
    known = [places[source][1] for source in sources if source in places]
    return sum(known) / len(known) if known else 0.0


def _width(node: Words) -> float:
    return max(46.0, LETTER * max(len(words) for words in (_title(node), node[2], node[3])) + 20)


def _title(node: Words) -> str:
    return f"{node[0]} = {node[1]}" if node[1] else node[0]


def _edge(start: Place, end: Place, widths: dict[str, float]) -> str:
    (x, y, name), (to, down, target) = start, end
    x, to = x + widths[name] / 2, to - widths[target] / 2
    bend = (to - x) / 2
    return (
        f'<path class="edge" d="M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to - bend:.1f} {down:.1f} {to - 5:.1f} '
        f'{down:.1f}"/><path class="tip" d="M{to:.1f} {down:.1f}l-7 -3.5v7z"/>'
    )


def _box(node: Words, place: Place, width: float) -> str:
    x, y, _ = place
    kind = "box" if node[4] else "box given"
    return (
        f'<rect class="{kind}" x="{x - width / 2:.1f}" y="{y - 14:.1f}" width="{width:.1f}" height="28" rx="6"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}">{escape(_title(node))}</text>'
        f'<text class="value" x="{x:.1f}" y="{y - 20:.1f}">{escape(node[2])}</text>'
        f'<text class="gradient" x="{x:.1f}" y="{y + 29:.1f}">{escape(node[3])}</text>'
    )
