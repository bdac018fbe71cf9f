"""A whole network in use, in NumPy: for networks of dense layers faster than a compiled program, and without JAX.

In: what a model file holds. Out: scores and predictions of prepared inputs, or None where NumPy cannot say the network;
the way by ``leadline.nn`` (``learned.py``, ``forward.py``) can always be gone. Rows are computed as many at once as
there are, up to ``ROWS_AT_ONCE``, by the fastest product for their number; so a row's scores differ from those it has
among other rows, and from those of the compiled program, by rounding alone: less than 1e-6 of the largest score.

There is no size beyond which the compiled program is taken, because none was found: with relu and tanh on 2 cores it
was slower from 10-10-2 to 784-2048-2048-10 and from 1 to 10,000 rows (``python -m benchmarks.predict --sizes`` compares
them). Tiles of one size, by which a row would keep its bits in any company, would cost 1,024 rows of 784-256-128-10 the
time once more (tiles of 4), or one row eleven times as long (tiles of 64).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

import leadline.export.numpy_layers  # noqa: F401 - fills the catalogue
from leadline.core.constraints import RATE
from leadline.core.errors import LeadlineError
from leadline.export.file import Contents, parts_of
from leadline.export.numpy_activations import linear, sigmoid, softmax
from leadline.export.numpy_place import Function, Functions, NotSaid, Place, said

ROWS_AT_ONCE = 1024
"""Rows computed together at most, so that what layers hand on stays in the cache: 10,000 rows of a small network take
half as long as in one piece, those of a large one as long."""

LINKS = {  # kind of task: {loss: link}; the pairs that need no look at the losses themselves
    "regression": {
        **dict.fromkeys(
            ("mse", "mae", "huber", "log_cosh", "pinball", "gaussian_nll", "laplace_nll"), "identity"
        ),
        "binary_cross_entropy": "sigmoid",
    },
    "binary": dict.fromkeys(
        ("binary_cross_entropy", "cross_entropy", "focal", "binary_focal", "hinge"), "sigmoid"
    ),
    "one_of_many": dict.fromkeys(("cross_entropy", "focal", "hinge"), "softmax"),
    "several_labels": dict.fromkeys(("binary_cross_entropy", "binary_focal"), "sigmoid"),
}
LINKED = {"identity": linear, "sigmoid": sigmoid, "softmax": softmax}
SMOOTHING = ("cross_entropy", "binary_cross_entropy")  # losses that can smooth labels
SPREADS = {"gaussian_nll": 1.0, "laplace_nll": math.sqrt(2)}  # standard deviation of a spread of 1
WIDEST = math.log(1e6)  # of the logarithm of a spread


@dataclass(frozen=True, eq=False)
class NumpyNetwork:
    """A network in use.

    Args:
        functions: One after another, from prepared inputs to scores.
        link: From scores to probabilities (B, C), or standardized numbers (B, 1).
    """

    functions: Functions
    link: Function

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Return the scores (B, K) of prepared inputs, float32 of shape (B, ...).

        Example:
            >>> network = NumpyNetwork((lambda x: 2 * x,), softmax)
            >>> network.scores(np.ones((2, 1), np.float32)).tolist()
            [[2.0], [2.0]]
        """
        return self._in_pieces(self.functions, inputs)

    def predictions(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the link makes of the scores of prepared inputs."""
        return self._in_pieces((*self.functions, self.link), inputs)

    @staticmethod
    def _in_pieces(functions: Functions, inputs: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # what is not finite is told by who reads the predictions
            if len(inputs) <= ROWS_AT_ONCE:
                return reduce(_applied, functions, inputs)
            starts = range(0, len(inputs), ROWS_AT_ONCE)
            pieces = (inputs[start : start + ROWS_AT_ONCE] for start in starts)
            return np.concatenate([reduce(_applied, functions, piece) for piece in pieces])


def _applied(x: np.ndarray, function: Function) -> np.ndarray:
    return function(x)


def link_of(task: Mapping[str, Any]) -> Function:
    """Return what makes predictions of scores, as :meth:`leadline.nn.Task.predictions` does.

    Args:
        task: As the model file words it.

    Example:
        >>> link_of({"kind": "binary", "loss": "hinge", "link": "sigmoid"})(np.zeros((1, 1), np.float32))
        array([[0.5, 0.5]], dtype=float32)
    """
    if task["kind"] == "binary":
        return lambda scores: softmax(np.concatenate([np.zeros_like(scores), scores], axis=-1))
    if task["loss"] in SPREADS:
        return lambda scores: np.split(scores, 2, axis=-1)[0]
    link = LINKED[task["link"]]
    return lambda scores: link(scores.copy())


def spreads(task: Mapping[str, Any], scores: np.ndarray) -> np.ndarray:
    """Return the predicted standard deviations, as :meth:`leadline.nn.Task.spreads` does.

    Args:
        task: One whose loss is in ``SPREADS``.
        scores: Shape (B, 2K).

    Example:
        >>> spreads({"loss": "gaussian_nll"}, np.zeros((1, 2), np.float32))
        array([[1.]], dtype=float32)
    """
    logs = np.split(scores, 2, axis=-1)[1]
    found: np.ndarray = np.exp(np.clip(logs, -WIDEST, WIDEST)) * np.float32(SPREADS[task["loss"]])
    return found


_NOT_AS_IT_MUST_BE = (LeadlineError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


def opened(
    words: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
) -> tuple[Contents, NumpyNetwork] | None:
    """Return the contents of a model file and its network in NumPy, checked as strictly as ``learned.py`` does.

    Args:
        words: Of a model file.
        tensors: Of it.

    Returns:
        None where NumPy cannot say the network, or anything is not exactly as it must be; ``learned.py`` then knows.
    """
    try:
        contents = parts_of(words, tensors)
        task, names = contents.task, contents.class_names
        classes = len(names) if task["kind"] != "regression" else 1
        shape = tuple(words["input_shape"])
        if not _usual(task) or task["classes"] != classes or shape != contents.preparation.input_shape:
            return None
    except _NOT_AS_IT_MUST_BE:
        return None
    network = numpy_network(contents)
    return None if network is None else (contents, network)


def numpy_network(contents: Contents, known: bool = False) -> NumpyNetwork | None:
    """Return a network in NumPy; None where NumPy cannot say it, or anything is not exactly as it must be.

    Args:
        contents: Of a model.
        known: They were made by ``leadline.nn``, so that the layers' choices need no check.

    Example:
        >>> from leadline.data.prepare import Preparation, ArrayEncoder
        >>> preparation = Preparation(ArrayEncoder((2,), (0.0, 0.0), (1.0, 1.0)))
        >>> task = {"kind": "regression", "loss": "mse", "link": "identity", "outputs": 1}
        >>> conv = {"kind": "conv", "channels": 1}
        >>> numpy_network(Contents(conv, task, {}, preparation)) is None
        True
    """
    place = Place(contents.tensors, contents.preparation.input_shape, known=known)
    try:
        functions, outputs = said(contents.network, place)
    except (NotSaid, *_NOT_AS_IT_MUST_BE):
        return None
    fits = outputs == (contents.task["outputs"],) and place.taken == contents.tensors.keys()
    return NumpyNetwork(functions, link_of(contents.task)) if fits else None


def _usual(task: Mapping[str, Any]) -> bool:
    """Tell whether the link of a task is known here, and no look at its loss could refuse it."""
    kind, loss, smoothing = task["kind"], task["loss"], task["label_smoothing"]
    smooths = smoothing == 0 or (loss in SMOOTHING and kind != "regression")
    return bool(LINKS[kind].get(loss) == task["link"] and RATE.allows(smoothing) and smooths)
