"""Soundings by layer: what flowed through them while they learned, with a word on reading each picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.record.run import Run
from leadline.report import reading
from leadline.report.figures import soundings as figure
from leadline.report.figures.heat import MOST_LAYERS
from leadline.report.parts import Columns, Legend, Part, Picture, Section, Text


@dataclass(frozen=True)
class _Sounding:
    name: str
    title: str
    kind: str
    caption: str


_SOUNDINGS = (
    _Sounding(
        "activation.spread", "Spread of the outputs", "log",
        "Standard deviation. A level one is healthy; where it sinks by decades, the signal dies out.",
    ),
    _Sounding(
        "activation.zeros", "Outputs that are exactly 0", "share",
        "Half is usual after a ReLU; near 100% little passes through.",
    ),
    _Sounding(
        "activation.saturated", "Saturated outputs", "share",
        "At the flat ends of their activation, where the gradient vanishes; high shares learn slowly.",
    ),
    _Sounding(
        "activation.dead", "Dead units", "share",
        "Zero for every sounded row: they do no work, and a ReLU among them rarely wakes.",
    ),
    _Sounding(
        "gradient.norm", "Gradient norm", "log",
        "Falling slowly is usual; shallow layers decades below deep ones: the gradient vanishes.",
    ),
    _Sounding(
        "update.ratio", "Update ratio", "ratio",
        "Size of a step against the weights. One in a thousand (the band) is usual.",
    ),
    _Sounding(
        "weights.equal", "Equal units", "share",
        "Neighbors in a layer with the same weights: they learn the same for ever, as one unit.",
    ),
)  # fmt: skip


def section(run: Run) -> Section | None:
    """Return the soundings; None where none were taken."""
    layers = reading.words(run, "network.layers")
    taken = [
        (kind, values)
        for kind in _SOUNDINGS
        if (values := reading.table(run, f"sounding.{kind.name}", len(layers))) is not None
    ]
    pictures: list[Part] = [_picture(kind, values) for kind, values in taken if _tells(kind, values)]
    if not taken:
        return None
    silent = [kind.title.lower() for kind, values in taken if not _tells(kind, values)]
    parts: list[Part] = [Columns(pictures)] if pictures else []
    if silent:
        parts.append(Text(f"None in any layer, at any epoch: {', '.join(silent)}.", "note"))
    return Section("soundings", "Soundings by layer", _lead(run, len(layers)), [*_key(layers), *parts])


def _lead(run: Run, layers: int) -> str:
    rows = reading.whole(run, "sounding.rows")
    on = f", measured on {rows:,} rows" if rows else ""
    drawn = (
        "The numbers at the lines are the layers"
        if layers <= figure.MOST_LINES
        else "Each row of a picture is a layer"
    )
    picked = f" Every picture shows {MOST_LAYERS} of the {layers} layers." if layers > MOST_LAYERS else ""
    every = reading.whole(run, "plan.sounding_every") or 1
    when = "each epoch" if every == 1 else f"the first epoch, and of one in {every}"
    return f"What went through each layer at the end of {when}{on}. {drawn}, counted from the input.{picked}"


def _key(layers: tuple[str, ...]) -> list[Part]:
    if len(layers) > figure.MOST_LINES:
        return []
    return [Legend([(i, path, figure.depth(i, len(layers))) for i, path in enumerate(layers, 1)])]


def _tells(kind: _Sounding, values: np.ndarray) -> bool:
    """Tell whether there is anything to see: shares that are 0 everywhere are said, not drawn."""
    return kind.kind != "share" or bool(np.nanmax(values) > 0)


def _picture(kind: _Sounding, values: np.ndarray) -> Picture:
    scale, good = kind.kind, np.isfinite(values)
    if scale in ("log", "ratio"):
        positive = good & (np.where(good, values, 0.0) > 0)
        scale, good = (scale, positive) if positive.any() else ("plain", good)
    known = np.flatnonzero(good.any(axis=0))
    name, numbers = kind.name.replace(".", "-"), [int(i) + 1 for i in known]
    svg = figure.sounding(name, kind.title, values[:, known], numbers, scale, values.shape[1])
    many = values.shape[1] > figure.MOST_LINES
    return Picture(svg, kind.title, kind.caption.replace(" (the band)", "") if many else kind.caption)
