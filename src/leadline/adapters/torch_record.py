"""The record of a PyTorch training, from what a watch gathered.

Comes in: a watch. Goes out: the parts of a run. Nothing of this happens while the training goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from leadline.adapters.course import score_of
from leadline.adapters.layer_course import sounding_facts
from leadline.adapters.surroundings import machine, versions
from leadline.adapters.torch_loader import Told, told_by
from leadline.adapters.torch_losses import FUNCTIONS, written_loss
from leadline.program.facts import written_loss_facts
from leadline.program.written import Written

if TYPE_CHECKING:
    from leadline.adapters.torch_watch import TorchWatch

MODES = ("dropout", "spatial_dropout", "batch_norm")  # kinds that compute something else while learning
CHOICES = ("momentum", "weight_decay", "betas", "nesterov")


class Recorder:
    """Turns what a watch gathered into a record.

    Args:
        watch: The watch.
    """

    def __init__(self, watch: TorchWatch) -> None:
        self.watch = watch
        self.loss: Any = None
        self.data, self.validation = Told(), Told()
        self.epochs: int | None = None

    def tell(self, loss: Any, data: Any, validation: Any, epochs: int | None) -> None:
        """Take in what the user says of the training.

        Args:
            loss: A module, a function or None.
            data: The loader or data set of the training.
            validation: That of the validation part.
            epochs: Of the whole training.
        """
        passes, note = self.watch.passes, self.watch.guard.note
        self.loss, self.epochs = loss, epochs
        self.data, self.validation = told_by(data), told_by(validation)
        passes.most_rows, passes.written = self.data.rows, self._written
        if data is not None and self.data.rows is None and self.data.batches is None:
            note(
                "The data have no length: where an epoch ends was taken from evaluations, or every 100 batches."
            )
        if loss is None:
            note("No loss was given: its values, the targets and what it takes both for were not seen.")
        elif passes.needs_outputs:
            note(
                "The loss is a function: its values and the targets were not seen, and of its choices only the name. "
                "A module, such as nn.CrossEntropyLoss(), is seen as a whole."
            )

    def parts(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """Return what makes each part of the record."""
        sounder = self.watch.sounder
        return {
            "the passes": self._flushed,
            "the surroundings": self._surroundings,
            "the network": sounder.facts,
            "the loss": self._loss,
            "the rows": self._rows,
            "the course": self._course,
            "the validation": self._validation,
            "the soundings": self._soundings,
            "the modes": self._modes,
        }

    def _flushed(self) -> dict[str, Any]:
        self.watch.passes.resolve()
        self.watch.passes.course.flush()
        self.watch.settle()
        return {}

    def _surroundings(self) -> dict[str, Any]:
        device = next((str(one.device) for one in self.watch.model.parameters()), "cpu")
        return {
            "versions": versions(["torch", "lightning"]),
            "machine": machine(device),
            "data.name": self.data.name or type(self.watch.model).__name__,
            "recipe": self._recipe(),
            "plan.words": self._words(),
        }

    def _recipe(self) -> dict[str, Any]:
        """Return the choices as they were written; those of the optimizer from its first group."""
        passes = self.watch.passes
        training: dict[str, Any] = {"epochs": self.epochs or len(self._ends()), "batch_size": self._batch()}
        recipe: dict[str, Any] = {"training": training}
        optimizer = self.watch.optimizer
        if optimizer is not None:
            group = optimizer.param_groups[0]
            rate = passes.course.rates[0] if passes.course.rates else group.get("lr")
            recipe["optimizer"] = {
                "name": type(optimizer).__name__.lower(),
                "learning_rate": float(group.get("lr", np.nan))
                if rate is None or np.isnan(rate)
                else float(rate),
                **{name: group[name] for name in CHOICES if group.get(name)},
            }
        return recipe

    def _batch(self) -> int:
        return self.data.batch or self.watch.passes.course.first_rows

    def _words(self) -> list[str]:
        """Say where PyTorch counts otherwise than Leadline."""
        found = {
            float(met.module.momentum)
            for met in self.watch.sounder.met
            if met.kind == "batch_norm" and getattr(met.module, "momentum", None) is not None
        }
        return [
            f"Batch norm with momentum {one:g} in PyTorch takes {one:g} of each batch and keeps {1 - one:g} of its "
            f"average: Leadline and Keras call that momentum {1 - one:g}."
            for one in sorted(found)
        ]

    def _written(self) -> Written | None:
        if self.loss is None:
            return None
        return written_loss(self.loss, self.watch.sounder.ending.activation, self.watch.passes.shares)[0]

    def _loss(self) -> dict[str, Any]:
        if self.loss is None:
            return {}
        passes = self.watch.passes
        named = getattr(self.loss, "__name__", None)
        if passes.needs_outputs and named not in FUNCTIONS:
            return {}
        written, words = written_loss(self.loss, self.watch.sounder.ending.activation, passes.shares)
        for sentence in words:
            self.watch.guard.note(sentence)
        return {} if written is None else written_loss_facts(written)

    def _rows(self) -> dict[str, Any]:
        passes = self.watch.passes
        rows = passes.rows
        rows.tokens = bool(self.watch.sounder.layers) and self.watch.sounder.layers[0].kind == "embedding"
        rows.channels = bool(self.watch.sounder.met) and self._channels_first()
        facts = rows.facts()
        for sentence in rows.words():
            self.watch.guard.note(sentence)
        seen = rows.inputs.seen or rows.targets.seen
        first = passes.first_epoch or len(passes.course.marks) == 1
        return {
            **facts,
            "data.rows.train": self.data.rows or (seen if first and seen else None),
            "data.rows.validation": self.validation.rows,
            "program.batch": self._batch() or None,
        }

    def _channels_first(self) -> bool:
        return bool(self.watch.sounder.met[0].first) or len(self.watch.passes.rows.inputs.rows().shape) == 4

    def _ends(self) -> list[int]:
        return self.watch.passes.course.ends(self.data.batches or self._batches())

    def _batches(self) -> int | None:
        """Return the batches of an epoch of a data set without a loader."""
        first = self.watch.passes.course.first_rows
        return -(-self.data.rows // first) if self.data.rows and first else None

    def _course(self) -> dict[str, Any]:
        watch, passes = self.watch, self.watch.passes
        course, steps = passes.course, passes.steps
        if not passes.met:
            watch.guard.note(
                "No pass was seen: the network, or the loss, was not called by its module's name."
            )
        elif not steps:
            watch.guard.note("No optimizer moved the network's parameters while it was watched.")
        facts: dict[str, Any] = {"program.updates": steps}
        if passes.needs_outputs or not course.losses:
            return {**facts, "stop.reason": "interrupted" if watch.interrupted else "epochs"}
        losses, rates = course.lines(self.data.batches or self._batches())
        start = watch.sounder.start
        layers = [layer.path for layer in watch.sounder.layers]
        return {
            **facts,
            "curve.loss.train": losses,
            "curve.learning_rate": rates if np.isfinite(rates).all() else None,
            "start.loss": course.losses[0],
            "start.rows": course.first_rows,
            "start.gradient.norm": np.array([start.get(path, np.nan) for path in layers]) if start else None,
            "stop.not_finite_step": course.not_finite_step,
            "stop.reason": self._reason(len(losses)),
            "stop.best_epoch": 0,
        }

    def _reason(self, epochs: int) -> str | None:
        """Return why the training ended; None where it may still go on."""
        watch = self.watch
        if not np.isfinite(watch.passes.course.losses[-1]):
            return "not finite"
        if watch.seconds is None and (self.epochs is None or epochs < self.epochs):
            return None
        short = self.epochs is not None and epochs < self.epochs
        return "interrupted" if watch.interrupted or short else "epochs"

    def _validation(self) -> dict[str, Any]:
        course, written = self.watch.passes.course, self._written()
        if self.watch.passes.needs_outputs:
            return {}
        sums_up = written is not None and written.reduction == "sum"
        losses, sums = course.judged_lines(
            self.data.batches or self._batches(), self.validation.rows, sums_up
        )
        if not len(losses):
            return {}
        scores = np.array([score_of(one) for one in sums])
        return {
            "curve.loss.validation": losses,
            "curve.score.validation": scores if np.isfinite(scores).all() else None,
        }

    def _soundings(self) -> dict[str, Any]:
        sounder = self.watch.sounder
        taken = sounder.taken
        at_passes = self.watch.passes.course.steps_of
        ends = [at_passes[end - 1] + 1 for end in self._ends()] or [max(1, self.watch.passes.steps)]
        return sounding_facts(taken, [layer.path for layer in sounder.layers], ends)

    def _modes(self) -> dict[str, Any]:
        """Say where the network was in the wrong mode, if that changes anything."""
        course, layers = self.watch.passes.course, self.watch.sounder.layers
        if layers and not any(layer.kind in MODES for layer in layers):
            return {}
        if course.learned_in_use:
            share = f"{course.learned_in_use:,} of {len(course.losses):,}"
            self.watch.guard.note(
                f"The network was in eval mode in {share} passes that learned: dropout was off, and batch norm used "
                "its averages."
            )
        if course.judged_in_training:
            share = f"{course.judged_in_training:,} of {len(course.judged):,}"
            self.watch.guard.note(
                f"The network was in training mode in {share} passes that judged: dropout acted, and batch norm used "
                "and changed with the batch."
            )
        return {}
