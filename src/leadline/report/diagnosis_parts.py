"""Parts of the diagnosis: what was found, as cards, and what was looked for, as lists to open.

``lowering`` turns each into HTML by the template that bears its name, as all others of ``parts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadline.record.finding import Finding
from leadline.report.parts import Part, Picture


@dataclass(frozen=True)
class Tried(Part):
    """What training with a remedy showed.

    Args:
        won: Whether it helped.
        verdict: In two or three words.
        words: The numbers.
    """

    won: bool
    verdict: str
    words: str


@dataclass(frozen=True)
class FindingCard(Part):
    """One finding with its evidence and remedies.

    Args:
        finding: What was found.
        picture: Its evidence drawn; None where it has none.
        seen: When it was seen, in words.
        sure: How sure it is, in words; empty where that is not known.
        tried: What training with the first remedy showed; None where it was not tried.
    """

    finding: Finding
    picture: Picture | None = None
    seen: str = ""
    sure: str = ""
    tried: Tried | None = None


@dataclass(frozen=True)
class Checked(Part):
    """Faults that were looked for, by what they are of; opens on demand.

    Args:
        summary: What the list says of them, and how many there are.
        lead: One sentence on how to read it.
        groups: Heading, and the title and name of each fault below it.
        good: Whether all is in order with them.
    """

    summary: str
    lead: str
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    good: bool = True
