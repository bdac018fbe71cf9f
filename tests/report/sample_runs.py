"""Runs as trainings write them: a page has something to show without any training."""

from __future__ import annotations

import numpy as np
from sample_pieces import curves, digit, judged, layers, soundings, wilson

from leadline.record.evaluation import Baseline, Evaluation, Example, Score
from leadline.record.finding import Finding, Findings, Picture, Proof, Remedy
from leadline.record.run import Look, Run

EVIL = '<script>document.title = "stolen"</script>'
NAN = float("nan")

RECIPE = {
    "leadline": 1,
    "seed": 0,
    "data": {"source": "digits", "test": 0.2, "validation": 0.16},
    "training": {
        "loss": "cross_entropy",
        "epochs": 30,
        "batch_size": 32,
        "early_stopping": True,
        "patience": 10,
    },
    "optimizer": {"name": "adam", "learning_rate": 1e-3, "schedule": {"name": "cosine", "warmup": 0}},
    "network": {
        "kind": "sequential",
        "layers": [{"kind": "dense", "units": 64, "activation": "relu"}, {"kind": "dense", "units": 10}],
    },
}
MADE = {
    "recipe": RECIPE,
    "versions": {"leadline": "0.1.0", "python": "3.11.2", "jax": "0.10.2", "numpy": "2.4.6"},
    "machine": "Intel Xeon, 2 cores, CPU only",
    "started": "2026-03-09T14:05:11+00:00",
    "seconds.total": 2.84,
    "seconds.compile": 0.92,
}
DIGITS = {
    "data.name": "digits",
    "data.kind": "image",
    "data.problem": "classification",
    "data.target": "digit",
    "data.announcements": ("Pixels are divided by 16.", "Ten classes, told from whole-numbered targets."),
    "data.digest": "9f2c51e0aa17b3c4" * 4,
    "data.rows.train": 1149,
    "data.rows.validation": 288,
    "data.rows.test": 360,
    "data.input.shape": np.array([8, 8, 1]),
    "data.classes": tuple("0123456789"),
    "data.class_count.train": np.array([114, 116, 113, 117, 116, 116, 116, 115, 111, 115]),
    "data.class_count.validation": np.full(10, 29),
    "data.class_count.test": np.full(10, 36),
    "data.shared.train_test": 0,
    "data.shared.train_validation": 0,
    "task.kind": "one_of_many",
    "task.loss": "cross_entropy",
    "task.link": "softmax",
    "task.first_loss": float(np.log(10)),
    "start.loss": 2.412,
    "stop.reason": "early stopping",
    "stop.best_epoch": 20,
    "stop.not_finite_step": 0,
}
TITANIC = {
    "data.name": "titanic.csv",
    "data.kind": "table",
    "data.problem": "classification",
    "data.target": "survived",
    "data.announcements": ("The target has two values: classification.", f"Column {EVIL} is read as words."),
    "data.rows.train": 569,
    "data.rows.validation": 143,
    "data.rows.test": 179,
    "data.input.shape": np.array([14]),
    "data.columns.dropped": {"name": "a different text in every row", EVIL: "dropped by you"},
    "data.classes": ("no", EVIL),
    "data.class_count.train": np.array([351, 218]),
    "data.class_count.validation": np.array([88, 55]),
    "data.class_count.test": np.array([110, 69]),
    "data.shared.train_test": 12,
    "task.kind": "binary",
    "task.loss": "binary_cross_entropy",
    "task.link": "sigmoid",
    "start.loss": 0.71,
    "task.first_loss": 0.693,
    "stop.reason": "epochs",
    "stop.best_epoch": 19,
}
CALIFORNIA = {
    "data.name": "california_housing",
    "data.kind": "table",
    "data.problem": "regression",
    "data.target": "MedHouseVal",
    "started": "2026-03-09T14:05:11",
    "data.rows.train": 13209,
    "data.rows.validation": 3303,
    "data.rows.test": 4128,
    "data.input.shape": np.array([8]),
    "data.target.mean": 2.068,
    "data.target.spread": 1.154,
    "data.target.low": 0.15,
    "data.target.high": 5.0,
    "task.kind": "regression",
    "task.loss": "squared_error",
    "stop.reason": "epochs",
    "stop.best_epoch": 58,
}
COLUMNS = ("pclass", "sex", "age", "sibsp", "parch", "fare", "embarked", "deck", EVIL)
RESIDUAL = [("batch_norm", 128, "linear"), ("dense", 4160, "relu"), ("dense", 4160, "linear")]


