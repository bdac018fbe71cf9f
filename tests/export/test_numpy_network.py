"""The way by NumPy as a whole: tasks, numbers of rows, files read without JAX, and what goes the other way."""

import json
import subprocess
import sys

import jax
import numpy as np
import pandas as pd
import pytest

from leadline import export, nn
from leadline.core.errors import LeadlineError
from leadline.data import arrays, table
from leadline.data.prepare import Preparation
from leadline.data.prepare_array import fit_array
from leadline.export import Model, load
from leadline.export.file import read
from leadline.export.forward import forward
from leadline.export.numpy_network import LINKS, ROWS_AT_ONCE, link_of, opened, spreads

RNG = np.random.default_rng(0)
X = RNG.normal(5, 3, (2 * ROWS_AT_ONCE + 5, 6)).astype(np.float32)
TASKS = [
    *(nn.for_problem("regression", 1, 1, loss) for loss in ("mse", "mae", "huber", "log_cosh", "pinball")),
    *(nn.for_problem("regression", 1, 2, loss) for loss in ("gaussian_nll", "laplace_nll")),
    *(nn.for_problem("regression", 1, 1, loss) for loss in ("binary_cross_entropy", "huber(delta=2)")),
    *(nn.for_problem("classification", 2, 1, loss) for loss in ("binary_cross_entropy", "hinge", "mse")),
    *(nn.for_problem("classification", 4, 4, loss) for loss in ("cross_entropy", "focal(gamma=1)", "mae")),
    nn.for_problem("classification", 4, 4, "cross_entropy", 0.1),
    nn.for_problem("several_labels", 3, 3),
]


def model_of(network, task, x=X, seed=0):
    preparation = (
        Preparation(fit_array(x), 3.0, 2.0) if task.kind == "regression" else Preparation(fit_array(x))
    )
    params, state = jax.device_get(network.init(jax.random.key(seed), preparation.input_shape))
    names = () if task.kind == "regression" else tuple(f"class {i}" for i in range(task.classes))
    return Model(network, params, state, preparation, task, names)


def small(task, hidden=16):
    return model_of(nn.Sequential([nn.Dense(hidden, "tanh"), nn.Dense(task.outputs)]), task)


@pytest.fixture(scope="module")
def one_of_four():
    return small(nn.for_problem("classification", 4, 4))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task.kind} {task.loss}")
def test_every_task_predicts_as_compiled_and_from_a_file(task, tmp_path):
    model, rows = small(task), X[:20]
    inputs = model.preparation.transform(rows).inputs
    scores, wanted = forward(model.network, task, model.params, model.state, inputs)
    again = load(model.save(tmp_path / "a.leadline"))
    assert (again.task, again.network, again.problem) == (task, model.network, model.problem)
    for one in (model, again):
        assert one._in_numpy is not None
        np.testing.assert_allclose(one.scores(rows), scores, rtol=0, atol=1e-6 * max(1, np.abs(scores).max()))
        found = one.outputs(inputs)
        if task.kind == "regression":
            wanted_values = 3 + 2 * wanted[:, 0].astype(np.float64)
            np.testing.assert_allclose(found, wanted_values, rtol=1e-6, atol=1e-6)
            assert found.shape == one.predict(rows).shape == (20,)
        else:
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
            assert (one.predict_proba(rows) == found).all()
    if "nll" in task.loss:
        spread = 2 * np.asarray(task.spreads(scores), np.float64)[:, 0]
        np.testing.assert_allclose(again.predict_spread(rows), spread, rtol=3e-6)


def test_scores_far_out_are_linked_as_the_task_does():
    scores = np.array([[-200.0, 90.0], [30.0, -1e30], [np.inf, 0.0], [np.nan, 1.0], [0.0, -40.0]], np.float32)
    for task in (*TASKS, nn.for_problem("classification", 2, 2), nn.for_problem("several_labels", 2, 2)):
        words = {"kind": task.kind, "loss": task.loss, "link": task.link}
        some = scores[:, : task.outputs]
        with np.errstate(all="ignore"):
            found = link_of(words)(some)
        np.testing.assert_allclose(found, np.asarray(task.predictions(some)), rtol=1e-6, atol=1e-7)
        if "nll" in task.loss:
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(spreads(words, some), np.asarray(task.spreads(some)), rtol=3e-6)


