"""The fault bench counts as by hand, and its losses are those of Keras."""

from __future__ import annotations

import json

import jax
import numpy as np
import pytest
from benchmarks.faults import scoring
from benchmarks.faults.cases import CaseError
from benchmarks.faults.losses import loss_of
from benchmarks.faults.scoring import Outcome, Told


class TestLosses:
    @pytest.mark.parametrize(
        ("name", "reads", "labels"),
        [
            ("categorical_crossentropy", "shares", "one_hot"), ("sparse_categorical_crossentropy", "shares", "codes"),
            ("binary_crossentropy", "sigmoids", "labels"),
            ("categorical_crossentropy_from_logits", "scores", "one_hot"),
            ("sparse_categorical_crossentropy_from_logits", "scores", "codes"), ("mse", "scores", "numbers"),
            ("binary_crossentropy_from_logits", "scores", "labels"), ("mae", "scores", "numbers"),
            ("logcosh", "scores", "numbers"), ("huber", "scores", "numbers"), ("kl_divergence", "shares", "shares"),
            ("categorical_crossentropy", "sigmoids", "one_hot"), ("binary_crossentropy", "certain", "labels"),
            ("categorical_crossentropy", "certain", "one_hot"),
        ],
    )  # fmt: skip
    def test_as_keras_has_them(self, name: str, reads: str, labels: str) -> None:
        pytest.importorskip("keras", reason="Keras is not installed")
        from benchmarks.faults.keras_programs import keras_loss

        draw = np.random.default_rng(0)
        scores = draw.normal(scale=2, size=(40, 5)).astype(np.float32)
        codes = draw.integers(0, 5, 40)
        outputs = {
            "scores": scores, "shares": np.asarray(jax.nn.softmax(scores)),
            "sigmoids": np.asarray(jax.nn.sigmoid(scores)),
            "certain": np.eye(5, dtype=np.float32)[draw.integers(0, 5, 40)],
        }[reads]  # fmt: skip
        targets = {
            "one_hot": np.eye(5, dtype=np.float32)[codes], "codes": codes.astype(np.float32),
            "labels": draw.integers(0, 2, (40, 5)).astype(np.float32), "numbers": 3 * scores[::-1].copy(),
            "shares": np.asarray(jax.nn.softmax(scores[::-1])),
        }[labels]  # fmt: skip
        loss = loss_of(name).loss
        theirs = keras_loss(loss)(targets, outputs)
        assert float(loss(jax.numpy.asarray(outputs), jax.numpy.asarray(targets))) == pytest.approx(
            float(theirs), rel=2e-4
        )

    def test_losses_by_hand(self) -> None:
        scores = np.array([[1.0, 3.0], [0.0, 0.0]])
        found = loss_of("sum_cross_entropy_manual_log", "linear", 2)
        shares = jax.nn.softmax(scores)
        assert found.applies == "softmax"
        by_hand = np.log(1 + np.exp(-2.0)) + np.log(2)
        assert float(found.loss(shares, np.array([[0.0, 1.0], [1.0, 0.0]]))) == pytest.approx(
            by_hand, rel=1e-5
        )
        assert loss_of("elementwise_bce_manual_log(unclipped)", "softmax", 10).applies == ""
        raw = loss_of("bce_on_raw_logits").loss
        assert np.isnan(float(raw(jax.numpy.array([[-1.0]]), np.array([[1.0]]))))

    def test_unknown_loss_is_named(self) -> None:
        with pytest.raises(CaseError, match="'hinged'"):
            loss_of("hinged")


class TestScoring:
    def test_numbers_by_hand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(scoring.CAUSES, "lr_too_high", {"rate_too_high"})
        right, wrong = Told("rate_too_high", "error", "C"), Told("dead_units", "error")
        labels = ("lr_too_high", "input_unnormalized")
        outcomes = [
            Outcome("a", "faulty", labels, ((right,), (wrong, right)), (1.0, 3.0), 0.0, 1.0, 0.9),
            Outcome("b", "faulty", labels, ((Told("input_unnormalized"),), ()), (1.0, 1.0), 0.0, 1.0, 0.5),
            Outcome("h", "healthy", (), ((Told("dead_units", "hint"),),), (1.0,)),
            Outcome("f", "fixed", (), ((wrong,),), (1.0,)),
        ]
        score = scoring.score(outcomes)
        assert (score.cases, score.first, score.any_first, score.top) == (2, 0.25, 0.5, 0.5)
        assert (score.false_errors, score.false_of) == (0.5, {"healthy": 0.0, "fixed": 1.0})
        assert score.precision == pytest.approx(3 / 5)
        assert (score.repaired, score.agreement, score.stages, score.seconds) == (0.5, 0.5, {"C": 1}, 1.0)
        assert score.same == pytest.approx((1 / 2 + 1 / 2 + 1 + 1) / 4)
        assert "right cause first" in scoring.as_table({"ours": score})
        assert Outcome.of_plain(json.loads(json.dumps(outcomes[0].to_plain()))) == outcomes[0]

    def test_a_hint_is_no_verdict(self) -> None:
        hints = [Told("start_scale", "hint"), Told("rate_too_low", "hint")]
        warned = (hints[0], Told("rate_too_low", "warning"))
        told = (*((hints[at % 2],) for at in range(18)), (), warned)
        score = scoring.score([Outcome("h", "healthy", (), told, (1.0,) * 20)])
        assert (score.same, score.agreement) == (0.95, 1.0)
