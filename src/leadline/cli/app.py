"""The application: verbs, version, and the one place where errors become words and exit codes.

Exit codes: 0 done; 1 findings of severity "error" under ``--strict``; 2 a mistake of the user; 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from leadline.cli import terminal
from leadline.cli.evaluate import evaluate
from leadline.cli.fit import fit
from leadline.cli.predict import predict
from leadline.cli.report import report
from leadline.core.errors import LeadlineError

USER_MISTAKE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="leadline",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (fit, evaluate, predict, report):
    app.command()(verb)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadline {version('leadline')}")
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


def main() -> None:
    """Run the command line; a user's mistake ends in a message, never in a traceback."""
    try:
        app()
    except LeadlineError as error:
        terminal.show_error(error)
        sys.exit(USER_MISTAKE)
    except KeyboardInterrupt:
        terminal.say("interrupted before anything was learned; nothing was written")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
