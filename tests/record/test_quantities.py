import re

from leadline.record import quantities
from leadline.record.quantities import VOCABULARY

AXES = set("ESLFRCUQT")


def test_every_line_of_the_table_is_one_name():
    assert len(quantities._TABLE.strip().splitlines()) == len(VOCABULARY)


def test_every_quantity_has_a_name_a_shape_a_unit_and_a_meaning():
    for name, quantity in VOCABULARY.items():
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", name), name
        assert quantity.unit, name
        assert len(quantity.meaning) > 5, name
        kind, *axes = quantity.shape.split() or [""]
        assert kind in {"", "text", "mapping", "words", "sizes"} | AXES or kind.isdigit(), name
        assert set(axes) <= AXES, name


def test_axes_are_only_of_arrays():
    assert VOCABULARY["curve.loss.train"].axes == ("E",)
    assert VOCABULARY["sounding.update.ratio"].axes == ("S", "L")
    for name in ("start.loss", "recipe", "data.classes", "data.name", "data.input.shape"):
        assert VOCABULARY[name].axes == ()
