"""One way through sequences, step by step: what the recurrent layers have in common.

In: sequences (B, T, F), how many of their steps are real, and what happens at one step. Out: the hidden state
after the last real step, or after every step. A layer adds its gates and how they begin.
"""

from __future__ import annotations

import abc

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, tanh
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State
from leadline.nn.initializers import Initializer
from leadline.nn.sequences.lengths import check_lengths, real_steps, without_padding
from leadline.nn.sequences.recurrent_cells import Cell
from leadline.nn.sequences.through_time import Weights, through_time

SEQUENCE_RANK = 2  # steps, features
BACKWARD = "backward_"
FEATURES = "x[..., None] makes a feature of each number; ll.Embedding(...) makes features of tokens"


class Recurrent(Layer):
    """A layer that goes through sequences step by step and holds a state: what RNN, GRU and LSTM share."""

    has_weights = True

    units: int
    sequence: bool
    both: bool
    initializer: Initializer
    recurrent_initializer: Initializer
    bias: bool

    @property
    @abc.abstractmethod
    def cell(self) -> Cell:
        """What happens at one step."""

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
            key, *keys = jax.random.split(key, 1 + self.cell.gates)
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
        """Go through in one direction."""
        inputs, real = jax.tree.map(lambda array: jnp.swapaxes(array, 0, 1), (inputs, real))
        found = through_time(self.cell, weights, inputs, real, backward, self.sequence)
        return jnp.swapaxes(found, 0, 1) if self.sequence else found
