"""What holds of activations for any numbers: shifts, logarithms, two classes, the larger of two layers."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import leadline.nn as nn

FINITE = st.floats(-50, 50, width=32)
SCORES = arrays(np.float32, (2, 4), elements=FINITE)
LARGE = arrays(np.float32, (12,), elements=st.floats(-1e4, 1e4, width=32, allow_subnormal=False))


@settings(deadline=None)
@given(SCORES, FINITE)
def test_softmax_ignores_a_constant_and_sums_to_one(scores, constant):  # L1
    shares = nn.softmax(scores)
    np.testing.assert_allclose(nn.softmax(scores + constant), shares, rtol=3e-5, atol=1e-7)
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-6)


@settings(deadline=None)
@given(SCORES)
def test_log_softmax_is_the_logarithm_of_softmax(scores):  # L2
    logarithms = nn.log_softmax(scores)
    largest = scores.max(-1, keepdims=True).astype(np.float64)
    expected = scores - largest - np.log(np.exp(scores - largest).sum(-1, keepdims=True))
    np.testing.assert_allclose(logarithms, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.exp(logarithms), nn.softmax(scores), rtol=2e-5, atol=1e-7)


@settings(deadline=None)
@given(FINITE, FINITE)
def test_softmax_of_two_is_the_sigmoid_of_their_difference(first, second):  # L2
    scores = jnp.array([first, second], jnp.float32)
    expected = nn.sigmoid(scores[1] - scores[0])
    np.testing.assert_allclose(nn.softmax(scores)[1], expected, rtol=2e-5, atol=1e-12)


def test_a_share_too_small_for_a_number_has_a_logarithm():  # L2
    scores = jnp.array([0.0, -1000.0])
    assert nn.softmax(scores)[1] == 0
    assert nn.log_softmax(scores)[1] == -1000


@settings(deadline=None)
@given(arrays(np.float32, (3, 8), elements=FINITE), arrays(np.float32, (8,), elements=FINITE), SCORES)
def test_maxout_of_two_pieces_is_the_larger_of_two_layers(kernel, bias, rows):
    inputs = rows[:, :3]
    found, _ = nn.Dense(4, nn.maxout).apply({"kernel": kernel, "bias": bias}, {}, jnp.asarray(inputs))
    first, other = (inputs @ kernel[:, piece::2] + bias[piece::2] for piece in range(2))
    np.testing.assert_allclose(found, np.maximum(first, other), rtol=1e-5, atol=1e-2)  # of sums up to 7500


@settings(deadline=None)
@given(LARGE)
def test_rectifiers_lie_between_their_limits(x):
    up, down = np.maximum(x, 0), np.minimum(x, 0)
    np.testing.assert_allclose(nn.leaky_relu(x), up + np.float32(0.01) * down, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(nn.apl(x), up + 0.25 * down, rtol=1e-6, atol=1e-37)
    np.testing.assert_array_equal(nn.relu6(x), np.clip(x, 0, 6))
    assert (nn.softplus(x) >= nn.relu(x)).all()
    assert (nn.swish(beta=100.0)(x) <= nn.relu(x)).all()
    assert (nn.elu(alpha=0.5)(x) >= -0.5).all()
