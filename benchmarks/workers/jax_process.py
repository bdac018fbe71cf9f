"""One whole process with JAX by hand: an MLP on the digits of a file, and its accuracy on the held-out rows.

The least that JAX lets one do: all epochs are one compiled call, Adam is written out, nothing is validated.
"""

import argparse
import os

import jax
import jax.numpy as jnp
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("data")
asked = parser.parse_args()
jax.config.update("jax_compilation_cache_dir", f"{os.environ['XDG_CACHE_HOME']}/by-hand")
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
with np.load(asked.data) as file:
    x, y, held_x, held_y = (file[name] for name in ("x", "y", "held_x", "held_y"))
random = np.random.default_rng(0)
shapes = ((64, 64), (64, 64), (64, 10))
params = [
    (random.normal(0, (2 / i) ** 0.5, (i, o)).astype(np.float32), np.zeros(o, np.float32)) for i, o in shapes
]
full = len(x) // 32
orders = np.stack([random.permutation(len(x))[: full * 32].reshape(full, 32) for _ in range(50)]).reshape(
    -1, 32
)


def scores(params, x):
    for kernel, bias in params[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    return x @ params[-1][0] + params[-1][1]


def loss(params, x, y):
    found = scores(params, x)
    return (jax.nn.logsumexp(found, axis=1) - found[jnp.arange(len(y)), y]).mean()


@jax.jit
def train(params, x, y, orders):
    def step(at, batch):
        params, mean, square, t = at
        grads = jax.grad(loss)(params, x[batch], y[batch])
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, grads)
        square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, grads)
        rates = 1 - 0.9**t, 1 - 0.999**t
        params = jax.tree.map(
            lambda p, m, s: p - 1e-3 * (m / rates[0]) / (jnp.sqrt(s / rates[1]) + 1e-8), params, mean, square
        )
        return (params, mean, square, t + 1), None

    zeros = jax.tree.map(jnp.zeros_like, params)
    return jax.lax.scan(step, (params, zeros, zeros, jnp.float32(1)), orders)[0][0]


kernels = jax.tree.map(np.asarray, train(params, x, y, orders))
hidden = held_x
for kernel, bias in kernels[:-1]:
    hidden = np.maximum(hidden @ kernel + bias, 0)
print(f"accuracy {(np.argmax(hidden @ kernels[-1][0] + kernels[-1][1], axis=1) == held_y).mean():.3f}")
