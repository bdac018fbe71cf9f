"""The public API: `import leadline` is light; every name resolves, is documented with an example, is typed.

The names are those of `src/leadline/__init__.pyi`; a submodule among them (`ll.data`) brings its own names.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import leadline

SOURCE = Path(__file__).parent.parent / "src" / "leadline"
PUBLIC_MODULES = ("data",)  # other submodules are there for the command line
WITHOUT_EXAMPLE = {  # with the reason
    "data.download": "needs the network",
    "data.fashion_mnist": "needs a download of 30 MB",
    "data.mnist": "needs a download of 10 MB",
}
HEAVY = ("jax", "matplotlib", "numpy", "optax", "pandas", "pyarrow", "scipy", "sklearn", "rich", "typer")


def public_names() -> dict[str, Any]:
    """Every public name as a user types it, with what stands behind it; a submodule brings its `__all__`."""
    found = {name: getattr(leadline, name) for name in leadline.__all__}
    modules = {name: thing for name, thing in found.items() if isinstance(thing, ModuleType)}
    inner = {
        f"{name}.{member}": getattr(found[name], member)
        for name in PUBLIC_MODULES
        for member in found[name].__all__
    }
    return {name: thing for name, thing in (found | inner).items() if name not in modules}


PUBLIC = public_names()


def loaded_by(statement: str, *watched: str) -> list[str]:
    """Which of the watched modules a fresh interpreter holds after the statement."""
    code = f"import sys; {statement}; print(*sorted({set(watched)!r} & set(sys.modules)))"
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()


def without_example(thing: Any) -> str:
    """Return what is missing from the documentation of a public name; "" where nothing is."""
    if isinstance(thing, tuple | str | int | float):  # a constant carries no docstring
        return ""
    words = inspect.getdoc(thing) or ""
    kind = thing if isinstance(thing, type) else type(thing)
    if not words.strip() or (dataclasses.is_dataclass(thing) and words.startswith(f"{kind.__name__}(")):
        return "a docstring"
    is_kind_of_error = issubclass(kind, leadline.LeadlineError) and kind is not leadline.LeadlineError
    return "" if ">>> " in words or is_kind_of_error else "a runnable example (>>>)"


def without_hints(thing: Any) -> list[str]:
    """Return what has no type: parameters (and "return") of a function, or of a class's public methods."""
    if isinstance(thing, type):
        own = {name: member for name, member in vars(thing).items() if not name.startswith("_")}
        functions = {
            name: m for name, member in own.items() if inspect.isfunction(m := inspect.unwrap(_bare(member)))
        }
        return [f"{name}: {hint}" for name, function in functions.items() for hint in without_hints(function)]
    if not inspect.isfunction(thing):
        return []
    signature = inspect.signature(thing)
    missing = [
        p.name
        for p in signature.parameters.values()
        if p.annotation is p.empty and p.name not in {"self", "cls"}
    ]
    return missing + (["return"] if signature.return_annotation is signature.empty else [])


def _bare(member: Any) -> Any:
    return member.fget if isinstance(member, property) else getattr(member, "__func__", member)


def test_import_is_light() -> None:
    assert loaded_by("import leadline", *HEAVY) == []


def test_records_diagnosis_and_report_never_load_jax() -> None:
    files = [
        path.relative_to(SOURCE.parent)
        for room in ("record", "diagnosis", "report")
        for path in (SOURCE / room).rglob("*.py")
    ]
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files}
    assert len(modules) > 10
    assert loaded_by(f"import {', '.join(sorted(modules))}", "jax", "leadline.nn", "leadline.data") == []


def test_names_are_sorted_and_resolve() -> None:
    assert leadline.__all__ == sorted(leadline.__all__)
    assert set(leadline.__all__) <= set(dir(leadline))
    assert all(PUBLIC[name] is not None for name in PUBLIC)
    assert {"fit", "Dense", "data.digits", "data.table"} <= set(PUBLIC)


def test_a_wrong_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="adamm"):
        _ = leadline.adamm  # type: ignore[attr-defined]


def test_stub_names_every_name_for_type_checkers() -> None:
    """`from .x import a as a` is what makes a name public for a type checker."""
    tree = ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    aliases = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert [alias.name for alias in aliases if alias.name != alias.asname] == []
    assert sorted(alias.name for alias in aliases) == leadline.__all__


def test_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+(\.\d+)*.*", leadline.__version__)


@pytest.mark.parametrize("name", PUBLIC)
def test_documented_with_an_example(name: str) -> None:
    missing = without_example(PUBLIC[name])
    if name in WITHOUT_EXAMPLE:
        assert missing == "a runnable example (>>>)"  # else the reason no longer holds
    else:
        assert missing == ""


@pytest.mark.parametrize("name", PUBLIC)
def test_typed(name: str) -> None:
    assert without_hints(PUBLIC[name]) == []


# The checks, tested.


class Silent: ...


class Vague:
    """Says something."""

    def method(self, x, y: int = 0):
        return x


@dataclasses.dataclass
class OnlyFields:
    x: int


def clear(x: int) -> int:
    """Return it.

    >>> clear(1)
    1
    """
    return x


def test_the_checks_can_fail() -> None:
    assert (
        without_example(Silent)
        == without_example(OnlyFields)
        == without_example(OnlyFields(1))
        == "a docstring"
    )
    assert without_example(Vague) == "a runnable example (>>>)"
    assert without_example(clear) == ""
    assert without_hints(Vague) == ["method: x", "method: return"]
    assert without_hints(clear) == []
    assert loaded_by("import json", "json", "numpy") == ["json"]
