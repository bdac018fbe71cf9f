"""A table that does not fit into memory: its files, what is asked of them, and the data set over them.

Comes in: paths of Parquet or plain text files and the options of :func:`~leadline.data.table`. Goes out: a
:class:`Dataset` with a stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from leadline.core.errors import DataError
from leadline.core.text import count, did_you_mean, listed
from leadline.data.build_stream import Streamed, raw_bytes
from leadline.data.columns import not_finite, told
from leadline.data.dataset import Dataset
from leadline.data.fit_table import fit_table
from leadline.data.memory import AS_FRAME, Budget, budget_for, in_words
from leadline.data.stream_csv import TextFrames
from leadline.data.stream_parquet import ParquetFrames
from leadline.data.table_files import is_parquet, table_files
from leadline.data.table_shards import Frames, TableShards
from leadline.late import pd

WELL_MIXED = 8  # shards that a buffer should hold at least; fewer are told


def table_budget(source: Any, stream: bool | None, memory: str | int | None) -> tuple[Budget | None, str]:
    """Decide whether a table is streamed; see :func:`~leadline.data.memory.budget_for`.

    A text file is estimated to need 8 bytes for each of its own, a Parquet file what its rows and columns say.

    Raises:
        DataError: A stream is asked for a table that is in memory already.
    """
    if not isinstance(source, (str, Path)):
        if stream:
            hint = "stream=False, or write it as Parquet: frame.to_parquet('table.parquet')"
            raise DataError.at("stream", "asked for files", "a table in memory", hint)
        return None, ""
    if stream is False:
        return None, ""
    files = table_files(source)
    if is_parquet(files[0]):
        return budget_for(stream, memory, ParquetFrames(files).needed())
    if stream is None and any(file.name.lower().endswith(".gz") for file in files):
        return None, ""  # can only be read whole
    return budget_for(stream, memory, AS_FRAME * sum(file.stat().st_size for file in files))


def open_frames(source: str | Path, delimiter: str | None) -> Frames:
    """Return the files of a table, ready to be read piece by piece."""
    files = table_files(source)
    return ParquetFrames(files) if is_parquet(files[0]) else TextFrames(files, delimiter)


def target_name(wanted: Sequence[str]) -> str:
    """Return what the targets are called.

    Example:
        >>> target_name(["price"]), target_name(["news", "art"])
        ('price', 'labels')
    """
    return wanted[0] if len(wanted) == 1 else "labels"


def check_problem(wanted: Sequence[str], problem: str | None) -> None:
    """Hold the problem asked for against the number of target columns.

    Raises:
        DataError: One column is no several labels, and several columns are nothing else.
    """
    if len(wanted) == 1 and problem == "several_labels":
        must, hint = "at least two columns, one for each label", "problem='classification'"
        raise DataError.at("target", must, f"only {wanted[0]!r}", hint)
    if len(wanted) > 1 and problem not in (None, "several_labels"):
        must = f"a single column, in {problem}"
        raise DataError.at("target", must, f"{len(wanted)} columns", f"target={wanted[0]!r}")


def told_labels(wanted: Sequence[str]) -> str:
    """Say that several columns were taken as labels."""
    return f"Targets {told(wanted)} are yes or no each: several labels."


def stream_table(
    frames: Frames,
    budget: Budget,
    name: str,
    wanted: list[str],
    test: pd.DataFrame | None,
    words: tuple[str, ...],
    source: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Dataset:
    """Return a data set over the files of a table.

    Args:
        frames: The files.
        budget: The bound on memory.
        name: For people.
        wanted: Target columns.
        test: The test part, or None.
        words: What was decided before.
        source: To read it again, without stream and memory.
        options: Of the reader: problem, drop, group, time, roles, split and seed.

    Raises:
        DataError: An option that a stream cannot take, or rows that cannot be read.
    """
    if options["time"] is not None:
        hint = "put the latest rows into a file of their own: test='latest.csv'"
        raise DataError.at("time", "left out, for a stream is not sorted", repr(options["time"]), hint)
    check_problem(wanted, options["problem"])
    group = options["group"]
    away = dict.fromkeys(options["drop"], "left out as asked") | ({group: "groups the rows"} if group else {})
    inputs = tuple(column for column in frames.columns if column not in (*wanted, *away))
    mixed = () if frames.largest <= budget.buffer / WELL_MIXED else (
        f"Parts of the files that are read in one go take up to {in_words(frames.largest)}: where the disk has no room "
        "for the prepared rows, they are mixed from few parts at a time. If they are sorted, write smaller row groups "
        "(row_group_size=10_000).",
    )  # fmt: skip
    plain = () if len(wanted) == 1 or options["problem"] else (told_labels(wanted),)
    data = Streamed(
        TableShards(name, frames, inputs, tuple(wanted), group), budget, name=name, kind="table",
        target_name=target_name(wanted), fit=partial(fit_table, ignored=(*wanted, *away), roles=options["roles"]),
        problem=options["problem"], several=len(wanted) > 1, share=options["split"], seed=options["seed"],
        test=None if test is None else _test(test, inputs, wanted, budget),
        words=(*words, *frames.words, *mixed, *plain),
        dropped=away, source={**source, "stream": True, "memory": budget.text},
    ).build()  # fmt: skip
    return _with_infinite(data)


def _test(test: pd.DataFrame, inputs: Sequence[str], wanted: list[str], budget: Budget) -> tuple[Any, Any]:
    """Return inputs and targets of a given test table."""
    lacking = [column for column in (*inputs, *wanted) if column not in test.columns]
    if lacking:
        hint = did_you_mean(lacking[0], [str(column) for column in test.columns])
        raise DataError.at("test table", f"with {told(lacking)}", "no such column", hint)
    if (size := raw_bytes(test)) > budget.held:
        must = f"of at most {in_words(budget.held)}, half of the memory, for it is held whole"
        raise DataError.at("test table", must, in_words(size), "fewer test rows, or more memory=")
    return test[list(inputs)], test[wanted] if len(wanted) > 1 else test[wanted[0]]


def _with_infinite(data: Dataset) -> Dataset:
    """Count infinities in the rows that are held, and say so."""
    assert isinstance(data.inputs, pd.DataFrame)
    found = {str(name): number for name in data.inputs if (number := not_finite(data.inputs[name]))}
    if not found:
        return data
    cells = listed([f"{name!r} {count(number, 'cell')}" for name, number in found.items()], 6)
    words = f"Infinities count as missing, in the rows held: {cells}."
    return replace(data, raw_not_finite=found, announcements=(words, *data.announcements))
