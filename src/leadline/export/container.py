"""The container of a model file: tensors in the safetensors format, words as JSON in its header, one digest.

Comes in: JSON and named arrays, or bytes. Goes out: bytes, or both again. Nothing in the file is run; no size
it claims is believed before it was held against the file's own length; a SHA-256 over words and tensors finds
any flipped bit. Format: safetensors (Hugging Face, 2022) whose metadata entry "leadline_model" is JSON,
``{"version": 1, "sha256": ..., "content": ...}``. It is one entry, because the order of several is not kept,
and the same model shall give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from leadline.core.errors import ModelFileError
from leadline.core.text import count

VERSION = 1
TAG = "leadline_model"
LONGEST_HEADER = 100_000_000  # bytes; what safetensors itself reads at most
DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BOOL": "bool",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
    "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8",
}  # fmt: skip
_SIGNS = {
    b"PK": "a zip archive, as PyTorch, Keras and NumPy write them",
    b"\x80": "a pickle, which could run code",
    b"\x89HDF": "an HDF5 file, as Keras writes them",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
}
_AGAIN = "copy it again from where it came, or save the model again"


def pack(content: Mapping[str, Any], tensors: Mapping[str, np.ndarray], where: str) -> bytes:
    """Return the bytes of a model file.

    Args:
        content: Strict JSON.
        tensors: Arrays by name.
        where: The file, for errors.

    Raises:
        ModelFileError: A tensor is of a type that the file cannot hold.

    Example:
        >>> import io
        >>> raw = pack({"a": 1}, {"w": np.ones(2, np.float32)}, "a.leadline")
        >>> unpack(io.BytesIO(raw), len(raw), "a.leadline")
        ({'a': 1}, {'w': array([1., 1.], dtype=float32)})
    """
    arrays = {name: np.require(tensors[name], requirements="C") for name in sorted(tensors)}
    if odd := [f"{name} {a.dtype}" for name, a in arrays.items() if a.dtype.name not in DTYPES.values()]:
        must_be = f"tensors of type {', '.join(DTYPES.values())}"
        raise ModelFileError.at(where, must_be, ", ".join(odd))
    seal = {"version": VERSION, "sha256": _digest(content, arrays), "content": content}
    return bytes(save(arrays, {TAG: json.dumps(seal, allow_nan=False)}))


def unpack(file: BinaryIO, size: int, where: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a model file holds. A foreign file is not read beyond its beginning.

    Args:
        file: Open at its beginning.
        size: Of the file in bytes.
        where: The file, for errors.

    Raises:
        ModelFileError: It is damaged, cut short, foreign or newer.
    """
    head = _head(file, size, where)
    seal = _seal(_header(head, size, where), where)
    try:
        views = deserialize(head + file.read())  # type: ignore[no-untyped-call]  # of safetensors
        tensors = {name: _array(view) for name, view in views}
        same = seal["sha256"] == _digest(seal["content"], tensors)
    except (SafetensorError, LookupError, ValueError, TypeError) as error:
        raise ModelFileError.at(where, "a whole model file", f"a damaged one ({error})", _AGAIN) from error
    if not same:
        got = "a damaged one (what it holds does not give its SHA-256)"
        raise ModelFileError.at(where, "a whole model file", got, _AGAIN)
    return seal["content"], tensors


def _seal(header: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return version, digest and content, once the version was found to be one that can be read."""
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or TAG not in metadata:
        hint = "it holds tensors but no network; ll.load reads files that model.save wrote"
        raise ModelFileError.at(where, "a Leadline model", "an ordinary safetensors file", hint)
    try:
        seal = json.loads(metadata[TAG])
        version = seal["version"]
        if type(version) is not int or version < 1:
            raise ValueError(f"version {version!r}")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelFileError.at(where, "a whole model file", f"a damaged one ({error})", _AGAIN) from error
    if version > VERSION:
        must_be, hint = f"of version {VERSION} or older", "pip install --upgrade leadline"
        raise ModelFileError.at(where, must_be, f"version {version}", hint)
    return dict(seal)


def _head(file: BinaryIO, size: int, where: str) -> bytes:
    """Return the length and the text of the header, once the length was held against the file's own."""
    head = file.read(9)
    length = int.from_bytes(head[:8], "little")
    if length > LONGEST_HEADER or head[8:] != b"{":
        must_be, hint = "a model file that Leadline wrote", "ll.load reads what model.save wrote"
        raise ModelFileError.at(where, must_be, _foreign(head), hint)
    if 8 + length > size:
        raise _cut(where, size, 8 + length)
    return head + file.read(max(length - 1, 0))


def _header(head: bytes, size: int, where: str) -> dict[str, Any]:
    """Return the header, once the tensors it names were found to be within the file."""
    try:
        header = json.loads(head[8:])
        ends = [view["data_offsets"][1] for name, view in header.items() if name != "__metadata__"]
        whole = len(head) + int(max(ends, default=0))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        got = "a file whose header is damaged"
        raise ModelFileError.at(where, "a whole model file", got, _AGAIN) from error
    if size < whole:
        raise _cut(where, size, whole)
    return dict(header)


def _foreign(head: bytes) -> str:
    if not head:
        return "an empty file"
    return next((words for sign, words in _SIGNS.items() if head.startswith(sign)), "a file of another kind")


def _cut(where: str, size: int, whole: int) -> ModelFileError:
    got = f"one that was cut short: {size:,} of at least {count(whole, 'byte')}"
    return ModelFileError.at(where, "a whole model file", got, _AGAIN)


def _array(view: Mapping[str, Any]) -> np.ndarray:
    array = np.frombuffer(view["data"], np.dtype(DTYPES[view["dtype"]]).newbyteorder("<"))
    return array.reshape(view["shape"]).astype(DTYPES[view["dtype"]])  # a copy people may write to


def _digest(content: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 over words and tensors, each with its name, type and shape."""
    sha = hashlib.sha256(json.dumps(content, allow_nan=False).encode("ascii"))
    for name in sorted(tensors):
        array = tensors[name]
        sha.update(f"\0{name}\0{array.dtype.name}\0{array.shape}\0".encode("utf-8", "surrogatepass"))
        sha.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return sha.hexdigest()
