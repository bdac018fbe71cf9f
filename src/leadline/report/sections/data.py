"""Data and split: rows of each part, classes, columns left out, and what was decided while reading."""

from __future__ import annotations

import numpy as np

from leadline.core.text import count
from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.parts import Bar, Bars, Cell, Column, Facts, Group, Items, Meter, Part, Section, Table

PARTS = {"train": "training", "validation": "validation", "test": "test"}
_PURPOSE = {
    "train": "the network learns from them",
    "validation": "choose the epoch",
    "test": "kept for the final judgment",
}
MOST_CLASSES = 40


def section(run: Run) -> Section | None:
    """Return what is known of the data; None where nothing is."""
    parts = [
        *_rows(run),
        *_facts(run),
        *_classes(run, "class"),
        *_classes(run, "label"),
        *_left_out(run),
        *_announced(run),
    ]
    if not parts:
        return None
    lead = "Which rows the network learned from, which chose the epoch, and which were kept for the judgment."
    return Section("data", "Data and split", lead, parts)


def _rows(run: Run) -> list[Part]:
    sizes = {part: size for part in PARTS if (size := reading.whole(run, f"data.rows.{part}")) is not None}
    total = sum(sizes.values())
    if total <= 0:
        return []
    bars = [
        Bar(f"{PARTS[p]} – {_PURPOSE[p]}", f"{n:,} ({wording.percent(n / total)})", n / total)
        for p, n in sizes.items()
    ]
    return [Bars(f"Rows of each part, {total:,} in all", bars)]


def _facts(run: Run) -> list[Part]:
    pairs = [
        ("kind", reading.text(run, "data.kind")),
        ("raw columns", _counted(len(reading.words(run, "data.columns")))),
        ("one prepared input", _shape(run)),
        ("rows shared by training and test", _shared(run, "train_test")),
        ("rows shared by training and validation", _shared(run, "train_validation")),
        *_target(run),
        ("fingerprint (SHA-256)", reading.text(run, "data.digest")[:12]),
    ]
    known = [pair for pair in pairs if pair[1]]
    return [Facts(known)] if known else []


def _counted(size: int) -> str:
    return f"{size:,}" if size else ""


def _shape(run: Run) -> str:
    found = reading.series(run, "data.input.shape")
    return (
        ""
        if found is None
        else count(int(found[0]), "feature")
        if len(found) == 1
        else wording.shape(found.tolist())
    )


def _shared(run: Run, parts: str) -> str:
    found = reading.whole(run, f"data.shared.{parts}")
    return "" if found is None else "none" if found == 0 else f"{found:,}"


def _target(run: Run) -> list[tuple[str, str]]:
    mean, spread, low, high = (
        reading.single(run, f"data.target.{name}") for name in ("mean", "spread", "low", "high")
    )
    pairs = []
    if mean is not None and spread is not None:
        pairs.append(
            (
                "training targets, mean ± standard deviation",
                f"{wording.number(mean)} ± {wording.number(spread)}",
            )
        )
    if low is not None and high is not None:
        pairs.append(("training targets, range", f"{wording.number(low)} to {wording.number(high)}"))
    return pairs


def _classes(run: Run, what: str) -> list[Part]:
    """Return the rows of each class, or those that have each of several labels."""
    counts = {
        part: found
        for part in PARTS
        if (found := reading.series(run, f"data.{what}_count.{part}")) is not None
    }
    sizes = {len(found) for found in counts.values()}
    if len(sizes) != 1:
        return []
    total = np.sum(list(counts.values()), axis=0)
    names = reading.words(run, "data.classes" if what == "class" else "data.labels")
    names = names if len(names) == len(total) else tuple(map(str, range(len(total))))
    order = (
        range(len(total)) if len(total) <= MOST_CLASSES else np.argsort(total, kind="stable")[:MOST_CLASSES]
    )
    top = max(float(total.max()), 1.0)
    columns = [
        Column(what),
        Column("rows", "drawing"),
        *(Column(PARTS[part], "number") for part in counts),
    ]
    rows: list[list[Part | str]] = [
        [
            names[i],
            Meter(wording.number(total[i]), total[i] / top),
            *(wording.number(found[i]) for found in counts.values()),
        ]
        for i in order
    ]
    several = "classes" if what == "class" else "labels"
    note = f"The {MOST_CLASSES} smallest of {len(total):,} {several}." if len(total) > MOST_CLASSES else ""
    return [
        Table("Rows of each class" if what == "class" else "Rows that have each label", columns, rows, note)
    ]


def _left_out(run: Run) -> list[Part]:
    """Return columns that are not used and rows that are in no part, each with the reason."""
    dropped = reading.mapping(run, "data.columns.dropped")
    excluded = reading.mapping(run, "data.excluded")
    columns = [(Cell(str(name)), Cell(str(reason))) for name, reason in dropped.items()]
    rows = [
        (Cell(str(reason)), Cell(f"{size:,}"))
        for reason, size in excluded.items()
        if isinstance(size, int) and size
    ]
    tables: list[Part] = []
    if columns:
        tables.append(Table("Columns left out", [Column("column"), Column("reason")], columns))
    if rows:
        tables.append(Table("Rows left out", [Column("reason"), Column("rows", "number")], rows))
    return tables


def _announced(run: Run) -> list[Part]:
    said = reading.words(run, "data.announcements")
    return [Group("Decided while reading", [Items(said)])] if said else []
