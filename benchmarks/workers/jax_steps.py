"""Seconds a step of the same network written by hand in JAX with ``lax.scan``: no validation, no soundings."""

from __future__ import annotations

import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from benchmarks.interleave import serve
from benchmarks.workers.work import MLPS, rows, steps


def main(name: str) -> None:
    batch, features, widths, classes, number = MLPS[name]
    inputs, labels = map(jnp.asarray, rows(name))
    sizes = (features, *widths, classes)
    keys = jax.random.split(jax.random.key(0), len(sizes))
    shapes = zip(keys, sizes, sizes[1:], strict=False)
    params = [(jax.random.normal(k, (i, o)) * (2 / i) ** 0.5, jnp.zeros(o)) for k, i, o in shapes]
    adam = optax.adam(1e-3)

    def loss(params, x, y):
        for kernel, bias in params[:-1]:
            x = jnp.maximum(x @ kernel + bias, 0)
        scores = x @ params[-1][0] + params[-1][1]
        return optax.softmax_cross_entropy_with_integer_labels(scores, y).mean()

    @jax.jit
    def epoch(params, state, inputs, labels, order):
        def step(carry, rows):
            params, state = carry
            value, grads = jax.value_and_grad(loss)(params, inputs[rows], labels[rows])
            updates, state = adam.update(grads, state, params)
            return (optax.apply_updates(params, updates), state), value

        return lax.scan(step, (params, state), order)

    moving = [params, adam.init(params)]
    random = np.random.default_rng(0)

    def unit() -> float:
        start = time.perf_counter()
        order = random.permutation(number).astype(np.int32).reshape(steps(name), batch)
        (moving[0], moving[1]), losses = epoch(*moving, inputs, labels, order)
        float(losses.mean())
        return (time.perf_counter() - start) / steps(name)

    serve(unit)


if __name__ == "__main__":
    main(sys.argv[1])
