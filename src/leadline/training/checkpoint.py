"""Checkpoints: what a long training needs to go on after Ctrl-C, a crash or a lost machine.

Comes in: the loop at the end of an epoch. Goes out: one file of NumPy arrays (no pickle), replaced as a whole, and
the loop again. Going on gives the same bits as never having stopped: the order of the rows and the noise depend on
seed, epoch and step alone.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from leadline.core.disk import not_read, not_written, replace_file
from leadline.core.errors import RunError
from leadline.training.step import Carry
from leadline.training.stopping import Stopping

FORMAT = 3
EVERY = 30.0  # seconds: what a crash may cost


@dataclass(frozen=True)
class Reached:
    """How far a training came, at the end of an epoch. The lists may have grown since; as many count as epochs.

    Args:
        epoch: Epochs finished.
        carry: Parameters, state and optimizer state after them.
        kept: Those of the best epoch.
        stopping: What early stopping has seen.
        start_loss: Loss of the very first batch.
        losses: Training loss of each epoch.
        validation: Validation loss and score of each epoch.
        soundings: Of each sounded epoch, shape (S, L).
        sounded: Those epochs.
        seconds: Of each epoch.
    """

    epoch: int
    carry: Carry
    kept: Carry
    stopping: Stopping
    start_loss: float
    losses: list[float]
    validation: list[tuple[float, float]]
    soundings: list[np.ndarray]
    sounded: list[int]
    seconds: list[float]


@dataclass
class Keeper:
    """Writes and reads the checkpoint of one training.

    Args:
        path: Of the file.
        identity: What the training must be for its checkpoint to fit: recipe and data.
    """

    path: Path
    identity: Mapping[str, Any]
    _last: float = field(default_factory=time.monotonic)

    @property
    def due(self) -> bool:
        """Whether the last one is old enough to be replaced."""
        return time.monotonic() - self._last > EVERY

    def write(self, reached: Reached) -> None:
        """Replace the file.

        Raises:
            RunError: It cannot be written; the old one stays whole.
        """
        if jax.process_index() > 0:  # of several that train together one writes
            return
        arrays = {f"carry/{i}": leaf for i, leaf in enumerate(jax.tree.leaves(reached.carry))}
        arrays |= {f"kept/{i}": leaf for i, leaf in enumerate(jax.tree.leaves(reached.kept))}
        past = {name: getattr(reached, name)[: reached.epoch] for name in ("losses", "validation", "seconds")}
        sounded = [epoch for epoch in reached.sounded if epoch <= reached.epoch]
        past |= {"sounded": sounded, "soundings": reached.soundings[: len(sounded)]}
        arrays |= {name: np.asarray(values) for name, values in past.items()}
        numbers = {
            "epoch": reached.epoch,
            "start_loss": reached.start_loss,
            "stopping": vars(reached.stopping),
        }
        head = {"leadline_checkpoint": FORMAT, "identity": self.identity, **numbers}
        packed = io.BytesIO()
        np.savez(packed, head=np.array(json.dumps(head)), **jax.device_get(arrays))
        try:
            replace_file(self.path, packed.getvalue())
        except OSError as error:
            raise not_written(error, self.path, RunError) from error
        self._last = time.monotonic()

    def read(self, like: Carry) -> Reached | None:
        """Return how far the training came, or None where there is no file.

        Args:
            like: A carry of the same structure.

        Raises:
            RunError: The file is damaged, or belongs to another training.
        """
        if not self.path.exists():
            return None
        try:
            with np.load(io.BytesIO(self.path.read_bytes()), allow_pickle=False) as held:
                head = json.loads(str(held["head"]))
                self._check(head)
                return _reached(head, held, like)
        except OSError as error:
            raise not_read(error, self.path, "a checkpoint", RunError) from error
        except (KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
            if isinstance(error, RunError):
                raise
            hint = f"remove it to begin anew: rm {self.path}"
            raise RunError.at(
                f"checkpoint {self.path}", "one of Leadline's", "a damaged or foreign file", hint
            ) from error

    def _check(self, head: Mapping[str, Any]) -> None:
        theirs = head["identity"]
        ours = json.loads(json.dumps(self.identity))
        if head["leadline_checkpoint"] != FORMAT or theirs != ours:
            other = sorted(name for name in ours if theirs.get(name) != ours[name]) or ["format"]
            hint = f"ask for the same training, choose another file, or remove it: rm {self.path}"
            must, got = "of the same recipe and data", f"one with another {' and '.join(other)}"
            raise RunError.at(f"checkpoint {self.path}", must, got, hint)

    def remove(self) -> None:
        """Remove the file of a training that is done."""
        if jax.process_index() > 0:
            return
        self.path.unlink(missing_ok=True)


def _reached(head: Mapping[str, Any], held: Any, like: Carry) -> Reached:
    leaves, structure = jax.tree.flatten(like)

    def carry(name: str) -> Carry:
        found = [held[f"{name}/{i}"] for i in range(len(leaves))]
        if any(a.shape != b.shape or a.dtype != b.dtype for a, b in zip(found, leaves, strict=True)):
            raise ValueError(name)
        placed = jax.device_put(found, [leaf.sharding for leaf in leaves])
        tree: Carry = jax.tree.unflatten(structure, placed)
        return tree

    validation = [(float(loss), float(score)) for loss, score in held["validation"]]
    return Reached(
        epoch=head["epoch"],
        carry=carry("carry"),
        kept=carry("kept"),
        stopping=Stopping(**head["stopping"]),
        start_loss=head["start_loss"],
        losses=held["losses"].tolist(),
        validation=validation,
        soundings=list(held["soundings"]),
        sounded=held["sounded"].tolist(),
        seconds=held["seconds"].tolist(),
    )
