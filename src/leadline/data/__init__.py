"""Data: readers of files and arrays, the split, and the preparation fitted on the training part."""

from leadline.data.arrays import arrays
from leadline.data.batches import batches
from leadline.data.bundled import bundled, digits
from leadline.data.dataset import PARTS, Dataset, Part
from leadline.data.downloads import download, fashion_mnist, mnist
from leadline.data.frames import read_frame
from leadline.data.idx import idx
from leadline.data.images import images
from leadline.data.new_rows import new_rows
from leadline.data.npz import npy, npz
from leadline.data.open import open_source
from leadline.data.prepare import Preparation
from leadline.data.prepared import Prepared
from leadline.data.split import Split, make_split
from leadline.data.tables import labels_of, table
from leadline.data.targets import encode_targets

open = open_source

__all__ = [
    "PARTS",
    "Dataset",
    "Part",
    "Preparation",
    "Prepared",
    "Split",
    "arrays",
    "batches",
    "bundled",
    "digits",
    "download",
    "encode_targets",
    "fashion_mnist",
    "idx",
    "images",
    "labels_of",
    "make_split",
    "mnist",
    "new_rows",
    "npy",
    "npz",
    "open",
    "open_source",
    "read_frame",
    "table",
]
