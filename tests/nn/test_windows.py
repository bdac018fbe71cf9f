"""The size formulas (N8) for all sizes, beside what is really computed and PyTorch; what does not fit is told."""

import math

import jax
import jax.numpy as jnp
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

import leadline.nn as nn
from leadline.core.errors import NetworkError

lengths, sizes, steps, gaps = st.integers(1, 30), st.integers(1, 7), st.integers(1, 5), st.integers(1, 4)
paddings = st.integers(0, 30)


def real(layer, length):
    """The length that is really computed."""
    params, _ = jax.eval_shape(lambda key: layer.init(key, (length, 1)), jax.random.key(0))
    inputs = jax.ShapeDtypeStruct((1, length, 1), jnp.float32)
    return jax.eval_shape(lambda p, x: layer.apply(p, {}, x)[0], params, inputs).shape[1]


@settings(max_examples=150, deadline=None)
@given(lengths, sizes, paddings, steps, gaps)
def test_output_size(W, F, P, S, D):
    exact = (W - (F - 1) * D - 1 + 2 * P) / S + 1
    layer = nn.Conv(1, F, stride=S, padding=P, dilation=D)
    floored = nn.Conv(1, F, stride=S, padding=P, dilation=D, floor=True)
    if P > (F - 1) * D or exact < 1:
        with pytest.raises(NetworkError):
            floored.output_shape((W, 1))
        return
    assert floored.output_shape((W, 1)) == (math.floor(exact), 1)
    assert real(floored, W) == math.floor(exact)
    torchs = functional.conv1d(torch.zeros(1, 1, W), torch.zeros(1, 1, F), None, S, P, D)
    assert torchs.shape[2] == math.floor(exact)
    if exact.is_integer():
        assert layer.output_shape((W, 1)) == (exact, 1)
    else:
        with pytest.raises(NetworkError, match="a stride that divides"):
            layer.output_shape((W, 1))


@settings(max_examples=80, deadline=None)
@given(lengths, sizes, steps, gaps, st.sampled_from(["same", "causal"]))
def test_same_and_causal_keep_the_size_but_for_the_stride(W, F, S, D, padding):
    layer = nn.Conv(1, F, stride=S, padding=padding, dilation=D, floor=True)
    assert layer.output_shape((W, 1)) == (math.ceil(W / S), 1)
    assert real(layer, W) == math.ceil(W / S)


@settings(max_examples=150, deadline=None)
@given(lengths, sizes, st.integers(0, 12) | st.just("same"), steps, gaps, st.integers(0, 6))
def test_size_of_a_transposed_convolution(W, F, P, S, D, more):
    layer = nn.TransposedConv(1, F, stride=S, padding=P, dilation=D, output_padding=more)
    out = W * S if P == "same" else (W - 1) * S - 2 * P + (F - 1) * D + 1 + more
    fits = not more if P == "same" else P <= (F - 1) * D and out >= 1
    if not fits or more >= S:
        with pytest.raises(NetworkError):
            layer.output_shape((W, 1))
        return
    assert layer.output_shape((W, 1)) == (out, 1)
    assert real(layer, W) == out
    back = nn.Conv(1, F, stride=S, padding=P, dilation=D, floor=True)
    assert back.output_shape((out, 1)) == (W, 1), "the convolution whose adjoint it is"
    if P != "same":
        ones = torch.zeros(1, 1, W), torch.zeros(1, 1, F)
        assert functional.conv_transpose1d(*ones, None, S, P, more, 1, D).shape[2] == out


