"""Functions with a name, an entry and settings: what activations, initializers, losses and kernels are.

``leaky_relu(slope=0.1)`` is ``leaky_relu`` with another slope; recipes and files hold just these words. A
setting is a keyword-only argument of the function whose annotation carries a constraint:
``slope: Annotated[float, Interval(0, 1)] = 0.01``.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import Constraint
from leadline.core.errors import LeadlineError, Problems
from leadline.core.text import did_you_mean

N = TypeVar("N", bound="Named")
Setting = float | str | bool | tuple[float, ...]


@dataclass(frozen=True, repr=False)
class Named:
    """A function with a name, an entry and settings.

    Args:
        name: In code, recipe and file.
        function: What it does.
        entry: Formula, range, year and source.
        settings: Those that differ from the function's own defaults, by name.
    """

    name: str
    function: Callable[..., Any]
    entry: Entry
    settings: tuple[tuple[str, Setting], ...] = ()

    error: ClassVar[type[LeadlineError]] = LeadlineError

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    def having(self, **settings: Any) -> Self:
        """Return it with other settings.

        Raises:
            LeadlineError: A setting is unknown or out of range; all are told.
        """
        declared, problems = _declared(self.function), Problems()
        for name, value in settings.items():
            if name not in declared:
                has = f"one of {', '.join(declared)}" if declared else "none, it has no settings"
                hint = did_you_mean(name, list(declared)) if declared else f"{self.name} alone"
                problems.add(f"{self.name}, {name}", has, repr(value), hint)
            elif broken := next((c for c in declared[name][1] if not c.allows(value)), None):
                problems.add(f"{self.name}, {name}", broken.words(), repr(value), broken.hint(value))
        problems.raise_as(self.error)
        wanted = self.chosen | {name: _plain(value, declared[name][0]) for name, value in settings.items()}
        changed = tuple((n, v) for n, v in wanted.items() if v != declared[n][0])
        return replace(self, settings=changed)

    @property
    def chosen(self) -> dict[str, Setting]:
        """Every setting with its value, defaults included."""
        return {name: default for name, (default, _) in _declared(self.function).items()} | dict(
            self.settings
        )

    @property
    def text(self) -> str:
        """How recipes and files write it, e.g. "leaky_relu(slope=0.1)"."""
        inside = ", ".join(f"{name}={value!r}" for name, value in self.settings)
        return f"{self.name}({inside})" if inside else self.name

    def __repr__(self) -> str:
        return f"ll.{self.text}"


@cache
def _declared(function: Callable[..., Any]) -> dict[str, tuple[Setting, tuple[Constraint, ...]]]:
    """Return the default and the constraints of every setting of a function."""
    hints, found = get_type_hints(function, include_extras=True), {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and get_origin(hints.get(name)) is Annotated:
            notes = get_args(hints[name])[1:]
            found[name] = (parameter.default, tuple(note for note in notes if hasattr(note, "allows")))
    return found


def _plain(value: Any, default: Setting) -> Setting:
    """Keep what can be written down: Python's own numbers, tuples instead of lists."""
    if isinstance(value, list | tuple):
        return tuple(float(item) for item in value)
    if isinstance(value, bool | str):
        return value
    whole = isinstance(value, Integral) and not isinstance(default, float)
    return int(value) if whole else float(value) if isinstance(value, Real) else value


def read(catalogue: Catalogue[N], text: str, where: str = "", kind: type[LeadlineError] = LeadlineError) -> N:
    """Return the member that words such as "leaky_relu(slope=0.1)" name.

    Args:
        catalogue: Where it stands.
        text: Its name, perhaps with settings.
        where: The place, for errors.
        kind: The error to raise where there is no such name.

    Raises:
        LeadlineError: There is no such name, or a setting is unknown or out of range.
    """
    found = re.fullmatch(r"\s*(\w+)\s*(\(.*\))?\s*", text, re.DOTALL)
    member = catalogue.find(found[1] if found else text, where, kind)
    inside = found[2] if found else None
    return member.having(**_settings(inside, member, where, kind)) if inside else member


def _settings(inside: str, member: Named, where: str, kind: type[LeadlineError]) -> dict[str, Any]:
    try:
        call = ast.parse(f"f{inside}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
            raise ValueError
        return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        example = ", ".join(f"{name}={value!r}" for name, value in member.chosen.items())
        hint = f"{member.name}({example})" if example else member.name
        raise kind.at(where or member.name, "settings by name", f"{member.name}{inside}", hint) from None
