"""Layers in a few letters: the short form in which repaired networks are written down.

``d64:relu@he_normal`` is a dense layer, ``c2.32.k3p:relu`` a convolution over images (p: same padding), ``mp2.2`` a
pooling, ``do.5`` dropout, ``bn`` batch norm, ``fl`` flatten, ``a:leaky_relu`` an activation, and ``3x(d64,do.2)``
three times what stands within. Comes in: such a text. Goes out: the list of operations of a case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Op = Mapping[str, Any]
ACTIVATIONS = (
    "linear", "relu", "sigmoid", "softmax", "tanh", "leaky_relu", "elu", "selu", "softplus", "softsign",
    "hard_sigmoid", "relu6", "gelu", "swish", "silu",
)  # fmt: skip
KNOWN_OPS = (
    "dense", "conv1d", "conv2d", "conv3d", "maxpool1d", "maxpool2d", "maxpool3d", "avgpool1d", "avgpool2d",
    "dropout", "flatten", "batchnorm", "activation", "global_avg_pool", "global_max_pool", "reshape",
)  # fmt: skip
SUFFIX = r"(?::(?P<act>\w+))?(?:@(?P<init>\w+))?"
DENSE = re.compile(rf"d(?P<units>\d+){SUFFIX}")
CONV = re.compile(
    rf"c(?P<axes>[123])\.(?P<filters>\d+)\.k(?P<kernel>\d+)(?:s(?P<stride>\d+))?(?P<same>p?){SUFFIX}"
)
POOL = re.compile(r"(?P<kind>mp|ap)(?P<axes>[123])\.(?P<size>\d+)(?:s(?P<stride>\d+))?(?P<same>p?)")
DROP = re.compile(r"do(?P<rate>\d*\.?\d+)")
PLAIN = {"fl": "flatten", "bn": "batchnorm", "gap": "global_avg_pool", "gmp": "global_max_pool"}
REPEAT = re.compile(r"(\d+)x\(([^()]*)\)")


def parse_layers(text: str) -> list[dict[str, Any]]:
    """Return the operations that a text names.

    Raises:
        ValueError: A word is none of them.

    Example:
        >>> parse_layers("2x(d8:relu@he_normal) do.5")[1:]
        [{'op': 'dense', 'units': 8, 'act': 'relu', 'init': 'he_normal'}, {'op': 'dropout', 'rate': 0.5}]
    """
    while REPEAT.search(text):
        text = REPEAT.sub(lambda found: " ".join([found[2]] * int(found[1])), text)
    return [_one(word) for word in re.split(r"[\s,]+", text.strip()) if word]


def _one(word: str) -> dict[str, Any]:
    if word in PLAIN:
        return {"op": PLAIN[word]}
    if word.startswith("a:"):
        return {"op": "activation", "act": _activation(word[2:], word)}
    if found := DROP.fullmatch(word):
        return {"op": "dropout", "rate": float(found["rate"])}
    if found := DENSE.fullmatch(word):
        return {"op": "dense", "units": int(found["units"]), **_finish(found, word)}
    if found := CONV.fullmatch(word):
        made = {
            "op": f"conv{found['axes']}d",
            "filters": int(found["filters"]),
            "kernel": int(found["kernel"]),
        }
        return {**made, "stride": int(found["stride"] or 1), **_padding(found), **_finish(found, word)}
    if found := POOL.fullmatch(word):
        kind = "maxpool" if found["kind"] == "mp" else "avgpool"
        made = {"op": f"{kind}{found['axes']}d", "size": int(found["size"])}
        return {**made, "stride": int(found["stride"] or found["size"]), **_padding(found)}
    raise ValueError(f"{word!r} is no layer in words, such as d64:relu, c2.32.k3p:relu, mp2.2, do.5, fl, bn")


def _padding(found: re.Match[str]) -> dict[str, str]:
    return {"padding": "same" if found["same"] else "valid"}


def _finish(found: re.Match[str], word: str) -> dict[str, str]:
    made = {"act": _activation(found["act"] or "linear", word)}
    return {**made, "init": found["init"]} if found["init"] else made


def _activation(name: str, word: str) -> str:
    if name not in ACTIVATIONS:
        raise ValueError(f"{word!r} names no known activation")
    return name
