"""``leadline evaluate`` and ``leadline report``: saved work opened again."""

from __future__ import annotations

import shutil

import pytest

import leadline as ll


@pytest.fixture
def run(trained, place):
    """A copy of the run that may be written into."""
    return shutil.copytree(trained[0], place / "run")


def test_a_look_is_counted_in_the_run(typed, run, rows):
    rows(40).to_csv("more.csv", index=False)
    for number in (1, 2):
        said = typed("evaluate", "run/good.leadline", "more.csv")
        assert said.code == 0
        assert "more.csv (40 rows)" in said.out
        looks = ll.load_run(run).looks
        assert len(looks) == 1 + number
        assert (looks[-1].why, looks[-1].rows) == ("evaluate more.csv", 40)
    assert typed("evaluate", "run", "more.csv").code == 0  # the folder names its model
    assert len(ll.load_run(run).looks) == 4


def test_scores_are_those_of_python(typed, run, rows):
    rows(40).to_csv("more.csv", index=False)
    judged = ll.evaluate(ll.load(run / "good.leadline"), "more.csv")
    said = typed("evaluate", run, "more.csv")
    assert f"{judged['accuracy'].value:.3f}" in said.out.split("accuracy")[1].split("\n")[0]
    assert "weakest" in said.out
    assert len(ll.load_run(run).looks) == 2  # a model in memory lies in no folder


def test_a_model_alone_is_judged_too(typed, run, place, rows):
    shutil.copy(run / "good.leadline", place / "alone.leadline")
    assert typed("evaluate", "alone.leadline", "good.csv").code == 0
    assert len(ll.load_run(run).looks) == 1


def test_a_bundled_set_can_be_judged(typed):
    assert typed("fit", "iris", "--network", "linear", "--epochs", 1, "-q").code == 0
    said = typed("evaluate", "runs/iris-1", "iris")
    assert said.code == 0
    assert "iris (150 rows)" in said.out


def test_rows_without_the_target(typed, run, rows):
    rows().drop(columns="kind").to_csv("bare.csv", index=False)
    said = typed("evaluate", run, "bare.csv")
    assert said.code == 2
    assert "'kind'" in said.err


def test_the_report_is_written_again(typed, run, place):
    page = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    assert typed("report", "run").code == 0
    assert (run / "report.html").read_bytes()[:200] == page[:200]
    assert typed("report", "run", "--out", "page.html").code == 0
    assert (place / "page.html").read_text() == (run / "report.html").read_text()


def test_places_without_a_run(typed, run, place):
    for where, got in (("gone", "nothing there"), ("good.csv", "a file"), (".", "a folder without a run")):
        said = typed("report", where)
        assert said.code == 2
        assert f"error     {where}" in said.err
        assert got in said.err
    assert "runs here: run" in typed("report", ".").err
    said = typed("report", "run", "--out", "gone/page.html")
    assert said.code == 2
    assert "mkdir -p gone" in said.err
