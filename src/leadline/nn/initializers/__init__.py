"""Initializers: how the kernels of a layer begin. One entry is one small documented function.

Where a layer names none, its activation chooses: He for the rectifier family, LeCun for SELU, Glorot for the
others.
"""

from leadline.nn.initializers.gain import gain
from leadline.nn.initializers.initializer import Initializer, fans, initializers, usual_initializer
from leadline.nn.initializers.plain import constant, normal, ones, truncated_normal, uniform, zeros
from leadline.nn.initializers.scaled import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)
from leadline.nn.initializers.structured import identity, lsuv, orthogonal

__all__ = [
    "Initializer",
    "constant",
    "fans",
    "gain",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "initializers",
    "lecun_normal",
    "lecun_uniform",
    "lsuv",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "usual_initializer",
    "zeros",
]
