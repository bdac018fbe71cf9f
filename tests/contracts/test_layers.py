"""What every layer must hold: shape, type, gradient, compilation, spec, summary, documentation.

A new layer without an example here fails.
"""

import doctest
import json
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.diagnosis.reading import KEEPS_VALUES
from leadline.nn import Pass, from_spec, layers, summary, to_spec

EXAMPLES = {
    "dense": [
        (nn.Dense(5, nn.relu), (4,), 25),
        (nn.Dense(5, nn.softmax, bias=False), (3, 4), 20),
        (nn.Dense(2), (3, 4, 2), 50),
        (nn.Dense(5, nn.prelu), (4,), 30),
        (nn.Dense(3, nn.apl(hinges=2), bias=False), (4,), 24),
        (nn.Dense(5, nn.maxout(pieces=3)), (4,), 75),
        (nn.Dense(5, nn.rrelu), (4,), 25),
    ],
    "activate": [
        (nn.Activate(nn.tanh), (6,), 0),
        (nn.Activate(nn.softmax), (3, 4), 0),
        (nn.Activate(nn.prelu(start=0.1)), (3, 4), 4),
        (nn.Activate(nn.apl(hinges=3)), (4,), 24),
        (nn.Activate(nn.maxout), (6,), 0),
        (nn.Activate(nn.rrelu(lower=0.3)), (6,), 0),
    ],
    "conv": [
        (nn.Conv(4, 3, nn.relu), (6, 7, 2), 76),
        (nn.Conv(3, (5, 2), stride=2, padding=(2, 1), floor=True), (9, 7, 1), 33),
        (nn.Conv(2, 2, padding="causal", dilation=2), (5, 3), 14),
        (nn.Conv(4, 3, groups=2), (4, 3, 4), 76),
        (nn.Conv(2, 2, nn.maxout, groups=2), (3, 2), 12),
        (nn.Conv(2, 2, nn.tanh, padding=(1, 0, "same")), (2, 3, 2, 2), 34),
        (nn.Conv(4, 1, stride=2, bias=False), (6, 6, 3), 12),
        (nn.Conv(8, 3, nn.gelu, padding="valid"), (10, 16), 392),
        (nn.Conv(4, 3, nn.prelu), (6, 7, 2), 80),
        (nn.Conv(2, 3, nn.apl), (6, 2), 18),
        (nn.Conv(2, 3, nn.maxout), (6, 5, 1), 40),
        (nn.Conv(2, 3, nn.rrelu), (6, 2), 14),
    ],
    "depthwise_conv": [
        (nn.DepthwiseConv(2, nn.relu, 2), (4, 3), 18),
        (nn.DepthwiseConv(3, stride=2, padding="valid", bias=False), (5, 7, 2), 18),
        (nn.DepthwiseConv(2, nn.maxout, padding=1, dilation=2), (2, 3, 4, 1), 18),
    ],
    "separable_conv": [
        (nn.SeparableConv(3, 2, nn.relu, 2, padding="causal"), (4, 2), 23),
        (nn.SeparableConv(2, (3, 2), nn.prelu, stride=2, floor=True), (5, 4, 3), 28),
    ],
    "transposed_conv": [
        (nn.TransposedConv(2, 3, nn.relu, stride=2), (3, 2), 14),
        (nn.TransposedConv(1, (3, 2), stride=(2, 1), padding=1, output_padding=(1, 0)), (2, 3, 2), 13),
        (nn.TransposedConv(2, 2, stride=2, padding="valid", bias=False), (2, 1, 2, 1), 16),
        (nn.TransposedConv(2, 2, nn.maxout, padding=1, dilation=2), (4, 1), 12),
    ],
    "max_pool": [
        (nn.MaxPool(2), (6, 4, 3), 0),
        (nn.MaxPool((3, 2), stride=1), (6, 4, 3), 0),
        (nn.MaxPool(3, floor=True), (10, 2), 0),
        (nn.MaxPool(3, stride=2, padding=1), (5, 3, 2), 0),
        (nn.MaxPool((1, 2, 3), stride=1, padding="same"), (2, 3, 4, 2), 0),
    ],
    "average_pool": [
        (nn.AveragePool(2), (6, 4, 3), 0),
        (nn.AveragePool(3, stride=2), (7, 2), 0),
        (nn.AveragePool(3, padding="same"), (5, 3, 2), 0),
        (nn.AveragePool(2, stride=1, padding=1), (2, 3, 2, 1), 0),
    ],
    "stochastic_pool": [
        (nn.StochasticPool(2), (4, 6, 3), 0),
        (nn.StochasticPool(3, stride=2, padding="same"), (6, 2), 0),
        (nn.StochasticPool((2, 1, 2), floor=True), (3, 2, 4, 2), 0),
    ],
    "mixed_pool": [
        (nn.MixedPool(2), (4, 6, 3), 0),
        (nn.MixedPool(3, stride=2, padding=1, share=0.8), (7, 2), 0),
        (nn.MixedPool(share=0.7, learned=True), (4, 6, 3), 3),
    ],
    "global_max_pool": [(nn.GlobalMaxPool(), (6, 4, 3), 0), (nn.GlobalMaxPool(), (2, 3, 2, 4), 0)],
    "global_average_pool": [(nn.GlobalAveragePool(), (6, 4, 3), 0), (nn.GlobalAveragePool(), (6, 4), 0)],
    "identity": [(nn.Identity(), (6, 4), 0)],
    "reshape": [(nn.Reshape((3, 2, 4)), (6, 4), 0), (nn.Reshape([8, -1]), (6, 4), 0)],
    "permute": [(nn.Permute((2, 0, 1)), (2, 3, 4), 0)],
    "upsample": [
        (nn.Upsample(), (3, 2, 2), 0),
        (nn.Upsample(3), (4, 2), 0),
        (nn.Upsample((2, 1)), (3, 2, 2), 0),
    ],
    "zero_pad": [
        (nn.ZeroPad(), (3, 2, 2), 0),
        (nn.ZeroPad((1, 3)), (3, 2, 2), 0),
        (nn.ZeroPad(2), (4, 2), 0),
    ],
    "flatten": [(nn.Flatten(), (6, 4, 3), 0), (nn.Flatten(), (4,), 0)],
    "filter": [
        (nn.Filter(nn.sobel), (6, 5, 2), 0),
        (nn.Filter(nn.gabor(size=5, orientations=3), stride=2, padding=1, floor=True), (6, 7, 1), 0),
        (nn.Filter([[1, 2, 0.5], [0, -1, 3]], padding="valid"), (5, 4, 1), 0),
    ],
    "gaussian_pyramid": [(nn.GaussianPyramid(3), (5, 8, 2), 0), (nn.GaussianPyramid(1), (2, 3, 1), 0)],
    "dropout": [(nn.Dropout(0.5), (6, 4), 0)],
    "spatial_dropout": [(nn.SpatialDropout(0.5), (6, 8), 0), (nn.SpatialDropout(0.3), (4, 3, 8), 0)],
    "gaussian_noise": [(nn.GaussianNoise(0.3), (6,), 0)],
    "random_flip": [
        (nn.RandomFlip(False, True), (4, 3, 1), 0),
        (nn.RandomFlip(vertical=True), (4, 4, 1), 0),
    ],
    "random_shift": [
        (nn.RandomShift(), (4, 3, 2), 0),
        (nn.RandomShift((0, 2)), (3, 5, 1), 0),
        (nn.RandomShift(2), (5, 3), 0),
    ],
    "random_rotation": [(nn.RandomRotation(), (4, 5, 2), 0)],
    "random_erasing": [(nn.RandomErasing(0.2), (4, 5, 2), 0)],
    "random_brightness": [(nn.RandomBrightness(0.3), (3, 4, 2), 0)],
    "random_contrast": [(nn.RandomContrast(0.3), (3, 4, 2), 0)],
    "batch_norm": [(nn.BatchNorm(), (6,), 12), (nn.BatchNorm(0.5, 1e-3), (4, 4, 3), 6)],
    "layer_norm": [(nn.LayerNorm(), (6,), 12), (nn.LayerNorm(1e-3), (5, 4), 8)],
    "group_norm": [
        (nn.GroupNorm(2), (3, 2, 6), 12),
        (nn.GroupNorm(1, 1e-3), (5, 4), 8),
        (nn.GroupNorm(2), (6,), 12),
    ],
    "instance_norm": [(nn.InstanceNorm(), (5, 4), 8), (nn.InstanceNorm(1e-3), (3, 2, 3), 6)],
    "rms_norm": [(nn.RMSNorm(), (6,), 6), (nn.RMSNorm(1e-3), (5, 4), 4)],
    "embedding": [(nn.Embedding(7, 3), (5,), 21), (nn.Embedding(7, 3, padding=2), (5,), 21)],
    "masking": [(nn.Masking(), (4, 3), 0), (nn.Masking(-1), (4, 3, 2), 0)],
    "rnn": [(nn.RNN(5), (4, 3), 45), (nn.RNN(3, nn.relu, True, both=True, bias=False), (4, 2), 30)],
    "gru": [(nn.GRU(4), (5, 3), 100), (nn.GRU(3, True, True), (4, 2), 114)],
    "lstm": [
        (nn.LSTM(4), (5, 3), 128),
        (nn.LSTM(3, both=True, forget_bias=0.5), (4, 2), 144),
        (nn.LSTM(2, sequence=True, bias=False), (3, 2), 32),
    ],
    "attention": [
        (nn.Attention(2), (5, 4), 76),
        (nn.Attention(3, 6, causal=True, bias=False), (4, 5), 126),
        (nn.Attention(1, dropout=0.5), (6, 4), 76),
    ],
    "positions": [(nn.Positions(), (5, 4), 0), (nn.Positions("learned", most=7), (5, 4), 28)],
    "sequential": [
        (nn.Sequential([nn.Dense(5, nn.relu), nn.Dropout(0.2), nn.Dense(3)]), (4,), 43),
        (nn.Sequential([nn.Conv(4, 3, nn.relu), nn.MaxPool(), nn.Sequential([nn.Dense(3)])]), (4, 4, 1), 91),
    ],
    "residual": [
        (nn.Residual([nn.Dense(4, nn.tanh), nn.Dense(4)], nn.relu), (4,), 40),
        (nn.Residual([nn.Conv(6, 3, stride=2), nn.BatchNorm()], project=True), (5, 4, 2), 138),
        (nn.Residual([nn.Dense(3)], project=True), (4,), 27),
    ],
    "concatenate": [
        (nn.Concatenate([nn.Dense(2), nn.Identity()]), (4,), 10),
        (nn.Concatenate([nn.Conv(3, 1), nn.Dropout(0.2)], axis=-2), (4, 3), 12),
    ],
    "add": [(nn.Add([nn.Dense(4, nn.relu), nn.Identity(), nn.BatchNorm()]), (4,), 28)],
    "parallel": [
        (nn.Parallel([nn.Dense(2), nn.Sequential([nn.Dense(3), nn.Activate(nn.relu)])]), (4,), 25),
        (nn.Parallel([nn.Conv(2), nn.Conv(2, 1)], combine="mean"), (4, 4, 1), 24),
        (nn.Parallel([nn.Dense(2), nn.Dense(2)], "add"), (4,), 20),
    ],
}
CASES = [
    pytest.param(*case, id=f"{kind}{index}")
    for kind, cases in EXAMPLES.items()
    for index, case in enumerate(cases)
]
EVERY = pytest.mark.parametrize(("layer", "shape", "count"), CASES)
ROWS = 3
FAR = 1e4


