"""The fault bench rebuilds cases as they were: layers, rows, losses of Keras, repairs; and keeps what it found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from benchmarks.faults import pairs
from benchmarks.faults.baselines import activations_of, always_faulty, autotrainer, umlaut
from benchmarks.faults.cases import Case, CaseError, chosen, default_files, read_cases
from benchmarks.faults.layer_text import parse_layers
from benchmarks.faults.losses import loss_of
from benchmarks.faults.networks import network_of
from benchmarks.faults.programs import pair_of, program_of
from benchmarks.faults.repairs import repaired
from benchmarks.faults.results_file import ResultsFile, key_of
from benchmarks.faults.rows import rows_of

from leadline.program.course import train_beside
from leadline.program.program import Program
from leadline.program.written import Written

MOST_FEATURES = 5_000


def case(**other: Any) -> dict[str, Any]:
    """Return a planted case: softmax on the only unit."""
    data = {"kind": "sklearn.make_classification", "n": 90, "d": 4, "classes": 2, "n_informative": 2}
    network = [{"op": "dense", "units": 8, "act": "relu"}, {"op": "dense", "units": 1, "act": "softmax"}]
    return {
        "id": "planted", "task": "binary classification", "dataset": data, "network": network,
        "loss": "binary_crossentropy", "optimizer": "adam", "lr": 0.01, "batch": 16, "epochs": 20, "cost": "tiny",
        "faults": ["softmax_single_unit"], "primary_fault": "softmax_single_unit",
        "fixed_overrides": {"layers": "d8:relu d1:sigmoid"}, **other,
    }  # fmt: skip


def planted(**other: Any) -> Case:
    return Case("faulty", case(**other))


def parameters(text: str, shape: tuple[int, ...]) -> int:
    params, _ = network_of(parse_layers(text), shape).init(jax.random.key(0), shape)
    return sum(leaf.size for leaf in jax.tree.leaves(params))


class TestLayers:
    @pytest.mark.parametrize(
        ("text", "shape", "outputs", "weights"),
        [
            ("fl d256:relu do.5 d5:softmax", (10,), (5,), 10 * 256 + 256 + 256 * 5 + 5),
            (
                "2x(c2.4.k3p:relu) mp2.2 fl d2",
                (6, 6, 1),
                (2,),
                (9 * 4 + 4) + (36 * 4 + 4) + (3 * 3 * 4 * 2 + 2),
            ),
            ("c1.16.k12:relu mp1.4 fl d1", (100, 1), (1,), (12 * 16 + 16) + (22 * 16 + 1)),
            ("d3 bn a:leaky_relu d1", (2,), (1,), 9 + 6 + 4),
            ("3x(d4:relu@he_normal,do.2)", (4,), (4,), 3 * 20),
            ("c2.3.k2s2 gap", (4, 4, 2), (3,), 2 * 2 * 2 * 3 + 3),
            (
                "d32:relu fl d2",
                (10, 7),
                (2,),
                (7 * 32 + 32) + (320 * 2 + 2),
            ),  # keeps the axes before a flatten
            (
                "d5 fl d1",
                (4, 4, 3),
                (1,),
                (3 * 5 + 5) + (80 + 1),
            ),  # weighs the channels of an image, as Keras does
        ],
    )
    def test_shapes_and_weights_by_hand(
        self, text: str, shape: tuple[int, ...], outputs: tuple[int, ...], weights: int
    ) -> None:
        assert network_of(parse_layers(text), shape).output_shape(shape) == outputs
        assert parameters(text, shape) == weights

    @pytest.mark.parametrize("word", ["e5", "d", "c2.5", "d5:rellu", "do.x", "4x(d5"])
    def test_a_word_that_is_no_layer_is_named(self, word: str) -> None:
        with pytest.raises(ValueError, match=r"is no layer|no known activation"):
            parse_layers(f"d4 {word}")

    @pytest.mark.parametrize(
        ("init", "spread", "bound"),
        [
            ("uniform", 0.05 / 3**0.5, 0.05), ("normal", 0.05, 1), ("random_normal", 0.05, 1), ("normal_std1", 1, 9),
            ("truncated_normal_std1", 0.88, 2), ("zeros", 0, 0), ("he_normal", (2 / 400) ** 0.5, 1),
            ("custom_uniform", 0.05 / 3**0.5, 0.05), ("variance_scaling_2_fan_in_uniform", (2 / 400) ** 0.5, 0.13),
            ("", (2 / 700) ** 0.5, (6 / 700) ** 0.5),
        ],
    )  # fmt: skip
    def test_kernels_begin_as_in_keras(self, init: str, spread: float, bound: float) -> None:
        network = network_of([{"op": "dense", "units": 300, "act": "relu", "init": init or None}], (400,))
        kernel = np.asarray(network.init(jax.random.key(0), (400,))[0][0]["kernel"])
        assert kernel.std() == pytest.approx(spread, rel=0.02)
        assert np.abs(kernel).max() <= bound + 1e-6

    def test_unknown_initializer_is_named(self) -> None:
        with pytest.raises(CaseError, match="he_normall"):
            network_of([{"op": "dense", "units": 3, "init": "he_normall"}], (4,))


class TestCases:
    def test_every_unknown_word_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "cases.json"
        bad = case(id="one", network=[{"op": "denze", "units": 3}])
        other = case(id="two", fixed_overrides={"layers": "d3:sigmoidd"})
        path.write_text(json.dumps([bad, other]))
        with pytest.raises(CaseError) as caught:
            read_cases([path])
        assert all(word in str(caught.value) for word in ("one", "'denze'", "two", "sigmoidd"))

    def test_one_that_nobody_can_read_stops_no_other(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "cases.json"
        path.write_text(json.dumps([case(id="one", network=[{"op": "denze", "units": 3}]), case(id="two")]))
        assert [one.id for one in read_cases([path])] == ["two"]
        assert "case one, network[0]" in capsys.readouterr().err

    @pytest.mark.parametrize("content", ["nothing", "{}", "3"])
    def test_a_file_of_another_kind_is_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "cases.json"
        path.write_text(content)
        with pytest.raises(CaseError, match="case file"):
            read_cases([path])

    def test_only_what_can_be_run_is_chosen(self, tmp_path: Path) -> None:
        path = tmp_path / "cases.json"
        some = [
            case(id="a"),
            case(id="b", reproducible_offline=False),
            case(id="c", in_scope_for_ff_conv=False),
        ]
        path.write_text(json.dumps([*some, case(id="d", cost="heavy")]))
        cases = read_cases([path])
        assert [one.id for one in chosen(cases, ["tiny"])] == ["a"]
        assert [one.id for one in chosen(cases)] == ["a", "d"]
        with pytest.raises(CaseError, match="planted"):
            chosen(cases, only=["planted"])

    def test_no_folder_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("LEADLINE_FAULTS", raising=False)
        monkeypatch.delenv("LEADLINE_DATA", raising=False)
        with pytest.raises(CaseError, match="LEADLINE_FAULTS"):
            default_files()


class TestRows:
    def test_a_program_keeps_its_rows_and_more_are_held_out(self) -> None:
        rows = rows_of(planted())
        assert rows.inputs.shape == (90, 4)
        assert rows.held_out is not None
        assert rows.held_out[0].shape == (30, 4)
        assert (rows_of(planted()).inputs == rows.inputs).all()

    @pytest.mark.parametrize(
        ("data", "inputs", "targets"),
        [
            ({"desc": "4 rows XOR", "n": 4, "d": 2}, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]),
            ({"desc": "4 rows AND", "n": 4, "d": 2}, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]),
        ],
    )
    def test_corners(self, data: dict[str, Any], inputs: list[Any], targets: list[int]) -> None:
        rows = rows_of(planted(dataset={"kind": "inline_toy", **data}))
        assert (rows.inputs.tolist(), rows.targets.tolist(), rows.held_out) == (inputs, targets, None)

    def test_toys_are_what_they_say(self) -> None:
        def toy(desc: str, n: int, d: int, task: str = "regression") -> Any:
            return rows_of(planted(task=task, dataset={"kind": "inline_toy", "desc": desc, "n": n, "d": d}))

        square = toy("200 rows y=3x^2, x in [0,5]", 200, 1)
        np.testing.assert_allclose(square.targets, 3 * square.inputs[:, 0] ** 2, rtol=1e-5)
        boxes = toy("100 rows, two boxes [.2,.4]^2 / [.5,.7]^2", 100, 2, "classification")
        assert ((boxes.inputs.max(axis=1) > 0.45) == (boxes.targets == 1)).all()
        one = toy("500x3 U(-1,1), y = x[1] in [-1,1]", 500, 3)
        np.testing.assert_array_equal(one.targets, one.inputs[:, 1])
        split = toy("make_circles(100, noise .1, random_state 1), 70/30 split", 100, 2, "circles")
        assert (len(split.inputs), len(split.held_out[0])) == (70, 30)
        assert "stand in" in toy("nobody knows", 50, 3).stand_in

    def test_targets_are_rescaled_and_reshaped(self) -> None:
        data = {"kind": "sklearn.make_regression", "n": 60, "d": 6, "targets": 1, "reshape": [2, 3]}
        rows = rows_of(planted(task="regression", dataset={**data, "rescale_y": "[-1,1]"}))
        every = np.concatenate([rows.targets, rows.held_out[1]]) if rows.held_out else rows.targets
        assert (rows.inputs.shape, every.min(), every.max()) == ((60, 2, 3), -1, 1)
        one_hot = rows_of(planted(dataset={**case()["dataset"], "classes": 2, "onehot": True}))
        assert one_hot.targets.shape == (90, 2)
        assert set(one_hot.targets.sum(axis=1)) == {1.0}

    def test_unknown_data_is_named(self) -> None:
        with pytest.raises(CaseError, match="'somewhere'"):
            rows_of(planted(dataset={"kind": "somewhere"}))


class TestPrograms:
    def test_a_case_as_written_and_repaired(self) -> None:
        pair = pair_of(planted())
        assert pair.fixed is not None
        assert (activations_of(pair.buggy), activations_of(pair.fixed)) == (
            ["relu", "softmax"],
            ["relu", "sigmoid"],
        )
        assert (pair.buggy.updates, pair.buggy.optimizer.learning_rate, pair.source) == (
            20 * 6,
            0.01,
            "written",
        )
        np.testing.assert_array_equal(pair.buggy.judged[0], pair.fixed.judged[0])

    def test_nothing_trained_stays_nothing(self) -> None:
        assert program_of(planted(epochs=0)).updates == 0

    def test_targets_follow_the_loss_of_the_repair_only(self) -> None:
        data = {**case()["dataset"], "classes": 3, "n_informative": 3}
        network = [{"op": "dense", "units": 3, "act": "softmax"}]
        wrong = planted(
            dataset=data, network=network, task="3-class", loss="categorical_crossentropy",
            fixed_overrides={"loss": "sparse_categorical_crossentropy"},
        )  # fmt: skip
        pair = pair_of(wrong)
        assert pair.fixed is not None
        assert (pair.buggy.targets.shape, pair.fixed.targets.shape) == ((90,), (90,))
        other = planted(dataset=data, network=network, task="3-class", fixed_overrides={
            "loss": "categorical_crossentropy"})  # fmt: skip
        fixed = pair_of(other).fixed
        assert fixed is not None
        assert fixed.targets.shape == (90, 3)

    def test_preparing_and_defaults(self) -> None:
        pair = pair_of(planted(fixed_overrides={"preprocess": "standardize", "optimizer": "sgd"}))
        assert pair.fixed is not None
        np.testing.assert_allclose(pair.fixed.inputs.std(axis=0), 1, rtol=1e-4)
        assert (pair.fixed.optimizer.name, pair.fixed.optimizer.learning_rate) == ("sgd", 0.01)
        y = {"kind": "sklearn.make_regression", "n": 50, "d": 3}
        fixed = pair_of(
            planted(task="regression", dataset=y, fixed_overrides={"preprocess": "scale y"})
        ).fixed
        assert fixed is not None
        assert fixed.targets.std() == pytest.approx(1, rel=1e-4)

    def test_a_penalty_beside_the_case_is_read(self) -> None:
        pair = pair_of(planted(data_hint="every dense layer has l2(0.01)", fix="drop l2(0.01)"))
        assert pair.fixed is not None
        assert (pair.buggy.l2, pair.fixed.l2) == (0.01, 0.0)

    def test_a_threshold_on_a_score(self) -> None:
        linear = [{"op": "dense", "units": 1, "act": "linear"}]
        wrong = planted(
            network=linear, loss="sigmoid_cross_entropy", fixed_overrides=None,
            faults=["metric_mismatch_threshold_on_logit"], primary_fault="metric_mismatch_threshold_on_logit",
        )  # fmt: skip
        pair = pair_of(wrong)
        assert pair.fixed is not None
        assert (pair.buggy.threshold, pair.fixed.threshold, pair.source) == (0.5, None, "derived")

    def test_derived_repairs(self) -> None:
        plain, source = repaired(planted(fixed_overrides=None, faults=["softmax_single_unit", "lr_too_high"], lr=1.0,
                                         fix="lr 1e-4"))  # fmt: skip
        assert (plain["network"][-1]["act"], plain["lr"], source) == ("sigmoid", 1e-4, "derived")
        assert repaired(planted(fixed_overrides=None, faults=["nobody_knows"]))[1] == ""

    def test_keras_makes_the_same_network(self) -> None:
        pytest.importorskip("keras", reason="Keras is not installed")
        from benchmarks.faults.keras_programs import keras_network

        text, shape = "c2.4.k3p:relu bn mp2.2 fl d8:tanh do.5 d3:softmax", (6, 6, 2)
        theirs = keras_network(parse_layers(text), shape)
        trained = sum(int(np.prod(one.shape)) for one in theirs.trainable_weights)
        assert trained == parameters(text, shape)


class TestPairs:
    def test_a_planted_fault_survives_and_is_resumed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "results.json"
        made = pairs.run_pairs([planted()], 4, ResultsFile(path))
        assert made[0]["survives"]
        assert np.mean(made[0]["fixed"]) > np.mean(made[0]["buggy"]) + 0.2
        assert list(tmp_path.iterdir()) == [path]
        monkeypatch.setattr(pairs, "pair_result", lambda *_: pytest.fail("was known"))
        assert pairs.run_pairs([planted()], 4, ResultsFile(path)) == made
        assert key_of(planted(lr=0.1), 4, "pair") not in ResultsFile(path)

    def test_one_that_fails_stops_no_other(self) -> None:
        made = pairs.run_pairs([planted(dataset={"kind": "gone"})], 2, ResultsFile(None))
        assert "gone" in made[0]["why"]
        assert not made[0]["survives"]

    def test_what_is_beyond_chance(self) -> None:
        low, high = np.array([0.5, 0.52, 0.51, 0.5, 0.49]), np.array([0.9, 0.91, 0.9, 0.92, 0.9])
        assert pairs.survives(low, high)
        assert not pairs.survives(high, low)
        assert not pairs.survives(low, low + 0.01)
        assert not pairs.survives(np.array([0.1, 0.9, 0.5]), np.array([0.9, 0.2, 0.8]))

    def test_a_broken_results_file_is_said(self, tmp_path: Path) -> None:
        path = tmp_path / "results.json"
        path.write_text("{")
        with pytest.raises(CaseError, match=r"results\.json"):
            ResultsFile(path)


class TestBaselines:
    def test_rules_by_their_conditions(self) -> None:
        program = pair_of(planted()).buggy
        course = train_beside([program], [0], 30)[0]
        said = {told.fault for told in umlaut(program, course, 0.5)}
        assert "input_unnormalized" in said  # of every standardized input
        assert "missing_output_activation" not in said  # there is a softmax, on one unit
        assert "lr_too_high" not in said  # 0.01 is the limit
        assert [told.fault for told in always_faulty(program, course, 1.0)] == ["faulty"]
        sigmoid = pair_of(planted()).fixed
        assert isinstance(sigmoid, Program)
        assert "missing_output_activation" in {told.fault for told in umlaut(sigmoid, course, 0.9)}

    def test_a_loss_of_two_classes_with_many(self) -> None:
        network = [{"op": "dense", "units": 4, "act": "sigmoid"}]
        data = {**case()["dataset"], "classes": 4, "n_informative": 3, "onehot": True}
        program = program_of(planted(network=network, dataset=data, task="4-class"))
        course = train_beside([program], [0], 10)[0]
        assert "output_loss_mismatch" in {told.fault for told in autotrainer(program, course, 0.3)}
        assert isinstance(program.loss, Written)


def given_files() -> list[Path]:
    if not os.environ.get("LEADLINE_FAULTS") and not os.environ.get("LEADLINE_DATA"):
        pytest.skip("LEADLINE_FAULTS and LEADLINE_DATA are not set")
    try:
        return default_files()
    except CaseError as error:
        pytest.skip(str(error))


@pytest.mark.data
class TestGivenFiles:
    def test_repairs_are_those_of_the_fixed_list(self) -> None:
        cases = read_cases(given_files())
        by_id = {one.id: one for one in cases}
        for one in cases:
            if one.kind == "fixed" and str(one.plain["fixes"]) in by_id:
                plain, _ = repaired(by_id[str(one.plain["fixes"])])
                assert [dict(op) for op in plain["network"]] == [dict(op) for op in one.network], one.id
                assert all(plain.get(name) == one.plain[name] for name in ("loss", "epochs", "batch")), one.id

    def test_every_network_fits_its_rows(self) -> None:
        for one in chosen(read_cases(given_files())):
            kind = str(one.dataset.get("kind"))
            if int(one.dataset.get("d") or 0) > MOST_FEATURES or "image" in kind or "cifar" in kind:
                continue  # takes long
            rows = rows_of(one)
            shape = rows.inputs.shape[1:]
            outputs = network_of(one.network, shape).output_shape(shape)
            assert len(outputs) == 1, one.id
            loss_of(str(one.plain["loss"]))
            if one.kind == "faulty" and repaired(one)[1]:
                plain, _ = repaired(one)
                assert network_of(plain["network"], shape).output_shape(shape), one.id
