"""The families by name, for the command line and recipes: each makes a network from what the data gives.

In: the number of scores and the shape of one input. Out: a ``Sequential`` with the family's usual choices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leadline.core.catalogue import Catalogue
from leadline.models.cnn import cnn
from leadline.models.linear import linear
from leadline.models.mlp import mlp
from leadline.nn import Sequential, Shape


@dataclass(frozen=True)
class Family:
    """A family of networks.

    Args:
        name: On the command line and in recipes.
        build: From the number of scores and the input shape to a network.
        about: One sentence.

    Example:
        >>> networks["mlp"].build(10, (64,))
        ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(10)])
    """

    name: str
    build: Callable[[int, Shape], Sequential]
    about: str


networks: Catalogue[Family] = Catalogue("networks")


def _add(name: str, about: str, build: Callable[[int, Shape], Sequential]) -> None:
    networks.add(name, Family(name, build, about))


_add("linear", "one layer from inputs to scores", lambda outputs, shape: linear(outputs, shape))
_add("mlp", "two dense layers of 64 units", lambda outputs, shape: mlp(outputs, shape=shape))
_add("cnn", "two convolutions with pooling and a dense layer, for images and sequences", cnn)
