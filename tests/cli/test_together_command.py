"""``leadline fit --processes``: two processes on this machine train as one, and options that do not fit are told."""

import os
import subprocess
import sys

import numpy as np
import pytest

from leadline.record.store import load_run


def leadline(*words, cwd, **more):
    environment = {**os.environ, "COLUMNS": "100"}
    environment.pop("JAX_NUM_CPU_DEVICES", None)
    command = [sys.executable, "-m", "leadline", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240, **more
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Write arrays for a convolutional network: 8 x 8 with two colors."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(1)
    x = random.normal(size=(240, 8, 8, 2)).astype(np.float32)
    np.savez(folder / "some.npz", x=x, y=(x[:, :4].mean((1, 2, 3)) > 0).astype(int))
    return folder


def test_two_processes_train_as_one(images):
    common = ("fit", "some.npz", "--network", "cnn", "--epochs", 3, "--batch-size", 16, "--explain-plan")
    alone = leadline(*common, "--out", "alone", cwd=images)
    both = leadline(*common, "--out", "both", "--processes", 2, cwd=images)
    assert (alone.returncode, both.returncode) == (0, 0), alone.stderr + both.stderr
    assert "all 2 of 2 processes" in both.stdout
    assert both.stdout.count("recipe") == alone.stdout.count("recipe")  # one of them speaks
    one, two = load_run(images / "alone"), load_run(images / "both")
    assert two["plan.devices"] == 2
    for name in ("start.loss", "start.gradient.norm", "curve.loss.train", "curve.loss.validation"):
        np.testing.assert_allclose(two[name], one[name], rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "where", "must_be"),
    [
        (("--processes", 0), "--processes", "at least 1"),
        (("--coordinator", "localhost:1"), "--coordinator and --process", "given together"),
        (("--processes", 2, "--process", 2, "--coordinator", "localhost:1"), "--process", "from 0 to 1"),
        (("--processes", 2, "--process", 0, "--coordinator", "somewhere"), "--coordinator", "HOST:PORT"),
        (("--devices", 0), "--devices", "a whole number of at least 1"),
        (("--precision", "float16"), "--precision", "one of 'float32', 'bfloat16'"),
    ],
)
def test_options_that_do_not_fit_are_told(options, where, must_be, tmp_path):
    found = leadline("fit", "digits", *options, cwd=tmp_path)
    assert found.returncode == 2
    assert f"error     {where}\n" in found.stderr
    assert f"must be   {must_be}" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_batch_that_the_processes_cannot_share_is_told_once(images):
    found = leadline("fit", "some.npz", "--processes", 2, "--batch-size", 15, "--out", "odd", cwd=images)
    assert found.returncode != 0
    assert found.stderr.count("multiple of the 2 devices") == 1
    assert "Traceback" not in found.stderr
