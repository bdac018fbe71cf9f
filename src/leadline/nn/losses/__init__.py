"""Losses: how wrong the scores of each row are. One entry is one small documented function."""

from leadline.nn.losses.classes import cross_entropy, focal, hinge
from leadline.nn.losses.densities import gaussian_nll, laplace_nll
from leadline.nn.losses.labels import binary_cross_entropy, binary_focal
from leadline.nn.losses.loss import Loss, loss_of, losses
from leadline.nn.losses.numbers import huber, log_cosh, mae, mse, pinball

__all__ = [
    "Loss",
    "binary_cross_entropy",
    "binary_focal",
    "cross_entropy",
    "focal",
    "gaussian_nll",
    "hinge",
    "huber",
    "laplace_nll",
    "log_cosh",
    "loss_of",
    "losses",
    "mae",
    "mse",
    "pinball",
]
