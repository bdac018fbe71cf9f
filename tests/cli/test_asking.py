"""What is typed becomes choices: numbers, lists, optimizers over the usual or the written one."""

from __future__ import annotations

import pytest

from leadline.asking import Asked
from leadline.choices import usual_optimizer
from leadline.core.errors import DataError, RecipeError
from leadline.models import mlp
from leadline.nn.combine import Sequential

USUAL = usual_optimizer(mlp(3), steps=3)  # of iris: three steps an epoch


def choices(**asked):
    return dict(Asked("iris", **asked).open().choices)


def test_nothing_asked_is_nothing_chosen():
    opened = Asked("iris").open()
    assert (dict(opened.choices), opened.network) == ({}, None)


def test_training_choices_are_numbers():
    words = {"epochs": 3, "batch_size": "16", "class_weights": "1,2,0.5", "patience": None}
    assert choices(training=words) == {"epochs": 3, "batch_size": 16, "class_weights": (1.0, 2.0, 0.5)}
    assert choices(training={"batch_size": "full"}) == {"batch_size": "full"}


def test_no_patience_turns_early_stopping_off():
    assert choices(training={"patience": 0}) == {"early_stopping": False}


def test_a_seed_is_that_of_split_and_training():
    opened = Asked("iris", seed=5).open()
    assert opened.choices["seed"] == 5
    assert opened.data.source["seed"] == 5


def test_another_rate_keeps_the_usual_optimizer():
    made = choices(optimizer={"learning_rate": 0.5})["optimizer"]
    assert made == USUAL.with_rate(0.5)


def test_another_optimizer_takes_its_own_rate_and_keeps_the_schedule():
    made = choices(optimizer={"name": "nesterov"})["optimizer"]
    assert (made.name, made.learning_rate, made.options) == ("sgd", 0.01, {"momentum": 0.9, "nesterov": True})
    assert made.schedule == USUAL.schedule
    assert choices(optimizer={"name": "sgd", "schedule": "constant"})["optimizer"].schedule.name == "constant"


def test_a_written_optimizer_is_changed_only_where_asked(tmp_path):
    file = tmp_path / "r.toml"
    file.write_text(
        '[data]\nsource = "iris"\n[optimizer]\nname = "adam"\nlearning_rate = 0.2\nb1 = 0.5\n'
        'schedule = { name = "step_decay", every = 3 }\n'
    )
    made = Asked(str(file), optimizer={"learning_rate": 0.1}).open().choices["optimizer"]
    assert (made.name, made.learning_rate, made.options["b1"], made.schedule.every) == ("adam", 0.1, 0.5, 3)


def test_warmup_is_a_schedule():
    schedule = choices(optimizer={"schedule": "warmup"})["optimizer"].schedule
    assert (schedule.name, schedule.warmup) == ("constant", 1.0)


def test_widths_make_a_network():
    network = Asked("iris", network="7-5").open().network
    assert isinstance(network, Sequential)
    assert network.output_shape((4,)) == (3,)
    widths = [layer.units for layer in network.layers if hasattr(layer, "units")]
    assert widths == [7, 5, 3]


def test_data_options_are_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = Asked("iris", data={"split": "0.5,0.25,0.25"}).open()
    assert opened.data.split.sizes[0] < 80
    rows = "a,b,c,kind\n" + "".join(f"{n},{n % 3},{n % 5},{n % 2}\n" for n in range(40))
    (tmp_path / "t.csv").write_text(rows)
    opened = Asked("t.csv", data={"target": "kind", "drop": ["a, b"]}).open()
    assert opened.data.source["drop"] == ["a", "b"]
    (tmp_path / "notes.md").write_text("so the folder is none of tables alone")
    with pytest.raises(DataError, match="a folder"):
        Asked(str(tmp_path), data={"target": "kind"}).open()


def test_every_mistake_is_told():
    with pytest.raises(RecipeError) as told:
        Asked("iris", training={"epochs": 0}, optimizer={"name": "adem"}, network="x", seed=-1).open()
    assert {problem.where for problem in told.value.problems} == {
        "--epochs", "--optimizer", "--network", "--seed"
    }  # fmt: skip


def test_an_unknown_optimizer_hides_no_other_mistake():
    with pytest.raises(RecipeError) as caught:
        Asked("iris", optimizer={"name": "adm", "learning_rate": float("nan")}).open()
    assert {problem.where for problem in caught.value.problems} == {"--optimizer", "--learning-rate"}
