"""The diagnosis first: each fault with its evidence and remedies; then what was looked for and found in order."""

from __future__ import annotations

from dataclasses import replace

from leadline.core.text import count
from leadline.diagnosis.engine import Rule
from leadline.diagnosis.silence import AREAS, Silence, area, silence
from leadline.record.finding import Finding, Findings, Remedy
from leadline.record.run import Run
from leadline.report import diagnosis_wording, reading
from leadline.report.diagnosis_parts import Checked, FindingCard, Tried
from leadline.report.figures.evidence import evidence
from leadline.report.parts import Part, Picture, Section


def section(run: Run, findings: Findings) -> Section:
    """Return what was found, the gravest first, and what was looked for besides.

    Example:
        >>> section(Run(), Findings(())).lead
        'Nothing was found wrong.'
    """
    lead = f"Nothing was found wrong{_checked(run)}."
    if findings:
        lead = "What is wrong, how one knows, and what to do about it. The gravest comes first."
    cards = [_card(run, finding, at) for at, finding in enumerate(findings, 1)]
    return Section("diagnosis", "Diagnosis", lead, [*cards, *_looked_for(silence(run, findings))])


def _card(run: Run, finding: Finding, at: int) -> FindingCard:
    """Return a finding as a card; the number keeps the names of its picture apart from the others."""
    drawn, proof = None, finding.proof
    finding = replace(finding, remedy=_typed(finding.remedy), others=tuple(map(_typed, finding.others)))
    if finding.picture is not None and finding.picture.names:
        drawn = Picture(evidence(f"evidence-{at}", finding.picture, finding.title))
    tried = None
    if proof is not None:
        words = f"{diagnosis_wording.gained(proof, diagnosis_wording.score_name(run))}."
        tried = Tried(proof.won, diagnosis_wording.verdict(proof), words)
    return FindingCard(
        finding, drawn, diagnosis_wording.seen(finding), diagnosis_wording.sure(finding), tried
    )


def _typed(remedy: Remedy) -> Remedy:
    """Return a remedy as it is typed beside the report: options follow the recipe, which lies in the same folder."""
    if not remedy.command.startswith("--"):
        return remedy
    return replace(remedy, command=f"leadline fit recipe.toml {remedy.command}")


def _looked_for(quiet: Silence) -> list[Part]:
    """Return the faults that were looked for, apart by whether there was anything to look at."""
    parts: list[Part] = []
    if quiet.in_order:
        said = f"In order: {count(len(quiet.in_order), 'fault')} looked for and not found"
        parts.append(Checked(said, "", _grouped(quiet.in_order)))
    if quiet.unseen:
        said = f"Not looked for: {count(len(quiet.unseen), 'fault')}"
        lead = (
            "What shows them was not measured in this run, or does not apply to it. Nothing is said about them. "
            "leadline check looks at the start of a network, and with --probe at how it learns."
        )
        parts.append(Checked(said, lead, _grouped(quiet.unseen), good=False))
    return parts


def _grouped(rules: tuple[Rule, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return titles and names of faults under what they are of, in the order of the journey."""
    found = [
        (f"The {name}", [(_title(rule), rule.fault) for rule in rules if area(rule) == name])
        for name, _ in AREAS
    ]
    return [(heading, faults) for heading, faults in found if faults]


def _title(rule: Rule) -> str:
    return rule.title.removesuffix(".").replace("``", "") or rule.fault.replace("_", " ")


def _checked(run: Run) -> str:
    """Say what there was to look at, so that silence is not mistaken for health."""
    seen = [
        words
        for words, there in (
            ("data", any(name.startswith("data.rows") for name in run.values)),
            ("network", "network.layers" in run),
            ("curves", reading.series(run, "curve.loss.train") is not None),
            ("soundings", any(name.startswith("sounding.") for name in run.values)),
            ("evaluation", bool(run.evaluations)),
        )
        if there
    ]
    if not seen:
        return ""
    return f" in the {seen[0] if len(seen) == 1 else ', '.join(seen[:-1]) + ' and ' + seen[-1]}"
