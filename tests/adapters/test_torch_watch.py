"""A watch beside real PyTorch loops: soundings against those computed by hand, and nothing changed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from leadline.adapters.torch_watch import TorchWatch, watch_torch
from leadline.record.store import load_findings, load_run


def rows(torch: ModuleType, number: int = 256, features: int = 6, classes: int = 3) -> tuple[Any, Any]:
    torch.manual_seed(0)
    inputs = torch.randn(number, features)
    return inputs, (inputs @ torch.randn(features, classes)).argmax(1)


def network(torch: ModuleType, *end: Any) -> Any:
    nn = torch.nn
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3), *end)


def loop(
    model: Any,
    optimizer: Any,
    loss: Any,
    data: tuple[Any, Any],
    epochs: int = 2,
    batch: int = 64,
    after: Any = None,
) -> None:
    inputs, targets = data
    for _ in range(epochs):
        for at in range(0, len(inputs), batch):
            optimizer.zero_grad()
            value = loss(model(inputs[at : at + batch]), targets[at : at + batch])
            value.backward()
            optimizer.step()
        if after is not None:
            after()


def watched(torch: ModuleType, model: Any, loss: Any, data: tuple[Any, Any], **choices: Any) -> TorchWatch:
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    with watch_torch(model, optimizer, loss, **choices) as watch:
        loop(model, optimizer, loss, data, after=watch.epoch)
    return watch


def test_the_training_is_the_same_to_the_last_digit(torch: ModuleType) -> None:
    data, states = rows(torch), []
    for watching in (False, True):
        model = network(torch, torch.nn.Dropout(0.3))
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        loss = torch.nn.CrossEntropyLoss()
        torch.manual_seed(2)
        if watching:
            with watch_torch(model, optimizer, loss, every=1):
                loop(model, optimizer, loss, data)
        else:
            loop(model, optimizer, loss, data)
        states.append([one.detach().clone() for one in model.parameters()])
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
        assert not optimizer._optimizer_step_pre_hooks
        assert not loss._forward_hooks
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))


def test_soundings_are_those_computed_by_hand(torch: ModuleType) -> None:
    inputs, targets = rows(torch, 64)
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    hidden = torch.relu(model[0](inputs)).detach()
    second = torch.tanh(model[2](hidden)).detach()
    before = [one.detach().clone() for one in model.parameters()]
    with watch_torch(model, optimizer, loss, every=1) as watch:
        loop(model, optimizer, loss, (inputs, targets), epochs=1)
    run = watch.run
    assert run["network.layers"] == ("0.dense", "2.dense", "4.dense")
    assert run["network.activations"] == ("relu", "tanh", "linear")
    sounding = {
        name: run[f"sounding.activation.{name}"][0]
        for name in ("mean", "spread", "zeros", "saturated", "dead")
    }
    assert sounding["mean"][:2] == pytest.approx(
        [hidden.mean().item(), second.mean().item()], rel=1e-4, abs=1e-7
    )
    assert sounding["spread"][0] == pytest.approx(hidden.std(correction=0).item(), rel=1e-4)
    assert sounding["zeros"][0] == pytest.approx((hidden == 0).float().mean().item())
    assert sounding["saturated"][1] == pytest.approx((second.abs() > 0.98).float().mean().item())
    assert sounding["dead"][0] == pytest.approx((hidden == 0).all(0).float().mean().item())
    assert run["sounding.rows"] == 64
    gradients = [one.grad for one in model.parameters()]
    norms = [
        torch.cat([a.ravel(), b.ravel()]).norm().item()
        for a, b in zip(gradients[::2], gradients[1::2], strict=True)
    ]
    np.testing.assert_allclose(run["sounding.gradient.norm"][0], norms, rtol=1e-5)
    np.testing.assert_allclose(run["start.gradient.norm"], norms, rtol=1e-5)
    moved = [(a.detach() - b).ravel() for a, b in zip(model.parameters(), before, strict=True)]
    ratios = [
        (
            torch.cat(moved[at : at + 2]).norm()
            / torch.cat([one.ravel() for one in before[at : at + 2]]).norm()
        ).item()
        for at in (0, 2, 4)
    ]
    np.testing.assert_allclose(run["sounding.update.ratio"][0], ratios, rtol=1e-4)
    assert run["start.loss"] == pytest.approx(np.log(3), abs=0.5)


def test_channels_are_units_and_functions_are_activations(torch: ModuleType) -> None:
    nn, f = torch.nn, torch.nn.functional

    class Net(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.norm = nn.BatchNorm2d(4)
            self.out = nn.Linear(4 * 36, 5)

        def forward(self, inputs: Any) -> Any:
            hidden = f.relu(self.norm(self.conv(inputs)), inplace=True)
            return f.softmax(self.out(hidden.flatten(1)), dim=1)

    torch.manual_seed(0)
    model = Net()
    with torch.no_grad():
        model.norm.bias[1] = -100.0  # a dead channel
    inputs, targets = (
        torch.randn(64, 3, 8, 8) + torch.tensor([0.0, 5.0, 0.0])[:, None, None],
        torch.arange(64) % 5,
    )
    watch = watched(torch, model, nn.CrossEntropyLoss(), (inputs, targets))
    run = watch.run
    assert run["network.kinds"] == ("conv", "batch_norm", "dense")
    assert run["network.activations"] == ("linear", "relu", "softmax")
    assert run["network.shapes"] == ("6 x 6 x 4", "6 x 6 x 4", "5")
    assert run["network.output_activation"] == "softmax"
    assert run["network.nonlinear"] == 1
    assert run["sounding.activation.dead"][0, 1] == 0.25
    np.testing.assert_allclose(run["data.input.mean"], [0, 5, 0], atol=0.1)
    assert run["data.input.shape"] == (8, 8, 3)
    assert "softmax_twice" in watch.findings.faults
    assert run["plan.words"][0].endswith("Leadline and Keras call that momentum 0.9.")


def test_a_network_without_bends_is_told(torch: ModuleType) -> None:
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(6, 8), nn.Dropout(0.2), nn.BatchNorm1d(8), nn.Linear(8, 3), nn.LogSoftmax(1)
    )
    run = watched(torch, model, nn.NLLLoss(), rows(torch)).run
    assert run["network.nonlinear"] == 0
    assert run["network.output_activation"] == "log_softmax"
    assert run["loss.reads"] == "scores"


def test_a_function_nobody_knows_is_no_lack_of_bends(torch: ModuleType) -> None:
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(6, 8), nn.Linear(8, 3)

        def forward(self, inputs: Any) -> Any:
            return self.last(torch.sin(self.first(inputs)))

    assert watched(torch, Net(), nn.CrossEntropyLoss(), rows(torch)).run["network.nonlinear"] == 1


def test_curves_and_scores_of_an_ordinary_loop(torch: ModuleType) -> None:
    inputs, targets = rows(torch, 320)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs[:256], targets[:256]), 50)
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    losses, validated, scored = [], [], []
    with watch_torch(model, optimizer, loss, data=loader, validation=range(64), epochs=3) as watch:
        for _ in range(3):
            model.train()
            losses.append([])
            for batch, known in loader:
                optimizer.zero_grad()
                value = loss(model(batch), known)
                value.backward()
                optimizer.step()
                losses[-1].append(value.item())
            model.eval()
            with torch.no_grad():
                outputs = torch.cat([model(inputs[at : at + 32]) for at in (256, 288)])
                parts = [loss(outputs[at : at + 32], targets[256 + at : 288 + at]) for at in (0, 32)]
            validated.append(np.mean([one.item() for one in parts]))
            scored.append((outputs.argmax(1) == targets[256:]).float().mean().item())
    run = watch.run
    np.testing.assert_allclose(run["curve.loss.train"], [np.mean(one) for one in losses], rtol=1e-5)
    np.testing.assert_allclose(run["curve.loss.validation"], validated, rtol=1e-5)
    np.testing.assert_allclose(run["curve.score.validation"], scored, rtol=1e-5)
    assert run["start.loss"] == pytest.approx(losses[0][0])
    assert (run["start.rows"], run["program.batch"], run["program.updates"]) == (50, 50, 18)
    assert (run["data.rows.train"], run["data.rows.validation"]) == (256, 64)
    assert run["stop.reason"] == "epochs"
    assert run["recipe"]["optimizer"]["name"] == "adam"
    assert run["recipe"]["optimizer"]["learning_rate"] == 0.02
    assert run["data.class_count.train"].tolist() == np.bincount(targets[:256].numpy()).tolist()
    assert run["target.form"] == "codes"
    assert run["program.look"] == ()


def test_what_is_saved_comes_back(torch: ModuleType, tmp_path: Any) -> None:
    watch = watched(torch, network(torch, torch.nn.Softmax(1)), torch.nn.CrossEntropyLoss(), rows(torch))
    folder = watch.save(tmp_path / "run")
    assert watch.save(tmp_path / "run") == folder
    assert load_run(folder)["program.updates"] == 8
    assert load_findings(folder).faults == watch.findings.faults
    assert "Softmax is applied twice" in watch.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert str(watch).startswith("Watched 8 steps, 2 epochs, loss ")


def test_a_watch_can_be_asked_while_it_goes_on(torch: ModuleType) -> None:
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watch = watch_torch(model, optimizer, loss, epochs=2)
    assert watch.run.epochs == 0
    loop(model, optimizer, loss, rows(torch), epochs=1, after=watch.epoch)
    assert watch.run.epochs == 1
    assert "stop.reason" not in watch.run  # nothing that is said of an end holds yet
    loop(model, optimizer, loss, rows(torch), epochs=1, after=watch.epoch)
    watch.close()
    watch.close()
    assert watch.run.epochs == 2
    assert watch.run["stop.reason"] == "epochs"


@pytest.mark.parametrize("short", [True, False])
def test_an_interrupted_training_is_told(torch: ModuleType, short: bool) -> None:
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watch = watch_torch(model, optimizer, loss, epochs=3 if short else None)
    try:
        with watch:
            loop(model, optimizer, loss, rows(torch), epochs=1, after=watch.epoch)
            if not short:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert watch.run["stop.reason"] == "interrupted"


def test_small_batches_are_gathered(torch: ModuleType) -> None:
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch_torch(model, optimizer, loss) as watch:
        loop(model, optimizer, loss, rows(torch), batch=16)
    assert watch.run["sounding.rows"] == 64
    assert np.isfinite(watch.run["sounding.update.ratio"]).all()


def test_gradients_may_be_accumulated(torch: ModuleType) -> None:
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    inputs, targets = rows(torch)
    with watch_torch(model, optimizer, loss) as watch:
        for at in range(0, 256, 16):
            loss(model(inputs[at : at + 16]), targets[at : at + 16]).backward()
            if at % 64 == 48:
                optimizer.step()
                optimizer.zero_grad()
    assert watch.run["program.updates"] == 4
    assert watch.run.epochs == 1
    assert len(watch.passes.course.losses) == 16


def test_an_evaluation_with_gradients_is_no_learning(torch: ModuleType) -> None:
    model, loss = network(torch, torch.nn.Dropout(0.1)), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    inputs, targets = rows(torch)

    def judge() -> None:
        for at in range(0, 256, 64):
            loss(model(inputs[at : at + 64]), targets[at : at + 64])

    with watch_torch(model, optimizer, loss) as watch:
        loop(model, optimizer, loss, (inputs, targets), epochs=3, after=judge)
    assert watch.run.epochs == 3
    assert len(watch.passes.course.losses) == 12
    assert len(watch.run["curve.loss.validation"]) == 3
    assert any("training mode in 12 of 12 passes that judged" in words for words in watch.run["program.look"])


def test_learning_in_eval_mode_is_told(torch: ModuleType) -> None:
    model = network(torch, torch.nn.Dropout(0.5)).eval()
    run = watched(torch, model, torch.nn.CrossEntropyLoss(), rows(torch)).run
    assert any("eval mode in 8 of 8 passes that learned" in words for words in run["program.look"])
    assert run["target.form"] == "codes"
    assert run["data.input.shape"] == (6,)


def test_between_soundings_only_the_loss_and_the_end_of_a_step_are_hooked(torch: ModuleType) -> None:
    data = rows(torch)
    model, loss = network(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    hooked = []
    optimizer.register_step_post_hook(lambda *_: hooked.append(bool(model._forward_pre_hooks)))
    with watch_torch(model, optimizer, loss, every=40) as watch:
        for _ in range(25):
            loop(model, optimizer, loss, data)
            watch.epoch()
    steps = len(hooked)
    assert watch.run["program.updates"] == steps
    assert 0.02 < np.mean(hooked[steps // 5 :]) < 0.3
    apart = np.diff([one.at for one in watch.sounder.taken])
    assert len(apart) >= steps // 50
    assert (apart >= 40).all()
    assert (apart < 48).all()


def test_an_optimizer_with_closures_may_follow_another(torch: ModuleType) -> None:
    data, loss, model = rows(torch), torch.nn.CrossEntropyLoss(), network(torch)
    first, second = torch.optim.Adam(model.parameters(), 0.01), torch.optim.LBFGS(model.parameters(), 0.1)

    def closure() -> Any:
        second.zero_grad()
        value = loss(model(data[0]), data[1])
        value.backward()
        return value

    with watch_torch(model, [first, second], loss, every=5) as watch:
        for _ in range(6):
            loop(model, first, loss, data)
            watch.epoch()
        adam_steps = watch.passes.steps
        for _ in range(20):
            second.step(closure)
    assert watch.passes.steps == adam_steps + 20
    assert not watch.run.get("program.look", ())
    assert max(one.at for one in watch.sounder.taken) > adam_steps
