"""Every convolution layer against PyTorch with the same weights: outputs and all gradients, in both precisions."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional

import leadline.nn as nn

CONV = [functional.conv1d, functional.conv2d, functional.conv3d]
TRANSPOSED = [functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d]
CASES = {
    "sequence": (nn.Conv(3, 2, padding="valid"), (7, 2)),
    "sequence, wide": (nn.Conv(3, 3, stride=2, padding=2), (7, 14)),
    "sequence, dilated": (nn.Conv(3, 3, stride=2, padding=3, dilation=2), (9, 13)),
    "sequence, causal": (nn.Conv(3, 3, padding="causal", dilation=2), (6, 4)),
    "sequence, causal with stride": (nn.Conv(3, 2, padding="causal", stride=3, floor=True), (9, 2)),
    "sequence, groups": (nn.Conv(4, 3, stride=2, padding=1, groups=2), (7, 6)),
    "image, dilated": (nn.Conv(2, 3, dilation=2), (6, 5, 2)),
    "image, dilated and wide": (nn.Conv(2, (3, 2), stride=(2, 1), padding=(2, 0), dilation=(2, 3)), (7, 6, 9)),
    "image, floored": (nn.Conv(2, 3, stride=(2, 3), dilation=(1, 2), padding=1, floor=True), (8, 9, 5)),
    "image, a padding for each axis": (nn.Conv(2, 3, padding=("valid", 2)), (4, 3, 7)),
    "image, groups": (nn.Conv(6, (2, 3), padding=(1, 2), dilation=(1, 2), groups=3), (4, 6, 6)),
    "image, depthwise groups": (nn.Conv(6, 3, stride=2, padding=1, groups=3), (5, 5, 3)),
    "volume, small": (nn.Conv(2, 2, padding="valid"), (3, 2, 4, 1)),
    "volume": (nn.Conv(2, (1, 3, 2), stride=(1, 2, 1), padding=(0, 1, 1)), (2, 5, 3, 7)),
    "volume, dilated": (nn.Conv(2, 2, stride=2, padding=1, dilation=(1, 2, 2), floor=True), (4, 4, 5, 5)),
    "volume, groups": (nn.Conv(4, 2, padding=1, groups=2, dilation=(2, 1, 1)), (2, 2, 3, 4)),
    "volume, pointwise": (nn.Conv(3, 1, stride=2), (3, 5, 3, 2)),
    "depthwise sequence": (nn.DepthwiseConv(3, stride=2, padding=1), (7, 3)),
    "depthwise image": (nn.DepthwiseConv((2, 3), multiplier=2, padding=(0, 1)), (4, 4, 3)),
    "depthwise volume": (nn.DepthwiseConv(2, padding="valid", dilation=(1, 2, 1)), (2, 4, 3, 2)),
    "transposed sequence": (nn.TransposedConv(3, 3, stride=2, padding=1), (4, 2)),
    "transposed sequence, longer": (nn.TransposedConv(3, 2, stride=3, padding="valid", output_padding=2), (3, 4)),
    "transposed sequence, dilated": (nn.TransposedConv(2, 3, stride=2, padding=3, dilation=2), (4, 5)),
    "transposed image": (nn.TransposedConv(2, (3, 2), stride=(1, 2), padding=(2, 1)), (4, 3, 3)),
    "transposed image, larger": (nn.TransposedConv(2, 4, stride=3, padding=(1, 2), output_padding=(0, 2)), (2, 3, 5)),
    "transposed volume": (
        nn.TransposedConv(2, 2, stride=(1, 2, 2), padding=(1, 0, 1), output_padding=(0, 1, 0)),
        (3, 2, 2, 3),
    ),
}  # fmt: skip
PRECISIONS = {jnp.float32: 1e-5, jnp.float64: 1e-10}


def shapes(layer, shape):
    return jax.eval_shape(lambda key: layer.init(key, shape)[0], jax.random.key(0))


def numbers(name):
    layer, shape = CASES[name]
    random = np.random.default_rng(3)
    params = {name: random.normal(size=array.shape) for name, array in sorted(shapes(layer, shape).items())}
    return params, random.normal(size=(2, *shape)), random.normal(size=(2, *layer.output_shape(shape)))


@cache
def ours(dtype):
    """Outputs and gradients of all cases, in one program."""

    def one(layer, params, inputs, outer):
        outputs, back = jax.vjp(lambda p, x: layer.apply(p, {}, x)[0], params, inputs)
        return outputs, *back(outer)

    def every(given):
        return {name: one(CASES[name][0], *numbers) for name, numbers in given.items()}

    with jax.enable_x64(dtype == jnp.float64):
        given = {name: jax.tree.map(lambda a: jnp.asarray(a, dtype), numbers(name)) for name in CASES}
        return jax.tree.map(np.asarray, jax.jit(every)(given))


def each(value, axes):
    return value if isinstance(value, tuple) else (value,) * axes


def first(tensor):
    """Channels first, as PyTorch has them."""
    return tensor.movedim(-1, 1)


def slid(layer, kernel, inputs, groups):
    """What PyTorch makes: padding by hand, from the words' own definitions."""
    axes = inputs.ndim - 2
    reach = [
        (size - 1) * gap for size, gap in zip(kernel.shape[:-2], each(layer.dilation, axes), strict=True)
    ]
    sides = []
    for padding, wide in zip(each(layer.padding, axes), reach, strict=True):
        words = {"valid": (0, 0), "causal": (wide, 0), "same": (wide // 2, wide - wide // 2)}
        sides.append(words[padding] if isinstance(padding, str) else (padding, padding))
    padded = functional.pad(first(inputs), [side for pair in reversed(sides) for side in pair])
    weight = kernel.movedim((-1, -2), (0, 1))
    outputs = CONV[axes - 1](padded, weight, None, layer.stride, 0, layer.dilation, groups)
    return outputs.movedim(1, -1)


def torchs(layer, params, inputs):
    axes, kernel = inputs.ndim - 2, params["kernel"]
    if isinstance(layer, nn.TransposedConv):
        weight = kernel.movedim((-2, -1), (0, 1))
        padding = 0 if layer.padding == "valid" else layer.padding
        choices = (layer.stride, padding, layer.output_padding, 1, layer.dilation)
        return TRANSPOSED[axes - 1](first(inputs), weight, params["bias"], *choices).movedim(1, -1)
    groups = inputs.shape[-1] if isinstance(layer, nn.DepthwiseConv) else layer.groups
    return slid(layer, kernel, inputs, groups) + params["bias"]


def close(found, expected, tolerance):
    expected = expected.detach().numpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("dtype", PRECISIONS, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_pytorchs(name, dtype):
    params, inputs, outer = numbers(name)
    kind = torch.float64 if dtype == jnp.float64 else torch.float32
    params = {n: torch.tensor(a, dtype=kind, requires_grad=True) for n, a in params.items()}
    inputs = torch.tensor(inputs, dtype=kind, requires_grad=True)
    outputs = torchs(CASES[name][0], params, inputs)
    outputs.backward(torch.tensor(outer, dtype=kind))
    found, for_params, for_inputs = ours(dtype)[name]
    assert found.dtype == np.dtype(dtype)
    close(found, outputs, PRECISIONS[dtype])
    close(for_inputs, inputs.grad, PRECISIONS[dtype])
    assert set(for_params) == set(params) == {"kernel", "bias"}
    for array in params:
        close(for_params[array], params[array].grad, PRECISIONS[dtype])


def test_separable_is_depthwise_then_pointwise():
    layer = nn.SeparableConv(5, (3, 2), nn.tanh, 2, padding=1, dilation=(1, 2))
    params, _ = layer.init(jax.random.key(0), (5, 4, 3))
    inputs = np.random.default_rng(1).normal(size=(2, 5, 4, 3)).astype(np.float32)
    given = {name: torch.tensor(np.asarray(array)) for name, array in params.items()}
    middle = slid(layer, given["depthwise_kernel"], torch.tensor(inputs), groups=3)
    expected = torch.tanh(middle @ given["kernel"] + given["bias"])
    assert given["depthwise_kernel"].shape == (3, 2, 1, 6)
    close(layer.apply(params, {}, jnp.asarray(inputs))[0], expected, 1e-5)


# (kernel, stride, padding, dilation, size of the convolution's inputs)
PAIRS = [
    (3, 1, "same", 1, (5, 4)),
    (2, 3, "same", 1, (6, 9)),
    (5, 2, "same", 1, (6, 8)),
    ((4, 3), (2, 3), "same", (2, 1), (4, 9)),
    ((3, 2), (2, 1), (1, 0), 1, (7, 5)),
    (3, 3, 2, 2, (7, 10)),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_transposed_is_the_adjoint(pair):  # ⟨conv(x), y⟩ = ⟨x, transposed(y)⟩
    *choices, size = pair
    kernel, stride, padding, dilation = choices
    with jax.enable_x64(True):
        conv = nn.Conv(5, kernel, stride=stride, padding=padding, dilation=dilation, bias=False)
        back = nn.TransposedConv(3, kernel, stride=stride, padding=padding, dilation=dilation, bias=False)
        shape = conv.output_shape((*size, 3))
        assert back.output_shape(shape) == (*size, 3)
        random = np.random.default_rng(0)
        kernels = random.normal(size=shapes(conv, (*size, 3))["kernel"].shape)
        x, y = random.normal(size=(2, *size, 3)), random.normal(size=(2, *shape))
        forth = conv.apply({"kernel": kernels}, {}, x)[0]
        painted = back.apply({"kernel": kernels.swapaxes(-1, -2)}, {}, y)[0]
        np.testing.assert_allclose((forth * y).sum(), (x * painted).sum(), rtol=1e-12)


def test_a_transposed_kernel_is_painted_as_it_is():  # two inputs, by hand
    layer = nn.TransposedConv(1, 3, stride=2, padding="valid", bias=False)
    kernel = np.array([1.0, 2.0, 3.0], np.float32).reshape(3, 1, 1)
    outputs, _ = layer.apply({"kernel": kernel}, {}, jnp.array([[[10.0], [1.0]]]))
    assert outputs[0, :, 0].tolist() == [10, 20, 30 + 1, 2, 3]
    same = nn.TransposedConv(1, 3, stride=2, bias=False)  # 4 = 2·2 of these 5: the odd one is cut off the end
    outputs, _ = same.apply({"kernel": kernel}, {}, jnp.array([[[10.0], [1.0]]]))
    assert outputs[0, :, 0].tolist() == [10, 20, 31, 2]


def test_what_a_kernel_is():  # N9: 3 x 3 on 5 x 5, by hand
    image = jnp.array(
        [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], jnp.float32
    )
    kernel = jnp.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], jnp.float32)
    layer = nn.Conv(1, 3, padding="valid")
    params = {"kernel": kernel[:, :, None, None], "bias": jnp.array([0.5])}
    outputs, _ = layer.apply(params, {}, image[None, :, :, None])
    assert outputs[0, :, :, 0].tolist() == [[4.5, 3.5, 4.5], [2.5, 4.5, 3.5], [2.5, 3.5, 4.5]]


@pytest.mark.parametrize("stride", [1, 3])
def test_a_causal_output_sees_nothing_later(stride):
    layer = nn.Conv(2, 3, nn.tanh, stride, "causal", dilation=2)
    params = jax.tree.map(lambda a: np.full(a.shape, 0.1, np.float32), shapes(layer, (7, 1)))
    steps = jax.jit(jax.jacobian(lambda x: layer.apply(params, {}, x[None])[0][0].sum(-1)))(jnp.ones((7, 1)))
    seen = np.abs(steps[:, :, 0]) > 1e-7
    expected = np.array(
        [[t in (p * stride - 4, p * stride - 2, p * stride) for t in range(7)] for p in range(len(seen))]
    )
    np.testing.assert_array_equal(seen, expected)


ALONE = [
    nn.Conv(2, 3, nn.tanh, padding="causal", stride=2, floor=True, dilation=2),
    nn.Conv(2, 4),
    nn.Conv(2, 3, stride=2, padding=1, floor=True),
    nn.Conv(2, 3, padding="valid"),
    nn.DepthwiseConv(3),
    nn.SeparableConv(2, 3, padding="causal"),
    nn.TransposedConv(2, 4, stride=2),
    nn.TransposedConv(2, 3, stride=2, padding=1, output_padding=1),
]


@pytest.mark.parametrize("layer", ALONE, ids=repr)
def test_a_sequence_gives_the_same_alone_and_in_a_batch(layer):
    random = np.random.default_rng(0)
    params = {n: random.normal(size=a.shape).astype(np.float32) for n, a in shapes(layer, (8, 2)).items()}
    inputs = random.normal(size=(2, 8, 2)).astype(np.float32)
    inputs[1, 5:] = 99  # whatever stands in the padding
    lengths = jnp.array([8, 5])

    @jax.jit
    def together_and_alone(inputs):
        together, _ = layer.apply(params, {}, inputs, nn.Pass(lengths=lengths))
        return together, layer.apply(params, {}, inputs[:1])[0], layer.apply(params, {}, inputs[1:, :5])[0]

    together, *alone = together_and_alone(inputs)
    assert layer.lengths_after(inputs, lengths).tolist() == [one.shape[1] for one in alone]
    for row, one in enumerate(alone):
        np.testing.assert_allclose(together[row, : one.shape[1]], one[0], rtol=1e-5, atol=1e-5)
    assert layer.lengths_after(inputs, None) is None


TOLD = nn.Initializer("told", lambda key, shape, *fans: np.full(shape, fans[0] + 1j * fans[1]), nn.relu.entry)


@pytest.mark.parametrize(
    ("layer", "shape", "fans"),
    [
        (nn.Conv(8, 3, groups=4, initializer=TOLD), (5, 5, 4), (9, 9 * 2)),
        (nn.Conv(8, (1, 2, 3), initializer=TOLD), (5, 5, 5, 4), (6 * 4, 6 * 8)),
        (nn.DepthwiseConv(3, multiplier=2, initializer=TOLD), (5, 5, 4), (9, 9 * 2)),
        (nn.SeparableConv(7, 3, multiplier=2, initializer=TOLD), (5, 5, 4), (8, 7)),
        (nn.TransposedConv(6, 4, stride=2, initializer=TOLD), (5, 5, 8), (8 * 16 // 4, 6 * 16)),
    ],
)
def test_kernels_begin_for_the_inputs_that_meet_in_a_sum(layer, shape, fans):
    kernel = layer.init(jax.random.key(0), shape)[0]["kernel"]
    assert (kernel.flat[0].real, kernel.flat[0].imag) == fans


def test_maxout_in_groups_stays_in_its_group():
    layer = nn.Conv(4, 1, nn.maxout, groups=2)
    params = jax.tree.map(lambda a: np.ones(a.shape, np.float32), shapes(layer, (1, 4)))
    slopes = jax.jit(jax.jacobian(lambda x: layer.apply(params, {}, x)[0][0, 0]))(jnp.ones((1, 1, 4)))[
        :, 0, 0
    ]
    assert (np.abs(slopes) > 0).tolist() == [[True, True, False, False]] * 2 + [
        [False, False, True, True]
    ] * 2


def test_a_network_of_all_of_them_is_one_linear_map_and_its_weights_count():
    network = nn.Sequential(
        [nn.DepthwiseConv(3), nn.TransposedConv(2, 2, stride=2), nn.SeparableConv(3), nn.Conv(1)]
    )
    assert not nn.is_nonlinear(network)
    assert nn.weight_layers(network) == 4
    names = nn.flatten_params(network, shapes(network, (4, 2)))
    assert [name for name in names if nn.is_weight(name)] == [
        "0.depthwise_conv/kernel",
        "1.transposed_conv/kernel",
        "2.separable_conv/kernel",
        "2.separable_conv/depthwise_kernel",
        "3.conv/kernel",
    ]
