"""Programs as somebody wrote them, right and wrong, for the tests of the rules that read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris

from leadline.diagnosis import diagnose
from leadline.nn import Dense, Dropout, Sequential, relu, sigmoid, softmax
from leadline.program.examine import examine
from leadline.program.facts import written_run
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.record.finding import Finding

ROWS = 60
random = np.random.default_rng(0)
X = random.normal(size=(ROWS, 5)).astype(np.float32)
CODES = np.arange(ROWS) % 3
YES = np.arange(ROWS) % 2
NUMBERS = random.normal(size=ROWS)
ONE_HOT = np.eye(3)[CODES]
MSE = Written("mse")
BINARY = Written("binary_cross_entropy", "probabilities", "columns")
BINARY_OF_SCORES = Written("binary_cross_entropy", "scores", "columns")
SPARSE = Written("cross_entropy", "probabilities", "codes")
SPARSE_OF_SCORES = Written("cross_entropy", "scores", "codes")
CATEGORICAL = Written("cross_entropy", "probabilities", "columns")


def program(*end: object, targets: np.ndarray = YES, loss: Written = BINARY, **choices: object) -> Program:
    """Return a program of one hidden layer and an end."""
    network = Sequential([Dense(8, relu), *end])
    return Program(network, choices.pop("inputs", X), targets, loss, **{"epochs": 400, **choices})


def found(fault: str, given: Program) -> Finding | None:
    findings = {one.fault: one for one in diagnose(written_run(given), strict=True)}
    return findings.get(fault)


def faults(given: Program) -> set[str]:
    return {one.fault for one in diagnose(written_run(given), strict=True) if one.severity != "hint"}


def real(load: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    x, y = load(return_X_y=True)
    spread = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32), y


IRIS, DIGITS, CANCER, DIABETES = map(real, (load_iris, load_digits, load_breast_cancer, load_diabetes))


def on(
    data: tuple[np.ndarray, np.ndarray],
    *end: object,
    loss: Written,
    targets: np.ndarray | None = None,
    **choices: object,
) -> Program:
    return program(
        *end,
        inputs=data[0],
        targets=data[1] if targets is None else targets,
        loss=loss,
        **{"epochs": 40, **choices},
    )


def told(fault: str, sick: Program, clean: Program, stages: str = "A") -> Finding:
    """Return the finding on real data; the clean program shows nothing but hints."""
    looked = examine(clean, diagnose, stages=stages, seeds=(0, 1, 2))
    assert not looked.words
    assert not [one.fault for one in looked.findings if one.severity != "hint"], looked
    looked = examine(sick, diagnose, stages=stages, seeds=(0, 1, 2))
    assert not looked.words
    return looked.findings[fault]


def clean_binary() -> Program:
    return on(CANCER, Dense(1, sigmoid), loss=BINARY)


def clean_classes() -> Program:
    return on(IRIS, Dense(3, softmax), loss=SPARSE)


def clean_numbers() -> Program:
    y = (DIABETES[1] - DIABETES[1].mean()) / DIABETES[1].std()
    return on(DIABETES, Dense(1), loss=MSE, targets=y)


LEFT = Written("mse", expands=False)


def beyond(share: float) -> np.ndarray:
    """Return 1,000 targets in [0, 1], but for a share above."""
    targets = random.uniform(0.0, 0.99, size=1000)
    targets[: round(share * 1000)] = 1.5
    return targets


def of_numbers(activation: object, targets: np.ndarray, loss: Written = MSE) -> Program:
    return program(Dense(1, activation), inputs=np.resize(X, (len(targets), 5)), targets=targets, loss=loss)


def sized(size: float) -> np.ndarray:
    targets = random.normal(size=ROWS)
    return size * targets / np.sqrt(np.mean(targets**2))


SUM = Written("mse", reduction="sum")


def hidden(activation: object) -> tuple[Dense, ...]:
    return (Dense(16, activation), Dense(3, softmax))


OVER_ROWS = Written("cross_entropy", "scores", "codes", axis="rows")


def parts(times: float) -> Program:
    return program(Dense(1, sigmoid), held_out=(times * random.permuted(X, axis=0), YES))


SICK = {
    "targets_outside_loss": program(Dense(1, sigmoid), targets=CODES),
    "label_encoding": program(Dense(3, softmax), targets=CODES, loss=CATEGORICAL),
    "targets_broadcast": program(Dense(1), targets=NUMBERS, loss=LEFT),
    "output_units": program(Dense(4, softmax), targets=ONE_HOT, loss=CATEGORICAL),
    "softmax_single_unit": program(Dense(1, softmax)),
    "bounded_output": program(Dense(1, sigmoid), targets=sized(50.0), loss=MSE),
    "rectified_output": program(Dense(1, relu)),
    "sigmoid_multiclass": program(Dense(3, sigmoid), targets=ONE_HOT, loss=CATEGORICAL),
    "missing_output_activation": program(Dense(1)),
    "loss_for_numbers": program(Dense(1, sigmoid), loss=Written("mae")),
    "scaled_targets": program(Dense(1), targets=sized(50.0), loss=MSE),
    "sum_reduction": program(Dense(1), targets=NUMBERS, loss=SUM),
    "unstable_log": program(Dense(1, sigmoid), loss=replace(BINARY, clip=0.0)),
    "hidden_softmax": program(Dense(8, softmax), Dense(1, sigmoid)),
    "dropout_on_output": program(Dense(1, sigmoid), Dropout(0.2)),
    "scores_threshold": program(Dense(1), loss=BINARY_OF_SCORES, threshold=0.5),
    "softmax_over_rows": program(Dense(3), targets=CODES, loss=OVER_ROWS),
    "too_few_updates": program(Dense(1, sigmoid), epochs=3),
}  # fmt: skip
TARGETS = {
    "codes": CODES,
    "codes from 1": CODES + 1,
    "yes or no": YES,
    "yes or no in a column": YES[:, None],
    "-1 and 1": 2 * YES - 1,
    "one-hot": ONE_HOT,
    "labels": (random.random((ROWS, 3)) > 0.5).astype(int),
    "numbers": NUMBERS,
    "large numbers": 100 + 40 * NUMBERS,
    "shares": random.random(ROWS),
    "three shares": random.dirichlet(np.ones(3), ROWS),
    "three numbers": random.normal(size=(ROWS, 3)),
}


@st.composite
def losses(draw: st.DrawFn) -> Written:
    name = draw(st.sampled_from(["mse", "mae", "binary_cross_entropy", "cross_entropy", "kl_divergence"]))
    of_numbers = name in ("mse", "mae")
    reads = "numbers" if of_numbers else draw(st.sampled_from(["probabilities", "scores"]))
    labels = "numbers" if of_numbers else "columns"
    if name == "cross_entropy":
        labels = draw(st.sampled_from(["columns", "codes"]))
    return Written(
        name, reads, labels, clip=draw(st.sampled_from([0.0, 1e-7])), normalizes=draw(st.booleans()),
        expands=draw(st.booleans()), axis=draw(st.sampled_from(["classes", "rows"])),
    )  # fmt: skip
