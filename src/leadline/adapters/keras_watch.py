"""``ll.WatchKeras``: a callback that looks at ``fit`` of Keras 3, whatever backend computes it.

Comes in: what Keras tells a callback, and the data, which it does not tell. Goes out: a
:class:`~leadline.adapters.watch.Watch`. Between two batches only a number is kept; soundings are taken between epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from leadline.adapters import frameworks
from leadline.adapters import keras_layers as tap
from leadline.adapters.keras_kinds import layers_in
from leadline.adapters.keras_record import KerasRecord
from leadline.adapters.layer_course import Taken, thinned
from leadline.adapters.layout import Ending, Layout
from leadline.adapters.sounded import equal_neighbors
from leadline.adapters.watch import Watch

SOUNDED_ROWS = 128


class KerasWatch(Watch):
    """What the callback does; it becomes one where :func:`WatchKeras` joins it with the class of Keras.

    Args:
        data: Inputs and targets as ``fit`` gets them; None where they are not to be looked at.
        validation: Those of the validation part.
        every: Epochs from one sounding to the next; None for as many as cost little.
        batch_size: As ``fit`` gets it.
    """

    def __init__(self, data: Any, validation: Any, every: int | None, batch_size: int | None) -> None:
        super().__init__(every)
        self.record = KerasRecord(self, data, validation, batch_size)
        self.live = False  # whether weights and gradients are at hand between two batches
        self.layers: list[Layout] = []
        self.ending = Ending()
        self.parts: dict[str, Any] = {}  # layers by path
        self.kinds: dict[str, str] = {}
        self.taken: list[Taken] = []
        self.start: dict[str, float] = {}
        self.steps = self._begun = self._last_steps = 0
        self._sounds = True
        self._before: dict[str, list[np.ndarray]] = {}
        self._step: dict[str, dict[str, float]] = {}

    def gather(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """Return what makes each part of the record."""
        return self.record.parts()

    @property
    def network(self) -> Any:
        """The model, as Keras gave it; in the middle of an epoch of JAX its weights are elsewhere."""
        return self._model  # type: ignore[attr-defined]  # of the callback

    def on_train_begin(self, logs: Any = None) -> None:
        """Learn the structure and the data."""
        self.pace.began = self.pace.clock()
        self.seconds = None
        self.guard.safe("the network", self._learn)()
        self.guard.safe("the training", self.record.begin)(self.network, dict(self.params or {}))  # type: ignore[attr-defined]  # of the callback

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Decide whether to sound at the end of this epoch."""
        self._begun, self._sounds = self.steps, self.pace.due(epoch)
        if self._sounds and not self.live:
            self.guard.safe("updates", self._copy)()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep the step and its loss."""
        step = self._begun + batch + 1
        self.guard.safe("losses", self.record.step)(step, (logs or {}).get("loss"))
        if self.live:
            self.steps = step
            self.guard.safe("gradients", self._after_step)(batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep a line of the curves, and sound."""
        self.steps = max(self.steps, self.record.take_steps())
        self.guard.safe("the curves", self.record.epoch)(self.network, dict(logs or {}))
        if self._sounds:
            began = self.pace.clock()
            self.guard.safe("activations", self._sound)()
            self.pace.took(epoch, self.pace.clock() - began)

    def on_train_end(self, logs: Any = None) -> None:
        """Stop the clock."""
        self.record.ended = True
        self.close()

    def before_step(self, batch: int) -> None:
        """Keep the weights before the last step of an epoch that is sounded."""
        if self._sounds and batch + 1 == self.record.batches:
            self.guard.safe("updates", self._copy)()

    def _learn(self) -> None:
        model, rows = self.network, self.record.some(2)
        if rows is None:
            self.layers, self.ending = tap.built_layouts(model)
            self.parts = dict(layers_in(model))
            self.kinds = {layer.path: layer.kind for layer in self.layers}
            return
        met, outputs = tap.pass_through(model, rows)
        self.layers, self.ending, words = tap.layouts(model, met, outputs)
        self.parts, self.kinds = {one.path: one.layer for one in met}, {one.path: one.kind for one in met}
        for sentence in words:
            self.guard.note(sentence)

    def _copy(self) -> None:
        self._before = {path: tap.weights_of(layer) for path, layer in self.parts.items()}
        self._last_steps = self.steps

    def _after_step(self, batch: int) -> None:
        """Look at gradients, of the first step and of the last of a sounded epoch."""
        last = self._sounds and batch + 1 == self.record.batches
        if not last and self.steps > 1:
            return
        gradients = {path: tap.gradients_of(layer) for path, layer in self.parts.items()}
        found = {path: tap.norm(arrays) for path, arrays in gradients.items() if arrays}
        self.start = self.start or found
        if last:
            self._step = {path: {"gradient": number} for path, number in found.items()}
            for path, ratio in self._ratios().items():
                self._step.setdefault(path, {})["update"] = ratio

    def _ratios(self) -> dict[str, float]:
        """Return how far each layer moved since its copy, for each step, over its size."""
        steps, ratios = max(1, self.steps - self._last_steps), {}
        for path, before in self._before.items():
            after = tap.weights_of(self.parts[path])
            if before and len(after) == len(before):
                moved = tap.norm([a - b for a, b in zip(after, before, strict=True)])
                ratios[path] = moved / steps / (tap.norm(before) + 1e-12)
        self._before = {}
        return ratios

    def _sound(self) -> None:
        taken = Taken(max(0, self.steps - 1), 0)
        rows = self.record.some(SOUNDED_ROWS)
        if rows is not None:
            met, _ = tap.pass_through(self.network, rows)
            for path, numbers in tap.sound(met).items():
                taken.put(path, numbers)
            taken.rows = self.record.count(SOUNDED_ROWS)
        if not self.live:
            self._step = {path: {"update": ratio} for path, ratio in self._ratios().items()}
        for path, layer in self.parts.items():
            taken.put(path, self._step.get(path, {}))
            kernel = tap.kernel_of(self.kinds[path], layer)
            if kernel is not None:
                taken.put(path, {"equal": equal_neighbors(kernel)})
        self._step = {}
        self.taken = thinned([*self.taken, taken])


