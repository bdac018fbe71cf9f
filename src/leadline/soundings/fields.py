"""Measurements of what layers see: the receptive field of each, its window, and weights that meet only padding.

Comes in: a network and the shape of one input. Goes out: ``network.field``, ``network.extent``, ``network.window``
and ``network.window.idle`` of every single layer. On each axis of the input, output place i sees the places from
low + i·jump to high + i·jump; windows move these ends, layers side by side join them. Behind layers that grow an
image, outputs see unequally many places, and the field may be one more than the most. Where a layer is not known
well enough (recurrent layers, attention, norms over all places), what it and all after it see is NaN.

Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning; Araujo, Norris and Sim 2019,
Computing receptive fields of convolutional neural networks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.nn.base import Layer, Shape
from leadline.nn.branches import Branches
from leadline.nn.choices import expanded
from leadline.nn.combine import Residual, Sequential
from leadline.nn.convolution.sliding import Sliding
from leadline.nn.convolution.transposed import TransposedConv
from leadline.nn.dense import IMAGE_RANK, Dense
from leadline.nn.pooling.global_pooling import GlobalPool
from leadline.nn.pooling.pooling import Pool
from leadline.nn.resizing import Upsample, ZeroPad
from leadline.nn.steps import walk
from leadline.nn.windows import Window

ROUNDING = 1e-6  # of sums of fractions, before the last is cut off
BY_PLACE = ("activate", "batch_norm", "layer_norm", "rms_norm")  # act on each place by itself
OVER_FEATURES = ("layer_norm", "rms_norm")  # ... or on all numbers, where the places lie in one row
OTHER_PLACES = ("reshape", "permute", "masking")  # keep values, and lay them out elsewhere


@dataclass(frozen=True)
class View:
    """What outputs see on one axis of the network's input.

    Args:
        low: First place that the first output sees; may lie in the padding.
        high: Last place that it sees.
        jump: How far both move from one output to the next.
        places: Outputs on this axis.

    Example:
        >>> View(0, 0, 1, 28).under(Window(28, 5, 1, "valid")).under(Window(24, 2, 2, "valid"))
        View(low=0, high=5, jump=2, places=12)
    """

    low: float
    high: float
    jump: float
    places: int

    @property
    def field(self) -> int:
        """Places that one output sees."""
        return math.floor(self.high - self.low + 1 + ROUNDING)

    @property
    def whole(self) -> View:
        """What one number sees that depends on all of these outputs."""
        return View(self.low, self.high + (self.places - 1) * self.jump, 1, 1)

    def under(self, window: Window) -> View:
        """Return what a window over these outputs sees."""
        before = window.sides[0]
        ends = self.low - before * self.jump, self.high + (window.reach - 1 - before) * self.jump
        return View(*ends, self.jump * window.stride, window.count).normal

    def painted(self, window: Window) -> View:
        """Return what the outputs of a transposed convolution see; the window stands on these outputs."""
        step, before = self.jump / window.stride, window.sides[0]
        ends = self.low + (before - window.reach + 1) * step, self.high + before * step
        return View(*ends, step, window.length).normal

    def repeated(self, times: int) -> View:
        """Return what outputs see that repeat each of these."""
        step = self.jump / times
        return View(self.low - (times - 1) * step, self.high, step, self.places * times).normal

    def padded(self, size: int) -> View:
        """Return what the outputs see with zeros on both sides."""
        return View(
            self.low - size * self.jump, self.high - size * self.jump, self.jump, self.places + 2 * size
        )

    @property
    def normal(self) -> View:
        """Itself; of a single output, the way to the next means nothing."""
        return View(self.low, self.high, 1, 1) if self.places == 1 else self

    def joined(self, other: View) -> View | None:
        """Return what both together see; None where they do not move alike."""
        if (self.jump, self.places) != (other.jump, other.places):
            return None
        return View(min(self.low, other.low), max(self.high, other.high), self.jump, self.places)


Views = tuple[View, ...] | None  # one for each axis of the network's input; None where not known


def field_facts(network: Layer, input_shape: Shape) -> dict[str, Any]:
    """Return what every single layer sees, in the order of computation.

    Args:
        network: The network.
        input_shape: Of one prepared input, without the batch.

    Example:
        >>> from leadline.nn import Conv, Dense, Flatten, MaxPool
        >>> facts = field_facts(Sequential([Conv(6, 5), MaxPool(2), Flatten(), Dense(10)]), (28, 28, 1))
        >>> facts["network.field"].tolist(), facts["network.window"].tolist(), facts["network.extent"].tolist()
        ([5.0, 6.0, 6.0, 32.0], [5, 2, 0, 0], [28, 28, 14, 0])
    """
    steps = list(walk(network, input_shape))
    lengths = input_shape[:-1]
    begun = tuple(View(0, 0, 1, length) for length in lengths)
    views = dict(_seen(network, input_shape, begun, ""))
    larger = int(np.argmax(lengths)) if lengths else 0
    fields = [seen[larger].field if (seen := views.get(step.path)) else math.nan for step in steps]
    windows = [_windows(step.layer, step.inputs) for step in steps]
    return {
        "network.field": np.array(fields, float),
        "network.extent": np.array([min(step.inputs[:-1], default=0) for step in steps], np.int64),
        "network.window": np.array([max((w.reach for w in own), default=0) for own in windows], np.int64),
        "network.window.idle": np.array(
            [
                idle_share(own) if isinstance(step.layer, Sliding) else math.nan
                for step, own in zip(steps, windows, strict=True)
            ]
        ),
    }


def idle_share(windows: tuple[Window, ...]) -> float:
    """Return the share of a kernel's weights that meet only padding, wherever it stands.

    Args:
        windows: Of the kernel, one for each axis.

    Example:
        >>> round(idle_share((Window(1, 3, 1, "same"), Window(1, 3, 1, "same"))), 3)
        0.889
        >>> idle_share((Window(2, 3, 1, "same"),))
        0.0
    """
    return 1 - math.prod(_used(window) / window.size for window in windows)


def _used(window: Window) -> int:
    """Count the places of a window that stand on the axis at one position at least."""
    first = np.arange(window.count) * window.stride - window.sides[0]
    at = first[:, None] + np.arange(window.size) * window.dilation
    return int(((at >= 0) & (at < window.length)).any(axis=0).sum())


def _windows(layer: Layer, shape: Shape) -> tuple[Window, ...]:
    if isinstance(layer, GlobalPool):
        return tuple(Window(length, length, 1, "valid") for length in shape[:-1])
    return layer.windows(shape) if isinstance(layer, Sliding | Pool) else ()


def _seen(layer: Layer, shape: Shape, views: Views, path: str) -> Iterator[tuple[str, Views]]:
    """Yield what every single layer inside sees, by its path, and last what the layer itself sees."""
    if not layer.inner():
        yield path, None if views is None else _through(layer, shape, views)
        return
    known = isinstance(layer, Sequential | Residual | Branches)
    begun, ends = views, list[Views]()
    for member in layer.members(shape, path):
        if isinstance(layer, Branches) or member.name == "project":
            views = begun
        inside = f"{path}.{member.index}.{member.name}".lstrip(".")
        for where, seen in _seen(member.layer, member.shape, views if known else None, inside):
            yield where, seen
            views = seen
        ends.append(views)
    yield path, _together(layer, ends, begun) if known else None


def _together(layer: Layer, ends: list[Views], begun: Views) -> Views:
    """Return what a layer of layers sees, from what its members see at their ends."""
    if isinstance(layer, Sequential):
        return ends[-1]
    if isinstance(layer, Residual):
        beside = ends[len(layer.layers) :] or [begun]
        return _joined([ends[len(layer.layers) - 1], *beside])
    return _joined(ends) if getattr(layer, "axis", -1) == -1 else None


def _joined(several: list[Views]) -> Views:
    total = several[0]
    for other in several[1:]:
        if total is None or other is None:
            return None
        pairs = [one.joined(two) for one, two in zip(total, other, strict=True)]
        known = tuple(pair for pair in pairs if pair is not None)
        total = known if len(known) == len(pairs) else None
    return total


def _through(layer: Layer, shape: Shape, views: tuple[View, ...]) -> Views:
    """Return what a single layer sees whose inputs see this."""
    axes = len(shape) - 1
    if isinstance(layer, GlobalPool) or (isinstance(layer, Dense) and axes in (0, IMAGE_RANK - 1)):
        return tuple(view.whole for view in views)
    if layer.kind in OVER_FEATURES and axes == 0:
        return tuple(view.whole for view in views)
    if isinstance(layer, TransposedConv):
        return tuple(view.painted(window) for view, window in zip(views, layer.windows(shape), strict=True))
    if isinstance(layer, Sliding | Pool):
        return tuple(view.under(window) for view, window in zip(views, layer.windows(shape), strict=True))
    if isinstance(layer, Upsample):
        return tuple(v.repeated(times) for v, times in zip(views, expanded(layer.factor, axes), strict=True))
    if isinstance(layer, ZeroPad):
        return tuple(v.padded(size) for v, size in zip(views, expanded(layer.size, axes), strict=True))
    by_place = isinstance(layer, Dense) or layer.kind in BY_PLACE
    return views if by_place or (layer.keeps_values and layer.kind not in OTHER_PLACES) else None
