"""A watch beside ``fit`` of Keras, by its PyTorch backend in this process and by JAX in another."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from leadline.adapters.keras_losses import written_loss
from leadline.adapters.keras_watch import WatchKeras

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras

random = np.random.default_rng(0)
INPUTS = random.normal(size=(160, 6)).astype(np.float32)
CODES = (INPUTS[:, 0] > 0).astype(int) + (INPUTS[:, 1] > 0)


def fitted(
    keras: ModuleType, layers: list[Any], loss: Any, targets: np.ndarray = CODES, **choices: Any
) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(choices.pop("shape", (6,))), *layers])
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=choices.pop("metrics", ["accuracy"]))
    inputs = choices.pop("inputs", INPUTS)
    watch = WatchKeras(data=choices.pop("data", (inputs, targets)), every=1)
    history = model.fit(
        inputs, targets, verbose=0, callbacks=[watch], **{"epochs": 2, "batch_size": 40, **choices}
    )
    return watch, model, history.history


def test_it_is_a_callback_and_changes_nothing(keras: ModuleType) -> None:
    layers = keras.layers
    states = []
    for watching in (False, True):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((6,)), layers.Dense(8, "relu"), layers.Dropout(0.3), layers.Dense(3)]
        )
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        watch = WatchKeras(data=(INPUTS, CODES), every=1)
        assert isinstance(watch, keras.callbacks.Callback)
        model.fit(INPUTS, CODES, epochs=2, verbose=0, callbacks=[watch] if watching else [])
        states.append(model.get_weights())
        assert all("call" not in layer.__dict__ for layer in model.layers)
    assert all(np.array_equal(a, b) for a, b in zip(*states, strict=True))


def test_curves_structure_and_soundings(keras: ModuleType) -> None:
    layers = keras.layers
    made = [
        layers.Dense(8, "relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(3, "softmax"),
    ]
    watch, model, history = fitted(
        keras, made, "sparse_categorical_crossentropy", validation_data=(INPUTS[:50], CODES[:50])
    )
    run = watch.run
    assert run["program.look"] == ()
    assert run["network.kinds"] == ("dense", "batch_norm", "dropout", "dense")
    assert run["network.activations"] == ("relu", "linear", "linear", "softmax")
    assert (run["network.output_activation"], run["network.nonlinear"]) == ("softmax", 1)
    assert run["network.parameters.total"] == model.count_params()
    np.testing.assert_allclose(run["curve.loss.train"], history["loss"])
    np.testing.assert_allclose(run["curve.loss.validation"], history["val_loss"])
    np.testing.assert_allclose(run["curve.score.validation"], history["val_accuracy"])
    assert (run["program.updates"], run["program.batch"], run["stop.reason"]) == (8, 40, "epochs")
    assert run["recipe"]["optimizer"] == {"name": "sgd", "learning_rate": 0.1}
    rows = INPUTS[np.linspace(0, 159, 128).astype(int)]
    hidden = keras.ops.convert_to_numpy(model.layers[0](rows))
    assert run["sounding.activation.mean"][-1, 0] == pytest.approx(hidden.mean(), rel=1e-4)
    assert run["sounding.activation.dead"][-1, 0] == (hidden == 0).all(0).mean()
    assert run["sounding.rows"] == 128
    assert run["data.class_count.train"].tolist() == np.bincount(CODES).tolist()
    np.testing.assert_allclose(run["data.input.mean"], INPUTS.mean(0), atol=1e-6)


def test_gradients_and_the_last_update_by_torch(keras: ModuleType) -> None:
    watch, model, _ = fitted(
        keras, [keras.layers.Dense(3)], "mse", np.eye(3, dtype=np.float32)[CODES], epochs=1
    )
    gradient = watch.run["sounding.gradient.norm"][0, 0]
    own = np.sqrt(sum(float(one.value.grad.norm()) ** 2 for one in model.layers[0].trainable_variables))
    assert gradient == pytest.approx(own, rel=1e-5)
    before = [
        keras.ops.convert_to_numpy(one.value + 0.1 * one.value.grad)
        for one in model.layers[0].trainable_variables
    ]
    size = np.sqrt(sum(np.sum(np.square(one)) for one in before))
    assert watch.run["sounding.update.ratio"][0, 0] == pytest.approx(0.1 * gradient / size, rel=1e-3)
    assert np.isfinite(watch.run["start.gradient.norm"]).all()


def test_layers_that_are_activations(keras: ModuleType) -> None:
    layers = keras.layers
    made = [
        layers.Conv2D(4, 3), layers.ReLU(), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3),
        layers.Activation("softmax"),
    ]  # fmt: skip
    inputs = random.normal(size=(64, 8, 8, 2)).astype(np.float32)
    watch, _, _ = fitted(
        keras,
        made,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        CODES[:64],
        inputs=inputs,
        shape=(8, 8, 2),
    )
    run = watch.run
    assert run["network.kinds"] == ("conv", "max_pool", "flatten", "dense")
    assert run["network.activations"] == ("relu", "linear", "linear", "softmax")
    assert run["network.shapes"][0] == "6 x 6 x 4"
    assert run["network.output_activation"] == "softmax"
    assert "softmax_twice" in watch.findings.faults


def test_a_functional_network_with_functions_and_a_network_inside(keras: ModuleType) -> None:
    layers = keras.layers
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(8)], name="inner")
    start = keras.Input((6,))
    end = layers.Dense(3)(keras.ops.sin(inner(start)))
    model = keras.Model(start, end)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    watch = WatchKeras(data=(INPUTS, CODES))
    model.fit(INPUTS, CODES, epochs=1, verbose=0, callbacks=[watch])
    assert watch.run["network.layers"][0].startswith("inner.dense")
    assert watch.run["network.nonlinear"] == 1
    assert watch.run["network.output_activation"] == "linear"


def test_a_subclass_says_what_it_can(keras: ModuleType) -> None:
    class Net(keras.Model):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = keras.layers.Dense(8), keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.last(keras.ops.relu(self.first(x)))

    model = Net()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    watch = WatchKeras(data=(INPUTS, CODES))
    model.fit(INPUTS, CODES, epochs=1, verbose=0, callbacks=[watch])
    assert "network.nonlinear" not in watch.run
    assert any("no graph of layers" in words for words in watch.run["program.look"])
    assert np.isfinite(watch.run["sounding.activation.mean"]).all()
    assert "no_nonlinearity" not in watch.findings.faults


def test_without_data(keras: ModuleType, tmp_path: Any) -> None:
    made = [keras.layers.Dense(8, "relu"), keras.layers.Dense(3)]
    watch, _, _ = fitted(keras, made, "mse", np.eye(3)[CODES], data=None)
    run = watch.run
    assert run["network.activations"] == ("relu", "linear")
    assert run["network.outputs"] == 3
    assert np.isfinite(run["sounding.update.ratio"]).all()
    assert "target.form" not in run
    assert any("No data were given" in words for words in run["program.look"])
    assert watch.save(tmp_path / "run").is_dir()
    assert watch.report(tmp_path / "page.html").is_file()


def test_nothing_is_finite(keras: ModuleType) -> None:
    watch, _, _ = fitted(keras, [keras.layers.Dense(3)], "mse", np.full((160, 3), np.nan, np.float32))
    assert watch.run["stop.reason"] == "not finite"
    assert watch.run["stop.not_finite_step"] == 1
    assert "rule_failed" not in watch.findings.faults


def test_stopping_early_is_told(keras: ModuleType) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    watch = WatchKeras(data=(INPUTS, INPUTS[:, 0]))
    model.fit(INPUTS, INPUTS[:, 0], epochs=3, verbose=0, callbacks=[watch, Stop()])
    assert watch.run["stop.reason"] == "early stopping"
    assert (watch.run["loss.expands"], watch.run["target.dimensions"]) == (1, 1)


def test_a_failure_of_the_watch_is_told(keras: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("leadline.adapters.keras_layers.pass_through", broken)
    watch, _, history = fitted(keras, [keras.layers.Dense(3)], "sparse_categorical_crossentropy")
    assert len(history["loss"]) == 2
    assert any("RuntimeError: planted" in words for words in watch.run["program.look"])


def probabilities(rows: int, units: int) -> np.ndarray:
    return random.uniform(0.05, 0.9, (rows, units)).astype(np.float32)


@pytest.mark.parametrize(
    ("loss", "form"),
    [
        ("mse", "numbers"), ("MeanAbsoluteError", "numbers"), ("huber", "numbers"), ("log_cosh", "numbers"),
        ("binary_crossentropy", "labels"), ("categorical_crossentropy", "one_hot"), ("KLDivergence", "one_hot"),
        ("sparse_categorical_crossentropy", "codes"), ("from_logits", "one_hot"), ("sum", "labels"),
    ],
)  # fmt: skip
def test_a_loss_as_written_is_that_of_keras(keras: ModuleType, loss: str, form: str) -> None:
    given, codes = probabilities(20, 3), random.integers(0, 3, 20)
    known = {
        "numbers": probabilities(20, 3) * 3, "labels": (probabilities(20, 3) < 0.5).astype(np.float32),
        "one_hot": np.eye(3, dtype=np.float32)[codes], "codes": codes,
    }[form]  # fmt: skip
    own: Any = {
        "from_logits": keras.losses.CategoricalCrossentropy(from_logits=True),
        "sum": keras.losses.BinaryCrossentropy(reduction="sum"),
    }.get(loss, loss)
    written, words = written_loss(own)
    assert written is not None
    assert words == []
    model = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
    model.compile("sgd", own)
    wanted = (
        float(own(known, given)) if loss == "sum" else model.evaluate(given, known, batch_size=20, verbose=0)
    )
    if loss == "sparse_categorical_crossentropy":
        given = given / given.sum(1, keepdims=True)
        wanted = model.evaluate(given, known, batch_size=20, verbose=0)
    assert float(written(given, known)) == pytest.approx(wanted, rel=1e-4)


def test_losses_nobody_knows() -> None:
    assert "several" in written_loss(["mse", "mae"])[1][0]
    assert "No loss" in written_loss(None)[1][0]
    assert "poisson" in written_loss("poisson")[1][0]


BY_JAX = """
import numpy as np, keras
from leadline.adapters.keras_watch import WatchKeras
random = np.random.default_rng(0)
x = random.normal(size=(160, 6)).astype("float32")
y = (x[:, 0] > 0).astype(int)
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
watch = WatchKeras(data=(x, y), every=1)
model.fit(x, y, epochs=2, validation_data=(x, y), verbose=0, callbacks=[watch])
run = watch.run
assert keras.backend.backend() == "jax"
assert run["program.updates"] == 10 and run["program.batch"] == 32
assert np.isfinite(run["sounding.activation.mean"]).all() and run["sounding.epochs"].tolist() == [1, 2]
assert 0 < run["sounding.update.ratio"].max() < 0.1
assert np.isfinite(run["start.loss"]) and len(run["curve.score.validation"]) == 2
assert run["program.look"][0].startswith("Gradients were not seen") and len(run["program.look"]) == 1
assert "start.gradient.norm" not in run
"""


def test_by_jax(keras: ModuleType) -> None:
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", BY_JAX], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
