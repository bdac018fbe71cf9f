"""Words and numbers for people: nearest names, counts, lists and short numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the most similar of the known words, whatever their case, or "" where none is similar.

    Example:
        >>> nearest("epoch", ["epochs", "batch_size"])
        'epochs'
    """
    known = {known.casefold(): known for known in words}
    found = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.55)
    return known[found[0]] if found else ""


def did_you_mean(word: str, words: Sequence[str], most: int = 12) -> str:
    """Return a hint that names the nearest known word and the others.

    Example:
        >>> did_you_mean("adm", ["adam", "sgd"])
        "did you mean 'adam'? Known: adam, sgd"
    """
    close = nearest(word, words)
    known = f"Known: {listed(words, most)}"
    return f"did you mean '{close}'? {known}" if close else known


def listed(words: Iterable[object], most: int = 12) -> str:
    """Join words by commas and say how many were left out.

    Example:
        >>> listed(["a", "b", "c", "d"], most=2)
        'a, b and 2 more'
    """
    items = [str(word) for word in words]
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} and {len(items) - most} more"


def count(number: int, noun: str, plural: str = "") -> str:
    """Say a number of things.

    Example:
        >>> count(1, "row"), count(1797, "row"), count(2, "class", "classes")
        ('1 row', '1,797 rows', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def short(number: float, digits: int = 3) -> str:
    """Write a number with few significant digits, in scientific form only below 0.0001 and from 1e15 on.

    Example:
        >>> short(0.123456), short(1234567.0), short(1e-9)
        ('0.123', '1,234,567', '1e-09')
    """
    if number != number or number in (float("inf"), float("-inf")):
        return str(number)
    if abs(number) >= 1e15:
        return f"{number:.{digits}g}"
    if number == int(number):
        return f"{int(number):,}"
    if abs(float(f"{number:.{digits}g}")) >= 10**digits:
        return f"{number:,.0f}"
    return f"{number:.{digits}g}"
