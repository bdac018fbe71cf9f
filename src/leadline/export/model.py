"""The model: what was learned, as one value that predicts from raw rows, describes itself and is saved.

Comes in: a trained network with preparation, task and classes, or a model file. Goes out: predictions for
rows as people have them. Networks that NumPy can say predict by it: for them it is faster than the compiled program at
every number of rows that was tried (see ``numpy_network.py``), and a file is loaded without JAX.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from leadline import export
from leadline.core.errors import DataError, RecipeError
from leadline.core.text import count, listed
from leadline.data.dataset import Dataset
from leadline.data.prepare import Preparation
from leadline.data.prepared import Prepared
from leadline.export.file import Contents, inside, read, words_of, write
from leadline.export.inputs import as_rows
from leadline.export.numpy_network import SPREADS, NumpyNetwork, numpy_network, opened, spreads
from leadline.export.predictions import Predictions, labels_of
from leadline.record.run import Run

if TYPE_CHECKING:  # what takes long to import, and most small networks predict without
    from jaxtyping import Float

    from leadline.nn.base import Layer, Params, State
    from leadline.nn.summary import Summary
    from leadline.nn.tasks import Task

REFERENCE = (
    "data.class_count.train",
    "data.label_count.train",
    *(f"data.input.{name}" for name in ("mean", "spread", "low", "high")),
    *(f"data.target.{name}" for name in ("mean", "spread", "low", "high")),
)
"""Names in a run that a model keeps: what its training rows were like."""

ABOUT = ("started", "versions", "data.name", "data.digest", "stop.reason", "stop.best_epoch", "seconds.total")
"""Names in a run that tell where a model comes from."""


class Trained(Protocol):
    """What training leaves."""

    @property
    def params(self) -> Params:
        """Parameters."""

    @property
    def state(self) -> State:
        """State of the layers."""


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Model:
    """What was learned, ready for new rows. Made by :func:`leadline.fit` or :func:`leadline.load`.

    Rows are given raw, as in training: a DataFrame of pandas or polars, a dictionary of columns (or of one
    row), an array of rows (or one row), or the path of a file. The result keeps their order.

    The same rows give the same bits. Networks of dense layers are computed by NumPy, and what a row gives alone and
    among others then differs by rounding, by less than 1e-6 of the largest score; all others are compiled, and a row
    gives the same bits whatever rows come with it.

    Args:
        network: Sizes and choices.
        params: Its parameters, float32.
        state: Its state, e.g. running means.
        preparation: From raw inputs to the network's, and targets back to their own unit.
        task: What the scores mean.
        class_names: In the order of the classes; empty in regression.
        target_name: Of what is predicted.
        reference: Statistics of the training data by the names of the run's vocabulary, as plain numbers.
        about: Versions, time and words on the training.

    Example:
        >>> import jax, tempfile
        >>> from leadline.data import arrays
        >>> from leadline.nn import Dense, Sequential, for_problem
        >>> data = arrays(np.eye(40, dtype=np.float32), np.arange(40) % 2)
        >>> network = Sequential([Dense(2)])
        >>> params, state = network.init(jax.random.key(0), (40,))
        >>> task = for_problem("classification", classes=2, outputs=2)
        >>> model = Model(network, params, state, data.preparation, task, data.class_names)
        >>> model.predict_proba(np.eye(40)).shape
        (40, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     again = load(model.save(Path(folder) / "eye.leadline"))
        >>> bool((again.scores(np.eye(40)) == model.scores(np.eye(40))).all())
        True
    """

    preparation: Preparation
    class_names: tuple[str, ...]
    target_name: str
    reference: Mapping[str, Any]
    about: Mapping[str, Any]

    def __init__(
        self,
        network: Layer,
        params: Params,
        state: State,
        preparation: Preparation,
        task: Task,
        class_names: tuple[str, ...] = (),
        target_name: str = "target",
        reference: Mapping[str, Any] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        vars(self).update(network=network, params=params, state=state, task=task)
        vars(self).update(preparation=preparation, class_names=class_names, target_name=target_name)
        vars(self).update(reference=reference or {}, about=about or {})

    @classmethod
    def _in_numpy_alone(cls, contents: Contents, network: NumpyNetwork) -> Self:
        """Return the model of a file that NumPy can say; its layers are made when they are asked for."""
        model = cls.__new__(cls)
        vars(model).update(_own(contents), _contents=contents, _in_numpy=network)
        return model

    @cached_property
    def network(self) -> Layer:
        """Sizes and choices."""
        return self._learned.network

    @cached_property
    def params(self) -> Params:
        """Parameters of the network."""
        return self._learned.params

    @cached_property
    def state(self) -> State:
        """State of the network, e.g. running means."""
        return self._learned.state

    @cached_property
    def task(self) -> Task:
        """What the scores mean."""
        return self._learned.task

    @classmethod
    def of(cls, network: Layer, trained: Trained, data: Dataset, task: Task, run: Run) -> Self:
        """Put together what training left.

        Args:
            network: The network.
            trained: Its parameters and state.
            data: What it learned from.
            task: What the scores mean.
            run: What was measured, for reference statistics and words on the training.
        """
        kept = {name: run[name] for name in REFERENCE if name in run}
        reference = {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in kept.items()}
        names, target = data.class_names, data.target_name
        numbers = (trained.params, trained.state)
        return cls(network, *numbers, data.preparation, task, names, target, reference, _about(run))

    def predictions(self, x: Any) -> Predictions:
        """Return labels and probabilities, or numbers, with what was unknown, missing or extra in the rows.

        Args:
            x: Raw rows.

        Raises:
            DataError: Columns are missing, shapes do not fit, or a class cannot be told because inputs are
                not finite; names all of them.
        """
        rows = as_rows(x, self.preparation)
        files = tuple(map(str, rows)) if isinstance(rows, list | tuple) else ()
        prepared = self.preparation.transform(rows)
        outputs = self.outputs(prepared.inputs)
        met = (prepared.unknown, prepared.missing, prepared.extra, files)
        if self.problem == "regression":
            return Predictions(self.target_name, None, None, outputs, (), *met)
        _check_finite(outputs)
        if self.problem == "several_labels":
            labels = (outputs > 0.5).astype(np.int64)
        else:
            labels = labels_of(outputs, self.class_names)
        return Predictions(self.target_name, labels, outputs, None, self.class_names, *met)

    def predict(self, x: Any) -> np.ndarray:
        """Return the class of each row, or its number in the target's own unit, shape (B,).

        Classes are given by name; as whole numbers where all names are. Several labels: 0 and 1, shape (B, L), in
        the order of ``class_names``; 1 where the label's probability is above 0.5.

        Args:
            x: Raw rows.

        Raises:
            DataError: As :meth:`predictions`.
        """
        return self.predictions(x).predicted

    def predict_proba(self, x: Any) -> Float[np.ndarray, "B C"]:
        """Return the probability of each class or label, float32 of shape (B, C), in the order of ``class_names``.

        Rows sum to 1, but not those of several labels, each of which holds or not on its own.

        Args:
            x: Raw rows.

        Raises:
            DataError: As :meth:`predictions`; or the model predicts numbers.
        """
        if self.problem == "regression":
            got = f"one that predicts {self.target_name}, a number"
            raise DataError.at("predict_proba", "asked of a model of classes", got, "model.predict(x)")
        found = self.outputs(self._prepared(x).inputs)
        _check_finite(found)
        return found

    def predict_spread(self, x: Any) -> np.ndarray:
        """Return the standard deviation predicted for each row, in the target's own unit, shape (B,).

        For a model trained by ``loss="gaussian_nll"`` or ``"laplace_nll"``: how far off it takes itself to be.

        Args:
            x: Raw rows.

        Raises:
            DataError: As :meth:`predictions`.
            RecipeError: The model was trained by a loss that predicts no spread.
        """
        task = self._contents.task
        if task["loss"] not in SPREADS:
            must_be, hint = "asked of a loss that predicts it", 'loss="gaussian_nll" in regression'
            raise RecipeError.at("spread", must_be, repr(task["loss"]), hint)
        return spreads(task, self.scores(x))[:, 0].astype(np.float64) * self.preparation.target_scale

    def scores(self, x: Any) -> Float[np.ndarray, "B K"]:
        """Return what the network itself gives, before the task's link, float32 of shape (B, K).

        Args:
            x: Raw rows.

        Raises:
            DataError: As :meth:`predictions`.
        """
        inputs = self._fitting(self._prepared(x).inputs)
        found = self._in_numpy
        return self._compiled(inputs)[0] if found is None else found.scores(inputs)

    def outputs(self, inputs: Float[np.ndarray, "B ..."]) -> np.ndarray:
        """Return probabilities (B, C), or numbers in the target's own unit (B,), of prepared inputs.

        Args:
            inputs: As the preparation gives them, float32.

        Raises:
            DataError: The inputs do not have the network's input shape.
        """
        inputs, found = self._fitting(inputs), self._in_numpy
        predictions = self._compiled(inputs)[1] if found is None else found.predictions(inputs)
        if self.problem == "regression":
            return self.preparation.restore_target(predictions[:, 0])
        return predictions

    @property
    def problem(self) -> str:
        """What the data asked: "classification", "regression" or "several_labels"."""
        kind = str(self._contents.task["kind"])
        return kind if kind in ("regression", "several_labels") else "classification"

    def save(self, path: Path | str) -> Path:
        """Write the model as one file and return its path; see :func:`leadline.export.file.write`.

        Args:
            path: Usually ending in ``.leadline``.

        Raises:
            ModelFileError: It cannot be written; the old file, if any, stays whole.
        """
        return write(self._contents, path)

    def summary(self) -> Summary:
        """Return the network's layers with shapes and parameters."""
        return export.learned.laid_out(self.network, self.preparation.input_shape)

    def __repr__(self) -> str:
        names = ("label", "labels") if self.problem == "several_labels" else ("class", "classes")
        kind = count(len(self.class_names), *names) if self.class_names else "a number"
        shape = " × ".join(map(str, self.preparation.input_shape))
        learned = sum(
            array.size for name, array in self._contents.tensors.items() if name.startswith("params/")
        )
        return f"Model of {self.target_name!r}: {shape} inputs → {kind}, {count(learned, 'parameter')}"

    @cached_property
    def _learned(self) -> export.learned.Learned:
        """Network, numbers and task of a model that NumPy alone has read."""
        contents = self._contents
        return export.learned.opened(words_of(contents), contents.tensors, "the model")[0]

    @cached_property
    def _contents(self) -> Contents:
        """All of it as plain data."""
        learned = export.learned.Learned(self.network, self.params, self.state, self.task)
        return Contents(*export.learned.plain(learned), **_own(self))

    @cached_property
    def _in_numpy(self) -> NumpyNetwork | None:
        """The network in NumPy, where it can say it."""
        return numpy_network(self._contents, known=True)

    @cached_property
    def _numbers(self) -> tuple[Params, State]:
        """Parameters and state where they are computed with."""
        return export.forward.on_device(self.params, self.state)

    def _prepared(self, x: Any) -> Prepared:
        return self.preparation.transform(as_rows(x, self.preparation))

    def _fitting(self, inputs: np.ndarray) -> np.ndarray:
        shape = self.preparation.input_shape
        if inputs.shape[1:] != shape:
            must_be = f"of shape (B, {', '.join(map(str, shape))})"
            raise DataError.at("prepared inputs", must_be, f"shape {inputs.shape}")
        return np.asarray(inputs, np.float32)

    def _compiled(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return export.forward.forward(self.network, self.task, *self._numbers, inputs)


def load(path: Path | str) -> Model:
    """Return the model of a file. Reading it runs no code.

    Args:
        path: Of a ``.leadline`` file.

    Raises:
        ModelFileError: It is missing, damaged, foreign or newer than this version.

    Example:
        >>> import leadline as ll
        >>> path = ll.fit("linear", ll.data.bundled("iris"), epochs=2).model.save("iris.leadline")
        >>> load(path).class_names
        ('setosa', 'versicolor', 'virginica')
    """
    words, tensors = read(path)
    if found := opened(words, tensors):
        return Model._in_numpy_alone(*found)
    with inside(path):
        learned, contents = export.learned.opened(words, tensors, str(path))
    network, params, state, task = learned
    return Model(network, params, state, task=task, **_own(contents))


def _own(of: Model | Contents) -> dict[str, Any]:
    """Return what a model and its contents have under the same names: all but the network and its numbers."""
    return {field.name: getattr(of, field.name) for field in fields(Model)}


def _about(run: Run) -> Mapping[str, Any]:
    """Return versions, time and words on the training."""
    return {name: run[name] for name in ABOUT if name in run} | {"epochs": run.epochs}


def _check_finite(probabilities: np.ndarray) -> None:
    if math.isfinite(np.add.reduce(probabilities, axis=None)):  # the usual case, at once
        return
    bad = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if len(bad):
        got = f"no finite probability in {count(len(bad), 'row')}: {listed(bad, most=5)}"
        hint = "fill or drop what is not finite"
        raise DataError.at("rows to predict", "finite numbers, near what was trained on", got, hint)
