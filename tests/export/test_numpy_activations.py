import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn_arrays

from leadline.core.errors import LeadlineError
from leadline.core.named import read
from leadline.export.numpy_activations import RRELU_SLOPE, numpy_activations
from leadline.nn import activations

FEATURES = 12  # 2, 3 and 4 pieces divide it
WITH_SETTINGS = [
    *activations,
    *("step(gradient='straight_through')", "leaky_relu(slope=0.3)", "maxout(pieces=3)", "vlrelu(slope=0.1)"),
    *("apl(hinges=3)", "prelu(start=-0.5)", "elu(alpha=0.3)", "gelu(approximate='tanh')", "swish(beta=2.5)"),
]


def both(text, x):
    """Return what the two activations of these words give, with the same learned numbers."""
    theirs, ours = read(activations, text), read(numpy_activations, text)
    rng = np.random.default_rng(0)
    features = x.shape[-1] // theirs.pieces
    shapes = {name: array.shape for name, array in theirs.start(features).items()}
    assert ours.shapes(features) == shapes
    assert (ours.pieces, ours.plain) == (theirs.pieces, theirs.plain)
    learned = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    with np.errstate(all="ignore"):
        found = ours.function(x.copy(), **dict(ours.settings), **learned)
    assert found.dtype == np.float32
    return found, np.asarray(theirs.applied(jnp.asarray(x), learned, None))


def check_same(found, wanted):
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_there_is_one_for_each_of_the_catalogue():
    assert set(numpy_activations) == set(activations)


@pytest.mark.parametrize("text", WITH_SETTINGS)
def test_it_gives_what_the_catalogue_s_gives(text):
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(500, FEATURES)) * 10 ** rng.uniform(-6, 1.3, (500, 1))).astype(np.float32)
    check_same(*both(text, x))


@pytest.mark.parametrize("text", WITH_SETTINGS)
def test_far_out_and_not_finite_too(text):
    edges = [0.0, -0.0, 1e-30, 3.0, 6.0, 19.9, 20.1, 88.0, 90.0, 1e4, 3e38, np.inf, np.nan]
    alone = np.array([s * v for v in edges for s in (1, -1)], np.float32)
    check_same(*both(text, np.repeat(alone[:, None], FEATURES, axis=1)))
    mixed = np.tile(alone[:24].reshape(-1, FEATURES), (2, 1))
    check_same(*both(text, mixed))


@given(drawn_arrays(np.float32, (3, FEATURES), elements=st.floats(-60, 60, width=32)))
def test_gelu_is_as_near_as_the_others(x):
    check_same(*both("gelu", x))


@pytest.mark.parametrize("name", sorted(set(activations) - {"rrelu"}))
def test_the_settings_and_what_they_may_be_are_the_same(name):
    theirs, ours = activations[name], numpy_activations[name]
    assert ours.chosen == theirs.chosen
    for setting in theirs.chosen:
        for value in (
            -2,
            -1,
            -0.5,
            0,
            0.05,
            0.2,
            0.5,
            0.999,
            1,
            1.5,
            2,
            3,
            100,
            "none",
            "tanh",
            True,
            np.nan,
        ):
            assert allowed(ours, setting, value) == allowed(theirs, setting, value), (setting, value)


def allowed(activation, setting, value):
    try:
        return activation.having(**{setting: value}).chosen
    except LeadlineError:
        return None


def test_rrelu_is_said_with_its_usual_slopes_alone():
    assert (activations["rrelu"].chosen["lower"] + activations["rrelu"].chosen["upper"]) / 2 == RRELU_SLOPE
    with pytest.raises(LeadlineError):
        numpy_activations["rrelu"].having(lower=0.1)
