"""The model: what was learned, as one value that predicts from raw rows, describes itself and is saved.

Comes in: a trained network with preparation, task and classes, or a model file. Goes out: predictions for
rows as people have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

import jax
import numpy as np
from jaxtyping import Float

from leadline.core.errors import DataError
from leadline.core.text import count, listed
from leadline.data.dataset import Dataset
from leadline.data.prepared import Prepared
from leadline.export.file import Contents, read, write
from leadline.export.forward import forward
from leadline.export.inputs import as_rows
from leadline.export.predictions import Predictions, labels_of
from leadline.nn.base import Layer, Params, State
from leadline.nn.summary import Summary, summary
from leadline.nn.tasks import Task
from leadline.record.run import Run

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


class Model(Contents):
    """What was learned, ready for new rows. Made by :func:`leadline.fit` or :func:`leadline.load`.

    Rows are given raw, as in training: a DataFrame of pandas or polars, a dictionary of columns (or of one
    row), an array of rows (or one row), or the path of a file. The result keeps their order, and a row gives
    the same bits whatever rows come with it.

    Example:
        >>> import tempfile
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
        if self.task.kind == "regression":
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
        found = self.predictions(x).probabilities
        if found is None:
            got = f"one that predicts {self.target_name}, a number"
            raise DataError.at("predict_proba", "asked of a model of classes", got, "model.predict(x)")
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
        spreads = np.asarray(self.task.spreads(jax.numpy.asarray(self.scores(x))), np.float64)
        return spreads[:, 0] * self.preparation.target_scale

    def scores(self, x: Any) -> Float[np.ndarray, "B K"]:
        """Return what the network itself gives, before the task's link, float32 of shape (B, K).

        Args:
            x: Raw rows.

        Raises:
            DataError: As :meth:`predictions`.
        """
        return self._forward(self._prepared(x).inputs)[0]

    def outputs(self, inputs: Float[np.ndarray, "B ..."]) -> np.ndarray:
        """Return probabilities (B, C), or numbers in the target's own unit (B,), of prepared inputs.

        Args:
            inputs: As the preparation gives them, float32.

        Raises:
            DataError: The inputs do not have the network's input shape.
        """
        predictions = self._forward(inputs)[1]
        if self.task.kind == "regression":
            return self.preparation.restore_target(predictions[:, 0])
        return predictions

    @property
    def problem(self) -> str:
        """What the data asked: "classification", "regression" or "several_labels"."""
        kind = self.task.kind
        return kind if kind in ("regression", "several_labels") else "classification"

    def save(self, path: Path | str) -> Path:
        """Write the model as one file and return its path; see :func:`leadline.export.file.write`.

        Args:
            path: Usually ending in ``.leadline``.

        Raises:
            ModelFileError: It cannot be written; the old file, if any, stays whole.
        """
        return write(self, path)

    def summary(self) -> Summary:
        """Return the network's layers with shapes and parameters."""
        return summary(self.network, self.preparation.input_shape)

    def __repr__(self) -> str:
        names = ("label", "labels") if self.problem == "several_labels" else ("class", "classes")
        kind = count(len(self.class_names), *names) if self.class_names else "a number"
        shape = " × ".join(map(str, self.preparation.input_shape))
        parameters = count(self.summary().total, "parameter")
        return f"Model of {self.target_name!r}: {shape} inputs → {kind}, {parameters}"

    @cached_property
    def _numbers(self) -> tuple[Params, State]:
        """Parameters and state where they are computed with."""
        on_device: tuple[Params, State] = jax.device_put((self.params, self.state))
        return on_device

    def _prepared(self, x: Any) -> Prepared:
        return self.preparation.transform(as_rows(x, self.preparation))

    def _forward(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = self.preparation.input_shape
        if inputs.shape[1:] != shape:
            must_be = f"of shape (B, {', '.join(map(str, shape))})"
            raise DataError.at("prepared inputs", must_be, f"shape {inputs.shape}")
        return forward(self.network, self.task, *self._numbers, np.asarray(inputs, np.float32))


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
    return Model(**vars(read(path)))


def _about(run: Run) -> Mapping[str, Any]:
    """Return versions, time and words on the training."""
    return {name: run[name] for name in ABOUT if name in run} | {"epochs": run.epochs}


def _check_finite(probabilities: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if len(bad):
        got = f"no finite probability in {count(len(bad), 'row')}: {listed(bad, most=5)}"
        hint = "fill or drop what is not finite"
        raise DataError.at("rows to predict", "finite numbers, near what was trained on", got, hint)
