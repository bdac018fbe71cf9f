"""RNN, GRU and LSTM against PyTorch with copied weights, forward and backward; padding, lengths, starts, errors."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn import Pass

ROWS, STEPS, FEATURES, UNITS = 4, 6, 3, 5
LENGTHS = np.array([6, 1, 4, 2])
KEY = jax.random.key(0)
KINDS = {
    "rnn": (nn.RNN, torch.nn.RNN, {}, {}),
    "relu": (nn.RNN, torch.nn.RNN, {"activation": nn.relu}, {"nonlinearity": "relu"}),
    "gru": (nn.GRU, torch.nn.GRU, {}, {}),
    "lstm": (nn.LSTM, torch.nn.LSTM, {}, {}),
}
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def start(layer, shape, dtype="float32"):
    """Drawn parameters without a compilation, which ``init`` takes for each shape."""
    rng, (params, state) = np.random.default_rng(8), jax.eval_shape(partial(layer.init, shape=shape), KEY)
    return jax.tree.map(lambda like: 0.5 * rng.normal(size=like.shape).astype(dtype), (params, state))


def draw(layer, dtype):
    """Parameters, biases included, inputs and the weights of a loss that sees every output, all drawn."""
    rng = np.random.default_rng(7)
    params, _ = start(layer, (STEPS, FEATURES), dtype)
    width = UNITS * (1 + layer.both)
    shapes = (ROWS, STEPS, FEATURES), (ROWS, STEPS, width), (ROWS, width)
    return params, *(rng.normal(size=shape).astype(dtype) for shape in shapes)


def ours(kind, both, dtype, lengths):
    made, _, choices, _ = KINDS[kind]
    every, last = (made(UNITS, sequence=sequence, both=both, **choices) for sequence in (True, False))
    params, inputs, for_every, for_last = draw(every, dtype)

    def loss(params, inputs, lengths):
        how = Pass(lengths=lengths)
        found = every.apply(params, {}, inputs, how)[0], last.apply(params, {}, inputs, how)[0]
        return (found[0] * for_every).sum() + (found[1] * for_last).sum(), found

    run = jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))
    (for_params, for_inputs), (outputs, final) = run(params, inputs, lengths)
    return {"outputs": outputs, "last": final, "inputs": for_inputs} | for_params


def theirs(kind, both, dtype, lengths):
    made, peer_of, choices, options = KINDS[kind]
    layer = made(UNITS, both=both, **choices)
    params, inputs, for_every, for_last = draw(layer, dtype)
    peer = peer_of(
        FEATURES, UNITS, batch_first=True, bidirectional=both, dtype=getattr(torch, dtype), **options
    )
    with torch.no_grad():
        for end, start in [("", ""), ("_reverse", "backward_")][: 1 + both]:
            getattr(peer, f"weight_ih_l0{end}").copy_(torch.tensor(params[f"{start}kernel"].T))
            getattr(peer, f"weight_hh_l0{end}").copy_(torch.tensor(params[f"{start}recurrent_kernel"].T))
            getattr(peer, f"bias_ih_l0{end}").copy_(torch.tensor(params[f"{start}bias"]))
            second = getattr(peer, f"bias_hh_l0{end}")
            second.zero_()
            if kind == "gru":
                second[2 * UNITS :] = torch.tensor(params[f"{start}recurrent_bias"])
    given = torch.tensor(inputs, requires_grad=True)
    packed = given
    if lengths is not None:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            given, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
    outputs, state = peer(packed)
    if lengths is not None:
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=STEPS)
    hidden = state[0] if kind == "lstm" else state
    last = torch.cat(tuple(hidden), dim=-1)
    ((outputs * torch.tensor(for_every)).sum() + (last * torch.tensor(for_last)).sum()).backward()
    found = {"outputs": outputs.detach(), "last": last.detach(), "inputs": given.grad}
    for end, start in [("", ""), ("_reverse", "backward_")][: 1 + both]:
        found[f"{start}kernel"] = getattr(peer, f"weight_ih_l0{end}").grad.T
        found[f"{start}recurrent_kernel"] = getattr(peer, f"weight_hh_l0{end}").grad.T
        found[f"{start}bias"] = getattr(peer, f"bias_ih_l0{end}").grad
        if kind == "gru":
            found[f"{start}recurrent_bias"] = getattr(peer, f"bias_hh_l0{end}").grad[2 * UNITS :]
    return found


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("kind", "both", "lengths"),
    [
        ("rnn", False, None),
        ("relu", True, LENGTHS),
        ("gru", True, LENGTHS),
        ("lstm", False, None),
        ("lstm", True, LENGTHS),
    ],
)
def test_equals_pytorch_forward_and_backward(kind, both, lengths, dtype):  # N14
    with jax.enable_x64(dtype == "float64"):
        found = ours(kind, both, dtype, lengths)
    expected = theirs(kind, both, dtype, lengths)
    assert set(found) == set(expected)
    for name, array in expected.items():
        array = np.asarray(array)
        assert found[name].dtype == dtype
        scale = TOLERANCE[dtype] * max(1.0, float(np.abs(array).max()))
        np.testing.assert_allclose(found[name], array, rtol=TOLERANCE[dtype], atol=scale, err_msg=name)


def test_an_lstm_by_hand():
    """Two steps of one unit: the gates by the formula, in the order input, forget, news, output."""
    params = {
        "kernel": jnp.array([[0.5, -0.3, 0.8, 0.1]]),
        "recurrent_kernel": jnp.array([[0.2, 0.4, -0.6, 0.3]]),
    }
    params["bias"] = jnp.array([0.0, 1.0, 0.1, -0.2])
    hidden = memory = 0.0
    for given in (2.0, -1.0):
        sums = [
            given * w + hidden * r + b
            for w, r, b in zip(*(np.ravel(a) for a in params.values()), strict=True)
        ]
        into, forget, out = (1 / (1 + np.exp(-sums[gate])) for gate in (0, 1, 3))
        memory = forget * memory + into * np.tanh(sums[2])
        hidden = out * np.tanh(memory)
    outputs, _ = nn.LSTM(1).apply(params, {}, jnp.array([[[2.0], [-1.0]]]))
    assert float(outputs[0, 0]) == pytest.approx(hidden, rel=1e-6)


@pytest.mark.parametrize("layer", [nn.GRU(4), nn.LSTM(4, sequence=True, both=True)])
def test_what_stands_in_the_padding_is_not_met(layer):
    """A sequence gives the same alone, in a batch, and with NaN behind its end; no gradient comes from there."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(ROWS, STEPS, FEATURES)).astype(np.float32)
    dirty = inputs.copy()
    for row, length in enumerate(LENGTHS):
        dirty[row, length:] = np.nan
    params, _ = start(layer, (STEPS, FEATURES))

    def run(params, inputs, lengths):
        outputs = layer.apply(params, {}, inputs, Pass(lengths=lengths))[0]
        return jnp.square(outputs).sum(), outputs

    graded = jax.jit(jax.grad(run, argnums=(0, 1), has_aux=True))
    (clean_params, _), clean = graded(params, inputs, LENGTHS)
    (for_params, for_inputs), found = graded(params, dirty, LENGTHS)
    np.testing.assert_array_equal(found, clean)
    assert jax.tree.all(jax.tree.map(np.array_equal, for_params, clean_params))
    for row, length in enumerate(LENGTHS):
        assert not np.any(for_inputs[row, length:])
        if layer.sequence:
            assert not np.any(found[row, length:])
    _, alone = jax.jit(run)(params, inputs[2:3, :4], None)  # the row of length 4
    mine = found[2, :4] if layer.sequence else found[2]
    np.testing.assert_allclose(mine, alone[0], rtol=1e-5, atol=1e-6)


