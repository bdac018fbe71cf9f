"""Initializers: how the kernels of a layer begin. One entry is one small documented function.

Where a layer names none, its activation chooses: He for the rectifier family, LeCun for SELU, Glorot for the
others.
"""

from leadline.nn.initializers.initializer import Initializer, fans, initializers, usual_initializer
from leadline.nn.initializers.plain import normal, ones, uniform, zeros
from leadline.nn.initializers.scaled import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
)
from leadline.nn.initializers.structured import orthogonal

__all__ = [
    "Initializer",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializers",
    "lecun_normal",
    "normal",
    "ones",
    "orthogonal",
    "uniform",
    "usual_initializer",
    "zeros",
]
