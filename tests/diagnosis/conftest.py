"""A healthy run with realistic numbers, on which each test plants one fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from leadline.diagnosis.chance import wilson
from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Score
from leadline.record.run import Run

Plant = Callable[..., Run]

EPOCHS = 20
LAYERS = [
    {"kind": "flatten"},
    {"kind": "dense", "units": 64, "activation": "relu"},
    {"kind": "dense", "units": 10},
]


def score(hits: float, rows: int, name: str = "accuracy") -> Score:
    return Score(name, hits / rows, *wilson(hits, rows))


def evaluation(right: float = 263, rows: int = 270, majority: float = 28, linear: float = 256) -> Evaluation:
    """Ten classes of 27 rows; ``right`` of all rows are right."""
    each = rows // 10
    per_class = [
        ClassScore(str(c), each, score(right / 10, each, "recall"), right / rows, right / rows)
        for c in range(10)
    ]
    baselines = (
        Baseline("majority", "always the most frequent class", (score(majority, rows),)),
        Baseline("linear", "logistic regression", (score(linear, rows),)),
    )
    return Evaluation("test", "classification", rows, (score(right, rows),), baselines, tuple(per_class))


def healthy_values() -> dict[str, Any]:
    """What training an MLP on digits writes."""
    at = np.arange(EPOCHS)
    wobble = 0.002 * np.where(at % 2, 1, -1)
    return {
        "recipe": {
            "seed": 0,
            "data": {"source": "digits"},
            "training": {"loss": "", "epochs": EPOCHS, "early_stopping": True, "class_weights": "none"},
            "optimizer": {"name": "adam", "learning_rate": 1e-3},
            "network": {"kind": "sequential", "layers": LAYERS},
        },
        "data.name": "digits",
        "data.kind": "image",
        "data.problem": "classification",
        "data.target": "digit",
        "data.rows.train": 1257,
        "data.rows.validation": 270,
        "data.rows.test": 270,
        "data.excluded": {},
        "data.input.shape": [8, 8, 1],
        "data.features": [],
        "data.classes": [str(c) for c in range(10)],
        "data.class_count.train": np.array([124, 128, 124, 128, 127, 127, 127, 125, 122, 125]),
        "data.class_count.validation": np.full(10, 27),
        "data.class_count.test": np.full(10, 27),
        "data.input.mean": np.array([0.0]),
        "data.input.spread": np.array([1.0]),
        "data.input.low": np.array([-0.81]),
        "data.input.high": np.array([1.84]),
        "data.input.not_finite": 0,
        "data.raw.not_finite": {},
        "data.target.not_finite": 0,
        "data.target.outside": 0,
        "data.shared.train_validation": 0,
        "data.shared.train_test": 0,
        "data.shared.expected": 0,
        "network.layers": ["0.flatten", "1.dense", "2.dense"],
        "network.kinds": ["flatten", "dense", "dense"],
        "network.activations": ["linear", "relu", "linear"],
        "network.shapes": ["64", "64", "10"],
        "network.parameters": np.array([0, 4160, 650]),
        "network.parameters.total": 4810,
        "network.output_activation": "linear",
        "network.outputs": 10,
        "network.nonlinear": 1,
        "network.weight_layers": 2,
        "task.kind": "one_of_many",
        "task.loss": "cross_entropy",
        "task.loss.usual": "cross_entropy",
        "task.link": "softmax",
        "task.first_loss": float(np.log(10)),
        "start.loss": 2.61,
        "start.rows": 32,
        "curve.loss.train": 0.03 + 2.0 * np.exp(-at / 2.5),
        "curve.loss.validation": 0.10 + 1.6 * np.exp(-at / 2.5) + wobble,
        "curve.score.validation": 0.97 - 0.4 * np.exp(-at / 2),
        "curve.learning_rate": np.full(EPOCHS, 1e-3),
        "stop.reason": "epochs",
        "stop.best_epoch": 20,
        "stop.not_finite_step": 0,
        "sounding.gradient.norm": np.tile([np.nan, 0.05, 0.04], (EPOCHS, 1)),
        "sounding.update.ratio": np.tile([np.nan, 1e-3, 2e-3], (EPOCHS, 1)),
    }


def table_values() -> dict[str, Any]:
    """What changes where a table such as titanic is learned."""
    return {
        "data.name": "titanic",
        "data.kind": "table",
        "data.target": "survived",
        "data.rows.train": 623,
        "data.rows.validation": 134,
        "data.rows.test": 134,
        "data.input.shape": [4],
        "data.features": ["age", "fare", "sex=female", "sex=male"],
        "data.columns": ["age", "fare", "sex", "alive"],
        "data.columns.distinct": np.array([80, 220, 2, 2]),
        "data.columns.constant": [],
        "data.classes": ["0", "1"],
        "data.class_count.train": np.array([384, 239]),
        "data.class_count.validation": np.array([83, 51]),
        "data.class_count.test": np.array([82, 52]),
        "data.input.mean": np.array([0.0, 0.0, 0.35, 0.65]),
        "data.input.spread": np.array([1.0, 1.0, 0.48, 0.48]),
        "data.input.low": np.array([-2.2, -0.6, 0.0, 0.0]),
        "data.input.high": np.array([3.9, 9.6, 1.0, 1.0]),
        "data.alone.score": np.array([0.03, 0.1, 0.45, 0.0]),
        "data.alone.rows": 757,
        "network.outputs": 1,
        "task.kind": "binary",
        "task.loss": "binary_cross_entropy",
        "task.loss.usual": "binary_cross_entropy",
        "task.link": "sigmoid",
        "task.first_loss": float(np.log(2)),
        "start.loss": 0.74,
        "curve.loss.train": 0.40 + 0.3 * np.exp(-np.arange(EPOCHS) / 3),
        "curve.loss.validation": 0.44 + 0.25 * np.exp(-np.arange(EPOCHS) / 3),
        "curve.score.validation": 0.80 - 0.15 * np.exp(-np.arange(EPOCHS) / 3),
    }


def regression_values() -> dict[str, Any]:
    """What changes where numbers such as house prices are learned."""
    return {
        "data.name": "california",
        "data.problem": "regression",
        "data.target": "median_house_value",
        "data.classes": None,
        "data.class_count.train": None,
        "data.class_count.validation": None,
        "data.class_count.test": None,
        "data.target.outside": None,
        "data.rows.train": 14448,
        "data.rows.validation": 3096,
        "data.rows.test": 3096,
        "data.target.quantiles": np.linspace(-1.66, 2.53, 101),
        "network.outputs": 1,
        "task.kind": "regression",
        "task.loss": "mse",
        "task.loss.usual": "mse",
        "task.link": "identity",
        "task.first_loss": None,
        "start.loss": 1.9,
        "curve.loss.train": 0.2 + 0.5 * np.exp(-np.arange(EPOCHS) / 3),
        "curve.loss.validation": 0.21 + 0.45 * np.exp(-np.arange(EPOCHS) / 3),
        "curve.score.validation": 0.79 - 0.45 * np.exp(-np.arange(EPOCHS) / 3),
    }


def _run(values: Mapping[str, Any], judged: Evaluation | None) -> Run:
    known = {name: value for name, value in values.items() if value is not None}
    return Run(known, {} if judged is None else {judged.part: judged})


@pytest.fixture
def digits() -> Plant:
    """Return a maker of healthy digits runs; what is given replaces values (None takes one away)."""

    def make(changes: Mapping[str, Any] | None = None, judged: Evaluation | None = None) -> Run:
        return _run({**healthy_values(), **(changes or {})}, judged or evaluation())

    return make


@pytest.fixture
def titanic() -> Plant:
    """Return a maker of healthy runs on a table with two classes."""

    def make(changes: Mapping[str, Any] | None = None, judged: Evaluation | None = None) -> Run:
        return _run({**healthy_values(), **table_values(), **(changes or {})}, judged)

    return make


@pytest.fixture
def california() -> Plant:
    """Return a maker of healthy regression runs."""

    def make(changes: Mapping[str, Any] | None = None, judged: Evaluation | None = None) -> Run:
        return _run({**healthy_values(), **regression_values(), **(changes or {})}, judged)

    return make


@pytest.fixture
def judged() -> Callable[..., Evaluation]:
    """Return the maker of evaluations."""
    return evaluation