MISTAKES = [
    (lambda: nn.Conv(4, 3, padding=3), (8, 1), "P below F", "P = 3, F = 3", "padding=2 at most"),
    (lambda: nn.Conv(4, 3, padding=5, dilation=2), (8, 1), "P below (F - 1)·D + 1", "P = 5", "padding=4 at most"),
    (lambda: nn.Conv(4, 3, padding=(3, 0)), (8, 9, 1), "on the height", "P = 3, F = 3", "padding=2"),
    (lambda: nn.Conv(4, 3, stride=2, dilation=2, padding=1), (8, 1), "(W - (F - 1)·D - 1 + 2P)/S + 1 for the time",
     "(8 - (3 - 1)·2 - 1 + 2·1)/2 + 1 = 3.5", "floor=True"),
    (lambda: nn.Conv(4, 3, stride=2, padding="causal"), (8, 1), "(W - F + P)/S + 1", "(8 - 3 + 2)/2 + 1 = 4.5", ""),
    (lambda: nn.Conv(4, 3, dilation=4, padding="valid"), (3, 9, 9, 1), "fits its input's depth", "= 9, W + 2P = 3", ""),
    (lambda: nn.Conv(4, 3, padding="causal"), (8, 9, 1), "for a sequence (T, F)", "'causal' on shape (8, 9, 1)", ""),
    (lambda: nn.Conv(6, 3, groups=4), (8, 10), "divide the channels in and the channels out",
     "groups = 4, channels in = 10, channels out = 6", "groups=2"),
    (lambda: nn.Conv(6, 3, padding=(1, 1)), (8, 10), "one number or 1", "(1, 1) on shape (8, 10)", ""),
    (lambda: nn.DepthwiseConv(3, dilation=(1, 2)), (8, 10), "one number or 1", "(1, 2)", ""),
    (lambda: nn.DepthwiseConv(3), (8,), "a sequence (T, F) or images (H, W, C) or volumes", "shape (8,)", "ll.Dense"),
    (lambda: nn.SeparableConv(3, 9, padding="valid"), (8, 10), "fits its input's time", "F = 9", ""),
    (lambda: nn.TransposedConv(3, 3, padding=3), (8, 10), "P below F", "P = 3", "padding=2"),
    (lambda: nn.TransposedConv(3, 3, padding=2), (1, 10), "of at least 1 for the time", "out = -1", "less padding"),
    (lambda: nn.TransposedConv(3, 3, stride=2, padding=0, output_padding=2), (4, 10), "less than the stride",
     "output_padding = 2, S = 2", "output_padding=0"),
    (lambda: nn.TransposedConv(3, 3, stride=2, output_padding=1), (4, 10), "0 with padding 'same'", "= 1", ""),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "must_be", "got", "hint"), MISTAKES)
def test_what_does_not_fit_is_told(make, shape, must_be, got, hint):
    layer = make()
    with pytest.raises(NetworkError) as caught:
        layer.output_shape(shape, "3.layer")
    (problem,) = caught.value.problems
    assert problem.where == f"3.layer {layer!r}"
    assert must_be in problem.must_be
    assert got in problem.got
    assert hint in problem.hint


CHOICES = [
    (lambda: nn.Conv(4, 3, stride=0), "stride", "at least 1", "0"),
    (lambda: nn.Conv(4, (3, -1)), "kernel", "at least 1", "(3, -1)"),
    (lambda: nn.Conv(-4), "channels", "at least 1", "-4"),
    (lambda: nn.Conv(4, 3, dilation=0), "dilation", "at least 1", "0"),
    (lambda: nn.Conv(4, 3, groups=0), "groups", "at least 1", "0"),
    (lambda: nn.Conv(4, 3, padding=-1), "padding", "'same', 'valid', 'causal' or a whole number of at least 0", "-1"),
    (lambda: nn.Conv(4, 3, padding=(1, "sane")), "padding", "'same'", "(1, 'sane')"),
    (lambda: nn.Conv(4, 3, padding=(1, (2, 2))), "padding", "a tuple of one for each axis", "(1, (2, 2))"),
    (lambda: nn.Conv(4, (3, 3, 3, 3)), "kernel", "a tuple of one for each axis", "(3, 3, 3, 3)"),
    (lambda: nn.DepthwiseConv(3, multiplier=0), "multiplier", "at least 1", "0"),
    (lambda: nn.TransposedConv(3, padding="causal"), "padding", "'same', 'valid' or a whole", "'causal'"),
    (lambda: nn.TransposedConv(3, output_padding=-1), "output_padding", "at least 0", "-1"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "field", "must_be", "got"), CHOICES)
def test_choices_out_of_range_are_told(make, field, must_be, got):
    with pytest.raises(NetworkError) as caught:
        make()
    (problem,) = caught.value.problems
    assert problem.where.endswith(f", {field}")
    assert must_be in problem.must_be
    assert problem.got == got


def test_all_axes_that_do_not_fit_are_told_at_once():
    with pytest.raises(NetworkError) as caught:
        nn.Conv(4, 3, stride=2, padding=(0, 3, 1)).output_shape((6, 5, 6, 1))
    assert [
        axis for p in caught.value.problems for axis in ("depth", "height", "width") if axis in p.must_be
    ] == [
        "depth",
        "height",
        "width",
    ]


def test_choices_from_a_file_are_those_of_the_code():
    spec = {"kind": "conv", "channels": 4, "kernel": [3, 2], "padding": ["valid", 1], "dilation": [1, 2]}
    assert nn.from_spec(spec) == nn.Conv(4, (3, 2), padding=("valid", 1), dilation=(1, 2))
