"""The progress bar of a training, on the terminal's error stream.

Comes in: moments of the training. Goes out: one line that moves; nothing where there is no terminal.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from leadline.core.text import short
from leadline.late import rich
from leadline.training.moment import Moment, Watcher, unwatched

BESIDE = 78  # columns that the numbers beside the bar take
NARROWEST = 3  # columns of the bar


@contextmanager
def shown(wanted: bool | None, score_name: str, first: str = "compiling") -> Iterator[Watcher]:
    """Yield a watcher that draws a bar while the context lasts.

    Args:
        wanted: True to draw, False not to, None to draw where the error stream is a terminal.
        score_name: What the validation score is called, e.g. "accuracy".
        first: What is done before the first moment.
    """
    if not _is_drawn(wanted):
        yield unwatched
        return
    out = rich.console.Console(stderr=True, highlight=False)
    width = min(30, max(NARROWEST, out.width - BESIDE))
    bar = rich.progress.Progress(
        rich.progress.TextColumn("{task.fields[epoch]}"),
        rich.progress.BarColumn(bar_width=width),
        rich.progress.TextColumn("{task.fields[words]}"),
        console=out,
        transient=True,
    )
    with bar:
        job = bar.add_task("", total=1.0, epoch="epoch 1", words=first)

        def watch(moment: Moment) -> None:
            done = (moment.epoch - 1 + moment.done) / moment.epochs
            epoch = f"epoch {moment.epoch}/{moment.epochs}"
            room = out.width - len(epoch) - width - 2  # a space on either side of the bar
            bar.update(job, completed=done, epoch=epoch, words=words(moment, score_name, room))

        yield watch


def _is_drawn(wanted: bool | None) -> bool:
    return sys.stderr.isatty() if wanted is None else wanted


def told(wanted: bool | None, reason: str) -> None:
    """Say on the error stream that an interrupt was heard: judging what was learned takes a moment.

    Args:
        wanted: Whether a bar was wanted, as in :func:`shown`.
        reason: Why the training ended.
    """
    if reason == "interrupted" and _is_drawn(wanted):
        rich.console.Console(stderr=True).print(
            "interrupted; judging and saving what was learned (Ctrl-C again: leave at once)"
        )


def warned(wanted: bool | None, words: str) -> None:
    """Say what should be read before the work is done, where a progress bar would be drawn.

    Args:
        wanted: Whether it is wanted; None for where the error stream is a terminal.
        words: What is wrong.
    """
    if _is_drawn(wanted):
        rich.console.Console(stderr=True).print(words, style="yellow", highlight=False, markup=False)


def said(wanted: bool | None, words: str) -> None:
    """Say what is done for a while, where a progress bar would be drawn.

    Args:
        wanted: Whether it is wanted; None for where the error stream is a terminal.
        words: What is done.
    """
    if _is_drawn(wanted):
        rich.console.Console(stderr=True).print(f"{words} ...", style="dim", highlight=False)


def words(moment: Moment, score_name: str, room: int = BESIDE) -> str:
    """Return the numbers of a moment in one line; those that do not fit are left out, the least asked for first.

    Args:
        moment: What is known.
        score_name: What the validation score is called.
        room: Columns there are.

    Example:
        >>> moment = Moment(2, 30, 1.0, 0.1234, 0.2345, 0.97, 2, 51234.0, 3.0)
        >>> words(moment, "accuracy")
        'loss 0.123 · val 0.234 · accuracy 0.970 · 51,234 rows/s · 0:03'
        >>> words(moment, "accuracy", room=50)
        'loss 0.123 · val 0.234 · accuracy 0.970 · 0:03'
    """
    rows = f"{moment.rows_per_second:,.0f} rows/s"
    clock = left(moment.seconds_left)
    known = []
    if not math.isnan(moment.validation_loss):
        known = [f"val {short(moment.validation_loss)}", f"{score_name} {moment.score:.3f}"]
    parts = [f"loss {short(moment.loss)}", *known, rows, *clock]
    for least in [rows, *clock, *reversed(known)]:
        if len(" · ".join(parts)) > room:
            parts.remove(least)
    return " · ".join(parts)


def left(seconds: float) -> list[str]:
    """Return the time left as on a clock, nothing where it is not known yet.

    Example:
        >>> left(3.2), left(3725), left(math.inf)
        (['0:03'], ['1:02:05'], [])
    """
    if not math.isfinite(seconds):
        return []
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return [f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"]
