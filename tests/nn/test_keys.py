"""Keys made without compiling are those that JAX makes."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from leadline.nn.keys import key_of


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32 + 5, -1])
@pytest.mark.parametrize("generator", [None, "threefry2x32", "rbg", "unsafe_rbg"])
def test_the_key_is_that_of_jax(seed, generator):
    ours, theirs = key_of(seed, generator), jax.random.key(seed, impl=generator)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(jax.random.key_data(ours), jax.random.key_data(theirs))
    np.testing.assert_array_equal(jax.random.normal(ours, (3,)), jax.random.normal(theirs, (3,)))


def test_nothing_is_compiled(caplog):
    with jax.log_compiles():
        key_of(2_000_003)
    assert "Compiling" not in caplog.text
