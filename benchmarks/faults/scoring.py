"""How good verdicts are: the right cause first, no false alarm, a repair that works, early, and always the same.

Comes in: what was said of each case, by each seed. Goes out: numbers, as JSON and as a table in text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CAUSES: dict[str, set[str]] = {
    "softmax_single_unit": {"softmax_single_unit"},
    "sigmoid_multiclass": {"sigmoid_multiclass"},
    "bounded_output_unbounded_target": {"bounded_output"},
    "label_out_of_range_for_loss": {"targets_outside_loss"},
    "relu_output": {"rectified_output", "bounded_output"},
    "relu_on_logits": {"rectified_output"},
    "input_unnormalized": {"unscaled_inputs"},
    "scaler_not_applied": {"unscaled_inputs"},
    "missing_output_activation": {"missing_output_activation"},
    "logits_without_from_logits": {"missing_output_activation"},
    "loss_unstable_log": {"unstable_log", "missing_output_activation"},
    "loss_unstable_log_of_softmax": {"unstable_log"},
    "label_encoding_mismatch": {"label_encoding"},
    "label_shape_mismatch": {"label_encoding", "output_units"},
    "loss_mismatch_bce_vs_softmax2": {"label_encoding", "sigmoid_multiclass"},
    "loss_mismatch_bce_multiclass": {"sigmoid_multiclass", "targets_outside_loss"},
    "loss_mismatch_cce_single_unit": {"softmax_single_unit", "output_units"},
    "loss_mismatch_mse_classification": {"loss_for_numbers"},
    "loss_mismatch_regression_loss_classification": {"loss_for_numbers", "label_encoding"},
    "output_units_mismatch": {"output_units", "targets_outside_loss", "label_encoding"},
    "lr_too_high": {"rate_too_high"},
    "exploding_gradient": {"rate_too_high", "scaled_targets", "unscaled_inputs"},
    "lr_too_low": {"rate_too_low", "too_few_updates"},
    "too_few_epochs": {"too_few_updates", "rate_too_low"},
    "too_few_steps": {"too_few_updates", "rate_too_low"},
    "batch_too_large": {"too_few_updates"},
    "model_never_trained": {"too_few_updates"},
    "optimizer_choice": {"rate_too_low", "too_few_updates"},
    "target_unscaled": {"scaled_targets"},
    "init_too_small": {"start_scale"},
    "init_too_large": {"start_scale"},
    "saturating_hidden_stack": {"vanishing_start"},
    "missing_hidden_activation": {"no_nonlinearity"},
    "over_regularised": {"over_regularized"},
    "capacity_too_low": {"narrow_layer"},
    "bottleneck": {"narrow_layer"},
    "dead_relu_risk": {"dead_start", "narrow_layer"},
    "loss_sum_reduction": {"sum_reduction"},
    "metric_mismatch_threshold_on_logit": {"scores_threshold"},
    "metric_mismatch": {"scores_threshold"},
    "overparameterised": {"too_many_parameters"},
    "small_data": {"too_many_parameters"},
    "missing_dropout": {"overfitting"},
    "predict_returns_logits": {"missing_output_activation"},
    "loss_mismatch_bce_regression": {"targets_outside_loss"},
    "loss_mismatch_cce_regression": {"targets_outside_loss", "label_encoding"},
    "vanishing_gradient": {"vanishing_start", "vanishing_gradients"},
    "zero_init": {"symmetric_start"},
    "constant_init": {"symmetric_start"},
    "double_softmax": {"softmax_twice"},
    "dropout_on_logits": {"dropout_on_output"},
    "batchnorm_momentum": {"train_use_mismatch"},
    "label_shape_broadcast": {"targets_broadcast"},
}
"""Fault of a case file -> names of our rules that name the same cause; one that is missing means its own name."""
AT_THE_END = {
    "softmax_single_unit", "sigmoid_multiclass", "relu_output", "relu_on_logits", "bounded_output_unbounded_target",
    "loss_mismatch_bce_multiclass", "loss_mismatch_bce_vs_softmax2", "loss_mismatch_cce_single_unit",
    "loss_mismatch_mse_classification", "loss_mismatch_regression_loss_classification",
}  # fmt: skip
CLOSED = 0.8
SAME = 0.95  # of the seeds: one of twenty may differ
TOP = 3


@dataclass(frozen=True)
class Told:
    """One thing that was said.

    Args:
        fault: By the name of whoever says it.
        severity: "error", "warning" or "hint".
        stage: "A" before anything ran, "B" at the start, "C" in a probe, "D" while training ran.
        seconds: Until it was said.
    """

    fault: str
    severity: str = "error"
    stage: str = "A"
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What was said of one case.

    Args:
        id: Of the case.
        kind: "faulty", "healthy" or "fixed".
        labels: Its faults, the first one first; empty for a healthy one.
        told: For each seed what was said, the gravest first.
        seconds: For each seed until the verdict.
        buggy: Mean score of the faulty program.
        fixed: Mean score of the repaired one.
        repaired: Mean score of the program with the remedy that was said; None where none could be applied.
    """

    id: str
    kind: str
    labels: tuple[str, ...]
    told: tuple[tuple[Told, ...], ...]
    seconds: tuple[float, ...]
    buggy: float | None = None
    fixed: float | None = None
    repaired: float | None = None

    def to_plain(self) -> dict[str, Any]:
        told = [[vars(one) for one in seed] for seed in self.told]
        return {**vars(self), "labels": list(self.labels), "told": told, "seconds": list(self.seconds)}

    @staticmethod
    def of_plain(plain: Mapping[str, Any]) -> Outcome:
        told = tuple(tuple(Told(**one) for one in seed) for seed in plain["told"])
        lists = {
            "labels": tuple(plain["labels"]),
            "told": told,
            "seconds": tuple(map(float, plain["seconds"])),
        }
        return Outcome(**{**plain, **lists})


