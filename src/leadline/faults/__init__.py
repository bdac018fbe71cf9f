"""Faults to plant: what people get wrong in trainings, each as one small function with a name.

A planted fault is a fault whose name is known: who looks for faults can be held against it, and who learns to see them
can watch one be found.
"""

from leadline.faults import activations, choices, first_weights, losses, networks, penalties, rows
from leadline.faults.fault import Fault, catalogue, names, plant
from leadline.faults.healthy import healthy

__all__ = [
    "Fault",
    "activations",
    "catalogue",
    "choices",
    "first_weights",
    "healthy",
    "losses",
    "names",
    "networks",
    "penalties",
    "plant",
    "rows",
]
