"""``leadline list`` (A2): every member of every family with its entry, each in full by name, mistakes told."""

from __future__ import annotations

import pytest

import leadline as ll
from leadline.cli.list import FAMILIES


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_families_are_those_of_the_product(typed):
    assert FAMILIES == ll.listing.FAMILIES
    said = typed("list")
    assert said.code == 0
    for name in FAMILIES:
        assert str(len(ll.listing.family(name).items)) in said.out
        assert f"\n{name} " in f"\n{said.out}"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_holds_every_entry(typed, monkeypatch, family):
    monkeypatch.setenv("COLUMNS", "110")
    said = typed("list", family)
    assert said.code == 0
    lines = [line.strip() for line in said.out.splitlines()]
    for item in ll.listing.family(family).items:
        entry = item.entry
        (row,) = (line for line in lines if line.startswith(f"{entry.name} "))
        assert entry.formula.split()[0] in row
        assert str(entry.year or "") in row
        assert entry.range in row
        assert entry.source.split()[0] in said.out


@pytest.mark.parametrize("columns", ["60", "80", "110"])
def test_it_stays_within_the_terminal(typed, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    said = typed("list", "layers")
    assert max(map(len, said.out.splitlines())) <= int(columns)


def test_one_member_in_full(typed):
    said = typed("list", "activations", "leaky_relu")
    entry = ll.activations["leaky_relu"].entry
    assert "leaky_relu(slope=0.01)" in said.out
    for part in (entry.formula, entry.derivative, entry.range, entry.source, str(entry.year)):
        assert part in words(said.out)


@pytest.mark.parametrize(
    ("typed_words", "hint"), [(("activation",), "activations"), (("losses", "hubr"), "huber")]
)
def test_a_name_that_is_not_there(typed, typed_words, hint):
    said = typed("list", *typed_words)
    assert said.code == 2
    assert f"did you mean '{hint}'?" in words(said.err)