def digits() -> Run:
    rng = np.random.default_rng(0)
    worst = tuple(
        Example(
            int(rng.integers(1797)), str(i % 10), str((i + 5) % 10), 0.98 - i / 25, 3.9 - i / 4, digit(rng)
        )
        for i in range(12)
    )
    network = layers(
        [
            ("0.flatten", "64", 0, "linear"),
            ("1.dense", "64", 4160, "relu"),
            ("2.dropout", "64", 0, "linear"),
            ("3.dense", "64", 4160, "relu"),
            ("4.dense", "10", 650, "linear"),
        ]
    )
    validation = Evaluation("validation", "classification", 288, (Score("accuracy", *wilson(282, 288)),))
    return Run(
        {**MADE, **DIGITS, **network, **curves(30, 2.3, 0.12, 1), **soundings(30, 5, 2)},
        {"validation": validation, "test": judged(list("0123456789"), 36, 0.972, 3, worst)},
        (Look("2026-03-09T14:05:20+00:00", "fit", 360),),
    )


def findings() -> Findings:
    leak = Finding(
        fault="target_given_away",
        title="A column gives the target away",
        severity="error",
        where="column alive",
        evidence="alive alone predicts survived with a score of 1.000; the next column reaches 0.41.",
        why="The network reads the answer instead of learning, and fails where it is not yet known.",
        remedy=Remedy("Leave the column out and train again.", "leadline fit titanic.csv --drop alive"),
        source="Kaufman et al. 2012, Leakage in data mining",
        stage="A",
        confidence=0.95,
        meaning="the lower end of the score's interval lies above what is told of",
        picture=Picture(
            "bars",
            ("sex", "age", "alive"),
            ((0.41,), (0.02,), (1.0,)),
            "score of each column",
            {"told from": 0.9},
        ),
        others=(Remedy("Ask when the column is known.", "leadline list rules leaking_feature"),),
        proof=Proof(5, 200, 0.51, 0.93, 0.38, 0.46, True),
    )
    overfit = Finding(
        fault="overfitting",
        title="It learns by heart from epoch 20 on",
        severity="warning",
        where="epoch 20 of 30",
        evidence="Validation loss rose from 0.121 to 0.148 while training loss fell from 0.094 to 0.085.",
        why="Further epochs make it worse on rows it has not seen; the weights of epoch 20 were kept.",
        remedy=Remedy("Add dropout or weight decay.", "leadline fit recipe.toml --weight-decay 1e-4"),
        source="Prechelt 1998, Early stopping – but when?",
    )
    many = Finding(
        fault="many_parameters",
        title="More parameters than rows",
        severity="hint",
        where="network",
        evidence="8,970 parameters for 1,149 training rows: 7.8 for each row.",
        why="Not wrong by itself, but the split and the intervals matter more.",
        remedy=Remedy("Compare with a smaller network."),
    )
    return Findings((leak, overfit, many))


def evil_findings() -> Findings:
    picture = Picture("bars", (EVIL, "b"), ((1.0,), (2.0,)), EVIL, {EVIL: 1.5})
    lines = Picture("lines", (EVIL,), ((1.0, 2.0),), EVIL, {EVIL: 1.5})
    more = {"others": (Remedy(EVIL, EVIL),), "meaning": EVIL, "confidence": 0.5}
    return Findings(
        Finding(EVIL, EVIL, "error", EVIL, EVIL, EVIL, Remedy(EVIL, EVIL), EVIL, picture=drawn, **more)
        for drawn in (picture, lines)
    )


