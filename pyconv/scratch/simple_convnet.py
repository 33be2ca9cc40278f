# SPDX-License-Identifier: BSD-3-Clause
"""SimpleConvNet: convolution, ReLU, pooling, Affine, ReLU, Affine; chapter 7.5."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pyconv.arguments import finite_number, whole_number
from pyconv.backend import Array
from pyconv.scratch.activation import Relu
from pyconv.scratch.conv2d import Convolution
from pyconv.scratch.convnet import ConvNet, after_conv, after_pool, conv_sizes, image_sizes
from pyconv.scratch.dense import Affine
from pyconv.scratch.gradient import numerical_gradient
from pyconv.scratch.max_pool2d import Pooling

CONVOLUTION = MappingProxyType({"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1})


class SimpleConvNet(ConvNet):
    """The book's first convolutional network: 433,890 parameters on MNIST.

    Weights are drawn from np.random, normal, of deviation weight_init_std; biases are 0.

    Args:
        input_dim: (c, h, w) of an image. conv_param: filter_num, filter_size, pad, stride.
        hidden_size, output_size: units, classes.
    Attributes:
        params: W1, b1, W2, b2, W3, b3. layers: Conv1, Relu1, Pool1, Affine1, Relu2, Affine2 by
            name. last_layer: the loss.
    Raises:
        TypeError, ValueError: sizes; images too small for the filters.
    """

    def __init__(
        self,
        input_dim: Sequence[int] = (1, 28, 28),
        conv_param: Mapping[str, int] = CONVOLUTION,
        hidden_size: int = 100,
        output_size: int = 10,
        weight_init_std: float = 0.01,
    ) -> None:
        super().__init__()
        name = "SimpleConvNet"
        c, h, w = image_sizes(name, input_dim)
        filters, size, pad, stride = conv_sizes(name, "conv_param", conv_param)
        hidden = whole_number(name, "hidden_size", hidden_size, 1)
        classes = whole_number(name, "output_size", output_size, 1)
        std = finite_number(name, "weight_init_std", weight_init_std, least=0)
        h, w = after_pool(name, after_conv(name, (h, w), size, stride, pad))

        self._draw(1, std, filters, c, size, size)
        self._draw(2, std, filters * h * w, hidden)
        self._draw(3, std, hidden, classes)

        self.layers: OrderedDict[str, Any] = OrderedDict(
            Conv1=Convolution(*self._weights(1), stride, pad),
            Relu1=Relu(),
            Pool1=Pooling(pool_h=2, pool_w=2, stride=2),
            Affine1=Affine(*self._weights(2)),
            Relu2=Relu(),
            Affine2=Affine(*self._weights(3)),
        )

    def _stack(self) -> Sequence[Any]:
        return list(self.layers.values())

    def numerical_gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """Return the gradients of all parameters by differences: slow, to check gradient()."""
        return {
            key: numerical_gradient(lambda _: self.loss(x, t), value)
            for key, value in self.params.items()
        }
