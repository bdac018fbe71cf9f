"""The benchmarks compare like with like: same weights, same losses; and what they keep becomes table and picture."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import torch
from benchmarks.interleave import StoppedError, started
from benchmarks.peers import Contestant, asked_for, contestants, interpreters, missing
from benchmarks.workers import jax_steps, leadline_networks, torch_networks
from benchmarks.workloads import POOL, UP, Step, Workload, conv, dense, find

import leadline as ll
from benchmarks import draw, growth, results, steps, table
from leadline.nn.tasks import Task, for_problem

REPOSITORY = Path(__file__).parents[2]
IMAGE = (
    conv(4),
    POOL,
    Step("conv", 4, bias=False),
    Step("norm", relu=True),
    Step("block", 4),
    Step("block", 6, 2),
)
EVERY_STEP = {
    "dense": Workload("", "", (5,), dense(4, 3), 8, 8, classes=3),
    "image": Workload("", "", (8, 8, 2), (*IMAGE, Step("mean"), *dense(3)), 8, 8, classes=3),
    "small": Workload("", "", (4, 4, 5), (conv(3), Step("flatten"), *dense(3)), 8, 8, classes=3),
    "back": Workload("", "", (4, 4, 1), (conv(3), POOL, UP, Step("conv", 1)), 8, 8, classes=0),
    "sequence": Workload("", "", (6, 3), (Step("lstm", 4), *dense(3)), 8, 8, classes=3),
}


def ours(workload: Workload) -> tuple[list[np.ndarray], Callable[..., Any]]:
    """Return the weights of a fresh network as they travel, and its mean loss as a function of them."""
    network = leadline_networks.network_of(workload)
    params, state = network.init(jax.random.key(0), workload.shape)
    leaves, tree = jax.tree.flatten(params)
    inputs, labels = workload.data()
    inputs, labels = inputs[:8], labels[:8]
    flat = inputs.reshape(len(inputs), -1)
    task = (
        for_problem("classification", workload.classes, workload.classes)
        if workload.classes
        else Task("regression", "mse", flat.shape[1])
    )

    def loss(leaves: list[Any]) -> Any:
        scores, _ = network.apply(jax.tree.unflatten(tree, leaves), state, inputs, ll.Pass(training=True))
        return task.row_losses(scores, labels if workload.classes else flat).mean()

    return [np.asarray(leaf) for leaf in leaves], loss


@pytest.mark.parametrize("name", EVERY_STEP)
def test_all_frameworks_have_the_same_network(name: str) -> None:
    workload = EVERY_STEP[name]
    weights, loss = ours(workload)
    wanted, slopes = jax.jit(jax.value_and_grad(loss))(weights)
    inputs, labels = (array[:8] for array in workload.data())

    def by_hand(leaves: list[Any]) -> Any:
        scores = jax_steps.scores_of(workload, leaves, inputs, None)
        return jax_steps.losses_of(workload, scores, inputs, labels).mean()

    found, gradients = jax.jit(jax.value_and_grad(by_hand))([jax.numpy.asarray(w) for w in weights])
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    for mine, theirs in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-5)

    network = torch_networks.network_of(workload)
    torch_networks.take_weights(network, iter(weights))
    x = torch.from_numpy(inputs)
    x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x
    scores = network(x)
    y = torch.from_numpy(labels).long()
    value = torch.nn.functional.cross_entropy(scores, y) if workload.classes else ((scores - x) ** 2).mean()
    np.testing.assert_allclose(value.item(), wanted, rtol=1e-5)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run ours and three peers for one turn each, and return the file of results."""
    path = tmp_path_factory.mktemp("results") / "results.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPOSITORY)
        peers = "torch eager 1,scikit-learn,jax by hand"
        steps.main(["20-8-3/b16/n64", "--rounds", "1", "--peers", peers, "--json", str(path)])
    return path


def test_a_turn_of_every_worker_is_kept(kept: Path) -> None:
    (result,) = json.loads(kept.read_text()).values()
    assert result["left_out"] == {}
    assert {"torch", "scikit-learn", "jax by hand", "leadline"} == set(result["family"].values())
    assert [len(turns) for turns in result["seconds"].values()] == [1] * len(result["family"])
    assert all(0 < turns[0] < 1 for turns in result["seconds"].values())
    assert max(result["losses"].values()) < 1e-3
    assert result["flops"] == 3 * 16 * 2 * (20 * 8 + 8 * 3)
    assert {"jax", "torch"} < set(result["versions"])
    assert "devices" in result["said"]["leadline"][0]


