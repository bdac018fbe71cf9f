"""Programs of cases: the faulty one as it was written, the repaired one, the healthy one.

Comes in: a case. Goes out: :class:`~leadline.program.program.Program` values with the same rows to judge by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import leadline as ll
from benchmarks.faults.cases import Case, CaseError
from benchmarks.faults.losses import LossOf, loss_of
from benchmarks.faults.networks import network_of
from benchmarks.faults.repairs import repaired
from benchmarks.faults.rows import Pair, Rows, rows_of
from leadline.core.text import did_you_mean
from leadline.program.prepared import prepare_inputs
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.training.optimizers import Optimizer

EPSILON = 1e-7  # of Keras' optimizers
OPTIMIZERS = ("sgd", "adam", "nadam", "adamax", "rmsprop", "adagrad", "adadelta")
DEFAULT_RATE = {"sgd": 0.01}


@dataclass(frozen=True)
class PairOf:
    """The programs of a faulty case.

    Args:
        buggy: As it was written.
        fixed: Repaired; None where nobody knows how.
        source: Of the repair: "written", "derived" or "".
        stand_in: What was taken in place of something that is not here.
    """

    buggy: Program
    fixed: Program | None
    source: str
    stand_in: str = ""


def pair_of(case: Case, seed: int = 0) -> PairOf:
    """Return the faulty program and its repaired form."""
    stand_in = rows_of(case).stand_in
    buggy = program_of(case, seed)
    plain, source = repaired(case)
    fixed = program_of(Case("fixed", plain), seed) if source else None
    return PairOf(buggy, fixed, source, stand_in)


def program_of(case: Case, seed: int = 0) -> Program:
    """Return the program of a case as it stands; a repaired one gets targets in the form its loss asks for."""
    plain = case.plain
    rows = rows_of(case, 0, str(plain.get("data") or ""))
    ends_with, units = last_of(case.network)
    found = loss_of(str(plain["loss"]), ends_with, units)
    ops = [*case.network, {"op": "activation", "act": found.applies}] if found.applies else case.network
    inputs, targets, held = prepared(rows, str(plain.get("preprocess") or ""))
    if case.kind != "faulty":
        targets, held = _suited(targets, held, found.loss, units, case.problem)
    begin, bias_value = _start(case.hint)
    return Program(
        network_of(ops, inputs.shape[1:], begin, bias_value),
        inputs,
        targets,
        found.loss,
        optimizer_of(plain),
        epochs=10 if plain.get("epochs") is None else int(plain["epochs"]),
        batch_size=int(plain.get("batch") or 32),
        l2=l2_of(case),
        seed=seed,
        held_out=held,
        problem=case.problem,
        threshold=_threshold(case, found),
    )


def last_of(network: Any) -> tuple[str, int]:
    """Return the activation the network ends with, and its units."""
    act, units = "linear", 0
    for op in network:
        if op["op"] in ("dense", "conv2d", "conv1d"):
            act, units = op.get("act") or "linear", op.get("units", op.get("filters", 0))
        elif op["op"] == "activation":
            act = op["act"]
    return act, int(units)


def optimizer_of(plain: Mapping[str, Any]) -> Optimizer:
    """Return the optimizer with Keras' defaults."""
    name, _, settings = str(plain.get("optimizer") or "sgd").lower().partition("(")
    if name not in OPTIMIZERS:
        raise CaseError.at("optimizer", "one that is known", repr(name), did_you_mean(name, OPTIMIZERS))
    given = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.e-]+)", settings)}
    rate = plain.get("lr")
    rate = DEFAULT_RATE.get(name, 0.001) if rate is None else float(rate)
    if name == "sgd":
        return ll.sgd(rate, momentum=float(plain.get("momentum") or 0.0))
    if name == "rmsprop":
        return ll.rmsprop(rate, eps=EPSILON)
    if name in ("adagrad", "adadelta"):
        return ll.adagrad(rate, eps=EPSILON)
    return ll.adam(rate, given.get("beta1", 0.9), given.get("beta2", 0.999), EPSILON)


def l2_of(case: Case) -> float:
    """Return the weight of the L2 penalty, as the entries or the words beside them have it."""
    plain = case.plain
    if "l2" in plain:
        return float(plain["l2"])
    repair = " ".join(str(plain.get(name) or "") for name in ("fix",))
    if case.kind == "fixed" and re.search(r"drop l2", repair):
        return 0.0
    said = re.search(r"\bl2(?:\(| )(\d*\.?\d+(?:e-?\d+)?)", case.hint)
    return float(said[1]) if said else 0.0


def _start(hint: str) -> tuple[str, float]:
    """Return what kernels and biases begin with, where the words beside a case say so."""
    kernels = re.search(r"init (truncated_normal|normal|uniform)\((\d*\.?\d+)\)", hint)
    biases = re.search(r"bias (\d*\.?\d+)", hint)
    return f"{kernels[1]}({kernels[2]})" if kernels else "", float(biases[1]) if biases else 0.0


def _threshold(case: Case, found: LossOf) -> float | None:
    if case.kind != "faulty" or "metric_mismatch_threshold_on_logit" not in case.faults:
        return None
    return 0.5 if found.loss.reads == "scores" else None


def prepared(rows: Rows, how: str) -> tuple[np.ndarray, np.ndarray, Pair | None]:
    """Return the rows with what a repair does to them: "x/255", "standardize", "scale y", "standardize x,y"."""
    inputs, targets, held = rows.inputs, rows.targets, rows.held_out
    way = "divided by 255" if "x/255" in how else "standardized" if "standard" in how else ""
    if way:
        inputs, others = prepare_inputs(inputs, way, None if held is None else held[0])
        held = None if held is None or others is None else (others, held[1])
    if re.search(r"scale y|standardi[sz]e (x,)?y", how):
        mean, spread = targets.mean(axis=0), targets.std(axis=0)
        targets = (targets - mean) / spread
        held = None if held is None else (held[0], (held[1] - mean) / spread)
    return inputs, targets, held


def _suited(
    targets: np.ndarray, held: Pair | None, loss: Written, units: int, problem: str
) -> tuple[np.ndarray, Pair | None]:
    """Return targets in the form that the loss of a repaired program asks for."""
    wide = targets.ndim > 1 and targets.shape[1] > 1
    if problem != "classification" or (loss.reads == "numbers" and not wide):
        return targets, held
    codes = loss.labels == "codes" or units == 1
    if wide == (not codes):
        return targets, held
    every = targets if held is None else np.concatenate([targets, held[1]])
    values = np.unique(every) if not wide else np.arange(targets.shape[1])

    def told(one: np.ndarray) -> np.ndarray:
        found = one.argmax(axis=1) if wide else np.searchsorted(values, one.reshape(len(one)))
        if codes:
            return np.asarray(found, np.float32)
        return np.eye(max(units, len(values)), dtype=np.float32)[found]

    return told(targets), None if held is None else (held[0], told(held[1]))
