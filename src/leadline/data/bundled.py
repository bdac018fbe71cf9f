"""Real data sets that come with scikit-learn: nothing is downloaded.

Comes in: a name. Goes out: a :class:`Dataset`; digits as images, the others as tables.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import did_you_mean
from leadline.data.build import build
from leadline.data.dataset import Dataset
from leadline.data.prepare_image import fit_images
from leadline.data.split import SHARE
from leadline.data.splitting import Splitting
from leadline.data.tables import table
from leadline.data.targets import encode_targets
from leadline.late import sklearn

_TABLES: Mapping[str, tuple[Mapping[str, Any], str, str]] = {  # how they are loaded, target, problem
    "iris": ({}, "species", "classification"),
    "wine": ({}, "cultivar", "classification"),
    "breast_cancer": ({}, "diagnosis", "classification"),
    "diabetes": ({"scaled": False}, "progression", "regression"),
}
NAMES = ("digits", *_TABLES)


def digits(*, split: Sequence[float] = SHARE, seed: int = 0) -> Dataset:
    """Return 1,797 handwritten digits of 8 x 8 pixels, values 0 to 16, in ten classes.

    Args:
        split: Shares of train, validation and test.
        seed: Of the shuffling.

    Example:
        >>> data = digits()
        >>> data.parts["train"].inputs.shape, data.classes
        ((1257, 8, 8, 1), 10)

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (1998).
    """
    cells = _digit_cells()
    names = list(map(str, range(10)))
    targets = encode_targets(cells[:, -1], problem="classification", classes=names, name="digit")
    pixels = cells[:, :-1].astype(np.uint8).reshape(-1, 8, 8, 1)
    return build(
        name="digits", kind="image", inputs=pixels, targets=replace(targets, raw=None), target_name="digit",
        splitting=Splitting(tuple(split), seed), fit=partial(fit_images, top=16.0),
        source={"source": "digits", "split": list(split), "seed": seed},
    )  # fmt: skip


def bundled(name: str, *, split: Sequence[float] = SHARE, seed: int = 0) -> Dataset:
    """Return a data set by name: digits, iris, wine, breast_cancer or diabetes.

    Args:
        name: Of the set.
        split: Shares of train, validation and test.
        seed: Of the shuffling.

    Raises:
        DataError: No set of this name; the hint names the nearest.

    Example:
        >>> bundled("iris").class_names
        ('setosa', 'versicolor', 'virginica')
    """
    if name == "digits":
        return digits(split=split, seed=seed)
    if name not in _TABLES:
        raise DataError.at("bundled data set", "one of the known", repr(name), did_you_mean(str(name), NAMES))
    how, target, problem = _TABLES[name]
    read = getattr(sklearn.datasets, f"load_{name}")(as_frame=True, **how)
    frame = read.frame.rename(columns={"target": target})
    if problem == "classification":
        frame[target] = [str(read.target_names[code]) for code in frame[target]]
    data = table(frame, target=target, problem=problem, split=split, seed=seed, name=name)
    return replace(data, source={"source": name, "split": list(split), "seed": seed})


def _digit_cells() -> np.ndarray:
    """Return 64 pixels and the digit of each row, from the file in scikit-learn's folder.

    Its own reader gives the same (a test holds it), but importing it takes longer than training on them.
    """
    package = find_spec("sklearn")
    assert package is not None  # Leadline cannot be installed without it
    assert package.origin is not None
    with gzip.open(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz") as file:
        return np.array(file.read().replace(b"\n", b",").strip(b",").split(b","), np.float64).reshape(-1, 65)
