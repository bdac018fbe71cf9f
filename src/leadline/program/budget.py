"""How many steps a look may cost: a person waits for it, and a large network must not make it a training.

Comes in: a program and the number of seeds. Goes out: steps that take some seconds on two cores.
"""

from __future__ import annotations

from collections.abc import Sequence

from leadline.nn.work import work_of
from leadline.program.program import Program

SECONDS = 2.5  # for all seeds of one program, where steps are not few already
FEWEST = 20  # steps, whatever they cost: fewer say nothing
FEW_SEEDS = 3  # where steps are dear
MULTIPLICATIONS = 2e10  # a second: dense layers on two cores; a step takes three times the way forward
SLIDING = 1e10  # a second: convolutions and recurrent layers
MOVED = 5e8  # parameters updated a second
STEP = 2e-5  # seconds of a step besides its arithmetic


def affordable(program: Program, seeds: Sequence[int], wanted: int) -> tuple[int, Sequence[int]]:
    """Return how many of the wanted steps are made, and by which seeds.

    Args:
        program: What is trained.
        seeds: That are wished.
        wanted: Steps that are wished.

    Example:
        >>> import numpy as np
        >>> from leadline.nn import Dense, Sequential
        >>> from leadline.program.written import Written
        >>> program = Program(Sequential([Dense(1)]), np.eye(4), np.arange(4), Written("mse"))
        >>> affordable(program, range(5), 200)
        (200, range(0, 5))
    """
    each = seconds_of_step(program)
    if each * len(seeds) * wanted <= SECONDS:
        return wanted, seeds
    fewer = seeds[:FEW_SEEDS]
    return max(min(wanted, FEWEST), min(wanted, int(SECONDS / (each * len(fewer))))), fewer


def seconds_of_step(program: Program) -> float:
    """Return about how long a step of one seed takes, in seconds: an estimate that is right within a few times."""
    work = work_of(program.network, program.inputs.shape[1:])
    sliding = work.on_one_core / SLIDING + (work.multiplications - work.on_one_core) / MULTIPLICATIONS
    return 3 * sliding * program.batch + work.parameters / MOVED + STEP
