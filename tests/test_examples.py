"""Every example is run: those of docstrings (`>>>`), and the code blocks of README and docs.

A docstring is one test. A page is one test too: its ```python and ```console blocks run in order, in one
temporary folder, so that a later block may use what an earlier one made. Two comments may precede a block:

    <!-- not run: reason -->             the block is skipped, with the reason shown
    <!-- data: tabular/titanic.csv -->   files of the folder LEADLINE_DATA laid into the page's folder first

Console blocks hold lines `$ leadline ...` and what they print; a line must exit with 0. Warnings are errors.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parent.parent
SOURCE = REPOSITORY / "src" / "leadline"
PAGES = sorted(
    path for path in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")] if path.is_file()
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


# Docstrings


@dataclass(frozen=True)
class Example:
    """A docstring with an example."""

    module: str
    name: str
    text: str
    line: int


def examples(package: Path) -> Iterator[Example]:
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        yield from _examples(ast.parse(path.read_text(encoding="utf-8"), str(path)), module, "")


def _examples(node: Any, module: str, name: str) -> Iterator[Example]:
    text = ast.get_docstring(node, clean=False) or ""
    if ">>> " in text:
        yield Example(module, name, text, node.body[0].lineno)
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _examples(child, module, f"{name}.{child.name}".lstrip("."))


def failures(text: str, names: dict[str, Any], where: str, line: int = 0) -> str:
    """Run the examples of a text; return what went wrong, "" where nothing did."""
    test = doctest.DocTestParser().get_doctest(text, names, where, where, line)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    return "".join(said)


DOCSTRINGS = list(examples(SOURCE))


@pytest.mark.parametrize("example", DOCSTRINGS, ids=lambda e: f"{e.module}:{e.name}")
def test_docstring(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(example.module)
    said = failures(example.text, dict(vars(module)), f"{example.module}.{example.name}", example.line)
    if said:
        pytest.fail(said, pytrace=False)


# Pages


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    page: Path
    line: int  # of its first line of code
    language: str
    text: str
    not_run: str = ""
    data: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


BLOCK = re.compile(
    r"(?:^<!--\s*(?P<word>not run|data):\s*(?P<said>.*?)\s*-->\s*\n)?"
    r"^(?P<fence>`{3,})(?P<language>\w+)[^\n]*\n(?P<text>.*?)^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)


def blocks(page: Path) -> list[Block]:
    words = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            words.count("\n", 0, found.start("text")) + 1,
            found["language"],
            found["text"],
            found["said"] if found["word"] == "not run" else "",
            tuple(found["said"].split()) if found["word"] == "data" else (),
        )
        for found in BLOCK.finditer(words)
        if found["language"] in {"python", "console"}
    ]


def commands(block: Block) -> list[str]:
    """The lines a person types: those that begin with "$ ", joined with their continuations."""
    typed = re.sub(r"\\\n(?:> ?)?\s*", "", block.text)
    return [line[2:].strip() for line in typed.splitlines() if line.startswith("$ ")]


def run_console(block: Block, folder: Path) -> None:
    typed = commands(block)
    assert typed, f"{block}: a console block without a line that begins with '$ '"
    for command in typed:
        ours = command.split()[0] == "leadline"
        assert ours, f"{block}: {command!r} is not Leadline's; mark the block: <!-- not run: reason -->"
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=_surroundings(folder), capture_output=True, text=True
        )
        assert done.returncode == 0, (
            f"{block}: $ {command}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
        )


def _surroundings(folder: Path) -> dict[str, str]:
    """The environment, with the command `leadline` of this interpreter first on the path."""
    scripts = Path(sys.executable).parent
    if not (scripts / "leadline").exists():  # the source is on the path, but not installed
        scripts = folder / ".scripts"
        scripts.mkdir(exist_ok=True)
        (scripts / "leadline").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m leadline "$@"\n')
        (scripts / "leadline").chmod(0o755)
    return {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "error"}


def run_python(block: Block, names: dict[str, Any]) -> None:
    if ">>> " in block.text:
        assert failures(block.text, names, str(block), block.line) == ""
    else:  # lines before the block are left empty, so that a traceback names the page's own line
        exec(compile("\n" * (block.line - 1) + block.text, str(block.page), "exec"), names)


def lay_data(block: Block, folder: Path) -> None:
    for name in block.data:
        source, target = Path(os.environ["LEADLINE_DATA"]) / name, folder / Path(name).name
        if not target.exists():
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)


def run_page(page: list[Block], folder: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in page:
        if block.not_run or (block.data and "LEADLINE_DATA" not in os.environ):
            continue
        lay_data(block, folder)
        if block.language == "console":
            run_console(block, folder)
        else:
            run_python(block, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(blocks(page), tmp_path)


SET_ASIDE = [block for page in PAGES for block in blocks(page) if block.not_run or block.data]


@pytest.mark.parametrize("block", SET_ASIDE, ids=str)
def test_block_set_aside_says_why(block: Block) -> None:
    if block.data and "LEADLINE_DATA" in os.environ:
        assert [name for name in block.data if not (Path(os.environ["LEADLINE_DATA"]) / name).exists()] == []
        return
    pytest.skip(block.not_run or f"needs {', '.join(block.data)} of the folder LEADLINE_DATA")


# The runners, tested.


def test_there_are_examples_and_pages() -> None:
    assert len(DOCSTRINGS) > 20
    assert PAGES


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (">>> 1 + 1\n3\n", "Expected:"),
        (">>> undefined\n", "NameError"),
        (">>> import warnings; warnings.warn('old')\n", "UserWarning: old"),
    ],
)
def test_a_wrong_docstring_fails(text: str, word: str) -> None:
    assert word in failures(text, {}, "planted")


def test_a_right_docstring_passes() -> None:
    assert failures(">>> {'a':   1, 'b': 0.123456}\n{'a': 1, 'b': 0.12...}\n", {}, "planted") == ""


def planted(folder: Path, text: str) -> list[Block]:
    (folder / "page.md").write_text(text, encoding="utf-8")
    return blocks(folder / "page.md")


PAGE = """# A page
```python
x = 1
```
text
<!-- not run: needs a wheel -->
```console
$ pip install .
```
```python
from pathlib import Path
Path("made.txt").write_text(str(x))
```
```text
neither
```
```python
>>> x
1
```
"""


def test_a_page_runs_in_order_and_skips_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = planted(tmp_path, PAGE)
    assert [(block.language, block.line, block.not_run) for block in page] == [
        ("python", 3, ""),
        ("console", 8, "needs a wheel"),
        ("python", 11, ""),
        ("python", 18, ""),
    ]
    run_page(page, tmp_path)
    assert (tmp_path / "made.txt").read_text() == "1"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("```python\nassert False, 'wrong'\n```\n", "wrong"),
        ("```python\n>>> 1\n2\n```\n", "Expected:"),
        ("```console\n$ leadline no-such-verb\n```\n", "exit code 2"),
        ("```console\n$ pip install .\n```\n", "mark the block"),
        ("```console\nleadline fit digits\n```\n", "without a line that begins"),
    ],
)
def test_a_wrong_page_fails(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(AssertionError, match=word):
        run_page(planted(tmp_path, text), tmp_path)


def test_console_lines_are_joined() -> None:
    block = Block(
        Path("page.md"), 1, "console", "$ leadline fit a.csv \\\n>   --target b\nprinted\n$ leadline --help\n"
    )
    assert commands(block) == ["leadline fit a.csv --target b", "leadline --help"]
