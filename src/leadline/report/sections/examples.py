"""The rows the network gets most wrong: images shown, columns shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from leadline.core.text import count
from leadline.record.evaluation import Example
from leadline.record.run import Run
from leadline.report import wording
from leadline.report.figures.png import data_uri
from leadline.report.parts import Card, Cards, Cell, Column, Part, Section, Table
from leadline.report.sections.evaluation import judged

MOST_CARDS, MOST_COLUMNS, MOST_WORDS = 24, 30, 60


def section(run: Run) -> Section | None:
    """Return the worst examples; None where none were kept."""
    evaluation = judged(run)
    if evaluation is None or not evaluation.worst:
        return None
    worst = evaluation.worst[:MOST_CARDS]
    cards = [card for card in map(_card, worst) if card]
    parts: list[Part] = [Cards(cards)] if cards else [_table(worst)]
    lead = f"The {count(len(worst), 'row')} with the highest loss. Wrong labels and odd inputs gather here."
    return Section("worst", "Worst examples", lead, parts)


def _card(example: Example) -> Card | None:
    image = data_uri(example.shown)
    if not image:
        return None
    alt = f"Row {example.row}: {example.target}, taken for {example.predicted}"
    return Card(image, alt, _facts(example))


def _facts(example: Example) -> list[tuple[str, str]]:
    sure = [("sure", wording.percent(example.probability))] if math.isfinite(example.probability) else []
    said = [("true", example.target), ("predicted", example.predicted), *sure]
    return [*said, ("loss", wording.number(example.loss)), ("row", f"{example.row:,}")]


def _table(worst: Sequence[Example]) -> Table:
    names = list(
        dict.fromkeys(
            str(name) for example in worst if isinstance(example.shown, Mapping) for name in example.shown
        )
    )
    shown = names[:MOST_COLUMNS]
    sure = any(math.isfinite(example.probability) for example in worst)
    columns = [
        Column("row"),
        Column("true"),
        Column("predicted"),
        *([Column("sure", "number")] if sure else []),
    ]
    columns += [Column("loss", "number"), *(Column(name) for name in shown)]
    note = f"The first {MOST_COLUMNS} of {len(names):,} columns." if len(names) > MOST_COLUMNS else ""
    return Table(
        "Rows with the highest loss", columns, [_row(example, shown, sure) for example in worst], note
    )


def _row(example: Example, names: Sequence[str], sure: bool) -> list[Part]:
    shown = {str(k): v for k, v in example.shown.items()} if isinstance(example.shown, Mapping) else {}
    cells = [
        f"{example.row:,}",
        example.target,
        example.predicted,
        *([wording.percent(example.probability)] if sure else []),
    ]
    return [
        Cell(word)
        for word in [*cells, wording.number(example.loss), *(_said(shown.get(name)) for name in names)]
    ]


def _said(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "nan":
        return wording.MISSING
    words = str(value)
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
