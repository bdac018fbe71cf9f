"""What a watch costs: the same training with and without ``ll.watch_torch`` or ``ll.WatchKeras``, turn by turn.

Each turn is a whole training from its beginning, so the first sounding counts too, and a short training pays more than
a long one. Times are those of the processor, not of the wall, and PyTorch computes on one core: so other processes of
the machine hardly count. The watch itself keeps to the wall, as everywhere.

python -m benchmarks.watching [workload ...] [--turns N] [--seconds S]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.machine import machine
from benchmarks.table import span

CLASSES, ROWS, BATCH = 10, 4_096, 64
Training = Callable[[bool, float], tuple[float, float]]
"""From whether to watch and how long to compute at least, to the seconds of a step and the watch's own share."""


def data(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return random rows of a shape with labels that can be learned."""
    draws = np.random.default_rng(0)
    inputs = draws.standard_normal((ROWS, *shape), np.float32)
    weights = draws.standard_normal((inputs[0].size, CLASSES), np.float32)
    return inputs, (inputs.reshape(ROWS, -1) @ weights).argmax(1)


def mlp() -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, CLASSES)
    )


def cnn() -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1_568, CLASSES),
    )  # fmt: skip


def torch_training(network: Callable[[], Any]) -> Training:
    """Return a plain PyTorch loop over a data loader."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from leadline.adapters.torch_watch import watch_torch

    torch.set_num_threads(1)
    inputs, labels = map(torch.from_numpy, data((1, 28, 28)))

    def train(watched: bool, least: float) -> tuple[float, float]:
        torch.manual_seed(0)
        model, loss = network(), torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), 1e-3)
        loader = DataLoader(TensorDataset(inputs, labels), BATCH, shuffle=True)
        began, steps = time.process_time(), 0
        watch = watch_torch(model, optimizer, loss, data=loader) if watched else None
        while time.process_time() - began < least:
            for rows, known in loader:
                optimizer.zero_grad()
                loss(model(rows), known).backward()
                optimizer.step()
                steps += 1
        if watch is not None:
            watch.close()
        return (time.process_time() - began) / steps, 0.0 if watch is None else watch.share

    return train


def keras_training(dense: bool) -> Training:
    """Return ``fit`` of Keras by its PyTorch backend, or the one that KERAS_BACKEND names."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras import layers

    from leadline.adapters.keras_watch import WatchKeras

    inputs, labels = data((28, 28, 1))
    inner = (
        [layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(128, "relu")]
        if dense
        else [layers.Conv2D(16, 3, activation="relu"), layers.MaxPool2D(), layers.Flatten()]
    )

    def train(watched: bool, least: float) -> tuple[float, float]:
        keras.utils.set_random_seed(0)
        made = [layer.__class__.from_config(layer.get_config()) for layer in inner]
        model = keras.Sequential([keras.Input((28, 28, 1)), *made, layers.Dense(CLASSES)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"])
        epochs = max(1, round(least / 0.5))
        watch = WatchKeras(data=(inputs, labels)) if watched else None
        began = time.process_time()
        model.fit(
            inputs, labels, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[watch] if watch else []
        )
        seconds = time.process_time() - began
        return seconds / (epochs * -(-ROWS // BATCH)), 0.0 if watch is None else watch.share

    return train


WORKLOADS: dict[str, Callable[[], Training]] = {
    "mlp": lambda: torch_training(mlp),
    "cnn": lambda: torch_training(cnn),
    "keras_mlp": lambda: keras_training(dense=True),
    "keras_cnn": lambda: keras_training(dense=False),
}


def main(names: list[str], turns: int, seconds: float) -> None:
    """Print medians and ratio of each workload."""
    for name in names:
        train = WORKLOADS[name]()
        for watched in (True, False):
            train(watched, seconds / 2)  # warm
        pairs = []
        for turn in range(turns):
            order = (True, False) if turn % 2 else (False, True)
            took = {watched: train(watched, seconds) for watched in order}
            pairs.append((took[True], took[False]))
        ratios = sorted(watched[0] / plain[0] for watched, plain in pairs)
        medians = [span(statistics.median(pair[at][0] for pair in pairs)) for at in (0, 1)]
        own = statistics.median(watched[1] for watched, _ in pairs)
        print(
            f"watching, {name}: a step {medians[0]} with, {medians[1]} without; median ratio "
            f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}); own time as counted {own:.1%}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="workload")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=4.0)
    asked = parser.parse_args()
    if wrong := set(asked.workloads) - set(WORKLOADS):
        parser.error(f"workloads are {', '.join(WORKLOADS)}; got {', '.join(sorted(wrong))}")
    print(machine())
    main(asked.workloads, asked.turns, asked.seconds)
