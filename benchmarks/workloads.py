"""The work that every worker does: networks, batches and synthetic rows, declared once for us and all peers.

Comes in: a name ("lenet"), or an MLP in words ("20-64-64-3/b32/n12800": sizes, batch, rows). Goes out: a
:class:`Workload` that each framework builds its own network of. NumPy only: a peer may live in another environment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

CHECKED_STEPS = 20
"""Steps over which the losses of all workers are compared, each on one batch of all rows."""

EARLY_EPSILON = 1e-8 * (1 - 0.999) ** 0.5
"""Adam's epsilon where it is added before the second moment is corrected: the same first step as 1e-8 after it."""


class Step(NamedTuple):
    """One layer: dense, conv, pool, up, flatten, norm, block, mean or lstm; ``size`` units or channels.

    Convolutions have kernel 3 and keep the size at stride 1. A block is that of a residual network: two convolutions,
    each with batch normalization, around a shortcut, which is projected and normalized where the stride is 2.
    """

    kind: str
    size: int = 0
    stride: int = 1
    bias: bool = True
    relu: bool = False


@dataclass(frozen=True)
class Workload:
    """What is trained.

    Args:
        name: As on the command line.
        title: For people.
        shape: Of one input, channels last.
        steps: The network.
        batch: Rows of one step.
        rows: Training rows of one epoch, a multiple of the batch.
        must: Ratio to the best PyTorch variant that must be reached; None where none is asked.
        stretch: The ratio beyond it.
        kind: "mlp", "cnn" or "lstm".
        classes: Of the synthetic labels; 0 where the inputs themselves are the targets.
    """

    name: str
    title: str
    shape: tuple[int, ...]
    steps: tuple[Step, ...]
    batch: int
    rows: int
    must: float | None = None
    stretch: float | None = None
    kind: str = "mlp"
    classes: int = 10

    @property
    def epoch_steps(self) -> int:
        """Steps of one epoch."""
        return self.rows // self.batch

    @property
    def judged(self) -> int:
        """Validation rows beyond the training rows, for who validates: 5%, at most 512."""
        return min(512, max(1, self.rows // 20))

    @property
    def flops(self) -> float:
        """Floating-point operations of one step: those of the forward pass, and twice as many back."""
        return 3.0 * self.batch * sum(_forward_flops(self))

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs (B, ...) float32 and labels (B,) int32: training rows first, then validation rows."""
        random = np.random.default_rng(0)
        number = self.rows + self.judged
        inputs = random.standard_normal((number, *self.shape), np.float32)
        return inputs, random.integers(0, max(1, self.classes), number).astype(np.int32)


def _forward_flops(workload: Workload) -> list[float]:
    """Return the multiplications and additions of each layer with weights, for one row."""
    shape, found = workload.shape, []
    for step in workload.steps:
        after = shape_after(step, shape)
        if step.kind == "dense":
            found.append(2 * shape[0] * step.size)
        elif step.kind == "lstm":
            found.append(2 * shape[0] * 4 * step.size * (shape[1] + step.size))
        elif step.kind in ("conv", "block"):
            places, inside = after[0] * after[1], shape[2] * 9 * step.size
            found.append(2 * places * inside)
            if step.kind == "block":
                found.append(2 * places * step.size * 9 * step.size)
                found.append(2 * places * shape[2] * step.size * (step.stride > 1))
        shape = after
    return found


def shape_after(step: Step, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that a layer gives, without the batch."""
    match step.kind:
        case "dense" | "lstm":
            return (step.size,)
        case "conv" | "block":
            return (*(-(-length // step.stride) for length in shape[:2]), step.size)
        case "pool":
            return (shape[0] // 2, shape[1] // 2, shape[2])
        case "up":
            return (shape[0] * 2, shape[1] * 2, shape[2])
        case "flatten":
            return (int(np.prod(shape)),)
        case "mean":
            return shape[-1:]
    return shape


def dense(*sizes: int) -> tuple[Step, ...]:
    """Return dense layers with ReLU between them."""
    return tuple(Step("dense", n, relu=i < len(sizes) - 1) for i, n in enumerate(sizes))


def conv(channels: int) -> Step:
    return Step("conv", channels, relu=True)


POOL, UP, FLATTEN = Step("pool"), Step("up"), Step("flatten")
TOP = (FLATTEN, *dense(10))
RESNET_20 = (
    Step("conv", 16, bias=False),
    Step("norm", relu=True),
    *(Step("block", n, 2 if i == 0 and n > 16 else 1) for n in (16, 32, 64) for i in range(3)),
    Step("mean"),
    *dense(10),
)
CIFAR = (*(step for n in (32, 64, 128) for step in (conv(n), conv(n), POOL)), *TOP)
AUTOENCODER = (conv(16), POOL, conv(32), POOL, UP, conv(32), UP, conv(16), Step("conv", 1))


def mlp(name: str, title: str, sizes: tuple[int, ...], batch: int, rows: int, *wished: float) -> Workload:
    """Return a network of dense layers."""
    must, stretch = wished or (None, None)
    return Workload(name, title, sizes[:1], dense(*sizes[1:]), batch, rows, must, stretch, "mlp", sizes[-1])


def _image(name: str, title: str, shape: tuple[int, ...], steps: tuple[Step, ...], *rest: float) -> Workload:
    batch, rows, must, stretch = rest
    classes = 0 if steps[-1].kind == "conv" else 10
    return Workload(name, title, shape, steps, int(batch), int(rows), must, stretch, "cnn", classes)


def _lstm(units: int, must: float, stretch: float) -> Workload:
    title, steps = f"LSTM-{units}, T=100, b32", (Step("lstm", units), *dense(10))
    return Workload(f"lstm{units}", title, (100, 16), steps, 32, 640, must, stretch, "lstm")


DEEP = (500, *[500] * 10, 10)
DIGITS = (conv(16), POOL, conv(32), POOL, *TOP)
LENET = (conv(32), POOL, conv(64), POOL, *TOP)
WORKLOADS = {
    work.name: work
    for work in (
        mlp("tiny", "MLP 20-64-64-3, b32", (20, 64, 64, 3), 32, 12_800, 10, 14),
        mlp("mnist", "MLP 784-256-128-10, b128", (784, 256, 128, 10), 128, 12_800, 1.4, 1.8),
        mlp("deep", "MLP 500-10×500-10, b128", DEEP, 128, 6_400, 1.2, 1.4),
        _image("digits", "CNN digits 8×8, b32", (8, 8, 1), DIGITS, 32, 3200, 2, 2.5),
        _image("lenet", "LeNet-like 28×28, b64", (28, 28, 1), LENET, 64, 2560, 1.05, 1.3),
        _image("cifar", "6-conv CIFAR 32×32, b64", (32, 32, 3), CIFAR, 64, 1280, 0.85, 1.0),
        _image("autoencoder", "conv autoencoder 28×28, b64", (28, 28, 1), AUTOENCODER, 64, 2560, 0.9, 1.1),
        _image("resnet20", "ResNet-20 with batch norm, b64", (32, 32, 3), RESNET_20, 64, 640, 0.6, 1.0),
        _lstm(64, 0.95, 1.2),
        _lstm(128, 1.1, 1.4),
    )
}


def find(name: str) -> Workload:
    """Return a workload by name, or the MLP that its words describe.

    Raises:
        SystemExit: There is no such workload.
    """
    if name in WORKLOADS:
        return WORKLOADS[name]
    said = re.fullmatch(r"(\d+(?:-\d+)+)/b(\d+)/n(\d+)", name)
    if said is None:
        known = ", ".join(WORKLOADS)
        raise SystemExit(f"no workload {name!r}; there are {known}, and MLPs like 20-64-64-3/b32/n12800")
    sizes = tuple(map(int, said[1].split("-")))
    batch, rows = int(said[2]), int(said[3])
    return mlp(name, f"MLP {said[1]}, b{batch}, {rows:,} rows", sizes, batch, rows)
