"""The finished model: a value that predicts, and one safe file that holds all of it."""

from leadline.export.model import Model, load
from leadline.export.predictions import Predictions

__all__ = ["Model", "Predictions", "load"]
