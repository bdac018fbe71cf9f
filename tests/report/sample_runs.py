"""Runs as trainings write them, made by NumPy from a seed: a page has something to show without any training."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Example, Score
from leadline.record.finding import Finding, Findings, Remedy
from leadline.record.run import Look, Run

EVIL = '<script>alert("x")</script>'


def wilson(right: float, rows: int) -> tuple[float, float, float]:
    share, z = right / max(rows, 1), 1.96
    middle, reach = (
        share + z * z / (2 * rows),
        z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows**2)),
    )
    return (
        share,
        max(0.0, (middle - reach) / (1 + z * z / rows)),
        min(1.0, (middle + reach) / (1 + z * z / rows)),
    )


def curves(epochs: int, first: float, last: float, seed: int) -> dict[str, np.ndarray]:
    rng, at = np.random.default_rng(seed), np.arange(epochs)
    train = last * 0.7 + (first - last) * np.exp(-at / 4) + rng.normal(0, 0.004, epochs)
    rise = 0.0025 * np.maximum(at - 18, 0)
    validation = last + (first - last) * 0.8 * np.exp(-at / 4) + rise + rng.normal(0, 0.006, epochs)
    return {
        "curve.loss.train": train,
        "curve.loss.validation": validation,
        "curve.score.validation": np.clip(0.985 - 0.5 * np.exp(-at / 3) + rng.normal(0, 0.003, epochs), 0, 1),
        "curve.learning_rate": 1e-3 * 0.5 * (1 + np.cos(np.pi * at / epochs)) + 1e-6,
        "curve.seconds": np.full(epochs, 0.01),
    }


def layers(
    paths: list[str], shapes: list[str], parameters: list[int], activations: list[str]
) -> dict[str, Any]:
    return {
        "network.layers": tuple(paths),
        "network.kinds": tuple(path.split(".")[-1] for path in paths),
        "network.activations": tuple(activations),
        "network.shapes": tuple(shapes),
        "network.parameters": np.array(parameters),
        "network.parameters.total": sum(parameters),
        "network.outputs": 10,
    }


def soundings(epochs: int, count: int, seed: int) -> dict[str, np.ndarray]:
    rng, at, deep = np.random.default_rng(seed), np.arange(epochs)[:, None], np.arange(count)[None, :]
    noise = lambda size: np.exp(rng.normal(0, size, (epochs, count)))  # noqa: E731
    saturated = np.full((epochs, count), np.nan)
    saturated[:, 1 % count] = np.clip(0.05 + 0.01 * at[:, 0], 0, 1)
    return {
        "sounding.activation.mean": 0.3 + 0.02 * at + 0 * deep,
        "sounding.activation.spread": (0.6 + 0.5 * deep + 0.03 * at) * noise(0.03),
        "sounding.activation.zeros": np.clip(0.35 + 0.12 * deep + 0.004 * at, 0, 0.9) * (deep < count - 1),
        "sounding.activation.saturated": saturated,
        "sounding.activation.dead": np.clip(0.0015 * at * (deep == 0), 0, 1),
        "sounding.gradient.norm": 2.0 * np.exp(-at / 9) * (1 + deep) * noise(0.2),
        "sounding.update.ratio": 6e-3 * np.exp(-at / 12) / (1 + deep) * noise(0.15) + 1e-5,
        "sounding.rows": 512,
    }


def recipe(network: list[dict[str, Any]], source: str) -> dict[str, Any]:
    return {
        "leadline": 1,
        "seed": 0,
        "data": {"source": source, "test": 0.2, "validation": 0.16},
        "training": {
            "loss": "cross_entropy",
            "epochs": 30,
            "batch_size": 32,
            "early_stopping": True,
            "patience": 10,
        },
        "optimizer": {"name": "adam", "learning_rate": 1e-3, "schedule": {"name": "cosine", "warmup": 0}},
        "network": {"kind": "sequential", "layers": network},
    }


def digit(rng: np.random.Generator, shape: tuple[int, ...] = (8, 8)) -> np.ndarray:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape[0] - 1, 1)
    ring = np.exp(-((np.hypot(y - 0.5, (x - 0.5) * 1.4) - 0.32) ** 2) / 0.02)
    gray = np.clip(255 * ring * rng.uniform(0.55, 1, shape[:2]), 0, 255).astype(np.uint8)
    return gray if len(shape) == 2 else np.stack([gray, gray // 2, 255 - gray], axis=-1)


def judged(names: list[str], each: int, right: float, seed: int, worst: tuple[Example, ...]) -> Evaluation:
    rng, count = np.random.default_rng(seed), len(names)
    shares = np.full((count, count), (1 - right) / max(count - 1, 1))
    np.fill_diagonal(shares, right)
    confusion = np.stack([rng.multinomial(each, row) for row in shares])
    hits, rows = np.diag(confusion), int(confusion.sum())
    precision = hits / np.maximum(confusion.sum(axis=0), 1)
    recall = [wilson(hit, each) for hit in hits]
    classes = [
        ClassScore(name, each, Score("recall", *r), float(p), float(2 * r[0] * p / max(r[0] + p, 1e-9)))
        for name, r, p in zip(names, recall, precision, strict=True)
    ]
    confidence = np.array([0.35, 0.5, 0.62, 0.74, 0.86, 0.985])
    bins = np.stack(
        [confidence, confidence - [0.07, 0.1, 0.05, 0.04, 0.03, 0.002], [3, 6, 9, 14, 30, rows - 62]], axis=1
    )
    return Evaluation(
        "test",
        "classification",
        rows,
        (
            Score("accuracy", *wilson(int(hits.sum()), rows)),
            Score("log_loss", 0.094, 0.061, 0.131, "lower"),
            Score("calibration_error", 0.011, 0.006, 0.024, "lower"),
            Score("brier", 0.041, 0.027, 0.058, "lower"),
        ),
        (
            Baseline(
                "majority",
                "always '3', the most frequent class of 1,149 training rows",
                (
                    Score("accuracy", *wilson(rows // count, rows)),
                    Score("log_loss", 2.303, 2.301, 2.305, "lower"),
                ),
            ),
            Baseline(
                "linear",
                "logistic regression on all 64 features",
                (
                    Score("accuracy", *wilson(int(rows * right * 0.975), rows)),
                    Score("log_loss", 0.162, 0.118, 0.21, "lower"),
                    Score("calibration_error", 0.016, 0.01, 0.03, "lower"),
                ),
            ),
        ),
        tuple(classes),
        confusion,
        bins,
        worst=worst,
    )


def digits() -> Run:
    rng, names = np.random.default_rng(0), [str(n) for n in range(10)]
    worst = tuple(
        Example(
            int(rng.integers(1797)),
            str(i % 10),
            str((i + 5) % 10),
            0.98 - 0.04 * i,
            3.9 - 0.25 * i,
            digit(rng),
        )
        for i in range(12)
    )
    paths = ["0.flatten", "1.dense", "2.dropout", "3.dense", "4.dense"]
    values = {
        "recipe": recipe(
            [{"kind": "dense", "units": 64, "activation": "relu"}, {"kind": "dense", "units": 10}], "digits"
        ),
        "versions": {"leadline": "0.1.0", "python": "3.11.2", "jax": "0.10.2", "numpy": "2.4.6"},
        "machine": "Intel Xeon, 2 cores, CPU only",
        "started": "2026-03-09T14:05:11+00:00",
        "data.name": "digits",
        "data.kind": "image",
        "data.problem": "classification",
        "data.target": "digit",
        "data.announcements": (
            "Pixels are divided by 16.",
            "Ten classes, told from whole-numbered targets.",
            "Split by seed 0, with the same share of each class in each part.",
        ),
        "data.digest": "9f2c51e0aa17b3c4" * 4,
        "data.rows.train": 1149,
        "data.rows.validation": 288,
        "data.rows.test": 360,
        "data.input.shape": np.array([8, 8, 1]),
        "data.classes": tuple(names),
        "data.class_count.train": np.array([114, 116, 113, 117, 116, 116, 116, 115, 111, 115]),
        "data.class_count.validation": np.full(10, 29),
        "data.class_count.test": np.full(10, 36),
        "data.shared.train_test": 0,
        "data.shared.train_validation": 0,
        **layers(
            paths,
            ["64", "64", "64", "64", "10"],
            [0, 4160, 0, 4160, 650],
            ["linear", "relu", "linear", "relu", "linear"],
        ),
        "task.kind": "one_of_many",
        "task.loss": "cross_entropy",
        "task.link": "softmax",
        "task.first_loss": float(np.log(10)),
        "start.loss": 2.412,
        **curves(30, 2.3, 0.12, 1),
        **soundings(30, 5, 2),
        "seconds.total": 2.84,
        "seconds.compile": 0.92,
        "stop.reason": "early stopping",
        "stop.best_epoch": 20,
        "stop.not_finite_step": 0,
    }
    test = judged(names, 36, 0.972, 3, worst)
    validation = Evaluation("validation", "classification", 288, (Score("accuracy", *wilson(282, 288)),))
    return Run(
        values, {"validation": validation, "test": test}, (Look("2026-03-09T14:05:20+00:00", "fit", 360),)
    )


def findings() -> Findings:
    leak = Finding(
        "target_given_away",
        "A column gives the target away",
        "error",
        "column alive",
        "alive alone predicts survived with a score of 1.000 on held-out rows; the next best column, sex, reaches 0.41.",
        "The network reads the answer instead of learning, and fails where the column is not yet known.",
        Remedy(
            "Leave the column out and train again.", "leadline fit titanic.csv --target survived --drop alive"
        ),
        "Kaufman et al. 2012, Leakage in data mining",
        3.0,
    )
    overfit = Finding(
        "overfitting",
        "It learns by heart from epoch 20 on",
        "warning",
        "epoch 20 of 30",
        "Validation loss rose from 0.121 to 0.148 while training loss fell from 0.094 to 0.085.",
        "Further epochs make it worse on rows it has not seen; the weights of epoch 20 were kept.",
        Remedy(
            "Train fewer epochs, or add dropout or weight decay.",
            "leadline fit recipe.toml --weight-decay 1e-4",
        ),
        "Prechelt 1998, Early stopping – but when?",
        2.0,
    )
    many = Finding(
        "many_parameters",
        "More parameters than rows",
        "hint",
        "network",
        "8,970 parameters for 1,149 training rows: 7.8 for each row.",
        "Not wrong by itself, but the split and the intervals matter more.",
        Remedy("Compare with a smaller network."),
        "",
        1.0,
    )
    return Findings((leak, overfit, many))


def titanic() -> Run:
    rng = np.random.default_rng(5)
    columns = ("pclass", "sex", "age", "sibsp", "parch", "fare", "embarked", "cabin deck", EVIL)
    worst = tuple(
        Example(
            int(rng.integers(891)),
            "yes",
            "no",
            0.97 - 0.02 * i,
            3.4 - 0.2 * i,
            dict(
                zip(
                    columns,
                    (
                        "3",
                        "male",
                        f"{rng.uniform(1, 70):.0f}",
                        "0",
                        "0",
                        f"{rng.uniform(5, 80):.2f}",
                        "S",
                        None,
                        EVIL,
                    ),
                    strict=True,
                )
            ),
        )
        for i in range(10)
    )
    values = {
        **{name: digits()[name] for name in ("recipe", "versions", "machine", "started")},
        "data.name": "titanic.csv",
        "data.kind": "table",
        "data.problem": "classification",
        "data.target": "survived",
        "data.announcements": (
            "The target survived has two values: classification.",
            f"Column {EVIL} is read as words.",
        ),
        "data.rows.train": 569,
        "data.rows.validation": 143,
        "data.rows.test": 179,
        "data.input.shape": np.array([14]),
        "data.columns": columns,
        "data.features": tuple(f"f{i}" for i in range(14)),
        "data.columns.dropped": {
            "name": "a different text in every row",
            "ticket": "681 different texts in 891 rows",
            "alive": "dropped by you",
        },
        "data.classes": ("no", "yes"),
        "data.class_count.train": np.array([351, 218]),
        "data.class_count.validation": np.array([88, 55]),
        "data.class_count.test": np.array([110, 69]),
        "data.shared.train_test": 12,
        "data.shared.train_validation": 9,
        **layers(
            ["0.dense", "1.dense", "2.dense"], ["64", "32", "1"], [960, 2080, 33], ["relu", "relu", "linear"]
        ),
        "task.kind": "binary",
        "task.loss": "binary_cross_entropy",
        "task.link": "sigmoid",
        "start.loss": 0.71,
        "task.first_loss": 0.693,
        **curves(30, 0.69, 0.42, 7),
        **soundings(30, 3, 8),
        "stop.reason": "epochs",
        "stop.best_epoch": 19,
    }
    values["curve.learning_rate"] = np.full(30, 1e-3)
    looks = (
        Look("2026-03-09T14:05:20+00:00", "fit", 179),
        Look("2026-03-10T09:00:00+00:00", f"evaluate {EVIL}", 179),
    )
    return Run(values, {"test": judged(["no", "yes"], 90, 0.82, 9, worst)}, looks)


def california() -> Run:
    rng = np.random.default_rng(11)
    truth = rng.gamma(4, 0.5, 2000).clip(0.15, 5)
    told = truth + rng.normal(0, 0.35, 2000) * (0.5 + truth / 4)
    columns = ("MedInc", "HouseAge", "AveRooms", "Latitude", "Longitude")
    worst = tuple(
        Example(
            int(rng.integers(20640)),
            "5.0",
            f"{1.2 + i / 9:.2f}",
            float("nan"),
            3.8 - i / 9,
            {name: f"{rng.normal(5, 3):.2f}" for name in columns},
        )
        for i in range(8)
    )
    scores = (
        Score("r2", 0.803, 0.789, 0.816),
        Score("mae", 0.338, 0.329, 0.347, "lower"),
        Score("rmse", 0.508, 0.49, 0.527, "lower"),
    )
    mean = (
        Score("r2", -0.0004, -0.002, 0.0),
        Score("mae", 0.911, 0.893, 0.93, "lower"),
        Score("rmse", 1.15, 1.13, 1.17, "lower"),
    )
    linear = (
        Score("r2", 0.602, 0.58, 0.62),
        Score("mae", 0.532, 0.52, 0.545, "lower"),
        Score("rmse", 0.726, 0.7, 0.751, "lower"),
    )
    paths = [
        "0.dense",
        "1.residual.0.batch_norm",
        "1.residual.1.dense",
        "1.residual.2.dense",
        "2.residual.0.batch_norm",
        "2.residual.1.dense",
        "2.residual.2.dense",
        "3.dense",
    ]
    evaluation = Evaluation(
        "test",
        "regression",
        4128,
        scores,
        (
            Baseline("mean", "always 2.068, the mean of 13,209 training rows", mean),
            Baseline("linear", "ridge regression on all 8 features", linear),
        ),
        predictions=np.stack([truth, told], axis=1),
        worst=worst,
    )
    values = {
        "data.name": "california_housing",
        "data.kind": "table",
        "data.problem": "regression",
        "data.target": "MedHouseVal",
        "started": "2026-03-09T14:05:11",
        "data.rows.train": 13209,
        "data.rows.validation": 3303,
        "data.rows.test": 4128,
        "data.input.shape": np.array([8]),
        "data.columns": columns,
        "data.target.mean": 2.068,
        "data.target.spread": 1.154,
        "data.target.low": 0.15,
        "data.target.high": 5.0,
        "task.kind": "regression",
        "task.loss": "squared_error",
        **layers(
            paths,
            ["64"] * 7 + ["1"],
            [576, 128, 4160, 4160, 128, 4160, 4160, 65],
            ["relu", "linear", "relu", "linear", "linear", "relu", "linear", "linear"],
        ),
        **curves(60, 1.0, 0.22, 12),
        **soundings(60, 8, 13),
        "stop.reason": "epochs",
        "stop.best_epoch": 58,
    }
    return Run(values, {"test": evaluation}, (Look("2026-03-09T14:06:00", "fit", 4128),))


def stopped() -> Run:
    """A training whose loss was not finite in the second epoch."""
    whole = digits()
    cut = {
        name: np.asarray(value, float)[:2].copy()
        for name, value in whole.values.items()
        if name.startswith(("curve.", "sounding.")) and np.ndim(value)
    }
    for name in ("curve.loss.train", "curve.loss.validation", "sounding.gradient.norm"):
        cut[name][1:] = np.nan
    cut["sounding.update.ratio"][1:] = np.inf
    values = {
        **whole.values,
        **cut,
        "stop.reason": "not finite",
        "stop.not_finite_step": 41,
        "stop.best_epoch": 0,
        "start.loss": np.inf,
    }
    nothing = Score("accuracy", float("nan"), float("nan"), float("nan"))
    return Run(
        values,
        {
            "test": Evaluation(
                "test", "classification", 360, (nothing,), (Baseline("majority", "", (nothing,)),)
            )
        },
    )


def thousand_epochs() -> Run:
    """A long training of a deep network with many classes: the page must stay small."""
    names = [f"class {i:03d}" for i in range(100)]
    paths = [f"{i}.residual.{j}.conv" for i in range(20) for j in range(3)]
    values = {
        "data.name": "many",
        "data.problem": "classification",
        "data.classes": tuple(names),
        "data.class_count.train": np.arange(100) + 40,
        "data.rows.train": 9000,
        **layers(paths, ["(28, 28, 64)"] * 60, [36928] * 60, ["relu"] * 60),
        **curves(1000, 4.6, 1.0, 3),
        **soundings(1000, 60, 4),
    }
    rng = np.random.default_rng(6)
    worst = tuple(
        Example(i, "class 001", "class 002", 0.9, 5.0, digit(rng, (512, 640, 3))) for i in range(12)
    )
    return Run(values, {"test": judged(names, 20, 0.7, 5, worst)})


NEARLY_EMPTY = Run({"data.name": "foreign", "curve.loss.train": [1.0]})
