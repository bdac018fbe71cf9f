"""Pieces of runs as trainings write them, made by NumPy from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Example, Score

BINS = np.array(
    [(0.35, 0.28, 3), (0.5, 0.4, 6), (0.62, 0.57, 9), (0.74, 0.7, 14), (0.86, 0.83, 30), (0.985, 0.983, 298)]
)


def wilson(right: float, rows: int) -> tuple[float, float, float]:
    share, z = right / max(rows, 1), 1.96
    middle = share + z * z / (2 * rows)
    reach = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows**2))
    whole = 1 + z * z / rows
    return share, max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def curves(epochs: int, first: float, last: float, seed: int) -> dict[str, np.ndarray]:
    rng, at = np.random.default_rng(seed), np.arange(epochs)
    fall = (first - last) * np.exp(-at / 4)
    return {
        "curve.loss.train": last * 0.7 + fall + rng.normal(0, 0.004, epochs),
        "curve.loss.validation": last
        + 0.8 * fall
        + 0.0025 * np.maximum(at - 18, 0)
        + rng.normal(0, 0.006, epochs),
        "curve.score.validation": np.clip(0.985 - 0.5 * np.exp(-at / 3) + rng.normal(0, 0.003, epochs), 0, 1),
        "curve.learning_rate": 1e-3 * 0.5 * (1 + np.cos(np.pi * at / epochs)) + 1e-6,
        "curve.seconds": np.full(epochs, 0.01),
    }


def layers(rows: list[tuple[str, str, int, str]]) -> dict[str, Any]:
    """From path, shape, parameters and activation of each layer."""
    paths, shapes, parameters, activations = zip(*rows, strict=True)
    return {
        "network.layers": paths,
        "network.kinds": tuple(path.split(".")[-1] for path in paths),
        "network.activations": activations,
        "network.shapes": shapes,
        "network.parameters": np.array(parameters),
        "network.parameters.total": sum(parameters),
        "network.outputs": 10,
    }


def soundings(epochs: int, count: int, seed: int) -> dict[str, Any]:
    rng, at, deep = np.random.default_rng(seed), np.arange(epochs)[:, None], np.arange(count)[None, :]

    def noise(size: float) -> np.ndarray:
        return np.exp(rng.normal(0, size, (epochs, count)))

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


def digit(rng: np.random.Generator, shape: tuple[int, ...] = (8, 8)) -> np.ndarray:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape[0] - 1, 1)
    ring = np.exp(-((np.hypot(y - 0.5, (x - 0.5) * 1.4) - 0.32) ** 2) / 0.02)
    gray = np.clip(255 * ring * rng.uniform(0.55, 1, shape[:2]), 0, 255).astype(np.uint8)
    return gray if len(shape) == 2 else np.stack([gray, gray // 2, 255 - gray], axis=-1)


def confusion_of(count: int, each: int, right: float, seed: int) -> np.ndarray:
    rng, shares = np.random.default_rng(seed), np.full((count, count), (1 - right) / max(count - 1, 1))
    np.fill_diagonal(shares, right)
    return np.stack([rng.multinomial(each, row) for row in shares])


def classes_of(names: list[str], confusion: np.ndarray) -> tuple[ClassScore, ...]:
    found = []
    for i, name in enumerate(names):
        rows, said = int(confusion[i].sum()), confusion[:, i].sum()
        recall = wilson(int(confusion[i, i]), rows)
        precision = float(confusion[i, i] / said) if said else float("nan")
        f1 = 2 * recall[0] * precision / (recall[0] + precision) if recall[0] else 0.0
        found.append(ClassScore(name, rows, Score("recall", *recall), precision, f1))
    return tuple(found)


def baselines_of(rows: int, count: int, right: float) -> tuple[Baseline, ...]:
    majority = (
        Score("accuracy", *wilson(rows // count, rows)),
        Score("log_loss", 2.303, 2.301, 2.305, "lower"),
    )
    linear = (
        Score("accuracy", *wilson(int(rows * right * 0.975), rows)),
        Score("log_loss", 0.162, 0.118, 0.21, "lower"),
        Score("calibration_error", 0.016, 0.01, 0.03, "lower"),
    )
    return (
        Baseline("majority", "always '3', the most frequent class of 1,149 training rows", majority),
        Baseline("linear", "logistic regression on all 64 features", linear),
    )


def judged(
    names: list[str], each: int, right: float, seed: int, worst: tuple[Example, ...] = ()
) -> Evaluation:
    confusion = confusion_of(len(names), each, right, seed)
    rows = int(confusion.sum())
    scores = (
        Score("accuracy", *wilson(int(np.trace(confusion)), rows)),
        Score("log_loss", 0.094, 0.061, 0.131, "lower"),
        Score("calibration_error", 0.011, 0.006, 0.024, "lower"),
        Score("brier", 0.041, 0.027, 0.058, "lower"),
    )
    classes = classes_of(names, confusion)
    baselines = baselines_of(rows, len(names), right)
    return Evaluation(
        "test", "classification", rows, scores, baselines, classes, confusion, BINS, worst=worst
    )
