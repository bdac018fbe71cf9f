"""Training a network to give back its inputs, by the loop that ``ll.fit`` runs: regression onto the flat inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import leadline as ll
from leadline.nn.penalties import weight_mask
from leadline.nn.tasks import Task
from leadline.training.devices import cores_as_devices
from leadline.training.loop import Course
from leadline.training.moment import unwatched
from leadline.training.step import Problem, Rows
from leadline.training.train import train


def reconstruct(
    network: ll.Sequential,
    inputs: np.ndarray,
    rows: int,
    *,
    optimizer: Any,
    epochs: int,
    batch_size: int | str,
    watch: Callable[[ll.Moment], None] = unwatched,
) -> tuple[Any, ll.Run]:
    """Return the weights and the record.

    Args:
        network: Gives as many numbers as an input has.
        inputs: Training rows, then validation rows.
        rows: Of the training part.
        optimizer: From Leadline.
        epochs: At most.
        batch_size: Rows of one step, or "full".
        watch: Is told the end of every epoch.
    """
    cores_as_devices()
    flat = inputs.reshape(len(inputs), -1)
    task = Task("regression", "mse", outputs=flat.shape[1])
    moved = optimizer.build(lambda step: optimizer.learning_rate, 0.0, weight_mask)
    batch = rows if batch_size == "full" else int(batch_size)
    part = Rows(inputs[:rows], flat[:rows])
    judged = Rows(inputs[rows:], flat[rows:]) if batch_size != "full" else part
    trained = train(Problem(network, task, moved), Course(epochs, batch, 0, None), part, judged, watch)
    return trained.params, ll.Run(trained.values)
