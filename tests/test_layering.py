"""The rooms of the package and the arrows allowed between them, held over every file by reading its source.

`ROOMS` and `DOORS` in rooms.py are the design's tables as code. Nothing is imported to check: imports inside functions
and under TYPE_CHECKING count like any other. The checker itself is tested on planted sources below.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from tests.rooms import DOORS, ROOMS

REPOSITORY = Path(__file__).parent.parent
SOURCE = REPOSITORY / "src" / "leadline"

# Names that `leadline.late` gives to what it puts off; importing one of its names is importing the third party.
LATE = {"pd": "pandas", "pa": "pyarrow"}

FILE_LINES = 400
FUNCTION_LINES = 40
CLASS_DEPTH = 2
FORBIDDEN_NAMES = {"util", "utils", "misc", "helper", "helpers"}


@dataclass(frozen=True)
class Import:
    line: int
    module: str
    inside: str  # the function it stands in; "" at the top of the file


@dataclass(frozen=True)
class Source:
    """One file: its place among the rooms, and what it says."""

    path: Path
    package: Path

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(self.package).with_suffix("").parts

    @property
    def room(self) -> str:
        return self.parts[0]

    @property
    def module(self) -> str:
        parts = (self.package.name, *self.parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(self.package.parent.parent))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.shown)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(self._imports(self.tree, ""))

    def _imports(self, node: ast.AST, inside: str) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            yield from (Import(child.lineno, name, inside) for name in self._imported(child))
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from self._imports(child, child.name if is_function else inside)

    def _imported(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = self._absolute(node)
            return [f"{base}.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Call) and _last_name(node.func) in {"import_module", "__import__"}:
            return [
                arg.value
                for arg in node.args[:1]
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
        return []

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        is_package = self.path.stem == "__init__"
        above = self.module.split(".")[
            : None if is_package and node.level == 1 else (1 if is_package else 0) - node.level
        ]
        return ".".join([*above, node.module] if node.module else above)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def sources(package: Path) -> list[Source]:
    return [Source(path, package) for path in sorted(package.rglob("*.py"))]


def arrow_faults(package: Path, rooms: dict[str, str] = ROOMS) -> Iterator[str]:
    """Arrows between rooms that the table does not allow."""
    for source in sources(package):
        if source.room not in rooms:
            yield f"{source.shown}: the room {source.room!r} has no row in ROOMS; add what it may import"
            continue
        for found in source.imports:
            yield from _arrow(source, found, package, rooms)


def _arrow(source: Source, found: Import, package: Path, rooms: dict[str, str]) -> Iterator[str]:
    name, *inner = found.module.split(".")
    if name != package.name:
        return
    at, allowed = f"{source.shown}:{found.line}: {source.room}", rooms[source.room]
    if found.inside:
        yield f"{at} imports {found.module} inside {found.inside}(); import it at the top of the file"
    if not inner or not _is_room(package, inner[0]):
        if allowed != "*":
            yield f"{at} → the front door ({found.module}); import it from the room that makes it"
    elif inner[0] != source.room and inner[0] not in allowed.split() and allowed != "*":
        yield f"{at} → {inner[0]} is no allowed arrow; {source.room} may import: {allowed or 'nothing'}"


def _is_room(package: Path, name: str) -> bool:
    return (package / name).is_dir() or (package / f"{name}.py").is_file()


def door_faults(package: Path, doors: dict[str, str] = DOORS) -> Iterator[str]:
    """Third parties imported by a room that is not their door."""
    for source in sources(package):
        for found in source.imports:
            name = _third_party(found.module, package.name)
            if name == package.name or name in sys.stdlib_module_names:
                continue
            if source.room not in doors.get(name, "").split():
                allowed = doors.get(name, "no room; give it a row in DOORS")
                at = f"{source.shown}:{found.line}: {source.room}"
                yield f"{at} → {name} is no allowed arrow; its doors: {allowed}"


def _third_party(module: str, package: str) -> str:
    """Return the package that an import brings in, at once or late."""
    put_off = module.removeprefix(f"{package}.late.")
    return LATE.get(put_off, put_off).split(".")[0]


def size_faults(folder: Path, longest: float = FUNCTION_LINES) -> Iterator[str]:
    """Files and functions past the stop, and names that say nothing."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        shown = path.relative_to(folder.parent)
        if {path.stem, path.parent.name} & FORBIDDEN_NAMES:
            yield f"{shown}: no {', '.join(sorted(FORBIDDEN_NAMES))}; name it by what it holds"
        if (lines := len(text.splitlines())) > FILE_LINES:
            yield f"{shown}: {lines} lines; stop at {FILE_LINES}"
        for node in ast.walk(ast.parse(text, str(shown))):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and (lines := _length(node)) > longest:
                yield f"{shown}:{node.lineno}: {node.name} has {lines} lines; stop at {longest}"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body. Signature and docstring are declarations and do not count: think of a verb."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def depth_faults(package: Path) -> Iterator[str]:
    """Classes too far below the base of their family; bases from outside the package do not count."""
    found = [(source, node) for source in sources(package) for node in ast.walk(source.tree)]
    found = [(source, node) for source, node in found if isinstance(node, ast.ClassDef)]
    bases = {node.name: [_last_name(_without_index(base)) for base in node.bases] for _, node in found}

    def depth(name: str) -> int:
        return max((1 + depth(base) for base in bases[name] if base in bases and base != name), default=0)

    for source, node in found:
        if depth(node.name) > CLASS_DEPTH:
            at = f"{source.shown}:{node.lineno}: {node.name}"
            yield f"{at} stands {depth(node.name)} classes deep; stop at {CLASS_DEPTH}"


