"""Where in its sequence a step stands, added to its features: attention alone does not see order.

In: sequences (T, F). Out: the same shape.
"""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import OneOf
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import Count
from leadline.nn.initializers import normal

LONGEST_WAVE = 10_000.0  # steps, over 2π: no two steps of a sequence shorter than this look alike


@register(
    "positions",
    formula="x + p, p(t, 2i) = sin(t / 10000^(2i/F)), p(t, 2i+1) = cos(t / 10000^(2i/F)); or p learned",
    year=2017,
    source="Vaswani et al., Attention is all you need",
)
class Positions(Layer):
    """Add to each step a vector that tells where in the sequence it stands. Vaswani et al., 2017.

    Args:
        form: "sinusoidal": p(t, 2i) = sin(t / 10000^(2i/F)) and p(t, 2i+1) = cos(t / 10000^(2i/F)), waves from
            short to long that need no learning; or "learned": one vector for each step, which begin near 0.
        most: Steps of the longest sequence; those of the inputs by default.

    Raises:
        NetworkError: A choice is out of range; the inputs are no sequences, or longer than ``most``.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import Positions
        >>> outputs, _ = Positions().apply({}, {}, jnp.zeros((1, 3, 2)))
        >>> [[round(number, 2) for number in step] for step in outputs[0].tolist()]
        [[0.0, 1.0], [0.84, 0.54], [0.91, -0.42]]
    """

    form: Annotated[str, OneOf("sinusoidal", "learned")] = "sinusoidal"
    most: Count | None = None

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        if len(shape) != 2:
            hint = "ll.Embedding(...) makes features of tokens, x[..., None] of numbers"
            raise NetworkError.at(self.called(path), "given sequences (T, F)", f"shape {shape}", hint)
        if self.most is not None and shape[0] > self.most:
            must_be = f"given sequences of at most {self.most} steps"
            raise NetworkError.at(self.called(path), must_be, f"shape {shape}", f"most={shape[0]}")
        return shape

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return vectors of shape (most, F), if they are learned."""
        if self.form == "sinusoidal":
            return {}, {}
        size = (self.most or shape[0], shape[1])
        return {"vectors": normal(key, size, 1, shape[1])}, {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B T F"], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B T F"], State]:
        """Return the inputs with their positions."""
        steps, features = inputs.shape[1:]
        if self.form == "sinusoidal":
            self.output_shape((steps, features), how.path)
            return inputs + waves(steps, features).astype(inputs.dtype), state
        vectors: Array = params["vectors"]
        if steps > len(vectors):
            must_be = f"given sequences of at most {len(vectors)} steps"
            raise NetworkError.at(self.called(how.path), must_be, f"{steps} steps", f"most={steps}")
        return inputs + vectors[:steps], state


def waves(steps: int, features: int) -> Float[Array, "T F"]:
    """Return sines at even features and cosines at odd ones, slower from pair to pair.

    Example:
        >>> waves(50, 8).shape
        (50, 8)
    """
    pair = jnp.arange(0, features, 2)
    angles = jnp.arange(steps)[:, None] / LONGEST_WAVE ** (pair / features)
    both = jnp.stack([jnp.sin(angles), jnp.cos(angles)], axis=-1)
    return both.reshape(steps, -1)[:, :features]
