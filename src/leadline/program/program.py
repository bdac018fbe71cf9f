"""A training as written: network, rows, loss and optimizer with nothing chosen or prepared for anybody.

Comes in: what somebody wrote. Goes out: a frozen :class:`Program`, which other files train, measure and change.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from leadline.core.constraints import NOT_NEGATIVE, Interval, OneOf, check_fields
from leadline.core.errors import Problems, RecipeError
from leadline.nn.base import Layer
from leadline.nn.spec import from_spec, to_spec
from leadline.nn.tasks import Task
from leadline.program.prepared import prepare_inputs, prepare_targets
from leadline.program.targets import Form, form_of
from leadline.program.written import Written
from leadline.training.optimizers import Optimizer, adam

AS_GIVEN = "as given"
Rows = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Program:
    """A training as written.

    Args:
        network: Its outputs go to the loss as they are.
        inputs: Shape (B, ...), as they are.
        targets: Shape (B,) or (B, K), as they are.
        loss: As written; or the task of a recipe, whose inputs and targets are prepared.
        optimizer: How the weights follow the gradient.
        epochs: Passes over the rows, at least 0.
        batch_size: Rows of one step; more than there are means all.
        l2: Weight of the L2 penalty on kernels.
        clip_norm: Largest norm of the gradient; 0 for none.
        seed: Of every random choice.
        held_out: Inputs and targets to judge by; None where the rows themselves must do.
        problem: "classification" or "regression"; "" to go by what the targets look like.
        threshold: From which value on a single output answers the second class; None for the one that belongs to the
            loss.
        ready: What was done to inputs and targets by a change: entries ``inputs`` and ``targets``.

    Raises:
        RecipeError: Names everything that does not fit.

    Example:
        >>> from leadline.nn import Dense, Sequential, softmax
        >>> x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
        >>> program = Program(Sequential([Dense(1, softmax)]), x, (x[:, 0] > 0) * 1.0,
        ...                   Written("binary_cross_entropy", "probabilities", "columns"))
        >>> program.form.kind, program.updates
        ('yes_no', 20)
    """

    network: Layer
    inputs: np.ndarray
    targets: np.ndarray
    loss: Written | Task
    optimizer: Optimizer = field(default_factory=adam)
    epochs: Annotated[int, Interval(0, whole=True)] = 10
    batch_size: Annotated[int, Interval(1, whole=True)] = 32
    l2: Annotated[float, NOT_NEGATIVE] = 0.0
    clip_norm: Annotated[float, NOT_NEGATIVE] = 0.0
    seed: Annotated[int, Interval(0, 2**32 - 1, whole=True)] = 0
    held_out: Rows | None = None
    problem: Annotated[str, OneOf("", "classification", "regression")] = ""
    threshold: float | None = None
    ready: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_fields(self, "program", RecipeError)
        problems = Problems()
        for words, (inputs, targets) in {"": (self.inputs, self.targets), "held out ": self.judged}.items():
            if len(inputs) != len(targets):
                problems.add(
                    f"program, {words}targets", f"{len(inputs):,} rows, as the inputs", f"{len(targets):,}"
                )
            if not len(inputs):
                problems.add(f"program, {words}inputs", "at least one row", "none")
        problems.raise_as(RecipeError)

    @property
    def rows(self) -> int:
        """Rows of the inputs."""
        return len(self.inputs)

    @property
    def batch(self) -> int:
        """Rows of one step that there are."""
        return min(self.batch_size, self.rows)

    @property
    def choices(self) -> tuple[Hashable, ...]:
        """Everything but the rows and the seed: two programs of equal choices and shapes compute the same."""
        asked = (self.loss, self.optimizer, self.epochs, self.batch_size, self.l2, self.clip_norm)
        return (self.network, self.rows, *asked)

    @property
    def updates(self) -> int:
        """Steps of the whole training."""
        return self.epochs * -(-self.rows // self.batch)

    @property
    def judged(self) -> Rows:
        """The rows to judge by: those held out, or its own."""
        return self.held_out or (self.inputs, self.targets)

    @cached_property
    def form(self) -> Form:
        """What its targets look like."""
        return form_of(self.targets, self.problem)

    def to_spec(self) -> dict[str, Any]:
        """Return its choices as plain tables, as a recipe has them; rules read them and change them."""
        loss = self.loss.to_spec() if isinstance(self.loss, Written) else {"name": self.loss.loss}
        return {
            "seed": self.seed,
            "data": {"inputs": AS_GIVEN, "targets": AS_GIVEN, **self.ready},
            "training": {"epochs": self.epochs, "batch_size": self.batch_size, "l2": self.l2},
            "loss": loss,
            "optimizer": self.optimizer.to_spec(),
            "network": to_spec(self.network),
        }

    def changed(self, changes: Mapping[str, Any]) -> Program:
        """Return the program with other choices.

        Args:
            changes: Dotted entries of :meth:`to_spec` with their new values. ``data.inputs`` may be "standardized" or
                "divided by 255"; ``data.targets`` "standardized", "within 0 and 1", "one_hot", "codes" or "first
                column".

        Raises:
            RecipeError: An entry is unknown or its value out of bounds.
            NetworkError: The new layers cannot be.

        Example:
            >>> from leadline.nn import Dense, Sequential
            >>> program = Program(Sequential([Dense(1)]), np.eye(4), np.arange(4), Written("mse"))
            >>> program.changed({"optimizer.learning_rate": 0.1, "loss.name": "mae"}).loss.name
            'mae'
        """
        made, spec = self, self.to_spec()
        for name, value in changes.items():
            made = _one(made, spec, name, value)
        if any(name.startswith("loss.") for name in changes) and isinstance(made.loss, Written):
            kept = {name: value for name, value in spec["loss"].items() if value is not None}
            made = replace(made, loss=Written.from_spec(kept))
        if any(name.startswith("optimizer.") for name in changes):
            made = replace(made, optimizer=_optimizer(spec["optimizer"], made.optimizer))
        return made


def _one(program: Program, spec: dict[str, Any], name: str, value: Any) -> Program:
    section, _, entry = name.partition(".")
    if section in ("loss", "optimizer"):  # several entries make one value
        spec[section] = {**spec[section], entry: value}
        return program
    if name in ("training.epochs", "training.batch_size", "training.l2"):
        choice: dict[str, Any] = {entry: program.rows if value == "full" else value}
        return replace(program, **choice)
    if name == "training.loss" and isinstance(program.loss, Task):
        return replace(program, loss=replace(program.loss, loss=value))
    if name == "network.layers":
        return replace(program, network=from_spec({**spec["network"], "layers": value}))
    if name == "network.activation":
        return replace(program, network=from_spec({**spec["network"], "activation": value}))
    if name == "program.threshold":
        return replace(program, threshold=value)
    if name in ("data.inputs", "data.targets"):
        return _prepared(program, entry, value)
    raise RecipeError.at(f"change {name!r}", "an entry of the program", "an unknown one")


def _prepared(program: Program, entry: str, how: str) -> Program:
    ready = {**program.ready, entry: how}
    held = program.held_out
    if entry == "inputs":
        own, others = prepare_inputs(program.inputs, how, None if held is None else held[0])
        return replace(
            program,
            inputs=own,
            held_out=None if held is None or others is None else (others, held[1]),
            ready=ready,
        )
    own, others = prepare_targets(program.targets, how, None if held is None else held[1], program.form)
    return replace(
        program,
        targets=own,
        held_out=None if held is None or others is None else (held[0], others),
        ready=ready,
    )


def _optimizer(spec: Mapping[str, Any], before: Optimizer) -> Optimizer:
    plain = {name: spec[name] for name in ("name", "learning_rate", "weight_decay")}
    kept = (
        {name: spec[name] for name in before.options if name in spec} if plain["name"] == before.name else {}
    )
    return Optimizer(**plain, schedule=before.schedule, options=kept)
