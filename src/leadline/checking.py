"""A training looked at before it is paid for: what is written, and what it is at the start.

Comes in: what :func:`leadline.fit` takes, or a :class:`leadline.Program`. Goes out: an examination with findings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, overload

from leadline.cache import use_cache
from leadline.choices import for_loss, whole_recipe
from leadline.core.errors import RecipeError
from leadline.data.dataset import Dataset
from leadline.diagnosis import diagnose
from leadline.nn.base import Layer
from leadline.nn.sequences.embedding import check_tokens
from leadline.program.examine import Examination
from leadline.program.examine import examine as look_at
from leadline.program.of_recipe import program_of
from leadline.program.program import Program
from leadline.progress import said
from leadline.soundings.dataset import dataset_facts
from leadline.workflow import task_of

BEFORE = "AB"
LONG = {
    "C": "training a few hundred steps; Ctrl-C ends it with what was found",
    "E": "trying remedies; Ctrl-C leaves the rest untried",
}  # stages that a person waits for


@overload
def check(network: Program, *, stages: str = ..., progress: bool | None = ...) -> Examination: ...
@overload
def check(
    network: Layer | str | None,
    data: Dataset,
    *,
    stages: str = ...,
    progress: bool | None = ...,
    **choices: Any,
) -> Examination: ...
def check(
    network: Layer | str | Program | None,
    data: Dataset | None = None,
    *,
    stages: str = BEFORE,
    progress: bool | None = None,
    **choices: Any,
) -> Examination:
    """Look for what is wrong before anything is trained.

    Stage A reads labels, loss, network and data against each other, in less than a second. Stage B draws first
    weights by five seeds and looks at signals, gradients and the first loss of a batch. Stages C and E, if asked for,
    train a few hundred steps and prove remedies.

    Args:
        network: As for :func:`fit`; or a program, which stands alone.
        data: As for :func:`fit`.
        stages: Letters of the stages: "AB", or up to "ABCE". Ctrl-C ends them; what was found until then is kept.
        progress: Whether to say on the error stream which long stage begins; None for where it is a terminal.
        choices: As for :func:`fit`: loss, optimizer, batch_size and the others.

    Returns:
        Findings, what was measured, and the seconds of each stage; it prints itself.

    Raises:
        NetworkError: The network's shapes do not fit; names the layer and both shapes.
        RecipeError: A choice is out of bounds, or a stage is unknown.

    Example:
        >>> import leadline as ll
        >>> data = ll.data.digits()
        >>> network = ll.Sequential([ll.Flatten(), ll.Dense(32, ll.relu), ll.Dense(10, ll.softmax)])
        >>> ll.check(network, data).findings.faults
        ('softmax_twice',)
    """
    if set(stages) - set("ABCE") or "A" not in stages:
        raise RecipeError.at("stages", 'letters of "ABCE", with A', repr(stages), 'stages="AB"')

    def told(stage: str) -> None:
        if stage in LONG:
            said(progress, LONG[stage])

    if isinstance(network, Program):
        return look_at(network, diagnose, stages=stages, told=told, keeps=True)
    if data is None:
        raise RecipeError.at("check, data", "given with a network", "nothing", "ll.check(network, data)")
    use_cache()
    data = for_loss(data, choices.get("loss"))
    recipe = whole_recipe(data, network, choices)
    task = task_of(recipe, data)
    for part in data.parts.values():
        check_tokens(recipe.network, part.inputs, part.rows)
    program = program_of(replace(recipe, loss=task.loss), data, task)
    more = {**dataset_facts(data), "recipe": recipe.to_spec()}
    return look_at(program, diagnose, stages=stages, more=more, told=told, keeps=True)
