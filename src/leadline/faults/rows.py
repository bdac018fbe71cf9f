"""Faults of data: rows that are missing, mislabelled, mixed up, noisy, or in another unit.

Comes in: training rows, or a program for what is done to all of its rows. Goes out: an edit of them, or the program.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from leadline.core.constraints import POSITIVE, Interval
from leadline.core.errors import RecipeError
from leadline.faults.edit import Edit, Rows
from leadline.faults.fault import DEEPCHECKER, DEEPCRIME, fault, rows_fault
from leadline.program.program import Program

Share = Annotated[float, Interval(0, 1)]
Part = Annotated[float, Interval(0, 1, open_low=True)]
BYTES = 255.0  # what pixels are divided by


@fault(
    formula="inputs divided by their range once more: pixels by 255, each feature by highest - lowest",
    source=DEEPCHECKER,
    year=2023,
    expects=("unscaled_inputs",),
    also=("rate_too_low", "too_few_updates", "start_scale"),
)
def double_normalization(program: Program, draw: np.random.Generator) -> Program:
    """Scale inputs that are scaled already: training rows and the others alike.

    Pixels that go from 0 to 1/255 are too small to learn from. Features divided by their range are about as good as
    before.

    Example:
        >>> from leadline.faults import healthy
        >>> bool(double_normalization(healthy("images")).inputs.max() < 0.004)
        True
    """
    inputs = np.asarray(program.inputs, np.float32)
    if inputs.ndim > 2:
        return _scaled(program, np.float32(1 / BYTES))
    reach = np.ptp(inputs, axis=0)
    return _scaled(program, 1 / np.where(reach > 0, reach, 1))


@fault(
    formula="pixels times 255; each feature times a factor from 1 to largest",
    source=DEEPCHECKER,
    year=2023,
    expects=("unscaled_inputs",),
    also=("dead_start", "rate_too_high", "start_scale", "saturated_units"),
)
def input_unnormalized(
    program: Program,
    draw: np.random.Generator,
    *,
    largest: Annotated[float, Interval(1, open_low=True)] = 1000.0,
) -> Program:
    """Leave inputs in their own units: training rows and the others alike.

    Args:
        largest: Factor of a feature, at most; its logarithm is drawn evenly, and one feature has all of it. Pixels go
            from 0 to 255.

    Example:
        >>> from leadline.faults import healthy
        >>> float(input_unnormalized(healthy("images")).inputs.max())
        255.0
    """
    if program.inputs.ndim > 2:
        reach = float(np.ptp(program.inputs))
        return _scaled(program, np.float32(BYTES / reach if reach > 0 else 1.0))
    factors = largest ** draw.uniform(size=program.inputs.shape[1])
    factors[draw.integers(len(factors))] = largest
    return _scaled(program, factors)


def _scaled(program: Program, factors: np.ndarray | np.float32) -> Program:
    def scaled(inputs: np.ndarray) -> np.ndarray:
        return np.asarray(inputs * factors, np.float32)

    held = program.held_out
    others = None if held is None else (scaled(held[0]), held[1])
    return replace(program, inputs=scaled(program.inputs), held_out=others)


@fault(
    formula="targets · spread + mean",
    source=DEEPCHECKER,
    year=2023,
    expects=("scaled_targets",),
    also=("too_few_updates", "rate_too_high", "rate_too_low"),
)
def target_unscaled(
    program: Program,
    draw: np.random.Generator,
    *,
    spread: Annotated[float, POSITIVE] = 100.0,
    mean: Annotated[float, Interval()] = 300.0,
) -> Program:
    """Leave targets in their own unit, such as prices: training rows and the others alike.

    Args:
        spread: What one unit of the sound targets becomes.
        mean: What 0 becomes.

    Raises:
        RecipeError: No numbers are asked.

    Example:
        >>> from leadline.faults import healthy
        >>> round(float(target_unscaled(healthy("numbers")).targets.mean()), -2)
        300.0
    """
    if program.form.kind != "numbers":
        raise RecipeError.at("fault 'target_unscaled'", "planted where numbers are asked", program.form.kind)

    def scaled(targets: np.ndarray) -> np.ndarray:
        return np.asarray(targets * spread + mean, np.float32)

    held = program.held_out
    others = None if held is None else (held[0], scaled(held[1]))
    return replace(program, targets=scaled(program.targets), held_out=others, problem="regression")


@rows_fault(
    formula="targets in another order than inputs",
    source=DEEPCHECKER,
    year=2023,
    expects=("nothing_to_learn",),
    also=("not_learning", "worse_than_baseline", "overfitting"),
)
def labels_shuffled(rows: Rows, draw: np.random.Generator) -> Edit:
    """Shuffle the targets of the training rows without their inputs.

    Example:
        >>> from leadline.faults import healthy
        >>> sound = healthy()
        >>> planted = labels_shuffled(sound)
        >>> sorted(planted.targets) == sorted(sound.targets), 0.2 < (planted.targets == sound.targets).mean() < 0.5
        (True, np.True_)
    """
    return Edit(targets=draw.permutation(rows.number))


@rows_fault(
    formula="of class k a share of least^(k / (C - 1)) is kept",
    source=DEEPCHECKER,
    year=2023,
    expects=("class_imbalance",),
    also=("class_at_zero", "missing_class"),
)
def class_imbalance(rows: Rows, draw: np.random.Generator, *, least: Part = 0.005) -> Edit:
    """Keep ever fewer rows of one class after another, at least one of each.

    Args:
        least: Share that is kept of the last class.

    Example:
        >>> from leadline.faults import healthy
        >>> np.bincount(class_imbalance(healthy()).targets).tolist()
        [200, 14, 1]
    """
    codes = rows.classes
    found = np.unique(codes)
    shares = least ** (np.arange(len(found)) / (len(found) - 1))
    return Edit(kept=_some_of_each(codes, dict(zip(found, shares, strict=True)), draw))


@rows_fault(
    formula="a share of the rows of every class with at most the mean number of rows is taken away",
    source=DEEPCRIME,
    year=2021,
    expects=("class_imbalance",),
    also=("class_at_zero", "missing_class"),
)
def unbalance_train_data(rows: Rows, draw: np.random.Generator, *, share: Share = 0.97) -> Edit:
    """Take away most rows of the rare classes; where all are equally frequent, of all but the first.

    Args:
        share: Of their rows that is taken away; one row of each class is left.

    Example:
        >>> from leadline.faults import healthy
        >>> np.bincount(unbalance_train_data(healthy()).targets).tolist()
        [200, 6, 6]
    """
    codes = rows.classes
    found, counts = np.unique(codes, return_counts=True)
    rare = counts < counts.mean() if np.ptp(counts) else np.arange(len(found)) > 0
    shares = {code: 1 - share if less else 1.0 for code, less in zip(found, rare, strict=True)}
    return Edit(kept=_some_of_each(codes, shares, draw))


def _some_of_each(codes: np.ndarray, shares: dict[int, float], draw: np.random.Generator) -> np.ndarray:
    """Return ascending positions of a share of the rows of each class, at least one of each."""
    kept = []
    for code, share in shares.items():
        own = draw.permutation(np.flatnonzero(codes == code))
        kept.append(own[: max(1, round(share * len(own)))])
    return np.sort(np.concatenate(kept))


@rows_fault(formula="a share of the rows gets another class", source=DEEPCRIME, year=2021)
def change_label(rows: Rows, draw: np.random.Generator, *, share: Part = 0.3) -> Edit:
    """Give a share of the training rows the label of a row of another class. It has no symptom of its own.

    Args:
        share: Of the rows, evenly from all classes.

    Example:
        >>> from leadline.faults import healthy
        >>> sound = healthy()
        >>> float((change_label(sound, share=0.25).targets != sound.targets).mean())
        0.25
    """
    codes = rows.classes
    whose = np.arange(rows.number)
    for at in draw.permutation(rows.number)[: max(1, round(share * rows.number))]:
        whose[at] = draw.choice(np.flatnonzero(codes != codes[at]))
    return Edit(targets=whose)


@rows_fault(
    formula="a share of the rows is taken away",
    source=DEEPCRIME,
    year=2021,
    also=("too_few_updates", "overfitting"),
)
def delete_training_data(rows: Rows, draw: np.random.Generator, *, share: Share = 0.9) -> Edit:
    """Take away training rows, whatever their class. Who does not know how many there were cannot see it.

    Args:
        share: Of the rows; at least one is left, and one of each class.

    Example:
        >>> from leadline.faults import healthy
        >>> delete_training_data(healthy(), share=0.8).rows
        120
    """
    codes = np.zeros(rows.number, np.int64) if rows.codes is None else rows.codes
    return Edit(kept=_some_of_each(codes, dict.fromkeys(np.unique(codes), 1 - share), draw))


@rows_fault(
    formula="x + spread · σ · N(0, 1) on a share of the rows",
    source=DEEPCRIME,
    year=2021,
    also=("nothing_to_learn",),
)
def add_noise(
    rows: Rows, draw: np.random.Generator, *, share: Part = 1.0, spread: Annotated[float, POSITIVE] = 3.0
) -> Edit:
    """Put normal noise on the inputs of training rows. Noise in the data looks like any other hard problem.

    Args:
        share: Of the rows.
        spread: Of the noise, in units of the spread of each feature, or of all pixels.

    Example:
        >>> from leadline.faults import healthy
        >>> sound = healthy()
        >>> round(float((add_noise(sound).inputs - sound.inputs).std() / sound.inputs.std(axis=0).mean()))
        3
    """
    noise = np.zeros(rows.number)
    noise[draw.permutation(rows.number)[: max(1, round(share * rows.number))]] = spread
    return Edit(noise=noise)


@rows_fault(
    formula="a share of the rows of one class has the inputs of rows of another",
    source=DEEPCRIME,
    year=2021,
    also=("class_at_zero", "nothing_to_learn"),
)
def make_classes_overlap(rows: Rows, draw: np.random.Generator, *, share: Part = 0.9) -> Edit:
    """Let the same inputs stand under two labels: rows of the second most frequent class take those of the first.

    Args:
        share: Of the rows of the second class.

    Example:
        >>> from leadline.faults import healthy
        >>> sound = healthy()
        >>> float((make_classes_overlap(sound, share=0.5).inputs != sound.inputs).any(axis=1).sum())
        100.0
    """
    codes = rows.classes
    found, counts = np.unique(codes, return_counts=True)
    first, second = found[np.argsort(-counts, kind="stable")[:2]]
    changed = draw.permutation(np.flatnonzero(codes == second))
    changed = changed[: max(1, round(share * len(changed)))]
    whose = np.arange(rows.number)
    whose[changed] = draw.choice(np.flatnonzero(codes == first), size=len(changed))
    return Edit(inputs=whose)
