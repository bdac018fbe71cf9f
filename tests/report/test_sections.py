"""Chapters: what they say of a run, part by part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sample_runs
from sample_pieces import judged

from leadline.record.evaluation import Baseline, Evaluation, Score
from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.report.figures.style import themed
from leadline.report.parts import (
    Card,
    Cards,
    Cell,
    Columns,
    Facts,
    Group,
    Interval,
    Meter,
    Part,
    Picture,
    Shade,
    Table,
)
from leadline.report.sections import (
    asked,
    chapters,
    classes,
    curves,
    data,
    evaluation,
    examples,
    network,
    scores,
    soundings,
)
from leadline.report.sections.head import head


def within(parts: object, kind: type[Part]) -> list[Part]:
    """All parts of a kind, at any depth."""
    found: list[Part] = []
    for part in parts:  # type: ignore[attr-defined]
        found += [part] if isinstance(part, kind) else []
        found += within(getattr(part, "parts", ()), kind)
    return found


def table(parts: object, caption: str) -> Table:
    return next(t for t in within(parts, Table) if isinstance(t, Table) and t.caption.startswith(caption))


def measured(value: float, low: float, high: float, other: float, spread: float = 0.01) -> str:
    linear = Baseline("linear", "", (Score("accuracy", other, other - spread, other + spread),))
    test = Evaluation("test", "classification", 100, (Score("accuracy", value, low, high),), (linear,))
    return head(Run({}, {"test": test}), Findings(())).verdict.replace("⁠", "")


def test_the_verdict_is_careful() -> None:
    assert "clearly better than 80.0% by the linear baseline" in measured(0.9, 0.85, 0.95, 0.8)
    assert "beside 89.0%" in measured(0.9, 0.85, 0.95, 0.89)
    assert "not better than 95.0%" in measured(0.9, 0.85, 0.95, 0.95)
    assert measured(0.9, 0.85, 0.95, 0.8).startswith(
        "Accuracy 90.0% (95% interval 85.0–95.0%) on 100 test rows"
    )


def test_the_verdict_on_what_is_better_lower() -> None:
    base = Baseline("mean", "", (Score("mae", 2.0, 1.9, 2.1, "lower"),))
    test = Evaluation("test", "regression", 9, (Score("mae", 1.0, 0.9, 1.1, "lower"),), (base,))
    assert "clearly better than 2.00" in head(Run({}, {"test": test}), Findings(())).verdict


def test_findings_are_counted_by_severity() -> None:
    top = head(sample_runs.titanic(), sample_runs.findings())
    assert [(count.severity, count.words) for count in top.counts] == [
        ("error", "1 error"),
        ("warning", "1 warning"),
        ("hint", "1 hint"),
    ]


def test_the_task_and_choices_are_listed() -> None:
    section = asked.section(sample_runs.digits())
    assert section is not None
    (facts,) = section.parts
    assert isinstance(facts, Facts)
    told = dict(facts.pairs)
    assert told["optimizer"] == "adam"
    assert told["learning rate"] == "0.001"
    assert told["batch size"] == "32"
    assert told["early stopping"] == "yes"
    assert told["weights kept from"] == "epoch 20"


def test_classes_are_counted_with_bars() -> None:
    section = data.section(sample_runs.digits())
    assert section is not None
    counted = table(section.parts, "Rows of each class")
    assert len(counted.rows) == 10
    longest = [row[1].share for row in counted.rows if isinstance(row[1], Meter)]
    assert max(longest) == 1.0
    assert counted.rows[3][1:] == [Meter("182", 1.0), "117", "29", "36"]


def test_many_classes_show_the_smallest() -> None:
    section = data.section(sample_runs.many())
    assert section is not None
    counted = table(section.parts, "Rows of each class")
    assert len(counted.rows) == data.MOST_CLASSES
    assert counted.rows[0][0] == "class 000"
    assert "40 smallest of 100" in counted.note


def test_columns_left_out_have_their_reason() -> None:
    section = data.section(sample_runs.titanic())
    assert section is not None
    assert (Cell("name"), Cell("a different text in every row")) in table(
        section.parts, "Columns left out"
    ).rows


def test_the_network_is_listed_with_its_numbers() -> None:
    section = network.section(sample_runs.california())
    assert section is not None
    listed = table(section.parts, "Layers")
    assert [column.name for column in listed.columns] == ["layer", "activation", "output shape", "parameters"]
    assert [cell.text for cell in listed.rows[2]] == ["3\u20021.residual.1.dense", "relu", "64", "4,160"]
    assert "17,537 parameters, 1.3 for each training row" in section.lead


def test_a_constant_learning_rate_is_not_drawn() -> None:
    with themed():
        moving, constant = curves.section(sample_runs.digits()), curves.section(sample_runs.titanic())
    assert moving is not None
    assert constant is not None
    assert [picture.title for picture in within(moving.parts, Picture)][-1] == "Learning rate"
    assert "Learning rate" not in [picture.title for picture in within(constant.parts, Picture)]


def test_soundings_that_are_nowhere_are_said_and_not_drawn() -> None:
    run = sample_runs.digits()
    run = run.with_values({"sounding.activation.dead": np.zeros((30, 5))})
    with themed():
        section = soundings.section(run)
    assert section is not None
    assert "Dead units" not in [picture.title for picture in within(section.parts, Picture)]
    assert "dead units" in section.parts[-1].words


def test_the_axis_of_scores() -> None:
    assert scores.axis([Score("r2", -0.4, -0.5, -0.3), Score("r2", 0.8, 0.7, 0.9)]) == (-0.5, 1.0)
    assert scores.axis([Score("r2", -0.0004, -0.002, 0.0), Score("r2", 0.8, 0.7, 0.9)]) == (0.0, 1.0)
    assert scores.axis([Score("mae", float("nan"), 1, 2)]) == (0.0, 2.0)
    assert scores.axis([Score("mae", 0.0, 0.0, 0.0)]) == (0.0, 1.0)


def test_intervals_lie_on_their_axis() -> None:
    cell = scores.place(Score("mae", 3.0, 1.0, 9.0), 0.0, 4.0, True)
    assert cell == Interval(0.75, 0.25, 1.0, True)
    assert scores.place(Score("mae", float("nan"), 1.0, 9.0), 0.0, 4.0, True) == Cell("–")


def test_the_weakest_class_comes_first() -> None:
    test = judged(list("abc"), 50, 0.8, 1)
    worst = min(test.per_class, key=lambda found: found.recall.value)
    (group,) = classes.per_class(test)
    assert isinstance(group, Group)
    assert table([group], "Recall").rows[0][0] == worst.name


def test_the_confusion_matrix_holds_every_count() -> None:
    test = judged(list("abc"), 50, 0.8, 1)
    shown = table(classes.confusion(test), "Confusion matrix")
    cells = [[cell for cell in row if isinstance(cell, Shade)] for row in shown.rows]
    assert [[int(cell.text.replace("·", "0")) for cell in row] for row in cells] == test.confusion.tolist()
    assert [[cell.right for cell in row] for row in cells] == np.eye(3, dtype=bool).tolist()
    assert sum(cell.share for cell in cells[0]) == pytest.approx(1.0)


def test_many_classes_show_their_confusions() -> None:
    test = judged([f"c{i}" for i in range(25)], 20, 0.7, 5)
    shown = table(classes.confusion(test), "Most frequent confusions")
    wrong = test.confusion - np.diag(np.diag(test.confusion))
    assert [int(row[2].text) for row in shown.rows] == np.sort(wrong, axis=None)[::-1][:15].tolist()


def test_a_model_without_mistakes_has_no_confusions() -> None:
    test = replace(judged(list("abc"), 5, 0.8, 1), confusion=np.eye(30, dtype=int) * 4, per_class=())
    assert classes.confusion(test) == []


def test_the_test_part_is_judged_first() -> None:
    run = sample_runs.digits()
    found = evaluation.judged(run)
    assert found is not None
    assert found.part == "test"
    only = Run({}, {"new.csv": replace(found, part="new.csv")})
    with themed():
        section = evaluation.section(only)
    assert section is not None
    assert section.lead == "On 360 rows of new.csv."


def test_images_are_cards_and_rows_are_a_table() -> None:
    shown, listed = examples.section(sample_runs.digits()), examples.section(sample_runs.titanic())
    assert shown is not None
    assert listed is not None
    (cards,) = shown.parts
    assert isinstance(cards, Cards)
    assert isinstance(cards.cards[0], Card)
    assert cards.cards[0].image.startswith("data:image/png;base64,")
    assert "taken for" in cards.cards[0].alt
    rows = table(listed.parts, "Rows with the highest loss")
    assert [column.name for column in rows.columns][:5] == ["row", "true", "predicted", "sure", "loss"]
    assert [column.name for column in rows.columns][5:] == list(sample_runs.COLUMNS)
    assert rows.rows[0][12].text == "–"


def test_chapters_without_numbers_are_left_out() -> None:
    assert [chapter.name for chapter in chapters(Run({"machine": "a"}), Findings(()))] == [
        "diagnosis",
        "recipe",
    ]


def test_pictures_stand_in_columns() -> None:
    with themed():
        section = curves.section(sample_runs.digits())
    assert section is not None
    assert isinstance(section.parts[0], Columns)
