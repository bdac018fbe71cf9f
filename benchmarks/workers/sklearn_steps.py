"""Seconds a step of the same MLP in scikit-learn's ``MLPClassifier``: ``partial_fit`` makes whole epochs."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.interleave import Turns, tell_losses
from benchmarks.workloads import CHECKED_STEPS, EARLY_EPSILON, find


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", type=find)
    parser.add_argument("--weights", type=Path, required=True)
    asked = parser.parse_args()
    workload, batch = asked.workload, asked.workload.batch
    inputs, labels = (array[: workload.rows] for array in workload.data())
    hidden = [step.size for step in workload.steps[:-1]]
    network = MLPClassifier(hidden, alpha=0.0, batch_size=batch, epsilon=EARLY_EPSILON, random_state=0)
    network.partial_fit(inputs[:batch], labels[:batch], classes=np.arange(workload.classes))
    with np.load(asked.weights) as file:
        given = [file[name] for name in file.files]
    for place, (bias, kernel) in enumerate(zip(given[::2], given[1::2], strict=True)):
        network.intercepts_[place][...] = bias
        network.coefs_[place][...] = kernel
    del network._optimizer  # it has seen a step; partial_fit makes a new one for the weights as they are
    losses = []
    for _ in range(CHECKED_STEPS):
        network.partial_fit(inputs[:batch], labels[:batch])
        losses.append(network.loss_)
    tell_losses(losses)
    Turns(workload.epoch_steps).run(lambda: network.partial_fit(inputs, labels))


if __name__ == "__main__":
    main()
