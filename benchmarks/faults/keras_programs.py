"""The same case as a Keras program, to hold our arithmetic to Keras' own.

Comes in: a case. Goes out: a compiled ``keras.Sequential`` and its score. Keras is no dependency: it is imported when
asked for, with the backend that KERAS_BACKEND names. Losses by hand exist in our form alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.faults.cases import Case, CaseError
from benchmarks.faults.layer_text import Op
from benchmarks.faults.losses import loss_of
from benchmarks.faults.pairs import LEAST
from benchmarks.faults.programs import last_of, optimizer_of, program_of
from leadline.program.answers import score
from leadline.program.program import Program
from leadline.program.written import Written


def keras_network(ops: Sequence[Op], shape: tuple[int, ...]) -> Any:
    """Return the ``keras.Sequential`` of a list of operations."""
    import keras  # type: ignore[import-untyped]  # it has no stubs

    return keras.Sequential([keras.Input(shape), *(_layer(op) for op in ops)])


def _layer(op: Op) -> Any:
    import keras

    name, layers = op["op"], keras.layers
    act = None if op.get("act") in (None, "linear") else op["act"]
    finish = {"activation": act, "use_bias": op.get("bias", True), "kernel_initializer": _initializer(op)}
    if name == "dense":
        return layers.Dense(op["units"], **finish)
    if name in ("conv1d", "conv2d"):
        kind = layers.Conv1D if name == "conv1d" else layers.Conv2D
        return kind(op["filters"], op["kernel"], op.get("stride", 1), op.get("padding", "valid"), **finish)
    if name in ("maxpool1d", "maxpool2d"):
        kind = layers.MaxPooling1D if name == "maxpool1d" else layers.MaxPooling2D
        return kind(op["size"], op.get("stride"), op.get("padding", "valid"))
    if name == "activation":
        return layers.LeakyReLU() if op["act"] == "leaky_relu" else layers.Activation(op["act"])
    simple = {
        "flatten": layers.Flatten,
        "dropout": lambda: layers.Dropout(op["rate"]),
        "batchnorm": layers.BatchNormalization,
        "global_avg_pool": layers.GlobalAveragePooling2D,
    }
    if name not in simple:
        raise CaseError.at("op", "one that has a Keras layer here", repr(name))
    return simple[name]()


def _initializer(op: Op) -> Any:
    import keras

    known = {
        "uniform": keras.initializers.RandomUniform(-0.05, 0.05),
        "normal": keras.initializers.RandomNormal(0.0, 0.05),
        "random_normal": keras.initializers.RandomNormal(0.0, 0.05),
        "normal_std1": keras.initializers.RandomNormal(0.0, 1.0),
        "truncated_normal_std1": keras.initializers.TruncatedNormal(0.0, 1.0),
        "custom_uniform": keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform"),
        "variance_scaling_2_fan_in_uniform": keras.initializers.VarianceScaling(2.0, "fan_in", "uniform"),
    }
    name = op.get("init") or "glorot_uniform"
    return known.get(name, name)


def keras_loss(loss: Written) -> Any:
    """Return Keras' own loss of the same name.

    Raises:
        CaseError: The loss was made by hand; Keras has none like it.
    """
    import keras

    if not loss.clip or loss.reduction == "sum":
        raise CaseError.at("loss", "one of Keras", "one by hand")
    scores = loss.reads == "scores"
    made = {
        "mse": keras.losses.MeanSquaredError,
        "mae": keras.losses.MeanAbsoluteError,
        "huber": keras.losses.Huber,
        "log_cosh": keras.losses.LogCosh,
        "kl_divergence": keras.losses.KLDivergence,
    }
    if loss.name in made:
        return made[loss.name]()
    if loss.name == "binary_cross_entropy":
        return keras.losses.BinaryCrossentropy(from_logits=scores)
    if loss.labels == "codes":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=scores)
    return keras.losses.CategoricalCrossentropy(from_logits=scores)


def _optimizer(case: Case) -> Any:
    import keras

    ours = optimizer_of(case.plain)
    rate, made = ours.learning_rate, keras.optimizers
    if ours.name == "sgd":
        return made.SGD(rate, momentum=ours.options["momentum"])
    return {"adam": made.Adam, "rmsprop": made.RMSprop, "adagrad": made.Adagrad}[ours.name](rate)


def keras_score(case: Case, seed: int) -> tuple[float, Program]:
    """Train a case in Keras with the rows of ours; return the score that ours would give to its answers."""
    import keras

    program = program_of(case, seed)
    keras.utils.set_random_seed(seed)
    model = keras_network(case.network, program.inputs.shape[1:])
    loss = loss_of(str(case.plain["loss"]), *last_of(case.network)).loss
    model.compile(optimizer=_optimizer(case), loss=keras_loss(loss))
    if program.epochs:
        targets = program.targets
        model.fit(program.inputs, targets, batch_size=program.batch, epochs=program.epochs, verbose=0)
    outputs = np.asarray(model.predict(program.judged[0], batch_size=256, verbose=0))
    found = score(program, outputs, program.judged[1])
    return max(found if math.isfinite(found) else LEAST, LEAST), program
