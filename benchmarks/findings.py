"""Healthy and sick trainings, each by several seeds: what the rules on layers say of them.

Healthy ones shall have no finding of these rules, sick ones the one that names their sickness. The extremes that
healthy trainings reached stand at the end: the thresholds of the rules keep their distance from them.

    python -m benchmarks.findings            one seed
    python -m benchmarks.findings 3          three seeds
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn import datasets

import leadline as ll
from benchmarks.interleave import machine
from leadline.diagnosis.layers import hidden, sounded, weighted

RULES = ("equal_units", "exploding_gradients", "saturated_units", "vanishing_gradients", "dead_units")
Case = tuple[ll.Sequential | str | None, Any, dict[str, Any]]
WIDE = "normal(spread=1)"  # lecture's N(0, 1)
NARROW = "normal(spread=0.01)"


def net(*layers: Any) -> ll.Sequential:
    return ll.Sequential(list(layers))


def deep(activation: Any, layers: int = 10, units: int = 32, initializer: str | None = None) -> ll.Sequential:
    return net(*[ll.Dense(units, activation, initializer)] * layers, ll.Dense(10))


def bundled(load: Callable[[], Any], scale: bool = True, times: float = 1.0) -> Any:
    found = load()
    return ll.data.arrays(found.data.astype("float32") * times, found.target, scale=scale)


def rings() -> Any:
    return ll.data.arrays(*datasets.make_circles(1000, noise=0.1, random_state=1))


def sequences() -> Any:
    x = np.random.default_rng(0).normal(size=(1200, 20, 4)).astype("float32")
    return ll.data.arrays(x, (x[:, :, 0].sum(1) > 0).astype(int))


def healthy() -> dict[str, Case]:
    digits, rows = ll.data.digits(), sequences()
    normed = [ll.Dense(32), ll.BatchNorm(), ll.Activate(ll.sigmoid)]
    carried = ll.Residual([ll.Dense(32, ll.sigmoid)])
    slow = {"optimizer": ll.momentum(0.01)}
    own = "identity(gain=4)"
    return {
        "digits, default": (None, digits, {}),
        "digits, mlp": ("mlp", digits, {}),
        "digits, ReLU": (net(ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(10)), digits, {}),
        "digits, ReLU, sgd": (net(ll.Dense(64, ll.relu), ll.Dense(10)), digits, {"optimizer": ll.sgd(0.1)}),
        "digits, tanh": (net(ll.Dense(64, ll.tanh), ll.Dense(64, ll.tanh), ll.Dense(10)), digits, {}),
        "digits, tanh, long": (
            net(ll.Dense(64, ll.tanh), ll.Dense(10)), digits,
            {"optimizer": ll.adam(0.01), "epochs": 80, "early_stopping": False},
        ),
        "digits, sigmoid": (net(ll.Dense(64, ll.sigmoid), ll.Dense(10)), digits, {}),
        "digits, relu6": (net(ll.Dense(64, ll.relu6), ll.Dense(10)), digits, {}),
        "digits, leaky": (net(ll.Dense(64, ll.leaky_relu), ll.Dense(10)), digits, {}),
        "digits, PReLU and maxout": (net(ll.Dense(32, ll.prelu), ll.Dense(32, ll.maxout), ll.Dense(10)), digits, {}),
        "digits, dropout": (net(ll.Dense(64, ll.relu), ll.Dropout(0.5), ll.Dense(10)), digits, {}),
        "digits, 10 ReLU": (deep(ll.relu), digits, slow),
        "digits, 10 tanh": (deep(ll.tanh), digits, slow),
        "digits, 20 SELU": (deep(ll.selu, 20), digits, {}),
        "digits, 10 sigmoid, batch norm": (net(*normed * 10, ll.Dense(10)), digits, slow),
        "digits, 10 sigmoid, residual": (net(ll.Dense(32), *[carried] * 9, ll.Dense(10)), digits, slow),
        "digits, 10 sigmoid, another start": (
            net(ll.Dense(32, ll.sigmoid), *[ll.Dense(32, ll.sigmoid, own, bias_value=-2.0)] * 9, ll.Dense(10)),
            digits, slow,
        ),
        "digits, linear from zeros": (net(ll.Dense(10, initializer="zeros")), digits, {}),
        "digits, last layer from zeros": (net(ll.Dense(32, ll.relu), ll.Dense(10, initializer="zeros")), digits, {}),
        "iris": (None, ll.data.bundled("iris"), {}),
        "wine": (None, ll.data.bundled("wine"), {}),
        "breast cancer": (None, bundled(datasets.load_breast_cancer), {}),
        "diabetes": (None, ll.data.bundled("diabetes"), {}),
        "rings, 11 tanh of 5": (net(*[ll.Dense(5, ll.tanh)] * 11, ll.Dense(1)), rings(), {"epochs": 100}),
        "rings, sigmoid": (net(ll.Dense(8, ll.sigmoid), ll.Dense(1)), rings(), {"optimizer": ll.sgd(1.0)}),
        "sequences, RNN": (net(ll.RNN(16), ll.Dense(1)), rows, {"epochs": 12}),
        "sequences, LSTM": (net(ll.LSTM(16), ll.Dense(1)), rows, {"epochs": 12}),
    }  # fmt: skip


def sick() -> dict[str, tuple[str, Case]]:
    digits = ll.data.digits()
    raw = bundled(datasets.load_digits, scale=False, times=16.0)
    two = net(ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(10))
    return {
        "10 sigmoid, momentum": ("vanishing_gradients", (deep(ll.sigmoid), digits, {"optimizer": ll.momentum(0.01)})),
        "10 sigmoid, adam": ("vanishing_gradients", (deep(ll.sigmoid), digits, {})),
        "10 tanh, N(0, 0.01²)": (
            "vanishing_gradients", (deep(ll.tanh, initializer=NARROW), digits, {"optimizer": ll.sgd(0.1)}),
        ),
        "10 ReLU, N(0, 0.01²)": ("vanishing_gradients", (deep(ll.relu, initializer=NARROW), digits, {})),
        "10 ReLU, N(0, 1)": ("exploding_gradients", (deep(ll.relu, units=100, initializer=WIDE), digits, {})),
        "5 ReLU, N(0, 1)": ("exploding_gradients", (deep(ll.relu, 5, 64, WIDE), digits, {})),
        "10 tanh, N(0, 1)": ("saturated_units", (deep(ll.tanh, units=100, initializer=WIDE), digits, {})),
        "tanh, unscaled": ("saturated_units", (net(ll.Dense(64, ll.tanh), ll.Dense(10)), raw, {})),
        "ReLU, rate 3": ("dead_units", (two, digits, {"optimizer": ll.sgd(3.0)})),
        "ReLU, adam 1": ("dead_units", (two, digits, {"optimizer": ll.adam(1.0)})),
        "ReLU, bias -50": ("dead_units", (net(ll.Dense(64, ll.relu, bias_value=-50.0), ll.Dense(10)), digits, {})),
        "zeros": (
            "equal_units", (net(ll.Dense(32, ll.tanh, "zeros"), ll.Dense(10, initializer="zeros")), digits, {}),
        ),
        "constant": (
            "equal_units",
            (net(ll.Dense(32, ll.relu, "constant"), ll.Dense(10, initializer="constant")), digits, {}),
        ),
    }  # fmt: skip


def runs(cases: dict[str, Case], seeds: int) -> Iterator[tuple[str, ll.Result]]:
    for name, (network, data, choices) in cases.items():
        for seed in range(seeds):
            choices = {"epochs": 15, **choices}
            yield name, ll.fit(network, data, seed=seed, progress=False, **choices)


def extremes(run: ll.Run) -> dict[str, float]:
    """What comes nearest to the thresholds of the rules."""
    layers = weighted(run)
    norms = np.asarray(run["sounding.gradient.norm"])[:, layers]
    dead = sounded(run, "activation.dead")[-1, hidden(run, ("relu", "relu6"))]
    flat = sounded(run, "activation.saturated")[0, hidden(run, ("sigmoid", "tanh"))]
    share = norms[:, :2].max(1) / norms.max(1)
    return {
        "least share of the gradient in the first layers": float(np.median(share))
        if len(layers) > 3
        else np.inf,
        "largest norm of the gradient at the start": float(
            np.linalg.norm(np.asarray(run["start.gradient.norm"])[layers])
        ),
        "largest share of dead units": float(dead.max(initial=0)),
        "largest share of saturated outputs after an epoch": float(flat.max(initial=0)),
    }


def main(seeds: int = 1) -> None:
    false: Counter[str] = Counter()
    reached: dict[str, list[float]] = {}
    number = 0
    for name, result in runs(healthy(), seeds):
        number += 1
        told = [fault for fault in result.findings.faults if fault in RULES]
        false.update(told)
        for label, value in extremes(result.run).items():
            reached.setdefault(label, []).append(value)
        if told:
            print(f"healthy, but told: {name}: {', '.join(told)}")
    print(f"healthy: {number} trainings, {false.total()} findings of these rules")
    for label, values in reached.items():
        print(f"  {label}: {min(values) if label.startswith('least') else max(values):.2g}")
    cases = sick()
    found = number = 0
    for name, result in runs({name: case for name, (_, case) in cases.items()}, seeds):
        number += 1
        wanted = cases[name][0] in result.findings.faults
        found += wanted
        if not wanted:
            print(f"sick, but not told: {name}: {', '.join(result.findings.faults) or 'nothing'}")
    print(f"sick: {number} trainings, {found} with the finding that names it")


if __name__ == "__main__":
    print(machine())
    main(*map(int, sys.argv[1:]))
