"""A folder with one folder of images for each class.

Comes in: PNG, JPEG and others that Pillow reads, of any size and mode. Goes out: a :class:`Dataset` of uint8
images of one size, gray where all of them are. Files that cannot be read are skipped, named and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count, listed
from leadline.data.build import build
from leadline.data.dataset import Dataset
from leadline.data.image_files import SUFFIXES, pillow, read_image, size_and_gray
from leadline.data.memory import budget_for
from leadline.data.paths import found_folder
from leadline.data.prepare_image import fit_images
from leadline.data.split import SHARE
from leadline.data.splitting import Splitting
from leadline.data.stream_images import stream_images
from leadline.data.targets import Targets, encode_targets

LONGEST_SIDE = 64  # larger images train slowly on a laptop; size=(H, W) asks for more
_PARTS = ("train", "training", "val", "valid", "validation", "test", "testing")


def images(
    folder: str | Path,
    *,
    size: int | Sequence[int] | None = None,
    stream: bool | None = None,
    memory: str | int | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str | None = None,
) -> Dataset:
    """Return a data set from a folder with one folder for each class.

    Args:
        folder: Its folders are the classes. If these are named train, test and validation, the classes are
            inside them, the test folder is the test part, and the others are shared between train and
            validation.
        size: (H, W) in pixels, or one number for squares; None takes the median size, its longer side at most
            64.
        stream: True to decode the files in every epoch, False to hold all pixels in memory; None streams what
            would not fit into ``memory``.
        memory: Bound on what a stream keeps in memory, as "2GB"; None is half of what is available, and 1 GB
            at most where the files are streamed.
        split: Shares of train, validation and test.
        seed: Of the shuffling.
        name: For people; the folder's name by default.

    Raises:
        DataError: No such folder, fewer than two classes, no readable image, or Pillow is not installed.
        RecipeError: The shares are out of range.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for kind, color in (("day", "white"), ("night", "black")):
        ...         Path(folder, kind).mkdir()
        ...         for number in range(5):
        ...             Image.new("RGB", (8, 6), color).save(f"{folder}/{kind}/{number}.png")
        ...     images(folder).input_shape
        (6, 8, 3)
    """
    pillow("images")
    root = found_folder(folder)
    wanted = None if size is None else _pair(size)
    files, classes, tests, words = _files(root)
    heads, bad = _heads(files)
    shape, told = _shape(heads, wanted)
    source = {"source": Path(folder).as_posix(), "split": list(split), "seed": seed}
    source |= {} if wanted is None else {"size": list(wanted)}
    budget, why = budget_for(stream, memory, 5.0 * len(heads) * int(np.prod(shape)))
    pixels = np.zeros((0, *shape), np.uint8)
    good = [place for place, path in enumerate(files) if path in heads]
    if budget is None:
        pixels, good = _pixels(files, heads, shape, bad)
    if not good:
        raise DataError.at(
            str(root), "images that can be read", f"none of {count(len(files), 'file')}", _first(bad)
        )
    told += _told_bad(bad, root) if budget is None else [why]
    targets = _targets([classes[i] for i in good], sorted(set(classes)))
    test_rows = np.flatnonzero([tests[i] for i in good]) if any(tests) else None
    splitting = Splitting(tuple(split), seed, test_rows=test_rows)
    named: dict[str, Any] = {"name": name or root.resolve().name, "target_name": "class", "source": source}
    names = [files[i].relative_to(root).as_posix() for i in good]
    if budget is None:
        return build(
            kind="image", inputs=pixels, targets=targets, splitting=splitting, fit=fit_images,
            words=[*words, *told], row_names=names, **named,
        )  # fmt: skip
    data = stream_images(
        [files[i] for i in good], targets, shape, splitting, budget,
        lambda some: _pixels(some, heads, shape, bad), words=[*words, *told], names=names, **named,
    )  # fmt: skip
    return replace(data, announcements=(*_told_bad(bad, root), *data.announcements))


def _told_bad(bad: dict[Path, str], root: Path) -> list[str]:
    """Say which files were skipped."""
    names = listed([path.relative_to(root) for path in bad], 5)
    return [f"{count(len(bad), 'file')} could not be read: {names}."] if bad else []


def _pair(size: int | Sequence[int]) -> tuple[int, int]:
    values = (size, size) if isinstance(size, int) else tuple(size)
    if len(values) != 2 or not all(isinstance(v, int) and v >= 1 for v in values):
        raise DataError.at("size", "height and width in whole pixels", repr(size), "size=(64, 64)")
    return values[0], values[1]


def _targets(names: list[str], known: list[str]) -> Targets:
    """Return the classes as targets; a class none of whose files could be read stays known."""
    return encode_targets(
        names, problem="classification", classes=known if len(known) > 1 else None, name="class"
    )


def _files(root: Path) -> tuple[list[Path], list[str], list[bool], list[str]]:
    """Return the image files, their classes, which are test files, and what was decided."""
    folders = [item for item in _inside(root) if item.is_dir()]
    parts = [item for item in folders if item.name.lower() in _PARTS]
    split = (
        bool(parts)
        and len(parts) == len(folders)
        and any(item.is_dir() for p in parts for item in _inside(p))
    )
    words = []
    if split:
        words.append(f"Parts are given by folders: {listed([p.name for p in parts])}.")
    files: list[Path] = []
    classes: list[str] = []
    tests: list[bool] = []
    others = 0
    for part in parts if split else [root]:
        for folder in (item for item in _inside(part) if item.is_dir()):
            inside = [
                item for item in sorted(folder.rglob("*")) if item.is_file() and not item.name.startswith(".")
            ]
            own = [item for item in inside if item.suffix.lower() in SUFFIXES]
            others += len(inside) - len(own)
            files += own
            classes += [folder.name] * len(own)
            tests += [split and part.name.lower().startswith("test")] * len(own)
    if others:
        words.append(f"{count(others, 'file')} that are no images by their names were passed over.")
    _check_found(root, files, folders)
    return files, classes, tests, words


def _inside(folder: Path) -> list[Path]:
    return sorted(item for item in folder.iterdir() if not item.name.startswith("."))


def _check_found(root: Path, files: list[Path], folders: list[Path]) -> None:
    if files:
        return
    loose = [item for item in _inside(root) if item.suffix.lower() in SUFFIXES]
    got = "an empty folder" if not _inside(root) else f"{count(len(folders), 'folder')}, no images in them"
    if loose:
        got = f"{count(len(loose), 'image')} in the folder itself"
    raise DataError.at(
        str(root), "a folder with one folder of images for each class", got, f"{root.name}/cat/1.png"
    )


def _heads(files: list[Path]) -> tuple[dict[Path, tuple[int, int, bool]], dict[Path, str]]:
    """Return height, width and whether it is gray for each readable file, and why the others are not."""
    heads, bad = {}, {}
    for path in files:
        try:
            heads[path] = size_and_gray(path)
        except DataError as error:
            bad[path] = error.problems[0].got
    return heads, bad


def _shape(
    heads: dict[Path, tuple[int, int, bool]], wanted: tuple[int, int] | None
) -> tuple[tuple[int, int, int], list[str]]:
    """Return the common height, width and channels, and what was decided."""
    if not heads:
        return (1, 1, 1), []
    channels = 1 if all(gray for *_, gray in heads.values()) else 3
    sizes = {(height, width) for height, width, _ in heads.values()}
    height, width = wanted or _usual(np.array([head[:2] for head in heads.values()]))
    told = []
    if sizes != {(height, width)}:
        found = f"{len(sizes)} sizes" if len(sizes) > 1 else "{} x {}".format(*next(iter(sizes)))
        told.append(f"Images of {found} were resized to {height} x {width} (size=(H, W) changes it).")
    told.append(f"Images are {'gray' if channels == 1 else 'in color'}.")
    return (height, width, channels), told


def _usual(sizes: np.ndarray) -> tuple[int, int]:
    """Return the median height and width, shrunk so that the longer side is at most 64."""
    height, width = np.median(sizes, axis=0)
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _pixels(
    files: list[Path],
    heads: dict[Path, tuple[int, int, bool]],
    shape: tuple[int, int, int],
    bad: dict[Path, str],
) -> tuple[np.ndarray, list[int]]:
    """Decode the files; one that fails is added to the bad ones."""

    def decoded(path: Path) -> np.ndarray | str:
        try:
            return read_image(path, shape[:2], shape[2])
        except DataError as error:
            return error.problems[0].got

    readable = [position for position, path in enumerate(files) if path in heads]
    pixels = np.zeros((len(readable), *shape), np.uint8)
    good: list[int] = []
    with ThreadPoolExecutor() as pool:
        for position, image in zip(readable, pool.map(decoded, [files[i] for i in readable]), strict=True):
            if isinstance(image, str):
                bad[files[position]] = image
            else:
                pixels[len(good)] = image
                good.append(position)
    return pixels[: len(good)], good


def _first(bad: dict[Path, str]) -> str:
    return next((f"{path.name}: {why}" for path, why in bad.items()), "")
