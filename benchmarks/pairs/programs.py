"""Techniques of whole programs: where the order is drawn, and what compilation costs."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax
from jax.experimental.compilation_cache import compilation_cache

from benchmarks.pairs.pair import Pair, Technique, drawn, seconds
from leadline.cache import use_cache
from leadline.models import cnn, mlp
from leadline.nn import Layer
from leadline.program import course
from leadline.program.course import train_beside
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.training.compiling import FULL, HALF, LEAST, LESS, Options
from leadline.training.feed import epoch_order
from leadline.training.program import first_key

ROWS, BATCH, FEATURES, CLASSES = 12_800, 32, 20, 3
IMAGES = (64, 28, 28, 1)
EPOCHS = 30
PROBED = (200, 1000)  # steps of a probe, and of a proof


def order() -> Pair:
    """Return an epoch of a small network whose order is drawn on the host, and one that draws it on the device."""
    network = mlp(CLASSES)
    params, state = network.init(first_key(0), (FEATURES,))
    inputs, targets = drawn(ROWS, FEATURES), jnp.arange(ROWS) % CLASSES

    def epoch(params: Any, order: Array) -> Any:
        def step(params: Any, rows: Array) -> tuple[Any, None]:
            slopes = jax.grad(lambda params: loss(network, params, state, inputs[rows], targets[rows]))(
                params
            )
            return jax.tree.map(lambda array, slope: array - 0.01 * slope, params, slopes), None

        return lax.scan(step, params, order.reshape(-1, BATCH))[0]

    given = jax.jit(epoch)
    plain = jax.jit(lambda params, key: epoch(params, jax.random.permutation(key, ROWS)))
    numbers = itertools.count()
    return Pair(
        partial(seconds, lambda: jax.block_until_ready(given(params, epoch_order(0, next(numbers), ROWS)))),
        partial(seconds, lambda: jax.block_until_ready(plain(params, jax.random.key(next(numbers))))),
    )


def loss(network: Layer, params: Any, state: Any, inputs: Array, targets: Array) -> Array:
    """Return the mean cross-entropy."""
    scores = network.apply(params, state, inputs)[0]
    return optax.softmax_cross_entropy_with_integer_labels(scores, targets).mean()


def closing(
    number: int, network: Layer, shape: tuple[int, ...]
) -> tuple[jax.stages.Lowered, tuple[Any, ...]]:
    """Return a program of what runs once an epoch, not yet compiled, and its arguments; each number is a new one.

    Args:
        number: Makes it another program.
        network: Whose gradients it takes.
        shape: Of a batch.
    """
    params, state = network.init(first_key(0), shape[1:])

    def close(params: Any, state: Any, inputs: Array, targets: Array) -> Any:
        found, slopes = jax.value_and_grad(partial(loss, network))(params, state, inputs, targets)
        return found + number, jax.tree.map(lambda slope: jnp.sqrt(jnp.square(slope).sum()), slopes)

    given = params, state, drawn(*shape), jnp.zeros(shape[0], jnp.int32)
    return jax.jit(close).lower(*given), given


def effort(options: Options, network: Layer, shape: tuple[int, ...]) -> Pair:
    """Return a compilation with less effort, and the usual one, both with the runs of a training."""
    numbers = itertools.count()

    def compiled(options: Options) -> float:
        lowered, given = closing(next(numbers), network, shape)

        def run() -> None:
            program = lowered.compile(compiler_options=dict(options))
            for _ in range(EPOCHS):
                jax.block_until_ready(program(*given))

        return seconds(run)

    return Pair(partial(compiled, options), partial(compiled, FULL))


def beside() -> Pair:
    """Return a probe and a proof of a small network, compiled with half the effort, and with the usual one."""
    inputs = np.random.default_rng(0).normal(size=(200, FEATURES)).astype(np.float32)
    loss, numbers = Written("cross_entropy", "scores", "codes"), itertools.count(1)
    program = Program(mlp(2), inputs, (inputs[:, 0] > 0).astype(int), loss)

    def trained(options: Options) -> float:
        another = replace(program, epochs=next(numbers))  # what was compiled before is not compiled again
        with patch.object(course, "HALF", options):
            return seconds(lambda: [train_beside([another], range(5), steps) for steps in PROBED])

    return Pair(partial(trained, HALF), partial(trained, FULL))


def start() -> Pair:
    """Return the compilation that draws the first weights by the key of a training, and by the usual key."""
    network, numbers = cnn(CLASSES, IMAGES[1:]), itertools.count()

    def compiled(key: Callable[[int], Array]) -> float:
        number = next(numbers)

        def begin(key: Array) -> Any:
            return jax.tree.map(lambda array: array + number, network.init(key, IMAGES[1:])[0])

        return seconds(jax.jit(begin).lower(key(0)).compile)

    return Pair(partial(compiled, first_key), partial(compiled, jax.random.key))


def cache() -> Pair:
    """Return the compilation of what was compiled before, with the cache on disk and without it."""
    folder = tempfile.TemporaryDirectory()

    def compiled(kept: bool) -> float:
        jax.config.update("jax_enable_compilation_cache", kept)
        jax.config.update("jax_compilation_cache_dir", None)
        use_cache(folder.name)
        compilation_cache.reset_cache()
        lowered, _ = closing(-1, cnn(CLASSES, IMAGES[1:]), IMAGES)
        return seconds(lowered.compile)

    compiled(kept=True)
    return Pair(partial(compiled, kept=True), partial(compiled, kept=False))


TECHNIQUES = (
    Technique(
        "order",
        "training/feed.py: epoch_order",
        "Sorting random keys on the device, as JAX draws a permutation, costs more than the steps of a small network.",
        {"20-64-64-3, 12,800 rows, batch 32": order},
        unit="epoch",
    ),
    Technique(
        "effort",
        "training/compiling.py: LESS, HALF, LEAST",
        "What runs once an epoch, or hardly ever, need not be compiled with all effort.",
        {
            "less, gradients of a small convolutional network, 30 epochs": partial(
                effort, LESS, cnn(CLASSES, IMAGES[1:]), IMAGES
            ),
            "half, a probe and a proof of a small MLP": beside,
            "least, gradients of a small MLP, 30 epochs": partial(
                effort, LEAST, mlp(CLASSES), (BATCH, FEATURES)
            ),
        },
        unit="compilation and runs",
    ),
    Technique(
        "first_key",
        "training/program.py: first_key",
        "The generator of the processor's own instructions is a short program; the usual one is unrolled rounds.",
        {"weights of a small convolutional network": start},
        unit="compilation",
    ),
    Technique(
        "cache",
        "cache.py: use_cache",
        "What was compiled once on this machine is read from disk.",
        {"gradients of a small convolutional network": cache},
        unit="compilation",
    ),
)
