"""From parts to HTML: one template for each kind of part, bearing its name.

Comes in: a tree of parts. Goes out: one page with style and script inside, and a content policy that forbids
it to load anything. All words are escaped by the templates.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from leadline.report.figures.marks import MARKS, mark
from leadline.report.parts import Page, Part

_FOLDER = Path(__file__).parent / "templates"


def lower(part: Part) -> Markup:
    """Return the HTML of one part.

    Args:
        part: Any part but a cell of words, which its table writes.

    Example:
        >>> from leadline.report.parts import Text
        >>> print(lower(Text("a < b")))
        <p>a &lt; b</p>
    """
    template = _environment().get_template(f"{type(part).__name__.lower()}.html")
    return Markup(template.render(part=part).strip())


def lower_page(page: Page) -> str:
    """Return the whole page as HTML."""
    script = _read("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    marks = [Markup(mark(MARKS[at % len(MARKS)])) for at in range(len(page.sections))]
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            chapters=list(zip(page.sections, marks, strict=True)),
            style=Markup(_read("style.css")),
            script=Markup(script),
            script_digest=digest,
        )
    )


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["lower_part"] = lower
    return made
