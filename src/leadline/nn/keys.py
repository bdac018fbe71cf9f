"""Keys of randomness from a seed, without compiling anything.

Comes in: a seed. Goes out: the key that ``jax.random.key`` gives, to the bit. That one compiles three small programs,
a tenth of a second at the start of every process.
"""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

TIMES = {"threefry2x32": 1, "rbg": 2}
"""How often a generator takes the seed's two words."""


def key_of(seed: int, generator: str | None = None) -> PRNGKeyArray:
    """Return the key of a seed.

    Args:
        seed: Any whole number; the lowest 32 bits count.
        generator: Of JAX; its usual one by default.

    Example:
        >>> bool(jax.random.uniform(key_of(3)) == jax.random.uniform(jax.random.key(3)))
        True
    """
    chosen = generator or jax.config.values["jax_default_prng_impl"]
    if chosen not in TIMES or jax.config.values["jax_enable_x64"]:
        return jax.random.key(seed, impl=chosen)
    words = np.array([0, seed & 0xFFFFFFFF] * TIMES[chosen], np.uint32)
    key: PRNGKeyArray = jax.random.wrap_key_data(words, impl=chosen)  # type: ignore[arg-type]  # takes NumPy's too
    return key
