"""The report: one self-contained HTML page made of a run and its findings.

Sections (``sections/``) read the run and build a tree of parts (``parts``); figures (``figures/``) draw;
``lowering`` turns the tree into HTML by one template for each part. Nothing here measures or judges.
"""

from leadline.report.document import page, write

__all__ = ["page", "write"]
