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
from leadline.nn import Pass, from_spec, layers, summary, to_spec

EXAMPLES = {
    "dense": [
        (nn.Dense(5, nn.relu), (4,), 25),
        (nn.Dense(5, nn.softmax, bias=False), (3, 4), 20),
        (nn.Dense(2), (3, 4, 2), 50),
    ],
    "activate": [(nn.Activate(nn.tanh), (6,), 0), (nn.Activate(nn.softmax), (3, 4), 0)],
    "conv": [
        (nn.Conv(4, 3, nn.relu), (6, 7, 2), 76),
        (nn.Conv(3, (5, 2), stride=2, padding=2, floor=True), (9, 8, 1), 33),
        (nn.Conv(4, 1, stride=2, bias=False), (6, 6, 3), 12),
        (nn.Conv(8, 3, nn.gelu, padding="valid"), (10, 16), 392),
    ],
    "max_pool": [
        (nn.MaxPool(2), (6, 4, 3), 0),
        (nn.MaxPool((3, 2), stride=1), (6, 4, 3), 0),
        (nn.MaxPool(3, floor=True), (10, 2), 0),
    ],
    "average_pool": [(nn.AveragePool(2), (6, 4, 3), 0), (nn.AveragePool(3, stride=2), (7, 2), 0)],
    "global_max_pool": [(nn.GlobalMaxPool(), (6, 4, 3), 0), (nn.GlobalMaxPool(), (6, 4), 0)],
    "global_average_pool": [(nn.GlobalAveragePool(), (6, 4, 3), 0), (nn.GlobalAveragePool(), (6, 4), 0)],
    "flatten": [(nn.Flatten(), (6, 4, 3), 0), (nn.Flatten(), (4,), 0)],
    "dropout": [(nn.Dropout(0.5), (6, 4), 0)],
    "gaussian_noise": [(nn.GaussianNoise(0.3), (6,), 0)],
    "batch_norm": [(nn.BatchNorm(), (6,), 12), (nn.BatchNorm(0.5, 1e-3), (4, 4, 3), 6)],
    "sequential": [
        (nn.Sequential([nn.Dense(5, nn.relu), nn.Dropout(0.2), nn.Dense(3)]), (4,), 43),
        (nn.Sequential([nn.Conv(4, 3, nn.relu), nn.MaxPool(), nn.Sequential([nn.Dense(3)])]), (4, 4, 1), 91),
    ],
    "residual": [
        (nn.Residual([nn.Dense(4, nn.tanh), nn.Dense(4)], nn.relu), (4,), 40),
        (nn.Residual([nn.Conv(6, 3, stride=2), nn.BatchNorm()], project=True), (5, 4, 2), 138),
        (nn.Residual([nn.Dense(3)], project=True), (4,), 27),
    ],
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


@cache
def start(layer, shape):
    """Parameters, state and inputs, as NumPy arrays: they need no compilation to be made."""
    params, state = jax.tree.map(np.asarray, layer.init(jax.random.key(1), shape))
    return params, state, np.random.default_rng(2).normal(size=(ROWS, *shape)).astype(np.float32)


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
    compiled(params, inputs + 1, jax.random.key(4))
    return found, compiled._cache_size()


@EVERY
def test_inferred_shape_is_the_real_one(layer, shape, count):
    found, _ = measured(layer, shape)
    _, state, _ = start(layer, shape)
    assert found["in use"].shape == found["training"].shape == (ROWS, *layer.output_shape(shape))
    assert jax.tree.map(jnp.shape, found["state"]) == jax.tree.map(jnp.shape, state)


@EVERY
def test_gradients_are_finite_and_reach_the_inputs(layer, shape, count):
    for_params, for_inputs = measured(layer, shape)[0]["gradients"]
    for gradient in [for_inputs, *jax.tree.leaves(for_params)]:
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


@EVERY
def test_compiled_once_and_equal_to_eager(layer, shape, count):
    found, compilations = measured(layer, shape)
    params, state, inputs = start(layer, shape)
    eager = layer.apply(params, state, jnp.asarray(inputs), training())[0]
    np.testing.assert_allclose(found["training"], eager, atol=1e-5, rtol=1e-5)
    assert compilations == 1


@EVERY
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_keeps_the_type_of_numbers(layer, shape, count, dtype):
    params, state, inputs = start(layer, shape)

    def loss(params, inputs):
        outputs, after = layer.apply(params, state, inputs, training())
        return outputs.sum().astype(jnp.float32), (outputs, after)

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
