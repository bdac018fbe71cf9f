"""What the page says of several labels."""

from __future__ import annotations

from dataclasses import replace

from sample_labels import NAMES, label, labels

from leadline.record.finding import Findings
from leadline.report.parts import Cell, Interval, Meter
from leadline.report.sections import curves, data
from leadline.report.sections.classes import per_class
from leadline.report.sections.evaluation import section
from leadline.report.sections.head import head
from leadline.report.sections.labels import MOST_SHOWN, per_label


def test_each_label_stands_in_a_row_the_weakest_first():
    (group,) = per_label(labels().evaluations["test"])
    table = group.parts[0]
    assert next(row[0] for row in table.rows) == "never said"
    assert {row[0] for row in table.rows} == set(NAMES)
    assert [column.name for column in table.columns] == [
        "label", "rows", "F1", "F1", "precision", "recall", "ROC-AUC"
    ]  # fmt: skip
    never, best = table.rows[0], table.rows[-1]
    assert never[4] == Cell("–"), "precision is unknown where a label is never said"
    assert isinstance(best[2], Interval)
    assert best[-1] == Cell("0.90 (0.82–0.95)")
    assert best[4] == Cell("90.9% (81.6–95.8%)")
    assert "above 50%" in table.note


def test_of_many_labels_the_weakest_are_shown():
    test = labels().evaluations["test"]
    many = replace(test, per_label=tuple(label(f"l{i}", 50, i, 50) for i in range(50)))
    table = per_label(many)[0].parts[0]
    assert len(table.rows) == MOST_SHOWN
    assert table.rows[0][0] == "l0"
    assert "10 better ones" in table.note


def test_rows_that_have_each_label():
    tables = [
        part for part in data.section(labels()).parts if getattr(part, "caption", "").startswith("Rows that")
    ]
    assert len(tables) == 1
    assert tables[0].rows[1][0] == "sport"
    assert tables[0].rows[1][1] == Meter("562", 1.0)


def test_the_rest_of_the_page():
    run = labels()
    top = head(run, Findings(()))
    assert dict(top.facts)["Target"] == f"several labels: {', '.join(NAMES[:4])} and 1 more"
    assert top.verdict.startswith("Hamming accuracy 91.0%")
    assert per_class(run.evaluations["test"]) == []
    assert "Label by label" in [getattr(part, "title", "") for part in section(run).parts]
    titles = [picture.title for picture in curves.section(run).parts[0].parts]
    assert "Validation Hamming accuracy" in titles
