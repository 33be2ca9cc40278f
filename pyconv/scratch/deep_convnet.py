# SPDX-License-Identifier: BSD-3-Clause
"""DeepConvNet: six convolutions, three poolings, two Affine layers; chapter 8.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from pyconv.arguments import whole_number
from pyconv.backend import Array
from pyconv.scratch import stack
from pyconv.scratch.activation import Relu
from pyconv.scratch.conv2d import Convolution
from pyconv.scratch.convnet import ConvNet, after_conv, after_pool, conv_sizes, image_sizes
from pyconv.scratch.dense import Affine
from pyconv.scratch.dropout import Dropout
from pyconv.scratch.max_pool2d import Pooling

DROPPED = 0.5


def _convolution(filter_num: int, pad: int) -> Mapping[str, int]:
    return MappingProxyType({"filter_num": filter_num, "filter_size": 3, "pad": pad, "stride": 1})


class DeepConvNet(ConvNet):
    """The book's deeper network, 99.4 % on MNIST: 123,552 parameters.

    Convolution-ReLU-convolution-ReLU-pooling three times, Affine-ReLU-dropout, Affine-dropout: the
    last dropout acts on the scores, odd as that is. Weights are drawn from np.random, normal, of
    deviation sqrt(2 / inputs) (He et al. 2015); biases are 0.

    Args:
        input_dim: (c, h, w) of an image. conv_param_1 ... conv_param_6: filter_num, filter_size,
            pad, stride. hidden_size, output_size: units, classes.
    Attributes:
        params: W1, b1, ... W8, b8. layers: a list of 20. last_layer: the loss.
    Raises:
        TypeError, ValueError: sizes; images too small for the filters.
    """

    def __init__(
        self,
        input_dim: Sequence[int] = (1, 28, 28),
        conv_param_1: Mapping[str, int] = _convolution(16, 1),
        conv_param_2: Mapping[str, int] = _convolution(16, 1),
        conv_param_3: Mapping[str, int] = _convolution(32, 1),
        conv_param_4: Mapping[str, int] = _convolution(32, 2),
        conv_param_5: Mapping[str, int] = _convolution(64, 1),
        conv_param_6: Mapping[str, int] = _convolution(64, 1),
        hidden_size: int = 50,
        output_size: int = 10,
    ) -> None:
        super().__init__()
        name = "DeepConvNet"
        c, *sizes = image_sizes(name, input_dim)
        pixels: Any = tuple(sizes)
        hidden = whole_number(name, "hidden_size", hidden_size, 1)
        classes = whole_number(name, "output_size", output_size, 1)
        given = (
            *(conv_param_1, conv_param_2, conv_param_3),
            *(conv_param_4, conv_param_5, conv_param_6),
        )
        self.layers: list[Any] = []
        for number, conv_param in enumerate(given, 1):
            argument = f"conv_param_{number}"
            filters, size, pad, stride = conv_sizes(name, argument, conv_param)
            self._draw(number, _he(c * size * size), filters, c, size, size)
            pixels = after_conv(name, pixels, size, stride, pad)
            self.layers += [Convolution(*self._weights(number), stride, pad), Relu()]
            c = filters
            if number % 2 == 0:
                pixels = after_pool(name, pixels)
                self.layers.append(Pooling(pool_h=2, pool_w=2, stride=2))
        flat = c * pixels[0] * pixels[1]
        self._draw(7, _he(flat), flat, hidden)
        self._draw(8, _he(hidden), hidden, classes)
        self.layers += [Affine(*self._weights(7)), Relu(), Dropout(DROPPED)]
        self.layers += [Affine(*self._weights(8)), Dropout(DROPPED)]

    def _stack(self) -> Sequence[Any]:
        return self.layers

    def predict(self, x: Any, train_flg: bool = False) -> Array:
        """Return scores, (n, classes), of images (n, c, h, w); train_flg: with dropout."""
        return stack.forward(self.layers, x, train_flg=train_flg)

    def loss(self, x: Any, t: Any) -> Any:
        """Return the mean loss of images with labels, with dropout, as in training."""
        return self.last_layer.forward(self.predict(x, train_flg=True), t)


def _he(inputs: int) -> float:
    """Return the standard deviation of weights that take so many inputs and feed a ReLU."""
    return float(np.sqrt(2.0 / inputs))
