"""Recurrent layers: they go through a sequence step by step and hold what they have met in a state.

In: sequences (T, F), perhaps with lengths. Out: the state after the last real step, or after every step.
"""

from __future__ import annotations

import jax.numpy as jnp

from leadline.nn.activations import Activation, tanh
from leadline.nn.base import Params, register
from leadline.nn.choices import Count, Flag, InitializerField, Number, PlainActivationField
from leadline.nn.initializers import glorot_uniform, orthogonal
from leadline.nn.sequences.recurrence import Recurrent
from leadline.nn.sequences.recurrent_cells import Cell, Gated, LongShort, Simple


@register(
    "rnn",
    formula="h_t = a(x_t W + h_(t-1) R + b)",
    year=1990,
    source="Elman, Finding structure in time",
)
class RNN(Recurrent):
    """Mix each input with the state before it: h_t = activation(x_t W + h_(t-1) R + b), h_0 = 0. Elman, 1990.

    Of a batch with lengths, a sequence gives what it gives alone: its state stands still after its last real
    step, outputs after that are 0, and the way backward begins there.

    Args:
        units: Size of the state, at least 1.
        activation: What the sums go through.
        sequence: Give the state after every step, (T, units); otherwise only that after the last real step,
            (units,), which is what a class of the whole sequence is told from.
        both: Go through in both directions with weights of their own, and put both states together
            (Schuster and Paliwal, 1997).
        initializer: How the kernel begins.
        recurrent_initializer: How the recurrent kernel begins; orthogonal keeps the length of the state.
        bias: Whether to add a bias; it begins with 0.

    Raises:
        NetworkError: A choice is out of range; the inputs are no sequences; lengths do not fit them.

    Example:
        >>> from leadline.nn import RNN
        >>> RNN(16).output_shape((20, 3)), RNN(16, sequence=True, both=True).output_shape((20, 3))
        ((16,), (20, 32))
    """

    units: Count
    activation: PlainActivationField = tanh
    sequence: Flag = False
    both: Flag = False
    initializer: InitializerField = glorot_uniform
    recurrent_initializer: InitializerField = orthogonal
    bias: Flag = True

    @property
    def output_activation(self) -> Activation:
        """Its activation."""
        return self.activation

    @property
    def cell(self) -> Cell:
        """What happens at one step."""
        return Simple(self.activation)

    def biases(self) -> Params:
        """Return zeros."""
        return {"bias": jnp.zeros(self.units)}


@register(
    "gru",
    formula="h_t = (1 - z)·tanh(x_t W_n + b_n + r·(h_(t-1) R_n + c)) + z·h_(t-1); r, z = σ(x_t W + h_(t-1) R + b)",
    year=2014,
    source="Cho et al., Learning phrase representations using RNN encoder-decoder",
)
class GRU(Recurrent):
    """Keep a share z of the state and take the rest from a candidate that sees a share r of it. Cho et al., 2014.

    With r, z = σ(x_t W + h_(t-1) R + b) and n = tanh(x_t W_n + b_n + r·(h_(t-1) R_n + c)) the next state is
    h_t = (1 - z)·n + z·h_(t-1). The reset gate r acts after the product with R_n, as in cuDNN and PyTorch; Cho
    et al. reset the state before it.

    Kernels and bias hold r, z and n in this order. The bias c, "recurrent_bias", is all that PyTorch's second bias
    adds: its other parts stand beside those of the first.

    Args:
        units: Size of the state, at least 1.
        sequence: Give the state after every step, (T, units); otherwise only that after the last real step.
        both: Go through in both directions with weights of their own, and put both states together.
        initializer: How the kernel of each gate begins.
        recurrent_initializer: How the recurrent kernel of each gate begins.
        bias: Whether to add biases; they begin with 0.

    Raises:
        NetworkError: A choice is out of range; the inputs are no sequences; lengths do not fit them.

    Example:
        >>> from leadline.nn import GRU
        >>> GRU(16).output_shape((20, 3)), GRU(16, sequence=True).output_shape((20, 3))
        ((16,), (20, 16))
    """

    units: Count
    sequence: Flag = False
    both: Flag = False
    initializer: InitializerField = glorot_uniform
    recurrent_initializer: InitializerField = orthogonal
    bias: Flag = True

    @property
    def cell(self) -> Cell:
        """What happens at one step."""
        return Gated()

    def biases(self) -> Params:
        """Return zeros."""
        return {"bias": jnp.zeros(3 * self.units), "recurrent_bias": jnp.zeros(self.units)}


@register(
    "lstm",
    formula="c_t = f·c_(t-1) + i·g, h_t = o·tanh(c_t), with i, f, o = σ(x_t W + h_(t-1) R + b) and g likewise by tanh",
    year=1997,
    source="Hochreiter and Schmidhuber, Long short-term memory",
)
class LSTM(Recurrent):
    """Hold a memory c that gates write, forget and read. Hochreiter and Schmidhuber, 1997.

    With i, f, o = σ(x_t W + h_(t-1) R + b) and g = tanh(x_t W_g + h_(t-1) R_g + b_g):
    c_t = f·c_(t-1) + i·g and h_t = o·tanh(c_t). The forget gate f is of Gers, Schmidhuber and Cummins, 2000.

    Kernels and bias hold i, f, g and o in this order. One bias is enough; PyTorch's two are summed.

    Args:
        units: Size of state and memory, at least 1.
        sequence: Give the state after every step, (T, units); otherwise only that after the last real step.
        both: Go through in both directions with weights of their own, and put both states together.
        initializer: How the kernel of each gate begins.
        recurrent_initializer: How the recurrent kernel of each gate begins.
        bias: Whether to add a bias; but for the forget gate it begins with 0.
        forget_bias: What the bias of the forget gate begins with; 1 lets memory last from the start
            (Jozefowicz, Zaremba and Sutskever, 2015).

    Raises:
        NetworkError: A choice is out of range; the inputs are no sequences; lengths do not fit them.

    Example:
        >>> from leadline.nn import LSTM
        >>> LSTM(16).output_shape((20, 3)), LSTM(16, both=True).output_shape((20, 3))
        ((16,), (32,))
    """

    units: Count
    sequence: Flag = False
    both: Flag = False
    initializer: InitializerField = glorot_uniform
    recurrent_initializer: InitializerField = orthogonal
    bias: Flag = True
    forget_bias: Number = 1.0

    @property
    def cell(self) -> Cell:
        """What happens at one step."""
        return LongShort()

    def biases(self) -> Params:
        """Return zeros, but for the forget gate."""
        start = jnp.repeat(jnp.array([0.0, self.forget_bias, 0.0, 0.0], jnp.float32), self.units)
        return {"bias": start}
