"""Who is compared: Leadline's worker and those of its peers, for a workload and a device.

Comes in: a workload. Goes out: contestants, each with the command that starts it. A peer may live in another
environment: ``LEADLINE_PEERS="tensorflow=/path/to/python"`` (or ``--python``) names its interpreter. One whose
package is not installed is left out, with a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from benchmarks.workloads import Workload

WORKERS = "benchmarks.workers"
OURS = "leadline"
BY_HAND = "jax by hand"
FAMILIES = ("leadline", "torch", "keras", "scikit-learn", BY_HAND)
ON_CPU = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True)
class Contestant:
    """One worker of a comparison.

    Args:
        name: For people.
        family: One of :data:`FAMILIES`; the best of a family is what counts.
        module: Of the worker.
        options: Beside the workload and the weights.
        needs: Package without which it cannot run; also the name of its interpreter.
        environment: Set for it.
    """

    name: str
    family: str
    module: str
    options: tuple[str, ...] = ()
    needs: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, pythons: Mapping[str, str], *arguments: str) -> list[str]:
        """Return what starts it."""
        python = pythons.get(self.needs, sys.executable)
        return [python, "-m", f"{WORKERS}.{self.module}", *arguments, *self.options]


def contestants(workload: Workload, device: str, cores: int = os.cpu_count() or 1) -> list[Contestant]:
    """Return all that can do a workload, ours first."""
    found = [Contestant(OURS, OURS, "leadline_steps"), *_torch(device, cores), *_keras(device)]
    if workload.kind == "mlp":
        found.append(Contestant("scikit-learn", "scikit-learn", "sklearn_steps", needs="sklearn"))
    shared = device == "cpu" and workload.kind != "mlp" and workload.name != "digits"
    options = ("--devices", str(cores)) if shared and workload.batch % cores == 0 else ()
    found.append(Contestant(BY_HAND, BY_HAND, "jax_steps", options))
    return found


def _torch(device: str, cores: int) -> list[Contestant]:
    kinds = {"eager": (), "fused Adam": ("--fused",), "compiled fused Adam": ("--fused", "--compiled")}
    if device != "cpu":
        on = ("--device", "cuda")
        return [
            Contestant(f"torch {k}", "torch", "torch_steps", (*o, *on), "torch") for k, o in kinds.items()
        ]
    return [
        Contestant(f"torch {kind} {n} thread{'s' * (n > 1)}", "torch", "torch_steps",
                   (*options, "--threads", str(n)), "torch")
        for kind, options in kinds.items() for n in sorted({1, cores}, reverse=True)
    ]  # fmt: skip


def _keras(device: str) -> list[Contestant]:
    return [
        Contestant(
            f"keras on {backend}", "keras", "keras_steps", (), backend, {"KERAS_BACKEND": backend, **QUIET}
        )
        for backend in ("jax", "torch", "tensorflow")
        if device == "cpu" or backend != "tensorflow"
    ]


def asked_for(all_of_them: Sequence[Contestant], names: str) -> list[Contestant]:
    """Return those whose name or family is among the names, separated by commas; all where none is given. Ours stays.

    Raises:
        SystemExit: A name fits none.
    """
    words = [word.strip() for word in names.split(",") if word.strip()]
    lost = [word for word in words if not any(_fits(one, word) for one in all_of_them)]
    known = sorted({one.family for one in all_of_them})
    if lost:
        raise SystemExit(f"no peer {', '.join(map(repr, lost))} here; there are {', '.join(known)}")
    return [one for one in all_of_them if not words or one.name == OURS or any(_fits(one, w) for w in words)]


def _fits(one: Contestant, word: str) -> bool:
    return one.family == word or one.name.startswith(word)


def interpreters(said: Sequence[str] = ()) -> dict[str, str]:
    """Return the interpreters of packages that live elsewhere, of ``LEADLINE_PEERS`` and of words like it."""
    words = [*os.environ.get("LEADLINE_PEERS", "").split(","), *said]
    return dict(word.strip().split("=", 1) for word in words if "=" in word)


def missing(one: Contestant, pythons: Mapping[str, str]) -> str:
    """Return why it cannot run; nothing where it can."""
    python = pythons.get(one.needs, sys.executable)
    packages = [one.needs, *(["keras"] if one.family == "keras" else [])]
    lacking = [name for name in packages if name and not _importable(python, name)]
    if lacking:
        return f"{' and '.join(lacking)} not installed"
    if "--compiled" in one.options and not any(
        shutil.which(name) for name in ("c++", "g++", "clang++", "cl")
    ):
        return "no C++ compiler"
    return ""


@cache
def _importable(python: str, name: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0
