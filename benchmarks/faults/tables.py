"""Tables and images of cases: those that are here, and stand-ins for those that are not.

Comes in: a name or description. Goes out: inputs and labels; images also have a test part.
"""

from __future__ import annotations

import gzip
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn import datasets

from benchmarks.faults.cases import CaseError
from benchmarks.faults.toys import Asked, Drawn

MOST_TEST = 2_000
BUNDLED = {"iris": datasets.load_iris, "wine": datasets.load_wine, "breast": datasets.load_breast_cancer,
           "digits": datasets.load_digits, "diabetes bundled": datasets.load_diabetes}  # fmt: skip
FILES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "titanic": ("titanic", "survived", ("alive",)),
    "pima": ("pima_diabetes", "outcome", ()),
    "diabetes": ("pima_diabetes", "outcome", ()),
    "boston": ("boston_housing", "MEDV", ()),
    "abalone": ("abalone", "rings", ()),
    "mpg": ("mpg", "mpg", ("name",)),
    "ionosphere": ("ionosphere", "class", ()),
    "california": ("california_housing", "median_house_value", ()),
    "penguins": ("penguins", "species", ()),
    "adult": ("adult_train", "income", ()),
}


class Images(NamedTuple):
    """Images 0..255 and their labels, for training and for judging."""

    inputs: np.ndarray
    labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray


def data_folder() -> Path:
    """Return the folder named by LEADLINE_DATA."""
    named = os.environ.get("LEADLINE_DATA")
    if not named:
        raise CaseError.at("LEADLINE_DATA", "the folder of the data sets", "not set")
    return Path(named)


def table(name: str, asked: Asked) -> Drawn:
    """Return a table by its name, or one that is drawn by its description."""
    lower = name.lower()
    for known, load in BUNDLED.items():
        if known in lower:
            found = load()
            return Drawn(found.data, found.target)
    for known, (file, target, leave_out) in FILES.items():
        if known in lower:
            return _of_file(data_folder() / "tabular" / f"{file}.csv.gz", target, leave_out)
    return _described(name, asked)


def _of_file(path: Path, target: str, leave_out: tuple[str, ...]) -> Drawn:
    """Read a table; words become codes, what is missing becomes the median: as the programs did."""
    frame = pd.read_csv(path).drop(columns=list(leave_out))
    labels = frame.pop(target)
    columns = [_numbers(frame[name]) for name in frame.columns]
    targets = (
        labels.to_numpy() if pd.api.types.is_numeric_dtype(labels) else pd.factorize(labels, sort=True)[0]
    )
    return Drawn(np.stack(columns, axis=1), np.asarray(targets))


def _numbers(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return np.asarray(pd.factorize(column, sort=True)[0], np.float64)
    return column.fillna(column.median()).to_numpy(np.float64)


def _described(name: str, asked: Asked) -> Drawn:
    """Draw the rows of a table that is not here, by what is said of it."""
    said = re.search(r"~?(\d+)\s*(?:x\s*(\d+)|rows)", name)
    rows = asked.rows or (int(said[1]) if said else 100)
    wide = re.search(r"(\d+)\s+(?:[\w-]+\s+){0,2}features?", asked.text)
    features = int(wide[1]) if wide else int(said[2]) - 1 if said and said[2] else asked.features or 4
    draw, mark = asked.draw, f"rows drawn by the description of {name!r}"
    around = re.search(r"\(~(\d+),\s*~(\d+)\)", asked.text)
    if around:  # whole numbers around these; a multiple of the first
        whole = [draw.integers(int(low), int(low) + 51, rows) for low in around.groups()]
        times = re.search(r"x0\s*\*\s*(\d+)|(\d+)\s*\*\s*x0", asked.text)
        factor = float((times and (times[1] or times[2])) or 3)
        return Drawn(np.stack(whole, axis=1), whole[0] * factor, mark)
    inputs = draw.uniform(0, 1, (rows, features))
    sums = inputs @ draw.normal(size=features) + 0.1 * draw.normal(size=rows)
    if "up to" in asked.text:
        high = re.search(r"10\^(\d+)", asked.text)
        scaled = (sums - sums.min()) / np.ptp(sums) * 10 ** int(high[1] if high else 4)
        return Drawn(inputs, scaled, mark)
    if asked.regression:
        return Drawn(inputs, sums - sums.mean(), mark)
    return Drawn(inputs, (sums > np.median(sums)).astype(np.float64), mark)


@cache
def images(kind: str) -> Images:
    """Return MNIST, Fashion-MNIST or CIFAR-10 as they are, with at most 2,000 images to judge by."""
    folder = data_folder() / "images"
    if kind == "cifar10":
        with np.load(folder / "cifar10" / "cifar10_20k_5k.npz") as found:
            parts = [found[name] for name in ("x_train", "y_train", "x_test", "y_test")]
        order = np.random.default_rng(0).permutation(len(parts[2]))[:MOST_TEST]
        return Images(parts[0], parts[1], parts[2][order], parts[3][order])
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    parts = [_idx(folder / kind / f"{name}-ubyte.gz") for name in names]
    return Images(parts[0][..., None], parts[1], parts[2][:MOST_TEST, ..., None], parts[3][:MOST_TEST])


def _idx(path: Path) -> np.ndarray:
    with gzip.open(path) as file:
        content = file.read()
    axes = content[3]
    shape = tuple(int.from_bytes(content[4 + 4 * i : 8 + 4 * i]) for i in range(axes))
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def drawn_images(shape: tuple[int, ...], classes: int, rows: int, draw: np.random.Generator) -> Images:
    """Return noisy images with a pattern of each class, 0..255, in place of real ones.

    Example:
        >>> drawn_images((8, 8, 3), 2, 20, np.random.default_rng(0)).inputs.shape
        (20, 8, 8, 3)
    """
    coarse = draw.uniform(0, 1, (classes, 4, 4, shape[2]))
    grid = [np.arange(size) * 4 // size for size in shape[:2]]
    patterns = coarse[:, grid[0]][:, :, grid[1]]

    def some(number: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(number) % classes
        noise = draw.normal(scale=0.5, size=(number, *shape)).astype(np.float32)
        return (np.clip(patterns[labels] * 0.5 + 0.25 + noise * 0.5, 0, 1) * 255).astype(np.uint8), labels

    return Images(*some(rows), *some(max(classes, rows // 3)))
