"""In steady state nothing is compiled, and an epoch's end gives back the memory of the weights it was given."""

import jax
import numpy as np
import pytest

import leadline as ll
from leadline.nn.tasks import for_problem
from leadline.training.loop import Course
from leadline.training.moment import unwatched
from leadline.training.step import Problem, Rows
from leadline.training.train import chosen_for, prepare

COMPILED = "/jax/core/compile/backend_compile_duration"


@pytest.fixture
def compilations():
    """Return a list that grows by one with each compilation."""
    seen = []

    def heard(event, seconds, **_):
        if event == COMPILED:
            seen.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(heard)
    yield seen
    jax.monitoring.unregister_event_duration_listener(heard)


def ready(chunk=None):
    random = np.random.default_rng(0)
    rows = Rows(random.normal(size=(105, 6)).astype(np.float32), random.integers(0, 3, 105).astype(np.int32))
    network = ll.Sequential([ll.Dense(7, ll.relu), ll.BatchNorm(), ll.Dropout(0.2), ll.Dense(3)])
    problem = Problem(network, for_problem("classification", 3, 3), ll.adam(0.01).build(lambda step: 0.01))
    course = Course(20, 16, 0, None)
    chosen = chosen_for(problem, course, rows, None, ll.Plan(chunk=chunk, sounding_every=3))
    return prepare(problem, course, rows, rows, unwatched, None, chosen)


@pytest.mark.parametrize("chunk", [None, 32], ids=["whole", "chunks"])
def test_nothing_is_compiled_after_the_first_epoch(chunk, compilations):
    loop = ready(chunk)
    loop.run_epoch()
    compilations.clear()
    for _ in range(9):
        loop.run_epoch()
    loop.feed.stop()
    assert not compilations


def test_the_counter_counts(compilations):
    jax.jit(lambda x: x * 1.2345)(np.float32(1)).block_until_ready()
    assert compilations


def test_the_end_of_a_short_epoch_takes_over_the_memory_of_its_weights():
    loop = ready()
    chunk = next(loop.feed.chunks(1))
    after, _ = loop.programs.sweep(loop.carry, chunk.rows, chunk.batches, np.int32(0), loop.key)
    loop.programs.close(after, chunk.rows, chunk.last, loop.judged, np.int32(6), loop.key, np.bool_(True))
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(after.params))
    assert not any(
        leaf.is_deleted() for leaf in jax.tree.leaves(loop.carry.params)
    )  # still there to fall back on