@dataclass(frozen=True)
class Score:
    """The numbers of one who gives verdicts; a share is None where nothing could be counted.

    Args:
        cases: Faulty ones.
        first: Share whose first fault is said first.
        any_first: Share of which one of its faults is said first.
        top: Share whose first fault is among the first three said.
        false_errors: Share of healthy and repaired programs of which an error is said.
        false_of: That share by kind.
        precision: Share of the errors said, of all programs, that name a fault of the case.
        repaired: Share of faulty cases whose remedy closes at least 80% of the gap.
        same: Share of the seeds that give the verdict that most seeds of a program give.
        agreement: Share of programs of which at least 95% of the seeds give the same verdict.
        stages: How many right first findings came in each stage.
        seconds: Median time to a verdict.
    """

    cases: int
    first: float | None
    any_first: float | None
    top: float | None
    false_errors: float | None
    false_of: Mapping[str, float | None]
    precision: float | None
    repaired: float | None
    same: float | None
    agreement: float | None
    stages: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None


def names_of(fault: str) -> set[str]:
    """Return every name for a fault of a case file.

    Example:
        >>> sorted(names_of("lr_too_high"))
        ['lr_too_high', 'rate_too_high']
    """
    said = {"output_loss_mismatch"} if fault in AT_THE_END else set()  # as the baselines call all of these
    return CAUSES.get(fault, set()) | said | {fault}


