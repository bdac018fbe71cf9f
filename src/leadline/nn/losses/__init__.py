"""Losses: how wrong the scores of each row are. One entry is one small documented function."""

from leadline.nn.losses.classes import binary_cross_entropy, cross_entropy, hinge
from leadline.nn.losses.loss import Loss, losses
from leadline.nn.losses.numbers import huber, mae, mse

__all__ = ["Loss", "binary_cross_entropy", "cross_entropy", "hinge", "huber", "losses", "mae", "mse"]