def titanic() -> Run:
    rng = np.random.default_rng(5)

    def row() -> dict[str, object]:
        cells = (
            "3",
            "male",
            f"{rng.uniform(1, 70):.0f}",
            "0",
            "0",
            f"{rng.uniform(5, 80):.2f}",
            "S",
            None,
            EVIL,
        )
        return dict(zip(COLUMNS, cells, strict=True))

    worst = tuple(
        Example(int(rng.integers(891)), "yes", EVIL, 0.97 - i / 50, 3.4 - i / 5, row()) for i in range(10)
    )
    network = layers(
        [("0.dense", "64", 960, "relu"), ("1.dense", "32", 2080, "relu"), (EVIL, "1", 33, "linear")]
    )
    values = {**MADE, **TITANIC, **network, **curves(30, 0.69, 0.42, 7), **soundings(30, 3, 8)}
    values |= {"data.columns": COLUMNS, "curve.learning_rate": np.full(30, 1e-3)}
    looks = (Look("2026-03-09T14:05:20+00:00", "fit", 179), Look("2026-03-10T09:00:00+00:00", EVIL, 179))
    return Run(values, {"test": judged(["no", EVIL], 90, 0.82, 9, worst)}, looks)


def california() -> Run:
    rng = np.random.default_rng(11)
    truth = rng.gamma(4, 0.5, 2000).clip(0.15, 5)
    told = truth + rng.normal(0, 0.35, 2000) * (0.5 + truth / 4)
    worst = tuple(
        Example(i * 71, "5.0", f"{1.2 + i / 9:.2f}", NAN, 3.8 - i / 9, {"MedInc": f"{i / 3:.2f}"})
        for i in range(8)
    )

    def scores(r2: float, mae: float, rmse: float) -> tuple[Score, ...]:
        return (
            Score("r2", r2, r2 - 0.013, min(1.0, r2 + 0.013)),
            Score("mae", mae, mae - 0.01, mae + 0.01, "lower"),
            Score("rmse", rmse, rmse - 0.02, rmse + 0.02, "lower"),
        )

    baselines = (
        Baseline("mean", "always 2.068, the mean of 13,209 training rows", scores(-0.0004, 0.911, 1.15)),
        Baseline("linear", "ridge regression on all 8 features", scores(0.602, 0.532, 0.726)),
    )
    inner = [
        (f"{i}.residual.{j}.{kind}", "64", n, a) for i in (1, 2) for j, (kind, n, a) in enumerate(RESIDUAL)
    ]
    network = layers([("0.dense", "64", 576, "relu"), *inner, ("3.dense", "1", 65, "linear")])
    pairs = np.stack([truth, told], axis=1)
    test = Evaluation(
        "test", "regression", 4128, scores(0.803, 0.338, 0.508), baselines, predictions=pairs, worst=worst
    )
    values = {**CALIFORNIA, **network, **curves(60, 1.0, 0.22, 12), **soundings(60, 8, 13)}
    return Run(values, {"test": test}, (Look("2026-03-09T14:06:00", "fit", 4128),))


def stopped() -> Run:
    """A training whose loss was not finite in the second epoch."""
    values = dict(digits().values)
    for name, value in values.items():
        if name.startswith(("curve.", "sounding.")) and np.ndim(value):
            values[name] = np.asarray(value, float)[:2].copy()
    for name in ("curve.loss.train", "curve.loss.validation", "sounding.gradient.norm"):
        values[name][1:] = np.nan
    values["sounding.update.ratio"][1:] = np.inf
    values |= {
        "stop.reason": "not finite",
        "stop.not_finite_step": 41,
        "stop.best_epoch": 0,
        "start.loss": np.inf,
    }
    nothing = Score("accuracy", NAN, NAN, NAN)
    majority = Baseline("majority", "", (Score("accuracy", 0.1, 0.07, 0.13),))
    return Run(values, {"test": Evaluation("test", "classification", 360, (nothing,), (majority,))})


def many() -> Run:
    """A long training of a deep network with many classes and large images: the page must stay small."""
    rng, names = np.random.default_rng(6), [f"class {i:03d}" for i in range(100)]
    network = layers(
        [(f"{i}.residual.{j}.conv", "28 x 28 x 64", 36928, "relu") for i in range(20) for j in range(3)]
    )
    values = {
        "data.name": "many",
        "data.problem": "classification",
        "data.classes": tuple(names),
        "data.class_count.train": np.arange(100) + 40,
        **network,
        **curves(1000, 4.6, 1.0, 3),
        **soundings(1000, 60, 4),
    }
    worst = tuple(
        Example(i, "class 001", "class 002", 0.9, 5.0, digit(rng, (512, 640, 3))) for i in range(12)
    )
    return Run(values, {"test": judged(names, 20, 0.7, 5, worst)})


FOREIGN = Run({"data.name": "foreign", "curve.loss.train": [1.0]})
