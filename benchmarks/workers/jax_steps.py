"""Seconds a step of the same network written by hand in JAX with ``lax.scan``; with ``--validated`` it also judges the
validation rows after each epoch, as our own loop does. No soundings."""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from benchmarks.interleave import serve
from benchmarks.workers.work import JUDGED, MLPS, rows, steps, turn


def scores_of(params, x):
    for kernel, bias in params[:-1]:
        x = jnp.maximum(x @ kernel + bias, 0)
    return x @ params[-1][0] + params[-1][1]


def losses_of(params, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(scores_of(params, x), y)


@jax.jit
def judge(params, x, y):
    return losses_of(params, x, y).mean(), (scores_of(params, x).argmax(-1) == y).mean()


def main(name: str, validated: bool) -> None:
    batch, features, widths, classes, number = MLPS[name]
    inputs, labels = map(jnp.asarray, rows(name))
    sizes = (features, *widths, classes)
    keys = jax.random.split(jax.random.key(0), len(sizes))
    shapes = zip(keys, sizes, sizes[1:], strict=False)
    params = [(jax.random.normal(k, (i, o)) * (2 / i) ** 0.5, jnp.zeros(o)) for k, i, o in shapes]
    adam = optax.adam(1e-3)

    def loss(params, x, y):
        return losses_of(params, x, y).mean()

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
    held = inputs[:JUDGED], labels[:JUDGED]

    def run_epoch() -> None:
        order = random.permutation(number).astype(np.int32).reshape(steps(name), batch)
        (moving[0], moving[1]), losses = epoch(*moving, inputs, labels, order)
        if validated:
            jax.device_get(judge(moving[0], *held))
        float(losses.mean())

    serve(turn(name, run_epoch))


if __name__ == "__main__":
    main(sys.argv[1], "--validated" in sys.argv)
