"""What a training measured, by the names of the vocabulary.

Comes in: a loop that has ended, and its plan. Goes out: values for the run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.training.closing import SOUNDINGS
from leadline.training.loop import Loop
from leadline.training.plan import Chosen


def measured(loop: Loop) -> dict[str, Any]:
    """Return the curves, the soundings and what was known before the first step."""
    stopping = loop.course.stopping
    return {
        **_curves(loop),
        "start.loss": loop.start_loss,
        "start.rows": min(loop.course.batch, loop.feed.rows),
        **_start(loop),
        "stop.best_epoch": loop.stopping.best_epoch if stopping is not None else 0,
    }


def told(chosen: Chosen) -> dict[str, Any]:
    """Return the plan as the run keeps it."""
    return {
        "plan.devices": chosen.devices,
        "plan.precision": chosen.precision,
        "plan.chunk": chosen.chunk,
        "plan.sounding_every": chosen.sounding_every,
        "plan.words": [f"{name}: {reason}" for name, reason in chosen.why.items()],
    }


def _start(loop: Loop) -> dict[str, np.ndarray]:
    """Return what was sounded before the first step."""
    if loop.start is None:
        return {}
    return {"start.gradient.norm": np.asarray(loop.start)[SOUNDINGS.index("gradient.norm")]}


def _curves(loop: Loop) -> dict[str, np.ndarray]:
    """Return curves (E,) and soundings (S, L)."""
    validation = np.asarray(loop.validation).reshape(-1, 2)
    curves = {
        "curve.loss.train": np.asarray(loop.losses),
        "curve.loss.validation": validation[:, 0],
        "curve.score.validation": validation[:, 1],
        "curve.seconds": np.asarray(loop.seconds[: len(loop.losses)]),
    }
    if loop.soundings and loop.problem.soundings:
        taken = np.stack(loop.soundings, axis=1)
        curves["sounding.epochs"] = np.asarray(loop.sounded)
        curves.update({f"sounding.{name}": values for name, values in zip(SOUNDINGS, taken, strict=True)})
    return curves
