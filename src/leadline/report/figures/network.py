"""The network drawn: layers as blocks from the surface down, nested ones framed, wider where more flows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from leadline.report.figures.style import frame

_WIDE, _BLOCK, _GAP, _INSET, _HEAD = 320.0, 46.0, 14.0, 12.0, 22.0
MOST_WORDS = 28


@dataclass(frozen=True)
class Block:
    """One layer, or a run of equal ones.

    Args:
        number: Position among the sounded layers, from 1.
        path: E.g. "3.residual.1.conv".
        kind: E.g. "conv".
        activation: "linear" or "" where there is none.
        shape: Output shape, for people.
        size: Numbers that flow out for each row; 0 where unknown.
        parameters: For people; may be empty.
        times: How many equal layers it stands for.
    """

    number: int
    path: str
    kind: str
    activation: str
    shape: str
    size: int
    parameters: str
    times: int = 1

    @property
    def group(self) -> str:
        """Path of the layer it stands in; empty at the top."""
        steps = self.path.split(".")
        return ".".join(steps[: len(steps) // 2 * 2 - 2])


def network(blocks: Sequence[Block], inputs: str) -> str:
    """Draw the layers from input to output.

    Args:
        blocks: In the order data flows.
        inputs: Shape of one input, for people; may be empty.

    Example:
        >>> svg = network([Block(1, "0.dense", "dense", "relu", "64", 64, "4,160")], "64")
        >>> "dense" in svg, "relu" in svg
        (True, True)
    """
    merged = merge(blocks)
    widest = max((math.log2(1 + block.size) for block in merged), default=1.0) or 1.0
    drawn, y, inside = [_surface(inputs)], 44.0, ""
    for at, block in enumerate(merged):
        if block.group and block.group != inside:
            end = _end(merged, at)
            drawn.append(_group(block.group, y, _group_height(merged[at:end])))
            y += _HEAD
        drawn.append(_block(block, y, 0.62 + 0.38 * math.log2(1 + block.size) / widest))
        y += _BLOCK + _GAP
        inside = block.group
        following = merged[at + 1].group if at + 1 < len(merged) else ""
        if inside and following != inside:
            y += _INSET
    said = ", ".join(f"{block.kind} to {block.shape or 'unknown shape'}" for block in merged[:30])
    line = f'<path class="flow" d="M{_WIDE / 2} 26V{y - 2:g}"/>'
    bottom = f'<path class="plummet" d="M{_WIDE / 2 - 5} {y - 6:g}h10l3 17q-8 5-16 0z"/>'
    return frame(
        "network",
        "The network, from input to output",
        f"Input {inputs}: {said}.",
        _WIDE,
        y + 18,
        line + "".join(drawn) + bottom,
    )


def merge(blocks: Sequence[Block]) -> list[Block]:
    """Join neighbors that are alike in all but their path into one block.

    Example:
        >>> same = [Block(n, f"{n}.dense", "dense", "relu", "64", 64, "4,160") for n in range(3)]
        >>> [block.times for block in merge(same)]
        [3]
    """
    joined: list[Block] = []
    for block in blocks:
        if joined and _alike(joined[-1], block):
            joined[-1] = _counted(joined[-1])
        else:
            joined.append(block)
    return joined


def _alike(one: Block, other: Block) -> bool:
    return _traits(one) == _traits(other)


def _traits(block: Block) -> tuple[str, ...]:
    return (block.group, block.kind, block.activation, block.shape, block.parameters)


def _counted(block: Block) -> Block:
    return Block(
        block.number,
        block.path,
        block.kind,
        block.activation,
        block.shape,
        block.size,
        block.parameters,
        block.times + 1,
    )


def _end(blocks: Sequence[Block], start: int) -> int:
    end = start
    while end < len(blocks) and blocks[end].group == blocks[start].group:
        end += 1
    return end


def _group_height(blocks: Sequence[Block]) -> float:
    return _HEAD + len(blocks) * (_BLOCK + _GAP) - _GAP + _INSET


def _surface(inputs: str) -> str:
    wave = "".join(f"q8 {-5 if i % 2 else 5} 16 0" for i in range(18))
    words = _text(_WIDE / 2, 16, "small", f"input {inputs}".strip(), "middle")
    return f'<path class="surface" d="M{_WIDE / 2 - 144:g} 27{wave}"/>{words}'


def _group(path: str, y: float, height: float) -> str:
    return (
        f'<rect class="group" x="1" y="{y:g}" width="{_WIDE - 2}" height="{height:g}" rx="10"/>'
        f"{_text(12, y + 15, 'small', path)}"
    )


def _block(block: Block, y: float, share: float) -> str:
    width = (_WIDE - 2 * _INSET) * share
    left = (_WIDE - width) / 2
    active = block.activation if block.activation not in ("", "linear") else ""
    times = f" × {block.times}" if block.times > 1 else ""
    weights = f"{block.parameters} parameters" if block.parameters not in ("", "0", "–") else ""
    name = f"{block.number}\u2002{_short(block.kind)}{times}"
    first = 19 if active or weights else 28
    near, far = left + 12, left + width - 12
    return (
        f'<rect class="block" x="{left:.1f}" y="{y:g}" width="{width:.1f}" height="{_BLOCK:g}" rx="7"/>'
        f"{_text(near, y + first, 'name', name)}"
        f"{_text(far, y + first, 'shape', block.shape, 'end')}"
        f"{_text(near, y + 36, 'small', active)}{_text(far, y + 36, 'small', weights, 'end')}"
    )


def _text(x: float, y: float, kind: str, words: str, anchor: str = "start") -> str:
    if not words:
        return ""
    said = escape(_short(words))
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{said}</text>'


def _short(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
