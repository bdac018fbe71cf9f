"""The data set: raw rows with names and classes, their parts, and the preparation of the training part.

Comes in: what the readers of this room made of files and arrays. Goes out: prepared arrays for training and
judging.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count, listed
from leadline.data.prepare import Preparation
from leadline.data.prepared import Encoder
from leadline.data.raw_rows import bytes_of, rows_of, shown
from leadline.data.split import Split
from leadline.data.splitting import Splitting, fit_parts
from leadline.data.stream import Stream
from leadline.late import pd

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Part:
    """One part, prepared.

    Args:
        inputs: float32, shape (B, ...).
        targets: int32 class codes of shape (B,); or float32 of shape (B, 1), standardized (regression), or of
            shape (B, L), 0 and 1 (several labels).
        rows: Positions in the data as read, shape (B,).

    Example:
        >>> from leadline.data import digits
        >>> part = digits().parts["test"]
        >>> part.inputs.shape, part.targets.dtype
        ((270, 8, 8, 1), dtype('int32'))
    """

    inputs: np.ndarray
    targets: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows to learn from.

    Args:
        name: Of the file or set.
        kind: "table", "image" or "array".
        inputs: Raw inputs: a DataFrame (table) or an array (B, ...) (image, array).
        targets: Class codes, int64 of shape (B,), -1 where unusable (classification), or numbers, float64 of
            shape (B,), NaN where unusable (regression); or float32 of 0 and 1 of shape (B, L), NaN where
            unusable (several labels).
        target_name: Of the target; "labels" where several columns are.
        problem: "classification", "regression" or "several_labels".
        class_names: In the order of the codes, or of the labels; empty in regression.
        split: Which rows are in which part; rows without a usable target are in none.
        preparation: Fitted on the training part only.
        announcements: What was decided while reading, one sentence each.
        dropped: Columns left out, each with the reason.
        source: What is needed to read it again, as in the ``[data]`` section of a recipe; empty for arrays.
        raw_targets: The targets as read, for the checks on them; None where they equal ``targets``.
        excluded: Rows that are in no part, by reason: "target missing", "target not finite", "label outside".
        raw_not_finite: Infinities by raw column (table).
        row_names: Names of the rows, e.g. of image files; empty where they have none.
        splitting: How the split was made, to make another.
        fit: Fits an encoder on raw training inputs, to fit another.
        reading: Those announcements that do not depend on the split.
        stream: The training rows where they do not fit into memory; ``parts["train"]`` is then a sample of them.

    Example:
        >>> from leadline.data import digits
        >>> data = digits()
        >>> data.kind, data.problem, data.classes, len(data.parts["train"].rows)
        ('image', 'classification', 10, 1257)
    """

    name: str
    kind: str
    inputs: pd.DataFrame | np.ndarray
    targets: np.ndarray
    target_name: str
    problem: str
    class_names: tuple[str, ...]
    split: Split
    preparation: Preparation
    announcements: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    raw_targets: np.ndarray | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    raw_not_finite: Mapping[str, int] = field(default_factory=dict)
    row_names: tuple[str, ...] = ()
    splitting: Splitting = field(default_factory=Splitting)
    fit: Callable[[Any], Encoder] | None = None
    reading: tuple[str, ...] = ()
    stream: Stream | None = None

    @property
    def classes(self) -> int:
        """Number of classes or labels; 1 in regression, so that ``ll.Dense(data.classes)`` always fits."""
        return max(1, len(self.class_names))

    @property
    def outputs(self) -> int:
        """Scores the usual network gives: 1 in regression and for two classes, else one for each class or label."""
        return 1 if self.classes <= 2 and self.problem != "several_labels" else self.classes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared input."""
        return self.preparation.input_shape

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Rows of the training, validation and test part, also where not all training rows are held in memory."""
        train, validation, test = self.split.sizes
        return self.stream.rows if self.stream is not None else train, validation, test

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """The three parts, prepared once."""
        return {part: self._part(self.split[part]) for part in PARTS}

    def _part(self, rows: np.ndarray) -> Part:
        inputs = self.preparation.transform(rows_of(self.inputs, rows)).inputs
        return Part(inputs, self.preparation.targets(self.targets[rows]), rows)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over inputs and targets as read, in hexadecimal digits.

        Of a stream: over the rows held in memory and the number of training rows. What changed in other rows
        is not seen.
        """
        total = hashlib.sha256()
        for part in bytes_of(self.inputs):
            total.update(part)
        total.update(np.ascontiguousarray(self.targets).tobytes())
        total.update("\x1f".join(self.class_names).encode())
        if self.stream is not None:
            total.update(str(self.stream.rows).encode())
        return total.hexdigest()

    def shown(self, row: int) -> Any:
        """Return the raw input of a row for people.

        Args:
            row: Position in the data as read.

        Returns:
            uint8 of shape (H, W) or (H, W, 3) for an image; column → text for a table or a flat array.
        """
        return shown(self.inputs, row, self.kind, self.preparation.encoder)

    def with_split(self, *, seed: int | None = None, share: Sequence[float] | None = None) -> Dataset:
        """Return the same rows in other parts, with the preparation fitted again on the new training part.

        Args:
            seed: Of the shuffling; None keeps it.
            share: Of train, validation and test; None keeps them.

        Example:
            >>> from leadline.data import digits
            >>> digits().with_split(share=(0.5, 0.25, 0.25)).split.sizes
            (899, 449, 449)
        """
        splitting = replace(
            self.splitting,
            seed=self.splitting.seed if seed is None else seed,
            share=self.splitting.share if share is None else tuple(share),
        )
        if self.stream is not None:
            hint = "seed= and split= of ll.data.table, images, arrays or batches"
            raise DataError.at(
                f"data set {self.name!r}", "held in memory to be split again", "a stream", hint
            )
        if self.fit is None:
            raise DataError.at(
                f"data set {self.name!r}", "made by a reader of ll.data", "one made by hand, without fit"
            )
        split, preparation, words = fit_parts(self.inputs, self.targets, self.problem, splitting, self.fit)
        asked = {
            name: why for name, why in self.dropped.items() if name not in self.preparation.encoder.dropped
        }
        source = dict(self.source)
        if source:
            source |= {"seed": splitting.seed, "split": list(splitting.share)}
        return replace(
            self, split=split, splitting=splitting, preparation=preparation, source=source,
            announcements=(*self.reading, *words), dropped={**asked, **preparation.encoder.dropped},
        )  # fmt: skip

    def with_preparation(self, preparation: Preparation) -> Dataset:
        """Return the same rows, prepared in another way; the rows of a stream too."""
        stream = None if self.stream is None else self.stream.with_preparation(preparation)
        return replace(self, preparation=preparation, stream=stream)

    def describe(self) -> str:
        """Return what the data set is, in a few lines.

        Example:
            >>> from leadline.data import digits
            >>> print(digits().describe())
            1,797 images of 8 x 8 x 1
            target digit: classification into 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
            parts: 1,257 train, 270 validation, 270 test
        """
        sizes = ", ".join(f"{size:,} {part}" for part, size in zip(PARTS, self.sizes, strict=True))
        lines = [
            self._shape_words(),
            f"target {self.target_name}: {self._target_words()}",
            f"parts: {sizes}",
        ]
        if self.dropped:
            lines.append(f"left out: {'; '.join(f'{name} ({why})' for name, why in self.dropped.items())}")
        return "\n".join(lines)

    def _shape_words(self) -> str:
        rows = len(self.inputs) if self.stream is None else sum(self.sizes)
        if not isinstance(self.inputs, np.ndarray):
            features = count(len(self.preparation.feature_names), "prepared feature")
            return f"{count(rows, 'row')}, {count(self.inputs.shape[1], 'column')}, {features}"
        noun = "image" if self.kind == "image" else "row"
        return f"{count(rows, noun)} of {' x '.join(map(str, self.inputs.shape[1:]))}"

    def _target_words(self) -> str:
        if self.problem == "regression":
            values = self.targets[np.isfinite(self.targets)]
            return f"regression, {values.min():,.6g} to {values.max():,.6g}"
        if self.problem == "several_labels":
            mean = float(np.nansum(self.targets)) / max(1, int(np.isfinite(self.targets[:, 0]).sum()))
            return f"{self.classes} labels, {mean:.3g} of them a row on average: {listed(self.class_names)}"
        return f"classification into {count(self.classes, 'class', 'classes')}: {listed(self.class_names)}"
