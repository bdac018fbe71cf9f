import jax
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from leadline.core.errors import DataError
from leadline.data import arrays
from leadline.export import Model, load
from leadline.nn import Dense, Sequential, for_problem
from leadline.record.run import Run


def test_a_table_is_predicted_by_name_and_in_order(binary, passengers):
    found = binary.predictions(passengers[["port", "fate", "fare", "age"]])
    assert found.probabilities.shape == (200, 2)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-6)
    scores = binary.scores(passengers)[:, 0].astype(np.float64)
    np.testing.assert_allclose(found.probabilities[:, 1], 1 / (1 + np.exp(-scores)), rtol=1e-5, atol=1e-7)
    assert (found.labels == np.where(scores > 0, "saved", "lost")).all()
    assert found.missing == {"age": int(passengers["age"].isna().sum())}
    backwards = binary.predictions(passengers[::-1])
    np.testing.assert_allclose(backwards.probabilities, found.probabilities[::-1], rtol=0, atol=1e-6)
    frame = found.to_frame()
    assert list(frame) == ["fate", "p(lost)", "p(saved)"]


def test_whatever_holds_the_rows_the_bits_are_the_same(binary, passengers, tmp_path):
    passengers.to_csv(tmp_path / "new.csv", index=False)
    rows = binary.predict_proba(passengers)
    for given in (
        pl.from_pandas(passengers),
        passengers.to_dict("list"),
        tmp_path / "new.csv",
        str(tmp_path / "new.csv"),
        passengers.drop(columns="fate"),
    ):
        assert (binary.predict_proba(given) == rows).all()


def test_one_row_alone_is_what_it_is_among_others(binary, passengers):
    rows = binary.predict_proba(passengers)
    for row in (0, 1, 100, 199):
        for given in (passengers.iloc[row], dict(passengers.iloc[row]), passengers.iloc[[row]]):
            alone = binary.predict_proba(given)
            assert alone.shape == (1, 2)
            np.testing.assert_allclose(alone[0], rows[row], rtol=0, atol=1e-6)


def test_unknown_and_extra_are_counted(binary, passengers):
    new = passengers.head(4).assign(port=["Oslo", "Cork", None, "Oslo"], cabin="C3")
    found = binary.predictions(new)
    assert found.unknown == {"port": 2}
    assert found.missing["port"] == 1
    assert found.extra == ("cabin",)


def test_all_missing_columns_are_named(binary):
    with pytest.raises(DataError) as caught:
        binary.predict(pd.DataFrame({"Age": [1.0], "port": ["Cork"]}))
    assert {p.where for p in caught.value.problems} == {"column 'age'", "column 'fare'"}


def test_numbers_come_in_the_unit_of_the_target(regression, measured):
    x, y = measured
    values = regression.predict(x)
    assert values.shape == (100,)
    assert values.dtype == np.float64
    mean, scale = regression.preparation.target_mean, regression.preparation.target_scale
    assert abs(mean - y.mean()) < 100
    np.testing.assert_allclose(values, regression.scores(x)[:, 0].astype(np.float64) * scale + mean)
    assert regression.predictions(x).probabilities is None
    with pytest.raises(DataError, match="asked of a model of classes"):
        regression.predict_proba(x)


def test_images_are_taken_in_every_layout_and_one_alone(convolutional, pictures):
    labels = convolutional.predict(pictures)
    assert labels.dtype.kind == "i"
    rows = convolutional.predict_proba(pictures)
    assert (labels == rows.argmax(axis=1)).all()
    for given in (pictures[..., 0], pictures.reshape(60, 64), torch.tensor(pictures), pictures.tolist()):
        assert (convolutional.predict_proba(given) == rows).all()
    for given in (pictures[3], pictures[3, ..., 0], pictures[3].ravel()):
        assert (convolutional.predict_proba(given) == rows[3:4]).all()


def test_no_rows_give_no_predictions(convolutional, regression):
    assert convolutional.predict_proba(np.zeros((0, 8, 8, 1), np.uint8)).shape == (0, 10)
    assert regression.predict(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize(
    "given", [np.zeros((2, 9, 9, 1), np.uint8), None, object(), 3.0, "nowhere.npz", [[1], [1, 2]], {}, []]
)
def test_what_cannot_be_predicted_is_told(convolutional, regression, given):
    for model in (convolutional, regression):
        with pytest.raises(DataError):
            model.predict(given)


def test_a_shape_that_does_not_fit_is_told_with_both(convolutional, regression):
    with pytest.raises(DataError, match=r"\(B, 8, 8, 1\) – got \(2, 9, 9, 1\)"):
        convolutional.predict(np.zeros((2, 9, 9, 1), np.uint8))
    with pytest.raises(DataError, match=r"\(B, 8, 8, 1\) – got shape \(2, 8, 8\)"):
        convolutional.outputs(np.zeros((2, 8, 8), np.float32))
    with pytest.raises(DataError, match=r"\(B, 3\) – got \(2, 4\)"):
        regression.predict(np.zeros((2, 4)))


def test_a_class_is_not_made_up_where_inputs_are_not_finite(insisted, measured):
    x = measured[0].copy()
    x[[4, 7], 1] = np.nan
    with pytest.raises(DataError, match="no finite probability in 2 rows: 4, 7"):
        insisted.predict(x)


def test_a_model_says_what_it_is(binary, regression):
    assert repr(binary) == "Model of 'fate': 6 inputs → 2 classes, 65 parameters"
    assert repr(regression).endswith("3 inputs → a number, 26 parameters")
    assert regression.summary().total == 26


def test_it_is_put_together_from_a_training(measured, tmp_path):
    data = arrays(measured[0], np.arange(100) % 2)
    network = Sequential([Dense(1)])

    class Trained:
        params, state = network.init(jax.random.key(0), (3,))

    run = Run(
        {
            "started": "2026-01-01T00:00:00",
            "data.name": "made",
            "data.class_count.train": [40, 30],
            "data.input.mean": np.zeros(3, np.float32),
            "curve.loss.train": [1.0, 0.5],
            "start.loss": 2.0,
        }
    )
    model = Model.of(network, Trained(), data, for_problem("classification", 2, 1), run)
    assert model.about == {"started": "2026-01-01T00:00:00", "data.name": "made", "epochs": 2}
    assert model.reference == {"data.class_count.train": [40, 30], "data.input.mean": [0.0, 0.0, 0.0]}
    again = load(model.save(tmp_path / "m.leadline"))
    assert (again.reference, again.about, again.class_names) == (model.reference, model.about, ("0", "1"))
