"""Image files that do not fit into memory as pixels: decoded by worker threads in every epoch.

Comes in: paths with their classes. Goes out: a :class:`Dataset` that holds the pixels of a sample and of the
held-out parts, with a stream of all training files. Every file can be read on its own, so the order of an epoch
is a true permutation and needs no buffer. Held in memory are the pictures being decoded, one to each thread, and
those decoded ahead.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from leadline.data.build_stream import MOST_HELD_OUT, MOST_SAMPLED, told_parts
from leadline.data.dataset import PARTS, Dataset
from leadline.data.memory import Budget
from leadline.data.prepare import Preparation, fit_preparation
from leadline.data.prepare_image import ImageEncoder, fit_images, read_all
from leadline.data.split import Split
from leadline.data.splitting import Splitting, usable_rows
from leadline.data.stream import Block
from leadline.data.targets import Targets

AT_ONCE = 16  # files that a thread decodes before it hands them over
MOST_ROWS = 1_024  # of a block

Decode = Callable[[list[Path]], tuple[np.ndarray, list[int]]]
"""From files to pixels (B, H, W, C), and the positions of those that could be read."""


@dataclass(frozen=True, eq=False)
class ImageStream:
    """A :class:`~leadline.data.stream.Stream` over image files.

    Args:
        files: Of the training part.
        targets: Their class codes, int64 of shape (B,).
        preparation: Fitted on the sample; its encoder knows the size of the images.
        classes: Number of them.
        ahead: Bytes of decoded pixels that may wait.
    """

    files: Sequence[Path]
    targets: np.ndarray
    preparation: Preparation
    classes: int
    ahead: int

    @property
    def rows(self) -> int:
        """Training files."""
        return len(self.files)

    @property
    def counts(self) -> np.ndarray:
        """Training files of each class."""
        return np.bincount(self.targets, minlength=self.classes).astype(np.int64)

    def with_preparation(self, preparation: Preparation) -> ImageStream:
        """Return the same files, prepared in another way."""
        return replace(self, preparation=preparation)

    def blocks(self, seed: int, epoch: int) -> Iterator[Block]:
        """Yield prepared images, each once; see :class:`~leadline.data.stream.Stream`."""
        order = np.random.default_rng((seed, epoch)).permutation(len(self.files))
        size = AT_ONCE * max(1, self._at_once // AT_ONCE)
        waiting: deque[Future[np.ndarray]] = deque()
        groups = iter(order[low : low + AT_ONCE] for low in range(0, len(order), AT_ONCE))
        pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="leadline-images")
        try:
            for low in range(0, len(order), size):
                rows = order[low : low + size]
                pixels = []
                for _ in range(-(-len(rows) // AT_ONCE)):
                    self._send(pool, groups, waiting)
                    pixels.append(waiting.popleft().result())
                inputs = self.preparation.transform(np.concatenate(pixels)).inputs
                yield inputs, self.preparation.targets(self.targets[rows])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _send(
        self, pool: ThreadPoolExecutor, groups: Iterator[np.ndarray], waiting: deque[Future[np.ndarray]]
    ) -> None:
        """Keep so many groups of files in work as may wait decoded."""
        most = max(2, self._at_once // AT_ONCE)
        while len(waiting) < most and (rows := next(groups, None)) is not None:
            files = [self.files[row] for row in rows]
            waiting.append(pool.submit(read_all, files, self._encoder.shape))

    @property
    def _encoder(self) -> ImageEncoder:
        assert isinstance(self.preparation.encoder, ImageEncoder)
        return self.preparation.encoder

    @property
    def _at_once(self) -> int:
        """Files whose pixels may wait decoded."""
        return int(min(MOST_ROWS, max(AT_ONCE, self.ahead // int(np.prod(self._encoder.shape)))))


def stream_images(
    files: list[Path],
    targets: Targets,
    shape: tuple[int, int, int],
    splitting: Splitting,
    budget: Budget,
    decode: Decode,
    *,
    words: Sequence[str],
    names: Sequence[str],
    **named: Any,
) -> Dataset:
    """Return a data set over image files.

    Args:
        files: With a head that can be read.
        targets: Their classes.
        shape: H, W and C of the images.
        splitting: How to split.
        budget: The bound on memory.
        decode: Reads the files that are held.
        words: What was decided before.
        names: Of the files, for people.
        **named: name, source and other fields of :class:`Dataset`.
    """
    values = targets.values
    most = int(max(8, budget.held // (5 * int(np.prod(shape)))))  # a byte and a float32 for each value
    split = _capped(splitting.split(usable_rows(values, targets.problem), values), splitting, most)
    generator = np.random.default_rng(splitting.seed)
    sample = generator.permutation(split.train)[: min(MOST_SAMPLED, max(1, most // 2))]
    held = np.sort(np.concatenate([sample, split.validation, split.test]))
    pixels, good = decode([files[row] for row in held])
    train = np.setdiff1d(split.train, np.delete(held, good))  # without those that could not be read
    held = held[good]
    parts = Split(*(np.flatnonzero(np.isin(held, split[part])) for part in PARTS))  # type: ignore[arg-type]  # three of them
    preparation = fit_preparation(fit_images(pixels[parts.train]), values, targets.problem)
    stream = ImageStream([files[row] for row in train], values[train], preparation, len(targets.class_names),
                         budget.piece)  # fmt: skip
    told = told_parts(len(train), parts, splitting.seed, splitting.test_rows is not None)
    reading = (*words, *targets.words)
    source: Mapping[str, Any] = named.pop("source")
    return Dataset(
        kind="image", inputs=pixels, targets=values[held], problem=targets.problem,
        class_names=targets.class_names, split=parts, preparation=preparation,
        announcements=(*reading, *told), excluded=targets.excluded, row_names=tuple(names[row] for row in held),
        splitting=splitting, fit=fit_images, reading=reading, stream=stream,
        source={**source, "stream": True, "memory": budget.text}, **named,
    )  # fmt: skip


def _capped(split: Split, splitting: Splitting, most: int) -> Split:
    """Hold out no more rows than fit; the others are learned from, but for those of a given test part."""
    cap = max(1, min(MOST_HELD_OUT, most // 4))
    generator = np.random.default_rng((splitting.seed, 1))
    kept = {part: np.sort(generator.permutation(split[part])[:cap]) for part in ("validation", "test")}
    back = [np.setdiff1d(split.validation, kept["validation"])]
    if splitting.test_rows is None:
        back.append(np.setdiff1d(split.test, kept["test"]))
    return Split(np.sort(np.concatenate([split.train, *back])), kept["validation"], kept["test"])
