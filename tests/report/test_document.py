"""The page as text: complete, in order, on its own, escaped, the same each time, whatever the run lacks."""

from __future__ import annotations

import contextlib
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sample_runs
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.core.errors import RunError
from leadline.record.evaluation import Evaluation, Score
from leadline.record.finding import Findings
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Run
from leadline.report import page, write

ORDER = ["diagnosis", "asked", "data", "network", "curves", "soundings", "evaluation", "worst", "recipe"]


class Balance(HTMLParser):
    """Counts elements and holds that each is closed where it must be."""

    VOID = frozenset(("meta", "link", "img", "path", "rect", "circle", "br"))

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts = 0
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def sections(html: str) -> list[str]:
    return re.findall(r'<section id="([a-z]+)"', html)


def test_all_chapters_stand_in_order(pages: dict[str, str]) -> None:
    assert sections(pages["digits"]) == ORDER
    assert sections(pages["titanic"]) == ORDER


def test_the_head_says_it_all(pages: dict[str, str]) -> None:
    head = pages["digits"][: pages["digits"].index("</header>")]
    for words in (
        "<h1>digits</h1>",
        "5 layers, 8,970 parameters",
        "9 March 2026, 14:05",
        "97.5%",
        "10.0%",
        "1 hint",
    ):
        assert words in head


@pytest.mark.parametrize("name", ["digits", "titanic", "california", "stopped", "many", "evil", "foreign"])
def test_the_page_is_whole_small_and_on_its_own(pages: dict[str, str], name: str) -> None:
    html = pages[name]
    found = Balance(html)
    assert found.open == []
    assert found.scripts == 1
    assert found.handlers == []
    assert len(html.encode()) < 1_000_000
    known = r"http://www\.w3\.org/(2000/svg|1999/xlink)|data:image/png;base64,[^\"]+"
    assert re.findall(r"(?:https?:)?//[a-z]", re.sub(known, "", html)) == []
    assert "{{" not in html
    told = re.sub(r'<details class="checked.*?</details>', " ", html[html.index("<body") :], flags=re.S)
    assert (
        "nan" not in re.sub(r"<[^>]*>", " ", told).lower().split()
    )  # but for the names of what was looked for


def test_words_of_the_data_are_escaped_everywhere(pages: dict[str, str]) -> None:
    assert sample_runs.EVIL not in pages["evil"]
    assert pages["evil"].count("&lt;script&gt;document") > 20


def test_the_same_run_gives_the_same_page(pages: dict[str, str]) -> None:
    assert page(sample_runs.digits(), Findings(sample_runs.findings()[1:])) == pages["digits"]


def test_the_users_own_matplotlib_settings_do_not_matter(pages: dict[str, str]) -> None:
    import matplotlib as mpl

    with mpl.rc_context(
        {"axes.grid": False, "lines.linewidth": 9.0, "svg.fonttype": "path", "axes.facecolor": "red"}
    ):
        before = dict(mpl.rcParams)
        assert page(sample_runs.digits(), Findings(sample_runs.findings()[1:])) == pages["digits"]
        assert dict(mpl.rcParams) == before


def test_the_page_is_made_in_time() -> None:
    run = sample_runs.digits()
    seconds = []
    for _ in range(3):
        start = time.process_time()
        page(run, Findings(()))
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1.5


def test_findings_stand_with_evidence_and_remedy(pages: dict[str, str]) -> None:
    html = pages["titanic"]
    for finding in sample_runs.findings():
        for words in (finding.title, finding.evidence, finding.why, finding.remedy.words, finding.source):
            assert words in html
    assert "<code>leadline fit titanic.csv --drop alive</code>" in html
    assert html.index("gives the target away") < html.index("learns by heart") < html.index("More parameters")


def test_the_looks_are_counted(pages: dict[str, str]) -> None:
    assert "The test set was looked at 1 time." in pages["digits"]
    assert "The test set was looked at 2 times." in pages["titanic"]


def test_a_stopped_run_says_so(pages: dict[str, str]) -> None:
    html = pages["stopped"]
    assert "Training stopped at step 41 because the loss was not finite." in html
    assert "Accuracy could not be measured on 360 test rows." in html


def test_a_foreign_run_shows_what_it_has(pages: dict[str, str]) -> None:
    assert sections(pages["foreign"]) == ["diagnosis", "asked", "curves"]
    assert sections(page(Run(), Findings(()))) == ["diagnosis"]


ODD: list[Any] = [
    *(None, 0, -3, 1.5, float("nan"), float("inf"), "", "words", "relu", np.float32(2.5)),
    *(
        (),
        [],
        ("a", "b"),
        [1, 2, 3],
        [float("nan")],
        [[1], [2, 3]],
        {},
        {"a": None, "b": {"c": 1}},
        {"x": "y"},
        {"x": 3},
    ),
    *(np.zeros(0), np.array([1.0, np.nan]), np.zeros(3), np.full((3, 2), np.nan), np.full((2, 2), np.inf)),
    *(np.array([[-1.0, 0.0]]), np.array([-1, 0]), np.zeros((0, 2)), np.full((2, 2), 1e300), np.zeros((2, 2))),
]


def allowed(values: dict[str, Any]) -> Run:
    """A run of those values that a run takes."""
    run = Run()
    for name, value in values.items():
        with contextlib.suppress(RunError):
            run = run.with_values({name: value})
    return run


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(VOCABULARY)), st.sampled_from(ODD), max_size=25))
def test_no_partial_or_odd_run_breaks_the_page(values: dict[str, Any]) -> None:
    assert Balance(page(allowed(values), Findings(()))).open == []


@pytest.mark.parametrize("odd", range(len(ODD)))
def test_one_odd_value_for_every_name_does_no_harm(odd: int) -> None:
    run = allowed(dict.fromkeys(VOCABULARY, ODD[odd])).with_values({"network.layers": ("0.dense", "1.dense")})
    assert Balance(page(run, Findings(()))).open == []


@settings(max_examples=15, deadline=None)
@given(
    st.floats(width=32),
    st.floats(width=32),
    st.floats(width=32),
    st.sampled_from(["accuracy", "mae", "r2", "new"]),
)
def test_no_score_breaks_the_page(value: float, low: float, high: float, name: str) -> None:
    bins = np.array([[value, low, high]])
    test = Evaluation(
        "test", "regression", 3, (Score(name, value, low, high),), reliability=bins, predictions=bins[:, :2]
    )
    assert Balance(page(Run({}, {"test": test}), Findings(()))).open == []


def test_a_report_is_written_and_replaced(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    assert write(target, sample_runs.FOREIGN, Findings(())) == target
    assert target.read_text(encoding="utf-8") == page(sample_runs.FOREIGN, Findings(()))
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="must be in a folder that exists"):
        write(tmp_path / "none" / "report.html", Run(), Findings(()))
