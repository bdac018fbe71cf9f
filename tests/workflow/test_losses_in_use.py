"""Losses through the whole product: with settings, with a predicted spread, and on targets that are shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typed_commands import fit, refused, typed

import leadline as ll
from leadline.core.errors import NetworkError, RecipeError

QUICK = {"epochs": 40, "seed": 0}


def uneven(rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Numbers whose spread grows with the input: 1 left of 0, 5 right of it."""
    draw = np.random.default_rng(0)
    x = draw.uniform(-1, 1, rows)
    return x[:, None].astype(np.float32), 100 + 10 * x + np.where(x > 0, 5, 1) * draw.normal(size=rows)


@pytest.mark.parametrize("loss", ["gaussian_nll", ll.laplace_nll])
def test_mean_and_spread_are_predicted_judged_and_kept_in_the_file(loss, place):
    x, y = uneven()
    data = ll.data.arrays(x, y)
    result = ll.fit(None, data, loss=loss, optimizer=ll.adam(1e-2), **QUICK)
    assert result.run["network.outputs"] == 2
    assert result.run["task.loss"] == getattr(loss, "text", loss)
    rows = np.array([[-0.5], [0.5]], np.float32)
    told = result.model.predict(rows)
    np.testing.assert_allclose(told, [95, 105], atol=2.5)
    spread = result.model.predict_spread(rows)
    assert 0.6 < spread[0] < 2
    assert 3.5 < spread[1] < 7
    assert "output_loss_mismatch" not in result.findings.faults
    part = data.parts["test"]
    errors = np.abs(result.model.predict(data.inputs[part.rows]) - y[part.rows])
    assert result.evaluation["mae"].value == pytest.approx(errors.mean(), rel=1e-5)
    again = ll.load(result.model.save(place / "spread.leadline"))
    assert again.task == result.model.task
    np.testing.assert_array_equal(again.predict_spread(rows), spread)


def test_a_spread_is_asked_only_of_a_model_that_has_one(place):
    x, y = uneven(60)
    model = ll.fit("linear", ll.data.arrays(x, y), epochs=1).model
    with pytest.raises(RecipeError, match=r"spread – must be asked of a loss that predicts it – got 'mse'"):
        model.predict_spread(x)
    with pytest.raises(NetworkError, match=r"gives 2 scores for regression by gaussian_nll"):
        ll.fit(ll.Dense(1), ll.data.arrays(x, y), loss="gaussian_nll")


def test_on_the_command_line_and_again_from_its_recipe(place):
    x, y = uneven(80)
    pd.DataFrame({"x": x[:, 0], "y": y}).to_csv("numbers.csv", index=False)
    words = ("fit", "numbers.csv", "--target", "y", "--epochs", 2, "--quiet")
    for loss, network, written in (
        ("gaussian_nll", "8-4", "gaussian_nll"),
        ("huber(delta=2)", "linear", "huber(delta=2.0)"),
        ("pinball(share=0.9)", "auto", "pinball(share=0.9)"),
    ):
        said = typed(*words, "--loss", loss, "--network", network, "--out", loss)
        assert said.code == 0, said.err
        assert f'loss = "{written}"' in (place / loss / "recipe.toml").read_text()
        model = ll.load(place / loss / "numbers.leadline")
        assert model.task.loss == written
        assert model.predict(pd.DataFrame({"x": [0.0]})).shape == (1,)
    again = typed("fit", "gaussian_nll/recipe.toml", "--quiet", "--out", "again")
    assert again.code == 0, again.err
    rows = pd.DataFrame({"x": x[:, 0]})
    one, other = (ll.load(place / run / "numbers.leadline") for run in ("gaussian_nll", "again"))
    np.testing.assert_array_equal(one.predict_spread(rows), other.predict_spread(rows))


@pytest.mark.parametrize(
    ("loss", "where", "must_be", "hint"),
    [
        ("huber(delt=2)", "--loss, huber, delt", "one of delta", "delta"),
        ("huber(delta=-1)", "--loss, huber, delta", "a number above 0", ""),
        ("huber(2)", "--loss", "settings by name", "huber(delta=1.0)"),
        ("mse(delta=2)", "--loss, mse, delta", "none, it has no settings", "mse alone"),
        ("hubr(delta=2)", "--loss", "the name of one of the losses", "did you mean 'huber'?"),
        ("gaussian_nll", "loss", "one that predicts no spread, in binary", "--loss binary_cross_entropy"),
    ],
)
def test_a_loss_that_cannot_be_is_told_on_the_command_line(loss, where, must_be, hint):
    problem = refused(fit("--loss", loss, "--network", "linear"))
    assert (problem["error"], problem["must be"]) == (where, must_be)
    assert hint in problem.get("hint", "")


def test_a_setting_that_cannot_be_is_told_with_the_place_in_a_recipe(place):
    text = '[data]\nsource = "t.csv"\ntarget = "kind"\n[training]\nloss = "hinge(margin=0)"\n'
    (place / "recipe.toml").write_text(text)
    problem = refused(typed("fit", "recipe.toml"))
    assert problem["error"] == "recipe.toml, [training], loss, hinge, margin"
    assert problem["must be"] == "a number above 0"


def test_targets_that_are_shares_are_learned_through_a_sigmoid():  # L10
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 2)).astype(np.float32)
    shares = 1 / (1 + np.exp(-2 * x[:, 0]))
    data = ll.data.arrays(x, shares, problem="regression")
    result = ll.fit("linear", data, loss="binary_cross_entropy", optimizer=ll.adam(3e-2), **QUICK)
    assert "output_loss_mismatch" not in result.findings.faults
    told = result.model.predict(10 * x)
    assert (told >= 0).all()
    assert (told <= 1).all()
    assert result.evaluation["r2"].value > 0.99  # it is just of this form
    np.testing.assert_allclose(
        result.model.params[-1]["kernel"][:, 0] / data.preparation.encoder.scale, [2, 0], atol=0.2
    )


def test_numbers_beyond_0_and_1_are_no_shares():  # L10
    x, y = uneven(80)
    found = ll.fit("linear", ll.data.arrays(x, y), loss="binary_cross_entropy", epochs=1).findings
    assert found["output_loss_mismatch"].severity == "error"
