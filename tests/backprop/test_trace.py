"""Graphs of computations: the worked examples by hand, PyTorch's gradients, pictures, and what is refused."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.backprop import trace
from leadline.core.errors import LeadlineError, NetworkError
from leadline.nn import Conv, Dense, Flatten, Parallel, Residual, Sequential, for_problem, relu, tanh


def numbers(graph):
    return {node.name: (float(node.value), float(node.gradient)) for node in graph}


def test_product_of_a_sum():  # T2: worked by hand
    graph = trace("(x + y) * z", x=-2, y=5, z=-4)
    assert numbers(graph) == {"x": (-2, -4), "y": (5, -4), "z": (-4, 3), "a": (3, -4), "b": (-12, 1)}
    assert [node.operation for node in graph] == ["", "", "", "x + y", "a * z"]
    assert graph["b"].sources == ("a", "z")
    assert graph["b"].local == (-4.0, 3.0)
    assert graph.result is graph["b"]


def test_sigmoid_neuron_step_by_step():  # T2: the neuron taken apart, and in one step
    values = {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}
    apart = trace("1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))", **values)
    whole = trace("sigmoid(w0*x0 + w1*x1 + w2)", **values)
    expected = {"w0": -0.20, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.20}
    for graph in (apart, whole):
        assert float(graph.result.value) == pytest.approx(0.73, abs=2e-3)
        for name, gradient in expected.items():
            assert float(graph[name].gradient) == pytest.approx(gradient, abs=4e-3)
    assert [n.operation for n in apart][5:] == [
        "w0 * x0", "w1 * x1", "a + b", "c + w2", "-d", "exp(e)", "1 + f", "1 / g"
    ]  # fmt: skip
    assert len(whole) == 10


def test_gradients_of_a_value_used_twice_add_up():
    graph = trace("x * x + x", x=3)
    assert numbers(graph)["x"] == (3, 7)


def test_functions_are_named_by_what_they_do():
    graph = trace(lambda x, w: jax.nn.relu(jnp.dot(w, x)) ** 2, x=[1.0, -2.0], w=[3.0, 1.0])
    assert [node.operation for node in graph][2:] == ["w @ x", "relu(a)", "b ** 2"]
    assert graph["x"].gradient.tolist() == [6, 2]
    assert graph["w"].gradient.tolist() == [2, -4]
    assert graph["a"].local == ()


def test_a_number_without_a_part_in_the_result():
    graph = trace(lambda x, y: x * 2, x=1.0, y=5.0)
    assert numbers(graph)["y"] == (5, 0)


@given(x=st.floats(-3, 3), y=st.floats(0.5, 3))
@settings(max_examples=20)
def test_gradients_are_pytorchs(x, y):
    ours = trace("tanh(x * y) / (1 + exp(-x)) - log(y) * x ** 2 + sqrt(y)", x=x, y=y)
    a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, y))
    theirs = torch.tanh(a * b) / (1 + torch.exp(-a)) - torch.log(b) * a**2 + torch.sqrt(b)
    theirs.backward()
    assert float(ours.result.value) == pytest.approx(theirs.item(), rel=2e-5, abs=2e-5)
    assert float(ours["x"].gradient) == pytest.approx(a.grad.item(), rel=2e-5, abs=2e-5)
    assert float(ours["y"].gradient) == pytest.approx(b.grad.item(), rel=2e-5, abs=2e-5)


def test_it_prints_and_draws_every_node():
    graph = trace("(x + y) * z", x=-2, y=5, z=-4)
    lines = str(graph).splitlines()
    assert lines[-1].split() == ["b", "=", "a", "*", "z", "-12", "1"]
    assert len(set(map(len, lines))) == 1
    root = ET.fromstring(graph.svg())
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("x", "a = x + y", "b = a * z", "-12", "3", "-4"):
        assert words in texts
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 5
    edges = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "edge"]
    assert len(edges) == 4


def test_a_picture_is_saved(tmp_path):
    path = trace("x * y", x=1, y=2).save(tmp_path / "graph.svg")
    ET.parse(path)


# Networks


def test_network_against_pytorch():
    network = Sequential([Dense(3, tanh), Residual([Dense(3, relu)]), Dense(2)])
    rows, targets = np.array([[1.0, 2.0], [0.5, -1.0]], np.float32), np.array([0, 1])
    params, state = network.init(jax.random.key(3), (2,))
    graph = trace(
        network, rows, params=params, state=state, targets=targets, task=for_problem("classification", 2, 2)
    )
    leaves = {name: torch.tensor(graph[name].value, requires_grad=True) for name in (
        "0.dense/kernel", "0.dense/bias", "1.residual.0.dense/kernel", "1.residual.0.dense/bias",
        "2.dense/kernel", "2.dense/bias", "inputs",
    )}  # fmt: skip
    t = {**leaves}
    first = torch.tanh(t["inputs"] @ t["0.dense/kernel"] + t["0.dense/bias"])
    inner = torch.relu(first @ t["1.residual.0.dense/kernel"] + t["1.residual.0.dense/bias"])
    scores = (first + inner) @ t["2.dense/kernel"] + t["2.dense/bias"]
    for node in (first, inner, scores):
        node.retain_grad()
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(targets))
    loss.backward()
    middle = {"0.dense": first, "1.residual.0.dense": inner, "2.dense": scores}
    for name, node in {**leaves, **middle}.items():
        np.testing.assert_allclose(graph[name].gradient, node.grad.numpy(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(graph[name].value, node.detach().numpy(), rtol=1e-5, atol=1e-6)
    assert graph.result.name == "loss"
    assert float(graph.result.value) == pytest.approx(loss.item(), rel=1e-5)
    assert graph["1.residual"].sources == ("0.dense", "1.residual.0.dense")
    assert graph["2.dense"].sources == ("1.residual", "2.dense/kernel", "2.dense/bias")


def test_gradient_of_a_kernel_by_hand():  # T2: each weight gathers what it met in the image
    image = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    graph = trace(Sequential([Conv(1, 2, padding="valid", bias=False), Flatten()]), image)
    by_hand = [[1 + 2 + 4 + 5, 2 + 3 + 5 + 6], [4 + 5 + 7 + 8, 5 + 6 + 8 + 9]]
    np.testing.assert_allclose(graph["0.conv/kernel"].gradient[..., 0, 0], by_hand)


def test_other_combinations_stand_as_one_node():
    graph = trace(Sequential([Parallel([Dense(2), Dense(1)]), Dense(1)]), [[1.0, 2.0]])
    assert "0.parallel" in [node.name for node in graph]
    assert graph["0.parallel"].gradient.shape == (1, 3)
    alone = trace(Dense(2), [[1.0, 2.0]])
    assert [node.name for node in alone] == ["inputs", "dense/kernel", "dense/bias", "dense", "sum"]
    assert alone["dense/kernel"].gradient.tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: trace("x + y", x=1), ["trace, y", "nothing"]),
        (lambda: trace("x + y", x=1, y=2, zz=3), ["zz"]),
        (lambda: trace("x +", x=1), ["expression 'x +'"]),
        (lambda: trace("__import__('os')"), ["made of numbers, names"]),
        (lambda: trace("x.real", x=1), ["x.real"]),
        (lambda: trace("x * 2", x="a"), ["trace, x", "'a'"]),
        (lambda: trace(lambda x: x * 2, x=[1.0, 2.0]), ["single number", "(2,)"]),
        (lambda: trace(3), ["an expression, a function or a network"]),
        (lambda: trace("x", [1.0]), ["by name"]),
        (lambda: trace("x * y", x=1, y=2)["c"], ["the graph", "'c'"]),
    ],
)
def test_what_cannot_be_traced_is_told(call, words):
    with pytest.raises(LeadlineError) as caught:
        call()
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("given_", [{}, {"targets": [0]}])
def test_networks_need_inputs_and_a_task_for_targets(given_):
    with pytest.raises(NetworkError, match="inputs"):
        trace(Dense(2), None, **given_)
    with pytest.raises(NetworkError, match="task"):
        trace(Dense(2), [[1.0]], targets=[0])