def test_the_rules_know_which_layers_keep_values():
    assert set(KEEPS_VALUES) == {kind for kind, made in layers.items() if made.keeps_values}


@cache
def start(layer, shape):
    """Parameters, state and inputs, as NumPy arrays: they need no compilation to be made."""
    params, state = jax.tree.map(np.asarray, layer.init(jax.random.key(1), shape))
    rng, size = np.random.default_rng(2), (ROWS, *shape)
    inputs = rng.integers(layer.vocabulary, size=size) if layer.takes == "tokens" else rng.normal(size=size)
    return params, state, inputs.astype(np.float32)


def training():
    return Pass(training=True, key=jax.random.key(3))


def test_every_layer_has_examples_of_its_kind():
    assert set(EXAMPLES) == set(layers)
    for kind, cases in EXAMPLES.items():
        assert all(type(layer) is layers[kind] and layer.kind == kind for layer, _, _ in cases)


@pytest.mark.parametrize("kind", layers)
def test_entry_is_complete(kind):
    entry = layers[kind].entry
    assert entry.name == kind
    assert entry.formula
    assert len(entry.source) > 10
    assert 1950 <= entry.year <= 2030 if entry.year else entry.source.startswith("none: ")


@pytest.mark.parametrize("kind", layers)
def test_is_documented_with_an_example_that_runs(kind):
    made = layers[kind]
    assert len(made.__doc__.splitlines()[0]) > 20
    (test,) = doctest.DocTestFinder(recurse=False).find(made, globs={})
    assert test.examples
    assert all(f"        {name}: " in made.__doc__ for name in made.__dataclass_fields__), (
        "an undocumented argument"
    )


