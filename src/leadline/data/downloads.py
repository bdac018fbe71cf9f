"""MNIST and Fashion-MNIST: read from a folder, or from the cache that :func:`download` fills.

Comes in: a folder, or nothing. Goes out: a :class:`Dataset`. Every downloaded file is held against its
SHA-256 before it is put into place.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path

from leadline.core.errors import DataError
from leadline.core.text import did_you_mean
from leadline.data.dataset import Dataset
from leadline.data.idx import idx, is_idx_folder
from leadline.data.split import SHARE

_SECONDS = 60.0


@dataclass(frozen=True)
class Remote:
    """Where a set is, and what its files must be.

    Args:
        url: Folder on the web, ending in "/".
        sums: SHA-256 by file name.
        class_names: In the order of the labels.
    """

    url: str
    sums: Mapping[str, str]
    class_names: tuple[str, ...]


def _four(*sums: str) -> dict[str, str]:
    parts = [
        f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")
    ]
    return dict(zip(parts, sums, strict=True))


REMOTES: Mapping[str, Remote] = {
    "mnist": Remote(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        _four(
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
        tuple("0123456789"),
    ),
    "fashion_mnist": Remote(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        _four(
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
        (
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
}


def cache_folder(name: str) -> Path:
    """Return the folder a set is downloaded to: under XDG_CACHE_HOME, by default ~/.cache/leadline."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "leadline" / name


def mnist(folder: str | Path | None = None, *, split: Sequence[float] = SHARE, seed: int = 0) -> Dataset:
    """Return MNIST: 70,000 handwritten digits of 28 x 28 pixels, the last 10,000 as test part.

    Args:
        folder: With the four IDX files; None takes the cache.
        split: Shares; train and validation share the 60,000 training rows by the first two.
        seed: Of the shuffling.

    Raises:
        DataError: The files are not there; the hint says how to get them.

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998).
    """
    return _named("mnist", folder, split, seed)


def fashion_mnist(
    folder: str | Path | None = None, *, split: Sequence[float] = SHARE, seed: int = 0
) -> Dataset:
    """Return Fashion-MNIST: 70,000 pieces of clothing of 28 x 28 pixels, the last 10,000 as test part.

    Args:
        folder: With the four IDX files; None takes the cache.
        split: Shares; train and validation share the 60,000 training rows by the first two.
        seed: Of the shuffling.

    Raises:
        DataError: The files are not there; the hint says how to get them.

    Source: Xiao, Rasul and Vollgraf, Fashion-MNIST (2017).
    """
    return _named("fashion_mnist", folder, split, seed)


def _named(name: str, folder: str | Path | None, split: Sequence[float], seed: int) -> Dataset:
    root = cache_folder(name) if folder is None else Path(folder)
    if folder is None and not is_idx_folder(root):
        hint = f"ll.data.download({name!r}), or give the folder that holds them"
        raise DataError.at(name, f"in {root}", "no files there", hint)
    data = idx(root, class_names=REMOTES[name].class_names, split=split, seed=seed, name=name)
    source = {"source": name, "split": list(split), "seed": seed}
    return replace(data, source=source | ({} if folder is None else {"folder": root.as_posix()}))


def download(
    name: str,
    folder: str | Path | None = None,
    *,
    mirror: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Download a set and return its folder; files that are there and whole are kept.

    Args:
        name: "mnist" or "fashion_mnist".
        folder: Where to put it; None takes the cache.
        mirror: Another web folder with the same files.
        progress: Called with the name of each file before it is fetched.

    Raises:
        DataError: Unknown name, no connection, or a file that is not what it must be.
    """
    if name not in REMOTES:
        raise DataError.at(
            "download", "one of the known sets", repr(name), did_you_mean(str(name), list(REMOTES))
        )
    remote = REMOTES[name]
    root = cache_folder(name) if folder is None else Path(folder).expanduser()
    url = mirror or remote.url
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise DataError.at("download, mirror", "a web address (http or https)", repr(url))
    for file, digest in remote.sums.items():
        if _whole(root / file, digest):
            continue
        if progress is not None:
            progress(file)
        _fetch(f"{url.rstrip('/')}/{file}", root / file, digest)
    return root


def _whole(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _fetch(url: str, path: Path, digest: str) -> None:
    """Fetch one file; it appears under its name only when it is whole."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            data = answer.read()
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise DataError.at(url, "reachable", str(error), "check the connection, or give mirror=") from None
    got = hashlib.sha256(data).hexdigest()
    if got != digest:
        raise DataError.at(
            url,
            f"the file with SHA-256 {digest[:12]}...",
            f"{got[:12]}... ({len(data):,} bytes)",
            "try another mirror",
        )
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise DataError.at(str(path), "a place to write to", str(error), "folder=") from None
