"""Runs as folders: ``run.json`` for words and numbers, ``arrays.npz`` for arrays, ``findings.json`` beside.

Comes in: a run, or findings. Goes out: files that NumPy and JSON alone can read, or the run again. A folder
appears by one rename, so that it is whole or not there; a file in it is replaced the same way. ``run.json``
is strict JSON (:mod:`leadline.record.plain` tells how NaN is written), names the file of its arrays and holds
that file's SHA-256, so that damage is told instead of read.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leadline.core.disk import not_written, replace_file, sync_folder, write_through
from leadline.core.errors import RunError
from leadline.record.archive import digest, fitting, packed_arrays, packed_json, read_arrays, read_json
from leadline.record.evaluation import Evaluation
from leadline.record.finding import Finding, Findings
from leadline.record.plain import Arrays, from_plain, to_plain
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Look, Run

VERSION = 1
RUN, RUN_TAG = "run.json", "leadline_run"
FINDINGS, FINDINGS_TAG = "findings.json", "leadline_findings"
ARRAY_FILES = ("arrays.npz", "arrays-2.npz")  # two, so that replacing never touches the one in use


def new_run_folder(base: Path | str, name: str) -> Path:
    """Make the next free folder for a run: ``base/name-1``, ``base/name-2``, ...

    Two processes never get the same one.

    Args:
        base: Folder of all runs; made where missing.
        name: Of the data set, say.

    Raises:
        RunError: The folder cannot be made.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as base:
        ...     [new_run_folder(base, "digits").name for _ in range(2)]
        ['digits-1', 'digits-2']
    """
    base = Path(base)
    stem = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in name).strip(". ") or "run"
    number = 1
    try:
        base.mkdir(parents=True, exist_ok=True)
        while True:
            folder = base / f"{stem}-{number}"
            try:
                folder.mkdir()
            except FileExistsError:
                number += 1
            else:
                return folder
    except OSError as error:
        raise not_written(error, base, RunError) from error


@contextlib.contextmanager
def reserved(folder: Path | str | None, name: str, base: Path | str = "runs") -> Iterator[Path]:
    """Yield an empty folder for a run that is still to be made; where it is never filled, it goes again.

    So a folder that cannot be used is told before hours of training, not after them.

    Args:
        folder: Must not exist yet, or be empty; None for the next free one in ``base``.
        name: Of the data set, for the free one.
        base: Folder of all runs.

    Raises:
        RunError: The folder holds something, or cannot be made.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as base, reserved(None, "digits", base) as folder:
        ...     folder.name, folder.is_dir()
        ('digits-1', True)
    """
    asked = Path(base if folder is None else folder)
    made = [place for place in (asked, *asked.parents) if not place.exists()]
    if folder is None:
        place = new_run_folder(base, name)
        made.insert(0, place)
    else:
        place = asked
        _check_free(place)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_written(error, place, RunError) from error
    try:
        yield place
    except BaseException:  # an interrupt too
        for empty in made:
            with contextlib.suppress(OSError):
                empty.rmdir()
        raise


def save_run(run: Run, folder: Path | str, replace: bool = False) -> Path:
    """Save a run as a folder and return it.

    Args:
        run: What a training wrote.
        folder: New or empty; with ``replace`` one that holds a run, whose other files stay.
        replace: Write over the run that is there, e.g. after one more look at the test set.

    Raises:
        RunError: The folder holds something, a value cannot be written, or the disk is full. What was there
            stays.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as base:
        ...     folder = save_run(Run({"data.name": "digits"}), Path(base) / "run")
        ...     load_run(folder)["data.name"]
        'digits'
    """
    folder = Path(folder)
    arrays = Arrays()
    content = _content(run, arrays, folder)
    try:
        if replace and (folder / RUN).exists():
            _replace(folder, content, arrays)
        else:
            _check_free(folder)
            _create(folder, content, arrays)
    except OSError as error:
        raise not_written(error, folder, RunError) from error
    return folder


def load_run(folder: Path | str) -> Run:
    """Return the run saved in a folder.

    Raises:
        RunError: It is missing, damaged or of a newer version.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as base:
        ...     load_run(save_run(Run({"data.name": "digits"}), Path(base) / "run"))["data.name"]
        'digits'
    """
    folder = Path(folder)
    content = read_json(folder / RUN, RUN_TAG, VERSION)
    with fitting(folder / RUN):
        stated = from_plain(Mapping[str, str], content["arrays"], {})
        arrays = read_arrays(folder / _known(stated["file"]), stated["sha256"])
        values = from_plain(Mapping[str, Any], content["values"], arrays)
        evaluations = from_plain(Mapping[str, Evaluation], content["evaluations"], arrays)
        return Run(values, evaluations, from_plain(tuple[Look, ...], content["looks"], arrays))


def save_findings(findings: Findings, folder: Path | str) -> Path:
    """Save findings into a run's folder, over those that were there, and return the file.

    Raises:
        RunError: It cannot be written; what was there stays.
    """
    path = Path(folder) / FINDINGS
    try:
        plain = to_plain(tuple(findings), Arrays())
        replace_file(path, packed_json({FINDINGS_TAG: VERSION, "findings": plain}))
    except OSError as error:
        raise not_written(error, path, RunError) from error
    except TypeError as error:
        raise RunError.at(str(path), "findings of words and numbers", str(error)) from error
    return path


def load_findings(folder: Path | str) -> Findings:
    """Return the findings saved in a run's folder.

    Raises:
        RunError: They are missing, damaged or of a newer version.
    """
    path = Path(folder) / FINDINGS
    content = read_json(path, FINDINGS_TAG, VERSION)
    with fitting(path):
        return Findings(from_plain(tuple[Finding, ...], content["findings"], {}))


def _content(run: Run, arrays: Arrays, folder: Path) -> dict[str, Any]:
    values = {name: run.values[name] for name in VOCABULARY if name in run.values}
    try:
        return {
            RUN_TAG: VERSION,
            "arrays": {},
            "values": to_plain(values, arrays, "values"),
            "evaluations": to_plain(run.evaluations, arrays, "evaluations"),
            "looks": to_plain(run.looks, arrays, "looks"),
        }
    except TypeError as error:
        raise RunError.at(str(folder), "a run of numbers, words and arrays", str(error)) from error


def _check_free(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        got = "one with files in it" if folder.is_dir() else "a file"
        hint = f"choose another name, or remove it: rm -r {folder}"
        raise RunError.at(f"run folder {folder}", "a new or empty folder", got, hint)


def _create(folder: Path, content: dict[str, Any], arrays: Arrays) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{secrets.token_hex(8)}.tmp"
    beside.mkdir()
    try:
        packed = packed_arrays(arrays)
        content["arrays"] = {"file": ARRAY_FILES[0], "sha256": digest(packed)}
        write_through(beside / ARRAY_FILES[0], packed)
        write_through(beside / RUN, packed_json(content))
        sync_folder(beside)
        if folder.exists():
            folder.rmdir()  # empty; not every system renames over it
        beside.rename(folder)
    except BaseException:  # an interrupt too must leave nothing behind
        shutil.rmtree(beside, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def _replace(folder: Path, content: dict[str, Any], arrays: Arrays) -> None:
    """Write the arrays to the name that is not in use, then switch by replacing run.json."""
    used = ""
    with contextlib.suppress(RunError, KeyError, TypeError):  # a damaged run may be written over
        used = read_json(folder / RUN, RUN_TAG, VERSION)["arrays"]["file"]
    unused = next(name for name in ARRAY_FILES if name != used)
    packed = packed_arrays(arrays)
    content["arrays"] = {"file": unused, "sha256": digest(packed)}
    try:
        replace_file(folder / unused, packed)
        replace_file(folder / RUN, packed_json(content))
    except OSError:
        (folder / unused).unlink(missing_ok=True)
        raise
    for name in ARRAY_FILES:
        if name != unused:
            (folder / name).unlink(missing_ok=True)


def _known(file: str) -> str:
    """Return the name of an arrays file; another name is damage, and might lie outside the folder."""
    return ARRAY_FILES[ARRAY_FILES.index(file)]
