"""The range test asked for as a training is: a network, data and choices, every other choice made as ``fit`` makes it.

Comes in: what :func:`leadline.fit` takes. Goes out: a :class:`leadline.RateRange`.
"""

from __future__ import annotations

from dataclasses import replace

from leadline.cache import use_cache
from leadline.choices import for_loss, whole_recipe
from leadline.data.dataset import Dataset
from leadline.nn.base import Layer
from leadline.nn.losses import Loss
from leadline.nn.sequences.embedding import check_tokens
from leadline.progress import shown
from leadline.training.optimizers import Optimizer
from leadline.training.rate_range import RateRange, range_test
from leadline.training.schedules import Rise
from leadline.workflow import task_of


def rate_range(
    network: Layer | str | None,
    data: Dataset,
    *,
    loss: str | Loss | None = None,
    optimizer: Optimizer | None = None,
    batch_size: int | str | None = None,
    l1: float | None = None,
    l2: float | None = None,
    clip_norm: float | None = None,
    label_smoothing: float | None = None,
    class_weights: str | tuple[float, ...] | None = None,
    seed: int | None = None,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 200,
    progress: bool | None = None,
) -> RateRange:
    """Find the learning rates at which a network learns, by one short training in which the rate rises.

    ``rate(step) = lowest · (highest / lowest)^(step / (steps - 1))``; suggested is half the rate at which the smoothed
    loss is first near its lowest. The steps are those that :func:`fit` makes by the same choices, from the same first
    weights, over the same batches. The validation and test parts are not looked at.

    Args:
        network: As in :func:`fit`: a network, "linear", "mlp" or "cnn", or None for the one that suits the data.
        data: From :mod:`leadline.data`.
        loss: Instead of the task's own.
        optimizer: Its learning rate and schedule give way to the rise; the others of its numbers stay.
        batch_size: Rows of one step, or "full". The right rate depends on it.
        l1: Weight of the L1 penalty on kernels.
        l2: Weight of the L2 penalty on kernels.
        clip_norm: Largest norm of the gradient; 0 for none.
        label_smoothing: In [0, 1).
        class_weights: "none", "balanced" or one for each class.
        seed: Of first weights, batches and noise.
        lowest: First learning rate, above 0; so low that nothing is learned yet.
        highest: Last learning rate; so high that training comes apart before it.
        steps: At least 20; the default gives each of seven decades 28, more cost time and show more.
        progress: Whether to draw a progress bar; by default where the error stream is a terminal.

    Returns:
        The curve, and what is read from it; it prints itself.

    Raises:
        NetworkError: The network's shapes do not fit; names the layer and both shapes.
        RecipeError: A choice is out of bounds, or the loss is not finite before anything was learned.

    Example:
        >>> import leadline as ll
        >>> data = ll.data.digits()
        >>> network = ll.Sequential([ll.Dense(32, ll.relu), ll.Dense(data.classes)])
        >>> found = ll.rate_range(network, data, optimizer=ll.sgd(), seed=0)
        >>> 0.01 < found.suggestion < 1
        True
        >>> result = ll.fit(network, data, optimizer=found.optimizer, epochs=10, seed=0)

    Source: Smith, Cyclical learning rates for training neural networks (2017).
    """
    rise = Rise(lowest, highest, steps)
    given = {
        "loss": loss, "optimizer": optimizer, "batch_size": batch_size, "l1": l1, "l2": l2, "clip_norm": clip_norm,
        "label_smoothing": label_smoothing, "class_weights": class_weights, "seed": seed,
    }  # fmt: skip
    use_cache()
    data = for_loss(data, loss)
    recipe = whole_recipe(data, network, given)
    task = task_of(recipe, data)
    part = data.parts["train"]
    check_tokens(recipe.network, part.inputs, part.rows)
    with shown(progress, "") as watch:
        return range_test(replace(recipe, loss=task.loss), data, task, rise, watch)
