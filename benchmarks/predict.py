"""Prediction of 1, 32 and 1,024 rows against the same network in PyTorch, Keras and scikit-learn.

``Model.predict_proba`` takes raw rows: it checks them, standardizes them, computes and checks the probabilities. The
peers, and ``Model.outputs``, take prepared rows. All have the same weights, and must give the same probabilities to
1e-5. Last comes a whole process: from starting Python to the first prediction of a saved model.

    python -m benchmarks.predict [ROWS ...]
    python -m benchmarks.predict --sizes    # where NumPy would stop being faster than the compiled program
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from benchmarks.interleave import StoppedError, Turns, Worker, machine, show, started, take_turns

NETWORKS = ((20, 64, 64, 3), (784, 256, 128, 10))
SIZES = ((10, 10, 2), *NETWORKS, (784, 2048, 2048, 10))
ROWS = (1, 32, 1024)
MOST_ROWS = 10_000
CHECKED = 1024  # rows whose probabilities are compared
SAME = 1e-5
Predict = Callable[[np.ndarray], np.ndarray]
Weights = list[tuple[np.ndarray, np.ndarray]]


def write_model(folder: Path, sizes: tuple[int, ...]) -> None:
    """Write inputs, weights and a model file that the workers read."""
    import leadline.nn as nn
    from leadline.data.prepare import Preparation
    from leadline.data.prepare_array import fit_array
    from leadline.export import Model

    random = np.random.default_rng(0)
    raw = random.normal(5, 3, (MOST_ROWS, sizes[0])).astype(np.float32)
    shapes = list(itertools.pairwise(sizes))
    weights = [(random.normal(0, (2 / i) ** 0.5, (i, o)), random.normal(0, 0.1, o)) for i, o in shapes]
    weights = [(kernel.astype(np.float32), bias.astype(np.float32)) for kernel, bias in weights]
    network = nn.Sequential([*(nn.Dense(o, nn.relu) for o in sizes[1:-1]), nn.Dense(sizes[-1])])
    params = tuple({"kernel": kernel, "bias": bias} for kernel, bias in weights)
    task = nn.for_problem("classification", sizes[-1], sizes[-1])
    names = tuple(f"class {i}" for i in range(sizes[-1]))
    model = Model(network, params, ({},) * len(weights), Preparation(fit_array(raw)), task, names)
    model.save(folder / "model.leadline")
    np.savez(folder / "raw.npz", raw=raw, prepared=model.preparation.transform(raw).inputs)
    np.savez(folder / "weights.npz", *(array for pair in weights for array in pair))


def by_leadline(folder: Path, weights: Weights, rest: list[str]) -> Predict:
    import leadline as ll

    model = ll.load(folder / "model.leadline")
    return model.outputs if "--prepared" in rest else model.predict_proba


def by_compiled_leadline(folder: Path, weights: Weights, rest: list[str]) -> Predict:
    """The way of networks that NumPy cannot say."""
    import jax

    import leadline as ll
    from leadline.export.forward import forward

    model = ll.load(folder / "model.leadline")
    numbers = jax.device_put((model.params, model.state))
    return lambda x: forward(model.network, model.task, *numbers, x)[1]


def by_torch(folder: Path, weights: Weights, rest: list[str]) -> Predict:
    import torch
    from torch import nn

    torch.set_num_threads(int(rest[0]))
    layers: list[nn.Module] = []
    for kernel, bias in weights:
        dense = nn.Linear(*kernel.shape)
        dense.weight.data, dense.bias.data = torch.from_numpy(kernel.T.copy()), torch.from_numpy(bias)
        layers += [dense, nn.ReLU()]
    network = nn.Sequential(*layers[:-1], nn.Softmax(dim=1)).eval()

    def predict(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(x)).numpy()

    return predict


def by_sklearn(folder: Path, weights: Weights, rest: list[str]) -> Predict:
    from sklearn.neural_network import MLPClassifier

    kernels, biases = zip(*weights, strict=True)
    classes = len(biases[-1])
    network = MLPClassifier([len(bias) for bias in biases[:-1]])
    nothing, labels = np.zeros((classes, len(kernels[0])), np.float32), np.arange(classes)
    network.partial_fit(nothing, labels, classes=labels)
    network.coefs_, network.intercepts_ = list(kernels), list(biases)
    return network.predict_proba


def by_keras(folder: Path, weights: Weights, rest: list[str]) -> Predict:
    import keras

    last = len(weights) - 1
    layers = [
        keras.layers.Dense(len(b), "softmax" if i == last else "relu") for i, (_, b) in enumerate(weights)
    ]
    network = keras.Sequential([keras.Input((len(weights[0][0]),)), *layers])
    network.set_weights([array for pair in weights for array in pair])
    return network.predict_on_batch


WORKERS: dict[str, tuple[Callable[[Path, Weights, list[str]], Predict], list[str], str]] = {
    # name: what makes it, its arguments, the inputs it takes
    "leadline": (by_leadline, [], "raw"),
    "leadline, prepared rows": (by_leadline, ["--prepared"], "prepared"),
    "leadline, compiled": (by_compiled_leadline, [], "prepared"),
    "torch eager, 1 thread": (by_torch, ["1"], "prepared"),
    "torch eager, 2 threads": (by_torch, ["2"], "prepared"),
    "sklearn": (by_sklearn, [], "prepared"),
    "keras on jax": (by_keras, [], "prepared"),
}


def work(name: str, folder: Path, rows: int) -> None:
    """Be a worker: write the probabilities of all rows, then predict whenever a turn is wanted."""
    make, rest, inputs = WORKERS[name]
    with np.load(folder / "weights.npz") as held:
        arrays = [held[f"arr_{i}"] for i in range(len(held.files))]
    with np.load(folder / "raw.npz") as held:
        x = held[inputs]
    predict = make(folder, list(zip(arrays[::2], arrays[1::2], strict=True)), rest)
    parts = [predict(x[start : start + rows])[:CHECKED] for start in range(0, CHECKED, rows)]
    np.save(folder / f"{name}.npy", np.concatenate(parts)[:CHECKED])
    some = np.ascontiguousarray(x[:rows])
    calls = max(1, 2000 // rows)

    def epoch() -> None:
        for _ in range(calls):
            predict(some)

    Turns(calls).run(epoch)


def compare_rows(folder: Path, rows: int, rounds: int, names: Iterable[str] = WORKERS) -> None:
    """Start the workers that can be started, check that they agree, and let them take turns."""
    running: dict[str, Worker] = {}
    for name in names:
        command = [sys.executable, "-m", "benchmarks.predict", "--work", name, str(folder), str(rows)]
        try:
            running[name] = started(command, {"KERAS_BACKEND": "jax"})
        except StoppedError as error:
            print(f"  {name} left out: {error}")
    found = {name: np.load(folder / f"{name}.npy") for name in running}
    apart = max(float(np.abs(other - next(iter(found.values()))).max()) for other in found.values())
    if apart > SAME:
        raise SystemExit(f"the probabilities differ by {apart:.1g}")
    take_turns(running, rounds)
    for worker in running.values():
        worker.end()
    times = {name: worker.seconds for name, worker in running.items()}
    show(f"{rows:,} rows a call (all within {apart:.1g})", times, 1e6, "us", next(iter(times)))


FIRST = """
import leadline as ll, numpy as np
model = ll.load({path!r})
model.predict(np.ones((1, *model.preparation.input_shape)))
"""
PROCESSES = {
    "leadline, to first prediction": FIRST,
    "import of jax alone": "import jax",
    "import of torch alone": "import torch",
}


def whole_processes(folder: Path, rounds: int) -> None:
    """Print the seconds from starting Python to the first prediction of one row."""
    print("\na whole process")
    taken: dict[str, list[float]] = {name: [] for name in PROCESSES}
    for _ in range(rounds):
        for name, code in PROCESSES.items():
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", code.format(path=str(folder / "model.leadline"))], check=False
            )
            taken[name].append(time.perf_counter() - start)
    for name, seconds in taken.items():
        print(f"  {name:<30} median {statistics.median(seconds):5.2f} s  min {min(seconds):5.2f} s")


def main(rows: tuple[int, ...] = ROWS, rounds: int = 7) -> None:
    for sizes in NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            write_model(Path(folder), sizes)
            print(f"\n{'-'.join(map(str, sizes))}")
            for number in rows:
                compare_rows(Path(folder), number, rounds)
            if sizes == NETWORKS[-1]:
                whole_processes(Path(folder), rounds)


def sizes_alone(rounds: int = 5) -> None:
    """Compare our two ways over networks and numbers of rows."""
    for sizes in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write_model(Path(folder), sizes)
            print(f"\n{'-'.join(map(str, sizes))}")
            for rows in (*ROWS, MOST_ROWS):
                compare_rows(Path(folder), rows, rounds, ("leadline, prepared rows", "leadline, compiled"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        print(machine())
        sizes_alone() if sys.argv[1:] == ["--sizes"] else main(tuple(map(int, sys.argv[1:])) or ROWS)
