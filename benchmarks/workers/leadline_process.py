"""One whole process with Leadline: an MLP on the digits of a file, and its accuracy on the held-out rows."""

import sys
import time

began = time.perf_counter()

import numpy as np  # noqa: E402 - imports are part of what is timed

import leadline as ll  # noqa: E402 - imports are part of what is timed

ll.use_cache()
with np.load(sys.argv[1]) as file:
    x, y = np.concatenate([file["x"], file["judged_x"]]), np.concatenate([file["y"], file["judged_y"]])
    held = file["held_x"], file["held_y"]
    share = len(file["x"]) / (len(x) + len(held[0])), len(file["judged_x"]) / (len(x) + len(held[0]))
imported = time.perf_counter()
data = ll.data.arrays(x, y, test=held, split=(*share, 1 - sum(share)), scale=False, name="digits")
network = ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(10)])
result = ll.fit(
    network, data, optimizer=ll.adam(1e-3), epochs=50, batch_size=32, early_stopping=False, progress=False
)
fitted = time.perf_counter()
accuracy = (result.model.predict(held[0]) == held[1]).mean()
spent = f"import {imported - began:.2f} s, fit {fitted - imported:.2f} s"
compiled = (
    f"compiling {result.run['seconds.compile']:.2f} s, training {result.run['seconds.total']:.2f} s with it"
)
print(f"accuracy {accuracy:.3f}; {spent}, of it {compiled}")
