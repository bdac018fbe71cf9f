"""Run several workers turn by turn and compare what they took.

Each worker is a process of its own that waits between turns, so that import and compilation are paid once and a
slow moment of the machine meets all of them alike. Only ratios from one such run count. A turn in which other
processes used the cores is made again, a few times; then the least disturbed one is kept.

The worker's side is :class:`Turns`; the driver's is :func:`compare`. They talk in lines: the worker writes ``SAYS``
and words, ``LOSSES`` and numbers, then ``READY``; for every line it reads it runs a turn and writes its seconds.
"""

from __future__ import annotations

import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.machine import machine as machine  # other benchmarks take it from here

TURN_SECONDS = 0.4
"""Least length of a turn: waking up does not count in it, and the kernel's clock (10 ms) tells who used the cores."""
WARM_SECONDS = 1.0
WARM_EPOCHS = 3
PAUSE = 0.1
"""Between two turns: threads of the last worker that spin for more work have given up by then."""
TRIES = 4
FOREIGN = 0.12
"""Cores that others may use, on average over a turn, before it is made again."""


class Over(Exception):  # noqa: N818 - nothing went wrong
    """No more turns are wanted."""


class Turns:
    """A worker's turns: told of the end of every epoch, it waits there until the next turn begins.

    Args:
        units: What the seconds of an epoch are divided by: its steps.
        whole: Epochs of which a turn holds a multiple: what is done now and then counts as often as it is done.
    """

    def __init__(self, units: int, whole: int = 1) -> None:
        self.units = units
        self.whole = whole
        self.met: list[float] = [time.perf_counter()]
        self.epochs = 0  # of one turn; 0 until warm
        self.left = 0
        self.began = 0.0

    def __call__(self) -> None:
        """Note that an epoch is over; raise :class:`Over` where the driver wants no more."""
        now = time.perf_counter()
        if not self.epochs:
            self.met.append(now)
            if len(self.met) <= WARM_EPOCHS or now - self.met[1] < WARM_SECONDS:
                return
            pace = min(b - a for a, b in zip(self.met[1:], self.met[2:], strict=False))
            self.epochs = max(1, math.ceil(TURN_SECONDS / pace / self.whole)) * self.whole
            print("READY", flush=True)
        else:
            self.left -= 1
            if self.left:
                return
            print((now - self.began) / (self.epochs * self.units), flush=True)
        if not sys.stdin.readline():
            raise Over
        self.left, self.began = self.epochs, time.perf_counter()

    def run(self, epoch: Callable[[], object]) -> None:
        """Run epochs for as long as turns are wanted."""
        try:
            while True:
                epoch()
                self()
        except Over:
            pass


def serve(unit: Callable[[], float]) -> None:
    """Answer every line on the standard input with the seconds that one unit took, as it tells them itself."""
    unit()  # warm
    print("READY", flush=True)
    for _ in sys.stdin:
        print(unit(), flush=True)


def say(words: str) -> None:
    """Tell the driver something for the record."""
    print("SAYS", " ".join(words.split()), flush=True)


def tell_losses(losses: Sequence[float]) -> None:
    """Tell the driver the losses of the first steps."""
    print("LOSSES", json.dumps([float(loss) for loss in losses]), flush=True)


@dataclass
class Worker:
    """A running worker, and what it said and took.

    Args:
        process: Waits for a turn.
        errors: What it writes on its error stream.
        said: Its words.
        losses: Of its first steps.
        seconds: Of every turn, by unit.
        foreign: Cores that others used meanwhile, by turn.
    """

    process: subprocess.Popen[str]
    errors: IO[str]
    said: list[str] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    foreign: list[float] = field(default_factory=list)

    def heard(self, line: str) -> bool:
        """Take in a line that is no time; tell whether it was one of those known."""
        if line.startswith("SAYS "):
            self.said.append(line[5:].strip())
        elif line.startswith("LOSSES "):
            self.losses = json.loads(line[7:])
        return line.startswith(("SAYS ", "LOSSES "))

    def turn(self) -> None:
        """Run one turn; again where others used the cores."""
        tries: list[tuple[float, float]] = []
        while len(tries) < TRIES and not (tries and tries[-1][0] <= FOREIGN):
            time.sleep(PAUSE)
            tries.append(self._try())
        foreign, seconds = min(tries)
        self.seconds.append(seconds)
        self.foreign.append(round(foreign, 3))

    def _try(self) -> tuple[float, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        busy, own, start = _busy(), _own(self.process.pid), time.perf_counter()
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        wall = time.perf_counter() - start
        foreign = (_busy() - busy - (_own(self.process.pid) - own)) / wall
        if not line:
            raise StoppedError(self.reason())
        return max(0.0, foreign) if wall >= TURN_SECONDS / 2 else 0.0, float(line)

    def reason(self) -> str:
        """Return the last line of its error stream that names an error, or else the exit code."""
        self.process.wait(timeout=60)
        self.errors.seek(0)
        named = re.findall(
            r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt)\b.*", self.errors.read(), re.MULTILINE
        )
        return named[-1] if named else f"ended with exit code {self.process.returncode}"

    def end(self) -> None:
        """Close its input, hear its last words and wait."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        for line in self.process.stdout:
            self.heard(line)
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Close what the driver reads."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()


class StoppedError(RuntimeError):
    """A worker ended before it was asked to; the words tell why."""


def started(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Worker:
    """Start a worker and return it when it is ready.

    Args:
        command: Interpreter, ``-m``, module and arguments.
        environment: Set beside the one of this process.

    Raises:
        StoppedError: It ended before.
    """
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - the worker closes it at its end
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    worker = Worker(process, errors)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("READY"):
            return worker
        worker.heard(line)
    why = worker.reason()
    process.communicate()
    worker.close()
    raise StoppedError(why)


def compare(workers: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Run workers turn by turn; return the seconds of every turn by worker.

    Args:
        workers: Module and arguments, by name.
        rounds: Turns of each.
    """
    running = {name: started([sys.executable, "-m", *rest]) for name, rest in workers.items()}
    take_turns(running, rounds)
    for worker in running.values():
        worker.end()
    return {name: worker.seconds for name, worker in running.items()}


def take_turns(running: Mapping[str, Worker], rounds: int) -> None:
    """Let every worker have its turn, round by round."""
    for _ in range(rounds):
        for worker in running.values():
            worker.turn()


def _busy() -> float:
    """Return the seconds that all cores together were in use since the machine started; 0 where it cannot be told."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _, _, *rest = map(int, stat.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def _own(process: int) -> float:
    """Return the seconds that a process has used the cores; 0 where it cannot be told."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def show(
    title: str, times: Mapping[str, list[float]], unit: float, unit_name: str, ours: str = "leadline"
) -> None:
    """Print medians, minima and the ratio of every worker to us, turn by turn."""
    print(f"\n{title}")
    for name, seconds in times.items():
        ratios = [theirs / mine for theirs, mine in zip(seconds, times[ours], strict=True)]
        print(
            f"  {name:<28} median {statistics.median(seconds) * unit:9.2f} {unit_name}"
            f"  min {min(seconds) * unit:9.2f}  {name} / {ours}: {statistics.median(ratios):5.2f}"
        )
