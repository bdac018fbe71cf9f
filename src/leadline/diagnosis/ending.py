"""How a training as written ends, and how it should: the last layer, what the loss reads, what the targets are.

Comes in: a run that tells its loss and targets (``loss.*``, ``target.*``). Goes out: whether something is written
there, and the changes that make the end of the network, the loss and the targets suit each other. A run of a recipe
has a task in place of these, and every function then says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.core.text import count
from leadline.diagnosis.reading import choice
from leadline.record.finding import Remedy
from leadline.record.run import Run

BOUNDS = {  # of what an activation can give; others are taken as unbounded
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "step": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, float("inf")),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, float("inf")),
}
PROBABILITIES = ("sigmoid", "softmax", "hard_sigmoid")  # activations whose outputs can be probabilities
OF_NUMBERS = ("mse", "mae", "log_cosh", "huber")
BEHIND = (
    "activate",
    "dropout",
)  # kinds that may stand behind the last layer with weights, and go with the change
SIZES = ("units", "channels")  # how kinds of layers call their number of outputs
EACH = ("yes_no", "labels")  # forms of targets that are each yes or no
TARGETS = {"codes": "codes"}  # what a cross-entropy takes, by form


def as_written(run: Run) -> bool:
    """Tell whether the run tells its loss and targets as somebody wrote them.

    Example:
        >>> as_written(Run({"task.loss": "mse"}))
        False
    """
    return run.has("loss.name", "target.form")


def ends_in(run: Run) -> str:
    """Return the name of the last activation, without settings."""
    return str(run.get("network.output_activation", "linear")).partition("(")[0]


def outputs(run: Run) -> int:
    """Return the number of outputs."""
    return int(run.get("network.outputs", 1))


def suited_end(run: Run) -> Remedy:
    """Return the remedy that makes output, loss and targets suit each other.

    Classes get one output each with softmax and a cross-entropy, yes and no a single one with sigmoid and the binary
    cross-entropy, numbers a linear one and, where the loss is none of numbers, the squared error.

    Example:
        >>> layers = [{"kind": "dense", "units": 1, "activation": "softmax"}]
        >>> values = {"loss.name": "mse", "loss.reads": "numbers", "target.form": "numbers", "target.columns": 1}
        >>> run = Run({**values, "recipe": {"network": {"kind": "sequential", "layers": layers}}})
        >>> suited_end(run).changes
        {'network.layers': [{'kind': 'dense', 'units': 1}]}
    """
    form = str(run.get("target.form"))
    units, activation = _units(run, form), _activation(run, form)
    changes = {**ending(run, units, activation), **_loss(run, form), **_targets(run, form)}
    words = {
        "yes_no": "End in one output with sigmoid, and the binary cross-entropy.",
        "labels": "End in one output with sigmoid for each label, and the binary cross-entropy.",
        "numbers": f"End in {units} linear output{'s' if units > 1 else ''}"
        + (", and a loss of numbers." if run.get("loss.name") not in OF_NUMBERS else "."),
    }.get(
        form,
        f"End in {units} outputs with softmax, and the cross-entropy of {TARGETS.get(form, 'one-hot targets')}.",
    )
    if run.get("loss.reads") == "scores" and form != "numbers":
        link = "sigmoid" if form in EACH else "softmax"
        words = f"End in {count(units, 'linear output')}: the loss applies the {link}."
    typed = "" if activation == "linear" else f", ll.{activation}"
    return Remedy(words, f"ll.Dense({units}{typed})", changes)


def ending(run: Run, units: int | None, activation: str) -> dict[str, Any]:
    """Return the change that gives the last layer with weights another number of outputs and activation.

    What stands behind it and would act on them, an activation or dropout, goes. Empty where the recipe does not hold
    the layers, as in a foreign training, or where nothing would change.
    """
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)) or not layers:
        return {}
    kept = list(layers)
    while len(kept) > 1 and kept[-1].get("kind") in BEHIND:
        kept.pop()
    changed = [*(dict(layer) for layer in kept[:-1]), _ended(kept[-1], units, activation)]
    return {} if changed == [dict(layer) for layer in layers] else {"network.layers": changed}


def _ended(layer: Mapping[str, Any], units: int | None, activation: str) -> dict[str, Any]:
    changed = {name: value for name, value in layer.items() if name != "activation"}
    for name in SIZES:
        if name in changed and units is not None:
            changed[name] = units
    return changed if activation == "linear" else {**changed, "activation": activation}


def _units(run: Run, form: str) -> int:
    if form == "yes_no":
        return 1
    return int(run.get("target.classes" if form == "codes" else "target.columns", 1) or 1)


def _activation(run: Run, form: str) -> str:
    if form == "numbers" or run.get("loss.reads") == "scores":
        return "linear"
    return "sigmoid" if form in EACH else "softmax"


def _loss(run: Run, form: str) -> dict[str, Any]:
    """Return the changes of the loss; none where the one that is written suits already."""
    name, reads = run.get("loss.name"), run.get("loss.reads")
    if form == "numbers":
        wanted: dict[str, Any] = (
            {} if name in OF_NUMBERS else {"name": "mse", "reads": "numbers", "labels": "numbers"}
        )
    else:
        of_each = form in EACH
        labels = "codes" if form == "codes" else "columns"
        wanted = {"name": "binary_cross_entropy" if of_each else "cross_entropy", "labels": labels}
        wanted["reads"] = "scores" if reads == "scores" else "probabilities"
        if wanted["reads"] == "probabilities" and not run.get("loss.clip", 1.0):
            wanted["clip"] = 1e-7
    changed = {f"loss.{key}": value for key, value in wanted.items() if run.get(f"loss.{key}") != value}
    if changed and run.get("loss.normalizes") and form != "one_hot":
        changed["loss.normalizes"] = False
    return changed


def _targets(run: Run, form: str) -> dict[str, Any]:
    """Return the change of targets: yes and no are 1 and 0, codes begin at 0."""
    low, high = run.get("target.low", 0.0), run.get("target.high", 1.0)
    if form == "yes_no" and (low, high) != (0.0, 1.0):
        return {"data.targets": "yes_no"}
    return {"data.targets": "codes"} if form == "codes" and low != 0 else {}


def hidden_layers(run: Run) -> Sequence[Mapping[str, Any]]:
    """Return the layers of the recipe before the last one; none where it holds none."""
    layers = choice(run, "network.layers")
    return layers[:-1] if isinstance(layers, (list, tuple)) else ()