def _without_index(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def all_of(faults: Iterator[str]) -> str:
    return "\n".join(faults)


def test_arrows_between_rooms() -> None:
    assert all_of(arrow_faults(SOURCE)) == ""


def test_third_parties_come_in_by_their_doors() -> None:
    assert all_of(door_faults(SOURCE)) == ""


@pytest.mark.parametrize(
    ("folder", "longest"),
    [
        ("src", FUNCTION_LINES),
        ("benchmarks", FUNCTION_LINES),
        ("tests", math.inf),
    ],  # a planted run is one long table
)
def test_sizes_and_names(folder: str, longest: float) -> None:
    assert all_of(size_faults(REPOSITORY / folder, longest)) == ""


def test_class_depth() -> None:
    assert all_of(depth_faults(SOURCE)) == ""


def test_every_row_of_the_tables_is_needed() -> None:
    used = {found.module.split(".")[0] for source in sources(SOURCE) for found in source.imports}
    assert [room for room in ROOMS if not _is_room(SOURCE, room)] == []
    assert sorted(set(DOORS) - used) == []


# The checker, tested: each planted package has one fault, or none.

CLEAN = {
    "core/text.py": "import json\nfrom leadline.core import words\n",
    "core/words.py": "",
    "record/run.py": "import numpy as np\nfrom leadline.core.text import short\nfrom ..core import words\n",
    "cli/__init__.py": "import typer\nimport leadline as ll\nfrom leadline.record import run\n",
    "cli/verbs.py": "",
    "late.py": "",
    "__init__.py": "import lazy_loader\n",
}


@pytest.fixture
def planted(tmp_path: Path) -> Callable[..., Path]:
    def plant(**files: str) -> Path:
        package = tmp_path / "src" / "leadline"
        for name, text in {**CLEAN, **files}.items():
            path = package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return package

    return plant


def every_fault(package: Path) -> list[str]:
    return [
        *arrow_faults(package),
        *door_faults(package),
        *size_faults(package),
        *depth_faults(package),
    ]


def test_clean_sources_have_no_fault(planted: Callable[..., Path]) -> None:
    assert every_fault(planted()) == []


DEEP = "class A: ...\nclass B(A): ...\nclass C(B[int]): ...\nclass D(C): ...\n"
DOC = '    """' + "words\n" * 50 + '    """\n'


PLANTED = [
    (
        "core/bad.py",
        "import os\nfrom leadline.record.run import Run\n",
        "core/bad.py:2: core → record is no allowed",
    ),
    ("core/bad.py", "from leadline.record.run import Run\n", "core may import: nothing"),
    ("record/bad.py", "from ..cli.verbs import x\n", "record/bad.py:1: record → cli is no allowed arrow"),
    (
        "record/bad.py",
        "if TYPE_CHECKING:\n    from leadline import cli\n",
        "bad.py:2: record → cli is no allowed arrow",
    ),
    (
        "record/bad.py",
        "import leadline.cli.verbs as v\n",
        "record → cli is no allowed arrow; record may import: core",
    ),
    (
        "record/bad.py",
        "import importlib as i\nx = i.import_module('leadline.cli')\n",
        "bad.py:2: record → cli is no",
    ),
    ("record/bad.py", "import leadline as ll\n", "record → the front door (leadline)"),
    ("record/bad.py", "from leadline import fit\n", "record → the front door (leadline.fit)"),
    (
        "record/bad.py",
        "def f():\n    from leadline.core import words\n",
        "imports leadline.core.words inside f()",
    ),
    (
        "cli/bad.py",
        "def f():\n    import leadline\n",
        "cli imports leadline inside f(); import it at the top",
    ),
    ("cellar/bad.py", "", "the room 'cellar' has no row in ROOMS"),
    (
        "record/bad.py",
        "import jax.numpy as jnp\n",
        "bad.py:1: record → jax is no allowed arrow; its doors: cache nn",
    ),
    (
        "record/bad.py",
        "def f():\n    import optax\n",
        "bad.py:2: record → optax is no allowed arrow; its doors: training",
    ),
    (
        "progress.py",
        "from leadline.late import pd\n",
        "progress.py:1: progress → pandas is no allowed arrow; its doors: late data",
    ),
    ("record/bad.py", "import requests\n", "record → requests is no allowed arrow; its doors: no room"),
    ("core/long.py", "x = 1\n" * 401, "leadline/core/long.py: 401 lines; stop at 400"),
    ("core/long.py", "def f():\n" + "    x = 1\n" * 41, "core/long.py:1: f has 41 lines; stop at 40"),
    ("core/utils.py", "", "core/utils.py: no helper, helpers, misc, util, utils"),
    ("core/helpers/names.py", "", "core/helpers/names.py: no helper"),
    ("core/deep.py", DEEP, "core/deep.py:4: D stands 3 classes deep; stop at 2"),
]


@pytest.mark.parametrize(("name", "text", "fault"), PLANTED)
def test_a_planted_fault_is_named(planted: Callable[..., Path], name: str, text: str, fault: str) -> None:
    found = every_fault(planted(**{name: text}))
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "text",
    ["x = 1\n" * 400, "def f():\n" + "    x = 1\n" * 40, "def f():\n" + DOC + "    x = 1\n" * 40, DEEP[:-16]],
)
def test_a_near_miss_stays_quiet(planted: Callable[..., Path], text: str) -> None:
    assert every_fault(planted(**{"core/near.py": text})) == []
