"""The task: what is asked of a network, and the only place that pairs its scores with a loss.

In: the problem of the data set, the number of classes and of scores. Out: a frozen task that gives row losses
and probabilities. Networks end in scores and the task owns the link, so that softmax cannot be applied twice
unseen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import RATE, OneOf, check_fields
from leadline.core.errors import NetworkError, RecipeError
from leadline.core.named import read
from leadline.core.text import did_you_mean
from leadline.nn.base import Shape
from leadline.nn.losses import Loss, losses

USUAL = {"regression": "mse", "binary": "binary_cross_entropy", "one_of_many": "cross_entropy"}
LINKS = {"regression": "identity", "binary": "sigmoid", "one_of_many": "softmax"}


@dataclass(frozen=True)
class Task:
    """What is asked.

    Args:
        kind: "regression", "binary" (one score for two classes) or "one_of_many" (one score for each class).
        loss: Name of the loss that is used, perhaps with settings: "huber(delta=2.0)".
        outputs: Number of scores K.
        classes: Number of classes C; 1 in regression.
        label_smoothing: Share of the target that is spread over all classes, in [0, 1).

    Raises:
        RecipeError: There is no such loss, it cannot be computed for this kind, or cannot smooth labels.

    Example:
        >>> task = for_problem("classification", classes=10, outputs=10)
        >>> task.loss, task.link, round(task.first_loss, 3)
        ('cross_entropy', 'softmax', 2.303)
    """

    kind: Annotated[str, OneOf(*USUAL)]
    loss: str
    outputs: int
    classes: int = 1
    label_smoothing: Annotated[float, RATE] = 0.0

    def __post_init__(self) -> None:
        check_fields(self, kind=RecipeError)
        loss = self.measure
        object.__setattr__(self, "loss", loss.text)
        if self.kind == "regression" and loss.takes == "classes":
            raise RecipeError.at(
                "loss",
                "one that takes numbers, in regression",
                f"{self.loss!r}, which takes classes",
                "loss='mse'",
            )
        if self.label_smoothing and (not loss.smooths or self.kind == "regression"):
            raise RecipeError.at(
                "label_smoothing",
                f"0 with the loss {self.loss!r} in {self.kind}",
                f"{self.label_smoothing}",
                "label smoothing goes with cross_entropy and binary_cross_entropy on classes",
            )

    @property
    def measure(self) -> Loss:
        """The loss itself."""
        return read(losses, self.loss, "loss", RecipeError)

    @property
    def usual_loss(self) -> str:
        """Name of the loss that belongs to this kind."""
        return USUAL[self.kind]

    @property
    def link(self) -> str:
        """What makes predictions of scores: "identity", "sigmoid" or "softmax".

        It belongs to the kind; regression by binary cross-entropy alone predicts through the sigmoid.
        """
        return self.measure.link if self.kind == "regression" else LINKS[self.kind]

    @property
    def first_loss(self) -> float | None:
        """Loss of a network that knows nothing: ln C or ln 2; None where it depends on the targets."""
        if self.kind == "regression" or not self.measure.smooths:
            return None
        return math.log(self.classes) if self.loss == "cross_entropy" else math.log(2)

    def row_losses(self, scores: Float[Array, "B K"], targets: Any) -> Float[Array, " B"]:
        """Return one loss for each row.

        Args:
            scores: Shape (B, K), as the network gives them.
            targets: Class codes, shape (B,), or numbers, shape (B, K) (regression).

        Example:
            >>> task = for_problem("classification", classes=2, outputs=1)
            >>> [round(v, 4) for v in task.row_losses(jnp.zeros((1, 1)), jnp.array([1])).tolist()]
            [0.6931]
        """
        loss = self.measure
        if self.kind != "regression":
            scores, targets = self._in_form(loss.takes, scores, targets)
        smoothing = {"label_smoothing": self.label_smoothing} if loss.smooths else {}
        rows: Array = loss(scores, targets, **smoothing)
        return rows

    def _in_form(self, takes: str, scores: Array, targets: Array) -> tuple[Array, Array]:
        """Bring class codes, or a single score, to the form that a loss takes."""
        if takes == "classes":
            return (_two_columns(scores) if self.kind == "binary" else scores), targets
        if self.kind == "binary":
            return scores, targets[:, None].astype(jnp.float32)
        return scores, jax.nn.one_hot(targets, self.classes, dtype=jnp.float32)

    def probabilities(self, scores: Float[Array, "B K"]) -> Float[Array, "B C"]:
        """Return the probability of each class, shape (B, C); two columns for a binary task.

        Raises:
            RecipeError: The task is a regression.

        Example:
            >>> for_problem("classification", classes=2, outputs=1).probabilities(jnp.zeros((1, 1))).tolist()
            [[0.5, 0.5]]
        """
        if self.kind == "regression":
            raise RecipeError.at(
                "probabilities", "asked of a classification", "a regression", "predict gives its numbers"
            )
        columns = _two_columns(scores) if self.kind == "binary" else scores
        return jax.nn.softmax(columns.astype(jnp.float32), axis=-1)

    def predictions(self, scores: Float[Array, "B K"]) -> Float[Array, "B ..."]:
        """Return what the link makes of the scores: probabilities (B, C), or numbers (B, K) in regression.

        Example:
            >>> for_problem("regression").predictions(jnp.array([[2.5]])).tolist()
            [[2.5]]
        """
        if self.kind != "regression":
            return self.probabilities(scores)
        return jax.nn.sigmoid(scores) if self.link == "sigmoid" else scores


def _two_columns(scores: Float[Array, "B 1"]) -> Float[Array, "B 2"]:
    """Return the scores of both classes: softmax of (0, s) is the sigmoid of s."""
    return jnp.concatenate([jnp.zeros_like(scores), scores], axis=-1)


def for_problem(
    problem: str,
    classes: int = 1,
    outputs: int | Shape = 1,
    loss: str | None = None,
    label_smoothing: float = 0.0,
) -> Task:
    """Choose output and loss by the problem.

    Regression: identity and squared error. Two classes and one score: sigmoid and binary cross-entropy. C
        classes and C
    scores: softmax and cross-entropy.

    Args:
        problem: "regression" or "classification".
        classes: Number of classes C.
        outputs: Number of scores that the network gives, or its output shape.
        loss: Another loss, if asked for; it is obeyed where it can be computed.
        label_smoothing: Share of the target that is spread over all classes, in [0, 1).

    Raises:
        NetworkError: The network gives another number of scores than the problem needs.
        RecipeError: The problem or loss is unknown, or the loss cannot be computed.

    Example:
        >>> for_problem("classification", classes=2, outputs=1).kind
        'binary'
    """
    if problem not in ("regression", "classification"):
        known = ["regression", "classification"]
        raise RecipeError.at(
            "problem", "regression or classification", repr(problem), did_you_mean(problem, known)
        )
    if problem == "classification" and classes < 2:
        raise RecipeError.at(
            "classes", "at least 2", str(classes), "rows of another class, or problem='regression'"
        )
    scores = _number(outputs)
    kind = _kind(problem, classes, scores)
    return Task(kind, loss or USUAL[kind], scores, classes if kind != "regression" else 1, label_smoothing)


def _number(outputs: int | Shape) -> int:
    """Return the number of scores of a network that gives one row of them."""
    shape = outputs if isinstance(outputs, tuple) else (outputs,)
    if len(shape) != 1:
        raise NetworkError.at(
            "the network's last layer",
            "one that gives a row of scores, shape (K,)",
            f"shape {shape}",
            "put ll.Flatten() or ll.GlobalAveragePool() before the last ll.Dense",
        )
    return shape[0]


def _kind(problem: str, classes: int, outputs: int) -> str:
    if problem == "regression":
        _expect_outputs(outputs, 1, "regression")
        return "regression"
    if classes == 2 and outputs == 1:
        return "binary"
    _expect_outputs(outputs, classes, f"{classes} classes")
    return "one_of_many"


def _expect_outputs(outputs: int, wanted: int, reason: str) -> None:
    if outputs != wanted:
        either = " (or 1)" if wanted == 2 else ""
        raise NetworkError.at(
            "the network's last layer",
            f"one that gives {wanted} score{'s' if wanted > 1 else ''}{either} for {reason}",
            f"{outputs}",
            f"end the network in ll.Dense({wanted})",
        )
