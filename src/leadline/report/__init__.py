"""The report: one self-contained HTML page made of a run and its findings.

Sections (``sections/``) read the run and build a tree of parts (``parts``); figures (``figures/``) draw;
``lowering`` turns the tree into HTML by one template for each part. Nothing here measures or judges.

What the room gives is imported when it is first used: the pictures need matplotlib, which takes a third of a second.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
