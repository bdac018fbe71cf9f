"""Optimizers as frozen values: a name, a learning rate, a schedule and options; optax does the arithmetic.

Conventions follow PyTorch where the two differ (epsilon outside the square root, accumulators that start at 0),
so that learning rates found elsewhere mean the same here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import optax

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import NOT_NEGATIVE, POSITIVE, RATE, Constraint, Switch, check_fields
from leadline.core.errors import Problems, RecipeError
from leadline.core.text import did_you_mean
from leadline.training.schedules import Rate, Schedule


@dataclass(frozen=True)
class Kind:
    """What an optimizer of one name takes and does.

    Args:
        direction: Makes the optax transformation from the options; the learning rate comes after it.
        options: Every option with its default.
        limits: Every option with its constraint.
        learning_rate: The default.
        entry: Formula, year and source; w is a weight, g its gradient, η the learning rate.
    """

    direction: Callable[..., optax.GradientTransformation]
    options: Mapping[str, Any]
    limits: Mapping[str, Constraint]
    learning_rate: float
    entry: Entry


optimizers: Catalogue[Kind] = Catalogue("optimizers")
STEADY = Schedule()


def _add(
    name: str,
    direction: Callable[..., optax.GradientTransformation],
    learning_rate: float,
    options: Mapping[str, tuple[Any, Constraint]],
    entry: tuple[str, int, str],
) -> None:
    formula, year, source = entry
    optimizers.add(
        name,
        Kind(
            direction,
            {option: default for option, (default, _) in options.items()},
            {option: limit for option, (_, limit) in options.items()},
            learning_rate,
            Entry(name, formula, year=year, source=source),
        ),
    )


def _momentum(momentum: float, nesterov: bool) -> optax.GradientTransformation:
    return optax.trace(momentum, nesterov) if momentum else optax.identity()


_ADAM = {"b1": (0.9, RATE), "b2": (0.999, RATE), "eps": (1e-8, POSITIVE)}
_add(
    "sgd", _momentum, 0.01, {"momentum": (0.0, RATE), "nesterov": (False, Switch())},
    ("v ← momentum·v + g, w ← w - η·v", 1951,
     "Robbins and Monro, A stochastic approximation method; Polyak (1964); Nesterov (1983)"),
)  # fmt: skip
_add(
    "adam", optax.scale_by_adam, 1e-3, _ADAM,
    ("w ← w - η·m̂ / (sqrt(v̂) + eps)", 2015, "Kingma and Ba, Adam: a method for stochastic optimization"),
)  # fmt: skip
_add(
    "adamw", optax.scale_by_adam, 1e-3, _ADAM,
    ("w ← w - η·(m̂ / (sqrt(v̂) + eps) + decay·w)", 2019,
     "Loshchilov and Hutter, Decoupled weight decay regularization"),
)  # fmt: skip
_add(
    "rmsprop", lambda decay, eps: optax.scale_by_rms(decay, eps, eps_in_sqrt=False), 1e-3,
    {"decay": (0.9, RATE), "eps": (1e-8, POSITIVE)},
    ("v ← decay·v + (1 - decay)·g², w ← w - η·g / (sqrt(v) + eps)", 2012,
     "Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning"),
)  # fmt: skip
_add(
    "adagrad", lambda eps: optax.scale_by_rss(initial_accumulator_value=0.0, eps=eps), 0.01,
    {"eps": (1e-10, POSITIVE)},
    ("v ← v + g², w ← w - η·g / (sqrt(v) + eps)", 2011,
     "Duchi, Hazan and Singer, Adaptive subgradient methods for online learning"),
)  # fmt: skip


@dataclass(frozen=True)
class Optimizer:
    """How the weights follow the gradient; make one by :func:`sgd`, :func:`adam` and the others.

    Args:
        name: One of the catalogue's.
        learning_rate: Above 0.
        schedule: How the learning rate moves.
        weight_decay: Decoupled decay of kernels (never of biases and norms) by ``rate · decay`` a step.
        options: The method's own numbers; missing ones take their defaults.
    """

    name: str = "adam"
    learning_rate: Annotated[float, POSITIVE] = 1e-3
    schedule: Schedule = STEADY
    weight_decay: Annotated[float, NOT_NEGATIVE] = 0.0
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)  # equal ones are still compared

    def __post_init__(self) -> None:
        kind = optimizers.find(self.name, "optimizer", RecipeError)
        check_fields(self, f"optimizer {self.name}", RecipeError)
        problems = Problems()
        for name, value in self.options.items():
            if name not in kind.options:
                hint = did_you_mean(name, list(kind.options))
                problems.add(f"optimizer {self.name}", "given options it has", repr(name), hint)
            elif name in kind.limits and not kind.limits[name].allows(value):
                problems.add(f"optimizer {self.name}, {name}", kind.limits[name].words(), repr(value))
        problems.raise_as(RecipeError)
        object.__setattr__(self, "options", {**kind.options, **self.options})

    def with_rate(self, learning_rate: float) -> Optimizer:
        """Return the same optimizer with another learning rate."""
        return replace(self, learning_rate=learning_rate)

    def build(self, rate: Rate, clip_norm: float = 0.0, decayed: Any = None) -> optax.GradientTransformation:
        """Return the optax transformation.

        Args:
            rate: Step → learning rate.
            clip_norm: Largest global norm of the gradient; 0 for no clipping.
            decayed: Tree of booleans: which parameters decay; None for all.
        """
        chain = [optax.clip_by_global_norm(clip_norm)] if clip_norm else []
        chain.append(optimizers[self.name].direction(**self.options))
        if self.weight_decay:
            chain.append(optax.add_decayed_weights(self.weight_decay, decayed))
        return optax.chain(*chain, optax.scale_by_learning_rate(rate))

    def to_spec(self) -> dict[str, Any]:
        """Return what a recipe file says of it."""
        plain = {"name": self.name, "learning_rate": self.learning_rate, "weight_decay": self.weight_decay}
        return {**plain, **self.options, "schedule": self.schedule.to_spec()}


def sgd(
    learning_rate: float = 0.01,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    schedule: Schedule = STEADY,
) -> Optimizer:
    """Return stochastic gradient descent: ``w ← w - rate · g``, with momentum ``v ← momentum · v + g``.

    Args:
        learning_rate: Above 0.
        momentum: In [0, 1); 0 for none.
        nesterov: Look ahead along the momentum.
        weight_decay: Decoupled decay of kernels.
        schedule: How the learning rate moves.

    Example:
        >>> sgd(0.1, momentum=0.9).options["momentum"]
        0.9
    """
    options = {"momentum": momentum, "nesterov": nesterov}
    return Optimizer("sgd", learning_rate, schedule, weight_decay, options)


def momentum(learning_rate: float = 0.01, momentum: float = 0.9, schedule: Schedule = STEADY) -> Optimizer:
    """Return SGD with momentum: ``v ← momentum · v + g``, ``w ← w - rate · v``.

    Source: Polyak, Some Methods of Speeding up the Convergence of Iteration Methods (1964).

    Example:
        >>> momentum(0.1).options["momentum"]
        0.9
    """
    return sgd(learning_rate, momentum, schedule=schedule)


def nesterov(learning_rate: float = 0.01, momentum: float = 0.9, schedule: Schedule = STEADY) -> Optimizer:
    """Return SGD with Nesterov momentum: the gradient is followed from where the momentum leads.

    Source: Nesterov (1983), in the form of Sutskever et al. (2013).

    Example:
        >>> nesterov(0.1).options["nesterov"]
        True
    """
    return sgd(learning_rate, momentum, nesterov=True, schedule=schedule)


def adam(
    learning_rate: float = 1e-3,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    schedule: Schedule = STEADY,
) -> Optimizer:
    """Return Adam: steps scaled by running means of the gradient and of its square.

    ``w ← w - rate · m̂ / (√v̂ + eps)``; source: Kingma and Ba, Adam (2015).

    Example:
        >>> adam(1e-3).learning_rate
        0.001
    """
    return Optimizer("adam", learning_rate, schedule, 0.0, {"b1": b1, "b2": b2, "eps": eps})


def adamw(
    learning_rate: float = 1e-3,
    weight_decay: float = 1e-2,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    schedule: Schedule = STEADY,
) -> Optimizer:
    """Return Adam with decoupled weight decay: kernels also shrink by ``rate · weight_decay`` a step.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019).

    Example:
        >>> adamw(1e-3).weight_decay
        0.01
    """
    return Optimizer("adamw", learning_rate, schedule, weight_decay, {"b1": b1, "b2": b2, "eps": eps})


def rmsprop(
    learning_rate: float = 1e-3, decay: float = 0.9, eps: float = 1e-8, schedule: Schedule = STEADY
) -> Optimizer:
    """Return RMSprop: steps divided by the root of a running mean of the squared gradient.

    ``w ← w - rate · g / (√v + eps)``; source: Tieleman and Hinton (2012).

    Example:
        >>> rmsprop().options["decay"]
        0.9
    """
    return Optimizer("rmsprop", learning_rate, schedule, 0.0, {"decay": decay, "eps": eps})


def adagrad(learning_rate: float = 0.01, eps: float = 1e-10, schedule: Schedule = STEADY) -> Optimizer:
    """Return Adagrad: steps divided by the root of the sum of all squared gradients so far.

    Source: Duchi, Hazan and Singer (2011).

    Example:
        >>> adagrad().learning_rate
        0.01
    """
    return Optimizer("adagrad", learning_rate, schedule, 0.0, {"eps": eps})
