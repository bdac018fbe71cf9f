import numpy as np
import pandas as pd
import pytest

import leadline.data as data
from leadline.core.errors import DataError

FRAME = pd.DataFrame({"size": np.arange(40.0), "kind": ["a", "b"] * 20})


def test_table_from_a_file_keeps_order_and_names_extra_columns(tmp_path):
    preparation = data.table(FRAME, target="kind").preparation
    FRAME.iloc[::-1].assign(more=1).to_csv(tmp_path / "new.csv", index=False)
    prepared = preparation.transform(data.new_rows(tmp_path / "new.csv", preparation))
    expected = preparation.transform(FRAME).inputs[::-1]
    np.testing.assert_array_equal(prepared.inputs, expected)
    assert prepared.extra == ("more",)


@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_arrays_from_a_file(ending, tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 3))
    preparation = data.arrays(x, np.arange(30) % 2).preparation
    path = tmp_path / f"new.{ending}"
    np.savez(path, x=x) if ending == "npz" else np.save(path, x)
    np.testing.assert_array_equal(data.new_rows(path, preparation), x)


def test_features_of_arrays_by_name_from_a_table(tmp_path):
    x = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["a", "b", "c"])
    preparation = data.arrays(x, np.arange(30) % 2).preparation
    x[["c", "a", "b"]].to_csv(tmp_path / "new.csv", index=False)
    np.testing.assert_allclose(data.new_rows(tmp_path / "new.csv", preparation), x.to_numpy())
    with pytest.raises(DataError, match="column 'b'"):
        data.new_rows(x[["a", "c"]], preparation)


def test_nothing_there_and_other_kinds(tmp_path):
    preparation = data.digits().preparation
    with pytest.raises(DataError, match="nothing there"):
        data.new_rows(tmp_path / "none.npz", preparation)
    with pytest.raises(DataError, match="a folder with images"):
        data.new_rows(tmp_path, preparation)
    FRAME.to_csv(tmp_path / "new.csv")
    with pytest.raises(DataError, match="images or arrays"):
        data.new_rows(tmp_path / "new.csv", preparation)
    np.savez(tmp_path / "two.npz", a=np.zeros(2), b=np.zeros(2))
    with pytest.raises(DataError, match="keys a, b"):
        data.new_rows(tmp_path / "two.npz", preparation)
