"""What layers share that change images while training: nothing happens in use, and rows draw their own.

In: images (H, W, C). Out: the same shape.
"""

from __future__ import annotations

import abc

from jaxtyping import Array, Float

from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State
from leadline.nn.kernels.filter import check_image

Images = Float[Array, "B H W C"]


class Augmentation(Layer):
    """A layer that shows the network other images of the same things while training; in use, it does nothing."""

    keeps_values = True

    @property
    def random(self) -> bool:
        """It needs a key while training."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        check_image(self, shape, path)
        return shape

    def apply(self, params: Params, state: State, inputs: Images, how: Pass = IN_USE) -> tuple[Images, State]:
        """Return the images, changed while training."""
        return self.changed(inputs, how) if how.training else inputs, state

    @abc.abstractmethod
    def changed(self, images: Images, how: Pass) -> Images:
        """Return the images, each changed by a draw of its own."""
