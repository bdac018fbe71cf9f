"""Sound programs that faults are planted in.

Comes in: a name and how many images. Goes out: the program. Of the three bases of the file of operators only one is
described; the two others stand in, by what is said of them: a deeper network with batch norm and momentum, and a
regression of fuel use by Adam. Images are halved in each direction, so that a run takes minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

import leadline as ll
from benchmarks.faults import tables
from benchmarks.faults.cases import CaseError, default_files, read_cases
from benchmarks.faults.programs import program_of
from benchmarks.faults.toys import Asked
from leadline.faults import healthy
from leadline.program.prepared import prepare_inputs
from leadline.program.program import Program
from leadline.program.written import Written

JUDGED = 1_000  # images


def basecnn(rows: int) -> Program:
    """Return the base of the file, on so many halved images."""
    case = next((case for case in read_cases(default_files()) if case.id == "H-tdc-basecnn"), None)
    if case is None:
        raise CaseError.at("case files", "with the case H-tdc-basecnn", "none of that id")
    program = program_of(case)
    some = np.random.default_rng(0).permutation(program.rows)[:rows]
    assert program.held_out is not None  # images have a test part
    held = program.held_out[0][:JUDGED], program.held_out[1][:JUDGED]
    return replace(
        program,
        inputs=halved(program.inputs[some]),
        targets=program.targets[some],
        held_out=(halved(held[0]), held[1]),
        l2=1e-5,
    )


def halved(images: np.ndarray) -> np.ndarray:
    """Return images whose pixels are means of two by two.

    Example:
        >>> halved(np.ones((2, 28, 28, 1))).shape
        (2, 14, 14, 1)
    """
    high, wide = images.shape[1] // 2, images.shape[2] // 2
    parts = images[:, : 2 * high, : 2 * wide].reshape(len(images), high, 2, wide, 2, -1)
    return np.asarray(parts.mean(axis=(2, 4)), np.float32)


def deepcnn(rows: int) -> Program:
    """Return what stands in for the deep network: four convolutions with batch norm, by momentum."""
    like = basecnn(rows)
    layers: list[Any] = []
    for channels, pools in ((16, False), (16, True), (32, False), (32, True)):
        layers += [ll.Conv(channels, 3, bias=False), ll.BatchNorm(), ll.Activate(ll.relu)]
        layers += [ll.MaxPool(2, floor=True)] if pools else []
    layers += [ll.Flatten(), ll.Dense(64, ll.relu), ll.Dense(10)]
    return replace(like, network=ll.Sequential(layers), optimizer=ll.sgd(0.01, momentum=0.9))


def regression(rows: int) -> Program:
    """Return what stands in for the regression: fuel use of cars, all rows that there are."""
    made = tables.table("mpg", Asked("", 0, 0, True, np.random.default_rng(0)))
    order = np.random.default_rng(0).permutation(len(made.inputs))[:rows]
    own, held = np.split(order, [3 * len(order) // 4])
    inputs, others = prepare_inputs(made.inputs[own], "standardized", made.inputs[held])
    mean, spread = made.targets[own].mean(), made.targets[own].std()
    targets = np.asarray((made.targets - mean) / spread, np.float32)[:, None]
    network = ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(1)])
    return Program(network, inputs, targets[own], Written("mse"), ll.adam(0.001), 100, l2=1e-5,
                   held_out=(np.asarray(others), targets[held]), problem="regression")  # fmt: skip


BASES: dict[str, Callable[[int], Program]] = {
    "small-numbers": lambda rows: healthy("numbers"),
    "small-classes": lambda rows: healthy("classes"),
    "small-images": lambda rows: healthy("images"),
    "H-tdc-regr": regression,
    "H-tdc-basecnn": basecnn,
    "H-tdc-deepcnn": deepcnn,
}
"""Cheap ones first; the small ones are of the library."""


@cache
def base_of(name: str, rows: int) -> Program:
    """Return a sound program by its name."""
    return BASES[name](rows)
