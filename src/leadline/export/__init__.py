"""The finished model: a value that predicts, and one safe file that holds all of it.

A name or file of this room is imported when it is first used: ``learned`` and ``forward`` need JAX, which takes longer
to import than most predictions, and only models that NumPy cannot say need them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
