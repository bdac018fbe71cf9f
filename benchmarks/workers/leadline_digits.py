"""One whole process as a user writes it: the bundled digits, an MLP 64-64, 50 epochs, and the accuracy."""

import time

began = time.perf_counter()

import leadline as ll  # noqa: E402 - imports are part of what is timed

network = ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(10)])
imported = time.perf_counter()
data = ll.data.digits()
read = time.perf_counter()
result = ll.fit(network, data, epochs=50, batch_size=32, early_stopping=False, optimizer=ll.adam(1e-3))
accuracy = result.evaluation["accuracy"]
done = time.perf_counter()
print(
    f"accuracy {accuracy.value:.3f}; import {imported - began:.2f} s, data {read - imported:.2f} s,"
    f" fit {done - read:.2f} s ({result.run.took})"
)
