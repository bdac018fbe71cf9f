"""Rows of cases, rebuilt by a seed: from sklearn, from a description, from a table or from images.

Comes in: a case and a seed. Goes out: its inputs and targets as its program had them, and the rows to judge by: a
quarter of what is drawn (the program keeps as many rows as it had), the test part of images, and none where there are
fewer than 30 rows, which are judged by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import datasets

from benchmarks.faults import tables
from benchmarks.faults.cases import Case, CaseError
from benchmarks.faults.networks import has_images
from benchmarks.faults.toys import Asked, Drawn, toy
from leadline.program.prepared import prepare_inputs

FEWEST_TO_SPLIT = 30
HELD = 0.25
Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Rows:
    """The rows of a case.

    Args:
        inputs: Of the training part.
        targets: As the program had them.
        held_out: Inputs and targets to judge by; None where the rows are judged by themselves.
        stand_in: What was taken in place of something that is not here; "" for nothing.
    """

    inputs: np.ndarray
    targets: np.ndarray
    held_out: Pair | None
    stand_in: str = ""


def rows_of(case: Case, seed: int = 0, targets: str = "") -> Rows:
    """Return the rows of a case.

    Args:
        case: With a data set of a known kind.
        seed: Of everything that is drawn.
        targets: Words on how the targets are made otherwise, in a repaired form.

    Raises:
        CaseError: The kind of data set is unknown.
    """
    kind = str(case.dataset.get("kind", ""))
    draw = np.random.default_rng(seed)
    if kind in ("mnist", "fashion_mnist", "cifar10"):
        return _images(case, tables.images(kind), "")
    if kind.startswith("sklearn."):
        return _split(case, _sklearn(case, draw, targets), draw)
    if kind == "inline_toy":
        return _split(case, toy(_asked(case, draw, _total(case))), draw)
    if kind == "tabular":
        asked = _asked(case, draw, int(case.dataset.get("n") or 0))
        return _split(case, tables.table(str(case.dataset.get("name", "")), asked), draw)
    if case.network and "conv2d" in {op["op"] for op in case.network}:
        shape, classes, rows = _described_images(case)
        made = tables.drawn_images(shape, classes, rows, draw)
        return _images(case, made, f"drawn images stand in for {kind!r}")
    raise CaseError.at(f"case {case.id}, dataset", "of a known kind", repr(kind))


def _asked(case: Case, draw: np.random.Generator, rows: int) -> Asked:
    features = int(case.dataset.get("d") or 0)
    return Asked(str(case.dataset.get("desc", "")), rows, features, case.problem == "regression", draw)


def _total(case: Case) -> int:
    """Return how many rows are drawn, so that as many are left to train on as the program had."""
    rows = int(case.dataset.get("n") or 0)
    if rows < FEWEST_TO_SPLIT or _fraction(case):
        return rows
    return round(rows / (1 - HELD))


def _fraction(case: Case) -> float | None:
    """Return the share of the rows that the program trains on, where it says so."""
    data = case.dataset
    if data.get("train_fraction"):
        return float(data["train_fraction"])
    split = re.search(r"(\d+)/(\d+) split", str(data.get("desc", "")))
    return int(split[1]) / (int(split[1]) + int(split[2])) if split else None


def _sklearn(case: Case, draw: np.random.Generator, targets: str) -> Drawn:
    data, rows, state = case.dataset, _total(case), int(draw.integers(2**31))
    made = {
        "sklearn.make_classification": _classification,
        "sklearn.make_regression": _regression,
        "sklearn.make_multilabel_classification": _several_labels,
    }.get(str(data["kind"]))
    if made is None:
        raise CaseError.at(f"case {case.id}, dataset", "a known maker of sklearn", repr(data["kind"]))
    inputs, found = made(data, rows, state)
    found = _rescaled(found, targets or str(data.get("rescale_y", "")))
    if "standard" in str(data.get("x", "")):
        inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    if data.get("reshape"):
        inputs = inputs.reshape(len(inputs), *data["reshape"])
    return Drawn(inputs, found)


def _classification(data: Mapping[str, Any], rows: int, state: int) -> Pair:
    features, classes = int(data["d"]), int(data.get("classes", 2))
    informative = min(int(data.get("n_informative") or 2), features)
    clusters = 2 if classes * 2 <= 2**informative else 1
    made = datasets.make_classification(
        rows, features, n_informative=informative, n_redundant=min(2, features - informative),
        n_classes=classes, n_clusters_per_class=clusters, random_state=state,
    )  # fmt: skip
    return made[0], made[1]


def _regression(data: Mapping[str, Any], rows: int, state: int) -> Pair:
    features = int(data["d"])
    informative = min(int(data.get("n_informative") or 10), features)
    made = datasets.make_regression(
        rows, features, n_informative=informative, n_targets=int(data.get("targets", 1)), random_state=state
    )
    return made[0], made[1]


def _several_labels(data: Mapping[str, Any], rows: int, state: int) -> Pair:
    made = datasets.make_multilabel_classification(
        rows, int(data["d"]), n_classes=int(data.get("classes", 5)), random_state=state
    )
    return made[0], made[1]


def _rescaled(targets: np.ndarray, how: str) -> np.ndarray:
    if not how:
        return targets
    table = targets.reshape(len(targets), -1)
    ends = re.fullmatch(r"\[(-?\d+),\s*(-?\d+)\]", how)
    if ends:
        low, high = float(ends[1]), float(ends[2])
        return np.asarray(low + (targets - targets.min()) / np.ptp(targets) * (high - low))
    if "summing to 1" in how:
        return np.asarray(np.abs(table) / np.abs(table).sum(axis=1, keepdims=True))
    if "sum" in how:
        return np.asarray(table / table.sum(axis=1, keepdims=True))
    raise CaseError.at("dataset, rescale_y", "a range or a division by the sum", repr(how))


def _split(case: Case, drawn: Drawn, draw: np.random.Generator) -> Rows:
    inputs, targets = np.asarray(drawn.inputs, np.float32), _told(case, drawn.targets)
    if len(inputs) < FEWEST_TO_SPLIT:
        return Rows(inputs, targets, None, drawn.stand_in)
    order = draw.permutation(len(inputs))
    kept = round(len(inputs) * (_fraction(case) or 1 - HELD))
    own, held = np.sort(order[:kept]), np.sort(order[kept:])
    return Rows(inputs[own], targets[own], (inputs[held], targets[held]), drawn.stand_in)


def _told(case: Case, targets: np.ndarray) -> np.ndarray:
    """Return targets as the program has them: numbers, codes, or one column for each class."""
    text = " ".join(str(case.dataset.get(name) or "") for name in ("desc", "preprocess"))
    one_hot = case.dataset.get("onehot") or re.search(r"one-?hot", text)
    if one_hot and targets.ndim == 1 and case.problem == "classification":
        codes = np.unique(targets, return_inverse=True)[1]
        return np.eye(codes.max() + 1, dtype=np.float32)[codes]
    return np.asarray(targets, np.float32)


def _images(case: Case, found: tables.Images, stand_in: str) -> Rows:
    text = str(case.dataset.get("preprocess") or "").lower()
    some = re.search(r"(\d+) rows", text)
    own = np.arange(len(found.labels))[: int(some[1]) if some else None]
    if "imbalanced" in text:
        own = _imbalanced(found.labels[own])
    inputs, held = found.inputs[own], found.test_inputs
    if not has_images(case.network) or (
        "flatten" in text and "conv2d" not in {op["op"] for op in case.network}
    ):
        inputs, held = (one.reshape(len(one), -1) for one in (inputs, held))
    inputs, held = _scaled(np.asarray(inputs, np.float32), np.asarray(held, np.float32), text)
    if "autoencoder" in str(case.plain.get("task")):
        return Rows(inputs, inputs, (held, held), stand_in)
    labels, held_labels = _image_labels(case, found.labels[own], found.test_labels, text)
    return Rows(inputs, labels, (held, held_labels), stand_in)


def _scaled(inputs: np.ndarray, held: np.ndarray, text: str) -> Pair:
    if "raw" in text:
        return inputs, held
    if "standard" in text:
        both = prepare_inputs(inputs, "standardized", held)
        return both[0], np.asarray(both[1])
    shift = 0.5 if "-0.5" in text else 0.0
    return inputs / np.float32(255) - np.float32(shift), held / np.float32(255) - np.float32(shift)


def _image_labels(case: Case, own: np.ndarray, held: np.ndarray, text: str) -> Pair:
    codes = "sparse" in str(case.plain.get("loss")) or ("label" in text and "one" not in text)
    if codes:
        return np.asarray(own, np.float32), np.asarray(held, np.float32)
    table = np.eye(int(own.max()) + 1, dtype=np.float32)
    return table[own], table[held]


def _imbalanced(labels: np.ndarray) -> np.ndarray:
    """Return places that leave a twentieth of the last class, all of the first, and between them in steps."""
    classes = int(labels.max()) + 1
    shares = np.geomspace(1, 1 / 20, classes)
    each = [np.flatnonzero(labels == one) for one in range(classes)]
    kept = [places[: int(len(places) * share)] for places, share in zip(each, shares, strict=True)]
    return np.sort(np.concatenate(kept))


def _described_images(case: Case) -> tuple[tuple[int, int, int], int, int]:
    text = " ".join(str(case.dataset.get(name) or "") for name in ("kind", "preprocess", "desc"))
    size = re.search(r"(\d+)x(\d+)", text) or re.search(r"(\d+)_(\d+)", text)
    classes = re.search(r"(\d+)-class", str(case.plain.get("task")))
    rows = re.search(r"(\d+) images", text)
    high, wide = (int(size[1]), int(size[2])) if size else (32, 32)
    return (high, wide, 3), int(classes[1]) if classes else 2, int(rows[1]) if rows else 1_000
