"""Attention: each step of a sequence takes from the others, weighed by how well they answer its query.

In: queries, keys and values, or a sequence (T, F) that gives all three. Out: one mean of the values for each query.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from leadline.core.constraints import RATE
from leadline.core.errors import NetworkError, Problems
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import Count, Flag, InitializerField
from leadline.nn.initializers import glorot_uniform
from leadline.nn.noise import Dropout
from leadline.nn.sequences.lengths import check_lengths, real_steps, without_padding

Mask = Bool[Array, "... T S"]
HIDDEN = -1e30  # a score whose share is exactly 0; infinity would give NaN where nothing may be looked at


def attention_weights(
    queries: Float[Array, "... T D"], keys: Float[Array, "... S D"], mask: Mask | None = None
) -> Float[Array, "... T S"]:
    """Return how much each query takes from each place: softmax(q k / sqrt(D)) over the places.

    Args:
        queries: Shape (..., T, D).
        keys: Shape (..., S, D).
        mask: True where a query may look; any shape that broadcasts to (..., T, S). None: everywhere.

    Returns:
        Shape (..., T, S); each row sums to 1, or is all 0 where the query may look nowhere.

    Raises:
        NetworkError: The shapes do not fit.

    Example:
        >>> weights = attention_weights(jnp.eye(2), 10 * jnp.eye(2), jnp.array([[True, True], [False, True]]))
        >>> [[round(share, 3) for share in row] for row in weights.tolist()]
        [[0.999, 0.001], [0.0, 1.0]]

    Source: Vaswani et al., Attention is all you need (2017).
    """
    _check(queries, keys, None, mask)
    scores = jnp.einsum("...td,...sd->...ts", queries, keys) / math.sqrt(queries.shape[-1])
    exact = scores.astype(jnp.promote_types(scores.dtype, jnp.float32))  # a sum of shares needs the digits
    if mask is None:
        return jax.nn.softmax(exact).astype(scores.dtype)
    weights = jax.nn.softmax(jnp.where(mask, exact, HIDDEN))
    return jnp.where(mask, weights, 0).astype(scores.dtype)


def attention(
    queries: Float[Array, "... T D"],
    keys: Float[Array, "... S D"],
    values: Float[Array, "... S V"],
    mask: Mask | None = None,
) -> Float[Array, "... T V"]:
    """Return for each query the mean of the values, weighed by its keys: softmax(q k / sqrt(D)) v.

    Queries of one sequence and keys and values of another make it cross-attention.

    Args:
        queries: What is looked for, shape (..., T, D).
        keys: What each place offers to be found by, shape (..., S, D).
        values: What each place gives, shape (..., S, V).
        mask: True where a query may look; any shape that broadcasts to (..., T, S). None: everywhere.

    Returns:
        Shape (..., T, V); 0 for a query that may look nowhere.

    Raises:
        NetworkError: The shapes do not fit.

    Example:
        >>> attention(jnp.zeros((1, 2)), jnp.ones((2, 2)), jnp.array([[1.0], [3.0]])).tolist()
        [[2.0]]

    Source: Vaswani et al., Attention is all you need (2017).
    """
    _check(queries, keys, values, mask)
    return attention_weights(queries, keys, mask) @ values


def _check(queries: Array, keys: Array, values: Array | None, mask: Mask | None) -> None:
    problems = Problems()
    if min(jnp.ndim(queries), jnp.ndim(keys)) < 2 or keys.shape[-1] != queries.shape[-1]:
        must_be = "of the shapes (..., T, D) and (..., S, D)"
        problems.add("attention, queries and keys", must_be, f"{jnp.shape(queries)} and {jnp.shape(keys)}")
    elif values is not None and (jnp.ndim(values) < 2 or values.shape[-2] != keys.shape[-2]):
        must_be = f"one for each of the {keys.shape[-2]} keys, of shape (..., {keys.shape[-2]}, V)"
        problems.add("attention, values", must_be, f"shape {jnp.shape(values)}")
    elif mask is not None:
        _check_mask(
            mask,
            (*jnp.broadcast_shapes(queries.shape[:-2], keys.shape[:-2]), *_ends(queries, keys)),
            problems,
        )
    problems.raise_as(NetworkError)


def _ends(queries: Array, keys: Array) -> Shape:
    return queries.shape[-2], keys.shape[-2]


def _check_mask(mask: Mask, wanted: Shape, problems: Problems) -> None:
    try:
        fits = jnp.broadcast_shapes(jnp.shape(mask), wanted)[-2:] == wanted[-2:]
    except ValueError:
        fits = False
    if not fits or jnp.result_type(mask) != jnp.bool_:
        must_be = f"booleans that broadcast to {wanted}, True where a query may look"
        got = f"{jnp.result_type(mask)} of shape {jnp.shape(mask)}"
        problems.add("attention, mask", must_be, got, "jnp.arange(S) < lengths[:, None, None] hides padding")


@register(
    "attention",
    formula="[softmax(Q_h K_hᵀ / sqrt(D)) V_h, for each head h] O + b, with Q, K, V = x times their kernels",
    year=2017,
    source="Vaswani et al., Attention is all you need",
)
class Attention(Layer):
    """Let each step of a sequence look at all others, in several ways at once. Vaswani et al., 2017.

    Queries, keys and values are weighed sums of the features, cut into heads of D = units / heads numbers. Each
    head takes softmax(q k / sqrt(D)) v; the heads side by side are weighed once more. Padding is not looked at, and
    steps in the padding give 0. Order is not seen: put ``ll.Positions()`` before it.

    The keys have no bias: it would add the same to all scores of a query, which the softmax takes away again.

    Args:
        heads: Number of ways to look, at least 1; it must divide the units.
        units: Number of outputs of a step; as many as features by default, so that it fits into ``ll.Residual``.
        causal: Look at no later step than its own.
        dropout: Share of the weights that is dropped while training, in [0, 1).
        initializer: How the four kernels begin.
        bias: Whether to add biases to queries, values and outputs; they begin with 0.

    Raises:
        NetworkError: A choice is out of range; the heads do not divide the units; the inputs are no sequences;
            lengths do not fit them; or there is no key while training with dropout.

    Example:
        >>> from leadline.nn import Attention
        >>> Attention(4).output_shape((20, 32)), Attention(4, 64).output_shape((20, 32))
        ((20, 32), (20, 64))
    """

    has_weights = True

    heads: Count
    units: Count | None = None
    causal: Flag = False
    dropout: Annotated[float, RATE] = 0.0
    initializer: InitializerField = glorot_uniform
    bias: Flag = True

    @property
    def nonlinear(self) -> bool:
        """Its weights depend on its inputs."""
        return True

    @property
    def bends_within(self) -> bool:
        """The softmax stands between the kernels of queries and outputs."""
        return True

    @property
    def random(self) -> bool:
        """It needs a key to drop weights."""
        return self.dropout > 0

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return (T, units)."""
        if len(shape) != 2:
            hint = "ll.Embedding(...) makes features of tokens, ll.Reshape((T, F)) a sequence of an image"
            raise NetworkError.at(self.called(path), "given sequences (T, F)", f"shape {shape}", hint)
        units = self.units or shape[1]
        if units % self.heads:
            must_be = f"given units that its {self.heads} heads divide"
            got = f"{units} units" if self.units else f"{units} features, which are its units"
            hint = f"units={self.heads * -(-units // self.heads)}, or another number of heads"
            raise NetworkError.at(self.called(path), must_be, got, hint)
        return shape[0], units

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return kernels for queries, keys and values (F, units) and outputs (units, units), and biases (units,)."""
        units, sizes = self.output_shape(shape)[1], {"query": shape[1], "key": shape[1], "value": shape[1]}
        params = {}
        for index, (name, inputs) in enumerate((sizes | {"output": units}).items()):
            begin = jax.random.fold_in(key, index)
            params[f"{name}_kernel"] = self.initializer(begin, (inputs, units), inputs, units)
            if self.bias and name != "key":
                params[f"{name}_bias"] = jnp.zeros(units)
        return params, {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B T F"], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B T U"], State]:
        """Return what each step takes from the steps it may look at."""
        check_lengths(self.called(how.path), inputs, how.lengths)
        inputs = without_padding(inputs, how.lengths)
        queries, keys, values = (self._heads(inputs, params, name) for name in ("query", "key", "value"))
        weights = attention_weights(queries, keys, self._mask(inputs, how))
        weights, _ = Dropout(self.dropout).apply({}, {}, weights, how)
        found = jnp.moveaxis(weights @ values, 1, 2).reshape(*inputs.shape[:2], -1)
        return without_padding(_weighed(found, params, "output"), how.lengths), state

    def _heads(self, inputs: Float[Array, "B T F"], params: Params, name: str) -> Float[Array, "B H T D"]:
        """Return the queries, keys or values of every head."""
        whole = _weighed(inputs, params, name)
        return jnp.moveaxis(whole.reshape(*whole.shape[:2], self.heads, -1), 2, 1)

    def _mask(self, inputs: Float[Array, "B T F"], how: Pass) -> Mask | None:
        """Return True where a step may look: at real steps, and if causal at none after it."""
        steps = inputs.shape[1]
        mask = jnp.tril(jnp.ones((1, 1, steps, steps), bool)) if self.causal else None
        if how.lengths is None:
            return mask
        real = real_steps(inputs, how.lengths)[:, None, None, :, 0]
        return real if mask is None else mask & real


def _weighed(inputs: Float[Array, "B T F"], params: Params, name: str) -> Float[Array, "B T U"]:
    sums: Array = inputs @ params[f"{name}_kernel"]
    return sums + params[f"{name}_bias"] if f"{name}_bias" in params else sums
