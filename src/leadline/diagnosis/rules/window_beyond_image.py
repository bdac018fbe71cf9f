"""A kernel larger than the map that it slides over.

What it sees
    A convolution a part of whose weights meets only padding, wherever the kernel stands: the layers before it
    pooled the map down to fewer places than the kernel reaches over.
Why it hurts
    These weights never see an input and learn nothing, while the start counts them: signals come out smaller by the
    root of the share that is used. And a map of one place says nothing of where things are, though layers for
    places still follow.
How it is measured
    By arithmetic: on a map of m places with the size kept, the weight at a distance of d from the kernel's middle
    meets an input only where d is below m. Stride, dilation and every padding are counted out. A warning from half of
    the weights on; a hint below.
What to do
    Pool less before it, or take a kernel that fits the map.
When it is wrong
    A network made for large images and shown small ones works, with fewer weights than it seems to have.
Source
    Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.diagnosis.layers import layer_name
from leadline.diagnosis.planted import program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 62.0  # of the network: less than what stops it, more than what only slows it
NEEDS = ("network.window.idle", "network.window", "network.extent")  # without these it is silent
MOST = 0.5  # of the weights: then the layer is less than half of what is written
WHOLE = 1e-3  # how exactly the places that are used must be a number, to be the size of a kernel
USUAL = 3  # size of a kernel, where none is given


def find(run: Run) -> Finding | None:
    """Return a finding where weights of a kernel meet only padding."""
    if not run.has(*NEEDS):
        return None
    idle = np.nan_to_num(np.asarray(run["network.window.idle"], float))
    found = np.flatnonzero(idle > 0)
    if not found.size:
        return None
    worst = int(found[np.argmax(idle[found])])
    share = float(idle[worst])
    window, extent = int(run["network.window"][worst]), int(run["network.extent"][worst])
    names = [layer_name(run, int(at)) for at in found]
    told = (
        f"{share:.0%} of the weights meet only padding: the kernel reaches over {window} places, of {extent}"
    )
    kernels = _kernels(run, idle)
    return Finding(
        fault="window_beyond_image",
        title="A kernel is larger than the map it slides over",
        severity="warning" if share >= MOST else "hint",
        where=", ".join(names),
        evidence=told,
        why="",
        remedy=Remedy(
            "A kernel that fits the map; or pool less before it, which keeps places to look at.",
            f"kernel={_used(run, share, window, worst)}",
            kernels,
        ),
        weight=WEIGHT,
        picture=_in_use(names, idle[found]),
        certain=True,
        numbers={"idle": share, "window": float(window), "extent": float(extent)},
        others=_less(run, int(found[0])),
        stage="A",
    )


def _in_use(names: list[str], idle: np.ndarray) -> Picture:
    used = tuple((1 - float(share),) for share in idle)
    return Picture("bars", tuple(names), used, "share of the weights in use", {"all": 1.0})


def _used(run: Run, share: float, size: int, at: int) -> int:
    """Return how many places of a square kernel meet an input; its own size where they are no whole number."""
    axes = str(run.get("network.shapes", ("1 x 1 x 1",) * (at + 1))[at]).count(" x ")
    places = size * (1 - share) ** (1 / max(axes, 1))
    return round(places) if abs(places - round(places)) < WHOLE else size


def _kernels(run: Run, idle: np.ndarray) -> dict[str, Any]:
    """Return the recipe's layers with kernels that fit; of layers of layers nothing is changed."""
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)):
        return {}
    changed = [dict(layer) for layer in layers]
    for at in np.flatnonzero(idle > 0):
        place, _, rest = layer_name(run, int(at)).partition(".")
        own = changed[int(place)] if place.isdigit() and int(place) < len(changed) and "." not in rest else {}
        size = own.get("kernel", USUAL)
        if isinstance(size, int) and own.get("dilation", 1) == 1:
            own["kernel"] = _used(run, float(idle[at]), size, int(at))
    return {} if changed == [dict(layer) for layer in layers] else {"network.layers": changed}


def _less(run: Run, first: int) -> tuple[Remedy, ...]:
    """Return the remedy to leave out the last pooling before a layer; none where none stands in the recipe."""
    layers = choice(run, "network.layers")
    place = layer_name(run, first).partition(".")[0]
    if not isinstance(layers, (list, tuple)) or not place.isdigit():
        return ()
    pools = [
        at for at, layer in enumerate(layers[: int(place)]) if str(layer.get("kind", "")).endswith("_pool")
    ]
    if not pools:
        return ()
    kept = [dict(layer) for at, layer in enumerate(layers) if at != pools[-1]]
    return (Remedy("Leave out the last pooling before it.", "", {"network.layers": kept}),)


def example() -> Run:
    """Return a run that shows it: three poolings leave one place of eight, and a kernel of 3 × 3 follows."""
    return program(
        {
            "network.layers": [
                "0.conv",
                "1.max_pool",
                "2.conv",
                "3.max_pool",
                "4.conv",
                "5.max_pool",
                "6.conv",
            ],
            "network.kinds": ["conv", "max_pool"] * 3 + ["conv"],
            "network.shapes": [
                "8 x 8 x 8",
                "4 x 4 x 8",
                "4 x 4 x 8",
                "2 x 2 x 8",
                "2 x 2 x 8",
                "1 x 1 x 8",
                "1 x 1 x 8",
            ],
            "network.activations": ["relu", "linear"] * 3 + ["relu"],
            "network.parameters": np.array([80, 0, 584, 0, 584, 0, 584]),
            "network.extent": np.array([8, 8, 4, 4, 2, 2, 1]),
            "network.window": np.array([3, 2, 3, 2, 3, 2, 3]),
            "network.window.idle": np.array([0, np.nan, 0, np.nan, 0, np.nan, 8 / 9]),
            "recipe": None,
            **dict.fromkeys(("start.size", "start.dead", "start.equal", "start.gradient")),
            **dict.fromkeys(("start.gradient.zeros", "start.ratio", "probe.ratio")),
        }
    )
