"""The last step of every reader: split, fit the preparation, put the data set together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leadline.data.dataset import Dataset
from leadline.data.prepared import Encoder
from leadline.data.splitting import Splitting, fit_parts
from leadline.data.targets import Targets
from leadline.late import pd


def build(
    *,
    name: str,
    kind: str,
    inputs: pd.DataFrame | np.ndarray,
    targets: Targets,
    target_name: str,
    splitting: Splitting,
    fit: Callable[[Any], Encoder],
    words: Sequence[str] = (),
    dropped: Mapping[str, str] | None = None,
    source: Mapping[str, Any] | None = None,
    raw_not_finite: Mapping[str, int] | None = None,
    row_names: Sequence[str] = (),
) -> Dataset:
    """Split the rows, fit the preparation on the training part and put everything together.

    Args are those of :class:`Dataset`; ``targets`` hold values, classes and what was excluded.
    """
    split, preparation, told = fit_parts(inputs, targets.values, targets.problem, splitting, fit)
    reading = (*words, *targets.words)
    return Dataset(
        name=name,
        kind=kind,
        inputs=inputs,
        targets=targets.values,
        target_name=target_name,
        problem=targets.problem,
        class_names=targets.class_names,
        split=split,
        preparation=preparation,
        announcements=(*reading, *told),
        dropped={**(dropped or {}), **preparation.encoder.dropped},
        source=dict(source or {}),
        raw_targets=targets.raw,
        excluded=targets.excluded,
        raw_not_finite=dict(raw_not_finite or {}),
        row_names=tuple(row_names),
        splitting=splitting,
        fit=fit,
        reading=reading,
    )
