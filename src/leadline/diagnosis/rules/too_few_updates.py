"""A training that ends before it began.

What it sees
    So few steps, or steps so small, that the weights cannot get far from where they were drawn.
Why it hurts
    What comes out is the random network that went in. More epochs, smaller batches or a higher rate cost
    little.
How it is measured
    Steps = epochs · rows / batch. Adam and its kind move a weight by about the rate in each step: where rate ·
    steps stays below a tenth, no weight of a usual start (a tenth to one) has changed much. Plain gradient
    descent: fewer than 50 steps. None at all is an error, the rest a warning that a patched training proves.
What to do
    More epochs; or smaller batches, or a higher rate.
When it is wrong
    Weights that were learned before need little. Large data sets may reach the goal in an epoch: they have many
    steps, and are not flagged.
Source
    Kingma and Ba 2015, Adam, section 2.1 (the step is bounded by the rate); Humbatova et al. 2020, Taxonomy of
    real faults in deep learning systems.
"""

from __future__ import annotations

from leadline.core.text import count, short
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 48.0  # of the training: behind all that is wrong with data and network
NEEDS = (
    "program.updates",
    "recipe",
)  # without these it is silent
FIRST = 59.0  # of the training, before the rate: in so few steps no rate is to blame
FIXED = ("adam", "adamw", "rmsprop", "nadam", "adamax")  # their step is about the rate, whatever the gradient
WAY = 0.1  # of a weight: the smallest usual start, 1 / sqrt(100)
STEPS = 50  # of plain gradient descent, whose way depends on the gradient
ENOUGH = 1000  # steps that small networks are trained by
FASTER = 10.0  # times the rate


def find(run: Run) -> Finding | None:
    """Return a finding where rate and steps cannot change the weights."""
    steps, rate = run.get("program.updates"), choice(run, "optimizer.learning_rate")
    if steps is None or not isinstance(rate, (int, float)) or run.get("warm.start"):
        return None
    fixed, way = choice(run, "optimizer.name") in FIXED, float(rate) * steps
    if steps and (way >= WAY if fixed else steps >= STEPS):
        return None
    told = f"{count(int(steps), 'step')} of {short(float(rate))}"
    if fixed and steps:
        told += f" move a weight by at most about {short(way)}; it began at about a tenth to one"
    return Finding(
        fault="too_few_updates",
        title="Too few steps to learn anything" if steps else "Nothing was trained",
        severity="warning" if steps else "error",
        where=f"{choice(run, 'training.epochs', 0)} epochs",
        evidence=told,
        why="",
        remedy=_more(run, int(steps)),
        weight=WEIGHT if steps >= STEPS else FIRST,
        picture=_picture(steps, way if fixed else None),
        certain=not steps,
        numbers={"steps": float(steps), "way": way},
        others=_others(run, float(rate)),
        stage="A",
    )


def _more(run: Run, steps: int) -> Remedy:
    rows, batch = int(run.get("data.rows.train", 1)), int(run.get("program.batch", 1))
    smaller = min(batch, max(1, rows // 4), 32)
    each = -(-rows // smaller)
    epochs = max(int(choice(run, "training.epochs", 1)), -(-ENOUGH // each))
    words = f"Train for {epochs} epochs" + (f" in batches of {smaller}." if smaller != batch else ".")
    return Remedy(words, f"--epochs {epochs}", {"training.epochs": epochs, "training.batch_size": smaller})


def _others(run: Run, rate: float) -> tuple[Remedy, ...]:
    higher = float(f"{rate * FASTER:.3g}")
    return (
        Remedy(
            "Take ten times the rate.", f"--learning-rate {higher:g}", {"optimizer.learning_rate": higher}
        ),
    )


def _picture(steps: float, way: float | None) -> Picture:
    if way is None:
        return Picture(
            "bars", ("steps",), ((float(steps),),), "steps of the training", {"usual": float(ENOUGH)}
        )
    return Picture(
        "bars", ("all steps",), ((way,),), "the most a weight can move", {"a small first weight": WAY}
    )


def example() -> Run:
    """Return a run that shows it: one epoch in batches of 512 is three steps."""
    layers = (dense(32, "relu"), dense(32, "relu"), dense(3, "softmax"))
    steps = {"program.updates": 3, "program.batch": 512}
    return program(built(*layers, epochs=1, batch_size=512), steps)
