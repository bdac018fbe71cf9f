"""A watch: what every adapter has, whatever framework it looks at.

Comes in: what an adapter gathers. Goes out: a run, its findings, its report and its folder.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leadline.adapters.guard import Guard
from leadline.adapters.pace import Pace
from leadline.adapters.surroundings import now
from leadline.core.text import count
from leadline.diagnosis.engine import diagnose
from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.record.store import RUN, save_findings, save_run
from leadline.report.document import write


class Watch(abc.ABC):
    """Looks at a training that somebody else makes, and never changes it.

    Use it as a context manager, or call :meth:`close` when the training is over. What it saw can be asked for at any
    time, also while the training goes on.

    Args:
        every: Steps (epochs in Keras) from one sounding to the next; None for as many as cost little.
    """

    def __init__(self, every: int | None = None) -> None:
        self.guard = Guard()
        self.pace = Pace(every)
        self.started = now()
        self.seconds: float | None = None
        self.interrupted = False

    @abc.abstractmethod
    def gather(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """Return what makes each part of the record, by what it is of."""

    def unhook(self) -> None:  # noqa: B027 - a callback has none
        """Take every hook away, where there are any."""

    @property
    def run(self) -> Run:
        """Everything seen so far, as a run: each part that can be told."""
        run = Run({"started": self.started, "seconds.total": self.took, "seconds.compile": 0.0})
        for what, make in self.gather().items():
            try:
                run = run.with_values({name: value for name, value in make().items() if value is not None})
            except Exception as error:  # one part that cannot be told hides no other
                self.guard.end(what, error)
        return run.with_values({"program.look": list(self.guard.words)})

    @property
    def findings(self) -> Findings:
        """What is wrong with the training, the gravest first."""
        return diagnose(self.run)

    @property
    def took(self) -> float:
        """Seconds from the start of the watch until now, or until it was closed."""
        return self.pace.clock() - self.pace.began if self.seconds is None else self.seconds

    @property
    def share(self) -> float:
        """Share of that time which the watch took for itself."""
        return self.guard.spent / self.took if self.took else 0.0

    def report(self, path: str | Path = "report.html") -> Path:
        """Write the report as one HTML page, and return its path.

        Args:
            path: Of the file.

        Raises:
            RunError: It cannot be written.
        """
        run = self.run
        return write(path, run, diagnose(run))

    def save(self, folder: str | Path) -> Path:
        """Save run and findings into a folder, over those of an earlier save, and return the folder.

        Args:
            folder: New, empty, or one that holds a run.

        Raises:
            RunError: It holds something else, or cannot be written.
        """
        run = self.run
        saved = save_run(run, folder, replace=(Path(folder) / RUN).exists())
        save_findings(diagnose(run), saved)
        return saved

    def close(self) -> None:
        """Stop watching; what was seen stays. A second call does nothing."""
        if self.seconds is None:
            self.seconds = self.took
            self.guard.safe("the end", self.unhook)()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.interrupted = self.interrupted or kind is not None
        self.close()

    def __repr__(self) -> str:
        run = self.run
        findings = diagnose(run)
        lines = [_course(run), f"  own time  {self.share:.1%} of {self.took:.1f} s"]
        lines += [f"  {finding.severity:<8}  {finding.title}" for finding in findings]
        lines += [f"  not seen  {sentence}" for sentence in run["program.look"]]
        return "\n".join(lines)


def _course(run: Run) -> str:
    """Say in a line what was seen."""
    steps, epochs = run.get("program.updates", 0), run.epochs
    seen = f"{count(steps, 'step')}, {count(epochs, 'epoch')}"
    if epochs:
        losses = run["curve.loss.train"]
        seen += f", loss {losses[0]:.4g} to {losses[-1]:.4g}"
    layers, soundings = run.get("network.layers", ()), run.get("sounding.epochs", ())
    return f"Watched {seen}; {count(len(layers), 'layer')} sounded in {count(len(soundings), 'epoch')}"
