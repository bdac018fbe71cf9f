"""The page in a real browser: quiet, on its own, within a phone's width, readable in light and dark."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

NAMES = ["digits", "titanic", "california", "stopped", "many", "evil", "labels", "foreign"]
pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")

AXE = """
const done = arguments[arguments.length - 1];
const rules = {"color-contrast": {enabled: false}};  // measured above, in both themes and much faster
axe.run({rules}).then(found => done({
  passed: found.passes.length,
  faults: found.violations.map(({id, nodes}) => [id, nodes.slice(0, 3).map(node => node.html.slice(0, 120))]),
}));
"""


def resized(browser: Chrome, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def opened(
    browser: Chrome, folder: Path, name: str, theme: str = "light", width: int = 1280, media: str = "screen"
) -> Chrome:
    resized(browser, width)
    preference = {"media": media, "features": [{"name": "prefers-color-scheme", "value": theme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", preference)
    browser.get((folder / f"{name}.html").as_uri())
    return browser


def requested(browser: Chrome) -> list[str]:
    events: list[dict[str, Any]] = [
        json.loads(entry["message"])["message"] for entry in browser.get_log("performance")
    ]
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [event["request"]["url"] for event in sent]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_quiet_and_asks_nobody(browser: Chrome, folder: Path, name: str) -> None:
    browser.get("about:blank")
    requested(browser), browser.get_log("browser")
    opened(browser, folder, name)
    asked = requested(browser)
    assert any(url.startswith("file:") for url in asked)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_never_scrolls_sideways(browser: Chrome, folder: Path, name: str) -> None:
    for width in (1280, 768, 360, 320):
        resized(opened(browser, folder, name) if width == 1280 else browser, width)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_wide_tables_scroll_in_their_own_box(browser: Chrome, folder: Path) -> None:
    opened(browser, folder, "titanic", width=360)
    inner = "return [...document.querySelectorAll('.table-box')].map(b => b.scrollWidth - b.clientWidth)"
    assert max(browser.execute_script(inner)) > 50
    boxes = "return [...document.querySelectorAll('.table-box')].every(b => b.tabIndex === 0 && b.ariaLabel)"
    assert browser.execute_script(boxes)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["digits", "titanic", "california", "many", "stopped"])
def test_all_text_stands_out(browser: Chrome, folder: Path, name: str, theme: str) -> None:
    opened(browser, folder, name, theme)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    seen = browser.execute_script(CONTRAST)
    assert len(seen) > 100
    assert [found for found in seen if found[0] < 4.5] == []


def test_the_measure_of_contrast_finds_faint_text(browser: Chrome, folder: Path) -> None:
    opened(browser, folder, "digits")
    browser.execute_script("document.querySelector('.verdict').style.color = '#9aa'")
    assert min(found[0] for found in browser.execute_script(CONTRAST)) < 4.5


def test_the_two_themes_differ_in_page_and_pictures(browser: Chrome, folder: Path) -> None:
    look = (
        "const c = (s, p) => getComputedStyle(document.querySelector(s))[p];"
        "return [c('body', 'backgroundColor'), c('body', 'color'), c('svg .block', 'fill'),"
        " c('figure svg.drawing path[style*=accent]', 'stroke')]"
    )
    light, dark = (
        opened(browser, folder, "digits", theme).execute_script(look) for theme in ("light", "dark")
    )
    assert [one for one, other in zip(light, dark, strict=True) if one == other] == []
    printed = opened(browser, folder, "digits", "dark", media="print").execute_script(look)
    assert printed[1] == light[1]


@pytest.mark.parametrize("name", NAMES)
def test_headings_go_down_one_step_at_a_time(browser: Chrome, folder: Path, name: str) -> None:
    opened(browser, folder, name)
    levels = browser.execute_script(
        "return [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_names_and_ids_are_unique(browser: Chrome, folder: Path, name: str) -> None:
    opened(browser, folder, name)
    nameless = """
    const said = id => document.getElementById(id)?.textContent.trim();
    const named = svg => (svg.getAttribute("aria-labelledby") || "").split(" ").every(said);
    const shown = [...document.querySelectorAll("svg:not([aria-hidden=true])")];
    const silent = document.querySelectorAll("img:not([alt]), img[alt='']");
    return shown.filter(svg => !named(svg)).length + silent.length;
    """
    assert browser.execute_script(nameless) == 0
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["digits", "titanic", "california", "foreign"])
def test_axe_finds_nothing(browser: Chrome, folder: Path, name: str) -> None:
    axe = pytest.importorskip("axe_core_python.base", reason="axe-core-python is not installed")
    opened(browser, folder, name)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.execute_script(axe.AXE_SCRIPT)
    found = browser.execute_async_script(AXE)
    assert found["passed"] > 15
    assert found["faults"] == []


def test_words_from_the_data_do_not_run(browser: Chrome, folder: Path) -> None:
    opened(browser, folder, "evil")
    assert "stolen" not in browser.title
    assert browser.execute_script("return document.scripts.length") == 1


def test_the_skip_link_shows_when_focused(browser: Chrome, folder: Path) -> None:
    opened(browser, folder, "digits")
    place = "return document.querySelector('.skip').getBoundingClientRect().top"
    assert browser.execute_script(place) < 0
    browser.execute_script("document.querySelector('.skip').focus()")
    assert browser.execute_script(place) >= 0


def test_the_copy_button_takes_the_command(browser: Chrome, folder: Path) -> None:
    opened(browser, folder, "titanic")
    browser.execute_script("navigator.clipboard.writeText = async text => { window.taken = text; }")
    browser.execute_script("document.querySelector('button.copy').click()")
    assert browser.execute_script("return window.taken") == "leadline fit titanic.csv --drop alive"


def test_it_prints(browser: Chrome, folder: Path) -> None:
    opened(browser, folder, "digits", "dark", width=690, media="print")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 690
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert printed.startswith(b"%PDF")
    assert browser.execute_script("return [...document.querySelectorAll('details')].every(d => d.open)")
