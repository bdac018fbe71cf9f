"""The recipe: every choice of a training as one frozen value, written to TOML; ``recipe_file.py`` reads it.

Comes in: choices from Python, the command line or a file. Goes out: a checked :class:`Recipe`, or its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tomli_w

from leadline.core.constraints import NOT_NEGATIVE, POSITIVE_WHOLE, RATE, Interval, Switch, check_fields
from leadline.core.disk import not_written, replace_file
from leadline.core.errors import Problems, RecipeError
from leadline.core.text import did_you_mean
from leadline.nn.base import Layer
from leadline.nn.spec import to_spec
from leadline.training.optimizers import Optimizer
from leadline.training.plan import Plan

FORMAT = 1
TRAINING = (
    "loss",
    "epochs",
    "batch_size",
    "early_stopping",
    "patience",
    "min_delta",
    "l1",
    "l2",
    "clip_norm",
    "label_smoothing",
    "class_weights",
)
SECTIONS = ("leadline", "seed", "data", "network", "optimizer", "training", "plan")


@dataclass(frozen=True)
class Recipe:
    """Every choice of one training.

    Args:
        network: What is trained.
        data: What is needed to read the data again: the ``[data]`` section; empty for arrays in memory.
        loss: Name of the loss; "" for the one that belongs to the task.
        optimizer: How the weights follow the gradient.
        epochs: Passes over the training rows, at least 1.
        batch_size: Rows of one step, at least 1, or "full" for all of them.
        early_stopping: Stop where the validation loss no longer falls, and keep the best weights.
        patience: Epochs without a better validation loss before stopping.
        min_delta: How much lower a validation loss must be to count as better.
        l1: Weight of the sum of absolute kernel values in the loss.
        l2: Weight of the sum of squared kernel values in the loss.
        clip_norm: Largest norm of the whole gradient; 0 for no clipping.
        label_smoothing: Share of the target spread evenly over all classes, in [0, 1).
        class_weights: "none", "balanced" (inverse frequency), or one weight above 0 for each class.
        seed: Of every random choice in training, at least 0.
        plan: How to run it: devices, precision, portions; what is not given is chosen for the machine.

    Raises:
        RecipeError: Names every choice that is out of bounds.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> print(Recipe(Sequential([Dense(1)]), epochs=5).to_toml().splitlines()[5])
        [training]
    """

    network: Layer
    data: Mapping[str, Any] = field(default_factory=dict)
    loss: str = ""
    optimizer: Optimizer = field(default_factory=Optimizer)
    epochs: Annotated[int, POSITIVE_WHOLE] = 30
    batch_size: int | str = 32
    early_stopping: Annotated[bool, Switch()] = True
    patience: Annotated[int, POSITIVE_WHOLE] = 10
    min_delta: Annotated[float, NOT_NEGATIVE] = 0.0
    l1: Annotated[float, NOT_NEGATIVE] = 0.0
    l2: Annotated[float, NOT_NEGATIVE] = 0.0
    clip_norm: Annotated[float, NOT_NEGATIVE] = 0.0
    label_smoothing: Annotated[float, RATE] = 0.0
    class_weights: str | tuple[float, ...] = "none"
    seed: Annotated[int, Interval(0, 2**32 - 1, whole=True)] = 0
    plan: Plan = field(default_factory=Plan)

    def __post_init__(self) -> None:
        problems = Problems()
        try:
            check_fields(self, "recipe", RecipeError)
        except RecipeError as error:
            problems.take(error)
        if self.batch_size != "full" and not POSITIVE_WHOLE.allows(self.batch_size):
            problems.add(
                "recipe, batch_size", "a whole number of at least 1, or 'full'", repr(self.batch_size)
            )
        if not _weights_allowed(self.class_weights):
            words = "'none', 'balanced' or one number above 0 for each class"
            known = ("none", "balanced")
            hint = did_you_mean(self.class_weights, known) if isinstance(self.class_weights, str) else ""
            problems.add("recipe, class_weights", words, repr(self.class_weights), hint)
        problems.raise_as(RecipeError)

    def to_spec(self) -> dict[str, Any]:
        """Return the recipe as plain tables, as in a file."""
        training = {name: getattr(self, name) for name in TRAINING}
        if isinstance(self.class_weights, tuple):
            training["class_weights"] = list(self.class_weights)
        return {
            "leadline": FORMAT,
            "seed": self.seed,
            "data": dict(self.data),
            "training": training,
            "optimizer": self.optimizer.to_spec(),
            **({"plan": self.plan.to_spec()} if self.plan.to_spec() else {}),
            "network": to_spec(self.network),
        }

    def to_toml(self) -> str:
        """Return the text of a recipe file."""
        return tomli_w.dumps(self.to_spec())

    def save(self, path: Path | str) -> Path:
        """Write the recipe file and return its path.

        Raises:
            RecipeError: It cannot be written; what was there stays.
        """
        file = Path(path)
        try:
            replace_file(file, self.to_toml().encode())
        except OSError as error:
            raise not_written(error, file, RecipeError) from error
        return file


def _weights_allowed(weights: object) -> bool:
    if isinstance(weights, str):
        return weights in ("none", "balanced")
    positive = Interval(0, open_low=True)
    return isinstance(weights, tuple) and all(positive.allows(weight) for weight in weights)
