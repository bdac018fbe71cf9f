"""Saved work opened again: a model on other rows, and the report of a saved run.

Comes in: paths of a model file or a run folder. Goes out: an evaluation, or the page. A look at rows with
known targets is counted in the run that the model lies in.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from leadline import report as pages
from leadline.core.errors import DataError, ModelFileError, RunError
from leadline.core.text import listed
from leadline.data import labels_of, new_rows, open_source, read_frame
from leadline.data.bundled import NAMES
from leadline.data.prepare_table import TableEncoder
from leadline.data.splitting import usable_rows
from leadline.evaluation import judge_rows
from leadline.export.model import Model, load
from leadline.late import pd
from leadline.record.evaluation import Evaluation
from leadline.record.run import Look
from leadline.record.store import RUN, load_findings, load_run, save_run


def evaluate(model: Path | str | Model, source: Any) -> Evaluation:
    """Judge a model on rows with known targets, with 95% intervals and per class.

    Args:
        model: A model, the path of its file, or the folder of its run. Where the file lies in
            such a folder, the look is counted there.
        source: A table that holds the target (path or DataFrame), a folder with one folder per class of
            images, a folder of IDX files, or an NPZ file.

    Raises:
        ModelFileError: The model file cannot be read.
        DataError: The target is not there, none of its values is a class of the model, or columns are
            missing.

    Example:
        >>> import leadline as ll
        >>> data = ll.data.bundled("iris")
        >>> model = ll.fit("linear", data, epochs=20).model
        >>> rows = data.inputs.assign(**{data.target_name: [data.class_names[c] for c in data.targets]})
        >>> ll.evaluate(model, rows).rows
        150
    """
    opened = model if isinstance(model, Model) else load(model_file(model))
    name = Path(source).name if isinstance(source, str | Path) else "rows"
    inputs, targets = _labelled(opened, source)
    rows = usable_rows(targets, opened.problem)
    if not len(rows):
        must = f"rows whose {opened.target_name} is one of {listed(opened.class_names) or 'numbers'}"
        raise DataError.at(name, must, "none")
    prepared = opened.preparation.transform(inputs)
    outputs = opened.outputs(prepared.inputs)
    shown = _shown(inputs)
    judged = judge_rows(
        opened.problem, opened.class_names, targets[rows], outputs[rows], part=name, rows=rows, shown=shown
    )
    if not isinstance(model, Model):
        _count(model_file(model).parent, name, len(rows))
    return judged


def model_file(path: Path | str) -> Path:
    """Return the model file of a path: the file itself, or the only one in the folder of a run.

    Raises:
        ModelFileError: It is a folder without a model file, or with several.
    """
    place = Path(path)
    if not place.is_dir():
        return place
    held = sorted(place.glob("*.leadline"))
    if len(held) == 1:
        return held[0]
    got = f"a folder with {listed([file.name for file in held])}" if held else "a folder without one"
    raise ModelFileError.at(str(place), "a model file, or the folder of its run", got, _runs_near(place))


def _labelled(model: Model, source: Any) -> tuple[Any, np.ndarray]:
    """Return raw inputs, and targets as class codes (-1 for none of the model's) or numbers."""
    if isinstance(model.preparation.encoder, TableEncoder) and not _is_bundled(source):
        frame = read_frame(source)
        found = labels_of(frame, model.target_name, model.problem, model.class_names)
        known = list(model.class_names) if model.problem == "several_labels" else model.target_name
        return frame.drop(columns=known), found.values
    if hasattr(source, "columns") and isinstance(source, pd.DataFrame):
        found = labels_of(source, model.target_name, model.problem, model.class_names)
        return new_rows(source, model.preparation), found.values
    if model.problem == "several_labels":
        return _several_labels(model, source)
    data = open_source({"source": str(source)})
    if not model.class_names:
        return data.inputs, data.targets
    codes = {name: code for code, name in enumerate(model.class_names)}
    return data.inputs, np.array([codes.get(data.class_names[target], -1) for target in data.targets])


def _several_labels(model: Model, source: Any) -> tuple[Any, np.ndarray]:
    """Return raw inputs and labels of an archive, which must name the same labels in the same order."""
    data = open_source({"source": str(source), "problem": model.problem})
    if data.class_names != model.class_names:
        hint = "np.savez('test.npz', x=x, y=y, class_names=names)"
        must = f"the labels of the model, in their order: {listed(model.class_names)}"
        raise DataError.at(str(source), must, listed(data.class_names), hint)
    return data.inputs, data.targets


def _is_bundled(source: Any) -> bool:
    return isinstance(source, str) and source in NAMES


def _shown(inputs: Any) -> Any:
    """Return how a raw row is shown to people, for tables only."""
    if not hasattr(inputs, "iloc"):
        return None
    return lambda row: {
        str(name): str(value) for name, value in inputs.iloc[[row]].to_dict("records")[0].items()
    }


def _count(folder: Path, name: str, rows: int) -> None:
    """Remember in the run beside a model file that these rows were looked at."""
    if (folder / RUN).exists():
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        save_run(load_run(folder).with_look(Look(now, f"evaluate {name}", rows)), folder, replace=True)


def report(folder: Path | str, path: Path | str | None = None) -> Path:
    """Write the report of a saved run, one self-contained page, and return its path.

    Args:
        folder: Of the run.
        path: Of the page; ``report.html`` in the folder by default.

    Raises:
        RunError: The folder holds no run, or it is damaged.

    Example:
        >>> from leadline.record.finding import Findings
        >>> from leadline.record.run import Run
        >>> from leadline.record.store import save_findings
        >>> _ = save_findings(Findings(()), save_run(Run({"data.name": "digits"}), "digits-1"))
        >>> report("digits-1").name
        'report.html'
    """
    place = Path(folder)
    if not (place / RUN).is_file():
        got = "a file" if place.is_file() else "a folder without a run" if place.is_dir() else "nothing there"
        raise RunError.at(str(place), "the folder of a run", got, _runs_near(place))
    return pages.write(
        Path(path) if path is not None else place / "report.html", load_run(place), load_findings(place)
    )


def _runs_near(place: Path) -> str:
    """Name the runs in a folder, or else those in ``runs``, the newest first."""
    found = [*place.glob(f"*/{RUN}"), *place.glob(f"runs/*/{RUN}")] or list(Path("runs").glob(f"*/{RUN}"))
    newest = sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)
    return f"runs here: {listed([file.parent.as_posix() for file in newest], 6)}" if newest else ""
