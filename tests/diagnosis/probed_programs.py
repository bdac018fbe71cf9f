"""Programs trained for a few hundred steps by three seeds, once for all tests that look at them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from leadline.diagnosis import diagnose
from leadline.nn import Dense, Dropout, Sequential, relu
from leadline.program.examine import Examination, examine
from leadline.program.facts import written_run
from leadline.program.probe import probe_facts
from leadline.program.program import Program
from leadline.program.start import start_facts
from leadline.program.written import Written
from leadline.record.run import Run
from leadline.training.optimizers import adam

SEEDS = (0, 1, 2)
SPARSE = Written("cross_entropy", "scores", "codes")
OF_PROBABILITIES = Written("cross_entropy", "probabilities", "codes", clip=0.0)
MSE = Written("mse")
Make = Callable[[], Program]


def rows(number: int = 600, flipped: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose sign of a sum is the class, but for a share that is turned around."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(number, 5)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(int) ^ (draw.random(number) < flipped)


def parts(x: np.ndarray, y: np.ndarray) -> dict[str, object]:
    cut = len(x) * 2 // 3
    return {"inputs": x[:cut], "targets": y[:cut], "held_out": (x[cut:], y[cut:])}


def program(*layers: object, data: tuple[np.ndarray, np.ndarray] | None = None, **choices: object) -> Program:
    given = {**parts(*(data or rows())), "loss": SPARSE, "optimizer": adam(1e-2), "epochs": 16}
    return Program(Sequential(list(layers)), **{**given, **choices})


@cache
def probed(make: Make) -> Run:
    """Return what the start and the probe of a program say."""
    given = make()
    return written_run(given).with_values({**start_facts(given, SEEDS), **probe_facts(given, SEEDS)})


def real(load: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    x, y = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    spread = x.std(axis=0)
    x = ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    return x[order], y[order]


@cache
def looked(make: Make, stages: str = "ABC") -> Examination:
    found = examine(make(), diagnose, stages=stages, seeds=SEEDS)
    assert not found.words
    return found


def alarms(make: Make) -> list[str]:
    return [one.fault for one in looked(make).findings if one.severity != "hint"]


def healthy() -> Program:
    return program(Dense(16, relu), Dense(2))


def dropped_a_little() -> Program:
    return program(Dense(32, relu), Dropout(0.45), Dense(32, relu), Dropout(0.45), Dense(2))
