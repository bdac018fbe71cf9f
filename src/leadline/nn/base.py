"""What a layer is: a frozen value of sizes and choices, with pure functions for its numbers.

``init`` gives parameters and state, ``apply`` computes, ``output_shape`` infers; nothing else is needed to
write a layer. Shapes leave out the batch axis. Parameters and state of a single layer are dictionaries of
arrays by name; a layer made of layers holds a tuple of them. So they are pytrees for
JAX and named tensors for the model file.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, TypeVar, dataclass_transform, get_args, get_type_hints

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import check_fields
from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, linear

Shape = tuple[int, ...]
Params = Any
State = Any
Tap = Callable[[str, "Layer", Array], None]
Before = Callable[["Layer", Params, State, Array, "Pass"], Params]
Passed = tuple[Array, State, Array | None]
L = TypeVar("L", bound="Layer")


@dataclass(frozen=True)
class Pass:
    """One pass through a network: what it needs besides numbers.

    Args:
        training: True while learning (dropout and noise act, batch norm uses the batch).
        key: Randomness for layers that need it; only in training.
        tap: Called with path, layer and outputs of every single layer, to take soundings.
        before: Called with every single layer, its parameters, state, inputs and pass, before it computes; returns
            the parameters it computes with.
        path: Where in the network this pass stands, e.g. "3.residual".
        lengths: How many steps of each sequence are real, shape (B,), at least 1; what follows is padding. None
            where all are.

    Example:
        >>> Pass().into(0, "dense").path
        '0.dense'
    """

    training: bool = False
    key: PRNGKeyArray | None = None
    tap: Tap | None = None
    before: Before | None = None
    path: str = ""
    lengths: Array | None = None

    def into(self, index: int, kind: str) -> Pass:
        """Return the pass for the layer at this index: longer path, key of its own."""
        key = None if self.key is None else jax.random.fold_in(self.key, index)
        return replace(self, key=key, path=join(self.path, index, kind))


IN_USE = Pass()
"""A pass that only predicts."""


def join(path: str, index: int, kind: str) -> str:
    """Return the path of a layer inside another.

    Example:
        >>> join("2.residual", 0, "conv")
        '2.residual.0.conv'
    """
    return f"{path}.{index}.{kind}" if path else f"{index}.{kind}"


@dataclass(frozen=True)
class Member:
    """A layer inside another.

    Args:
        index: Its position there, and in the tuples of parameters and state.
        name: Its word in the path; the layer's kind, except for a projection.
        layer: The layer.
        shape: Its input shape, without the batch.
    """

    index: int
    name: str
    layer: Layer
    shape: Shape


class Layer(abc.ABC):
    """A frozen value: sizes and choices, never numbers.

    Write one as a class with annotated fields under :func:`register`; fields with a constraint are checked.
    """

    kind: ClassVar[str] = ""
    entry: ClassVar[Entry]
    """What the catalogue says of it."""
    takes: ClassVar[str] = "numbers"
    """"numbers" or "tokens": whole numbers that stand for words."""
    has_weights: ClassVar[bool] = False
    """Multiplies by a kernel."""
    keeps_values: ClassVar[bool] = False
    """In use, its outputs are its inputs, perhaps in another shape."""

    def __post_init__(self) -> None:
        check_fields(self, kind=NetworkError)
        for name, convert in _converters(type(self)).items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, convert(value))

    @abc.abstractmethod
    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the output shape for an input shape, both without the batch.

        Raises:
            NetworkError: The input shape does not fit; names the path and both shapes.
        """

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return how many steps of each of its output sequences are real, for inputs of these lengths.

        Args:
            inputs: Of the layer, shape (B, T, ...).
            lengths: Of the inputs, shape (B,); None where all steps are real.
        """
        return lengths

    @abc.abstractmethod
    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return outputs and the new state. Pure."""

    def passed(self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass) -> Passed:
        """Return outputs, new state, and the lengths of the outputs: what :meth:`apply` and the layers after it need.

        A layer made of layers says more here than in :meth:`lengths_after`, which knows no values inside.
        """
        outputs, after = self.apply(params, state, inputs, how)
        return outputs, after, self.lengths_after(inputs, how.lengths)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return fresh parameters and state for an input shape; of its members, if it is made of layers."""
        made = [m.layer.init(jax.random.fold_in(key, m.index), m.shape) for m in self.members(shape)]
        return (tuple(params for params, _ in made), tuple(state for _, state in made)) if made else ({}, {})

    def inner(self) -> tuple[Layer, ...]:
        """Return the layers it is made of; none for a single layer."""
        return ()

    def members(self, shape: Shape, path: str = "") -> Iterator[Member]:
        """Yield the layers it is made of, each with its input shape, one after another."""
        return iter(())

    @property
    def random(self) -> bool:
        """Whether it needs a key while training."""
        return self.output_activation.random or any(layer.random for layer in self.inner())

    @property
    def output_activation(self) -> Activation:
        """What its outputs went through last."""
        return linear

    @property
    def activation_name(self) -> str:
        """Name of what its outputs went through last; "linear" where there is nothing."""
        return self.output_activation.text

    @property
    def nonlinear(self) -> bool:
        """Whether its own last step is not linear in its inputs."""
        return not self.output_activation.linear

    @property
    def bends_within(self) -> bool:
        """Whether a non-linearity stands between kernels of its own, as in a recurrent layer."""
        return False

    def called(self, path: str = "") -> str:
        """Return how an error names it: its path and the code that made it."""
        return f"{path} {self!r}".strip()

    def __repr__(self) -> str:
        return f"ll.{type(self).__name__}({', '.join(_arguments(self))})"


def _arguments(layer: Layer) -> Iterator[str]:
    """Yield the arguments to type: by position up to the first left out, then by name."""
    by_name = False
    for field in dataclasses.fields(layer):  # type: ignore[arg-type]  # every layer is a dataclass
        value = getattr(layer, field.name)
        if value == field.default:
            by_name = True
            continue
        text = (
            f"[{', '.join(map(repr, value))}]" if isinstance(value, tuple) and _layers(value) else repr(value)
        )
        yield f"{field.name}={text}" if by_name or isinstance(value, bool) else text


def _layers(value: tuple[object, ...]) -> bool:
    return any(isinstance(item, Layer) for item in value)


@cache
def _converters(kind: type[Layer]) -> dict[str, Callable[[Any], Any]]:
    """Return for the fields of a layer how what people type becomes what is kept."""
    found: dict[str, Callable[[Any], Any]] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for option in (hint, *get_args(hint)):
            for note in getattr(option, "__metadata__", ()):
                if hasattr(note, "convert"):
                    found[name] = note.convert
    return found


layers: Catalogue[type[Layer]] = Catalogue("layers")


@dataclass_transform(frozen_default=True)
def register(
    kind: str, *, formula: str, source: str, year: int | None = None
) -> Callable[[type[L]], type[L]]:
    """Decorate a layer: a frozen dataclass of this kind, found by it in recipes and files.

    Args:
        kind: In recipe, file and path.
        formula: In plain text, with x the inputs.
        source: Author and title of its first description.
        year: Of it; None where there is none.
    """

    def decorate(made: type[L]) -> type[L]:
        made.kind = kind
        made.entry = Entry(kind, formula, year=year, source=source)
        frozen = dataclass(frozen=True, repr=False)(made)
        layers.add(kind, frozen)
        return frozen

    return decorate


def activate(
    activation: Activation, sums: Float[Array, "... F"], params: Params, how: Pass
) -> Float[Array, "... K"]:
    """Return what an activation makes of a layer's sums, with what it learns out of the layer's parameters.

    Raises:
        NetworkError: It draws while training, and there is no key.
    """
    if activation.random and how.training:
        needed_key(activation, how)
    return activation.applied(sums, params, how.key if how.training else None)


def needed_key(of: Layer | Activation, how: Pass) -> PRNGKeyArray:
    """Return the key of a pass, for what draws while training.

    Raises:
        NetworkError: There is none; names the path and what needs it.
    """
    if how.key is None:
        where = f"{how.path} {of!r}".strip()
        raise NetworkError.at(where, "given a key while training", "none", "ll.Pass(training=True, key=key)")
    return how.key
