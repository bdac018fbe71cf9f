"""The marks of a hand lead line, which stand beside the chapters: leather, calico, bunting and knots.

A sailor knew them by touch: two and three strips of leather at 2 and 3 fathoms, white, red and blue cloth at
5, 7 and 13 (and again), leather with a hole at 10, two knots at 20. Decoration; hidden from screen readers.
"""

from __future__ import annotations

MARKS = (2, 3, 5, 7, 10, 13, 15, 17, 20)

_STRIP = '<path d="M13 {y}h9l-2.5 2 2.5 2h-9z" class="leather"/>'
_CLOTH = '<path d="M13 7h9v10h-9z" class="{kind}"/>'
_SHAPES = {
    2: _STRIP.format(y=7) + _STRIP.format(y=13),
    3: _STRIP.format(y=4) + _STRIP.format(y=10) + _STRIP.format(y=16),
    5: _CLOTH.format(kind="white"),
    7: _CLOTH.format(kind="red"),
    10: '<path d="M13 7h9v10h-9z M19.5 12a2 2 0 1 0-4 0 2 2 0 0 0 4 0z" class="leather holed"/>',
    13: _CLOTH.format(kind="blue"),
    15: _CLOTH.format(kind="white"),
    17: _CLOTH.format(kind="red"),
    20: '<path d="M12 4v16" class="cord"/><circle cx="12" cy="9" r="3.2" class="knot"/>'
    '<circle cx="12" cy="16" r="3.2" class="knot"/>',
}


def mark(fathoms: int) -> str:
    """Return the mark of a depth as decorative SVG.

    Args:
        fathoms: One of :data:`MARKS`.

    Example:
        >>> "aria-hidden" in mark(5)
        True
    """
    return (
        '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f'<path d="M12 0v24" class="cord"/>{_SHAPES[fathoms]}</svg>'
    )
