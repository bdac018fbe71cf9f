"""Families of networks, one per file: a function that returns a ``Sequential`` to use or take apart."""

from leadline.models.catalogue import Family, networks
from leadline.models.cnn import cnn
from leadline.models.linear import linear
from leadline.models.mlp import mlp
from leadline.models.threshold import pattern_unit, threshold_network

__all__ = ["Family", "cnn", "linear", "mlp", "networks", "pattern_unit", "threshold_network"]
