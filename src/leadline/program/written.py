"""A loss as somebody wrote it: what it takes the outputs and the targets for, right or wrong.

Comes in: outputs of a network and targets as they are. Goes out: one number, and gradients through it. Losses of
:mod:`leadline.nn.losses` cannot be written wrong; those of other frameworks can, and this is their arithmetic: logs of
probabilities that may be no probabilities, shapes that broadcast, sums in place of means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import NOT_NEGATIVE, OneOf, check_fields
from leadline.core.errors import Problems, RecipeError
from leadline.core.text import did_you_mean

NUMBERS = ("mse", "mae", "log_cosh", "huber")
PROBABLE = ("binary_cross_entropy", "cross_entropy", "kl_divergence")
KERAS_CLIP = 1e-7


@dataclass(frozen=True)
class Written:
    """A loss as written.

    Args:
        name: "mse", "mae", "huber" (delta 1) or "log_cosh" of numbers; "binary_cross_entropy" of each output by
            itself; "cross_entropy" over the outputs of a row; "kl_divergence" from the targets to the outputs.
        reads: What it takes the outputs for: "numbers", "probabilities" (it takes their logarithm) or "scores" (it
            applies sigmoid or softmax itself).
        labels: What it takes the targets for: "numbers"; "columns", one for each output (one-hot, or each yes or
            no); or "codes" of classes, of the cross-entropy.
        clip: Probabilities are kept this far from 0 and 1; 0 for a logarithm of whatever comes.
        normalizes: Whether probabilities are divided by their sum first, as Keras does.
        reduction: "mean" or "sum", over the rows.
        axis: What softmax and the sum over classes run over: "classes", or "rows" by mistake.
        expands: Whether targets of shape (B,) become (B, 1) first, as in Keras; else they broadcast to the left, as
            in NumPy and PyTorch, so that (B, 1) against (B,) gives (B, B).
        sign: 1 to follow the gradient down, -1 to follow it up by mistake; the loss itself stays what it is.

    Raises:
        RecipeError: A choice is none of these, or two of them cannot go together.

    Example:
        >>> loss = Written("binary_cross_entropy", "probabilities", "columns")
        >>> round(float(loss(jnp.array([[0.5]]), jnp.array([1.0]))), 4)
        0.6931
    """

    name: Annotated[str, OneOf(*NUMBERS, *PROBABLE)]
    reads: Annotated[str, OneOf("numbers", "probabilities", "scores")] = "numbers"
    labels: Annotated[str, OneOf("numbers", "columns", "codes")] = "numbers"
    clip: Annotated[float, NOT_NEGATIVE] = KERAS_CLIP
    normalizes: bool = False
    reduction: Annotated[str, OneOf("mean", "sum")] = "mean"
    axis: Annotated[str, OneOf("classes", "rows")] = "classes"
    expands: bool = True
    sign: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self, "loss", RecipeError)
        problems = Problems()
        if (self.name in NUMBERS) != (self.reads == "numbers"):
            must = "'numbers'" if self.name in NUMBERS else "'probabilities' or 'scores'"
            problems.add("loss, reads", f"{must} with {self.name!r}", repr(self.reads))
        if self.labels == "codes" and self.name != "cross_entropy":
            problems.add("loss, labels", f"'numbers' or 'columns' with {self.name!r}", "'codes'")
        problems.raise_as(RecipeError)

    def __call__(self, outputs: Float[Array, "B K"], targets: Array) -> Float[Array, ""]:
        """Return the loss of a batch.

        Args:
            outputs: Of the network.
            targets: (B,) or (B, K), as they are.
        """
        rows = self.rows(outputs, targets)
        # A wrong shape gives another number of rows than the batch has; the sum is that of all of them.
        return rows.sum() if self.reduction == "sum" else rows.mean()

    def rows(self, outputs: Float[Array, "B K"], targets: Array) -> Float[Array, " N"]:
        """Return what is averaged: one loss for each row where the shapes are right."""
        if self.labels == "codes":
            return self._of_codes(outputs, targets)
        targets = targets.astype(outputs.dtype)
        if targets.ndim == 1 and self.expands:
            targets = targets[:, None]
        if self.name in NUMBERS:
            each = _of_numbers(self.name, outputs - targets)
            return each.mean(axis=-1)
        if self.name == "binary_cross_entropy":
            return self._of_each(outputs, targets).mean(axis=-1)
        logs = self._logs(outputs)
        if self.name == "kl_divergence":
            kept = jnp.maximum(targets, self.clip)
            return (targets * (jnp.log(kept) - logs)).sum(axis=-1)
        return -(targets * logs).sum(axis=self._over)

    @property
    def _over(self) -> int:
        return 0 if self.axis == "rows" else -1

    def _of_each(self, outputs: Array, targets: Array) -> Array:
        if self.reads == "scores":
            return jnp.maximum(outputs, 0) - outputs * targets + jnp.log1p(jnp.exp(-jnp.abs(outputs)))
        kept = self._kept(outputs)
        return -(targets * jnp.log(kept) + (1 - targets) * jnp.log1p(-kept))

    def _of_codes(self, outputs: Array, targets: Array) -> Array:
        codes = targets.reshape(len(targets), -1)[:, 0].astype(jnp.int32)
        # A code that has no output gives NaN, as a sparse cross-entropy on a GPU does.
        return -jnp.take_along_axis(self._logs(outputs), codes[:, None], axis=1, mode="fill")[:, 0]

    def _logs(self, outputs: Array) -> Array:
        if self.reads == "scores":
            return jax.nn.log_softmax(outputs, axis=self._over)
        if self.normalizes:
            outputs = outputs / outputs.sum(axis=self._over, keepdims=True)
        return jnp.log(self._kept(outputs))

    def _kept(self, outputs: Array) -> Array:
        return jnp.clip(outputs, self.clip, 1 - self.clip) if self.clip else outputs

    def to_spec(self) -> dict[str, Any]:
        """Return it as plain data; only what differs from the default is written.

        Example:
            >>> Written("mse").to_spec()
            {'name': 'mse'}
        """
        fields = dataclasses.fields(self)
        chosen = {field.name: getattr(self, field.name) for field in fields}
        return {field.name: chosen[field.name] for field in fields if chosen[field.name] != field.default}

    @staticmethod
    def from_spec(spec: Mapping[str, Any]) -> Written:
        """Return the loss that plain data describes.

        Raises:
            RecipeError: A key is unknown, or a value is out of bounds.

        Example:
            >>> Written.from_spec({"name": "mse", "reduction": "sum"}).reduction
            'sum'
        """
        known = [field.name for field in dataclasses.fields(Written)]
        problems = Problems()
        for name in spec:
            if name not in known:
                problems.add("loss", "given choices it has", repr(name), did_you_mean(name, known))
        if "name" not in spec:
            problems.add("loss, name", "given", "nothing", 'loss = {name = "mse"}')
        problems.raise_as(RecipeError)
        return Written(**spec)


def _of_numbers(name: str, errors: Array) -> Array:
    if name == "mse":
        return jnp.square(errors)
    size = jnp.abs(errors)
    if name == "mae":
        return size
    if name == "huber":
        return jnp.where(size <= 1, 0.5 * jnp.square(errors), size - 0.5)
    return size + jnp.log1p(jnp.exp(-2 * size)) - jnp.log(2.0)
