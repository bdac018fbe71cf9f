"""Faults to plant: each plants what it says, by its seed, where it can; and the rules it names find it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline import faults
from leadline.core.errors import DataError, LeadlineError, RecipeError
from leadline.data import arrays
from leadline.diagnosis.engine import rules_by_fault
from leadline.faults.losses import as_written
from leadline.faults.rewriting import leaves
from leadline.nn import BatchNorm, Dense, Dropout, Residual, Sequential, relu
from leadline.nn.tasks import for_problem
from leadline.program.of_recipe import program_of
from leadline.program.program import Program
from leadline.training.optimizers import adam, sgd
from leadline.training.recipe import Recipe

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
CLASSES, NUMBERS, IMAGES = (faults.healthy(asked) for asked in ("classes", "numbers", "images"))
DROPPED = replace(CLASSES, network=Sequential([Dense(32, relu), Dropout(0.2), Dense(3)]))
Check = Callable[[Program, Program], object]


def counts(program: Program) -> list[int]:
    return np.bincount(np.asarray(program.targets, int)).tolist()


def activations(program: Program) -> list[str]:
    return [leaf.get("activation", "linear") for leaf in leaves(program.network) if leaf["kind"] == "dense"]


def same_rows(planted: Program, sound: Program) -> bool:
    return planted.inputs is sound.inputs and planted.targets is sound.targets


def initializers(program: Program) -> set[str | None]:
    return {leaf.get("initializer") for leaf in leaves(program.network) if leaf["kind"] in ("dense", "conv")}


# Name -> the sound program, settings, and what must hold of (planted, sound), written down by hand.
PLANTS: dict[str, tuple[Program, dict[str, object], Check]] = {
    "double_normalization": (IMAGES, {}, lambda p, s: np.allclose(p.inputs * 255, s.inputs)),
    "flipped_gradient_sign": (CLASSES, {}, lambda p, s: p.loss == replace(s.loss, sign=-1.0) and same_rows(p, s)),
    "lr_too_high": (CLASSES, {"factor": 50}, lambda p, s: p.optimizer == sgd(5.0)),
    "adam_epsilon_too_low": (CLASSES, {}, lambda p, s: p.optimizer == adam(eps=1e-16)),
    "lr_too_low": (NUMBERS, {"factor": 0.01}, lambda p, s: p.optimizer == adam(3e-5)),
    "missing_batchnorm": (
        IMAGES, {}, lambda p, s: p.network.layers == (s.network.layers[0], *s.network.layers[2:])),
    "input_unnormalized": (
        CLASSES, {}, lambda p, s: round(float((p.inputs.std(0) / s.inputs.std(0)).max())) == 1000
        and np.allclose(p.held_out[0].std(0) / s.held_out[0].std(0), p.inputs.std(0) / s.inputs.std(0), rtol=1e-4)),
    "missing_regularization": (CLASSES, {}, lambda p, s: p.l2 == pytest.approx(1e-12)),
    "missing_softmax": (
        CLASSES, {}, lambda p, s: p.loss.reads == "probabilities" and activations(p)[-1] == "linear"),
    "over_regularized": (
        CLASSES, {}, lambda p, s: p.l2 == 0.1 and [layer.kind for layer in p.network.layers][1::2] == ["dropout"] * 2),
    "target_unscaled": (
        NUMBERS, {}, lambda p, s: np.allclose(p.targets, 100 * s.targets + 300)
        and np.allclose(p.held_out[1], 100 * s.held_out[1] + 300)),
    "double_softmax": (CLASSES, {}, lambda p, s: p.loss.reads == "scores" and activations(p)[-1] == "softmax"),
    "class_imbalance": (CLASSES, {}, lambda p, s: counts(p) == [200, 14, 1] and p.held_out is s.held_out),
    "wrong_hidden_activation": (CLASSES, {}, lambda p, s: activations(p) == ["softmax", "softmax", "linear"]),
    "wrong_augmentation": (
        CLASSES, {}, lambda p, s: p.network.layers[0].kind == "gaussian_noise"
        and p.network.layers[0].spread == pytest.approx(3 * s.inputs.std())),
    "constant_init": (CLASSES, {"value": 0.5}, lambda p, s: initializers(p) == {"constant(value=0.5)"}),
    "random_init_bad_scale": (IMAGES, {}, lambda p, s: initializers(p) == {"normal(spread=3.0)"}),
    "labels_shuffled": (
        NUMBERS, {}, lambda p, s: p.inputs is s.inputs and sorted(p.targets) == sorted(s.targets)
        and (p.targets != s.targets).mean() > 0.9),
    "loss_sum_reduction": (CLASSES, {}, lambda p, s: p.loss == replace(s.loss, reduction="sum")),
    "loss_wrong_axis_or_broadcast": (
        CLASSES, {}, lambda p, s: (p.loss.reads, p.loss.axis) == ("probabilities", "rows")
        and np.array_equal(p.targets.argmax(1), s.targets) and activations(p)[-1] == "softmax"),
    "loss_selection": (
        CLASSES, {}, lambda p, s: p.loss.name == "mse" and np.array_equal(p.targets, np.eye(3)[s.targets])),
    "softmax_wrong_axis": (CLASSES, {}, lambda p, s: p.loss == replace(s.loss, axis="rows")),
    "change_label": (
        CLASSES, {"share": 0.1}, lambda p, s: (p.targets != s.targets).sum() == 60 and p.inputs is s.inputs),
    "delete_training_data": (CLASSES, {}, lambda p, s: counts(p) == [20, 20, 20]),
    "unbalance_train_data": (CLASSES, {"share": 0.5}, lambda p, s: counts(p) == [200, 100, 100]),
    "add_noise": (
        CLASSES, {"share": 0.5}, lambda p, s: (p.inputs != s.inputs).all(axis=1).sum() == 300
        and np.isclose(((p.inputs - s.inputs) / s.inputs.std(0)).std(), 3 * np.sqrt(0.5), rtol=0.1)),
    "make_classes_overlap": (
        CLASSES, {}, lambda p, s: {tuple(row) for row in p.inputs[s.targets == 1]}
        & {tuple(row) for row in s.inputs[s.targets == 0]} and (p.inputs != s.inputs).any(axis=1).sum() == 180),
    "change_batch_size": (CLASSES, {}, lambda p, s: p.batch_size == 1),
    "decrease_learning_rate": (CLASSES, {}, lambda p, s: p.optimizer == sgd(0.001)),
    "change_epochs": (CLASSES, {}, lambda p, s: (p.epochs, p.updates) == (1, 19)),
    "disable_batching": (CLASSES, {}, lambda p, s: p.updates == s.epochs),
    "change_activation": (CLASSES, {}, lambda p, s: activations(p) == ["sigmoid", "sigmoid", "linear"]),
    "remove_activation": (CLASSES, {}, lambda p, s: activations(p) == ["linear"] * 3),
    "add_activation": (CLASSES, {}, lambda p, s: activations(p) == ["relu"] * 3),
    "add_weights_regularisation": (CLASSES, {"l2": 0.5}, lambda p, s: p.l2 == 0.5),
    "change_weights_initialisation": (CLASSES, {}, lambda p, s: initializers(p) == {"zeros"}),
    "remove_bias": (IMAGES, {}, lambda p, s: not any(
        leaf.get("bias", True) for leaf in leaves(p.network) if leaf["kind"] in ("dense", "conv"))),
    "change_loss": (NUMBERS, {}, lambda p, s: p.loss == replace(s.loss, name="mae")),
    "change_dropout_rate": (DROPPED, {}, lambda p, s: p.network.layers[1] == Dropout(0.9)),
    "change_optimiser": (NUMBERS, {}, lambda p, s: p.optimizer == sgd()),
    "change_gradient_clip": (CLASSES, {}, lambda p, s: p.clip_norm == 1e-3),
    "remove_validation_set": (CLASSES, {}, lambda p, s: p.held_out is None and same_rows(p, s)),
}  # fmt: skip


def recipe() -> Recipe:
    return Recipe(Sequential([Dense(8, relu), Dropout(0.1), BatchNorm(), Dense(3)]), l2=1e-4)


def data_set(problem: str = "classification"):
    x = np.random.default_rng(0).normal(size=(100, 4))
    return arrays(x, np.arange(100) % 3 if problem == "classification" else x.sum(axis=1), problem=problem)


# What they plant


def test_every_fault_is_checked() -> None:
    assert set(PLANTS) == set(faults.names())


@pytest.mark.parametrize("name", PLANTS)
def test_plants_what_it_says(name: str) -> None:
    sound, chosen, check = PLANTS[name]
    before = (sound.inputs.copy(), sound.targets.copy(), sound.to_spec())
    planted = faults.plant(sound, name, seed=1, **chosen)
    assert check(planted, sound)
    assert np.array_equal(before[0], sound.inputs)
    assert np.array_equal(before[1], sound.targets)
    assert before[2] == sound.to_spec()


@pytest.mark.parametrize("name", PLANTS)
def test_same_seed_plants_the_same(name: str) -> None:
    sound, chosen, _ = PLANTS[name]
    one, two = (faults.plant(sound, name, seed=3, **chosen) for _ in range(2))
    assert one.to_spec() == two.to_spec()
    assert np.array_equal(one.inputs, two.inputs)
    assert np.array_equal(one.targets, two.targets)


@pytest.mark.parametrize(
    "name", ["labels_shuffled", "change_label", "class_imbalance", "add_noise", "input_unnormalized"]
)
def test_another_seed_plants_other_values(name: str) -> None:
    one, two = (faults.plant(CLASSES, name, seed=seed) for seed in (0, 1))
    assert not (np.array_equal(one.inputs, two.inputs) and np.array_equal(one.targets, two.targets))


@settings(max_examples=30)
@given(share=st.floats(0.01, 1.0), seed=st.integers(0, 100))
def test_so_many_labels_change(share: float, seed: int) -> None:
    planted = faults.plant(CLASSES, "change_label", share=share, seed=seed)
    assert (planted.targets != CLASSES.targets).sum() == max(1, round(share * CLASSES.rows))
    assert set(planted.targets) <= set(CLASSES.targets)


@settings(max_examples=30)
@given(least=st.floats(0.001, 1.0), seed=st.integers(0, 100))
def test_rare_classes_keep_a_row(least: float, seed: int) -> None:
    left = counts(faults.plant(CLASSES, "class_imbalance", least=least, seed=seed))
    assert left[0] == 200
    assert left[2] == max(1, round(200 * least))
    assert left == sorted(left, reverse=True)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_shuffling_keeps_every_target(seed: int) -> None:
    planted = faults.plant(NUMBERS, "labels_shuffled", seed=seed)
    assert np.array_equal(np.sort(planted.targets), np.sort(NUMBERS.targets))


@settings(max_examples=20)
@given(factor=st.floats(1.5, 1e4))
def test_rates_there_and_back(factor: float) -> None:
    up = faults.plant(CLASSES, "lr_too_high", factor=factor)
    back = faults.plant(up, "lr_too_low", factor=1 / factor)
    assert back.optimizer.learning_rate == pytest.approx(0.1, rel=1e-4)


def test_one_hot_targets_stay_so() -> None:
    one_hot = CLASSES.changed({"data.targets": "one_hot"})
    planted = faults.plant(one_hot, "change_label", share=0.5)
    assert (planted.targets.sum(axis=1) == 1).all()
    assert (planted.targets.argmax(1) != one_hot.targets.argmax(1)).mean() == 0.5


def test_nested_networks() -> None:
    inner = Residual([Dense(8, relu), BatchNorm(), Dense(8)])
    nested = replace(CLASSES, network=Sequential([Dense(8, relu), inner, Dense(3)]))
    kinds = [leaf["kind"] for leaf in leaves(faults.plant(nested, "missing_batchnorm").network)]
    assert kinds == ["dense"] * 4
    softened = faults.plant(nested, "wrong_hidden_activation")
    assert activations(softened) == ["softmax", "softmax", "softmax", "linear"]


def test_the_other_forms() -> None:
    end = faults.plant(NUMBERS, "wrong_hidden_activation", activation="sigmoid", place="output")
    assert activations(end) == ["relu", "relu", "sigmoid"]
    erased = faults.plant(IMAGES, "wrong_augmentation", kind="erasing")
    assert erased.network.layers[0].kind == "random_erasing"
    assert faults.plant(NUMBERS, "loss_selection").loss.name == "cross_entropy"
    broadcast = faults.plant(NUMBERS, "loss_wrong_axis_or_broadcast")
    outputs = jnp.arange(3.0)[:, None]
    assert broadcast.loss.rows(outputs, jnp.arange(3.0)).tolist() == pytest.approx([5 / 3, 2 / 3, 5 / 3])
    ranged = faults.plant(CLASSES, "double_normalization").inputs
    assert np.ptp(ranged, axis=0) == pytest.approx(np.ones(8), rel=1e-5)
    kept = faults.plant(NUMBERS, "adam_epsilon_too_low", learning_rate=0.5).optimizer
    assert (kept.learning_rate, kept.options["eps"]) == (0.5, 1e-16)


# Recipes, data sets, tasks


@pytest.mark.parametrize("name", [name for name, fault in faults.catalogue.items() if "a recipe" in fault.on])
def test_planted_in_a_recipe(name: str) -> None:
    assert faults.plant(recipe(), name) != recipe()


def test_recipes_give_the_same_faulty_program() -> None:
    data = data_set()
    task = for_problem("classification", 3, 3)
    planted = faults.plant(recipe(), "change_epochs")
    assert (
        program_of(planted, data, task).epochs
        == faults.plant(program_of(recipe(), data, task), "change_epochs").epochs
    )
    assert faults.plant(recipe(), "disable_batching").batch_size == "full"


@pytest.mark.parametrize(
    "name", [name for name, fault in faults.catalogue.items() if "a data set" in fault.on]
)
def test_planted_in_a_data_set(name: str) -> None:
    sound = data_set()
    planted = faults.plant(sound, name, seed=2)
    own, other = sound.parts, planted.parts
    changed = len(own["train"].rows) != len(other["train"].rows) or any(
        not np.array_equal(getattr(own["train"], field), getattr(other["train"], field))
        for field in ("inputs", "targets")
    )
    assert changed != (name == "remove_validation_set")
    for part in ("test",) if name == "remove_validation_set" else ("validation", "test"):
        assert np.array_equal(own[part].inputs, other[part].inputs)
        assert np.array_equal(own[part].targets, other[part].targets)


def test_data_set_and_program_lose_the_same_rows() -> None:
    data = data_set()
    program = program_of(Recipe(Sequential([Dense(3)])), data, for_problem("classification", 3, 3))
    for name in ("delete_training_data", "class_imbalance", "labels_shuffled", "make_classes_overlap"):
        of_data = faults.plant(data, name, seed=4).parts["train"]
        of_program = faults.plant(program, name, seed=4)
        assert np.array_equal(of_data.targets, of_program.targets)
        assert np.array_equal(of_data.inputs, of_program.inputs)


def test_tables_and_images_get_noise() -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": np.arange(60.0), "b": ["x", "y"] * 30})
    table = arrays(np.arange(120.0).reshape(60, 2), np.arange(60) % 2)
    noisy = faults.plant(replace(table, inputs=frame), "add_noise").inputs
    assert (noisy["b"] == frame["b"]).all()
    assert (noisy["a"].to_numpy() != frame["a"].to_numpy()).sum() == len(table.split.train)
    pixels = arrays(
        np.full((60, 4, 4, 1), 128, np.uint8) + np.arange(60, dtype=np.uint8)[:, None, None, None],
        np.arange(60) % 2,
    )
    assert faults.plant(pixels, "add_noise").inputs.dtype == np.uint8


@pytest.mark.parametrize(
    ("task", "outputs", "targets"),
    [
        (for_problem("classification", 3, 3), 3, np.array([0, 2, 1])),
        (for_problem("classification", 2, 1), 1, np.array([0, 1, 1])),
        (for_problem("classification", 2, 2), 2, np.array([0, 1, 1])),
        (for_problem("regression"), 1, np.array([[0.5], [1.0], [-3.0]])),
        (for_problem("regression", loss="log_cosh"), 1, np.array([[0.5], [1.0], [-3.0]])),
        (for_problem("several_labels", 2, 2), 2, np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])),
    ],
)
def test_a_task_as_written_is_the_same_number(task, outputs: int, targets: np.ndarray) -> None:
    scores = jnp.asarray(np.random.default_rng(0).normal(size=(3, outputs)), jnp.float32)
    expected = task.row_losses(scores, targets).mean()
    assert float(as_written(task)(scores, jnp.asarray(targets))) == pytest.approx(float(expected), rel=1e-5)


# Errors


@pytest.mark.parametrize(
    ("what", "name", "chosen", "kind", "words"),
    [
        (CLASSES, "lr_to_high", {}, RecipeError, "lr_too_high"),
        (CLASSES, "lr_too_high", {"factor": 0.5}, RecipeError, "above 1"),
        (CLASSES, "lr_too_high", {"facto": 5}, RecipeError, "factor"),
        (CLASSES, "lr_too_high", {"seed": -1}, RecipeError, "seed"),
        (recipe(), "labels_shuffled", {}, RecipeError, "a program, a data set"),
        (recipe(), "flipped_gradient_sign", {}, RecipeError, "a program"),
        (data_set(), "lr_too_high", {}, DataError, "a program, a recipe"),
        (data_set("regression"), "change_label", {}, DataError, "two classes"),
        (NUMBERS, "class_imbalance", {}, RecipeError, "two classes"),
        (CLASSES, "target_unscaled", {}, RecipeError, "numbers"),
        (CLASSES, "missing_batchnorm", {}, RecipeError, "batch norm"),
        (CLASSES, "change_dropout_rate", {}, RecipeError, "dropout"),
        (replace(CLASSES, l2=0.0), "missing_regularization", {}, RecipeError, "L2"),
        (NUMBERS, "missing_softmax", {}, RecipeError, "cross_entropy"),
        (NUMBERS, "double_softmax", {}, RecipeError, "cross_entropy"),
        (NUMBERS, "softmax_wrong_axis", {}, RecipeError, "cross_entropy"),
        (NUMBERS, "change_loss", {"loss": "mse"}, RecipeError, "another loss"),
        (replace(CLASSES, optimizer=sgd()), "change_optimiser", {}, RecipeError, "another optimizer"),
        (faults.plant(CLASSES, "add_activation"), "add_activation", {}, RecipeError, "linear end"),
        (CLASSES, "wrong_augmentation", {"kind": "erasing"}, LeadlineError, "image"),
        ("a word", "lr_too_high", {}, RecipeError, "str"),
    ],
)  # fmt: skip
def test_errors_say_what_it_applies_to(what, name: str, chosen: dict, kind: type, words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        faults.plant(what, name, **chosen)


def test_a_loss_without_a_written_form() -> None:
    focal = replace(CLASSES, loss=for_problem("classification", 3, 3, loss="focal"))
    with pytest.raises(RecipeError, match="focal"):
        faults.plant(focal, "loss_sum_reduction")


# The catalogue


@pytest.mark.parametrize("name", faults.names())
def test_entries(name: str) -> None:
    fault = faults.catalogue[name]
    assert fault.entry.formula
    assert fault.entry.source
    assert fault.entry.year in (2021, 2023)
    # A fault without a rule says so in its own words.
    assert fault.expects or re.search(
        r"symptom|cannot see|hard problem|as good as before|two labels", fault.__doc__ or ""
    )
    assert repr(fault) == f"ll.faults.{name}"


def test_named_rules_are_there() -> None:
    named = {rule for fault in faults.catalogue.values() for rule in (*fault.expects, *fault.also)}
    assert named <= set(rules_by_fault())


def test_the_page_has_every_fault() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [row[0] for row in rows] == sorted(faults.names())
    for name, on, _, expects in rows:
        fault = faults.catalogue[name]
        assert on == ", ".join(fault.on).replace("a ", "")
        assert re.findall(r"\[`(\w+)`\]", expects) == list(fault.expects)
