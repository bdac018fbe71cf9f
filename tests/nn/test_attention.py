"""Attention against PyTorch with copied weights, forward and backward; masks, heads, positions, errors."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn import Pass

ROWS, STEPS, UNITS, HEADS = 3, 5, 8, 2
LENGTHS = np.array([5, 1, 3])
KEY = jax.random.key(0)
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
NAMES = ("query", "key", "value", "output")


def start(layer, shape, dtype="float32"):
    """Drawn parameters without a compilation, which ``init`` takes for each shape."""
    rng, (params, state) = np.random.default_rng(8), jax.eval_shape(partial(layer.init, shape=shape), KEY)
    return jax.tree.map(lambda like: 0.5 * rng.normal(size=like.shape).astype(dtype), (params, state))


def close(found, expected, dtype, name=""):
    expected = np.asarray(expected)
    scale = TOLERANCE[dtype] * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE[dtype], atol=scale, err_msg=name)


def draw(dtype):
    rng = np.random.default_rng(5)
    params, _ = start(nn.Attention(HEADS), (STEPS, UNITS), dtype)
    return params, *(rng.normal(size=(ROWS, STEPS, UNITS)).astype(dtype) for _ in range(2))


def theirs(causal, dtype, lengths):
    params, inputs, weigh = draw(dtype)
    peer = torch.nn.MultiheadAttention(UNITS, HEADS, batch_first=True, dtype=getattr(torch, dtype))
    with torch.no_grad():
        peer.in_proj_weight.copy_(torch.tensor(np.vstack([params[f"{name}_kernel"].T for name in NAMES[:3]])))
        no_bias = np.zeros(UNITS, dtype)
        peer.in_proj_bias.copy_(
            torch.tensor(np.hstack([params["query_bias"], no_bias, params["value_bias"]]))
        )
        peer.out_proj.weight.copy_(torch.tensor(params["output_kernel"].T))
        peer.out_proj.bias.copy_(torch.tensor(params["output_bias"]))
    given, options = torch.tensor(inputs, requires_grad=True), {}
    real = np.ones((ROWS, STEPS), bool) if lengths is None else np.arange(STEPS) < lengths[:, None]
    if lengths is not None:
        options["key_padding_mask"] = torch.tensor(~real)
    if causal:
        options["attn_mask"] = torch.triu(torch.ones(STEPS, STEPS, dtype=torch.bool), 1)
    outputs, _ = peer(given, given, given, need_weights=False, **options)
    outputs = outputs * torch.tensor(real[..., None])
    (outputs * torch.tensor(weigh)).sum().backward()
    found = {"outputs": outputs.detach(), "inputs": given.grad, "output_kernel": peer.out_proj.weight.grad.T}
    found["output_bias"] = peer.out_proj.bias.grad
    for at, name in enumerate(NAMES[:3]):
        part = slice(at * UNITS, (at + 1) * UNITS)
        found[f"{name}_kernel"] = peer.in_proj_weight.grad[part].T
        found[f"{name}_bias"] = peer.in_proj_bias.grad[part]
    assert found.pop("key_bias").abs().max() < 1e-5  # what is left out does nothing
    return found


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("causal", "lengths"), [(False, None), (True, None), (False, LENGTHS), (True, LENGTHS)]
)
def test_equals_pytorch_forward_and_backward(causal, lengths, dtype):  # N19
    params, inputs, weigh = draw(dtype)
    layer = nn.Attention(HEADS, causal=causal)

    def loss(params, inputs, lengths):
        outputs, _ = layer.apply(params, {}, inputs, Pass(lengths=lengths))
        return (outputs * weigh).sum(), outputs

    with jax.enable_x64(dtype == "float64"):
        run = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
        (for_params, for_inputs), outputs = run(params, inputs, lengths)
        found = {"outputs": outputs, "inputs": for_inputs} | for_params
    expected = theirs(causal, dtype, lengths)
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == dtype
        close(found[name], array, dtype, name)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_bare_mechanism_equals_pytorch(dtype):
    """Cross-attention: 4 queries, 6 places, values of another size, some places hidden."""
    rng = np.random.default_rng(1)
    given = [rng.normal(size=(2, 3, *size)).astype(dtype) for size in ((4, 5), (6, 5), (6, 7))]
    mask = rng.random((2, 1, 4, 6)) < 0.7
    mask[..., 0] = True
    weigh = rng.normal(size=(2, 3, 4, 7)).astype(dtype)

    def loss(queries, keys, values):
        outputs = nn.attention(queries, keys, values, mask)
        return (outputs * weigh).sum(), outputs

    with jax.enable_x64(dtype == "float64"):
        gradients, outputs = jax.jit(jax.grad(loss, argnums=(0, 1, 2), has_aux=True))(*given)
    theirs = [torch.tensor(array, requires_grad=True) for array in given]
    expected = torch.nn.functional.scaled_dot_product_attention(*theirs, attn_mask=torch.tensor(mask))
    (expected * torch.tensor(weigh)).sum().backward()
    close(outputs, expected.detach(), dtype)
    for found, array in zip(gradients, theirs, strict=True):
        close(found, array.grad, dtype)


def test_weights_are_shares_and_nothing_where_nothing_may_be_seen():
    queries, keys = jax.random.normal(KEY, (2, 4, 3)), 5 * jax.random.normal(KEY, (2, 6, 3))
    mask = jnp.ones((4, 6), bool).at[2].set(False).at[:, 1].set(False)
    weights = nn.attention_weights(queries, keys, mask)
    np.testing.assert_allclose(weights.sum(-1), np.broadcast_to([1, 1, 0, 1], (2, 4)), atol=1e-6)
    assert not np.any(weights[..., 1])
    values = jax.random.normal(KEY, (2, 6, 2))
    graded = jax.jit(jax.grad(lambda *given: nn.attention(*given, mask).sum(), argnums=(0, 1, 2)))
    gradients = graded(queries, keys, values)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    shares = np.exp(queries[0, 0] @ keys[0].T / math.sqrt(3))[mask[0]]
    np.testing.assert_allclose(weights[0, 0][mask[0]], shares / shares.sum(), rtol=1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_what_stands_in_the_padding_is_not_met(causal):
    """A sequence gives the same alone, in a batch, and with NaN behind its end; no gradient comes from there."""
    layer = nn.Attention(HEADS, causal=causal)
    params, _ = start(layer, (STEPS, UNITS))
    inputs = np.random.default_rng(2).normal(size=(ROWS, STEPS, UNITS)).astype(np.float32)
    dirty = inputs.copy()
    for row, length in enumerate(LENGTHS):
        dirty[row, length:] = np.nan

    def run(params, inputs, lengths):
        outputs, _ = layer.apply(params, {}, inputs, Pass(lengths=lengths))
        return jnp.square(outputs).sum(), outputs

    graded = jax.jit(jax.grad(run, argnums=(0, 1), has_aux=True))
    (clean_params, _), clean = graded(params, inputs, LENGTHS)
    (for_params, for_inputs), found = graded(params, dirty, LENGTHS)
    np.testing.assert_array_equal(found, clean)
    assert jax.tree.all(jax.tree.map(np.array_equal, for_params, clean_params))
    for row, length in enumerate(LENGTHS):
        assert not np.any(for_inputs[row, length:])
        assert not np.any(found[row, length:])
    _, alone = jax.jit(run)(params, inputs[2:, :3], None)  # the row of length 3
    np.testing.assert_allclose(found[2, :3], alone[0], rtol=1e-5, atol=1e-6)


def test_causal_steps_do_not_look_ahead():
    layer = nn.Attention(HEADS, causal=True)
    params, _ = start(layer, (STEPS, UNITS))
    inputs = jax.random.normal(KEY, (1, STEPS, UNITS))
    slopes = jax.jit(jax.jacobian(lambda x: layer.apply(params, {}, x)[0]))(inputs)[0, :, :, 0]
    reached = np.abs(slopes).max((1, 3)) > 0
    np.testing.assert_array_equal(reached, np.tril(np.ones((STEPS, STEPS), bool)))


def test_order_is_seen_with_positions_only():
    """Without positions, turned inputs give turned outputs."""
    layer, inputs = nn.Attention(HEADS), jax.random.normal(KEY, (1, STEPS, UNITS))
    params, _ = start(layer, (STEPS, UNITS))
    outputs, turned = (layer.apply(params, {}, x)[0] for x in (inputs, inputs[:, ::-1]))
    np.testing.assert_allclose(turned[:, ::-1], outputs, atol=1e-5)
    network = nn.Sequential([nn.Positions(), layer])
    outputs, turned = (network.apply(({}, params), ({}, {}), x)[0] for x in (inputs, inputs[:, ::-1]))
    assert np.abs(turned[:, ::-1] - outputs).max() > 0.05


def test_dropped_weights_keep_their_mean():
    layer = nn.Attention(1, dropout=0.5)
    params, _ = start(layer, (4, 3))
    inputs = jax.random.normal(KEY, (1, 4, 3))
    run = jax.jit(jax.vmap(lambda key: layer.apply(params, {}, inputs, Pass(training=True, key=key))[0]))
    drawn = run(jax.random.split(KEY, 2000))
    np.testing.assert_allclose(drawn.mean(0), layer.apply(params, {}, inputs)[0], atol=0.08)
    assert drawn.std(0).min() > 0.05


def test_waves_by_the_formula():
    found, _ = nn.Positions().apply({}, {}, jnp.zeros((2, 50, 7)))
    for step in (0, 1, 49):
        for feature in range(7):
            angle = step / 10_000 ** ((feature - feature % 2) / 7)
            expected = math.cos(angle) if feature % 2 else math.sin(angle)
            assert float(found[1, step, feature]) == pytest.approx(expected, abs=2e-6)


def test_learned_positions_are_added_and_learn():
    layer = nn.Positions("learned", most=6)
    params, _ = start(layer, (4, 3))
    assert params["vectors"].shape == (6, 3)
    assert not nn.is_weight("1.positions/vectors")
    inputs = jax.random.normal(KEY, (2, 4, 3))
    np.testing.assert_allclose(layer.apply(params, {}, inputs)[0], inputs + params["vectors"][:4], rtol=1e-6)
    gradient = jax.grad(lambda p: layer.apply(p, {}, inputs)[0].sum())(params)["vectors"]
    np.testing.assert_array_equal(gradient, np.repeat([2, 2, 2, 2, 0, 0], 3).reshape(6, 3))


def test_a_sequence_too_long_is_told():
    with pytest.raises(NetworkError, match=r"at most 4 steps – got shape \(5, 3\).*\n\nhint: most=5"):
        nn.check(nn.Sequential([nn.Positions(most=4)]), (5, 3))
    for layer in (nn.Positions(most=4), nn.Positions("learned")):
        params, _ = start(layer, (4, 3))
        with pytest.raises(NetworkError, match=r"at most 4 steps – got .*5"):
            layer.apply(params, {}, jnp.zeros((1, 5, 3)))


@pytest.mark.parametrize(
    ("layer", "shape", "told"),
    [
        (nn.Attention(3), (5, 8), "units that its 3 heads divide – got 8 features.*\n\nhint: units=9"),
        (nn.Attention(4, 10), (5, 8), "units that its 4 heads divide – got 10 units.*\n\nhint: units=12"),
        (nn.Attention(2), (8,), r"given sequences \(T, F\) – got shape \(8,\)"),
        (nn.Positions(), (8, 8, 1), r"given sequences \(T, F\) – got shape \(8, 8, 1\)"),
    ],
)
def test_what_does_not_fit_is_told(layer, shape, told):
    with pytest.raises(NetworkError, match=rf"0\.{layer.kind} .*{told}"):
        nn.check(nn.Sequential([layer]), shape)


@pytest.mark.parametrize(
    ("shapes", "mask", "told"),
    [
        (((4, 5), (6, 3), (6, 2)), None, r"attention, queries and keys – .* got \(4, 5\) and \(6, 3\)"),
        (((4, 5), (6, 5), (4, 2)), None, r"attention, values – must be one for each of the 6 keys"),
        (((4, 5), (6, 5), (6, 2)), np.ones((6, 4), bool), r"attention, mask – .*broadcast to \(4, 6\)"),
        (((4, 5), (6, 5), (6, 2)), np.ones((4, 6)), "attention, mask – must be booleans.* – got float"),
    ],
)
def test_arrays_that_do_not_fit_are_told(shapes, mask, told):
    with pytest.raises(NetworkError, match=told):
        nn.attention(*(jnp.ones(shape) for shape in shapes), mask)


def test_lengths_that_do_not_fit_are_told():
    layer = nn.Attention(2)
    params, _ = start(layer, (4, 2))
    with pytest.raises(NetworkError, match="from 1 to 4, the steps – got 5 for sequence 1"):
        layer.apply(params, {}, jnp.ones((2, 4, 2)), Pass(lengths=jnp.array([4, 5])))


def test_attention_alone_is_not_linear():
    assert nn.is_nonlinear(nn.Sequential([nn.Attention(1)]))
    assert nn.weight_layers(nn.Residual([nn.LayerNorm(), nn.Attention(2)])) == 1
    assert nn.Residual([nn.LayerNorm(), nn.Attention(2)]).output_shape((5, 8)) == (5, 8)
