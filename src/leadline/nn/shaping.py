"""Layers that lay the same numbers out in another shape: flatten, reshape, permute, or leave them as they are.

In: anything. Out: the same values, in another shape. Lengths of sequences are kept where time stays the first
axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Array, Float

from leadline.core.constraints import Interval
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register

REST = -1  # in a shape: what is left


@dataclass(frozen=True)
class WholeNumbers:
    """Whole numbers in a list or tuple: the sizes of a shape, or an order of axes.

    Args:
        order: They must be 0, 1, 2, ... in some order; otherwise sizes of at least 1, one of which may be -1.
    """

    order: bool = False

    def allows(self, value: object) -> bool:
        """Tell whether they are sizes, or an order."""
        if not isinstance(value, list | tuple) or not value:
            return False
        if not all(Interval(REST, whole=True).allows(number) for number in value):
            return False
        if self.order:
            return sorted(value) == list(range(len(value)))
        return 0 not in value and list(value).count(REST) <= 1

    def words(self) -> str:
        """Complete the words "must be"."""
        if self.order:
            return "each axis of the inputs once, from 0, without the batch"
        return "a tuple of whole numbers of at least 1, one of which may be -1 for what is left"

    def hint(self, value: object) -> str:
        """Show what one looks like."""
        return "(1, 0) exchanges the two axes of a sequence" if self.order else "(7, 7, 16) or (-1, 16)"

    def convert(self, value: Sequence[float]) -> tuple[int, ...]:
        """Keep a tuple of ints."""
        return tuple(map(int, value))


@register(
    "identity",
    formula="x",
    source="none: the inputs themselves",
)
class Identity(Layer):
    """Give the inputs as they are: a branch that carries them past the others.

    Example:
        >>> from leadline.nn import Concatenate, Dense, Identity
        >>> Concatenate([Dense(8), Identity()]).output_shape((3,))
        (11,)
    """

    keeps_values = True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        return shape

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs."""
        return inputs, state


@register(
    "flatten",
    formula="(H, W, C) → (H·W·C)",
    source="none: all numbers of an input in one row",
)
class Flatten(Layer):
    """Lay all numbers of an input in one row.

    Example:
        >>> from leadline.nn import Flatten
        >>> Flatten().output_shape((28, 28, 1))
        (784,)
    """

    keeps_values = True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the number of numbers."""
        return (math.prod(shape),)

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """No steps are left."""
        return None

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B F"], State]:
        """Return rows."""
        return inputs.reshape(len(inputs), math.prod(inputs.shape[1:])), state


@register(
    "reshape",
    formula="(F) → (H, W, C), in reading order",
    source="none: the same numbers in another shape",
)
class Reshape(Layer):
    """Lay the numbers of an input out in another shape, in reading order.

    Args:
        shape: Without the batch; one size may be -1, for what is left.

    Raises:
        NetworkError: The numbers do not fill the shape.

    Example:
        >>> from leadline.nn import Reshape
        >>> Reshape((7, 7, -1)).output_shape((784,))
        (7, 7, 16)
    """

    keeps_values = True

    shape: Annotated[tuple[int, ...], WholeNumbers()]

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the shape, with what is left in the place of -1."""
        numbers, known = math.prod(shape), math.prod(size for size in self.shape if size != REST)
        fits = numbers % known == 0 if REST in self.shape else numbers == known
        if fits:
            return tuple(numbers // known if size == REST else size for size in self.shape)
        must_be = f"given a multiple of {known} numbers" if REST in self.shape else f"given {known} numbers"
        hint = "one size may be -1, for what is left" if REST not in self.shape else "other sizes"
        raise NetworkError.at(self.called(path), must_be, f"{numbers}, shape {shape}", hint)

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return the lengths where each step keeps its numbers, None otherwise."""
        shape = self.output_shape(inputs.shape[1:])
        return lengths if len(shape) > 1 and shape[0] == inputs.shape[1] else None

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs in their shape."""
        return inputs.reshape(len(inputs), *self.output_shape(inputs.shape[1:], how.path)), state


@register(
    "permute",
    formula="(T, F) → (F, T)",
    source="none: the axes in another order",
)
class Permute(Layer):
    """Put the axes of an input in another order.

    Args:
        order: Which axis of the inputs comes first, second, ...; counted from 0, without the batch.

    Raises:
        NetworkError: The inputs have another number of axes.

    Example:
        >>> from leadline.nn import Permute
        >>> Permute((2, 0, 1)).output_shape((28, 20, 3))
        (3, 28, 20)
    """

    keeps_values = True

    order: Annotated[tuple[int, ...], WholeNumbers(order=True)]

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the sizes in their new order."""
        if len(shape) != len(self.order):
            raise NetworkError.at(
                self.called(path),
                f"given inputs of {len(self.order)} axes, as many as its order has",
                f"shape {shape}",
                f"ll.Permute({tuple(reversed(range(len(shape))))})",
            )
        return tuple(shape[axis] for axis in self.order)

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return the lengths where time stays the first axis, None otherwise."""
        return lengths if self.order[0] == 0 else None

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs with their axes in the new order."""
        return inputs.transpose(0, *(axis + 1 for axis in self.order)), state
