"""Planted faults are found by the rules they name, before anything is trained; sound programs are left alone."""

from __future__ import annotations

import pytest

from leadline import faults
from leadline.diagnosis.engine import diagnose
from leadline.program.examine import examine
from leadline.program.program import Program

CLASSES, NUMBERS, IMAGES = (faults.healthy(asked) for asked in ("classes", "numbers", "images"))
CHEAP = (
    ("flipped_gradient_sign", CLASSES), ("missing_softmax", CLASSES), ("double_softmax", CLASSES),
    ("softmax_wrong_axis", CLASSES), ("loss_wrong_axis_or_broadcast", NUMBERS),
    ("loss_wrong_axis_or_broadcast", CLASSES), ("loss_sum_reduction", CLASSES),
    ("input_unnormalized", IMAGES), ("input_unnormalized", CLASSES), ("double_normalization", IMAGES),
    ("target_unscaled", NUMBERS), ("constant_init", CLASSES), ("random_init_bad_scale", CLASSES),
    ("change_weights_initialisation", CLASSES), ("wrong_hidden_activation", CLASSES),
    ("remove_activation", CLASSES), ("add_activation", CLASSES), ("change_loss", CLASSES),
    ("disable_batching", CLASSES), ("change_epochs", CLASSES), ("unbalance_train_data", CLASSES),
)  # fmt: skip


def str_of(value: str | Program) -> str:
    return value if isinstance(value, str) else value.form.kind


@pytest.mark.parametrize(("name", "sound"), CHEAP, ids=str_of)
def test_found_before_training(name: str, sound: Program) -> None:
    found = examine(faults.plant(sound, name), diagnose, stages="AB", seeds=(0, 1)).findings
    assert set(faults.catalogue[name].expects) & set(found.faults), found.faults


@pytest.mark.parametrize("asked", ["classes", "numbers", "images"])
def test_sound_programs_have_no_error(asked: str) -> None:
    found = examine(faults.healthy(asked), diagnose, stages="ABC", seeds=(0, 1, 2)).findings
    assert [one for one in found if one.severity in ("error", "warning")] == []
