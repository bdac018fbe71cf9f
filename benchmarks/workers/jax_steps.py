"""Seconds a step of the same network written by hand in JAX: a whole epoch is one compiled loop.

It uses the techniques that Leadline uses (order drawn on the host, the batch shared out among CPU devices where that
pays, gradients of :mod:`benchmarks.workers.jax_layers`), and judges the validation rows after each epoch as ``ll.fit``
does; but it takes no soundings, watches nothing and stops for nothing. So it is what our loop may cost.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as Spec

from benchmarks.interleave import Turns, tell_losses
from benchmarks.workers.jax_layers import biased, conv, lstm, norm, pool, up
from benchmarks.workloads import CHECKED_STEPS, Step, Workload, find

Params = list[Array]
ADAM = optax.adam(1e-3)


def scores_of(workload: Workload, params: Params, inputs: Array, axis: str | None) -> Array:
    """Return the network's scores; weights are used up in the order in which they travel."""
    left, outputs = iter(params), inputs
    for step in workload.steps:
        outputs = _layer(step, outputs, left, axis)
        outputs = jnp.maximum(outputs, 0) if step.relu else outputs
    return outputs


def _layer(step: Step, x: Array, left: Any, axis: str | None) -> Array:
    match step.kind:
        case "dense":
            bias, kernel = next(left), next(left)
            return x @ kernel + bias
        case "conv":
            bias = next(left) if step.bias else None
            sums = conv(x, next(left), 1)
            return sums if bias is None else biased(sums, bias)
        case "norm":
            return norm(x, next(left), next(left), axis)
        case "block":
            return _block(step, x, left, axis)
        case "lstm":
            return lstm(x, (next(left), next(left), next(left)))
        case "mean":
            return x.mean((1, 2))
    return {"pool": pool, "up": up, "flatten": lambda x: x.reshape(len(x), -1)}[step.kind](x)


def _block(step: Step, x: Array, left: Any, axis: str | None) -> Array:
    main = jnp.maximum(norm(conv(x, next(left), step.stride), next(left), next(left), axis), 0)
    main = norm(conv(main, next(left), 1), next(left), next(left), axis)
    if step.stride > 1:
        x = norm(conv(x, next(left), step.stride), next(left), next(left), axis)
    return jnp.maximum(main + x, 0)


def losses_of(workload: Workload, scores: Array, inputs: Array, labels: Array) -> Array:
    if workload.classes:
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels)
    return jnp.square(scores - inputs).mean((1, 2, 3))


def epoch_of(workload: Workload, devices: int) -> Callable[..., Any]:
    """Return a compiled epoch: carry, rows and order (S, B) to carry and losses (S,)."""
    axis = "device" if devices > 1 else None

    def loss(params: Params, x: Array, y: Array) -> Array:
        return losses_of(workload, scores_of(workload, params, x, axis), x, y).mean()

    def epoch(carry: Any, inputs: Array, labels: Array, order: Array) -> Any:
        def step(carry: Any, some: Array) -> Any:
            params, state = carry
            value, grads = jax.value_and_grad(loss)(params, inputs[some], labels[some])
            if axis:
                value, grads = lax.pmean((value, grads), axis)
            updates, state = ADAM.update(grads, state, params)
            return (optax.apply_updates(params, updates), state), value

        return lax.scan(step, carry, order)

    if axis:
        mesh, whole = Mesh(np.array(jax.devices()[:devices]), (axis,)), Spec()
        shared = whole, whole, whole, Spec(None, axis)
        epoch = jax.shard_map(epoch, mesh=mesh, in_specs=shared, out_specs=(whole, whole), check_vma=False)
    return jax.jit(epoch, donate_argnums=0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", type=find)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--devices", type=int, default=1)
    asked = parser.parse_args()
    workload = asked.workload
    if asked.devices > 1:
        jax.config.update("jax_num_cpu_devices", asked.devices)
    inputs, labels = map(jnp.asarray, workload.data())
    rows, batch = workload.rows, workload.batch
    with np.load(asked.weights) as file:
        params = [jnp.asarray(file[name]) for name in file.files]
    epoch = epoch_of(workload, asked.devices)
    same = np.tile(np.arange(batch, dtype=np.int32), (CHECKED_STEPS, 1))
    carry, losses = epoch((params, ADAM.init(params)), inputs, labels, same)
    tell_losses(np.asarray(losses).tolist())

    @jax.jit
    def judge(params: Params, x: Array, y: Array) -> tuple[Array, Array]:
        scores = scores_of(workload, params, x, None)
        right = scores.argmax(-1) == y if workload.classes else scores
        return losses_of(workload, scores, x, y).mean(), right.mean()

    random, held = np.random.default_rng(0), (inputs[rows:], labels[rows:])
    moving = [carry]

    def run_epoch() -> None:
        order = random.permutation(rows).astype(np.int32).reshape(-1, batch)
        moving[0], losses = epoch(moving[0], inputs, labels, order)
        jax.device_get((losses.mean(), judge(moving[0][0], *held)))

    Turns(workload.epoch_steps).run(run_epoch)


if __name__ == "__main__":
    main()
