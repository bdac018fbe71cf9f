"""Losses of PyTorch in the words of a run, held to what PyTorch computes; and faults that must end up in the facts."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from leadline.adapters.torch_losses import written_loss
from leadline.adapters.torch_watch import watch_torch
from leadline.record.run import Run

random = np.random.default_rng(0)


def seen(torch: ModuleType, model: Any, loss: Any, inputs: Any, targets: Any) -> Run:
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    with watch_torch(model, optimizer, loss) as watch:
        for _ in range(2):
            optimizer.zero_grad()
            loss(model(inputs), targets).backward()
            optimizer.step()
    return watch.run


LOSSES: list[tuple[str, dict[str, Any], str, str]] = [
    ("CrossEntropyLoss", {}, "scores", "codes"),
    ("CrossEntropyLoss", {"reduction": "sum"}, "scores", "shares"),
    ("NLLLoss", {}, "logs", "codes"),
    ("BCELoss", {}, "probabilities", "labels"),
    ("BCELoss", {"reduction": "mean"}, "ends", "labels"),
    ("BCEWithLogitsLoss", {}, "scores", "labels"),
    ("MSELoss", {}, "scores", "numbers"),
    ("L1Loss", {}, "scores", "numbers"),
    ("SmoothL1Loss", {}, "scores", "numbers"),
    ("HuberLoss", {}, "scores", "numbers"),
]


@pytest.mark.parametrize(("name", "choices", "outputs", "targets"), LOSSES)
def test_a_loss_as_written_is_that_of_torch(
    torch: ModuleType, name: str, choices: dict[str, Any], outputs: str, targets: str
) -> None:
    scores = random.normal(0, 2, (20, 3)).astype(np.float32)
    given = {
        "scores": scores, "logs": scores - np.log(np.exp(scores).sum(1, keepdims=True)),
        "probabilities": 1 / (1 + np.exp(-scores)), "ends": (scores > 0).astype(np.float32),
    }[outputs]  # fmt: skip
    codes = random.integers(0, 3, 20)
    known = {
        "codes": codes, "shares": np.eye(3, dtype=np.float32)[codes],
        "labels": (random.random((20, 3)) < 0.5).astype(np.float32), "numbers": scores[::-1].copy() * 2,
    }[targets]  # fmt: skip
    loss = getattr(torch.nn, name)(**choices)
    written, words = written_loss(loss, "log_softmax" if outputs == "logs" else None, targets == "shares")
    assert written is not None
    assert words == []
    wanted = loss(torch.from_numpy(given), torch.from_numpy(known)).item()
    if outputs == "ends":  # BCELoss keeps a logarithm above -100; float32 has no number that small to say so
        assert written.clip == pytest.approx(np.exp(-100))
        assert wanted == pytest.approx(100 * np.mean(given != known), rel=1e-5)
    else:
        assert float(written(jnp.array(given), jnp.array(known))) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("ending", ["softmax", "linear", None])
def test_a_loss_of_logs_after_something_else_has_no_name(torch: ModuleType, ending: str | None) -> None:
    written, words = written_loss(torch.nn.NLLLoss(), ending, False)
    assert written is None
    assert words[0].startswith("NLLLoss takes log-probabilities, and the network does not end in log_softmax")


def test_what_is_left_out_is_told(torch: ModuleType) -> None:
    nn = torch.nn
    for loss, word in [
        (nn.CrossEntropyLoss(label_smoothing=0.1), "smooths labels by 0.1"),
        (nn.CrossEntropyLoss(weight=torch.ones(3)), "has weight"),
        (nn.BCEWithLogitsLoss(pos_weight=torch.ones(1)), "has pos_weight"),
        (nn.MSELoss(reduction="none"), "has reduction='none'"),
        (nn.HuberLoss(delta=0.5), "at 0.5"),
        (nn.CTCLoss(), "not one whose arithmetic is known"),
    ]:
        assert word in written_loss(loss, "linear", False)[1][0]


def test_softmax_before_a_cross_entropy(torch: ModuleType) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1))
    run = seen(torch, model, torch.nn.CrossEntropyLoss(), torch.randn(60, 4), torch.arange(60) % 3)
    assert (run["network.output_activation"], run["loss.name"], run["loss.reads"]) == (
        "softmax",
        "cross_entropy",
        "scores",
    )
    assert (run["target.form"], run["target.classes"], run["loss.labels"]) == ("codes", 3, "codes")


def test_a_sum_for_a_mean(torch: ModuleType) -> None:
    model, loss = torch.nn.Linear(4, 1), torch.nn.MSELoss(reduction="sum")
    run = seen(torch, model, loss, torch.randn(60, 4), torch.randn(60, 1))
    assert run["loss.reduction"] == "sum"
    assert run["program.batch"] == 60


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_column_against_a_row(torch: ModuleType) -> None:
    run = seen(torch, torch.nn.Linear(4, 1), torch.nn.MSELoss(), torch.randn(60, 4), torch.randn(60))
    assert (run["network.outputs"], run["target.dimensions"], run["loss.expands"]) == (1, 1, 0)
    assert run["target.form"] == "numbers"


def test_classes_for_yes_and_no(torch: ModuleType) -> None:
    model = torch.nn.Linear(4, 1)
    targets = torch.arange(60).float()[:, None] % 10
    run = seen(torch, model, torch.nn.BCEWithLogitsLoss(), torch.randn(60, 4), targets)
    assert (run["target.form"], run["target.high"], run["loss.name"]) == (
        "codes",
        9.0,
        "binary_cross_entropy",
    )
    assert run["loss.labels"] == "columns"


def test_classes_of_every_place(torch: ModuleType) -> None:
    model = torch.nn.Conv2d(2, 3, 1)
    targets = torch.randint(0, 3, (8, 5, 5))
    targets[0] = -100  # ignored
    run = seen(torch, model, torch.nn.CrossEntropyLoss(), torch.randn(8, 2, 5, 5), targets)
    assert (run["target.form"], run["target.low"], run["target.classes"], run["network.outputs"]) == (
        "codes",
        0,
        3,
        3,
    )
