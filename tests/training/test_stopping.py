"""Early stopping against its definition, written out plainly."""

import math

from hypothesis import given
from hypothesis import strategies as st

from leadline.training.stopping import Stopping


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.integers(1, 6))
def test_keeps_the_first_epoch_with_the_lowest_loss_until_patience_ends(losses, patience):
    watch = Stopping(patience)
    for epoch, loss in enumerate(losses, start=1):
        watch = watch.saw(loss)
        seen = losses[:epoch]
        assert watch.best_epoch == seen.index(min(seen)) + 1
        assert watch.is_best == (watch.best_epoch == epoch)
        assert watch.enough == (epoch - watch.best_epoch >= patience)


def test_a_gain_below_min_delta_does_not_count():
    watch = Stopping(patience=2, min_delta=0.1)
    for loss in (1.0, 0.95, 0.91):
        watch = watch.saw(loss)
    assert (watch.best_epoch, watch.enough) == (1, True)


def test_no_epoch_seen_has_no_best():
    assert Stopping(3).best_epoch == 0
    assert math.isinf(Stopping(3).best)
