"""The frameworks that are watched, imported when somebody watches them: Leadline needs none of them.

Comes in: nothing. Goes out: the module of PyTorch, or of Keras.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def torch() -> Any:
    """Return PyTorch.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    return import_module("torch")


def torch_steps() -> Any:
    """Return the module of PyTorch whose hooks are called by the steps of every optimizer.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.
    """
    return import_module("torch.optim.optimizer")


def keras() -> Any:
    """Return Keras.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    return import_module("keras")
