"""Seconds a step of the same network in Keras 3, on the backend that ``KERAS_BACKEND`` names.

One long ``fit(batch_size=...)``, whose epochs are timed by a callback, so that its start does not count. Runs where
Leadline is not installed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from benchmarks.interleave import Over, Turns, say, tell_losses
from benchmarks.workloads import CHECKED_STEPS, EARLY_EPSILON, Step, Workload, find


def network_of(workload: Workload) -> tuple[keras.Model, list[layers.Layer]]:
    """Return the network and its layers in the order in which weights travel."""
    made: list[layers.Layer] = []
    start = outputs = keras.Input(workload.shape)
    for step in workload.steps:
        outputs = _block(step, outputs, made) if step.kind == "block" else _made(step, made)(outputs)
        if step.relu and step.kind == "norm":
            outputs = layers.ReLU()(outputs)
    return keras.Model(start, outputs), made


def _made(step: Step, made: list[layers.Layer], size: int = 3, padding: str = "same") -> layers.Layer:
    """Return a layer, and note it."""
    activation = "relu" if step.relu else None
    match step.kind:
        case "dense":
            layer = layers.Dense(step.size, activation)
        case "conv":
            layer = layers.Conv2D(
                step.size, size, step.stride, padding, activation=activation, use_bias=step.bias
            )
        case "norm":
            layer = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        case "lstm":
            layer = layers.LSTM(step.size)
        case "pool":
            layer = layers.MaxPooling2D(2)
        case "up":
            layer = layers.UpSampling2D(2)
        case "mean":
            layer = layers.GlobalAveragePooling2D()
        case _:
            layer = layers.Flatten()
    made.append(layer)
    return layer


def _block(step: Step, inputs: Any, made: list[layers.Layer]) -> Any:
    """Return a block's outputs; zeros go on both sides before a stride, as in the other frameworks."""
    first, norm = Step("conv", step.size, step.stride, bias=False), Step("norm")
    main = layers.ZeroPadding2D(1)(inputs) if step.stride > 1 else inputs
    main = _made(first, made, padding="valid" if step.stride > 1 else "same")(main)
    main = layers.ReLU()(_made(norm, made)(main))
    main = _made(first._replace(stride=1), made)(main)
    main = _made(norm, made)(main)
    shortcut = inputs
    if step.stride > 1:
        shortcut = _made(first, made, size=1, padding="valid")(inputs)
        shortcut = _made(norm, made)(shortcut)
    return layers.ReLU()(layers.Add()([main, shortcut]))


def take_weights(made: list[layers.Layer], weights: Iterator[np.ndarray]) -> None:
    """Set weights that come layer by layer, of each by name: bias before kernel, scale before shift."""
    for layer in made:
        own = layer.get_weights()
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([next(weights), next(weights), *own[2:]])
        elif own:
            bias = [next(weights)] if layer.use_bias else []
            layer.set_weights([*(next(weights) for _ in own[len(bias) :]), *bias])


class Waiting(keras.callbacks.Callback):
    """Waits at the end of each epoch for the next turn."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.turns = turns

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.turns()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", type=find)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--at-once", type=int, default=1)
    asked = parser.parse_args()
    workload, batch = asked.workload, asked.workload.batch
    inputs, labels = (array[: workload.rows] for array in workload.data())
    targets = labels if workload.classes else inputs
    network, made = network_of(workload)
    with np.load(asked.weights) as file:
        take_weights(made, iter([file[name] for name in file.files]))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if workload.classes else "mse"
    network.compile(
        keras.optimizers.Adam(1e-3, epsilon=EARLY_EPSILON), loss, steps_per_execution=asked.at_once
    )
    backend = keras.backend.backend()
    say(f"keras {keras.__version__}, {backend} {import_module(backend).__version__}")
    first = network.fit(inputs[:batch], targets[:batch], batch, CHECKED_STEPS, verbose=0)
    tell_losses(first.history["loss"])
    turns = Turns(workload.epoch_steps)
    with suppress(Over):
        network.fit(inputs, targets, batch, 10**6, verbose=0, callbacks=[Waiting(turns)])


if __name__ == "__main__":
    main()
