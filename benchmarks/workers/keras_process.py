"""One whole process with Keras: an MLP on the digits of a file, and its accuracy on the held-out rows."""

import sys

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
with np.load(sys.argv[1]) as file:
    x, y, held_x, held_y = (file[name] for name in ("x", "y", "held_x", "held_y"))
hidden = [layers.Dense(64, "relu"), layers.Dense(64, "relu")]
network = keras.Sequential([keras.Input((64,)), *hidden, layers.Dense(10, "softmax")])
network.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
network.fit(x, y, batch_size=32, epochs=50, verbose=0)
print(f"accuracy {(network.predict(held_x, verbose=0).argmax(1) == held_y).mean():.3f}")
