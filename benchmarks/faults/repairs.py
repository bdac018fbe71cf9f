"""The repaired form of a case: what its file changes, or, where nobody wrote that down, what its faults ask for.

Comes in: a case. Goes out: its entries with the changes in them, and whose changes they are: "written", "derived", or
"" where there is nothing to repair.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from benchmarks.faults.cases import Case
from benchmarks.faults.layer_text import parse_layers

Plain = dict[str, Any]
ENOUGH_UPDATES = 1_000


def repaired(case: Case) -> tuple[Plain, str]:
    """Return the entries of the repaired form, and who says so."""
    plain: Plain = {**case.plain, "network": [dict(op) for op in case.network], "repaired": True}
    if case.overrides:
        changes = dict(case.overrides)
        if "layers" in changes:
            changes["network"] = parse_layers(changes.pop("layers"))
        if "optimizer" in changes and "lr" not in changes:
            changes["lr"] = None  # the default of the other optimizer
        return {**plain, **changes}, "written"
    done = [fault for fault in case.faults if fault in BY_FAULT]
    for fault in done:
        BY_FAULT[fault](plain)
    return plain, "derived" if done else ""


def _last(plain: Plain) -> Plain:
    """Return the last layer with an activation."""
    return next(op for op in reversed(plain["network"]) if op["op"] in ("dense", "activation"))


def _is_regression(plain: Plain) -> bool:
    return "regression" in str(plain.get("task", "")).lower()


def _answers(plain: Plain) -> None:
    """Let the output and the loss be those of the task."""
    last = _last(plain)
    if _is_regression(plain):
        last["act"] = "linear"
        return
    several = last.get("units", 2) > 1
    last["act"] = "softmax" if several else "sigmoid"
    plain["loss"] = "categorical_crossentropy" if several else "binary_crossentropy"


def _scores(plain: Plain) -> None:
    last = _last(plain)
    last["act"] = "linear"
    plain["loss"] = "softmax_cross_entropy" if last.get("units", 2) > 1 else "sigmoid_cross_entropy"


def _logits(plain: Plain) -> None:
    _last(plain)["act"] = "linear"


def _units(plain: Plain) -> None:
    data = plain["dataset"]
    several = 1 if int(data.get("classes", 2)) == 2 else int(data["classes"])
    _last(plain)["units"] = int(data.get("targets", 1)) if _is_regression(plain) else several
    _last(plain).pop("init", None)


def _scaled_inputs(plain: Plain) -> None:
    if "lr" in plain.get("changed", ()) and " or " in str(plain.get("fix")):
        return  # one of the two is enough, and with both nothing is left to fit
    images = plain["dataset"].get("kind") in ("mnist", "fashion_mnist", "cifar10")
    _also(plain, "x/255" if images else "standardize x")


def _scaled_targets(plain: Plain) -> None:
    _also(plain, "scale y")


def _also(plain: Plain, words: str) -> None:
    plain["preprocess"] = f"{plain.get('preprocess') or ''} {words}".strip()


def _rate(factor: float) -> Callable[[Plain], None]:
    def change(plain: Plain) -> None:
        if "sum_reduction" in str(plain.get("faults")):
            return  # the mean makes it smaller
        said = re.search(r"lr\s+(\d*\.?\d+(?:e-?\d+)?)", str(plain.get("fix")))
        plain["lr"] = float(said[1]) if said else (plain.get("lr") or 0.001) * factor
        plain["changed"] = (*plain.get("changed", ()), "lr")

    return change


def _longer(plain: Plain) -> None:
    rows = int(plain["dataset"].get("n") or 1_000)
    steps = math.ceil(rows / min(rows, plain.get("batch") or 32))
    plain["epochs"] = max(10 * (plain.get("epochs") or 1), math.ceil(ENOUGH_UPDATES / steps))


def _usual_start(plain: Plain) -> None:
    for op in plain["network"]:
        op.pop("init", None)
        op.pop("bias", None)


def _hidden_relu(plain: Plain) -> None:
    last = _last(plain)
    for op in plain["network"]:
        if op is not last and op.get("act") in ("linear", "sigmoid", "tanh"):
            op["act"] = "relu"


def _wider(plain: Plain) -> None:
    """Take the layers that the words of the repair name (24-120-36), or make the hidden ones 16 times as wide."""
    said = re.search(r"\((\d+(?:-\d+)+)\)", str(plain.get("fix")))
    last = _last(plain)
    if said:
        hidden = [{"op": "dense", "units": int(units), "act": "relu"} for units in said[1].split("-")]
        plain["network"] = [*hidden, last]
        return
    for op in plain["network"]:
        if op["op"] == "dense" and op is not last:
            op.update(units=16 * op["units"], act="relu")


def _batch(plain: Plain) -> None:
    plain["batch"] = 32


def _adam(plain: Plain) -> None:
    plain.update(optimizer="adam", lr=None)


def _without_threshold(plain: Plain) -> None:
    plain["threshold"] = None


def _without_dropout(plain: Plain) -> None:
    plain["network"] = [op for op in plain["network"] if op["op"] != "dropout"]
    plain["l2"] = 0.0


BY_FAULT: dict[str, Callable[[Plain], None]] = {
    "softmax_single_unit": _answers,
    "sigmoid_multiclass": _answers,
    "relu_output": _answers,
    "missing_output_activation": _answers,
    "bounded_output_unbounded_target": _answers,
    "loss_mismatch_mse_classification": _answers,
    "loss_mismatch_bce_multiclass": _answers,
    "relu_on_logits": _logits,
    "loss_unstable_log": _scores,
    "loss_unstable_log_of_softmax": _scores,
    "loss_sum_reduction": _scores,
    "output_units_mismatch": _units,
    "input_unnormalized": _scaled_inputs,
    "target_unscaled": _scaled_targets,
    "lr_too_low": _rate(10.0),
    "lr_too_high": _rate(0.1),
    "too_few_epochs": _longer,
    "too_few_steps": _longer,
    "init_too_large": _usual_start,
    "init_too_small": _usual_start,
    "missing_hidden_activation": _hidden_relu,
    "saturating_hidden_stack": _hidden_relu,
    "capacity_too_low": _wider,
    "batch_size_one": _batch,
    "batch_too_large": _batch,
    "optimizer_choice": _adam,
    "metric_mismatch_threshold_on_logit": _without_threshold,
    "over_regularised": _without_dropout,
}
