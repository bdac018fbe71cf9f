"""Rendered sample pages and a headless browser."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the samples stand beside the tests

import sample_labels
import sample_runs
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from leadline.record.finding import Findings
from leadline.report import page

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """The sample pages by name."""
    return {
        "digits": page(sample_runs.digits(), Findings(sample_runs.findings()[1:])),
        "titanic": page(sample_runs.titanic(), sample_runs.findings()),
        "california": page(sample_runs.california(), Findings(())),
        "stopped": page(sample_runs.stopped(), sample_runs.findings()),
        "many": page(sample_runs.many(), sample_runs.findings()),
        "evil": page(sample_runs.titanic(), sample_runs.evil_findings()),
        "labels": page(sample_labels.labels(), Findings(())),
        "foreign": page(sample_runs.FOREIGN, Findings(())),
    }


@pytest.fixture(scope="session")
def folder(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample pages as files."""
    made = tmp_path_factory.mktemp("pages")
    for name, html in pages.items():
        (made / f"{name}.html").write_text(html, encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Headless Chromium; missing it is a failure where CI is set."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("chromium and chromedriver must be installed where CI is set")
        pytest.skip("no chromium with chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()
