"""Tables: a row for each case, a column for each thing known of it, one of them the target.

Comes in: a file (.csv, .tsv, .parquet, plain or .gz) or a table in memory. Goes out: a :class:`Dataset` whose
types, task, classes and parts were told from the table and announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.core.text import count, did_you_mean, listed
from leadline.data.build import build
from leadline.data.columns import as_dates, as_numbers, as_text, date_format, not_finite, told
from leadline.data.dataset import Dataset
from leadline.data.fit_table import fit_table
from leadline.data.frames import read_table, table_name
from leadline.data.labels import encode_labels
from leadline.data.memory import Budget
from leadline.data.split import SHARE
from leadline.data.splitting import Splitting
from leadline.data.stream_table import (
    check_problem,
    open_frames,
    stream_table,
    table_budget,
    target_name,
    told_labels,
)
from leadline.data.targets import Targets, encode_targets
from leadline.late import pd


def table(
    source: Any,
    *,
    target: str | Sequence[str],
    problem: str | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    roles: Mapping[str, str] | None = None,
    test: Any = None,
    stream: bool | None = None,
    memory: str | int | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    delimiter: str | None = None,
    name: str | None = None,
) -> Dataset:
    """Return a data set from a table.

    Args:
        source: Path of .csv, .tsv, .txt or .parquet (.gz too), a folder of such files or a pattern as
            "part-*.parquet"; or a DataFrame of pandas or polars, or a dictionary of columns.
        target: Column to predict; or several columns of yes and no (0/1, true/false, yes/no), each a label, as a
            list or with commas.
        problem: "classification", "regression" or "several_labels"; None tells it from the target and announces
            it.
        drop: Columns to leave out.
        group: Column whose groups are kept whole, each in one part; it is no input.
        time: Column (date or number) by which the latest rows become the test part; it stays an input.
        roles: What columns are, where it is known better: "number", "boolean", "date" or "category".
        test: A second table with the same columns: the test part. The rest is shared between train and
            validation.
        stream: True to read the files piece by piece in every epoch, False to read them whole; None streams
            plain text and Parquet that would not fit into ``memory``. A stream does not take ``time``.
        memory: Bound on what a stream keeps in memory, as "2GB"; None is half of what is available, and 1 GB
            at most where the rows are streamed.
        split: Shares of train, validation and test.
        seed: Of the shuffling.
        delimiter: Of a text file; None finds it.
        name: For people; the file's name by default.

    Raises:
        DataError: The table cannot be read, or the target or another named column is not in it.
        RecipeError: The shares are out of range.

    Example:
        >>> data = table({"size": range(40), "kind": ["a", "b"] * 20}, target="kind")
        >>> data.problem, data.class_names, data.split.sizes
        ('classification', ('a', 'b'), (28, 6, 6))
    """
    dropped = [drop] if isinstance(drop, str) else list(drop)
    options = {
        "problem": problem, "drop": dropped, "group": group, "time": time, "roles": dict(roles or {}),
        "delimiter": delimiter, "split": list(split), "seed": seed,
    }  # fmt: skip
    budget, why = table_budget(source, stream, memory)
    if budget is not None:
        return _streamed(source, target, test, options, budget, why, name)
    frame, words = read_table(source, delimiter)
    wanted = _wanted(target, frame.columns)
    _check_columns(frame.columns, wanted, dropped, group, time)
    frame, test_rows = _with_test(frame, test, delimiter, (*dropped, *([group] if group else [])))
    targets = _encoded(frame, wanted, problem)
    splitting = Splitting(tuple(split), seed, _groups(frame, group), _times(frame, time), test_rows)
    away = dict.fromkeys(dropped, "left out as asked")
    away |= {group: "groups the rows"} if group else {}
    inputs = frame.drop(columns=[*wanted, *away])
    infinite = {str(column): number for column in inputs if (number := not_finite(inputs[column]))}
    if infinite:
        cells = listed([f"{column!r} {count(number, 'cell')}" for column, number in infinite.items()], 6)
        words = (*words, f"Infinities count as missing: {cells}.")
    return build(
        name=name or table_name(source),
        kind="table",
        inputs=inputs,
        targets=targets,
        target_name=target_name(wanted),
        splitting=splitting,
        fit=partial(fit_table, ignored=(*wanted, *away), roles=roles),
        words=words,
        dropped=away,
        raw_not_finite=infinite,
        source=_source(source, test, {"target": _one_or(wanted), **options}),
    )


def _streamed(
    source: Any,
    target: str | Sequence[str],
    test: Any,
    options: Mapping[str, Any],
    budget: Budget,
    why: str,
    name: str | None,
) -> Dataset:
    """Return the data set of a table that is read piece by piece."""
    frames = open_frames(source, options["delimiter"])
    wanted = _wanted(target, frames.columns)
    _check_columns(frames.columns, wanted, options["drop"], options["group"], options["time"])
    held_out = None if test is None else read_table(test, options["delimiter"])[0]
    written = _source(source, test, {"target": _one_or(wanted), **options})
    return stream_table(
        frames, budget, name or table_name(source), wanted, held_out, (why,), written, options
    )


def _one_or(wanted: list[str]) -> str | list[str]:
    return wanted[0] if len(wanted) == 1 else wanted


def _wanted(target: str | Sequence[str], names: Iterable[Any]) -> list[str]:
    """Return the target columns; names with commas are several, unless a column is named so."""
    asked = target if isinstance(target, Iterable) and not isinstance(target, str) else [target]
    found: list[str] = []
    known = list(names)
    for name in asked:
        several = isinstance(name, str) and name not in known and "," in name
        found += [part for part in map(str.strip, name.split(",")) if part] if several else [name]
    return [name for place, name in enumerate(found) if name not in found[:place]]


def _encoded(frame: pd.DataFrame, wanted: list[str], problem: str | None) -> Targets:
    """Return the targets of one column, or several labels."""
    check_problem(wanted, problem)
    if len(wanted) == 1:
        return encode_targets(frame[wanted[0]], problem=problem, name=wanted[0])
    hint = f"one target at a time takes every kind: target={wanted[0]!r}"
    targets = encode_labels(frame[wanted], hint=hint)
    return targets if problem else replace(targets, words=(told_labels(wanted), *targets.words))


def _source(source: Any, test: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is needed to read the table again; nothing for one in memory."""
    if not all(isinstance(table, (str, Path)) for table in (source, test) if table is not None):
        return {}
    kept = {key: value for key, value in options.items() if value not in (None, [], {})}
    kept |= {} if test is None else {"test": Path(test).as_posix()}
    return {"source": Path(source).as_posix(), **kept}


