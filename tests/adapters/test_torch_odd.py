"""What a watch must live through: odd networks, loops and data. It breaks no training, and says what it missed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from leadline.adapters.torch_watch import watch_torch


def learn(
    torch: ModuleType, model: Any, loss: Any, inputs: Any, targets: Any, steps: int = 4, **choices: Any
) -> Any:
    optimizer = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], 0.05)
    with watch_torch(model, optimizer, choices.pop("seen", loss), **choices) as watch:
        for _ in range(steps):
            optimizer.zero_grad()
            value = loss(model(inputs), targets)
            value.backward()
            optimizer.step()
    return watch


def test_shared_modules(torch: ModuleType) -> None:
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.again, self.bend, self.last = (
                nn.Linear(6, 6),
                nn.Linear(6, 6),
                nn.ReLU(),
                nn.Linear(6, 1),
            )

        def forward(self, x: Any) -> Any:
            x = self.bend(self.again(self.bend(self.first(x))))
            return self.last(self.bend(self.again(x)))

    run = learn(torch, Net(), nn.MSELoss(), torch.randn(32, 6), torch.randn(32, 1)).run
    assert run["network.layers"] == ("first", "again", "last")
    assert run["network.activations"] == ("relu", "relu", "linear")
    assert run["network.parameters.total"] == 91
    assert run["program.look"] == ()


def test_several_optimizers_make_one_step(torch: ModuleType) -> None:
    model, loss = (
        torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)),
        torch.nn.MSELoss(),
    )
    first, second = (
        torch.optim.Adam(model[0].parameters(), 0.01),
        torch.optim.SGD(model[2].parameters(), 0.01),
    )
    inputs, targets = torch.randn(70, 4), torch.randn(70, 1)
    with watch_torch(model, [first, second], loss, every=1) as watch:
        for _ in range(5):
            first.zero_grad(), second.zero_grad()
            loss(model(inputs), targets).backward()
            first.step(), second.step()
    run = watch.run
    assert run["program.updates"] == 5
    assert np.isfinite(run["start.gradient.norm"]).all()
    assert np.isfinite(run["sounding.update.ratio"]).all()


def test_any_optimizer_where_none_is_given(torch: ModuleType) -> None:
    model, other, loss = torch.nn.Linear(4, 1), torch.nn.Linear(4, 1), torch.nn.MSELoss()
    own, foreign = torch.optim.SGD(model.parameters(), 0.1), torch.optim.SGD(other.parameters(), 0.1)
    with watch_torch(model, None, loss) as watch:
        for _ in range(3):
            loss(model(torch.ones(8, 4)), torch.ones(8, 1)).backward()
            own.step(), foreign.step(), foreign.step()
    assert watch.run["program.updates"] == 3
    own.step()
    assert watch.run["program.updates"] == 3


def test_a_closure_makes_its_own_passes(torch: ModuleType) -> None:
    model, loss = torch.nn.Linear(4, 1), torch.nn.MSELoss()
    optimizer = torch.optim.LBFGS(model.parameters(), 0.1, max_iter=3)
    inputs, targets = torch.randn(64, 4), torch.randn(64, 1)

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss(model(inputs), targets)
        value.backward()
        return value

    with watch_torch(model, optimizer, loss, every=1) as watch:
        for _ in range(4):
            optimizer.step(closure)
    run = watch.run
    assert run["program.updates"] == 4
    assert np.isfinite(run["sounding.update.ratio"]).all()
    assert np.isfinite(run["sounding.gradient.norm"]).all()


def test_a_loss_that_is_a_function(torch: ModuleType) -> None:
    model, loss = torch.nn.Linear(4, 3), torch.nn.functional.cross_entropy
    run = learn(torch, model, loss, torch.randn(32, 4), torch.arange(32) % 3).run
    assert run["loss.name"] == "cross_entropy"
    assert run["program.updates"] == 4
    assert run["data.input.shape"] == (4,)
    assert "curve.loss.train" not in run
    assert run["program.look"][0].startswith(
        "The loss is a function: its values and the targets were not seen"
    )


@pytest.mark.parametrize("seen", [None, lambda a, b: (a - b).square().mean()])
def test_a_loss_that_nobody_knows(torch: ModuleType, seen: Any) -> None:
    watch = learn(
        torch, torch.nn.Linear(4, 1), torch.nn.MSELoss(), torch.randn(8, 4), torch.randn(8, 1), seen=seen
    )
    assert "loss.name" not in watch.run
    assert watch.run["program.updates"] == 4
    assert len(watch.run["program.look"]) == 1
    assert watch.findings is not None


def test_a_loss_of_another_kind_keeps_its_curve(torch: ModuleType) -> None:
    loss = torch.nn.PoissonNLLLoss()
    run = learn(torch, torch.nn.Linear(4, 1), loss, torch.randn(8, 4), torch.ones(8, 1)).run
    assert len(run["curve.loss.train"]) == 1
    assert run["program.look"] == ("The loss PoissonNLLLoss is not one whose arithmetic is known here.",)


def test_a_generator_without_length(torch: ModuleType) -> None:
    class Endless(torch.utils.data.IterableDataset):  # type: ignore[name-defined,misc]
        def __iter__(self) -> Any:
            for number in range(40):
                yield torch.full((4,), float(number)), torch.ones(1)

    loader = torch.utils.data.DataLoader(Endless(), batch_size=8)
    model, loss = torch.nn.Linear(4, 1), torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), 1e-4)
    with watch_torch(model, optimizer, loss, data=loader) as watch:
        for _ in range(3):
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss(model(inputs), targets).backward()
                optimizer.step()
            with torch.no_grad():
                loss(model(inputs), targets)
    run = watch.run
    assert run.epochs == 3
    assert run["data.rows.train"] == 40
    assert run["data.input.high"].tolist() == [39.0] * 4
    assert any("no length" in words for words in run["program.look"])


def test_nothing_is_finite(torch: ModuleType) -> None:
    inputs, targets = torch.full((32, 4), torch.nan), torch.full((32, 1), torch.nan)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Sigmoid(), torch.nn.Linear(3, 1))
    watch = learn(torch, model, torch.nn.MSELoss(), inputs, targets)
    run = watch.run
    assert (run["stop.reason"], run["stop.not_finite_step"]) == ("not finite", 1)
    assert run["data.input.not_finite"] == 4 * 128
    assert {"not_finite_loss", "inputs_not_finite"} <= set(watch.findings.faults)
    assert "rule_failed" not in watch.findings.faults


def test_one_row(torch: ModuleType) -> None:
    watch = learn(
        torch, torch.nn.Linear(4, 3), torch.nn.CrossEntropyLoss(), torch.randn(1, 4), torch.tensor([2])
    )
    assert watch.run["program.batch"] == 1
    assert "rule_failed" not in watch.findings.faults


@pytest.mark.parametrize("form", ["tuple", "dict", "object"])
def test_outputs_of_several_forms(torch: ModuleType, form: str) -> None:
    nn = torch.nn

    class Answer:
        def __init__(self, scores: Any) -> None:
            self.scores = scores

    class Net(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.last = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            hidden = torch.tanh(self.hidden(x))
            scores = self.last(hidden)
            if form == "object":
                return Answer(scores)
            return (scores, hidden) if form == "tuple" else {"hidden": hidden, "logits": scores}

    class Loss(nn.CrossEntropyLoss):  # type: ignore[name-defined,misc]
        def forward(self, outputs: Any, targets: Any) -> Any:
            scores = outputs.scores if form == "object" else outputs["logits" if form == "dict" else 0]
            return super().forward(scores, targets)

    run = learn(torch, Net(), Loss(), torch.randn(32, 4), torch.arange(32) % 3).run
    assert run["network.layers"] == ("hidden", "last")
    assert run["program.updates"] == 4
    if form != "object":
        assert run["network.outputs"] == 3
        assert run["network.activations"] == ("tanh", "linear")
        assert run["target.form"] == "codes"


def test_frozen_layers(torch: ModuleType) -> None:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    model[0].requires_grad_(False)
    run = learn(torch, model, nn.MSELoss(), torch.randn(64, 4), torch.randn(64, 1), every=1).run
    assert run["network.activations"] == ("relu", "linear")
    assert run["network.nonlinear"] == 1
    assert np.isnan(run["sounding.gradient.norm"][0, 0])
    assert np.isnan(run["sounding.update.ratio"][0, 0])
    assert np.isfinite(run["sounding.gradient.norm"][0, 1])


def test_a_frozen_layer_hides_functions(torch: ModuleType) -> None:
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 1)
            self.body.requires_grad_(False)

        def forward(self, x: Any) -> Any:
            return self.head(torch.relu(self.body(x)))

    watch = learn(torch, Net(), nn.MSELoss(), torch.randn(16, 4), torch.randn(16, 1))
    assert "network.nonlinear" not in watch.run
    assert watch.run["network.activations"] == ("unknown", "linear")
    assert "no_nonlinearity" not in watch.findings.faults


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_another_dtype(torch: ModuleType, dtype: str) -> None:
    kind = getattr(torch, dtype)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)).to(kind)
    run = learn(
        torch, model, torch.nn.MSELoss(), torch.randn(64, 4, dtype=kind), torch.randn(64, 1, dtype=kind)
    ).run
    assert np.isfinite(run["sounding.activation.mean"]).all()
    assert run["program.look"] == ()


@pytest.mark.parametrize(
    "kind", ["LSTM", "GRU", "MultiheadAttention", "TransformerEncoderLayer", "Embedding"]
)
def test_sequences(torch: ModuleType, kind: str) -> None:
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            made = {
                "LSTM": lambda: nn.LSTM(8, 8, batch_first=True), "GRU": lambda: nn.GRU(8, 8, batch_first=True),
                "MultiheadAttention": lambda: nn.MultiheadAttention(8, 2, batch_first=True),
                "TransformerEncoderLayer": lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
                "Embedding": lambda: nn.Embedding(20, 8),
            }  # fmt: skip
            self.body, self.head = made[kind](), nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            if kind == "MultiheadAttention":
                return self.head(self.body(x, x, x)[0].mean(1))
            found = self.body(x)
            found = found[0] if kind in ("LSTM", "GRU") else found
            return self.head(found.mean(1))

    inputs = torch.randint(0, 20, (16, 5)) if kind == "Embedding" else torch.randn(16, 5, 8)
    run = learn(torch, Net(), nn.CrossEntropyLoss(), inputs, torch.arange(16) % 3).run
    assert run["program.look"] == ()
    assert run["network.nonlinear"] == int(kind != "Embedding")
    assert run["network.outputs"] == 3
    assert ("data.input.mean" in run) == (kind != "Embedding")


def test_an_error_of_the_network_stays_its_own(torch: ModuleType) -> None:
    model, loss = (
        torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)),
        torch.nn.MSELoss(),
    )
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch_torch(model, optimizer, loss) as watch:
        with pytest.raises(RuntimeError, match="mat1 and mat2 shapes"):
            model(torch.ones(2, 5))
        for _ in range(2):
            loss(model(torch.ones(64, 4)), torch.ones(64, 1)).backward()
            optimizer.step()
    assert watch.run["network.layers"] == ("0.dense", "2.dense")
    assert not any(one._forward_hooks for one in model.modules())


def test_a_failure_of_the_watch_is_told(torch: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.adapters.torch_sounding import Sounder

    def broken(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(Sounder, "_learn", broken)
    monkeypatch.setattr(Sounder, "finish", broken)
    run = learn(torch, torch.nn.Linear(4, 1), torch.nn.MSELoss(), torch.randn(64, 4), torch.randn(64, 1)).run
    assert len(run["curve.loss.train"]) == 1
    assert "Watching activations ended: RuntimeError: planted." in run["program.look"]


def test_a_compiled_network_is_not_hooked(torch: ModuleType) -> None:
    model = torch.nn.Linear(4, 1)
    model._compiled_call_impl = None
    model.compile(backend="eager")
    watch = watch_torch(model, None, torch.nn.MSELoss())
    watch.close()
    assert "activations" in watch.guard.ended
