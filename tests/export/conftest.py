"""Small models of every kind: a table, images, numbers. They need not be good, only whole."""

import jax
import numpy as np
import pandas as pd
import pytest

from leadline.data import arrays, table
from leadline.export import Model
from leadline.nn import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    MaxPool,
    Parallel,
    Residual,
    Sequential,
    for_problem,
    relu,
    softmax,
    tanh,
)


def model_of(network, data, seed=0, **more):
    """Return an untrained model whose parameters and state are all drawn at random."""
    outputs = network.output_shape(data.preparation.input_shape)[0]
    task = for_problem(data.problem, data.classes, outputs)
    numbers = network.init(jax.random.key(seed), data.preparation.input_shape)
    leaves, tree = jax.tree.flatten(jax.device_get(numbers))
    rng = np.random.default_rng(seed)
    drawn = [
        rng.uniform(0.5, 1.5, leaf.shape).astype(leaf.dtype) * (0.3 + np.asarray(leaf)) for leaf in leaves
    ]
    params, state = jax.tree.unflatten(tree, drawn)
    return Model(network, params, state, data.preparation, task, data.class_names, data.target_name, **more)


@pytest.fixture(scope="session")
def passengers():
    rng = np.random.default_rng(0)
    age = rng.normal(30, 10, 200).round(1)
    age[::17] = np.nan
    return pd.DataFrame(
        {
            "age": age,
            "port": rng.choice(["Köln", "Cork", "Brest"], 200),
            "fare": rng.gamma(2.0, 10.0, 200).round(2),
            "fate": rng.choice(["lost", "saved"], 200),
        }
    )


@pytest.fixture(scope="session")
def binary(passengers):
    """A table, two classes, one score."""
    data = table(passengers, target="fate")
    return model_of(Sequential([Dense(8, relu), Dropout(0.5), Dense(1)]), data, about={"epochs": 3})


@pytest.fixture(scope="session")
def pictures():
    return np.random.default_rng(1).integers(0, 256, (60, 8, 8, 1), np.uint8)


@pytest.fixture(scope="session")
def convolutional(pictures):
    """Images, ten digits, batch norm and layers inside layers."""
    data = arrays(pictures, np.arange(60) % 10, kind="image")
    block = Residual([Conv(4, 3, relu), BatchNorm(), Conv(4, 3)], relu)
    wide = Parallel([Conv(2, 1), Sequential([Conv(3, 3, tanh), BatchNorm()])])
    network = Sequential([Conv(4, 3, relu), block, wide, MaxPool(2), Flatten(), Dense(10)])
    return model_of(network, data, reference={"data.input.mean": [0.0, float("nan")]})


@pytest.fixture(scope="session")
def measured():
    """Numbers far from 0 with a spread far from 1."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(100, 3)).astype(np.float32)
    return x, 5000 + 300 * x[:, 0] + rng.normal(size=100)


@pytest.fixture(scope="session")
def regression(measured):
    """An array, one number."""
    return model_of(Sequential([Dense(5, tanh), Dense(1)]), arrays(*measured, problem="regression"))


@pytest.fixture(scope="session")
def insisted(measured):
    """A softmax at the very end, as a user may insist."""
    data = arrays(measured[0], np.arange(100) % 3)
    return model_of(Sequential([Dense(3, softmax)]), data)


@pytest.fixture(scope="session")
def large(measured):
    """A file of 200 kB."""
    return model_of(Sequential([Dense(12_000), Dense(1)]), arrays(*measured, problem="regression"))


@pytest.fixture(scope="session")
def everything(binary, convolutional, regression, insisted):
    return [binary, convolutional, regression, insisted]
