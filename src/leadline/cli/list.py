"""``leadline list``: what there is, family by family, and everything about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

import leadline as ll
from leadline.cli import terminal

if TYPE_CHECKING:
    from leadline.listing import Family, Item

FAMILIES = ("activations", "losses", "initializers", "kernels", "layers", "optimizers", "rules")


def list_(
    family: Annotated[
        str, typer.Argument(metavar="[FAMILY]", help=f"One of {', '.join(FAMILIES)}.", show_default=False)
    ] = "",
    name: Annotated[
        str, typer.Argument(help="One of the family, to see all of it.", show_default=False)
    ] = "",
) -> None:
    """List what there is: activations, losses, initializers, layers, optimizers, rules."""
    out = terminal.console()
    if not family:
        _overview(out)
    elif name:
        _one(out, ll.listing.family(family).find(name))
    else:
        _table(out, ll.listing.family(family))


def _grid(*justify: Literal["left", "right"]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for at, side in enumerate(justify):
        table.add_column(justify=side, no_wrap=at != 1)
    return table


def _side(column: str) -> Literal["left", "right"]:
    return "right" if column == "year" else "left"


def _overview(out: Console) -> None:
    table = _grid("left", "left", "right")
    for each in FAMILIES:
        found = ll.listing.family(each)
        table.add_row(Text(each, "bold"), Text(found.about), Text(str(len(found.items)), "dim"))
    out.print(table)
    out.print()
    terminal.line(out, "next", Text("leadline list activations", "cyan"))


def _table(out: Console, found: Family) -> None:
    """Print a row for each member: name, formula over source, and range and year where the family has them."""
    beside = [column for column in found.columns if column in ("range", "year")]
    table = _grid("left", "left", *(_side(column) for column in beside))
    out.print(Text(found.about))
    out.print()
    for item in found.items:
        words = Group(Text(item.entry.formula), Text(item.entry.source, "dim"))
        cells = [Text("" if (value := getattr(item.entry, c)) is None else str(value)) for c in beside]
        table.add_row(Text(item.entry.name, "bold"), words, *cells)
    out.print(table)
    out.print()
    terminal.line(out, "next", Text(f"leadline list {found.name} {found.items[0].entry.name}", "cyan"))


def _one(out: Console, item: Item) -> None:
    """Print all there is to say of one member."""
    entry = item.entry
    out.print(Text(item.made, "bold"), soft_wrap=True)
    parts = {
        "formula": entry.formula,
        "derivative": entry.derivative,
        "range": entry.range,
        "source": f"{entry.source} ({entry.year})" if entry.year else entry.source,
        **item.more,
    }
    table = _grid("left", "left")
    for label, words in parts.items():
        if words:
            table.add_row(Text(label, "dim"), Text(words))
    out.print(table)
    if item.words:
        out.print()
        for line in item.words.splitlines():
            out.print(Text(line), soft_wrap=True)
