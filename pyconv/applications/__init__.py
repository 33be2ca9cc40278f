# SPDX-License-Identifier: BSD-3-Clause
"""Ready networks: functions that return a model, not yet compiled, and the table of all."""

from pyconv.applications.deep_convnet import deep_convnet
from pyconv.applications.digits import DIGITS_FILE, digits
from pyconv.applications.dropout_convnets import cifar_convnet, fashion_convnet, small_convnet
from pyconv.applications.lenet_5 import lenet_5
from pyconv.applications.mnist_convnet import mnist_convnet, mnist_convnet_unpooled
from pyconv.applications.networks import NETWORKS, Network
from pyconv.applications.simple_convnet import simple_convnet

__all__ = [
    "DIGITS_FILE",
    "NETWORKS",
    "Network",
    "cifar_convnet",
    "deep_convnet",
    "digits",
    "fashion_convnet",
    "lenet_5",
    "mnist_convnet",
    "mnist_convnet_unpooled",
    "simple_convnet",
    "small_convnet",
]
