"""What was compiled is used again for equal choices and shapes, and for no others; the numbers stay the same."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.program.course import train_beside
from leadline.program.start import start_facts
from leadline.training import compiling
from leadline.training.compiling import KEPT, LEAST, compiled_once

DRAWS = np.random.default_rng(0)
INPUTS = DRAWS.normal(size=(60, 4)).astype(np.float32)
PROGRAM = ll.Program(
    ll.Sequential([ll.Dense(5, ll.tanh), ll.Dense(1)]),
    INPUTS,
    INPUTS.sum(axis=1),
    ll.Written("mse"),
    ll.sgd(0.05, momentum=0.5),
)


@pytest.fixture(autouse=True)
def _fresh():
    compiling._kept.clear()


def made() -> int:
    return len(compiling._kept)


def scores(program, seeds=(0, 1)):
    return train_beside([program], seeds, 20)[0].losses


def test_other_seeds_and_other_rows_of_equal_shapes_are_not_compiled_again():
    scores(PROGRAM)
    again = scores(replace(PROGRAM, seed=3, inputs=INPUTS[::-1].copy()), (5, 6))
    assert made() == 1
    compiling._kept.clear()
    np.testing.assert_array_equal(scores(replace(PROGRAM, seed=3, inputs=INPUTS[::-1].copy()), (5, 6)), again)


CHANGES = {
    "network": ll.Sequential([ll.Dense(5, ll.relu), ll.Dense(1)]),
    "loss": ll.Written("mae"),
    "optimizer": ll.sgd(0.05, momentum=0.9),
    "batch_size": 16,
    "l2": 0.1,
    "clip_norm": 0.5,
}


@given(st.sets(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=2))
@settings(max_examples=12, deadline=None)
def test_whatever_is_changed_is_compiled_anew(names):
    compiling._kept.clear()
    changed = replace(PROGRAM, **{name: CHANGES[name] for name in names})
    scores(PROGRAM)
    after = scores(changed)
    assert made() == 2
    compiling._kept.clear()
    np.testing.assert_array_equal(scores(changed), after)


def test_a_schedule_over_more_epochs_is_another_program():
    decaying = replace(PROGRAM, optimizer=ll.sgd(0.05, schedule=ll.cosine()), epochs=2)
    short, long = scores(decaying), scores(replace(decaying, epochs=50))
    assert made() == 2
    assert not np.array_equal(short, long)


def test_a_layer_of_the_same_name_and_fields_is_another_layer():
    class Twice(ll.Dense):
        def apply(self, params, state, inputs, how):
            outputs, state = super().apply(params, state, inputs, how)
            return 2 * outputs, state

    plain = replace(PROGRAM, network=ll.Sequential([ll.Dense(1)]))
    twice = replace(PROGRAM, network=ll.Sequential([Twice(1)]))
    assert not np.array_equal(scores(plain), scores(twice))
    assert made() == 2


def test_what_cannot_be_hashed_is_compiled_every_time():
    class Listed(ll.Dense):
        __hash__ = None

    program = replace(PROGRAM, network=ll.Sequential([Listed(1)]))
    np.testing.assert_array_equal(scores(program), scores(program))
    assert made() == 0


def test_the_start_of_another_seed_is_another_start():
    one, two = start_facts(PROGRAM, (0, 1)), start_facts(PROGRAM, (2, 3))
    assert made() == 1
    assert not np.array_equal(one["start.losses"], two["start.losses"])


def test_no_more_are_kept_than_said():
    for at in range(KEPT + 3):
        compiled_once(jax.jit(jnp.cumsum), (jnp.arange(3),), LEAST, at)
    assert made() == KEPT
    assert [key[0] for key in compiling._kept] == list(range(3, KEPT + 3))  # the oldest went
