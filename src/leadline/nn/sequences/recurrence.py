"""One way through sequences, step by step: what the recurrent layers have in common.

In: sequences (B, T, F), how many of their steps are real, and what happens at one step. Out: the hidden state
after the last real step, or after every step. A layer adds its gates and how they begin.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, tanh
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State
from leadline.nn.initializers import Initializer
from leadline.nn.sequences.lengths import check_lengths, real_steps, without_padding
from leadline.nn.sequences.recurrent_cells import Carry, Weights

SEQUENCE_RANK = 2  # steps, features
BACKWARD = "backward_"
FEATURES = "x[..., None] makes a feature of each number; ll.Embedding(...) makes features of tokens"


class Recurrent(Layer):
    """A layer that goes through sequences step by step and holds a state: what RNN, GRU and LSTM share."""

    has_weights = True
    gates: ClassVar[int] = 1
    """How many sums one unit takes."""
    carried: ClassVar[int] = 1
    """How many numbers one unit holds from step to step."""

    units: int
    sequence: bool
    both: bool
    initializer: Initializer
    recurrent_initializer: Initializer
    bias: bool

    @abc.abstractmethod
    def step(self, sums: Float[Array, "B S"], carry: Carry, weights: Weights) -> Carry:
        """Return what is held after one step."""

    @abc.abstractmethod
    def biases(self) -> Params:
        """Return the biases of one direction as they begin."""

    @property
    def output_activation(self) -> Activation:
        """Its outputs stand within the bounds of tanh: a product with a gate, or a mean of two of them."""
        return tanh

    @property
    def bends_within(self) -> bool:
        """The activation stands between its kernel and its recurrent kernel."""
        return self.nonlinear

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return (T, units) or (units,); twice the units for both directions."""
        if len(shape) != SEQUENCE_RANK:
            hint = FEATURES if len(shape) == 1 else "ll.Reshape((T, F)) makes a sequence of T steps"
            raise NetworkError.at(self.called(path), "given sequences (T, F)", f"shape {shape}", hint)
        outputs = self.units * (1 + self.both)
        return (shape[0], outputs) if self.sequence else (outputs,)

    def lengths_after(self, inputs: Float[Array, "B T F"], lengths: Array | None) -> Array | None:
        """Return the same lengths; none where only the last state is given."""
        return lengths if self.sequence else None

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return for each direction a kernel (F, gates·units), a recurrent kernel (units, gates·units) and biases."""
        params = self._direction(jax.random.fold_in(key, 0), shape[-1])
        if self.both:
            other = self._direction(jax.random.fold_in(key, 1), shape[-1])
            params |= {BACKWARD + name: array for name, array in other.items()}
        return params, {}

    def _direction(self, key: PRNGKeyArray, features: int) -> Params:
        """Every gate begins with kernels of its own, so that their spread fits its own size."""
        params = {}
        for name, begin, inputs in (
            ("kernel", self.initializer, features),
            ("recurrent_kernel", self.recurrent_initializer, self.units),
        ):
            key, *keys = jax.random.split(key, 1 + self.gates)
            each = [begin(one, (inputs, self.units), inputs, self.units) for one in keys]
            params[name] = jnp.concatenate(each, axis=1)
        return params | (self.biases() if self.bias else {})

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B T F"], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the state after every step, or after the last real one."""
        check_lengths(self.called(how.path), inputs, how.lengths)
        inputs = without_padding(inputs, how.lengths)
        real = None if how.lengths is None else real_steps(inputs, how.lengths)
        forward = {name: array for name, array in params.items() if not name.startswith(BACKWARD)}
        found = [self._through(inputs, real, forward, backward=False)]
        if self.both:
            other = {name.removeprefix(BACKWARD): params[name] for name in params if name not in forward}
            found.append(self._through(inputs, real, other, backward=True))
        outputs = jnp.concatenate(found, axis=-1) if self.both else found[0]
        return (without_padding(outputs, how.lengths) if self.sequence else outputs), state

    def _through(
        self,
        inputs: Float[Array, "B T F"],
        real: Bool[Array, "B T 1"] | None,
        weights: Weights,
        backward: bool,
    ) -> Float[Array, "B ..."]:
        """Go through in one direction. All inputs are weighed before the loop, which is faster than in it."""
        sums = inputs @ weights["kernel"]
        sums = sums + weights["bias"] if self.bias else sums
        start = tuple(jnp.zeros((len(inputs), self.units), sums.dtype) for _ in range(self.carried))
        last, every = steps(
            lambda sums, carry: self.step(sums, carry, weights), sums, start, real, backward, self.sequence
        )
        return last if every is None else every


def steps(
    step: Callable[[Float[Array, "B S"], Carry], Carry],
    sums: Float[Array, "B T S"],
    start: Carry,
    real: Bool[Array, "B T 1"] | None,
    backward: bool,
    every: bool,
) -> tuple[Float[Array, "B U"], Float[Array, "B T U"] | None]:
    """Return the hidden state at the end, and if asked that after every step.

    A padded step changes nothing. So the state at the end is that of the last real step, and the way backward,
    which meets the padding first, begins at the last real step.

    Args:
        step: From the sums of one step and the carry to the next carry.
        sums: Weighted inputs of all steps.
        start: The carry before the first step.
        real: Which steps are; None where all are.
        backward: From the last step to the first.
        every: Whether to give the hidden state after every step.
    """

    def advance(carry: Carry, now: tuple[Array, Array | None]) -> tuple[Carry, Array | None]:
        at, counts = now
        after = step(at, carry)
        if counts is not None:
            after = tuple(jnp.where(counts, new, old) for new, old in zip(after, carry, strict=True))
        return after, after[0] if every else None

    in_time = jax.tree.map(lambda array: jnp.swapaxes(array, 0, 1), (sums, real))
    (last, *_), found = lax.scan(advance, start, in_time, reverse=backward)
    return last, None if found is None else jnp.swapaxes(found, 0, 1)
