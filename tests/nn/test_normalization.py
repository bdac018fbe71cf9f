"""Batch, layer, group, instance and RMS normalization against PyTorch, forward, gradient and running statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)
PRECISE = pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
STEPS = 3


def close(found, expected, tolerance):
    """Hold the largest difference against the largest number: sums of many numbers cancel."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def channels_second(array):
    return torch.tensor(np.moveaxis(array, -1, 1).copy(), requires_grad=True)


def back_to_last(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def copied(module, dtype):
    """Give a module of PyTorch a scale and a shift that are not 1 and 0, and return them for ours."""
    module = module.double() if dtype == "float64" else module
    scale = np.linspace(0.5, 2, len(module.weight)).astype(dtype)
    module.weight.data = torch.tensor(scale)
    if getattr(module, "bias", None) is None:
        return {"scale": scale}
    module.bias.data = torch.tensor(-scale)
    return {"scale": scale, "shift": -scale}


def slopes_are(params, module, tolerance):
    close(params["scale"], module.weight.grad, tolerance)
    if "shift" in params:
        close(params["shift"], module.bias.grad, tolerance)


# --- batch norm ------------------------------------------------------------------------------------------------------


def in_training_and_use(layer, params, state, batches, outers):
    """Return for each step outputs, slopes and state; then the outputs in use, with the last state."""
    found = []
    for x, outer in zip(batches, outers, strict=True):

        def outputs(params, x, state=state):
            return layer.apply(params, state, x, nn.Pass(training=True))

        made, back, state = jax.vjp(outputs, params, x, has_aux=True)
        found.append((made, *back(outer), state))
    return found, layer.apply(params, state, batches[-1])[0]


@PRECISE
@pytest.mark.parametrize(
    ("shape", "make"),
    [
        ((6,), torch.nn.BatchNorm1d),
        ((7, 6), torch.nn.BatchNorm1d),
        ((4, 5, 6), torch.nn.BatchNorm2d),
        ((2, 3, 4, 6), torch.nn.BatchNorm3d),
    ],
)
def test_batch_norm_is_pytorchs_in_training_and_in_use(shape, make, dtype, tolerance):
    layer, other = nn.BatchNorm(momentum=0.8, epsilon=1e-3), make(6, eps=1e-3, momentum=0.2)
    params, random = copied(other, dtype), np.random.default_rng(0)
    batches = [(2 + 3 * random.normal(size=(5, *shape))).astype(dtype) for _ in range(STEPS)]
    outers = [random.normal(size=batch.shape).astype(dtype) for batch in batches]
    state = {"mean": np.zeros(6, dtype), "variance": np.ones(6, dtype)}
    with jax.enable_x64(dtype == "float64"):
        steps, used = jax.jit(lambda *given: in_training_and_use(layer, *given))(
            params, state, batches, outers
        )
    for (outputs, for_params, for_inputs, after), batch, outer in zip(steps, batches, outers, strict=True):
        x = channels_second(batch)
        other.zero_grad()
        expected = other(x)
        expected.backward(channels_second(outer).detach())
        close(outputs, back_to_last(expected), tolerance)
        close(for_inputs, back_to_last(x.grad), tolerance)
        slopes_are(for_params, other, tolerance)
        close(after["mean"], other.running_mean, tolerance)
        close(after["variance"], other.running_var, tolerance)
    close(used, back_to_last(other.eval()(channels_second(batches[-1]))), tolerance)


def test_batch_norm_far_from_zero():
    """Numbers near 300 have 3e-5 between them, 1e-5 of their spread; no more than that is lost."""
    x = (300 + 3 * np.random.default_rng(0).normal(size=(50, 6))).astype(np.float32)
    params, state = nn.BatchNorm().init(KEY, (6,))
    outputs, _ = nn.BatchNorm().apply(params, state, jnp.asarray(x), nn.Pass(training=True))
    wide = x.astype(float)
    expected = (wide - wide.mean(0)) / np.sqrt(wide.var(0) + 1e-5)
    np.testing.assert_allclose(outputs, expected, atol=3e-5)


def test_batch_norm_of_a_single_row_is_finite():
    params, state = nn.BatchNorm().init(KEY, (3,))
    outputs, after = nn.BatchNorm().apply(params, state, jnp.ones((1, 3)), nn.Pass(training=True))
    assert np.isfinite(outputs).all()
    assert all(np.isfinite(value).all() for value in after.values())


def test_batch_norm_does_not_count_the_padding_of_sequences():
    layer, lengths = nn.BatchNorm(momentum=0.0), np.array([4, 1, 2])
    x = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)
    real = np.concatenate([row[:length] for row, length in zip(x, lengths, strict=True)])
    params, state = layer.init(KEY, (4, 2))
    _, after = layer.apply(
        params, state, jnp.asarray(x), nn.Pass(training=True, lengths=jnp.asarray(lengths))
    )
    np.testing.assert_allclose(after["mean"], real.mean(0), rtol=1e-5)
    np.testing.assert_allclose(after["variance"], real.var(0, ddof=1), rtol=1e-5)
    outputs, same = layer.apply(params, after, jnp.asarray(x))
    assert same is after
    np.testing.assert_allclose(
        outputs[0, 0], (x[0, 0] - real.mean(0)) / np.sqrt(real.var(0, ddof=1) + 1e-5), rtol=1e-4
    )


