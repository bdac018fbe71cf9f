"""The graph of a computation: nodes with value and gradient, in the order they were computed; it prints as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from leadline.backprop.draw import drawn
from leadline.core.catalogue import Catalogue
from leadline.core.errors import LeadlineError
from leadline.core.text import short

Array = np.ndarray
FEW = 4  # numbers that are shown; of more, shape and size


@dataclass(frozen=True, eq=False)
class Node:
    """One step of a computation.

    Args:
        name: An input's own name, or a letter.
        operation: What it does, e.g. "x + y"; "" for an input.
        value: What came out of it.
        gradient: Of the result with respect to it, in the shape of the value.
        sources: Names of the nodes it is computed from, in order.
        local: Derivative of its value by each source, where all of them are single numbers.

    Example:
        >>> from leadline.backprop import trace
        >>> node = trace("x * y", x=3, y=4)["x"]
        >>> float(node.value), float(node.gradient)
        (3.0, 4.0)
    """

    name: str
    operation: str
    value: Array
    gradient: Array
    sources: tuple[str, ...] = ()
    local: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """Its name, and what it is."""
        return f"{self.name} = {self.operation}" if self.operation else self.name


@dataclass(frozen=True, eq=False)
class Graph:
    """A computation, node by node: forward the values, backward the gradients of the last one.

    Args:
        nodes: In the order of computation; the last one is the result.

    Example:
        >>> from leadline.backprop import trace
        >>> print(trace("(x + y) * z", x=-2, y=5, z=-4))
        node       value  gradient
        ──────────────────────────
        x             -2        -4
        y              5        -4
        z             -4         3
        a = x + y      3        -4
        b = a * z    -12         1
    """

    nodes: tuple[Node, ...]
    _by_name: Catalogue[Node] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named: Catalogue[Node] = Catalogue("nodes of the graph")
        for node in self.nodes:
            named.add(node.name, node)
        object.__setattr__(self, "_by_name", named)

    def __getitem__(self, name: str) -> Node:
        """Return a node by its name.

        Raises:
            LeadlineError: There is none; names the nearest.
        """
        return self._by_name.find(name, "the graph", LeadlineError)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def result(self) -> Node:
        """The last node, whose gradients these are."""
        return self.nodes[-1]

    def __str__(self) -> str:
        cells = [("node", "value", "gradient")]
        cells += [(node.label, words(node.value), words(node.gradient)) for node in self.nodes]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            f"{name:<{widths[0]}}  {value:>{widths[1]}}  {gradient:>{widths[2]}}"
            for name, value, gradient in cells
        ]
        return "\n".join([lines[0], "─" * (sum(widths) + 4), *lines[1:]])

    __repr__ = __str__

    def svg(self) -> str:
        """Return the graph as a picture: SVG that follows a light or dark page, values in it as text.

        Example:
            >>> from leadline.backprop import trace
            >>> trace("x * y", x=3, y=4).svg().startswith("<svg")
            True
        """
        return drawn(
            [(n.name, n.operation, words(n.value), words(n.gradient), n.sources) for n in self.nodes]
        )

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file and return its path."""
        target = Path(path)
        target.write_text(self.svg(), encoding="utf-8")
        return target

    def _repr_svg_(self) -> str:
        return self.svg()


def words(value: Array) -> str:
    """Return numbers as they are shown: themselves where they are few, else their shape and size.

    Example:
        >>> words(np.array(0.25)), words(np.array([1.0, 2.0])), words(np.ones((8, 10)))
        ('0.25', '[1 2]', '8 × 10, size 1')
    """
    flat = np.asarray(value, float).ravel()
    if np.ndim(value) == 0:
        return short(float(flat[0]))
    if flat.size <= FEW:
        return f"[{' '.join(short(float(number)) for number in flat)}]"
    size = float(np.sqrt(np.mean(flat**2)))
    return f"{' × '.join(map(str, np.shape(value)))}, size {short(size)}"
