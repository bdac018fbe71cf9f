"""``ll.watch_torch``: a PyTorch training, looked at while its own loop makes it.

Comes in: a network, its optimizer and its loss. Goes out: a :class:`~leadline.adapters.watch.Watch`. Two hooks stay for
the whole training, on the loss and behind the optimizer's step. Network and step are hooked before they begin while
rows are taken or a sounding is open or due, and layers for the passes of a sounding alone: a hook costs a small step
more than what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leadline.adapters import frameworks
from leadline.adapters import torch_kinds as kinds
from leadline.adapters.torch_passes import Passes
from leadline.adapters.torch_record import Recorder
from leadline.adapters.torch_sounding import Sounder
from leadline.adapters.watch import Watch


class TorchWatch(Watch):
    """Watches one network; made by :func:`watch_torch`.

    Args:
        model: The network.
        optimizers: Those that move it; none for any that does.
        loss: A module, or None.
        every: Steps from one sounding to the next; None for as many as cost little.
    """

    def __init__(self, model: Any, optimizers: Sequence[Any], loss: Any, every: int | None) -> None:
        super().__init__(every)
        self.model = model
        self.sounder = Sounder(model, self.guard)
        self.passes = Passes(model, loss, self.guard)
        self.record = Recorder(self)
        self.optimizer: Any = None
        self._optimizers = list(optimizers)
        self._own = {id(one) for one in model.parameters()}
        self._moves: dict[int, list[Any]] = {}
        self._after: Any = None
        self._spent = 0.0
        self._stepping = False  # in a step that makes its passes itself
        self._closures = False  # whether a step ever made its passes itself
        self._hooks: list[Any] = []
        self._before: list[Any] = []  # hooks before a pass and a step; none while there is nothing to look at
        self._hook(loss)

    def gather(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        """Return what makes each part of the record."""
        return self.record.parts()

    def epoch(self) -> None:
        """Mark the end of an epoch, where no data loader with a length tells it."""
        self.guard.safe("epochs", self._mark)()

    def unhook(self) -> None:
        """Take every hook away."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        self._sleep()
        if self._after is not None:
            self._after.remove()
        self.sounder.end_pass()
        self.settle()

    def settle(self) -> None:
        """Close a sounding that has all it needs."""
        if self.sounder.open is not None and self.sounder.enough:
            began = self.pace.clock()
            step = self.sounder.open.at
            self.guard.safe("layers", self.sounder.finish)()
            self.pace.took(step, self.pace.clock() - began)

    def _mark(self) -> None:
        self.passes.resolve()
        self.passes.course.mark()

    def _hook(self, loss: Any) -> None:
        safe = self.guard.safe
        if loss is not None:
            self._hooks.append(
                loss.register_forward_hook(safe("the loss", self.passes.lost), with_kwargs=True)
            )
        after = safe("steps", self._after_step)
        self._hooks += [one.register_step_post_hook(after) for one in self._optimizers]
        if not self._optimizers:
            self._hooks.append(frameworks.torch_steps().register_optimizer_step_post_hook(after))
        self._wake()

    def _wake(self) -> None:
        """Put the hooks before a pass and before a step."""
        safe = self.guard.safe
        before = safe("steps", self._before_step)
        passing = self.model.register_forward_pre_hook(safe("passes", self._passing), with_kwargs=True)
        self._before = [passing, *(one.register_step_pre_hook(before) for one in self._optimizers)]
        if not self._optimizers:
            self._before.append(frameworks.torch_steps().register_optimizer_step_pre_hook(before))

    def _sleep(self) -> None:
        for hook in self._before:
            hook.remove()
        self._before = []

    @property
    def _looks(self) -> bool:
        """Whether the next pass or step may have to be met before it begins."""
        passes, sounder = self.passes, self.sounder
        always = self._closures or passes.needs_outputs or not passes.rows.over
        return always or sounder.open is not None or self._after is not None or self.pace.due(passes.steps)

    def _passing(self, model: Any, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """Before each pass of the network: open what looks at it, where something should."""
        if not self.passes.begins(inputs, named):
            return
        if not self._stepping:
            self.settle()
        at = self.passes.steps
        opens = not self._stepping and self.sounder.open is None and self.pace.due(at)
        looks = opens or self.sounder.open is not None
        if self._after is not None:
            self._after.remove()
            self._after = None
        if not looks and not self.passes.needs_outputs:
            return
        if opens:
            self.sounder.begin(at)
        if looks:
            self.guard.safe("activations", self.sounder.before_pass)()
        passed = self.guard.safe("passes", self._passed)
        self._after = model.register_forward_hook(passed, always_call=True)  # last, so that layers come first
        self._spent = self.guard.spent

    def _passed(self, model: Any, inputs: Any, outputs: Any) -> None:
        if outputs is None:
            return  # an error in the network is under way; its hooks are taken away with the next pass
        if self.sounder.open is not None:
            began = self.pace.clock()
            self.guard.safe("activations", self.sounder.after_pass)(outputs)
            layers = self.guard.spent - self._spent  # hooks on layers, since the pass began
            self.pace.took(self.passes.steps, layers + self.pace.clock() - began)
        if self.passes.needs_outputs:
            self.passes.passed(outputs)

    def _moved(self, optimizer: Any) -> list[Any]:
        """Return the network's parameters that an optimizer moves."""
        if id(optimizer) not in self._moves:
            groups = optimizer.param_groups
            self._moves[id(optimizer)] = [
                one for group in groups for one in group["params"] if id(one) in self._own
            ]
        return self._moves[id(optimizer)]

    def _before_step(self, optimizer: Any, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        closure = _closure(inputs, named)
        if closure and self.sounder.open is not None:
            self.settle()
        own = self._moved(optimizer)
        if not own:
            return
        self._stepping = closure
        if closure and self.sounder.open is None and self.pace.due(self.passes.steps):
            self.sounder.begin(self.passes.steps)
        if self.sounder.open is None or not (closure or self.sounder.enough or not self.passes.steps):
            return
        began = self.pace.clock()
        self.guard.safe("gradients", self.sounder.before_step)(own, not closure)
        self.pace.took(self.passes.steps, self.pace.clock() - began)

    def _after_step(self, optimizer: Any, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        own = self._moved(optimizer)
        if not own:
            return
        self.optimizer = self.optimizer or optimizer
        self._stepping = False
        closure = _closure(inputs, named)
        self._closures = self._closures or closure
        if self.sounder.open is not None:
            began = self.pace.clock()
            if closure:
                self.guard.safe("gradients", self.sounder.gradients)(own)
            self.guard.safe("gradients", self.sounder.after_step)(own)
            self.pace.took(self.passes.steps, self.pace.clock() - began)
        self.passes.stepped(optimizer)
        if self._before and not self._looks:
            self._sleep()
        elif not self._before and self._looks:
            self._wake()


def _closure(inputs: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
    """Tell whether a step makes its gradients itself."""
    return any(map(callable, (*inputs, *named.values())))  # the optimizer itself is among them, and is none


def watch_torch(
    model: Any,
    optimizer: Any = None,
    loss: Any = None,
    *,
    every: int | None = None,
    data: Any = None,
    validation: Any = None,
    epochs: int | None = None,
) -> TorchWatch:
    """Watch a PyTorch training that your own loop, or Lightning, makes; nothing in it is changed.

    The loss tells most: its values, the targets, and what it takes both for. Passes through it that no gradient comes
    back through are taken for the validation of the epoch before them. An epoch ends where ``watch.epoch()`` is
    called; else after the batches of ``data``; else where training goes on after an evaluation; else, for want of a
    better line of the curve, after 100 batches.

    Args:
        model: The network, before or after the first step; of a LightningModule the network inside it.
        optimizer: What moves it, or a list of those; None for every optimizer that does.
        loss: A module such as ``nn.CrossEntropyLoss()``, called by your loop. Of a function only its name is seen.
        every: Steps from one sounding to the next; None for as many as take 1% of the time.
        data: The loader or data set of the training, for rows and the length of an epoch; it is not read.
        validation: That of the validation part, for its rows; it is not read, and the network is not run.
        epochs: How many the training is to have; fewer are then told as interrupted.

    Returns:
        The watch: a context manager with ``run``, ``findings``, ``report``, ``save``, ``epoch`` and ``close``.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.

    Example:
        >>> import torch                                                        # doctest: +SKIP
        >>> model, loss = torch.nn.Linear(3, 1), torch.nn.MSELoss()              # doctest: +SKIP
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)              # doctest: +SKIP
        >>> with watch_torch(model, optimizer, loss) as watch:                   # doctest: +SKIP
        ...     for _ in range(3):
        ...         optimizer.zero_grad()
        ...         loss(model(torch.ones(8, 3)), torch.ones(8, 1)).backward()
        ...         optimizer.step()
        >>> watch.run["program.updates"]                                         # doctest: +SKIP
        3
    """
    optimizers = optimizer if isinstance(optimizer, (list, tuple)) else [optimizer]
    optimizers = [one for one in optimizers if one is not None]
    is_module = isinstance(loss, frameworks.torch().nn.Module)
    watch = TorchWatch(model, optimizers, loss if is_module else None, every)
    watch.record.tell(loss, data, validation, epochs)
    if kinds.is_compiled(model):
        watch.guard.end(
            "activations", RuntimeError("the network is compiled, and a hook would compile it anew")
        )
    return watch
