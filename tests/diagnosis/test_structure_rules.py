"""Rules on what layers see, on batch norm, copies, near rows and augmentation: planted, near misses, and real ones."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

import leadline as ll
from leadline.diagnosis import diagnose, rules_by_fault
from leadline.diagnosis.planted import built, dense, planted, program
from leadline.diagnosis.rules import (
    correlated_features,
    nearly_shared_rows,
    shifted_augmentation,
    small_batch_norm,
    small_field,
    window_beyond_image,
)
from leadline.record.run import Run
from leadline.soundings.dataset import dataset_facts
from leadline.soundings.structure import structure_facts

DATA = os.environ.get("LEADLINE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LEADLINE_DATA does not name the folder of real data sets")
OWN = (
    "correlated_features", "nearly_shared_rows", "shifted_augmentation", "small_batch_norm", "small_field",
    "window_beyond_image",
)  # fmt: skip


def seen(layers: list[object], shape: tuple[int, ...] = (8, 8, 1)) -> Run:
    """Return a run of what is written of a network, as a recipe and as it is measured."""
    network = ll.Sequential(layers)
    return Run(
        {
            **structure_facts(network, shape),
            "data.input.shape": list(shape),
            "data.rows.train": 1000,
            "recipe": {"training": {"batch_size": 32}, "network": ll.nn.spec.to_spec(network)},
        }
    )


def lenet() -> list[object]:
    first = [ll.Conv(6, 5, ll.relu), ll.MaxPool(2), ll.Conv(16, 5, ll.relu, padding="valid"), ll.MaxPool(2)]
    return [*first, ll.Flatten(), ll.Dense(84, ll.relu), ll.Dense(10)]


def for_digits() -> list[object]:
    return [ll.Conv(6, 3, ll.relu), ll.MaxPool(2), ll.Conv(16, 3, ll.relu), ll.Flatten(), ll.Dense(10)]


def resnet() -> list[object]:
    def block(channels: int, stride: int) -> object:
        inside = [
            ll.Conv(channels, 3, stride=stride),
            ll.BatchNorm(),
            ll.Activate("relu"),
            ll.Conv(channels, 3),
        ]
        return ll.Residual(inside, ll.relu, project=True)

    stages = [block(c, 2 if c > 16 and not at else 1) for c in (16, 32, 64) for at in range(3)]
    return [
        ll.Conv(16, 3),
        ll.BatchNorm(),
        ll.Activate("relu"),
        *stages,
        ll.GlobalAveragePool(),
        ll.Dense(10),
    ]


def healthy_networks() -> dict[str, tuple[list[object], tuple[int, ...]]]:
    small = [ll.Conv(16, 3, ll.relu), ll.BatchNorm(), ll.MaxPool(2), ll.Conv(32, 3, ll.relu), ll.MaxPool(2)]
    return {
        "lenet": (lenet(), (28, 28, 1)),
        "small": (for_digits(), (8, 8, 1)),
        "resnet": (resnet(), (32, 32, 3)),
        "resnet on digits": (resnet(), (8, 8, 1)),
        "pooled": ([*small, ll.Conv(64, 3, ll.relu), ll.GlobalAveragePool(), ll.Dense(10)], (28, 28, 1)),
        "flat": ([*small, ll.Flatten(), ll.Dense(10)], (8, 8, 1)),
        "one kernel": ([ll.Conv(4, 3), ll.Flatten(), ll.Dense(2)], (28, 28, 1)),
        "sequence": ([ll.Conv(16, 9, ll.relu), ll.GlobalAveragePool(), ll.Dense(2)], (500, 1)),
        "dense": ([ll.Dense(16, ll.relu), ll.BatchNorm(), ll.Dense(2)], (9,)),
    }


@pytest.mark.parametrize("name", healthy_networks())
def test_healthy_networks_show_none_of_it(name):
    found = diagnose(seen(*healthy_networks()[name]), strict=True)
    assert not set(found.faults) & set(OWN)


@pytest.mark.parametrize("fault", OWN)
def test_needed_quantities_are_needed(fault):
    rule = rules_by_fault()[fault]
    run = rule.example()
    assert rule.find(run) is not None
    for name in rule.needs:
        assert rule.find(Run({key: value for key, value in run.values.items() if key != name})) is None


# window_beyond_image


def pooled_away(last: object) -> list[object]:
    three = [one for channels in (8, 16, 32) for one in (ll.Conv(channels, 3, ll.relu), ll.MaxPool(2))]
    return [*three, last, ll.Flatten(), ll.Dense(10)]


def test_window_beyond_image_found_behind_poolings():
    found = window_beyond_image.find(seen(pooled_away(ll.Conv(32, 3, ll.relu))))
    assert (found.severity, found.where, found.certain) == ("warning", "6.conv", True)
    assert "89% of the weights meet only padding" in found.evidence
    layers = found.remedy.changes["network.layers"]
    assert layers[6]["kernel"] == 1
    assert [layer.get("kernel", 3) for layer in layers[:6:2]] == [3, 3, 3]
    assert window_beyond_image.find(seen([ll.nn.spec.from_spec(layer) for layer in layers])) is None
    fewer = found.others[0].changes["network.layers"]
    assert len(fewer) == len(layers) - 1
    assert window_beyond_image.find(seen([ll.nn.spec.from_spec(layer) for layer in fewer])) is None


def test_window_beyond_image_found_as_a_hint_where_few_weights_are_idle():
    found = window_beyond_image.find(seen([ll.Conv(4, 7), ll.Flatten(), ll.Dense(2)], (3, 3, 1)))
    assert found.severity == "hint"
    assert found.remedy.changes["network.layers"][0]["kernel"] == 5


def test_window_beyond_image_quiet_where_every_weight_meets_an_input():
    assert window_beyond_image.find(seen(pooled_away(ll.Conv(32, 1, ll.relu)))) is None
    assert window_beyond_image.find(seen([ll.Conv(4, 3), ll.Flatten(), ll.Dense(2)], (2, 2, 1))) is None
    assert window_beyond_image.find(seen([ll.Conv(4, (5, 1)), ll.Flatten(), ll.Dense(2)], (90, 1, 1))) is None


def test_window_beyond_image_real():
    found = ll.check(ll.Sequential(pooled_away(ll.Conv(32, 3, ll.relu))), ll.data.digits()).findings
    assert found["window_beyond_image"].severity == "warning"


# small_field


def test_small_field_found_before_a_global_pooling():
    run = seen([ll.Conv(8, 3), ll.Conv(8, 3), ll.GlobalMaxPool(), ll.Dense(10)], (28, 28, 1))
    found = small_field.find(run)
    assert (found.severity, found.where) == ("hint", "2.global_max_pool")
    assert found.evidence == "what is pooled over all places sees 5 of 28 pixels"
    assert [layer["kind"] for layer in found.remedy.changes["network.layers"]] == [
        "conv",
        "conv",
        "flatten",
        "dense",
    ]


def test_small_field_quiet_where_half_is_seen_or_a_dense_layer_sees_all():
    assert small_field.find(seen([ll.Conv(8, 3), ll.Flatten(), ll.Dense(10)], (28, 28, 1))) is None
    halves = [ll.Conv(8, 3), ll.MaxPool(2), ll.GlobalMaxPool(), ll.Dense(10)]
    assert small_field.find(seen(halves)) is None, "4 of 8"
    assert small_field.find(seen([ll.Conv(8, 3), ll.GroupNorm(2), ll.GlobalMaxPool(), ll.Dense(2)])) is None


def test_small_field_real():
    draw = np.random.default_rng(0)
    images, side = np.zeros((600, 12, 12, 1), np.float32), draw.integers(0, 2, 600)
    for row, (right, down, across) in enumerate(zip(side, *draw.integers(2, 5, (2, 600)), strict=True)):
        images[row, down : down + 2, across + 5 * right : across + 5 * right + 2] = (
            1  # the same mark, left or right
        )
    data = ll.data.arrays(images, side, kind="image")
    patches = [ll.Conv(16, 3, ll.relu), ll.GlobalAveragePool(), ll.Dense(2)]
    result = ll.fit(ll.Sequential(patches), data, epochs=8, optimizer=ll.adam(1e-2), seed=0, progress=False)
    assert "small_field" in result.findings.faults
    whole = ll.nn.spec.from_spec(
        {"kind": "sequential", "layers": result.findings["small_field"].remedy.changes["network.layers"]}
    )
    better = ll.fit(whole, data, epochs=8, optimizer=ll.adam(1e-2), seed=0, progress=False)
    assert "small_field" not in better.findings.faults
    assert better.evaluation["accuracy"].value > result.evaluation["accuracy"].value + 0.3
    assert "small_field" not in ll.check("cnn", ll.data.digits()).findings.faults


# small_batch_norm


def normed(size: object, rows: int = 1280, momentum: float = 0.9, **more: object) -> Run:
    layers = (dense(32, "relu"), {"kind": "batch_norm", "momentum": momentum}, dense(3, "softmax"))
    batch = rows if size == "full" else min(int(size), rows)
    return program(built(*layers, batch_size=size), {"program.batch": batch, "data.rows.train": rows, **more})


def test_small_batch_norm_found_over_one_value():
    found = small_batch_norm.find(normed(1))
    assert (found.severity, found.certain, found.where) == ("error", True, "1.batch_norm")
    assert found.remedy.changes == {"training.batch_size": 32}
    assert found.others[0].changes["network.layers"][1] == {"kind": "layer_norm"}


def test_small_batch_norm_found_over_few_values_and_few_rows():
    assert small_batch_norm.find(normed(5)).severity == "warning"
    found = small_batch_norm.find(normed("full", rows=4))
    assert found.remedy.changes["network.layers"][1] == {"kind": "layer_norm"}


def test_small_batch_norm_found_in_the_last_step_where_it_makes_the_running_statistics():
    found = small_batch_norm.find(normed(32, rows=1281, momentum=0.1))
    assert (found.severity, found.certain) == ("warning", False)
    assert "keep 10% of what was before it" in found.evidence
    assert found.remedy.changes["network.layers"][1]["momentum"] == 0.9


def test_small_batch_norm_quiet_on_more_values():
    assert small_batch_norm.find(normed(6)) is None
    assert small_batch_norm.find(normed("full")) is None
    assert small_batch_norm.find(normed(32, rows=1281)) is None, "the usual momentum forgets a single step"
    assert small_batch_norm.find(normed(1, **{"network.shapes": ["32", "4 x 4 x 8", "3"]})) is None


def test_small_batch_norm_real():
    x, y = load_wine(return_X_y=True)
    network = ll.Sequential([ll.Dense(16), ll.BatchNorm(), ll.Activate("relu"), ll.Dense(3)])
    choices = {"epochs": 3, "seed": 0, "progress": False}
    single = ll.fit(network, ll.data.arrays(x, y), batch_size=1, **choices)
    assert single.findings["small_batch_norm"].severity == "error"
    assert "small_batch_norm" not in ll.fit(network, ll.data.arrays(x, y), **choices).findings.faults


def test_small_batch_norm_real_in_the_last_step():
    x, y = load_digits(return_X_y=True)
    scores = []
    for rows in (1216, 1217):  # 38 batches of 32, and one row more
        order = np.random.default_rng(1).permutation(len(x))
        test = x[order[1300:]], y[order[1300:]]
        data = ll.data.arrays(x[order[:rows]], y[order[:rows]], test=test, split=(1.0, 0.0, 0.0))
        layers = [ll.Dense(64), ll.BatchNorm(0.1), ll.Activate("relu"), ll.Dense(10)]
        result = ll.fit(
            ll.Sequential(layers), data, epochs=12, optimizer=ll.adam(3e-3), seed=1, progress=False
        )
        assert data.sizes[0] == rows
        scores.append(result.evaluation["accuracy"].value)
        assert ("small_batch_norm" in result.findings.faults) == (rows == 1217)
    assert scores[1] < scores[0] - 0.03


# correlated_features


def test_correlated_features_found_by_name():
    found = correlated_features.find(rules_by_fault()["correlated_features"].example())
    assert found.severity == "hint"
    assert found.evidence.startswith("'weight_lb' follows 'weight_kg'")
    assert found.remedy.changes == {"data.drop": ["weight_lb"]}


def test_correlated_features_quiet_without_copies():
    assert (
        correlated_features.find(planted({"data.input.copies": np.full(8, -1), "data.input.condition": 1e7}))
        is None
    )


def test_correlated_features_real():
    x, y = load_breast_cancer(return_X_y=True)
    table = pd.DataFrame(x[:, [0, 1, 4, 5]], columns=["radius", "texture", "smooth", "compact"]).assign(
        sick=y
    )
    quiet = ll.check("linear", ll.data.table(table, target="sick")).findings
    assert "correlated_features" not in quiet.faults
    inches = table.assign(radius_in=(table["radius"] / 25.4).round(3))
    found = ll.check("linear", ll.data.table(inches, target="sick")).findings["correlated_features"]
    assert found.remedy.changes == {"data.drop": ["radius_in"]}


@needs_data
def test_correlated_features_quiet_on_titanic_with_columns_told_twice():
    data = ll.data.table(Path(str(DATA)) / "tabular/titanic.csv.gz", target="survived", drop=["alive"])
    assert correlated_features.find(Run(dataset_facts(data))) is None


# nearly_shared_rows


def near(held: int, rows: int = 1000, expected: float = 0.0) -> Run:
    return Run({"data.near.rows": rows, "data.near.held": held, "data.near.expected": expected})


def test_nearly_shared_rows_found_beyond_chance():
    found = nearly_shared_rows.find(near(40, expected=5.0))
    assert found.severity == "warning"
    assert found.evidence.startswith("40 of 1,000 held-out rows")
    assert nearly_shared_rows.find(near(6, rows=60)) is not None


def test_nearly_shared_rows_quiet_where_chance_explains_them_or_few_are():
    assert nearly_shared_rows.find(near(40, expected=30.0)) is None
    assert nearly_shared_rows.find(near(12)) is None
    assert nearly_shared_rows.find(near(2, rows=60)) is None
    assert nearly_shared_rows.find(near(0, rows=60)) is None


def test_nearly_shared_rows_real():
    x, y = load_breast_cancer(return_X_y=True)
    again = x * (1 + 0.002 * np.random.default_rng(0).normal(size=x.shape))
    assert "nearly_shared_rows" not in ll.check("linear", ll.data.arrays(x, y)).findings.faults
    both, twice = np.concatenate([x, again]), np.tile(y, 2)
    found = ll.check("linear", ll.data.arrays(both, twice)).findings
    assert found["nearly_shared_rows"].severity == "warning"
    assert "shared_rows" not in found.faults, "no row is there twice exactly"
    apart = ll.data.arrays(both, twice, groups=np.tile(np.arange(len(x)), 2))
    assert "nearly_shared_rows" not in ll.check("linear", apart).findings.faults


# shifted_augmentation


def test_shifted_augmentation_found_with_layers_without_it():
    found = shifted_augmentation.find(rules_by_fault()["shifted_augmentation"].example())
    assert (found.severity, found.stage, found.where) == ("warning", "B", "0.gaussian_noise")
    assert [layer["kind"] for layer in found.remedy.changes["network.layers"]] == ["dense", "dense"]
    assert found.others[0].changes["network.layers"][0]["spread"] == 1.0


def augmented(shift: float, spread: float) -> Run:
    return program({"start.augmented.shift": np.full(5, shift), "start.augmented.spread": np.full(5, spread)})


def test_shifted_augmentation_found_in_mean_or_spread():
    assert all(shifted_augmentation.find(augmented(*far)) for far in ((0.6, 1.0), (0.0, 2.1), (0.0, 0.45)))


def test_shifted_augmentation_quiet_below_half_a_deviation_and_twice_the_spread():
    assert not any(shifted_augmentation.find(augmented(*far)) for far in ((0.4, 1.9), (0.0, 1.0), (0.3, 0.6)))
    one_seed = {"start.augmented.shift": np.array([0.6, 0.1]), "start.augmented.spread": np.ones(2)}
    assert shifted_augmentation.find(program(one_seed)) is None


@pytest.mark.parametrize(
    ("layer", "wrong"),
    [
        (ll.GaussianNoise(3.0), True),
        (ll.RandomBrightness(2.5), True),
        (ll.GaussianNoise(0.5), False),
        (ll.RandomErasing(0.25), False),
        (ll.RandomShift(1), False),
        (ll.RandomRotation(10), False),
        (ll.RandomFlip(), False),
        (ll.Dropout(0.2), False),
    ],
    ids=repr,
)
def test_shifted_augmentation_real(layer, wrong):
    network = ll.Sequential([layer, ll.Conv(8, 3, ll.relu), ll.Flatten(), ll.Dense(10)])
    found = ll.check(network, ll.data.digits()).findings
    assert ("shifted_augmentation" in found.faults) == wrong
