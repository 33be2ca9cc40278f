# SPDX-License-Identifier: BSD-3-Clause
"""The networks by name, each with what it is usually trained with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyconv.applications.deep_convnet import deep_convnet
from pyconv.applications.dropout_convnets import cifar_convnet, fashion_convnet, small_convnet
from pyconv.applications.lenet_5 import lenet_5
from pyconv.applications.mnist_convnet import mnist_convnet, mnist_convnet_unpooled
from pyconv.applications.simple_convnet import simple_convnet
from pyconv.models import Model


@dataclass(frozen=True)
class Network:
    """A network: what builds it, its pictures' (h, w, c), and its usual training.

    `optimizer` is a name of pyconv.optimizers, `learning_rate` its rate, `batch_size` in pictures.
    """

    build: Callable[[], Model]
    input_shape: tuple[int, int, int]
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int


NETWORKS = {
    network.build.__name__: network
    for network in (
        Network(cifar_convnet, (32, 32, 3), "adam", 1e-3, 128, 30),
        Network(deep_convnet, (28, 28, 1), "adam", 1e-3, 100, 20),
        Network(fashion_convnet, (28, 28, 1), "adam", 1e-3, 128, 12),
        Network(lenet_5, (32, 32, 1), "adam", 1e-3, 128, 12),
        Network(mnist_convnet, (28, 28, 1), "rmsprop", 1e-3, 64, 5),
        Network(mnist_convnet_unpooled, (28, 28, 1), "rmsprop", 1e-3, 64, 5),
        Network(simple_convnet, (28, 28, 1), "adam", 1e-3, 100, 20),
        Network(small_convnet, (28, 28, 1), "adam", 1e-3, 64, 12),
    )
}
