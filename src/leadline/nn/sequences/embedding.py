"""The beginning of networks for sequences: vectors for tokens, and steps that only fill up a sequence.

In: tokens (T,), whole numbers that stand for words, or sequences (T, F). Out: sequences (T, F), and for the layers
behind it how many steps of each are real.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Bool, Float, PRNGKeyArray, Real

from leadline.core.constraints import Interval
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import Count, InitializerField, Number
from leadline.nn.initializers import lecun_normal
from leadline.nn.sequences.lengths import check_lengths, trailing
from leadline.nn.steps import walk

Rows = Sequence[int] | np.ndarray
Numbers = Array | np.ndarray


class Token(Interval):
    """A whole number of at least 0; NumPy's are kept as Python's."""

    def __init__(self) -> None:
        super().__init__(0, whole=True)

    def convert(self, value: float) -> int:
        """Keep it as an int."""
        return int(value)


@register(
    "embedding",
    formula="row x of the vectors",
    year=2003,
    source="Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model",
)
class Embedding(Layer):
    """Give each token a vector that is learned. Bengio, Ducharme, Vincent and Jauvin, 2003.

    Tokens are whole numbers from 0 to vocabulary - 1, in an array of integers or floats. Inside ``jax.jit`` values
    cannot be refused: anything else gives a vector of NaN there, so that a training stops instead of misleading.

    Args:
        vocabulary: Number of different tokens.
        units: Size of a vector.
        padding: The token that fills sequences up, if there is one. Its vector is 0 and does not learn, and the
            layers behind it are told how many steps stand before the padding at the end of each sequence, at least
            1. In the middle of a sequence it is a token like others.
        initializer: How the vectors begin. One token is met at a time, so the fan in is 1: by default each number
            is drawn from N(0, 1), the spread that layers expect of their inputs.

    Raises:
        NetworkError: A choice is out of range; the inputs are no sequences of tokens; outside ``jax.jit`` also
            where a token is out of range.

    Example:
        >>> from leadline.nn import Embedding
        >>> Embedding(10_000, 32).output_shape((50,))
        (50, 32)
    """

    takes = "tokens"

    vocabulary: Count
    units: Count
    padding: Annotated[int, Token()] | None = None
    initializer: InitializerField = lecun_normal

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.padding is not None and self.padding >= self.vocabulary:
            must_be = f"a token below {self.vocabulary}, the vocabulary"
            hint = f"vocabulary={self.padding + 1} counts the padding too"
            raise NetworkError.at("Embedding, padding", must_be, str(self.padding), hint)

    @property
    def nonlinear(self) -> bool:
        """Looking up is not linear in the number of the token."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return (T, units)."""
        if len(shape) != 1:
            hint = "it takes no features: tokens are whole numbers; numbers go to the next layer as they are"
            raise NetworkError.at(self.called(path), "given sequences of tokens (T,)", f"shape {shape}", hint)
        return (*shape, self.units)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return vectors of shape (vocabulary, units)."""
        vectors = self.initializer(key, (self.vocabulary, self.units), 1, self.units)
        return {"vectors": vectors if self.padding is None else vectors.at[self.padding].set(0.0)}, {}

    def lengths_after(self, inputs: Real[Array, "B T"], lengths: Array | None) -> Array | None:
        """Return the steps before the padding at the end; the lengths as given where no token is padding."""
        if self.padding is None:
            return lengths
        found = trailing(inputs == self.padding)
        return found if lengths is None else jnp.minimum(found, lengths)

    def apply(
        self, params: Params, state: State, inputs: Real[Array, "B T"], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B T U"], State]:
        """Return the vector of each token."""
        check_lengths(self.called(how.path), inputs, how.lengths)
        if not isinstance(inputs, Tracer):
            self.check(inputs, how.path)
        inputs = jnp.asarray(inputs)
        known = self._known(inputs)
        tokens = jnp.where(known, inputs, 0).astype(jnp.int32)
        vectors = jnp.asarray(params["vectors"])
        outputs = jnp.where(known[..., None], vectors[tokens], jnp.asarray(jnp.nan, vectors.dtype))
        if self.padding is not None:
            outputs = jnp.where((tokens == self.padding)[..., None] & known[..., None], 0, outputs)
        return outputs, state

    def _known(self, inputs: Any) -> Bool[Array, "B T"]:
        """Return which are tokens; of arrays of NumPy by NumPy, which knows values inside ``jax.jit`` too."""
        known: Array = (inputs >= 0) & (inputs < self.vocabulary) & (inputs == inputs.round())
        return known

    def check(self, inputs: Numbers, path: str = "", rows: Rows | None = None) -> None:
        """Hold inputs against the vocabulary, outside ``jax.jit``.

        Args:
            inputs: Shape (B, T).
            path: Of this layer, for the error.
            rows: How people number the rows; 0, 1, ... by default.

        Raises:
            NetworkError: One is no token; names the first of them.
        """
        values = np.asarray(inputs)
        unknown = np.argwhere(~np.asarray(self._known(values)))
        if not len(unknown):
            return
        row, step = unknown[0]
        must_be = f"given tokens: whole numbers from 0 to {self.vocabulary - 1}"
        hint = "scale=False in ll.data.arrays leaves tokens as they are; the vocabulary counts all tokens"
        got = f"{values[row, step]:g} in row {row if rows is None else rows[row]}, step {step}"
        raise NetworkError.at(self.called(path), must_be, got, hint)


def check_tokens(network: Layer, inputs: Numbers, rows: Rows | None = None) -> None:
    """Hold inputs against a network that begins with an embedding, before it is compiled; else do nothing.

    Args:
        network: The network.
        inputs: Prepared, shape (B, ...).
        rows: How people number the rows; 0, 1, ... by default.

    Raises:
        NetworkError: One is no token; names the layer and the first of them.

    Example:
        >>> from leadline.nn import Sequential
        >>> check_tokens(Sequential([Embedding(10, 4)]), np.array([[3, 9]]))
    """
    first = next(walk(network, inputs.shape[1:]))
    if isinstance(first.layer, Embedding):
        first.layer.check(inputs, first.path, rows)


@register(
    "masking",
    formula="x, with the steps before the padding counted",
    year=2015,
    source="Chollet, Keras: its masking layer",
)
class Masking(Layer):
    """Tell the layers behind it how many steps of each sequence are real, where a value fills sequences up.

    Steps at the end of a sequence all of whose features are the value are padding; such steps before others are
    real. Values are passed on as they are. They are met after the preparation: ``scale=False`` in
    ``ll.data.arrays`` keeps the padding what it is.

    Args:
        value: What stands in padded steps.

    Raises:
        NetworkError: The value is not finite; the inputs are no sequences.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import Masking
        >>> Masking().lengths_after(jnp.array([[[1.0], [0.0], [2.0], [0.0]]]), None).tolist()
        [3]
    """

    keeps_values = True

    value: Number = 0.0

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        if len(shape) < 2:
            hint = "ll.Embedding(..., padding=...) tells of padding tokens"
            raise NetworkError.at(self.called(path), "given sequences (T, F)", f"shape {shape}", hint)
        return shape

    def lengths_after(self, inputs: Float[Array, "B T ..."], lengths: Array | None) -> Array | None:
        """Return the steps before the padding at the end of each sequence."""
        features = tuple(range(2, inputs.ndim))
        found = trailing((inputs == jnp.asarray(self.value, inputs.dtype)).all(features))
        return found if lengths is None else jnp.minimum(found, lengths)

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B T ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B T ..."], State]:
        """Return the inputs."""
        check_lengths(self.called(how.path), inputs, how.lengths)
        return inputs, state