def test_the_links_are_those_of_the_pairings():
    found = {(kind, loss): link for kind, losses in LINKS.items() for loss, link in losses.items()}
    assert found == {(line.kind, line.loss): line.link for line in nn.pairings()}


@pytest.mark.parametrize("rows", [0, 1, 2, 33, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, len(X)])
def test_a_row_is_what_it_is_alone_to_rounding_and_the_same_rows_give_the_same_bits(one_of_four, rows):
    found = one_of_four.scores(X[:rows])
    assert found.shape == (rows, 4)
    assert (one_of_four.scores(X[:rows].copy()) == found).all()
    for row in {0, rows // 2, rows - 1} & set(range(rows)):
        alone = one_of_four.scores(X[row])
        np.testing.assert_allclose(alone[0], found[row], rtol=0, atol=1e-6 * np.abs(found).max())
        assert (one_of_four.scores(X[row : row + 1]) == alone).all()


def test_inputs_and_scores_are_left_alone(one_of_four):
    inputs = one_of_four.preparation.transform(X[:9]).inputs
    before = inputs.copy()
    first = one_of_four.scores(X[:9])
    kept = first.copy()
    one_of_four.outputs(inputs)
    assert (inputs == before).all()
    assert (first == kept).all()


BEYOND = {
    "convolution": ([nn.Conv(2, 3), nn.Flatten(), nn.Dense(2)], (4, 4, 1)),
    "layer norm": ([nn.Dense(3), nn.LayerNorm(), nn.Dense(2)], (5,)),
    "another slope of rrelu": ([nn.Dense(3, "rrelu(lower=0.2)"), nn.Dense(2)], (5,)),
    "branches": ([nn.Concatenate([nn.Dense(2), nn.Identity()]), nn.Dense(2)], (5,)),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_numpy_cannot_say_is_compiled_and_gives_the_same_bits_in_any_company(name, tmp_path):
    layers, shape = BEYOND[name]
    x = RNG.normal(size=(21, *shape)).astype(np.float32)
    model = model_of(nn.Sequential(layers), nn.for_problem("classification", 2, 2), x)
    again = load(model.save(tmp_path / "a.leadline"))
    assert model._in_numpy is None
    assert again._in_numpy is None
    rows = model.predict_proba(x)
    assert (again.predict_proba(x) == rows).all()
    for row in (0, 7, 8, 20):
        assert (again.predict_proba(x[row : row + 1])[0] == rows[row]).all()


def test_an_initializer_with_settings_is_read_the_long_way_and_predicts_the_short(tmp_path):
    network = nn.Sequential([nn.Dense(3, initializer="normal(spread=0.3)"), nn.Dense(2)])
    path = model_of(network, nn.for_problem("classification", 2, 2)).save(tmp_path / "a.leadline")
    assert opened(*read(path)) is None
    assert load(path)._in_numpy is not None
    assert load(path).network == network


def test_whatever_is_damaged_is_told_as_the_long_way_tells_it(one_of_four, tmp_path):
    """Only what is whole is read the short way; all else goes the long way, whose errors the file's tests hold."""
    words, tensors = read(one_of_four.save(tmp_path / "a.leadline"))
    assert opened(words, tensors) is not None
    name = "params/0.dense/kernel"
    for change in (
        {name: tensors[name].astype(np.float64)},
        {name: tensors[name][:-1]},
        {"params/0.dense/more": tensors[name]},
    ):
        check_refused(words, {**tensors, **change})
    check_refused(words, {n: t for n, t in tensors.items() if n != name})
    for key, value in (
        ("network", {"kind": "dense", "units": 5}),
        ("network", [1]),
        ("input_shape", [5]),
        ("class_names", [*words["class_names"], "fifth"]),
        ("task", {**words["task"], "outputs": 3}),
        ("task", {**words["task"], "classes": 3}),
        ("task", {**words["task"], "kind": "several"}),
        ("task", {**words["task"], "loss": "cross_entrpy"}),
        ("task", {**words["task"], "loss": "gaussian_nll"}),
        ("task", {**words["task"], "label_smoothing": 1.5}),
        ("task", {**words["task"], "loss": "hinge", "label_smoothing": 0.1}),
        ("task", {n: v for n, v in words["task"].items() if n != "label_smoothing"}),
        ("preparation", {}),
    ):
        check_refused({**words, key: value}, tensors)
    for key in words:
        check_refused({n: v for n, v in words.items() if n != key}, tensors)


def check_refused(words, tensors):
    assert opened(words, tensors) is None
    with pytest.raises((LeadlineError, KeyError, TypeError)):  # load makes one kind of all of them
        export.learned.opened(words, tensors, "a.leadline")


WITHOUT = """
import json, sys
for name in ("jax", "jaxlib", "optax", "sklearn", "scipy", "leadline.nn", *{more!r}):
    sys.modules[name] = None  # whoever imports it gets an ImportError
import leadline as ll, numpy as np
model = ll.load({path!r})
rows = {rows}
found = [model.predict(rows).tolist(), model.predict_proba(rows).tolist(), model.scores(rows).tolist()]
model.save({path!r} + ".again")
print(json.dumps([*found, repr(model), model.problem]))
"""


def said_without_jax(model, path, rows, more=()):
    """Return what a saved model says in a process that cannot import JAX."""
    model.save(path)
    code = WITHOUT.format(path=str(path), rows=rows, more=more)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert path.read_bytes() == path.with_name(f"{path.name}.again").read_bytes()
    return json.loads(found.stdout)


def check_without_jax(model, path, rows, written, more=()):
    labels, probabilities, scores, shown, problem = said_without_jax(model, path, written, more)
    assert labels == model.predict(rows).tolist()
    np.testing.assert_array_equal(np.float32(probabilities), model.predict_proba(rows))
    np.testing.assert_array_equal(np.float32(scores), model.scores(rows))
    assert (shown, problem) == (repr(model), "classification")


def test_arrays_are_predicted_without_jax_and_without_pandas(one_of_four, tmp_path):
    rows = np.linspace(-3, 9, 30).reshape(5, 6)
    written = "np.linspace(-3, 9, 30).reshape(5, 6)"
    check_without_jax(one_of_four, tmp_path / "a.leadline", rows, written, ("pandas",))


def test_images_are_predicted_without_jax(tmp_path):
    images = RNG.integers(0, 256, (40, 4, 4, 1), np.uint8)
    data = arrays(images, np.arange(40) % 3, kind="image")
    network = nn.Sequential(
        [nn.RandomShift(1), nn.Flatten(), nn.Dense(8, "relu"), nn.BatchNorm(), nn.Dense(3)]
    )
    params, state = jax.device_get(network.init(jax.random.key(0), (4, 4, 1)))
    task = nn.for_problem("classification", 3, 3)
    model = Model(network, params, state, data.preparation, task, data.class_names)
    rows = np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1)
    check_without_jax(
        model, tmp_path / "a.leadline", rows, "np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1)"
    )


def test_tables_are_predicted_without_jax(tmp_path):
    frame = pd.DataFrame(
        {"size": RNG.normal(size=60), "kind": ["a", "b", None] * 20, "fate": ["x", "y"] * 30}
    )
    data = table(frame, target="fate")
    network = nn.Sequential([nn.Dense(4, "gelu"), nn.Dense(1)])
    params, state = jax.device_get(network.init(jax.random.key(0), data.preparation.input_shape))
    model = Model(
        network, params, state, data.preparation, nn.for_problem("classification", 2, 1), data.class_names
    )
    rows = {"size": [0.5, None, 2.0], "kind": ["a", "new", None]}
    check_without_jax(model, tmp_path / "a.leadline", rows, repr(rows))


def test_a_model_read_without_jax_has_the_same_face(one_of_four, tmp_path):
    again = load(one_of_four.save(tmp_path / "a.leadline"))
    assert again.network == one_of_four.network
    assert again.task == one_of_four.task
    assert str(again.summary()) == str(one_of_four.summary())
    for ours, theirs in zip(jax.tree.leaves(again.params), jax.tree.leaves(one_of_four.params), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert jax.tree.structure(again.state) == jax.tree.structure(one_of_four.state)
    with pytest.raises(AttributeError):
        again.class_names = ()
