"""What a training gives, as one value: model, run, findings, evaluation and recipe; shown, reported and saved.

Comes in: what the workflow put together. Goes out: files in a folder of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leadline import report as pages
from leadline.core.text import count
from leadline.export.model import Model
from leadline.nn.summary import Summary
from leadline.record.evaluation import Evaluation
from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.record.store import new_run_folder, save_findings, save_run
from leadline.training.recipe import Recipe


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a training gives.

    Args:
        model: Predicts, and saves itself as one safe file.
        run: Everything that was measured.
        findings: What is wrong, the gravest first.
        evaluation: How good the model is on the test part; where there is none, on the validation part, then the
            training part.
        recipe: Every choice; running it again gives the same bits on the same machine.

    Example:
        >>> import leadline as ll
        >>> result = ll.fit("linear", ll.data.bundled("iris"), epochs=5)
        >>> sorted(result.save("run"))
        ['folder', 'model', 'recipe', 'report']
    """

    model: Model
    run: Run
    findings: Findings
    evaluation: Evaluation
    recipe: Recipe

    @property
    def summary(self) -> Summary:
        """The network's layers with shapes and parameters."""
        return self.model.summary()

    def __repr__(self) -> str:
        best, judged = self.evaluation.headline, self.evaluation
        reached = f"{judged.part} {best.name} {best.value:.3f} [{best.low:.3f}, {best.high:.3f}]"
        epochs, findings = count(self.run.epochs, "epoch"), count(len(self.findings), "finding")
        return f"Result on {self.run['data.name']!r}: {reached}; {epochs}, {self.run.took}; {findings}"

    def report(self, path: Path | str = "report.html") -> Path:
        """Write the report, one self-contained page, and return its path."""
        return pages.write(Path(path), self.run, self.findings)

    def save(self, folder: Path | str | None = None) -> dict[str, Path]:
        """Save run, findings, recipe, model and report into a new folder; return the files by what they are.

        Args:
            folder: Must not exist yet, or be empty; ``runs/NAME-1``, ``-2``, ... by default.

        Raises:
            RunError: The folder holds something already, or cannot be written.
        """
        place = save_run(self.run, run_folder(folder, self.run["data.name"]))
        save_findings(self.findings, place)
        recipe = self.recipe.save(place / "recipe.toml")
        model = self.model.save(place / f"{self.run['data.name']}.leadline")
        page = self.report(place / "report.html")
        return {"folder": place, "model": model, "report": page, "recipe": recipe}


def run_folder(folder: Path | str | None, name: str) -> Path:
    """Return the folder asked for, or the next free one of this name under ``runs``."""
    return Path(folder) if folder is not None else new_run_folder(Path("runs"), name)
