"""What Leadline chooses where nobody else does: network, optimizer, batch and epochs, from the data alone.

Comes in: a data set and the choices that were made. Goes out: a whole recipe. The numbers were chosen on real
data sets by ``benchmarks/accuracy.py``; every one of them can be overridden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from leadline.core.constraints import POSITIVE_WHOLE
from leadline.core.errors import RecipeError
from leadline.core.text import did_you_mean
from leadline.data.dataset import Dataset
from leadline.models import cnn, linear, mlp
from leadline.nn.base import Layer
from leadline.nn.combine import Sequential
from leadline.nn.convolution.sliding import Sliding
from leadline.nn.linearity import weight_layers
from leadline.nn.losses import Loss, loss_of
from leadline.training.optimizers import Optimizer, adamw
from leadline.training.recipe import Recipe
from leadline.training.schedules import cosine

NETWORKS = ("auto", "linear", "mlp", "cnn")
STEPS = {"dense": 12_000, "convolutional": 4_000}  # of a whole training: seconds if small, a minute if large
FEWEST = {"dense": 20, "convolutional": 8}  # epochs that large data needs
MOST = 300  # epochs that small data gets; early stopping ends them sooner
PATIENT_STEPS, LEAST_PATIENCE, MOST_PATIENCE = 400, 10, 100  # an epoch of few steps says little
RATE = 1e-3
FEW_STEPS, RATE_OF_FEW = 15, 3e-3  # so few steps an epoch never get far at the usual rate
RATE_OF_LINEAR = 1e-2  # one layer is convex: it takes larger steps, and needs them


def scores_for(dataset: Dataset, loss: str | Loss | None) -> int:
    """Return how many scores the usual network ends in: twice as many where the loss predicts the spread too.

    Example:
        >>> from leadline.data import bundled
        >>> scores_for(bundled("diabetes"), None), scores_for(bundled("diabetes"), "gaussian_nll")
        (1, 2)
    """
    each = loss_of(loss).scores_per_number if loss and dataset.problem == "regression" else 1
    return dataset.outputs * each


def for_loss(dataset: Dataset, loss: str | Loss | None) -> Dataset:
    """Return the data with the target as the loss takes it: shares in [0, 1] stay what they are for a sigmoid.

    All else of a regression learns targets of mean 0 and spread 1, which no sigmoid can reach.

    Example:
        >>> import numpy as np
        >>> from leadline.data import arrays
        >>> shares = arrays(np.eye(40), np.linspace(0, 1, 40), problem="regression")
        >>> for_loss(shares, "binary_cross_entropy").preparation.target_scale
        1.0
    """
    if not loss or dataset.problem != "regression" or not loss_of(loss).of_shares:
        return dataset
    known = dataset.targets[np.isfinite(dataset.targets)]
    if known.size and (known.min() < 0 or known.max() > 1):
        return dataset  # told as a finding
    return dataset.with_preparation(replace(dataset.preparation, target_mean=0.0, target_scale=1.0))


def usual_network(dataset: Dataset, name: str = "auto", loss: str | Loss | None = None) -> Layer:
    """Return the network of a name, sized for the data.

    Args:
        dataset: Gives the input shape and the number of scores.
        name: "linear", "mlp", "cnn", or "auto": cnn for images, mlp for everything else.
        loss: What it learns by, if not the task's own; one that predicts the spread needs a score more.

    Raises:
        RecipeError: The name is unknown, or a cnn is asked for inputs that are not images.
    """
    if name not in NETWORKS:
        raise RecipeError.at(
            "network", f"one of {', '.join(NETWORKS)}", repr(name), did_you_mean(name, NETWORKS)
        )
    image, scores = len(dataset.input_shape) == 3, scores_for(dataset, loss)
    if name == "linear":
        return linear(scores)
    if name == "cnn" or (name == "auto" and image):
        if not image:
            got = f"inputs of shape {dataset.input_shape}"
            raise RecipeError.at("network 'cnn'", "given images of shape (H, W, C)", got, 'network="mlp"')
        return cnn(scores, dataset.input_shape)
    wide = (128, 64) if dataset.sizes[0] >= 5_000 else (64, 64)
    return mlp(scores, (256, 128) if image else wide, dropout=0.2 if image else 0.1)


def usual_batch(rows: int) -> int:
    """Return the rows of one step: 32 for small data, up to 256 for large, never more than there are.

    Example:
        >>> usual_batch(20), usual_batch(1000), usual_batch(50_000)
        (20, 32, 128)
    """
    wished = 32 if rows < 5_000 else 64 if rows < 20_000 else 128
    return min(rows, wished)


def usual_epochs(steps: int, kind: str) -> int:
    """Return the passes over the data, at most: many where a pass is short.

    Args:
        steps: Of one epoch.
        kind: "dense" or "convolutional"; a convolutional step costs about three times as much.

    Example:
        >>> usual_epochs(40, "dense"), usual_epochs(400, "dense"), usual_epochs(400, "convolutional")
        (300, 30, 10)
    """
    return min(MOST, max(FEWEST[kind], round(STEPS[kind] / steps)))


def usual_patience(steps: int) -> int:
    """Return the epochs without a better validation loss before stopping, by the steps of one epoch.

    Example:
        >>> usual_patience(4), usual_patience(20), usual_patience(400)
        (100, 20, 10)
    """
    return min(MOST_PATIENCE, max(LEAST_PATIENCE, round(PATIENT_STEPS / steps)))


def usual_optimizer(network: Layer, steps: int) -> Optimizer:
    """Return AdamW along a cosine, at a rate that suits the network and the steps of one epoch.

    Example:
        >>> usual_optimizer(linear(3), 100).learning_rate, usual_optimizer(mlp(3), 4).learning_rate
        (0.01, 0.003)
    """
    rate = RATE_OF_LINEAR if weight_layers(network) == 1 else RATE_OF_FEW if steps < FEW_STEPS else RATE
    return adamw(rate, weight_decay=1e-2, schedule=cosine())


def steps_of(rows: int, batch: object) -> int:
    """Return about how many steps an epoch has; 1 for a batch that is "full" or no number.

    Example:
        >>> steps_of(1000, 32), steps_of(1000, "full")
        (31, 1)
    """
    return max(1, rows // int(batch)) if POSITIVE_WHOLE.allows(batch) else 1  # type: ignore[call-overload]  # checked here


def _convolves(layer: Layer) -> bool:
    return isinstance(layer, Sliding) or any(map(_convolves, layer.inner()))


def network_of(dataset: Dataset, network: Layer | str | None, loss: str | Loss | None = None) -> Sequential:
    """Return the network meant: a value, the name of a usual one, or None for the one that suits the data."""
    if network is None or isinstance(network, str):
        network = usual_network(dataset, network or "auto", loss)
    return network if isinstance(network, Sequential) else Sequential([network])  # one layer is a network too


def whole_recipe(dataset: Dataset, network: Layer | str | None, given: Mapping[str, Any]) -> Recipe:
    """Return a recipe in which every choice is made.

    Args:
        dataset: To learn from.
        network: A network, the name of a usual one, or None for the usual one.
        given: Choices already made, by the names of the recipe's fields; None stands for "not made".

    Raises:
        RecipeError: A choice is out of bounds.
    """
    made = {name: value for name, value in given.items() if value is not None}
    if made.get("loss"):
        made["loss"] = loss_of(made["loss"]).text
    network = network_of(dataset, network, made.get("loss"))
    rows = dataset.sizes[0]
    batch = made.get("batch_size", usual_batch(rows))
    steps = steps_of(rows, batch)
    usual: dict[str, Any] = {
        "data": dataset.source,
        "batch_size": batch,
        "epochs": usual_epochs(steps, "convolutional" if _convolves(network) else "dense"),
        "patience": usual_patience(steps),
        "optimizer": usual_optimizer(network, steps),
    }
    return Recipe(network=network, **{**usual, **made})
