"""Embedding and Masking: vectors by row, padding that does not learn, lengths, tokens out of range."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn import Pass

KEY = jax.random.key(0)
TOKENS = np.array([[1, 4, 0, 2], [0, 0, 0, 0], [3, 0, 0, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", [None, 0])
def test_equals_pytorch_forward_and_backward(padding, dtype):
    layer = nn.Embedding(5, 3, padding=padding)
    vectors = np.array(layer.init(KEY, (4,))[0]["vectors"], dtype)
    weigh = np.random.default_rng(0).normal(size=(3, 4, 3)).astype(dtype)

    def loss(params):
        outputs, _ = layer.apply(params, {}, TOKENS)
        return (outputs * weigh).sum(), outputs

    with jax.enable_x64(dtype == "float64"):
        gradient, outputs = jax.jit(jax.grad(loss, has_aux=True))({"vectors": vectors})
    peer = torch.nn.Embedding(5, 3, padding_idx=padding, dtype=getattr(torch, dtype))
    with torch.no_grad():
        peer.weight.copy_(torch.tensor(vectors))
    expected = peer(torch.tensor(TOKENS))
    (expected * torch.tensor(weigh)).sum().backward()
    rounding = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_array_equal(outputs, expected.detach())
    np.testing.assert_allclose(gradient["vectors"], peer.weight.grad, rtol=rounding, atol=rounding)
    assert gradient["vectors"].dtype == dtype


def test_padding_is_nothing_and_stays_nothing():
    layer = nn.Embedding(5, 3, padding=2)
    params, _ = layer.init(KEY, (4,))
    assert not np.any(params["vectors"][2])
    assert np.abs(np.delete(params["vectors"], 2, axis=0)).min() > 0
    moved = {"vectors": params["vectors"] + 1}  # whatever stands there, padding is 0
    outputs, _ = layer.apply(moved, {}, jnp.array([[2, 1]]))
    np.testing.assert_array_equal(outputs[0], [[0, 0, 0], moved["vectors"][1]])


def test_numbers_begin_with_spread_1():
    vectors = nn.Embedding(200, 50).init(KEY, (4,))[0]["vectors"]
    assert float(vectors.std()) == pytest.approx(1, abs=0.03)
    assert not nn.is_weight("0.embedding/vectors")


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, np.float32])
def test_tokens_of_any_type_of_numbers(dtype):
    layer = nn.Embedding(5, 3)
    params, _ = layer.init(KEY, (4,))
    np.testing.assert_array_equal(layer.apply(params, {}, TOKENS.astype(dtype))[0], params["vectors"][TOKENS])


@pytest.mark.parametrize("wrong", [5, -1, 1.5, np.nan, np.inf, 1e20])
def test_what_is_no_token_is_told_or_not_a_number(wrong):
    layer = nn.Embedding(5, 3, padding=0)
    params, _ = layer.init(KEY, (4,))
    tokens = TOKENS.astype(np.float32)
    tokens[2, 1] = wrong
    with pytest.raises(
        NetworkError, match=r"0\.embedding .*whole numbers from 0 to 4 – got .* in row 2, step 1"
    ):
        nn.Sequential([layer]).apply((params,), ({},), tokens)

    def loss(params, tokens):
        outputs = layer.apply(params, {}, tokens)[0]
        return outputs.sum(), outputs

    gradient, outputs = jax.jit(jax.grad(loss, has_aux=True))(params, tokens)
    assert np.isnan(outputs[2, 1]).all()
    assert np.isfinite(np.delete(np.asarray(outputs), 2, axis=0)).all()
    assert np.isfinite(gradient["vectors"]).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=3, max_size=3), st.integers(0, 2)
)
def test_lengths_end_before_the_trailing_padding(rows, padding):
    def length(row):
        return max([1, *(step + 1 for step, token in enumerate(row) if token != padding)])

    expected, tokens = [length(row) for row in rows], jnp.array(rows)
    layer = nn.Embedding(3, 2, padding=padding)
    assert layer.lengths_after(tokens, None).tolist() == expected
    assert layer.lengths_after(tokens.astype(jnp.float32), jnp.full(3, 2)).tolist() == [
        min(2, found) for found in expected
    ]
    features = jnp.stack([tokens, tokens], axis=-1).astype(jnp.float32)
    assert nn.Masking(float(padding)).lengths_after(features, None).tolist() == expected


def test_without_a_padding_token_lengths_stay():
    assert nn.Embedding(3, 2).lengths_after(jnp.array([[0, 0]]), None) is None


def test_a_step_is_padding_only_where_all_features_are():
    inputs = jnp.array([[[1.0, 2.0], [-9.0, 1.0], [-9.0, -9.0]]])
    layer = nn.Masking(-9)
    assert layer.lengths_after(inputs, None).tolist() == [2]
    assert layer.apply({}, {}, inputs)[0] is inputs


@pytest.mark.parametrize(
    "network",
    [
        [nn.LSTM(3, sequence=True, both=True), nn.Dense(4), nn.GRU(2)],
        [nn.Positions(), nn.Residual([nn.LayerNorm(), nn.Attention(1)]), nn.GlobalAveragePool()],
    ],
)
def test_more_padding_changes_nothing(network):
    """The same sequences, filled up to 4 and to 7 steps: no layer behind the embedding sees a difference."""
    network = nn.Sequential([nn.Sequential([nn.Embedding(4, 3, padding=0)]), *network])
    like = jax.eval_shape(partial(network.init, shape=(4,)), KEY)
    params, state = jax.tree.map(
        lambda a: np.random.default_rng(1).normal(size=a.shape).astype(np.float32), like
    )
    run = jax.jit(network.apply)
    short = jnp.array([[1, 2, 0, 3], [3, 0, 0, 0], [2, 2, 0, 0]])
    longer = jnp.pad(short, ((0, 0), (0, 3)))
    found = [run(params, state, tokens)[0] for tokens in (short, longer)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: nn.Embedding(0, 4), "Embedding, vocabulary – must be a whole number of at least 1"),
        (lambda: nn.Embedding(5, 4, padding=-1), "Embedding, padding – must be a whole number of at least 0"),
        (lambda: nn.Embedding(5, 4, padding=5), "below 5, the vocabulary – got 5\n\nhint: vocabulary=6"),
        (lambda: nn.Masking(float("nan")), "Masking, value – must be a finite number"),
        (
            lambda: nn.check(nn.Embedding(5, 4), (3, 2)),
            r"given sequences of tokens \(T,\) – got shape \(3, 2\)",
        ),
        (lambda: nn.check(nn.Masking(), (3,)), r"given sequences \(T, F\) – got shape \(3,\)"),
    ],
)
def test_choices_and_shapes_that_do_not_fit_are_told(made, told):
    with pytest.raises(NetworkError, match=told):
        made()


def test_lengths_that_do_not_fit_tokens_are_told():
    layer = nn.Embedding(5, 2)
    params, _ = layer.init(KEY, (4,))
    with pytest.raises(NetworkError, match="from 1 to 4, the steps – got 9 for sequence 0"):
        layer.apply(params, {}, TOKENS, Pass(lengths=jnp.array([9, 1, 1])))
