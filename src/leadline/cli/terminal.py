"""How the command line speaks: rows with a label, errors by their form, choices written as its options.

Comes in: words of the other rooms. Goes out: lines for people, without color codes where no terminal is.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from leadline.core.errors import LeadlineError

LABEL = 10  # width of the left column
WIDEST = 110  # longer lines are hard to read
OPTIONS = (
    "target", "problem", "drop", "group", "time", "test", "split", "size", "delimiter", "network", "loss",
    "optimizer", "learning_rate", "schedule", "epochs", "batch_size", "patience", "class_weights", "seed", "stream",
    "memory", "devices", "precision", "chunk", "on_error",
)  # fmt: skip
"""Choices that ``leadline fit`` takes, by their names in Python."""

# The value is a quoted text, a list, a tuple or a plain word; a call such as ll.adam(0.1) is left as it is.
_VALUE = r"""(?P<value>"[^"]*"|'[^']*'|\[[^\]]*\]|\([^)]*\)|[\w+-]++(?:\.\w++)*+(?!\())"""
_CHOICE = re.compile(rf"(?<![\w.-])(?P<name>{'|'.join(OPTIONS)})={_VALUE}")


class _Console(Console):
    """A console whose reader may go away: what was begun is finished, in silence."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        discard_output()


def console(stderr: bool = False) -> Console:
    """Return a console on the stream as it is now."""
    found = _Console(stderr=stderr, highlight=False, emoji=False)
    found.width = min(found.width, WIDEST)
    return found


def discard_output() -> None:
    """Send to nowhere what is still to be written to an output that nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(words: str) -> None:
    """Print a line on the error stream."""
    console(stderr=True).print(Text(words), soft_wrap=True)


def show_error(error: LeadlineError) -> None:
    """Print every problem of an error on the error stream: where, must be, got, hint."""
    out = console(stderr=True)
    for number, problem in enumerate(error.problems):
        if number:
            out.print()
        row(out, Text("error", "bold red"), Text(problem.where, "bold"))
        row(out, "must be", problem.must_be)
        row(out, "got", problem.got)
        if problem.hint:
            row(out, "hint", Text(as_options(problem.hint), "cyan"))


def row(out: Console, label: str | Text, words: str | Text, hanging: int = 0) -> None:
    """Print words beside a label, further lines hanging below the first, moved in by some columns."""
    left = label if isinstance(label, Text) else Text(label, "dim")
    long = len(left) >= LABEL
    left.pad_right(LABEL - len(left))
    text = words if isinstance(words, Text) else Text(words)
    lines = text.wrap(out, max(20, out.width - LABEL - hanging))
    if long and len(lines) > 0:
        left.append(" ")
    for line in lines:
        line.rstrip()
        shown = Text.assemble(left, line)
        shown.rstrip()
        out.print(shown, soft_wrap=True)
        left = Text(" " * (LABEL + hanging))


def line(out: Console, label: str, words: str | Text) -> None:
    """Print one line that is never broken, e.g. a path or a command to be copied."""
    out.print(Text.assemble(Text(f"{label:<{LABEL}}", "dim"), words), soft_wrap=True)


def as_options(words: str) -> str:
    """Write choices as options of the command line instead of arguments in Python.

    Example:
        >>> as_options("problem='regression' if not, or split=(0.7, 0.15, 0.15)")
        '--problem regression if not, or --split 0.7,0.15,0.15'
        >>> as_options("optimizer=ll.sgd(0.1)")
        'optimizer=ll.sgd(0.1)'
    """
    return _CHOICE.sub(lambda found: _option(found["name"], found["value"]), words)


def _option(name: str, value: str) -> str:
    if value in ("True", "False"):
        return option(name if value == "True" else f"no_{name}")
    items = [item.strip().strip("'\"") for item in value.strip("[]()").split(",")]
    joined = ("x" if name == "size" else ",").join(item for item in items if item)
    return f"{option(name)} {shlex.quote(joined)}"


def option(name: str) -> str:
    """Return the option of a choice.

    Example:
        >>> option("batch_size")
        '--batch-size'
    """
    return f"--{name.replace('_', '-')}"


def shortened(words: Iterable[str], most: int) -> list[str]:
    """Return the words with the middle left out where there are too many.

    Example:
        >>> shortened(["a", "b", "c", "d", "e"], 4)
        ['a', 'b', '… 2 more …', 'e']
    """
    every = list(words)
    if len(every) <= most:
        return every
    last = max(1, most // 4)
    first = most - last - 1
    return [*every[:first], f"… {len(every) - first - last} more …", *every[-last:]]
