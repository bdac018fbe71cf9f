"""Recipes: whole round trips through TOML, and every mistake named at once."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.core.errors import RecipeError
from leadline.training.recipe import Recipe
from leadline.training.recipe_file import choices_of, read_recipe

NETWORK = ll.Sequential([ll.Dense(8, ll.relu), ll.Dropout(0.1), ll.Dense(3)])


@given(
    epochs=st.integers(1, 500),
    batch=st.one_of(st.integers(1, 4096), st.just("full")),
    rate=st.floats(1e-6, 10),
    decay=st.floats(0, 1),
    weights=st.one_of(st.sampled_from(["none", "balanced"]), st.just((1.0, 2.0, 0.5))),
    schedule=st.sampled_from(
        [ll.constant(), ll.cosine(0.1, warmup=2), ll.step_decay(4, 0.3), ll.warmup(1.5)]
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_recipe_reads_back_as_it_was(epochs, batch, rate, decay, weights, schedule, seed):
    recipe = Recipe(
        network=NETWORK,
        data={"source": "digits", "split": [0.7, 0.15, 0.15]},
        optimizer=ll.adamw(rate, decay, schedule=schedule),
        epochs=epochs,
        batch_size=batch,
        class_weights=weights,
        seed=seed,
    )
    assert Recipe(**choices_of(tomllib.loads(recipe.to_toml()), "recipe.toml")) == recipe


def test_every_mistake_is_named_at_once_with_the_nearest_key():
    tables = tomllib.loads(
        'sed = 1\n[training]\nepoch = 3\nbatchsize = 2\n[optimizer]\nname = "adamm"\n[network]\nkind = "sequentia"\n'
    )
    with pytest.raises(RecipeError) as caught:
        choices_of(tables, "recipe.toml")
    words = str(caught.value)
    assert len(caught.value.problems) == 5
    for hint in (
        "did you mean 'seed'",
        "did you mean 'epochs'",
        "did you mean 'batch_size'",
        "did you mean 'adam",
    ):
        assert hint in words
    assert "sequential" in words


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": -3}, "epochs"),
        ({"epochs": 2.5}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": "ful"}, "batch_size"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"class_weights": "balance"}, "class_weights"),
        ({"class_weights": (1.0, -1.0)}, "class_weights"),
        ({"l2": float("nan")}, "l2"),
        ({"seed": -1}, "seed"),
        ({"early_stopping": 1}, "early_stopping"),
    ],
)
def test_a_choice_out_of_bounds_is_named(choice, words):
    with pytest.raises(RecipeError, match=words):
        Recipe(network=NETWORK, **choice)


def test_files_that_are_no_recipe(tmp_path):
    with pytest.raises(RecipeError, match="nothing there"):
        read_recipe(tmp_path / "gone.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("epochs = = 3")
    with pytest.raises(RecipeError, match="TOML"):
        read_recipe(broken)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match=r"binary\.toml"):
        read_recipe(binary)
    with pytest.raises(RecipeError, match="can be read"):
        read_recipe(tmp_path)


def test_a_newer_format_is_refused():
    with pytest.raises(RecipeError, match="format 1"):
        choices_of({"leadline": 2}, "recipe.toml")
