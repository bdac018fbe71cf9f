"""What a diagnosis says beside its numbers: when a fault was seen, how sure that is, what a remedy gained.

Comes in: parts of a finding. Goes out: sentences for the report and for the terminal.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from leadline.core.text import count
from leadline.record.finding import Finding, Proof
from leadline.report import wording

if TYPE_CHECKING:  # it needs NumPy, and the command line is imported before anything is loaded
    from leadline.record.run import Run

STAGES = {
    "A": "seen before anything ran",
    "B": "seen at initialization",
    "C": "seen in a probe of a few steps",
    "D": "seen in the training",
}
_PROBLEM = ("program.problem", "data.problem", "task.kind")  # what says it best first
CERTAIN = "Certain: it follows by arithmetic from what is written, whatever the seed."


def seen(finding: Finding) -> str:
    """Say when a fault was seen.

    Example:
        >>> from leadline.record.finding import Remedy
        >>> seen(Finding("a", "A", "hint", "", "", "", Remedy(""), stage="B"))
        'seen at initialization'
    """
    return STAGES[finding.stage]


def sure(finding: Finding) -> str:
    """Say how sure a finding is, and what that number is; empty where it is not known.

    Example:
        >>> from leadline.record.finding import Remedy
        >>> sure(Finding("a", "A", "hint", "", "", "", Remedy(""), confidence=0.997, meaning="share of seeds"))
        '99.7%: share of seeds'
    """
    if finding.certain:
        return f"{CERTAIN} {wording.capital(finding.meaning)}".strip()
    if finding.confidence is None or not math.isfinite(finding.confidence):
        return wording.capital(finding.meaning)
    share = _percent(finding.confidence)
    return f"{share}: {finding.meaning}" if finding.meaning else share


def verdict(proof: Proof) -> str:
    """Say whether a remedy helped.

    Example:
        >>> verdict(Proof(5, 200, 0.51, 0.93, 0.38, 0.46, True))
        'Tried, and it helped'
    """
    return "Tried, and it helped" if proof.won else "Tried, and it did not help"


def gained(proof: Proof, score: str = "score") -> str:
    """Say what a remedy gained.

    Args:
        proof: Of the training beside the original.
        score: What was scored, for people.

    Example:
        >>> gained(Proof(5, 200, 0.51, 0.93, 0.38, 0.46, True), "accuracy")
        'trained beside the original by 5 seeds over 200 steps: accuracy 0.51 → 0.93, gain 0.42 (0.38 … 0.46)'
    """
    before, after, gain, low, high = (
        f"{number:.2f}".replace("-", "−") if math.isfinite(number) else wording.MISSING
        for number in (proof.before, proof.after, proof.after - proof.before, proof.low, proof.high)
    )
    how = f"trained beside the original by {count(proof.seeds, 'seed')} over {count(proof.steps, 'step')}"
    return f"{how}: {score} {before} → {after}, gain {gain} ({low} … {high})"


def score_name(run: Run) -> str:
    """Return what a training is scored by: accuracy, R², or score where the task is not known.

    Example:
        >>> from leadline.record.run import Run
        >>> score_name(Run({"data.problem": "regression"}))
        'R²'
    """
    asked = next((kind for name in _PROBLEM if (kind := run.get(name))), "")
    if not asked:
        return "score"
    return "R²" if asked == "regression" else "accuracy"


def _percent(share: float) -> str:
    """Write a confidence; near 1 its distance to 1 is what matters."""
    if 0.9995 <= share < 1:
        return "over 99.9%"
    return f"{100 * share:.3g}%"
