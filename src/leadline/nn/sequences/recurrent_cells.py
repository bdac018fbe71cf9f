"""What a recurrent layer does at one step: from what it holds and a new input to what it holds next.

In: the weighted inputs of the step, the carry, and the parameters of one direction. Out: the next carry, a tuple
whose first member is the hidden state that is given out.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.activations import Activation

Carry = tuple[Float[Array, "B U"], ...]
Weights = Mapping[str, Array]


def simple(activation: Activation, sums: Float[Array, "B U"], carry: Carry, weights: Weights) -> Carry:
    """Return h' = a(s + h R)."""
    (hidden,) = carry
    return (activation(sums + hidden @ weights["recurrent_kernel"]),)


def gated(sums: Float[Array, "B 3U"], carry: Carry, weights: Weights) -> Carry:
    """Return h' = (1 - z)·n + z·h, n = tanh(s_n + r·(h R_n + c)): reset r, update z and news n, in this order.

    The reset gate acts after the product, as in cuDNN and PyTorch; Cho et al. reset h before it.
    """
    (hidden,) = carry
    reset, update, news = jnp.split(sums, 3, axis=-1)
    for_reset, for_update, for_news = jnp.split(hidden @ weights["recurrent_kernel"], 3, axis=-1)
    if "recurrent_bias" in weights:
        for_news = for_news + weights["recurrent_bias"]
    update = jax.nn.sigmoid(update + for_update)
    news = jnp.tanh(news + jax.nn.sigmoid(reset + for_reset) * for_news)
    return ((1 - update) * news + update * hidden,)


def long_short(sums: Float[Array, "B 4U"], carry: Carry, weights: Weights) -> Carry:
    """Return c' = f·c + i·g and h' = o·tanh(c'): input i, forget f, news g and output o, in this order."""
    hidden, memory = carry
    into, forget, news, out = jnp.split(sums + hidden @ weights["recurrent_kernel"], 4, axis=-1)
    memory = jax.nn.sigmoid(forget) * memory + jax.nn.sigmoid(into) * jnp.tanh(news)
    return jax.nn.sigmoid(out) * jnp.tanh(memory), memory