def test_results_become_a_table_and_a_picture(kept: Path, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- begin: table -->\nold\n<!-- end -->\nafter\n")
    draw.main([str(kept), "--page", str(page)])
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| MLP 20-8-3, b16, 64 rows |" in text
    assert "(eager 1 thread)" in text
    picture = tmp_path / "images" / "performance.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 250_000


def planted(torch_seconds: list[float]) -> dict[str, Any]:
    seconds = {"leadline": [1e-3, 2e-3, 1e-3], "torch a": torch_seconds, "torch b": [9.0] * 3}
    family = {"leadline": "leadline", "torch a": "torch", "torch b": "torch"}
    return {
        "title": "planted", "must": 2.0, "stretch": 3.0, "flops": 1e9, "gemm_rate": 1e12, "left_out": {},
        "family": family, "seconds": seconds,
    }  # fmt: skip


def test_ratio_is_the_median_of_the_turns_against_the_best_of_a_family() -> None:
    result = planted([2e-3, 8e-3, 3e-3])  # turn by turn: 2, 4 and 3
    assert results.ratios(result) == {"torch": ("torch a", pytest.approx(3.0))}
    assert "| **3.00** (a) |" in table.markdown({"planted": result})
    assert "floor 1.00 ms" in table.shown(result)


@pytest.mark.parametrize(("times", "words"), [(1.7, "MISSED"), (1.85, "reached"), (2.75, "stretch reached")])
def test_what_was_wished_leaves_a_tenth_for_noise(times: float, words: str) -> None:
    result = planted([times * 1e-3, times * 2e-3, times * 1e-3])
    assert table.markdown({"planted": result}).endswith(f"| 2 / 3: {words} |")


def test_losses_that_differ_are_told() -> None:
    same = [1.0] * 20
    late = [*[1.0] * 19, 1.03]
    early = [1.01, *[1.0] * 19]
    assert steps.disagreement(same, late) == (pytest.approx(0.03), True)  # 20 steps may add up to 4%
    assert steps.disagreement(same, early) == (pytest.approx(0.01), False)
    learned = [2.0, *[0.2] * 19]  # what is left of a loss is no measure: rounding is as large as at the start
    assert steps.disagreement(learned, [2.0, *[0.204] * 19]) == (pytest.approx(0.002), True)
    assert steps.disagreement(learned, [2.0, 0.21, *[0.2] * 18]) == (pytest.approx(0.005), False)
    assert not steps.disagreement(same, same[:3])[1]
    assert not steps.disagreement(same, [float("nan")] * 20)[1]


def test_a_worker_that_ends_says_why() -> None:
    with pytest.raises(StoppedError, match="ValueError: no such thing"):
        started([sys.executable, "-c", "raise ValueError('no such thing')"])


def test_peers_are_chosen_by_family_or_name_and_left_out_with_a_word() -> None:
    work = find("tiny")
    chosen = asked_for(contestants(work, "cpu", cores=2), "scikit-learn,torch fused")
    assert [one.name for one in chosen] == [
        "leadline", "torch fused Adam 2 threads", "torch fused Adam 1 thread", "scikit-learn",
    ]  # fmt: skip
    with pytest.raises(SystemExit, match="no peer 'mxnet'"):
        asked_for(chosen, "mxnet")
    absent = Contestant("none", "torch", "torch_steps", needs="no_such_package")
    assert missing(absent, {}) == "no_such_package not installed"
    assert interpreters(["tensorflow=/a/python"])["tensorflow"] == "/a/python"
    assert absent.command({"no_such_package": "/a/python"})[0] == "/a/python"


def test_on_a_gpu_there_are_no_threads_to_choose() -> None:
    names = [one.name for one in contestants(find("lenet"), "gpu")]
    assert not any("thread" in name for name in names)
    assert all("cuda" in one.options for one in contestants(find("lenet"), "gpu") if one.family == "torch")


def test_an_unknown_workload_is_told() -> None:
    with pytest.raises(SystemExit, match="no workload 'lenett'"):
        find("lenett")


def test_arithmetic_is_counted_by_shapes() -> None:
    assert find("tiny").flops == 3 * 32 * 2 * (20 * 64 + 64 * 64 + 64 * 3)
    first, second = 64 * 9 * 1 * 16, 16 * 9 * 16 * 32  # 8 by 8 places, then 4 by 4
    assert find("digits").flops == 3 * 32 * 2 * (first + second + 128 * 10)
    assert find("lstm64").flops == 3 * 32 * 2 * (100 * 4 * 64 * (16 + 64) + 640)


def test_growth_is_a_slope_on_both_halves(tmp_path: Path) -> None:
    sizes = np.array([1.0, 2, 4, 8, 16])
    low, high = growth.slopes(sizes, np.array([5.0, 5, 5, 10, 20]))
    assert (low, high) == (0.0, 1.0)
    turns = {"leadline": [1e-3], "torch fused": [4e-3], "torch other": [2e-3]}
    points = [
        {"size": size, "steps": 10, "seconds": {n: [t[0] * size] for n, t in turns.items()}}
        for size in (1, 2, 4)
    ]
    kept = {
        axis: {"about": "x", "machine": "m", "date": "2026-01-01", "points": points}
        for axis in ("width", "rows")
    }
    _, found = growth.curves("rows", kept["rows"])
    assert found["best PyTorch"].tolist() == [0.02, 0.04, 0.08]  # ten steps of the faster one
    page = tmp_path / "performance.md"
    page.write_text("<!-- begin: growth -->\n<!-- end -->\n")
    path = tmp_path / "growth.json"
    path.write_text(json.dumps(kept))
    growth.draw(path, page)
    assert "| 1.00, then 1.00 | 1.00, then 1.00 |" in page.read_text()
    assert (tmp_path / "images" / "performance-growth.png").stat().st_size < 250_000


def test_every_size_of_growth_is_a_workload() -> None:
    for axis, sizes in growth.SIZES.items():
        for size in sizes:
            work = growth.workload_of(axis, size)
            assert work.rows % work.batch == 0
    assert len(growth.workload_of("depth", 32).steps) == 33