@cache
def measured(layer, shape):
    """Compile a layer once and run it: in use, in training, and its gradients."""
    params, state, inputs = start(layer, shape)
    weigh = np.random.default_rng(9).normal(size=(ROWS, *layer.output_shape(shape))).astype(np.float32)

    def everything(params, inputs, key):
        def loss(params, inputs):
            outputs, after = layer.apply(params, state, inputs, Pass(training=True, key=key))
            return (outputs * weigh).sum(), (outputs, after)

        gradients, (outputs, after) = jax.grad(loss, argnums=(0, 1), has_aux=True)(params, inputs)
        return {
            "in use": layer.apply(params, state, inputs)[0],
            "training": outputs,
            "state": after,
            "gradients": gradients,
        }

    compiled = jax.jit(everything)
    found = compiled(params, inputs, jax.random.key(3))
    chord = np.stack([inputs[0], inputs[1], (inputs[0] + inputs[1]) / 2])
    found["chord"] = compiled(params, chord, jax.random.key(4))["in use"]
    far = (
        inputs
        if layer.takes == "tokens"
        else inputs * np.array([0, 1e-20, FAR], np.float32).reshape(-1, *[1] * len(shape))
    )
    found["far"] = compiled(params, far, jax.random.key(3))
    return found, compiled._cache_size()