def _check_columns(
    columns: Iterable[str],
    targets: Sequence[str],
    dropped: Sequence[str],
    group: str | None,
    time: str | None,
) -> None:
    names, problems = list(columns), Problems()
    asked = [("target", column) for column in targets] + [("drop", column) for column in dropped]
    asked += [(what, column) for what, column in (("group", group), ("time", time)) if column is not None]
    if not targets:
        problems.add("target", "the column to predict", "none", f"one of {listed(names, 30)}")
    for what, column in asked:
        if column in names:
            continue
        hint = did_you_mean(str(column), names)
        if len(names) == 1:
            hint = f"there is one column only, {names[0]!r}: give its delimiter, e.g. delimiter=' '"
        problems.add(what, "a column of the table", repr(column), hint)
    for column in targets:
        if column in (*dropped, group):
            problems.add("target", "another column than those left out", repr(column))
    problems.raise_as(DataError)


def _with_test(
    frame: pd.DataFrame, test: Any, delimiter: str | None, away: Sequence[str]
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Append the rows of a given test table; their positions come after the others."""
    if test is None:
        return frame, None
    other, _ = read_table(test, delimiter)
    lacking = [column for column in frame.columns if column not in other.columns and column not in away]
    problems = Problems()
    for column in lacking:
        problems.add(
            f"test table, column {column!r}",
            "there",
            "no such column",
            did_you_mean(column, list(other.columns)),
        )
    problems.raise_as(DataError)
    both = pd.concat([frame, other.reindex(columns=frame.columns)], ignore_index=True)
    return both, np.arange(len(frame), len(both))


def _groups(frame: pd.DataFrame, group: str | None) -> np.ndarray | None:
    if group is None:
        return None
    texts = as_text(frame[group])
    gaps = [text is None for text in texts]
    if any(gaps):
        got = f"{count(sum(gaps), 'row')} without one"
        raise DataError.at(
            f"group, column {group!r}", "given for every row", got, "fill it, or drop these rows"
        )
    return np.asarray(pd.factorize(texts)[0])


def _times(frame: pd.DataFrame, time: str | None) -> np.ndarray | None:
    """Return a number for each row that grows in time."""
    if time is None:
        return None
    column = frame[time]
    numbers, strange = as_numbers(column)
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or strange.any():
        form = (
            ""
            if pd.api.types.is_datetime64_any_dtype(column.dtype)
            else date_format(set(as_text(column)) - {None})
        )
        dates = as_dates(column, form)
        numbers = dates.astype("datetime64[us]").astype(np.int64).to_numpy().astype(np.float64)
        numbers[dates.isna().to_numpy()] = np.nan
    if np.isnan(numbers).any():
        row = int(np.flatnonzero(np.isnan(numbers))[0])
        hint = f"column {told([time])} needs a date or number in each row"
        raise DataError.at(
            f"time, column {time!r}",
            "a date or number in every row",
            f"{column.iloc[row]!r} in row {row}",
            hint,
        )
    return numbers


def labels_of(frame: pd.DataFrame, target: str, problem: str, class_names: Sequence[str]) -> Targets:
    """Return the targets of a new table by the classes of a model.

    Args:
        frame: As read by :func:`leadline.data.read_frame`.
        target: Column of the targets; several labels have the columns of their names instead.
        problem: "classification", "regression" or "several_labels".
        class_names: Of the model, in order; empty in regression.

    Raises:
        DataError: A column is not there, or none of its values is a class of the model.

    Example:
        >>> frame = pd.DataFrame({"kind": ["b", "a", "c"]})
        >>> labels_of(frame, "kind", "classification", ("a", "b")).values.tolist()
        [1, 0, -1]
    """
    columns = list(class_names) if problem == "several_labels" else [target]
    _check_columns(frame.columns, columns, (), None, None)
    if problem == "several_labels":
        return encode_labels(frame[columns])
    return encode_targets(frame[target], problem=problem, classes=tuple(class_names) or None, name=target)
