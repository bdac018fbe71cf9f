"""Passes of a PyTorch training: which learned, which only judged, and which rows they saw.

Comes in: what the hooks on network, loss and optimizer are given. Goes out: a
:class:`~leadline.adapters.course.Course` and the rows of the first epoch.

A pass learned where a gradient came back through it. The one before a step did; so did one after which gradients
changed. Where neither tells, a hook on its own loss does, which costs more, so that only doubtful passes get one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leadline.adapters import frameworks
from leadline.adapters import torch_kinds as kinds
from leadline.adapters.course import Course, Pass, sums_of
from leadline.adapters.guard import Guard
from leadline.adapters.rows import Rows
from leadline.program.written import Written

FIRST_PASSES = 2_000  # rows are taken from no more, where nothing tells an epoch
JUDGED_VALUES = 1 << 18  # of a batch of outputs; a larger one is not kept to be judged
NONE = (0, -1)  # in place of a gradient
Mark = tuple[tuple[int, int], ...]


class Passes:
    """Keeps account of the passes of one network.

    Args:
        model: The network.
        loss: A module, or None where it cannot be hooked.
        guard: Keeps failures from the training.
    """

    def __init__(self, model: Any, loss: Any, guard: Guard) -> None:
        self._torch = frameworks.torch()
        self._model = model
        self._loss = loss
        self._guard = guard
        self._learning = [one for one in model.parameters() if one.requires_grad]
        self._raw: tuple[Pass, Any] | None = None
        self._mark: Mark = ()
        self._since = 0
        self.course = Course(self._values, self._judge)
        self.rows = Rows()
        self.most_rows: int | None = None
        self.written: Callable[[], Written | None] = lambda: None
        self.met = False
        self.steps = 0
        self.rate = np.nan
        self.shares = False
        self.first_epoch = False  # whether the rows are those of one
        self.rows_of_codes: Any = None
        self._judged = False

    @property
    def needs_outputs(self) -> bool:
        """Whether a pass of the network must stand for one of the loss, which is not seen."""
        return self._loss is None

    def begins(self, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
        """Note that the network begins a pass; tell whether it may be one that learns."""
        if not self._torch.is_grad_enabled():
            return False
        self._end_of_rows()
        if not self.rows.over and self._may_learn:
            tensor = kinds.tensor_in((inputs, dict(named)))
            if tensor is not None and tensor.dim() > 0:
                self.rows.inputs.offer(lambda: _array(tensor), len(tensor))
        return True

    @property
    def _may_learn(self) -> bool:
        """Whether a pass with gradients is rather one that learns: evaluations often forget to turn gradients off."""
        return self._model.training or not self.steps or self.course.learned_in_use > 0

    def lost(self, loss: Any, inputs: tuple[Any, ...], named: Mapping[str, Any], value: Any) -> None:
        """Note a pass through the loss."""
        given = (*inputs, *named.values())
        outputs, targets = kinds.tensor_in(given[:1]), kinds.tensor_in(given[1:2])
        value = kinds.tensor_in(value)
        if value is None:
            return
        self._note(value, outputs, targets)

    def passed(self, outputs: Any) -> None:
        """Note a pass through the network, where the loss is not seen."""
        tensor = kinds.tensor_in(outputs)
        if tensor is not None:
            self._note(tensor, tensor, None)

    def _note(self, value: Any, outputs: Any, targets: Any) -> None:
        self.resolve()
        self.met = True
        shown = targets if outputs is None else outputs
        rows = 1 if shown is None or shown.dim() < 1 else len(shown)
        self._judged = self._judged or (self.steps > 0 and not value.requires_grad)
        number = value.detach() if self._loss is not None else None
        if number is not None and number.dim():
            number = number.float().mean()
        one = self.course.begin(Pass(number, rows, self.steps, self._model.training, False, self.rate))
        if value.requires_grad:
            self._raw, self._mark = (one, value), self._gradients()
        if not value.requires_grad or not one.training:
            small = outputs is not None and targets is not None and outputs.numel() <= JUDGED_VALUES
            one.outputs, one.targets = (outputs.detach(), targets.detach()) if small else (None, None)
        if value.requires_grad and targets is not None and self._may_learn and not self.rows.over:
            self._keep_targets(outputs, targets)

    def _keep_targets(self, outputs: Any, targets: Any) -> None:
        self.shares = self.shares or targets.is_floating_point()
        if self.rows_of_codes is None:
            self.rows_of_codes = not targets.is_floating_point() and (
                outputs is None or outputs.dim() == targets.dim() + 1
            )
        ignored = getattr(self._loss, "ignore_index", None)

        def copy() -> np.ndarray:
            array = _array(targets)
            if not self.rows_of_codes or type(self._loss).__name__ not in ("CrossEntropyLoss", "NLLLoss"):
                return array
            array = array.reshape(-1)  # one code for each place
            return array if ignored is None else array[array != ignored]

        self.rows.codes = self.rows.codes or bool(self.rows_of_codes)
        self.rows.targets.offer(copy, len(targets) if targets.dim() else 1)

    def _end_of_rows(self) -> None:
        """Stop taking rows after the first epoch, as far as it is known."""
        if self.rows.over:
            return
        most = self.most_rows
        seen = self.rows.inputs.seen
        marked = bool(self.course.marks) or self._judged
        enough = len(self.course.losses) > FIRST_PASSES
        self.rows.over = seen >= most if most else marked or enough
        self.first_epoch = self.first_epoch or (self.rows.over and not enough)

    def resolve(self) -> None:
        """Decide on the last pass, as far as it can be: whether a gradient came back through it."""
        if self._raw is None:
            return
        one, value = self._raw
        self._raw = None
        came = any(
            now not in (before, NONE) for now, before in zip(self._gradients(), self._mark, strict=True)
        )
        if came:  # gradients that were only taken away tell of the next pass
            self._learn(one)
        else:  # not yet, or never
            value.register_hook(lambda gradient: self._learn(one))

    def _learn(self, one: Pass) -> None:
        one.learned = True
        self._since += 1

    def stepped(self, optimizer: Any) -> None:
        """Note a step: the pass before it learned. A second optimizer right after makes no second step."""
        self.rate = float(optimizer.param_groups[0].get("lr", np.nan))
        if self._raw is not None:
            self._learn(self._raw[0])
            self._raw[0].rate = self.rate
            self._raw = None
        if self._since or not self.met:
            self.steps += 1
            self._since = 0

    def _gradients(self) -> Mark:
        """Return a mark that changes when gradients come."""
        ends = self._learning[:1] + self._learning[-1:]
        return tuple(NONE if one.grad is None else (one.grad.data_ptr(), one.grad._version) for one in ends)

    def _values(self, losses: Sequence[Any]) -> Sequence[float]:
        if self._loss is None:
            return [np.nan] * len(losses)
        found: list[float] = self._torch.stack([one.float() for one in losses]).tolist()
        return found

    def _judge(self, outputs: Any, targets: Any) -> np.ndarray:
        written = self.written()
        if written is None:
            return np.zeros(4)
        return sums_of(_array(outputs), _array(targets), written.name, written.reads, written.labels)


def _array(tensor: Any) -> np.ndarray:
    """Return a copy as NumPy, in a type it knows."""
    tensor = tensor.detach()
    known = tensor.float() if tensor.is_floating_point() else tensor
    array: np.ndarray = known.cpu().numpy()
    return array.copy()
