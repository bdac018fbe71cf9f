"""What a user may wish about how a training runs on the machine; what is left open is decided in ``decide.py``.

Comes in: choices from Python, the command line or a recipe's ``[plan]`` table. Goes out: a checked value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from leadline.core.constraints import POSITIVE_WHOLE, OneOf, check_fields
from leadline.core.errors import Problems, RecipeError
from leadline.core.text import did_you_mean

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
