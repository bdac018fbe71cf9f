"""The devices of a training: where its rows and weights lie, and how a batch is shared out among them.

JAX shares the arithmetic out by itself once it is told that the rows of a batch lie on several devices: gradients,
batch statistics and losses are sums over all of them, so the program means the same on one device and on many. In:
how many devices a plan chose. Out: arrays on them. A processor's cores can be devices too.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array

MOST_CORES = 8
"""Cores taken as devices of their own; beyond, the parts of a usual batch get too small."""
ALIGNMENT = 64  # bytes: what XLA's processor backend takes without a copy


def cores_as_devices(share: int = 1) -> None:
    """Make JAX take the cores of this processor as devices.

    It works until JAX is first used in a process, and leaves alone what the user set for JAX.

    Args:
        share: Of how many processes on this machine the cores are to be used.

    Example:
        >>> cores_as_devices()
        >>> len(jax.devices()) >= 1
        True
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if jax.config.values["jax_num_cpu_devices"] not in (-1, None) or "device_count" in flags:
        return
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(RuntimeError):  # JAX was used before: what it began with stays
        jax.config.update("jax_num_cpu_devices", max(1, min(MOST_CORES, here // share)))


@dataclass(frozen=True)
class Devices:
    """One device, or several that hold the same weights and take a part of each batch.

    Args:
        mesh: Of several devices, in one row; None for one.

    Example:
        >>> Devices.of(1).count
        1
    """

    mesh: Mesh | None = None

    @classmethod
    def of(cls, count: int) -> Devices:
        """Return the first so many devices, of all processes where there are several."""
        return cls(Mesh(np.array(jax.devices()[:count]), ("batch",)) if count > 1 else None)

    @property
    def count(self) -> int:
        """How many there are."""
        return 1 if self.mesh is None else int(self.mesh.size)

    @property
    def processes(self) -> int:
        """How many processes they belong to."""
        return 1 if self.mesh is None else len({device.process_index for device in self.mesh.devices.flat})

    @property
    def everywhere(self) -> NamedSharding | None:
        """How an array lies that every device holds whole; None for one device."""
        return None if self.mesh is None else NamedSharding(self.mesh, PartitionSpec())

    def put(self, tree: Any) -> Any:
        """Return arrays that every device holds whole. On a processor all of them read the same memory."""
        return jax.tree.map(self._put, tree)

    def _put(self, array: Any) -> Array:
        lies_here = isinstance(array, np.ndarray) and jax.default_backend() == "cpu"
        array = aligned(array) if lies_here else array
        if self.mesh is None or self.processes == 1:
            lying: Array = jax.device_put(array, self.everywhere)
            return lying
        mine = [jax.device_put(array, device) for device in self.mesh.local_devices]
        whole = NamedSharding(self.mesh, PartitionSpec())
        joined: Array = jax.make_array_from_single_device_arrays(mine[0].shape, whole, mine)
        return joined

    def like(self, tree: Any) -> Any:
        """Return the shapes and types of arrays that lie as :meth:`put` lays them, to compile for."""

        def described(array: Any) -> jax.ShapeDtypeStruct:
            return jax.ShapeDtypeStruct(array.shape, array.dtype, sharding=self.everywhere)

        return jax.tree.map(described, tree)

    def shared(self, batch: Array) -> Array:
        """Return the batch with its rows shared out, where they go into equal parts; inside a compiled program."""
        if self.mesh is None or batch.shape[0] % self.count:
            return batch
        parts: Array = lax.with_sharding_constraint(batch, NamedSharding(self.mesh, PartitionSpec("batch")))
        return parts


def aligned(array: np.ndarray) -> np.ndarray:
    """Return the array where a device that computes in this machine's own memory takes it without copying it.

    Example:
        >>> aligned(np.arange(5)).ctypes.data % ALIGNMENT
        0
    """
    if array.ctypes.data % ALIGNMENT == 0 and array.flags.c_contiguous:
        return array
    held = empty_aligned(array.shape, array.dtype)
    held[...] = array
    return held


def empty_aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an aligned array whose values are not set.

    Example:
        >>> empty_aligned((3, 2), np.float32).shape
        (3, 2)
    """
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    begin = -raw.ctypes.data % ALIGNMENT
    held: np.ndarray = raw[begin : begin + size].view(kind).reshape(shape)
    return held
