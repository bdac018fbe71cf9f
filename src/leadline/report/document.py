"""The report as one page: every section that has something to say, in the order people ask.

Comes in: a run and its findings. Goes out: HTML that needs nothing else to be read.
"""

from __future__ import annotations

from pathlib import Path

from leadline.core.disk import not_written, replace_file
from leadline.core.errors import RunError
from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.report import reading
from leadline.report.figures.style import themed
from leadline.report.lowering import lower_page
from leadline.report.parts import Page
from leadline.report.sections import chapters
from leadline.report.sections.head import head


def page(run: Run, findings: Findings) -> str:
    """Return the report as one self-contained HTML page.

    Numbers that the run does not hold leave their place out.

    Args:
        run: What the training wrote; may be partial.
        findings: What is wrong with it.

    Returns:
        The page, the same text for the same run.

    Example:
        >>> from leadline.report import page
        >>> html = page(Run({"data.name": "digits"}), Findings(()))
        >>> html.startswith("<!doctype html>"), "<h1>digits</h1>" in html
        (True, True)
    """
    with themed():
        return lower_page(Page(head(run, findings), chapters(run, findings), _colophon(run)))


def write(path: str | Path, run: Run, findings: Findings) -> Path:
    """Write the report to a file.

    Args:
        path: Of the HTML file; its folder must be there.
        run: What the training wrote; may be partial.
        findings: What is wrong with it.

    Returns:
        The path.

    Raises:
        RunError: The file cannot be written; an older report of that name stays whole.

    Example:
        >>> import tempfile
        >>> from leadline.report import write
        >>> write(Path(tempfile.mkdtemp()) / "report.html", Run(), Findings(())).name
        'report.html'
    """
    target = Path(path)
    html = page(run, findings)
    try:
        replace_file(target, html.encode("utf-8"))
    except OSError as error:
        raise not_written(error, target, RunError) from error
    return target


def _colophon(run: Run) -> str:
    version = reading.mapping(run, "versions").get("leadline")
    return f"Made by Leadline {version}." if version else "Made by Leadline."
