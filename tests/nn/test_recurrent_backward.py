"""The way back of recurrent layers against the one that JAX derives of the same steps, over shapes and kinds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

import leadline.nn as nn
from leadline.nn import Pass

CELLS = {
    "rnn": nn.RNN,
    "relu": lambda *a, **k: nn.RNN(*a, activation=nn.relu, **k),
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}


def drawn(layer, rows, steps, features, dtype="float32"):
    """Parameters, biases included, and inputs."""
    rng = np.random.default_rng(5)
    like, _ = jax.eval_shape(lambda key: layer.init(key, (steps, features)), jax.random.key(0))
    params = jax.tree.map(lambda array: 0.5 * rng.normal(size=array.shape).astype(dtype), like)
    return params, rng.normal(size=(rows, steps, features)).astype(dtype)


def derived(layer, params, inputs, lengths):
    """The layer as a plain loop of its own steps, which JAX differentiates: one sequence direction after the other."""
    rows, steps, _ = inputs.shape
    ends = np.full(rows, steps) if lengths is None else lengths
    found = []
    for start in ("", "backward_")[: 1 + layer.both]:
        kernel, recurrent = params[f"{start}kernel"], params[f"{start}recurrent_kernel"]
        bias, late = (
            params.get(f"{start}bias", 0),
            params.get(f"{start}recurrent_bias", jnp.zeros(0, kernel.dtype)),
        )
        late = jnp.pad(late, (kernel.shape[1] - len(late), 0))

        def step(carry, now, kernel=kernel, recurrent=recurrent, bias=bias, late=late):
            x, real = now
            after, _ = layer.cell.step(x @ kernel + bias, carry[0] @ recurrent + late, carry)
            after = tuple(jnp.where(real[:, None], new, old) for new, old in zip(after, carry, strict=True))
            return after, after[0]

        begin = (jnp.zeros((rows, layer.units), kernel.dtype),) * layer.cell.carried
        real = jnp.arange(steps)[:, None] < ends
        (last, *_), every = lax.scan(step, begin, (jnp.swapaxes(inputs, 0, 1), real), reverse=bool(start))
        every = jnp.where(real[..., None], every, 0)
        found.append(jnp.swapaxes(every, 0, 1) if layer.sequence else last)
    return jnp.concatenate(found, axis=-1)


def check(layer, rows, steps, features, lengths, dtype="float32", tolerance=2e-6):
    params, inputs = drawn(layer, rows, steps, features, dtype)
    if lengths is not None:  # padding holds zeros, as both then meet the same
        inputs = inputs * (np.arange(steps) < lengths[:, None])[..., None].astype(dtype)
    weights = (
        np.random.default_rng(6).normal(size=(rows, *layer.output_shape((steps, features)))).astype(dtype)
    )

    def ours(params, inputs):
        return layer.apply(params, {}, inputs, Pass(lengths=lengths))[0]

    def slopes(way):
        return jax.jit(jax.value_and_grad(lambda *at: (way(*at) * weights).sum(), argnums=(0, 1)))(
            params, inputs
        )

    found, expected = slopes(ours), slopes(lambda *at: derived(layer, *at, lengths))
    if lengths is not None:  # nothing is asked of the padding; the plain loop does not look at lengths there
        assert not np.any(np.asarray(found[1][1])[np.arange(steps) >= lengths[:, None]])
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert one.dtype == dtype
        scale = tolerance * max(1.0, float(np.abs(other).max()))
        np.testing.assert_allclose(one, other, rtol=0, atol=scale)


@given(
    kind=st.sampled_from(sorted(CELLS)),
    rows=st.integers(1, 4),
    steps=st.integers(1, 6),
    features=st.integers(1, 4),
    units=st.integers(1, 5),
    sequence=st.booleans(),
    both=st.booleans(),
    bias=st.booleans(),
    padded=st.booleans(),
    data=st.data(),
)
@settings(max_examples=10, deadline=None, derandomize=True)
def test_it_is_what_jax_derives(kind, rows, steps, features, units, sequence, both, bias, padded, data):
    layer = CELLS[kind](units, sequence=sequence, both=both, bias=bias)
    each = st.lists(st.integers(1, steps), min_size=rows, max_size=rows)
    check(layer, rows, steps, features, np.array(data.draw(each)) if padded else None)


@pytest.mark.parametrize("kind", sorted(CELLS))
def test_it_is_what_jax_derives_to_the_last_digits(kind):
    with jax.enable_x64(True):
        layer = CELLS[kind](5, sequence=True, both=True)
        check(layer, 3, 7, 4, np.array([7, 1, 4]), "float64", 1e-13)


@pytest.mark.parametrize("kind", sorted(CELLS))
def test_layers_on_layers_get_their_gradients(kind):
    """The second layer asks its inputs, which are the outputs of the first."""
    first, second = CELLS[kind](4, sequence=True), CELLS[kind](3)
    (one, inputs), (two, _) = drawn(first, 2, 5, 3), drawn(second, 2, 5, 4)

    def total(way):
        def loss(one, two, inputs):
            return jnp.square(way(second, two, way(first, one, inputs))).sum()

        return jax.jit(jax.grad(loss, argnums=(0, 1, 2)))(one, two, inputs)

    found = total(lambda layer, params, inputs: layer.apply(params, {}, inputs)[0])
    expected = total(lambda layer, params, inputs: derived(layer, params, inputs, None))
    for ours, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)


def test_half_precision_keeps_its_type():
    layer = nn.LSTM(4, sequence=True)
    params, inputs = drawn(layer, 2, 5, 3)
    params, inputs = jax.tree.map(lambda array: jnp.asarray(array, jnp.bfloat16), (params, inputs))
    slopes = jax.grad(lambda *at: layer.apply(at[0], {}, at[1])[0].astype(jnp.float32).sum(), argnums=(0, 1))
    assert {array.dtype for array in jax.tree.leaves(slopes(params, inputs))} == {jnp.dtype(jnp.bfloat16)}