# --- of each sample --------------------------------------------------------------------------------------------------

# ours, PyTorch's, shape, whether PyTorch has the channels second
SAMPLE_NORMS = [
    (nn.LayerNorm(1e-3), lambda: torch.nn.LayerNorm(6, eps=1e-3), (6,), False),
    (nn.LayerNorm(), lambda: torch.nn.LayerNorm(6), (3, 4, 6), False),
    (nn.RMSNorm(1e-3), lambda: torch.nn.RMSNorm(6, eps=1e-3), (5, 6), False),
    (nn.GroupNorm(2), lambda: torch.nn.GroupNorm(2, 6), (6,), True),
    (nn.GroupNorm(3, 1e-3), lambda: torch.nn.GroupNorm(3, 6, eps=1e-3), (4, 3, 6), True),
    (nn.GroupNorm(1), lambda: torch.nn.GroupNorm(1, 6), (5, 6), True),
    (nn.GroupNorm(6), lambda: torch.nn.GroupNorm(6, 6), (2, 3, 2, 6), True),
    (nn.InstanceNorm(), lambda: torch.nn.InstanceNorm1d(6, affine=True), (5, 6), True),
    (nn.InstanceNorm(1e-3), lambda: torch.nn.InstanceNorm2d(6, eps=1e-3, affine=True), (3, 4, 6), True),
]


@PRECISE
def test_norms_of_each_sample_are_pytorchs(dtype, tolerance):
    random = np.random.default_rng(0)
    others = [make() for _, make, _, _ in SAMPLE_NORMS]
    params = [copied(other, dtype) for other in others]
    inputs = [(2 + 3 * random.normal(size=(4, *case[2]))).astype(dtype) for case in SAMPLE_NORMS]
    outers = [random.normal(size=x.shape).astype(dtype) for x in inputs]

    def everything(params, inputs):
        found = []
        for (layer, *_), own, x, outer in zip(SAMPLE_NORMS, params, inputs, outers, strict=True):
            outputs, back = jax.vjp(lambda own, x, layer=layer: layer.apply(own, {}, x)[0], own, x)
            found.append((outputs, *back(outer)))
        return found

    with jax.enable_x64(dtype == "float64"):
        found = jax.jit(everything)(params, inputs)
    for (_, _, _, second), other, x, outer, (outputs, for_params, for_inputs) in zip(
        SAMPLE_NORMS, others, inputs, outers, found, strict=True
    ):
        given = channels_second(x) if second else torch.tensor(x, requires_grad=True)
        expected = other(given)
        expected.backward(channels_second(outer).detach() if second else torch.tensor(outer))
        close(outputs, back_to_last(expected) if second else expected.detach(), tolerance)
        close(for_inputs, back_to_last(given.grad) if second else given.grad, tolerance)
        slopes_are(for_params, other, tolerance)


@pytest.mark.parametrize("layer", [nn.GroupNorm(2), nn.InstanceNorm(), nn.LayerNorm(), nn.RMSNorm()])
def test_a_sample_is_normalized_as_if_alone(layer):
    lengths = np.array([5, 2, 3])
    x = np.random.default_rng(1).normal(size=(3, 5, 4)).astype(np.float32)
    params, _ = layer.init(KEY, (5, 4))

    def everything(x):
        together = layer.apply(params, {}, x, nn.Pass(training=True, lengths=lengths))[0]
        return together, [layer.apply(params, {}, x[i : i + 1, :n])[0][0] for i, n in enumerate(lengths)]

    together, alone = jax.jit(everything)(x)
    for row, (length, expected) in enumerate(zip(lengths, alone, strict=True)):
        np.testing.assert_allclose(together[row, :length], expected, rtol=1e-5, atol=1e-6)


def test_groups_that_do_not_divide_the_channels():
    with pytest.raises(NetworkError) as caught:
        nn.GroupNorm(4).output_shape((8, 8, 6), "2.group_norm")
    text = str(caught.value)
    assert "2.group_norm ll.GroupNorm(4) – must be given channels that its 4 groups divide" in text
    assert "6 channels, shape (8, 8, 6)" in text
    assert "groups=3" in text
    with pytest.raises(NetworkError, match="groups"):
        nn.GroupNorm(0)
    with pytest.raises(NetworkError, match=r"a sequence \(T, F\) or images"):
        nn.InstanceNorm().output_shape((6,))
