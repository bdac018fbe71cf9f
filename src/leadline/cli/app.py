"""The application: verbs, version, and the one place where errors become words and exit codes.

Exit codes: 0 done; 1 findings of severity "error" under ``--strict``; 2 a user's mistake; 130 interrupted.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec

import typer

import leadline
from leadline.cli import terminal
from leadline.cli.cache import cache
from leadline.cli.check import check
from leadline.cli.cure import cure
from leadline.cli.evaluate import evaluate
from leadline.cli.fit import fit
from leadline.cli.list import list_
from leadline.cli.predict import predict
from leadline.cli.rates import rates
from leadline.cli.report import report
from leadline.core.errors import LeadlineError

USER_MISTAKE = 2
INTERRUPTED = 130
P = ParamSpec("P")


def told(verb: Callable[P, None]) -> Callable[P, None]:
    """Return a verb that ends in a message and an exit code, not in a traceback, where it cannot be done."""

    @wraps(verb)
    def run(*args: P.args, **options: P.kwargs) -> None:
        try:
            verb(*args, **options)
            sys.stdout.flush()  # here, where a reader that went away is no error
        except LeadlineError as error:
            terminal.show_error(error)
            raise typer.Exit(USER_MISTAKE) from None
        except MemoryError as error:
            got = str(error) or "no room for what was asked"
            terminal.show_error(
                LeadlineError.at("memory of this machine", "large enough", got, "take fewer or smaller rows")
            )
            raise typer.Exit(USER_MISTAKE) from None
        except KeyboardInterrupt:
            terminal.say("interrupted; nothing was written")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            terminal.discard_output()

    return run


app = typer.Typer(
    name="leadline",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for each in (fit, check, cure, rates, evaluate, predict, report, cache):
    app.command()(told(each))
app.command("list")(told(list_))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadline {leadline.__version__}")
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Train neural networks from shallow to deep, and be told what is wrong.

    Begin with: **leadline fit digits**
    """


def _collect_less() -> None:
    """Look for waste less often: in a process that soon ends, nearly all that imports and compilation made is kept.

    Looking at it every few hundred objects, and once more at the end, is a part of a short run that one can feel.
    """
    gc.set_threshold(100_000, 20, 100)
    atexit.register(gc.freeze)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # an arrow that an encoding lacks must not end a run
    _collect_less()
    app()
