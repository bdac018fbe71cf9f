"""The diagnosis stands first: cards with evidence, proof and remedies, then what was looked for; nothing twice."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sample_runs

from leadline.diagnosis import rules_by_fault
from leadline.diagnosis.planted import planted
from leadline.record.finding import Finding, Findings, Picture, Proof, Remedy
from leadline.record.run import Run
from leadline.report import page
from leadline.report.diagnosis_parts import Checked, FindingCard
from leadline.report.diagnosis_wording import CERTAIN, gained, score_name, seen, sure, verdict
from leadline.report.sections import diagnosis


def finding(**more: object) -> Finding:
    return Finding(
        "dead_units", "A layer is dead", "error", "0.dense", "all", "why", Remedy("mend", "type"), **more
    )  # type: ignore[arg-type]


def cards(run: Run, *found: Finding) -> list[FindingCard]:
    return [part for part in diagnosis.section(run, Findings(found)).parts if isinstance(part, FindingCard)]


def lists(run: Run, *found: Finding) -> dict[bool, Checked]:
    checked = [part for part in diagnosis.section(run, Findings(found)).parts if isinstance(part, Checked)]
    return {part.good: part for part in checked}


def faults(part: Checked) -> list[str]:
    return [fault for _, members in part.groups for _, fault in members]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_the_diagnosis_is_the_first_chapter(pages: dict[str, str]) -> None:
    for html in pages.values():
        assert re.findall(r'<section id="([a-z]+)"', html)[0] == "diagnosis"
        assert '<a href="#diagnosis">Diagnosis</a>' in html
    assert 'class="badge error" href="#diagnosis"' in pages["titanic"]


def test_a_card_says_where_when_how_sure_and_what_it_gained(pages: dict[str, str]) -> None:
    said = words(pages["titanic"])
    assert "column alive · seen before anything ran" in said
    assert "95%: the lower end of the score" in said
    told = "trained beside the original by 5 seeds over 200 steps: accuracy 0.51 → 0.93, gain 0.42 (0.38 … 0.46)."
    assert f"Tried, and it helped: {told}" in said


def test_a_remedy_that_did_not_help_says_so() -> None:
    proof = Proof(3, 400, 0.81, 0.812, -0.01, 0.014, False)
    (card,) = cards(Run({"data.problem": "regression"}), finding(proof=proof))
    assert card.tried is not None
    assert (card.tried.won, card.tried.verdict) == (False, "Tried, and it did not help")
    assert card.tried.words.endswith("over 400 steps: R² 0.81 → 0.81, gain 0.00 (−0.01 … 0.01).")


def test_remedies_are_ranked_with_what_to_type(pages: dict[str, str]) -> None:
    html = pages["titanic"]
    first, second = html.index("titanic.csv --drop alive"), html.index("leadline list rules leaking_feature")
    assert first < html.index("Tried, and it helped") < second
    assert '<ol class="remedies">' in html
    assert '<ol class="remedies one">' in html


def test_options_follow_the_recipe() -> None:
    (card,) = cards(
        Run(), replace(finding(), remedy=Remedy("drop it", "--drop alive"), others=(Remedy("a", "b"),))
    )
    assert [remedy.command for remedy in card.finding.remedies] == [
        "leadline fit recipe.toml --drop alive",
        "b",
    ]


def test_a_picture_is_drawn_only_where_there_is_one(pages: dict[str, str]) -> None:
    assert pages["titanic"].count("ev-bar") > 0
    assert pages["titanic"].count('class="shown pictured"') == 1
    (bare,) = cards(Run(), finding(picture=Picture("bars", (), ())))
    assert bare.picture is None


def test_nothing_stands_twice(pages: dict[str, str]) -> None:
    html = pages["titanic"]
    for found in sample_runs.findings():
        for text in (found.title, found.evidence, found.why, found.remedy.words):
            assert words(html[html.index("<main") :]).count(text) == 1
    assert html.count('class="finding ') == len(sample_runs.findings())
    in_lists = re.findall(r'<li>[^<]* <span class="fault">([a-z_]+)</span></li>', html)
    assert len(in_lists) == len(set(in_lists))
    assert not set(in_lists) & set(sample_runs.findings().faults)


def test_without_findings_it_says_what_was_looked_for() -> None:
    run = planted()
    parts = lists(run)
    assert set(faults(parts[True])) | set(faults(parts[False])) == set(rules_by_fault())
    assert {"first_loss", "overfitting", "unscaled_inputs"} <= set(faults(parts[True]))
    assert {"dead_units", "leaking_feature"} <= set(faults(parts[False]))
    assert parts[True].summary == f"In order: {len(faults(parts[True]))} faults looked for and not found"
    html = page(run, Findings(()))
    assert "Nothing was found wrong in the data, network, curves and soundings." in html
    assert "A first loss far from what ignorance gives" in html


def test_what_was_found_is_not_in_order() -> None:
    parts = lists(planted(), finding())
    assert "dead_units" not in faults(parts[True]) + faults(parts[False])


def test_an_empty_run_claims_nothing() -> None:
    parts = lists(Run())
    assert set(parts) == {False}


@pytest.mark.parametrize(
    ("stage", "said"), [("A", "before anything ran"), ("C", "probe"), ("D", "in the training")]
)
def test_the_stage_in_words(stage: str, said: str) -> None:
    assert said in seen(finding(stage=stage))


def test_confidence_in_words() -> None:
    assert sure(finding()) == ""
    assert sure(finding(confidence=0.9999, meaning="m")) == "over 99.9%: m"
    assert sure(finding(confidence=float("nan"), meaning="an interval")) == "An interval"
    assert sure(finding(certain=True)) == CERTAIN


def test_proof_in_words() -> None:
    proof = Proof(1, 1, float("nan"), 0.5, -0.1, 0.2, False)
    assert verdict(proof) == "Tried, and it did not help"
    assert (
        gained(proof)
        == "trained beside the original by 1 seed over 1 step: score – → 0.50, gain – (−0.10 … 0.20)"
    )
    assert (score_name(Run()), score_name(Run({"data.problem": "classification"}))) == ("score", "accuracy")


def test_pictures_of_several_findings_keep_their_names_apart() -> None:
    found = [finding(picture=Picture("bars", ("a",), ((float(at),),))) for at in range(3)]
    html = page(Run(), Findings([replace(each, where=str(at)) for at, each in enumerate(found)]))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
