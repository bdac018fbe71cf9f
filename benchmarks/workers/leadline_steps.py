"""Seconds a step in ``ll.fit``: soundings, validation and the order of the rows included; whole epochs are timed.

First it writes the weights that a training begins with, for the peers, and tells the losses of full-batch steps from
there, both by ``ll.fit`` too. The autoencoder's targets are its inputs, which ``ll.fit`` does not take: there, and
where soundings are turned off to learn what they cost, the function behind ``ll.fit`` is called.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

import leadline as ll
from benchmarks.interleave import Over, Turns, say, tell_losses
from benchmarks.workers.leadline_networks import network_of
from benchmarks.workers.leadline_reconstruction import reconstruct
from benchmarks.workloads import CHECKED_STEPS, Workload, find
from leadline.data.dataset import Dataset
from leadline.training.devices import cores_as_devices
from leadline.training.recipe import Recipe
from leadline.training.supervised import train_recipe
from leadline.workflow import task_of

LONG = 10**6
"""Epochs that no benchmark comes to the end of."""
STILL = ll.sgd(1e-30)
"""Too slow to change a weight: what is left after a step is what it began with."""


def watcher(turns: Turns) -> Callable[[ll.Moment], None]:
    """Return what waits for the next turn at the end of an epoch, and ends the process where there is none."""

    def watch(moment: ll.Moment) -> None:
        if moment.done == 1.0:
            try:
                turns()
            except Over:
                sys.exit()

    return watch


def dataset(workload: Workload, rows: int = 0) -> Dataset:
    """Return the training and validation rows; or the first rows alone, all for training."""
    inputs, labels = workload.data()
    number = rows or len(inputs)
    training = number if rows else workload.rows
    return ll.data.arrays(
        inputs[:number], labels[:number], problem="classification", classes=workload.classes, kind="array",
        scale=False, split=(training / number, 1 - training / number, 0),
    )  # fmt: skip


def fitted(workload: Workload, rows: int = 0, **choices: Any) -> tuple[Any, ll.Run]:
    """Train without early stopping; return the weights and the record."""
    network = network_of(workload)
    if not workload.classes:
        return reconstruct(network, workload.data()[0], rows or workload.rows, **choices)
    result = ll.fit(network, dataset(workload, rows), early_stopping=False, seed=0, progress=False, **choices)
    return result.model.params, result.run


def silent(workload: Workload, watch: Callable[[ll.Moment], None]) -> None:
    """Train without soundings, for as long as turns are wanted."""
    cores_as_devices()
    data = dataset(workload)
    recipe = Recipe(
        network_of(workload),
        optimizer=ll.adam(1e-3),
        epochs=LONG,
        batch_size=workload.batch,
        early_stopping=False,
    )
    train_recipe(recipe, data, task_of(recipe, data), watch, soundings=False)


def export(workload: Workload, path: Path) -> None:
    """Write the weights that seed 0 begins with: layer by layer, of each by name (bias before kernel)."""
    params, _ = fitted(workload, workload.batch, optimizer=STILL, epochs=1, batch_size="full")
    np.savez(path, *map(np.asarray, jax.tree.leaves(params)))


def checked(workload: Workload) -> list[float]:
    """Return the losses of the first steps, each on the first batch of the rows."""
    choices = {"optimizer": ll.adam(1e-3), "epochs": CHECKED_STEPS, "batch_size": "full"}
    return list(map(float, fitted(workload, workload.batch, **choices)[1]["curve.loss.train"]))


def told_plan(workload: Workload) -> int:
    """Tell how it will be trained, and return the epochs from one sounding to the next."""
    if not workload.classes:
        say("trained by leadline.training.train, the loop of ll.fit, on its own inputs as targets")
        return 1
    network, data = network_of(workload), dataset(workload)
    plan = ll.explain_plan(network, data, optimizer=ll.adam(1e-3), epochs=LONG, batch_size=workload.batch)
    say("; ".join(f"{name}: {why}" for name, why in plan.why.items()))
    return int(plan.sounding_every)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", type=find)
    parser.add_argument("--export", type=Path)
    parser.add_argument("--no-soundings", action="store_true")
    asked = parser.parse_args()
    workload = asked.workload
    watch = watcher(Turns(workload.epoch_steps, told_plan(workload)))
    if asked.export:
        export(workload, asked.export)
        tell_losses(checked(workload))
    if asked.no_soundings:
        silent(workload, watch)
    else:
        fitted(workload, optimizer=ll.adam(1e-3), epochs=LONG, batch_size=workload.batch, watch=watch)


if __name__ == "__main__":
    main()