@EVERY
def test_inferred_shape_is_the_real_one(layer, shape, count):
    found, _ = measured(layer, shape)
    _, state, _ = start(layer, shape)
    assert found["in use"].shape == found["training"].shape == (ROWS, *layer.output_shape(shape))
    assert jax.tree.map(jnp.shape, found["state"]) == jax.tree.map(jnp.shape, state)


@EVERY
def test_says_whether_it_is_linear(layer, shape, count):
    one, other, between = np.asarray(measured(layer, shape)[0]["chord"])
    bends = np.abs((one + other) / 2 - between).max() > 1e-4 * max(np.abs(one).max(), np.abs(other).max())
    assert bends == bool(nn.nonlinearities(layer))


@EVERY
def test_gradients_are_finite_and_reach_the_inputs(layer, shape, count):
    for_params, for_inputs = measured(layer, shape)[0]["gradients"]
    for gradient in [for_inputs, *jax.tree.leaves(for_params)]:
        assert np.isfinite(gradient).all()
        # A token stands for a word: no other is a little more of it, and no gradient reaches it.
        assert (np.abs(gradient).max() > 0) is not (gradient is for_inputs and layer.takes == "tokens")


@EVERY
def test_far_from_and_at_zero_all_is_finite(layer, shape, count):
    found = measured(layer, shape)[0]["far"]
    for numbers in jax.tree.leaves(found):
        assert np.isfinite(numbers).all()


