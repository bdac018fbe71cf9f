"""The network: drawn, and as a table with shapes, activations and parameters."""

from __future__ import annotations

import re

import numpy as np

from leadline.core.text import count
from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.figures import network as figure
from leadline.report.figures.network import Block
from leadline.report.parts import Cell, Column, Columns, Part, Picture, Section, Table

MOST_BLOCKS = 40


def section(run: Run) -> Section | None:
    """Return the network drawn and listed; None where its layers are not known."""
    blocks = _blocks(run)
    if not blocks:
        return None
    drawn: list[Part] = []
    if len(figure.merge(blocks)) <= MOST_BLOCKS:
        shape = reading.series(run, "data.input.shape")
        drawn = [Picture(figure.network(blocks, "" if shape is None else wording.shape(shape.tolist())))]
    parts = [Columns([*drawn, _table(blocks)], "drawing")] if drawn else [_table(blocks)]
    return Section("network", "The network", _lead(run, len(blocks)), parts)


def _lead(run: Run, layers: int) -> str:
    total = reading.whole(run, "network.parameters.total")
    rows = reading.whole(run, "data.rows.train")
    size = f" with {count(total, 'parameter')}" if total is not None else ""
    share = f", {total / rows:.1f} for each training row" if total and rows else ""
    return f"{wording.capital(count(layers, 'layer'))}{size}{share}. Data flows from the surface down."


def _blocks(run: Run) -> list[Block]:
    paths = reading.words(run, "network.layers")
    kinds, activations = reading.words(run, "network.kinds"), reading.words(run, "network.activations")
    shapes = reading.words(run, "network.shapes")
    parameters = reading.series(run, "network.parameters")
    return [
        Block(
            number=i + 1,
            path=path,
            kind=kinds[i] if i < len(kinds) else path.split(".")[-1],
            activation=activations[i] if i < len(activations) else "",
            shape=wording.shape(shapes[i]) if i < len(shapes) else "",
            size=_size(shapes[i]) if i < len(shapes) else 0,
            parameters=wording.number(parameters[i])
            if parameters is not None and i < len(parameters)
            else "",
        )
        for i, path in enumerate(paths)
    ]


def _size(shape: str) -> int:
    """Return how many numbers a shape such as "(28, 28, 64)" holds; 0 where it is none."""
    sizes = [int(size) for size in re.findall(r"\d+", shape)]
    return int(np.prod(sizes, dtype=np.float64)) if sizes else 0


def _table(blocks: list[Block]) -> Table:
    """List the layers; kinds stand in a column only where the paths do not say them, as in foreign runs."""
    kinds = any(not block.path.endswith(block.kind) for block in blocks)
    names = [Column("layer"), *([Column("kind")] if kinds else []), Column("activation")]
    columns = [*names, Column("output shape", "number"), Column("parameters", "number")]
    rows = [
        [
            Cell(f"{block.number}\u2002{block.path}"),
            *([Cell(block.kind)] if kinds else []),
            *(Cell(word or wording.MISSING) for word in (block.activation, block.shape, block.parameters)),
        ]
        for block in blocks
    ]
    return Table("Layers", columns, rows)
