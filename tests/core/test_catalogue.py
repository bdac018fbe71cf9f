import pytest

from leadline.core.catalogue import Catalogue
from leadline.core.errors import LeadlineError, NetworkError


@pytest.fixture
def family():
    family: Catalogue[int] = Catalogue("activations")
    family.add("relu", 1)

    @family.registered("tanh")
    def tanh():
        return 2

    return family


def test_members_stand_in_order_of_registration(family):
    assert list(family) == ["relu", "tanh"]
    assert len(family) == 2
    assert family["tanh"]() == 2
    assert family.find("relu") == 1


def test_a_name_is_taken_once(family):
    with pytest.raises(LeadlineError, match="catalogue of activations – must be a new name – got 'relu'"):
        family.add("relu", 3)


def test_an_alias_finds_the_member_and_is_not_listed(family):
    family.alias("rectifier", "relu")
    assert family.find("rectifier") == family["rectifier"] == 1
    assert "rectifier" in family
    assert (list(family), len(family)) == (["relu", "tanh"], 2)
    for again in (family.alias, family.add):
        with pytest.raises(LeadlineError, match="a new name"):
            again("rectifier", "tanh")
    with pytest.raises(LeadlineError, match="did you mean 'rectifier'"):
        family.find("rectifyer")


def test_an_unknown_name_is_told_with_the_nearest(family):
    with pytest.raises(NetworkError) as caught:
        family.find("rleu", "Dense, activation", NetworkError)
    assert str(caught.value) == (
        "Dense, activation – must be the name of one of the activations – got 'rleu'\n\n"
        "hint: did you mean 'relu'? Known: relu, tanh"
    )


@pytest.mark.parametrize("name", [[], {}, None, 3, 1.5])
def test_a_name_that_is_no_word_is_told_too(family, name):
    with pytest.raises(LeadlineError, match="got"):
        family.find(name)
