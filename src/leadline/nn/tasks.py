"""The task: what is asked of a network, and the only place that pairs its scores with a loss.

In: the problem of the data set, the number of classes and of scores. Out: a frozen task that gives row losses
and probabilities. Networks end in scores and the task owns the link, so that softmax cannot be applied twice
unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import RATE, OneOf, check_fields
from leadline.core.errors import NetworkError, Problems, RecipeError
from leadline.core.text import did_you_mean
from leadline.nn.base import Shape
from leadline.nn.losses import Loss, loss_of
from leadline.nn.losses.densities import means_of
from leadline.nn.pairings import GO_TOGETHER, link_of

PROBLEMS = ("regression", "classification", "several_labels")


@dataclass(frozen=True)
class Task:
    """What is asked.

    Args:
        kind: "regression", "binary" (one score for two classes), "one_of_many" (one score for each class) or
            "several_labels" (one score for each label, each yes or no on its own).
        loss: Name of the loss that is used, perhaps with settings: "huber(delta=2.0)".
        outputs: Number of scores K.
        classes: Number of classes C, or of labels; 1 in regression.
        label_smoothing: Share of the target that is spread over all classes, in [0, 1).

    Raises:
        RecipeError: There is no such loss, it cannot be computed for this kind, or cannot smooth labels.

    Example:
        >>> task = for_problem("classification", classes=10, outputs=10)
        >>> task.loss, task.link, round(task.first_loss, 3)
        ('cross_entropy', 'softmax', 2.303)
    """

    kind: Annotated[str, OneOf(*GO_TOGETHER)]
    loss: str
    outputs: int
    classes: int = 1
    label_smoothing: Annotated[float, RATE] = 0.0

    def __post_init__(self) -> None:
        check_fields(self, kind=RecipeError)
        loss = self.measure
        object.__setattr__(self, "loss", loss.text)
        problems = Problems()
        if wrong := self._unfit(loss):
            problems.add("loss", wrong[0], f"{self.loss!r}, which {wrong[1]}", f"loss={self.usual_loss!r}")
        if self.label_smoothing and (not loss.smooths or self.kind == "regression"):
            must_be = f"0 with the loss {self.loss!r} in {self.kind}"
            hint = "label smoothing goes with cross_entropy and binary_cross_entropy on classes"
            problems.add("label_smoothing", must_be, f"{self.label_smoothing}", hint)
        problems.raise_as(RecipeError)

    def _unfit(self, loss: Loss) -> tuple[str, str] | None:
        """Say what the loss must be, and what this one does, where it cannot be computed for this kind."""
        if loss.takes == "classes" and self.kind in ("regression", "several_labels"):
            return f"one that takes numbers, in {self.kind}", "takes classes"
        if loss.spread is not None and self.kind != "regression":
            return f"one that predicts no spread, in {self.kind}", "predicts the spread of numbers"
        return None

    @property
    def measure(self) -> Loss:
        """The loss itself."""
        return loss_of(self.loss)

    @property
    def usual_loss(self) -> str:
        """Name of the loss that belongs to this kind."""
        return next(iter(GO_TOGETHER[self.kind]))

    @property
    def suited_losses(self) -> tuple[str, ...]:
        """Names of all losses that go with this kind, the usual one first; see :func:`pairings`."""
        return tuple(GO_TOGETHER[self.kind])

    @property
    def link(self) -> str:
        """What makes predictions of scores: "identity", "sigmoid" or "softmax".

        It belongs to the kind; regression by binary cross-entropy alone predicts through the sigmoid.
        """
        return link_of(self.kind, self.measure)

    @property
    def first_loss(self) -> float | None:
        """Loss of a network that knows nothing, e.g. ln C; None where it depends on the targets."""
        loss = self.measure
        if self.kind == "regression" or loss.first is None:
            return None
        return loss.first(self.classes, **loss.chosen)

    def row_losses(self, scores: Float[Array, "B K"], targets: Any) -> Float[Array, " B"]:
        """Return one loss for each row.

        Args:
            scores: Shape (B, K), as the network gives them.
            targets: Class codes, shape (B,); numbers, shape (B, K), in regression; 0 or 1 for each label,
                shape (B, C).

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
        if self.kind == "several_labels":
            return scores, targets.astype(jnp.float32)
        if takes == "classes":
            return (_two_columns(scores) if self.kind == "binary" else scores), targets
        if self.kind == "binary":
            return scores, targets[:, None].astype(jnp.float32)
        return scores, jax.nn.one_hot(targets, self.classes, dtype=jnp.float32)

    def probabilities(self, scores: Float[Array, "B K"]) -> Float[Array, "B C"]:
        """Return the probability of each class, shape (B, C); two columns for a binary task.

        Classes share the whole: rows sum to 1. Several labels do not: each is likely or not on its own.

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
        if self.kind == "several_labels":
            return jax.nn.sigmoid(scores.astype(jnp.float32))
        columns = _two_columns(scores) if self.kind == "binary" else scores
        return jax.nn.softmax(columns.astype(jnp.float32), axis=-1)

    def predictions(self, scores: Float[Array, "B K"]) -> Float[Array, "B ..."]:
        """Return what the link makes of the scores: probabilities (B, C), or numbers in regression.

        Where a loss predicts the spread too, the numbers are the means.

        Example:
            >>> for_problem("regression").predictions(jnp.array([[2.5]])).tolist()
            [[2.5]]
            >>> for_problem("regression", outputs=2, loss="gaussian_nll").predictions(jnp.ones((1, 2))).shape
            (1, 1)
        """
        if self.kind != "regression":
            return self.probabilities(scores)
        if self.measure.spread is not None:
            return means_of(scores)
        return jax.nn.sigmoid(scores) if self.link == "sigmoid" else scores

    def spreads(self, scores: Float[Array, "B K"]) -> Float[Array, "B N"]:
        """Return the standard deviation that is predicted for each number.

        Raises:
            RecipeError: The loss predicts no spread.

        Example:
            >>> task = for_problem("regression", outputs=2, loss="gaussian_nll")
            >>> task.spreads(jnp.array([[5.0, 0.0]])).tolist()
            [[1.0]]
        """
        spread = self.measure.spread
        if spread is None:
            must_be, hint = "asked of a loss that predicts it", 'loss="gaussian_nll" in regression'
            raise RecipeError.at("spread", must_be, repr(self.loss), hint)
        return spread(scores.astype(jnp.promote_types(scores.dtype, jnp.float32)))


def _two_columns(scores: Float[Array, "B 1"]) -> Float[Array, "B 2"]:
    """Return the scores of both classes: softmax of (0, s) is the sigmoid of s."""
    return jnp.concatenate([jnp.zeros_like(scores), scores], axis=-1)


def for_problem(
    problem: str,
    classes: int = 1,
    outputs: int | Shape = 1,
    loss: str | Loss | None = None,
    label_smoothing: float = 0.0,
) -> Task:
    """Choose output and loss by the problem.

    Regression: identity and squared error, or two scores and a density whose spread is predicted too. Two
    classes and one score: sigmoid and binary cross-entropy. C classes and C scores: softmax and
    cross-entropy. C labels and C scores: a sigmoid and a binary cross-entropy for each.

    Args:
        problem: "regression", "classification" or "several_labels".
        classes: Number of classes, or of labels, C.
        outputs: Number of scores that the network gives, or its output shape.
        loss: Another loss, or its name, if asked for; it is obeyed where it can be computed.
        label_smoothing: Share of the target that is spread over all classes, in [0, 1).

    Raises:
        NetworkError: The network gives another number of scores than the problem needs.
        RecipeError: The problem or loss is unknown, or the loss cannot be computed.

    Example:
        >>> for_problem("classification", classes=2, outputs=1).kind
        'binary'
        >>> for_problem("several_labels", classes=4, outputs=4).probabilities(jnp.zeros((1, 4))).tolist()
        [[0.5, 0.5, 0.5, 0.5]]
    """
    if problem not in PROBLEMS:
        must_be = f"one of {', '.join(PROBLEMS)}"
        raise RecipeError.at("problem", must_be, repr(problem), did_you_mean(str(problem), PROBLEMS))
    if problem == "classification" and classes < 2:
        raise RecipeError.at(
            "classes", "at least 2", str(classes), "rows of another class, or problem='regression'"
        )
    asked = loss_of(loss) if loss else None
    scores = _number(outputs)
    kind = _kind(problem, classes, scores, asked)
    known = classes if kind != "regression" else 1
    return Task(kind, asked.text if asked else next(iter(GO_TOGETHER[kind])), scores, known, label_smoothing)


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


def _kind(problem: str, classes: int, outputs: int, loss: Loss | None) -> str:
    if problem == "regression":
        if loss is not None and loss.spread is not None:
            _expect_outputs(outputs, 2, f"regression by {loss.text}: a mean and a log of the spread")
        else:
            _expect_outputs(outputs, 1, "regression")
        return "regression"
    if problem == "several_labels":
        _expect_outputs(outputs, classes, f"{classes} label{'s' if classes > 1 else ''}", either="")
        return "several_labels"
    if classes == 2 and outputs == 1:
        return "binary"
    _expect_outputs(outputs, classes, f"{classes} classes", either=" (or 1)" if classes == 2 else "")
    return "one_of_many"


def _expect_outputs(outputs: int, wanted: int, reason: str, either: str = "") -> None:
    if outputs != wanted:
        raise NetworkError.at(
            "the network's last layer",
            f"one that gives {wanted} score{'s' if wanted > 1 else ''}{either} for {reason}",
            f"{outputs}",
            f"end the network in ll.Dense({wanted})",
        )
