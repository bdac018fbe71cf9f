"""Soundings of a PyTorch network while somebody else trains it: activations, gradients, updates, weights.

Comes in: marks of passes and steps. Goes out: what was met, layer by layer, and the soundings. A sounding looks at the
passes that the training makes anyway, dropout included, and gathers rows over some of them; gradient and update are
those of the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from leadline.adapters import frameworks
from leadline.adapters import torch_kinds as kinds
from leadline.adapters.guard import Guard
from leadline.adapters.layer_course import Taken, thinned
from leadline.adapters.layout import UNKNOWN, Ending, Layout, bends, network_facts
from leadline.adapters.sounded import LEAST_ROWS, Sounding, equal_neighbors
from leadline.adapters.torch_graph import Graph, activation_at
from leadline.adapters.torch_layers import LayerPass, Met, alive_in, array_of, kernel_of, layers_of, some_rows

PASSES = 8  # of one sounding at most


def functions() -> dict[str, Callable[[Any], Any]]:
    """Return activations that a network may call as functions, to sound what comes out of them."""
    torch = frameworks.torch()
    f = torch.nn.functional
    return {
        "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": f.gelu, "elu": f.elu,
        "swish": f.silu, "mish": f.mish, "softplus": f.softplus, "leaky_relu": f.leaky_relu, "relu6": f.relu6,
        "hard_tanh": f.hardtanh, "hard_sigmoid": f.hardsigmoid, "hard_swish": f.hardswish,
    }  # fmt: skip


class Sounder:
    """Takes soundings of one network.

    Args:
        model: The network.
        guard: Keeps failures from the training.
    """

    def __init__(self, model: Any, guard: Guard) -> None:
        self.model = model
        self.guard = guard
        self.modules = layers_of(model)
        self.layers: list[Layout] = []
        self.met: list[Met] = []
        self.ending = Ending()
        self.taken: list[Taken] = []
        self.start: dict[str, float] = {}
        self.open: Taken | None = None
        self._pass: LayerPass | None = None
        self._met: list[Met] = []
        self._soundings: dict[Any, Sounding] = {}
        self._passes = 0
        self._owner: dict[int, str] = {}
        self._before: dict[int, Any] = {}
        self._sums: dict[str, list[float]] = {}
        self._apply: dict[Any, tuple[str, Callable[[Any], Any] | None]] = {}
        self._kept: list[tuple[Met, Any]] = []

    def begin(self, at: int) -> None:
        """Open a sounding.

        Args:
            at: Learning passes made before it.
        """
        self.open = Taken(at, 0)
        self._soundings, self._passes, self._sums, self._before = {}, 0, {}, {}

    def before_pass(self) -> None:
        """Put a hook on every layer for one pass."""
        self.end_pass()
        self.start = self.start or self.norms("gradient")
        self._sums, self._met, self._kept = {}, [], []
        if "activations" not in self.guard.ended and not self.enough:
            self._pass = LayerPass(self.modules, self._take, self.guard)

    def after_pass(self, outputs: Any) -> None:
        """Learn the structure from the first pass there is."""
        self.end_pass()
        self._passes += 1
        if not self.layers and self._met:
            self._learn(outputs)
            for met, tensor in self._kept:
                self._add(met, tensor)
            self._kept = []
        if self.open is not None:
            self.open.rows = min((one.rows for one in self._soundings.values()), default=0)

    def end_pass(self) -> None:
        """Take the hooks of a pass away, also of one that an error ended."""
        if self._pass is not None:
            self._pass.end()
            self._pass = None

    @property
    def enough(self) -> bool:
        """Whether the sounding has its rows."""
        return self.open is None or self.open.rows >= LEAST_ROWS or self._passes >= PASSES

    def _take(self, met: Met, tensor: Any) -> None:
        self._met.append(met)
        if self.layers:
            self._add(met, tensor)
        else:  # until the structure is known, only rows are kept
            self._kept.append((met, some_rows(tensor).clone()))

    def _add(self, met: Met, tensor: Any) -> None:
        if met.module not in self._apply:
            return  # a layer that the first pass did not meet
        activation, apply = self._apply[met.module]
        rows = some_rows(tensor)
        if apply is not None and not met.activation:
            rows = apply(rows)
        sounding = self._soundings.setdefault(met.module, Sounding(activation))
        sounding.add(array_of(rows, met.first), alive_in(rows, met.first))

    def _learn(self, outputs: Any) -> None:
        """Read structure and activations off one pass and its graph."""
        end = kinds.tensor_in(outputs)
        graph = Graph(end.grad_fn) if end is not None and end.grad_fn is not None else None
        whole = graph is not None and not graph.hidden
        known = functions()
        for met, after in zip(self._met, [*self._met[1:], None], strict=True):
            if met.module in self._apply:
                continue
            found, apply = met.activation, None
            by_module = after is not None and after.kind == "activate"
            if not found and met.kind in (*kinds.MERGES, "batch_norm") and not by_module:
                seen = graph is not None and whole and met.node is not None
                found = graph.activation_after(met.node) if graph is not None and seen else UNKNOWN
                apply = known.get(found)
            found = found or "linear"
            self._apply[met.module] = found, apply
            self.met.append(met)
            self.layers.append(met.layout(found))
            for parameter in met.module.parameters():
                self._owner.setdefault(id(parameter), met.path)
        self.ending = self._ending(end, graph if whole else None)
        for met in self._met:
            met.node = None  # or the graph of the first pass would stay

    def _ending(self, end: Any, graph: Graph | None) -> Ending:
        last = self._met[-1]
        activation = None if graph is None or end is None else activation_at(end.grad_fn)
        if (
            activation in (None, "linear")
            and end is not None
            and last.activation
            and not (graph and activation)
        ):
            activation = last.activation
        by_layers = bends(self.layers)
        complete = graph is not None and all(met.node is not None for met in self._met)
        if complete and graph is not None and not by_layers:
            by_layers = graph.bends()
        elif not by_layers and not complete:
            by_layers = None
            self.guard.note(
                "Whether the network bends between its weights was not seen: parts of it do not learn."
            )
        return Ending(activation, None if end is None or end.dim() < 1 else self._outputs(end), by_layers)

    @staticmethod
    def _outputs(end: Any) -> int:
        return 1 if end.dim() < 2 else int(end.shape[1] if end.dim() > 3 else end.shape[-1])

    def before_step(self, parameters: Iterable[Any], gradients: bool) -> None:
        """Keep the parameters as they are before an update.

        Args:
            parameters: Of the optimizer.
            gradients: Whether their gradients are there already; a closure makes them later.
        """
        own = list(parameters)
        if gradients:
            self.gradients(own)
        self._before |= {id(one): one.detach().clone() for one in own if one.requires_grad}

    def gradients(self, parameters: Iterable[Any]) -> None:
        """Look at the gradients of the parameters."""
        for one in parameters:
            if one.grad is not None:
                self._sum("gradient", one, one.grad.coalesce().values() if one.grad.is_sparse else one.grad)

    def after_step(self, parameters: Iterable[Any]) -> None:
        """Look at how far the parameters moved."""
        for one in parameters:
            before = self._before.pop(id(one), None)
            if before is not None:
                self._sum("moved", one, one.detach() - before)
                self._sum("size", one, before)

    def _sum(self, what: str, parameter: Any, values: Any) -> None:
        if id(parameter) not in self._owner:
            return  # of a module that the first pass did not meet
        squares = self._sums.setdefault(f"{what} {self._owner[id(parameter)]}", [])
        squares.append(float(values.detach().float().norm()) ** 2)

    def norms(self, what: str) -> dict[str, float]:
        """Return the norm over each layer's parameters of what was summed, by path."""
        found = {
            name.partition(" ")[2]: sum(one)
            for name, one in self._sums.items()
            if name.startswith(f"{what} ")
        }
        return {path: math.sqrt(total) for path, total in found.items()}

    def finish(self) -> None:
        """Close the sounding and keep its numbers."""
        if self.open is None:
            return
        taken, self.open = self.open, None
        moved, size, gradient = self.norms("moved"), self.norms("size"), self.norms("gradient")
        for met in self.met:
            numbers = self._soundings[met.module].numbers() if met.module in self._soundings else {}
            if met.path in moved:
                numbers["update"] = moved[met.path] / (size[met.path] + 1e-12)
            if met.path in gradient:
                numbers["gradient"] = gradient[met.path]
            kernel = kernel_of(met.module, met.kind)
            if kernel is not None:
                numbers["equal"] = equal_neighbors(kernel)
            taken.put(met.path, numbers)
        self.start = self.start or gradient
        self.taken = thinned([*self.taken, taken])

    def facts(self) -> dict[str, Any]:
        """Return every ``network.*`` number; none before the first pass."""
        if not self.layers:
            return {}
        return network_facts(self.layers, self.ending, sum(one.numel() for one in self.model.parameters()))
