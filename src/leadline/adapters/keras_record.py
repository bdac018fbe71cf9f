"""The record of a Keras training, from what a callback was told.

Comes in: logs, and the data the user gave. Goes out: the parts of a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from leadline.adapters import frameworks
from leadline.adapters.keras_losses import written_loss
from leadline.adapters.layer_course import sounding_facts
from leadline.adapters.layout import network_facts
from leadline.adapters.rows import Rows
from leadline.adapters.surroundings import machine, versions
from leadline.program.facts import written_loss_facts
from leadline.program.written import Written

if TYPE_CHECKING:
    from leadline.adapters.keras_watch import KerasWatch

SCORES = (
    "accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "r2_score",
)  # fmt: skip
CHUNK = 1_024
USUAL_BATCH = 32  # of fit


class KerasRecord:
    """Keeps what a callback is told.

    Args:
        watch: The watch.
        data: Inputs and targets, or None.
        validation: Those of the validation part, or None.
        batch_size: As ``fit`` gets it, or None.
    """

    def __init__(self, watch: KerasWatch, data: Any, validation: Any, batch_size: int | None) -> None:
        self.watch = watch
        self.batch_size = batch_size
        self.batches: int | None = None
        self.ended = False
        self._inputs, self._targets = _pair(data)
        self._validation = _pair(validation)[0]
        self._rows = Rows()
        self._logs: list[dict[str, float]] = []
        self._rates: list[float] = []
        self._ends: list[int] = []
        self._epochs = 0
        self._told: list[tuple[int, float, bool]] = []
        self._start = math.nan
        self._broken = 0
        self._written: Written | None = None
        self._optimizer: dict[str, Any] = {}
        self._parameters = 0
        self._name = ""

    def begin(self, model: Any, told: dict[str, Any]) -> None:
        """Take in the model as it was compiled.

        Args:
            model: The model.
            told: What Keras tells callbacks: epochs and steps.
        """
        watch = self.watch
        self.batches, self._epochs = told.get("steps"), int(told.get("epochs") or 0)
        self._parameters, self._name = int(model.count_params()), model.name
        self._written, words = written_loss(getattr(model, "loss", None))
        for sentence in words:
            watch.guard.note(sentence)
        rate = _rate(model)
        self._optimizer = {
            "name": str(getattr(model.optimizer, "name", "")).split("/")[0],
            "learning_rate": rate,
        }
        if self._inputs is None:
            watch.guard.note("No data were given: inputs, targets and activations were not seen.")
        elif not self._rows.inputs.seen:
            self._see()
        if not watch.live:
            watch.guard.note(
                "Gradients were not seen: this backend of Keras keeps none. An update ratio is the way of an epoch, "
                "divided by its steps."
            )

    def _see(self) -> None:
        """Look at the rows, in chunks."""
        inputs, targets = _first(self._inputs), self._targets
        for at in range(0, len(inputs), CHUNK):
            chunk = np.asarray(inputs[at : at + CHUNK])
            self._rows.inputs.offer(chunk.copy, len(chunk))
            if targets is not None:
                known = np.asarray(_first(targets)[at : at + CHUNK])
                self._rows.targets.offer(known.copy, len(known))
        self._rows.codes = self._written is not None and self._written.labels == "codes"

    def step(self, step: int, loss: Any) -> None:
        """Keep a loss: Keras tells the mean of the epoch so far, which of its first step is the loss itself.

        Steps may be told by several threads, in any order; appending is safe.
        """
        self._told.append((step, math.nan if loss is None else float(loss), loss is not None))

    def take_steps(self) -> int:
        """Look at the steps of an epoch, when all were told, and return the last."""
        last = max((step for step, _, _ in self._told), default=0)
        for step, loss, known in sorted(self._told):
            if step == 1 and known:
                self._start = loss
            if known and not self._broken and not math.isfinite(loss):
                self._broken = step
        self._told = []
        return last

    def epoch(self, model: Any, logs: dict[str, Any]) -> None:
        """Keep a line of the curves."""
        self._logs.append({name: float(value) for name, value in logs.items() if np.ndim(value) == 0})
        self._rates.append(_rate(model))
        self._ends.append(self.watch.steps)

    def some(self, rows: int) -> Any:
        """Return some rows of the inputs, evenly spread; None where there are none."""
        if self._inputs is None or not self.count(rows):
            return None
        number = len(_first(self._inputs))
        places = np.linspace(0, number - 1, self.count(rows)).astype(int)
        return _at(self._inputs, places)

    def count(self, rows: int) -> int:
        """Return how many rows :meth:`some` gives."""
        return 0 if self._inputs is None else min(rows, len(_first(self._inputs)))

    def parts(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """Return what makes each part of the record."""
        return {
            "the surroundings": self._surroundings,
            "the network": self._network,
            "the loss": lambda: {} if self._written is None else written_loss_facts(self._written),
            "the rows": self._facts,
            "the course": self._course,
            "the soundings": self._soundings,
        }

    def _surroundings(self) -> dict[str, Any]:
        backend = frameworks.keras().backend.backend()
        training = {"epochs": self._epochs or len(self._logs), "batch_size": self._batch()}
        return {
            "versions": versions(["keras", backend]),
            "machine": machine(f"Keras by {backend}"),
            "data.name": self._name or None,
            "recipe": {"training": training, **({"optimizer": self._optimizer} if self._optimizer else {})},
        }

    def _batch(self) -> int:
        """Return the rows of a step: as told, or the one number that fits rows and steps best."""
        rows = 0 if self._inputs is None else len(_first(self._inputs))
        if self.batch_size or not rows or not self.batches:
            return self.batch_size or USUAL_BATCH
        usual = (USUAL_BATCH, *(2**power for power in range(14)))
        found = next((one for one in usual if -(-rows // one) == self.batches), 0)
        return found or -(-rows // self.batches)

    def _network(self) -> dict[str, Any]:
        return (
            network_facts(self.watch.layers, self.watch.ending, self._parameters) if self.watch.layers else {}
        )

    def _facts(self) -> dict[str, Any]:
        layers = self.watch.layers
        self._rows.tokens = bool(layers) and layers[0].kind == "embedding"
        for sentence in self._rows.words():
            self.watch.guard.note(sentence)
        return {
            **self._rows.facts(),
            "data.rows.train": self._rows.inputs.seen or None,
            "data.rows.validation": None if self._validation is None else len(_first(self._validation)),
            "program.batch": self._batch(),
            "program.updates": self.watch.steps,
        }

    def _course(self) -> dict[str, Any]:
        if not self._logs:
            return {"stop.reason": "interrupted"}
        curve = np.array([one.get("loss", np.nan) for one in self._logs])
        start = self.watch.start
        paths = [layer.path for layer in self.watch.layers]
        return {
            "curve.loss.train": curve,
            "curve.learning_rate": np.array(self._rates) if np.isfinite(self._rates).all() else None,
            "curve.loss.validation": self._curve("val_loss"),
            "curve.score.validation": next(
                (found for name in SCORES if (found := self._curve(f"val_{name}")) is not None), None
            ),
            "start.loss": self._start if not math.isnan(self._start) or self._broken == 1 else None,
            "start.rows": self._batch(),
            "start.gradient.norm": np.array([start.get(path, np.nan) for path in paths]) if start else None,
            "stop.not_finite_step": self._broken,
            "stop.best_epoch": 0,
            "stop.reason": self._reason(bool(np.isfinite(curve[-1]))),
        }

    def _curve(self, name: str) -> np.ndarray | None:
        return np.array([one[name] for one in self._logs]) if all(name in one for one in self._logs) else None

    def _reason(self, finite: bool) -> str:
        if not finite:
            return "not finite"
        if not self.ended:
            return "interrupted"
        return "early stopping" if len(self._logs) < self._epochs else "epochs"

    def _soundings(self) -> dict[str, Any]:
        paths = [layer.path for layer in self.watch.layers]
        return sounding_facts(self.watch.taken, paths, self._ends) if self._ends else {}


def _pair(data: Any) -> tuple[Any, Any]:
    """Return inputs and targets of what a user gave."""
    if data is None:
        return None, None
    if isinstance(data, (tuple, list)) and len(data) in (2, 3):
        return data[0], data[1]
    return (data, None) if hasattr(data, "shape") else (None, None)


def _first(arrays: Any) -> Any:
    """Return the first array of inputs that are several."""
    if isinstance(arrays, dict):
        return next(iter(arrays.values()))
    return arrays[0] if isinstance(arrays, (tuple, list)) else arrays


def _at(arrays: Any, places: np.ndarray) -> Any:
    if isinstance(arrays, dict):
        return {name: _at(one, places) for name, one in arrays.items()}
    if isinstance(arrays, (tuple, list)):
        return [_at(one, places) for one in arrays]
    return np.asarray(arrays)[places]


def _rate(model: Any) -> float:
    rate = getattr(model.optimizer, "learning_rate", np.nan)
    return float(
        f"{float(frameworks.keras().ops.convert_to_numpy(rate)):.7g}"
    )  # float32, as the user wrote it
