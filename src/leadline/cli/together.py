"""``--processes``: start the processes of a training on this machine, or be one of them.

Comes in: what was typed. Goes out: processes that train together; the first speaks and saves.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import leadline as ll
from leadline.core.errors import Problems, RecipeError

GRACE = 10.0  # seconds that the others get to end by themselves when one has failed
TOLD = 20  # lines of a failed process


@dataclass(frozen=True)
class Asked:
    """What was asked.

    Args:
        processes: How many train together.
        coordinator: Where process 0 listens; None where this process is to start all of them.
        process: Which one this is.
    """

    processes: int
    coordinator: str | None
    process: int

    @property
    def speaks(self) -> bool:
        """Whether this process prints and saves."""
        return self.process == 0

    @property
    def starts(self) -> bool:
        """Whether this process is to start the others."""
        return self.coordinator is None and self.processes > 1


def asked(
    processes: int | None, coordinator: str | None, process: int | None, on_error: str = "continue"
) -> Asked:
    """Hold the options against each other.

    Raises:
        RecipeError: They do not fit; names all of them.
    """
    problems, number = Problems(), 1 if processes is None else processes
    if number < 1:
        problems.add("--processes", "at least 1", str(number), "--processes 2")
    if (coordinator is None) != (process is None):
        given = "--coordinator" if process is None else "--process"
        hint = "--coordinator HOST:PORT --process 0"
        problems.add("--coordinator and --process", "given together", f"{given} alone", hint)
    elif process is not None and not 0 <= process < number:
        problems.add("--process", f"from 0 to {number - 1}, below --processes", str(process))
    if number > 1 and on_error != "continue":
        problems.add(
            "--on-error", "continue with several processes", repr(on_error), "leadline check SOURCE first"
        )
    if coordinator is not None and not coordinator.rpartition(":")[2].isdigit():
        problems.add("--coordinator", "HOST:PORT", repr(coordinator), "--coordinator localhost:12355")
    problems.raise_as(RecipeError)
    return Asked(number, coordinator, process or 0)


def begin(asked: Asked) -> None:
    """Become one of the processes, with a part of this machine's cores where all run here."""
    if asked.processes > 1 and asked.coordinator is not None:
        here = asked.coordinator.startswith(("localhost:", "127.0.0.1:"))
        ll.join(asked.coordinator, asked.processes, asked.process, share=asked.processes if here else 1)


def start_all(asked: Asked) -> int:
    """Run the same command in every process and wait; return the exit status.

    Ctrl-C reaches all of them; they end the epoch together.
    """
    coordinator = f"localhost:{_free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        running = [
            _started(coordinator, process, Path(folder) / f"{process}.txt")
            for process in range(asked.processes)
        ]
        status = _ended(running)
        silent = [
            place for place in sorted(Path(folder).glob("*.txt")) if running[int(place.stem)].returncode
        ]
        if status and not running[0].returncode:
            for place in silent:
                lines = place.read_text(errors="replace").splitlines()[-TOLD:]
                print(f"process {place.stem}:", *lines, sep="\n", file=sys.stderr)
    return status


def _started(coordinator: str, process: int, errors: Path) -> subprocess.Popen[bytes]:
    more = ["--coordinator", coordinator, "--process", str(process)]
    command = [sys.executable, "-m", "leadline", *sys.argv[1:], *more]
    if process == 0:
        return subprocess.Popen(command)
    with errors.open("wb") as told:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)


def _ended(running: list[subprocess.Popen[bytes]]) -> int:
    """Wait for all; when one fails, the others get a while to end."""
    failed_at = None
    while any(each.poll() is None for each in running):
        try:
            time.sleep(0.1)
        except KeyboardInterrupt:  # the processes have heard it too
            continue
        if failed_at is None and any(each.poll() for each in running):
            failed_at = time.monotonic()
        if failed_at is not None and time.monotonic() - failed_at > GRACE:
            for each in running:
                each.kill()  # JAX takes a request to end for one to finish its step, and waits for the others
    return next((each.returncode for each in running if each.returncode), 0)


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("localhost", 0))
        return int(some.getsockname()[1])
