"""The single layers of a network in the order of computation.

Comes in: a layer and the shape of its inputs. Goes out: every layer without inner ones, with its path and shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leadline.nn.base import Layer, Shape, join


@dataclass(frozen=True)
class Step:
    """One single layer on the way through a network.

    Args:
        path: Where it stands, e.g. "2.residual.0.conv".
        layer: The layer.
        inputs: Its input shape, without the batch.
        outputs: Its output shape, without the batch.
    """

    path: str
    layer: Layer
    inputs: Shape
    outputs: Shape


def walk(layer: Layer, shape: Shape, path: str = "") -> Iterator[Step]:
    """Yield every single layer in the order of computation, with its shapes.

    Args:
        layer: A layer or a whole network.
        shape: Its input shape, without the batch.
        path: Where it stands itself.

    Raises:
        NetworkError: Shapes do not fit; the steps before were yielded.
    """
    for member in layer.members(shape, path):
        yield from walk(member.layer, member.shape, join(path, member.index, member.name))
    outputs = layer.output_shape(shape, path)
    if not layer.inner():
        yield Step(path, layer, shape, outputs)
