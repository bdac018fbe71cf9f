"""From Matplotlib to SVG that lives in the page: its colors are the page's own, so it follows light and dark.

Pictures are painted with placeholder colors that are replaced by CSS variables; text stays text; names that
only Matplotlib needs are removed, so that many pictures can stand in one page. pyplot is never touched.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

Paint = Callable[[Axes], None]

INK, MUTED, RULE, ACCENT, SECOND, ALARM = "#00fe01", "#00fe02", "#00fe03", "#00fe04", "#00fe05", "#00fe06"
DEPTHS = tuple(f"#00fe1{at}" for at in range(1, 9))
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    ACCENT: "--accent",
    SECOND: "--second",
    ALARM: "--error",
    **{color: f"--depth-{at}" for at, color in enumerate(DEPTHS, 1)},
}
_LOOK = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
    "font.size": 11.0,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 11.0,
    "axes.edgecolor": RULE,
    "axes.facecolor": "none",
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": RULE,
    "grid.linewidth": 1.0,
    "xtick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.color": RULE,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.0,
    "xtick.minor.visible": False,
    "ytick.minor.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.major.size": 4.0,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
}
WIDTH, HEIGHT = 320.0, 208.0
_MARGIN = {"left": 44.0, "right": 16.0, "bottom": 38.0, "top": 10.0}


@contextmanager
def themed() -> Iterator[None]:
    """Set the look of every picture drawn inside, whatever the user's own Matplotlib settings are."""
    plain = {
        name: value
        for name, value in mpl.rcParamsDefault.items()
        if not name.startswith(("backend", "webagg"))
    }
    settings: dict[Any, Any] = {**plain, **_LOOK}
    with mpl.rc_context(settings):
        yield


def plot(
    name: str, title: str, description: str, paint: Paint, right: float = 16.0, height: float = HEIGHT
) -> str:
    """Return one small plot as SVG.

    Args:
        name: Unique on the page; names the parts of the SVG.
        title: What it shows, for screen readers.
        description: What is to be seen, for screen readers.
        paint: Draws into the axes, with the placeholder colors of this file.
        right: Space right of the axes, in pixels of the 320 px wide picture.
        height: Of the picture, in pixels.

    Example:
        >>> svg = plot("line", "A line", "It rises.", lambda axes: axes.plot([1, 2], color=ACCENT))
        >>> svg.startswith("<svg"), "var(--accent)" in svg, "<title" in svg
        (True, True, True)
    """
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72, facecolor="none")
    canvas = FigureCanvasSVG(figure)
    margin = {**_MARGIN, "right": right}
    box = (
        margin["left"] / WIDTH,
        margin["bottom"] / height,
        1 - (margin["left"] + margin["right"]) / WIDTH,
        1 - (margin["bottom"] + margin["top"]) / height,
    )
    paint(figure.add_axes(box))
    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        canvas.print_figure(stream, format="svg", metadata=nothing, facecolor="none")
    return frame(name, title, description, WIDTH, height, _body(stream.getvalue(), name))


def frame(name: str, title: str, description: str, width: float, height: float, body: str) -> str:
    """Return an SVG element around drawn content, with an accessible name and description.

    Args:
        name: Unique on the page.
        title: What it shows.
        description: What is to be seen.
        width: In pixels.
        height: In pixels.
        body: Finished SVG elements.
    """
    about = f'<desc id="{name}-about">{escape(description)}</desc>'
    return (
        f'<svg class="drawing" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-title {name}-about">'
        f'<title id="{name}-title">{escape(title)}</title>{about}{body}</svg>'
    )


def _body(svg: str, name: str) -> str:
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    inner = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->|<defs>\s*</defs>", "", inner, flags=re.S
    )
    inner = re.sub(r'<g id="[^"]*"', "<g", inner)
    inner = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', inner)
    inner = re.sub(r'"#([^"]+)"', rf'"#{name}-\1"', inner)
    inner = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", inner)
    inner = re.sub(r" ?font-family: [^;\"]*;?", "", inner)
    inner = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", inner)
    inner = re.sub(r"#00fe[01][1-8]", lambda hit: f"var({_VARIABLES[hit[0]]})", inner)
    return re.sub(r"\s*\n\s*", "\n", inner).strip()