@cache
def _callback(live: bool) -> type[Any]:
    """Return the class of the callback; Keras is imported here."""

    def begin(self: Any, batch: int, logs: Any = None) -> None:
        self.before_step(batch)

    # Elsewhere Keras need not wait for a batch to tell of the next: a loss may come late, and from another thread.
    own: dict[str, Any] = {"on_train_batch_begin": begin} if live else {"async_safe": True}
    return type("WatchKeras", (KerasWatch, frameworks.keras().callbacks.Callback), own)


def WatchKeras(  # noqa: N802 - it makes a callback, and callbacks have such names
    *,
    data: Any = None,
    validation: Any = None,
    every: int | None = None,
    batch_size: int | None = None,
) -> Any:
    """Return a Keras callback that watches ``fit``; nothing in the training is changed.

    Keras tells a callback no rows, so ``data`` is what tells of inputs, targets and activations. By the PyTorch
    backend, gradients and the last update of an epoch are looked at; by others an update ratio is the way of an epoch,
    divided by its steps, which is never more than the mean of the steps.

    Args:
        data: ``(inputs, targets)`` as ``fit`` gets them, arrays.
        validation: ``(inputs, targets)`` of the validation part, for their number.
        every: Epochs from one sounding to the next; None for as many as take 1% of the time.
        batch_size: As ``fit`` gets it; worked out from rows and steps if None.

    Returns:
        A callback with ``run``, ``findings``, ``report`` and ``save``.

    Raises:
        ModuleNotFoundError: Keras 3 is not installed.

    Example:
        >>> watch = WatchKeras(data=(inputs, targets))            # doctest: +SKIP
        >>> model.fit(inputs, targets, callbacks=[watch])         # doctest: +SKIP
        >>> print(watch)                                          # doctest: +SKIP
    """
    live = frameworks.keras().backend.backend() == "torch"
    watch = _callback(live)(data, validation, every, batch_size)
    watch.params, watch._model = {}, None  # as the class of Keras begins
    watch.live = live
    return watch
