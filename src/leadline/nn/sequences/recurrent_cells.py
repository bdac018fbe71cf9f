"""What a recurrent layer does at one step, and the way back through it.

Forward, in: the weighted inputs of the step (sums), the product of the state with the recurrent kernel, and the
carry. Out: the next carry, a tuple whose first member is the hidden state that is given out, and the slopes of the
step. Back, in: those slopes, and what is asked of the next carry (the gradient by it). Out: what is asked of the
sums, then of the product where that differs, and of the carry by other ways than the product. Slopes are gathered on
the way forward, where their factors are at hand; on the way back nothing is left but products with them.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.activations import Activation

Carry = tuple[Float[Array, "B U"], ...]
Asked = tuple[Float[Array, "B S"], ...]


class Cell(abc.ABC):
    """What happens at one step."""

    gates: ClassVar[int] = 1
    """How many sums one unit takes."""
    carried: ClassVar[int] = 1
    """How many numbers one unit holds from step to step."""

    @abc.abstractmethod
    def step(
        self, sums: Float[Array, "B S"], product: Float[Array, "B S"], carry: Carry
    ) -> tuple[Carry, Any]:
        """Return the next carry, and the slopes of the step."""

    @abc.abstractmethod
    def back(self, slopes: Any, asked: Carry) -> tuple[Asked, Carry]:
        """Return what is asked of sums and product, and of the carry by other ways than the product."""


@dataclass(frozen=True)
class Simple(Cell):
    """h' = a(s + h R)."""

    activation: Activation

    def step(
        self, sums: Float[Array, "B U"], product: Array, carry: Carry
    ) -> tuple[Carry, Callable[[Array], tuple[Array]]]:
        """Return the next state, and the slopes of the activation."""
        hidden, slopes = jax.vjp(self.activation, sums + product)
        return (hidden,), slopes

    def back(self, slopes: Callable[[Array], tuple[Array]], asked: Carry) -> tuple[Asked, Carry]:
        """Return what is asked of the sums; the state is met in the product alone."""
        return slopes(asked[0]), (jnp.zeros_like(asked[0]),)


class GatedSlopes(NamedTuple):
    """Slopes of a GRU's step, each (B, U).

    Those of the next state are by the sums of update and news and by the state before it, those of the sum of the news
    by that of the reset and by its product.
    """

    by_update: Array
    by_news: Array
    news_by_reset: Array
    news_by_product: Array
    by_state: Array


@dataclass(frozen=True)
class Gated(Cell):
    """h' = (1 - z)·n + z·h, n = tanh(s_n + r·(h R_n + c)), with reset r, update z and news n in this order.

    The reset gate acts after the product, as in cuDNN and PyTorch; Cho et al. reset h before it.
    """

    gates = 3

    def step(self, sums: Float[Array, "B 3U"], product: Array, carry: Carry) -> tuple[Carry, GatedSlopes]:
        """Return the next state, and the slopes."""
        (hidden,) = carry
        reset, update, news = jnp.split(sums, 3, axis=-1)
        for_reset, for_update, for_news = jnp.split(product, 3, axis=-1)
        reset, update = jax.nn.sigmoid(reset + for_reset), jax.nn.sigmoid(update + for_update)
        news = jnp.tanh(news + reset * for_news)
        slopes = GatedSlopes(
            by_update=(hidden - news) * update * (1 - update),
            by_news=(1 - update) * (1 - news * news),
            news_by_reset=for_news * reset * (1 - reset),
            news_by_product=reset,
            by_state=update,
        )
        return ((1 - update) * news + update * hidden,), slopes

    def back(self, slopes: GatedSlopes, asked: Carry) -> tuple[Asked, Carry]:
        """Return what is asked of the sums, of the product and of the state."""
        (hidden,) = asked
        news = hidden * slopes.by_news
        gates = news * slopes.news_by_reset, hidden * slopes.by_update
        ends = news, news * slopes.news_by_product
        of_sums, of_product = (jnp.concatenate([*gates, end], axis=-1) for end in ends)
        return (of_sums, of_product), (hidden * slopes.by_state,)


class LongShortSlopes(NamedTuple):
    """Slopes of an LSTM's step, each (B, U).

    Those of the next memory are by the sums of its three gates and by the memory before it, those of the next state by
    the sum of the output gate and by the next memory.
    """

    by_input: Array
    by_forget: Array
    by_news: Array
    by_memory: Array
    state_by_output: Array
    state_by_memory: Array


@dataclass(frozen=True)
class LongShort(Cell):
    """c' = f·c + i·g, h' = o·tanh(c'), with input i, forget f, news g and output o in this order."""

    gates = 4
    carried = 2

    def step(self, sums: Float[Array, "B 4U"], product: Array, carry: Carry) -> tuple[Carry, LongShortSlopes]:
        """Return the next state and memory, and the slopes."""
        _, memory = carry
        into, forget, news, out = jnp.split(sums + product, 4, axis=-1)
        into, forget, out = map(jax.nn.sigmoid, (into, forget, out))
        news = jnp.tanh(news)
        after = forget * memory + into * news
        seen = jnp.tanh(after)
        slopes = LongShortSlopes(
            by_input=news * into * (1 - into),
            by_forget=memory * forget * (1 - forget),
            by_news=into * (1 - news * news),
            by_memory=forget,
            state_by_output=seen * out * (1 - out),
            state_by_memory=out * (1 - seen * seen),
        )
        return (out * seen, after), slopes

    def back(self, slopes: LongShortSlopes, asked: Carry) -> tuple[Asked, Carry]:
        """Return what is asked of the sums, and of the memory; the state is met in the product alone."""
        hidden, memory = asked
        memory = memory + hidden * slopes.state_by_memory
        of_memory = (memory * slope for slope in (slopes.by_input, slopes.by_forget, slopes.by_news))
        of_sums = jnp.concatenate([*of_memory, hidden * slopes.state_by_output], axis=-1)
        return (of_sums,), (jnp.zeros_like(hidden), memory * slopes.by_memory)