def score(outcomes: Sequence[Outcome]) -> Score:
    """Return the numbers of what was said; each seed of a case counts by its share."""
    faulty = [one for one in outcomes if one.kind == "faulty"]
    others = {kind: [one for one in outcomes if one.kind == kind] for kind in ("healthy", "fixed")}
    clean = [one for some in others.values() for one in some]
    firsts = [told[0] for one in faulty for told in one.told if told and _primary(one, told[0])]
    every = [seconds for one in outcomes for seconds in one.seconds]
    return Score(
        cases=len(faulty),
        first=_share(faulty, lambda one, told: bool(told) and _primary(one, told[0])),
        any_first=_share(faulty, lambda one, told: bool(told) and _labelled(one, told[0])),
        top=_share(faulty, lambda one, told: any(_primary(one, each) for each in told[:TOP])),
        false_errors=_share(clean, _alarmed),
        false_of={kind: _share(some, _alarmed) for kind, some in others.items()},
        precision=_precision(outcomes),
        repaired=_mean(_closed(one) for one in faulty if one.fixed is not None),
        same=_mean(map(_alike, outcomes)),
        agreement=_mean(float(_alike(one) >= SAME) for one in outcomes),
        stages=dict(sorted(Counter(told.stage for told in firsts).items())),
        seconds=float(np.median(every)) if every else None,
    )


def _primary(outcome: Outcome, told: Told) -> bool:
    return bool(outcome.labels) and told.fault in names_of(outcome.labels[0])


def _labelled(outcome: Outcome, told: Told) -> bool:
    return any(told.fault in names_of(label) for label in outcome.labels)


def _alarmed(outcome: Outcome, told: Sequence[Told]) -> bool:
    return any(one.severity == "error" for one in told)


def _alike(outcome: Outcome) -> float:
    """Return the share of the seeds that give the verdict of most of them.

    A verdict is what is told first as a warning or an error, or that all is well: a hint accuses nobody.
    """
    grave = ([one.fault for one in told if one.severity != "hint"] for told in outcome.told)
    said = Counter(faults[0] if faults else "" for faults in grave)
    return max(said.values()) / len(outcome.told)


def _precision(outcomes: Sequence[Outcome]) -> float | None:
    said = [
        _labelled(one, each)
        for one in outcomes
        for told in one.told
        for each in told
        if each.severity == "error"
    ]
    return _mean(map(float, said))


def _closed(outcome: Outcome) -> float:
    """Return 1 where the remedy closes the gap. Where there is none, that is for the pairs to say."""
    if outcome.repaired is None or outcome.buggy is None or outcome.fixed is None:
        return 0.0
    gap = outcome.fixed - outcome.buggy
    return float(gap > 0 and outcome.repaired - outcome.buggy >= CLOSED * gap)


def _share(outcomes: Iterable[Outcome], right: Callable[[Outcome, Sequence[Told]], bool]) -> float | None:
    return _mean(float(np.mean([right(one, told) for told in one.told])) for one in outcomes if one.told)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(np.mean(found)) if found else None


ROWS: tuple[tuple[str, str], ...] = (
    ("faulty cases", "cases"),
    ("right cause first", "first"),
    ("one of the causes first", "any_first"),
    ("right cause in the first three", "top"),
    ("healthy or repaired with a false error", "false_errors"),
    ("precision of errors", "precision"),
    ("repaired (80% of the gap)", "repaired"),
    ("seeds that give the same verdict", "same"),
    ("programs with it by 95% of the seeds", "agreement"),
    ("seconds to verdict (median)", "seconds"),
)


def as_table(scores: Mapping[str, Score]) -> str:
    """Return the numbers of several who give verdicts side by side."""
    names = list(scores)
    wide = max(len(label) for label, _ in ROWS)
    lines = [" " * wide + "".join(f"{name:>15}" for name in names)]
    for label, entry in ROWS:
        lines.append(
            f"{label:<{wide}}" + "".join(f"{_cell(getattr(scores[name], entry)):>15}" for name in names)
        )
    for kind in ("healthy", "fixed"):
        found = "".join(f"{_cell(scores[name].false_of.get(kind)):>15}" for name in names)
        lines.append(f"{'  false errors: ' + kind:<{wide}}" + found)
    stages = "".join(
        f"{'/'.join(f'{k}{v}' for k, v in scores[name].stages.items()) or '-':>15}" for name in names
    )
    return "\n".join([*lines, f"{'stages of right first findings':<{wide}}{stages}"])


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
