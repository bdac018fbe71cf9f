"""One whole process with scikit-learn: an MLP on the digits of a file, and its accuracy on the held-out rows."""

import sys
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore", "Stochastic Optimizer")  # 50 epochs were asked for, not convergence
with np.load(sys.argv[1]) as file:
    x, y, held_x, held_y = (file[name] for name in ("x", "y", "held_x", "held_y"))
network = MLPClassifier(
    [64, 64], alpha=0.0, batch_size=32, max_iter=50, n_iter_no_change=50, tol=0, random_state=0
)
network.fit(x, y)
print(f"accuracy {network.score(held_x, held_y):.3f}")