def test_both_directions_are_one_and_the_other_turned_round():
    params, _ = start(nn.GRU(4, sequence=True, both=True), (STEPS, FEATURES))
    inputs = jax.random.normal(KEY, (2, STEPS, FEATURES))
    forward = {name: array for name, array in params.items() if not name.startswith("backward_")}
    backward = {name.removeprefix("backward_"): params[name] for name in params if name not in forward}
    one = nn.GRU(4, sequence=True)
    outputs, _ = nn.GRU(4, sequence=True, both=True).apply(params, {}, inputs)
    np.testing.assert_allclose(outputs[..., :4], one.apply(forward, {}, inputs)[0], atol=1e-6)
    turned = one.apply(backward, {}, inputs[:, ::-1])[0][:, ::-1]
    np.testing.assert_allclose(outputs[..., 4:], turned, atol=1e-6)
    last, _ = nn.GRU(4, both=True).apply(params, {}, inputs)
    np.testing.assert_allclose(last, np.hstack([outputs[:, -1, :4], outputs[:, 0, 4:]]), atol=1e-6)


def test_how_they_begin():
    layer = nn.LSTM(32, forget_bias=2.0)
    params, _ = layer.init(KEY, (STEPS, 16))
    assert {name: array.shape for name, array in params.items()} == {
        "kernel": (16, 128),
        "recurrent_kernel": (32, 128),
        "bias": (128,),
    }
    np.testing.assert_array_equal(params["bias"], np.repeat([0, 2, 0, 0], 32))
    for gate in jnp.split(params["recurrent_kernel"], 4, axis=1):  # each keeps the length of the state
        np.testing.assert_allclose(gate @ gate.T, np.eye(32), atol=1e-5)
    limit = np.sqrt(6 / (16 + 32))  # Glorot of one gate
    assert 0.95 * limit < np.abs(params["kernel"]).max() <= limit
    assert nn.LSTM(3).biases()["bias"].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert set(start(nn.GRU(3, bias=False, both=True), (2, 2))[0]) == {
        "kernel", "recurrent_kernel", "backward_kernel", "backward_recurrent_kernel"
    }  # fmt: skip