@EVERY
def test_compiled_once_and_equal_to_eager(layer, shape, count):
    found, compilations = measured(layer, shape)
    params, state, inputs = start(layer, shape)
    eager = layer.apply(params, state, jnp.asarray(inputs), training())[0]
    np.testing.assert_allclose(found["training"], eager, atol=1e-5, rtol=1e-5)
    assert compilations == 1


@EVERY
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float64])
def test_keeps_the_type_of_numbers(layer, shape, count, dtype):
    params, state, inputs = start(layer, shape)

    def loss(params, inputs):
        outputs, after = layer.apply(params, state, inputs, training())
        return outputs.sum().astype(jnp.float32), (outputs, after)

    with jax.enable_x64(dtype == jnp.float64):
        given = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, dtype), (params, inputs))
        gradients, (outputs, after) = jax.eval_shape(jax.grad(loss, has_aux=True), *given)
    assert outputs.dtype == dtype
    assert [a.dtype for a in jax.tree.leaves(after)] == [a.dtype for a in jax.tree.leaves(state)]
    assert all(gradient.dtype == dtype for gradient in jax.tree.leaves(gradients))


@EVERY
def test_many_configurations_at_once(layer, shape, count):
    params, state, inputs = start(layer, shape)
    every = jax.jit(jax.vmap(lambda p, x: layer.apply(p, state, x)[0], axis_size=2))

    def outputs(*scales):
        stacked = jax.tree.map(lambda a: np.stack([a * scale for scale in scales]), params)
        return np.asarray(every(stacked, np.stack([inputs, inputs])))

    found = outputs(1.0, 0.5)
    np.testing.assert_allclose(found[0], measured(layer, shape)[0]["in use"], atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(found[::-1], outputs(0.5, 1.0), atol=1e-6)
    assert np.array_equal(found[0], found[1]) is (count == 0)


@EVERY
def test_spec_and_code_round_trip(layer, shape, count):
    spec = json.loads(json.dumps(to_spec(layer)))
    assert from_spec(spec) == layer
    assert hash(from_spec(spec)) == hash(layer)
    assert eval(repr(layer), {"ll": nn}) == layer


@EVERY
def test_stands_in_the_summary_with_its_parameters(layer, shape, count):
    whole = nn.Sequential([layer, nn.Flatten()])
    table = summary(whole, shape)
    assert table.total == count
    assert table.rows[-1].path == "1.flatten"
    params, state, inputs = start(layer, shape)
    assert sum(leaf.size for leaf in jax.tree.leaves(params)) == count
    params, state, tapped = (params, {}), (state, {}), []

    def tap(path, layer, outputs):
        tapped.append((path, outputs.shape[1:]))

    jax.eval_shape(lambda x: whole.apply(params, state, x, Pass(tap=tap)), inputs)
    assert tapped == [(row.path, row.shape) for row in table.rows]
    names = nn.flatten_params(whole, params)
    assert {nn.layer_path(name) for name in names} == {row.path for row in table.rows if row.parameters}
    assert jax.tree.all(jax.tree.map(np.array_equal, nn.unflatten(whole, names, params), params))


@EVERY
def test_only_random_layers_use_the_key(layer, shape, count):
    params, state, inputs = start(layer, shape)

    def outputs(how):
        return jax.eval_shape(lambda x: layer.apply(params, state, x, how)[0], inputs)

    found, _ = measured(layer, shape)
    uses_batch = any(step.layer.kind == "batch_norm" for step in nn.walk(layer, shape))
    assert np.array_equal(found["training"], found["in use"]) is not (layer.random or uses_batch)
    outputs(Pass())
    if layer.random:
        with pytest.raises(NetworkError, match="key"):
            outputs(Pass(training=True))
    else:
        outputs(Pass(training=True))


@EVERY
def test_is_a_frozen_value(layer, shape, count):
    with pytest.raises(AttributeError):
        layer.kind = "other"
    assert {layer: 1}[from_spec(to_spec(layer))] == 1
