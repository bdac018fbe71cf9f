"""What a plan is made of: what a user wishes, the machine, how much there is to learn from, and what was chosen.

Comes in: choices from Python, the command line or a recipe's ``[plan]`` table. Goes out: checked values; what is left
open is decided in ``decide.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from leadline.core.constraints import POSITIVE_WHOLE, OneOf, check_fields
from leadline.core.errors import Problems, RecipeError
from leadline.core.text import count, did_you_mean

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Plan:
    """How a training runs on the machine. What is not given is chosen, and told in the run under ``plan.words``.

    Args:
        devices: That share each batch: cores of the processor, or chips; 1 for no sharing. The same seed gives the same
            losses on any number, up to rounding.
        precision: Of what the network computes, "float32" or "bfloat16"; weights, loss and updates stay float32.
        chunk: Rows on the device at a time; all of them where they fit.
        unroll: Steps written one after the other in the compiled loop.
        sounding_every: Epochs from one sounding of the layers to the next.

    Raises:
        RecipeError: A choice is out of bounds.

    Example:
        >>> import leadline as ll
        >>> result = ll.fit("linear", ll.data.bundled("iris"), epochs=2, plan=ll.Plan(devices=1))
        >>> result.run["plan.devices"]
        1
    """

    devices: Annotated[int, POSITIVE_WHOLE] | None = None
    precision: Annotated[str, OneOf(*PRECISIONS)] | None = None
    chunk: Annotated[int, POSITIVE_WHOLE] | None = None
    unroll: Annotated[int, POSITIVE_WHOLE] | None = None
    sounding_every: Annotated[int, POSITIVE_WHOLE] | None = None

    def __post_init__(self) -> None:
        check_fields(self, "plan", RecipeError)

    def to_spec(self) -> dict[str, Any]:
        """Return what was wished, as a table of a recipe."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Machine:
    """What there is to train on.

    Args:
        platform: "cpu", "gpu" or "tpu".
        devices: Of this kind, in all processes.
        memory: Bytes of one device.
        processes: That train together.
    """

    platform: str
    devices: int
    memory: float
    processes: int = 1

    @property
    def words(self) -> str:
        """Its devices by name."""
        return (
            count(self.devices, "core")
            if self.platform == "cpu"
            else count(self.devices, self.platform.upper())
        )


@dataclass(frozen=True)
class Amount:
    """How much is to be learned from.

    Args:
        rows: Of an epoch.
        batch: Rows of a step.
        epochs: Of the training, at most.
        row_bytes: Of one prepared row.
        streamed: Whether the rows come from a stream.
    """

    rows: int
    batch: int
    epochs: int
    row_bytes: float
    streamed: bool = False


@dataclass(frozen=True)
class Chosen:
    """A plan in which everything is decided.

    Args:
        devices: That share each batch.
        precision: Of what the network computes.
        chunk: Rows on the device at a time.
        whole: Whether these are all rows.
        swept: Whether an epoch runs without a look.
        brief: Whether all epochs are over sooner than they could be compiled well.
        unroll: Steps written one after the other.
        sounding_every: Epochs from one sounding to the next.
        why: The reason of each.
    """

    devices: int
    precision: str
    chunk: int
    whole: bool
    swept: bool
    brief: bool
    unroll: int
    sounding_every: int
    why: Mapping[str, str]

    def __str__(self) -> str:
        """Return the plan as a table of two columns."""
        wide = max(map(len, self.why))
        return "\n".join(f"{name:<{wide}}  {reason}" for name, reason in self.why.items())


def plan_of(spec: Any, where: str) -> Plan:
    """Return the plan of a recipe's table.

    Args:
        spec: As parsed from TOML.
        where: Name of the table, for errors.

    Raises:
        RecipeError: It is no table, a key is unknown, or a value is out of bounds; names all of them.

    Example:
        >>> plan_of({"devices": 2}, "recipe.toml, [plan]").devices
        2
    """
    if not isinstance(spec, Mapping):
        raise RecipeError.at(where, "a table", repr(spec), "plan = { devices = 1 }")
    known = [each.name for each in fields(Plan)]
    problems = Problems()
    for key in spec:
        if key not in known:
            problems.add(where, "made of known keys", repr(key), did_you_mean(key, known))
    try:
        plan = Plan(**{key: value for key, value in spec.items() if key in known})
    except RecipeError as error:
        for problem in error.problems:
            problems.add(
                problem.where.replace("plan, ", f"{where}, "), problem.must_be, problem.got, problem.hint
            )
    problems.raise_as(RecipeError)
    return plan