def test_only_kernels_are_weights():
    params, _ = start(nn.GRU(3, both=True), (2, 2))
    kernels = {name for name in params if nn.is_weight(f"0.gru/{name}")}
    assert kernels == {"kernel", "recurrent_kernel", "backward_kernel", "backward_recurrent_kernel"}


def test_they_are_not_linear_though_they_stand_alone():
    assert nn.is_nonlinear(nn.Sequential([nn.LSTM(3)]))
    assert nn.is_nonlinear(nn.Sequential([nn.Dense(4), nn.GRU(3)]))
    assert not nn.is_nonlinear(nn.Sequential([nn.RNN(4, nn.linear), nn.Dense(3)]))
    assert nn.weight_layers(nn.Sequential([nn.LSTM(4), nn.Dense(3)])) == 2


def test_lengths_go_on_with_sequences_alone():
    lengths = jnp.array([2, 3])
    inputs = jnp.ones((2, 3, 1))
    assert nn.LSTM(2, sequence=True).lengths_after(inputs, lengths) is lengths
    assert nn.LSTM(2).lengths_after(inputs, lengths) is None


@pytest.mark.parametrize(
    ("lengths", "told"),
    [
        ([0, 7, 3, 1], "from 1 to 6, the steps – got 0 for sequence 0, 7 for sequence 1"),
        ([1, 2, 3], r"one for each of 4 sequences – got int32 of shape \(3,\)"),
        ([1.0, 2.0, 3.0, 4.0], "whole numbers, one for each of 4 sequences – got float32"),
    ],
)
def test_lengths_that_do_not_fit_are_told(lengths, told):
    layer = nn.GRU(2)
    params, _ = start(layer, (STEPS, FEATURES))
    inputs = jnp.ones((ROWS, STEPS, FEATURES))
    with pytest.raises(NetworkError, match=rf"2\.gru ll\.GRU\(2\), lengths – must be .*{told}"):
        layer.apply(params, {}, inputs, Pass(path="2.gru", lengths=jnp.array(lengths)))
    assert nn.GRU(2).apply(params, {}, inputs, Pass(lengths=jnp.full(ROWS, STEPS)))[0].shape == (ROWS, 2)


@pytest.mark.parametrize("shape", [(5,), (8, 8, 1)])
def test_what_is_no_sequence_is_told(shape):
    network = nn.Sequential([nn.Dropout(0.1), nn.LSTM(4)])
    with pytest.raises(
        NetworkError, match=r"1\.lstm .*given sequences \(T, F\) – got shape .*Dropout|1\.lstm"
    ):
        nn.check(network, shape)
    with pytest.raises(NetworkError, match="Embedding" if len(shape) == 1 else "Reshape"):
        nn.check(network, shape)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: nn.RNN(0), "RNN, units – must be a whole number of at least 1"),
        (lambda: nn.LSTM(4, both=1), "LSTM, both – must be True or False"),
        (lambda: nn.RNN(4, nn.prelu), "learns nothing"),
        (lambda: nn.LSTM(4, forget_bias="one"), "LSTM, forget_bias"),
    ],
)
def test_choices_out_of_range_are_told(made, told):
    with pytest.raises(NetworkError, match=told):
        made()
