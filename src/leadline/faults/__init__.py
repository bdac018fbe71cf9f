"""Faults to plant: what people get wrong in trainings, each as one small function with a name.

A planted fault is a fault whose name is known: who looks for faults can be held against it, and who learns to see them
can watch one be found.
"""

from leadline.faults import choices, losses, networks, rows
from leadline.faults.fault import Fault, catalogue, names, plant
from leadline.faults.healthy import healthy

__all__ = ["Fault", "catalogue", "choices", "healthy", "losses", "names", "networks", "plant", "rows"]
