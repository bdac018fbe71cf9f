"""``leadline evaluate``: how good a saved model is on other rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import leadline as ll
from leadline.cli import result


def evaluate(
    model: Annotated[
        Path, typer.Argument(help="A .leadline file, or the folder of its run.", show_default=False)
    ],
    source: Annotated[str, typer.Argument(help="Data with the target: what fit takes.", show_default=False)],
) -> None:
    """Judge a saved model on rows it has not seen, with 95% intervals and per class.

    The rows must hold the target. Where the model lies in the folder of its run, the look is counted there.
    """
    result.evaluation(ll.evaluate(ll.reopened.model_file(model), source))
