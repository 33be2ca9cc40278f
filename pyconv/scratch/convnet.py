# SPDX-License-Identifier: BSD-3-Clause
"""What both convolutional networks of the book do alike: loss, gradients, accuracy, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pyconv.arguments import whole_number
from pyconv.backend import Array
from pyconv.scratch import stack
from pyconv.scratch.arrays import weight_dtype
from pyconv.scratch.conv2d import Convolution
from pyconv.scratch.dense import Affine
from pyconv.scratch.labels import class_numbers
from pyconv.scratch.parameter_files import PathLike, read_parameters, write_parameters
from pyconv.scratch.softmax_cross_entropy import SoftmaxWithLoss
from pyconv.scratch.util import conv_output_size

_CONV_KEYS = ("filter_num", "filter_size", "pad", "stride")


class ConvNet:
    """A stack of layers that ends in softmax with loss.

    Attributes:
        params: W1, b1, W2, ... in the order of the layers that have weights; the layers hold the
            same arrays. last_layer: the loss.
    """

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.last_layer = SoftmaxWithLoss()

    def _stack(self) -> Sequence[Any]:
        """Return the layers from first to last, without the loss."""
        raise NotImplementedError

    def _draw(self, number: int, scale: float, *shape: int) -> None:
        """Draw W<number> of a standard deviation; b<number> is 0 for the last or first axis."""
        dtype = weight_dtype()
        weights = scale * np.random.randn(*shape)
        self.params[f"W{number}"] = weights.astype(dtype, copy=False)
        units = shape[0] if len(shape) == 4 else shape[-1]
        self.params[f"b{number}"] = np.zeros(units, dtype)

    def _weights(self, number: int) -> tuple[Array, Array]:
        return self.params[f"W{number}"], self.params[f"b{number}"]

    def predict(self, x: Any) -> Array:
        """Return scores, (n, classes), of images (n, c, h, w)."""
        return stack.forward(self._stack(), x, train_flg=False)

    def loss(self, x: Any, t: Any) -> Any:
        """Return the mean loss of images with labels (n,), (n, 1) or one-hot."""
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: Any, t: Any, batch_size: int = 100) -> float:
        """Return the share of all images whose highest score stands at their label.

        The book's leaves out what the last whole batch leaves over.

        Raises:
            ValueError: no images, batch_size, labels.
        """
        name = f"{type(self).__name__}.accuracy"
        step = whole_number(name, "batch_size", batch_size, 1)
        if len(x) == 0 or len(x) != len(t):
            raise ValueError(f"{name}: {len(x)} images, {len(t)} labels; must be as many, >= 1")
        right = 0
        for start in range(0, len(x), step):
            scores = self.predict(x[start : start + step])
            labels = class_numbers(name, t[start : start + step], scores)
            right += int((scores.argmax(axis=1) == labels).sum())
        return right / len(x)

    def gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return the gradients of all parameters by back-propagation, by their names."""
        self.loss(x, t)
        stack.backward(self._stack(), self.last_layer.backward(1))
        grads: dict[str, Array] = {}
        for number, layer in enumerate(self._layers_with_weights(), 1):
            grads[f"W{number}"], grads[f"b{number}"] = layer.dW, layer.db
        return grads

    def _layers_with_weights(self) -> list[Any]:
        return [layer for layer in self._stack() if isinstance(layer, (Convolution, Affine))]

    def save_params(self, file_name: PathLike = "params.pkl") -> None:
        """Write all parameters as npz data, under whatever name.

        Raises:
            OSError: naming the file; an old one is then untouched.
        """
        write_parameters(f"{type(self).__name__}.save_params", file_name, self.params)

    def load_params(self, file_name: PathLike = "params.pkl") -> None:
        """Read parameters that save_params wrote, or the book's pickle, into the arrays there are.

        Args:
            file_name: a relative one is looked for in the current folder, then in the script's.
        Raises:
            ValueError: naming the file and what is wrong with it; nothing is changed then.
            OSError: it cannot be read.
        """
        name = f"{type(self).__name__}.load_params"
        for key, values in read_parameters(name, file_name, self.params).items():
            self.params[key][...] = values
        for number, layer in enumerate(self._layers_with_weights(), 1):
            layer.W, layer.b = self._weights(number)


def image_sizes(name: str, input_dim: Any) -> tuple[int, int, int]:
    """Return (c, h, w), each at least 1."""
    if not isinstance(input_dim, (tuple, list)) or len(input_dim) != 3:
        raise ValueError(f"{name}: input_dim={input_dim!r}; must be (c, h, w)")
    c, h, w = (whole_number(name, f"input_dim[{i}]", size, 1) for i, size in enumerate(input_dim))
    return c, h, w


def conv_sizes(name: str, argument: str, conv_param: Any) -> tuple[int, int, int, int]:
    """Return filter_num, filter_size, pad, stride of a dictionary with just these keys."""
    if not isinstance(conv_param, Mapping) or set(conv_param) != set(_CONV_KEYS):
        keys = ", ".join(_CONV_KEYS)
        raise ValueError(f"{name}: {argument}={conv_param!r}; must be a dict with keys {keys}")
    filters, size, pad, stride = (
        whole_number(name, f"{argument}['{key}']", conv_param[key], key != "pad")
        for key in _CONV_KEYS
    )
    return filters, size, pad, stride


def after_conv(name: str, sizes: tuple[int, int], size: int, stride: int, pad: int) -> Any:
    """Return height and width after a convolution."""
    try:
        return tuple(conv_output_size(pixels, size, stride, pad) for pixels in sizes)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def after_pool(name: str, sizes: tuple[int, int]) -> Any:
    """Return height and width after 2x2 pooling, rounded down."""
    if min(sizes) < 2:
        raise ValueError(f"{name}: {sizes[0]}x{sizes[1]} pixels are left; pooling takes 2x2")
    return sizes[0] // 2, sizes[1] // 2
