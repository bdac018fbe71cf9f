from . import forward as forward
from . import learned as learned
from .model import Model as Model
from .model import load as load
from .predictions import Predictions as Predictions
