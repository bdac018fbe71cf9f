"""What others would say: always the same, and the published rules of UMLAUT and of AUTOTRAINER.

Comes in: a program, what its training did, and its final score. Goes out: findings by the names of the case files.
The rules are those of the papers, with their thresholds. Left out is what needs accuracies after each epoch or single
entries of gradients, which a :class:`~leadline.program.course.Course` does not keep: UMLAUT's single epoch with
validation up and training down, AUTOTRAINER's oscillation, and its dead ReLU by zeros in gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.faults.scoring import Told
from leadline.nn.steps import walk
from leadline.program.course import Course
from leadline.program.program import Program
from leadline.program.written import Written

Baseline = Callable[[Program, Course, float], tuple[Told, ...]]


def always_faulty(program: Program, course: Course, final: float) -> tuple[Told, ...]:
    """Say of every program that it is faulty, and nothing of the cause."""
    return (Told("faulty", stage="A"),)


def always_activation(program: Program, course: Course, final: float) -> tuple[Told, ...]:
    """Say of every program that the activation of its output is missing or wrong."""
    return (Told("missing_output_activation", stage="A"),)


def umlaut(program: Program, course: Course, final: float) -> tuple[Told, ...]:
    """Apply the rules of UMLAUT (CHI 2021), whatever the task and the optimizer."""
    inputs, rate = program.inputs, program.optimizer.learning_rate
    own, held = float(course.own_scores.mean()), program.held_out is not None
    finite = inputs[np.isfinite(inputs)]
    said = {
        "not_finite_inputs": not np.isfinite(inputs).all(),
        "input_unnormalized": bool(finite.min() < -1 or finite.max() > 1),
        "lr_too_high": rate > 0.01,
        "lr_too_low": rate < 1e-7,
        "missing_output_activation": not _ends_with_softmax(program),
        "missing_hidden_activation": "linear" in activations_of(program)[:-1],
        "suspicious_validation": held and final > 0.95,
        "validation_above_training": held and final - own > 0.05,
    }
    return _told(said, {"suspicious_validation", "validation_above_training"})


def autotrainer(program: Program, course: Course, final: float) -> tuple[Told, ...]:
    """Apply the rules of AUTOTRAINER (ICSE 2021), which look once accuracy is already bad."""
    norms = course.norms[:, :, (course.norms > 0).any(axis=(0, 1))] if course.norms.size else course.norms
    finite = bool(np.isfinite(course.losses).all() and np.isfinite(course.norms).all())
    poor = program.form.of_classes and max(final, float(course.own_scores.mean())) < 0.6
    first, last, ratio = _ends(norms)
    said = {
        "exploding_gradient": not finite or ratio > 70,
        "vanishing_gradient": poor and ratio < 1e-3 and first < 1e-4 and last > 0,
        "not_converging": poor and _still(course),
        "input_unnormalized": bool(np.abs(program.inputs).mean() >= 10),
        "output_loss_mismatch": _mismatch(program),
        "missing_output_activation": program.form.of_classes and _sums(course) > 1.1,
    }
    return _told(
        said, {"exploding_gradient", "vanishing_gradient", "not_converging", "missing_output_activation"}
    )


BASELINES: Mapping[str, Baseline] = {
    "always faulty": always_faulty,
    "activation": always_activation,
    "UMLAUT": umlaut,
    "AUTOTRAINER": autotrainer,
}


def _told(said: Mapping[str, bool], late: set[str]) -> tuple[Told, ...]:
    return tuple(Told(fault, stage="D" if fault in late else "A") for fault, holds in said.items() if holds)


def activations_of(program: Program) -> list[str]:
    """Return the activation of each layer with weights; one that stands alone belongs to the layer before it."""
    made: list[str] = []
    for step in walk(program.network, program.inputs.shape[1:]):
        layer = step.layer
        activation = getattr(layer, "activation", None)
        if activation is None:
            continue
        if getattr(layer, "has_weights", False) or not made:
            made.append(activation.name)
        elif made[-1] == "linear":
            made[-1] = activation.name
    return made


def _ends_with_softmax(program: Program) -> bool:
    scores = isinstance(program.loss, Written) and program.loss.reads == "scores"
    return scores or activations_of(program)[-1:] == ["softmax"]


def _ends(norms: np.ndarray) -> tuple[float, float, float]:
    """Return the median norm of the gradient of the first and the last layer, and their ratio."""
    if not norms.size or norms.shape[-1] < 2:
        return 1.0, 1.0, 1.0
    first, last = (float(np.nanmedian(norms[..., place])) for place in (0, -1))
    return first, last, first / last if last > 0 else 1.0


def _still(course: Course) -> bool:
    """Tell whether the loss of the last tenth is within 1% of the first."""
    if not course.losses.shape[1]:
        return True  # nothing was trained
    part = max(1, course.losses.shape[1] // 10)
    begun, ended = course.losses[:, :part].mean(), course.losses[:, -part:].mean()
    return bool(abs(begun - ended) < 0.01 * abs(begun))


def _sums(course: Course) -> float:
    sums = np.abs(course.outputs).sum(axis=-1)
    return float(np.nan_to_num(sums, nan=np.inf).mean()) if sums.size else 0.0


def _mismatch(program: Program) -> bool:
    """Tell whether a loss of two classes meets more outputs, or one of several classes fewer."""
    if not isinstance(program.loss, Written) or not program.form.of_classes:
        return False
    outputs = program.network.output_shape(program.inputs.shape[1:])[-1]
    if program.loss.name == "binary_cross_entropy":
        return outputs > 2
    return outputs <= 2 if program.loss.name == "cross_entropy" else True
