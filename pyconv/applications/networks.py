# SPDX-License-Identifier: BSD-3-Clause
"""The networks that tell classes of pictures apart, by name, each with its usual training.

`pyconv train` takes these names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyconv import optimizers
from pyconv.applications.alexnet import AlexNet, AlexNet2014, AlexNetUngrouped
from pyconv.applications.binary_convnets import (
    cats_dogs_convnet,
    cats_dogs_convnet_150,
    cats_dogs_convnet_augmented,
    gender_convnet,
)
from pyconv.applications.deep_convnet import deep_convnet
from pyconv.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from pyconv.applications.dropout_convnets import (
    cifar_convnet,
    fashion_convnet,
    leader_board_convnet,
    small_convnet,
)
from pyconv.applications.googlenet import GoogLeNet
from pyconv.applications.lenet_5 import lenet_5, lenet_5_original, lenet_5_same, lenet_caffe
from pyconv.applications.mnist_convnet import (
    mnist_convnet,
    mnist_convnet_first_edition,
    mnist_convnet_unpooled,
    mnist_dense_net,
)
from pyconv.applications.mobilenet import MobileNet
from pyconv.applications.resnet import ResNet18, ResNet34, ResNet50, ResNet101, ResNet152
from pyconv.applications.resnet_20 import resnet_20
from pyconv.applications.simple_convnet import simple_convnet
from pyconv.applications.slide_convnet import slide_classifier
from pyconv.applications.small_residual_nets import mini_xception, small_residual_net
from pyconv.applications.transfer_nets import (
    Weights,
    birds_resnet50,
    cats_dogs_vgg16,
    cats_dogs_vgg16_features,
    cats_dogs_vgg16_tuned,
    gender_vgg16,
)
from pyconv.applications.vgg import VGG16, VGG19
from pyconv.applications.xception import Xception
from pyconv.models import Model


@dataclass(frozen=True)
class Network:
    """A network: what builds it, its pictures' (h, w, c), and its usual training.

    `optimizer` is a name of pyconv.optimizers, `learning_rate` its rate, `momentum` that of "sgd",
    `batch_size` in pictures. `transfers`: it stands on a network trained before, for whose weights
    `build` has an argument.
    """

    build: Callable[..., Model]
    input_shape: tuple[int, int, int]
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    momentum: float = 0.0
    transfers: bool = False

    def new_model(self, base: Weights = None) -> Model:
        """Return the network, not compiled; `base` are the weights below, None for random ones."""
        return self.build(weights=base) if self.transfers else self.build()

    def new_optimizer(self) -> optimizers.Optimizer:
        """Return the optimizer of the usual training, with its numbers."""
        if self.momentum:
            return optimizers.SGD(self.learning_rate, self.momentum)
        optimizer: optimizers.Optimizer = optimizers.get(self.optimizer)
        optimizer.learning_rate = self.learning_rate
        return optimizer


def _untrained(make: Callable[..., Model]) -> Callable[[], Model]:
    """Return what builds a network of Keras's signature with random weights."""
    name = make.__name__.lower()

    def build() -> Model:
        return make(weights=None, name=name)

    build.__name__ = name
    return build


def _imagenet(
    make: Callable[..., Model],
    rate: float,
    batch_size: int = 256,
    epochs: int = 90,
    size: int = 224,
) -> Network:
    """Return a network as its paper trained it on ImageNet, by momentum 0.9."""
    shape = (size, size, 3)
    return Network(_untrained(make), shape, "sgd", rate, batch_size, epochs, momentum=0.9)


NETWORKS = {
    network.build.__name__: network
    for network in (
        Network(cats_dogs_convnet, (180, 180, 3), "rmsprop", 1e-3, 32, 30),
        Network(cats_dogs_convnet_150, (150, 150, 3), "rmsprop", 1e-4, 20, 30),
        Network(cats_dogs_convnet_augmented, (180, 180, 3), "rmsprop", 1e-3, 32, 100),
        Network(cats_dogs_vgg16, (180, 180, 3), "rmsprop", 1e-3, 32, 50, transfers=True),
        Network(cats_dogs_vgg16_features, (180, 180, 3), "rmsprop", 1e-3, 32, 20, transfers=True),
        Network(cats_dogs_vgg16_tuned, (180, 180, 3), "rmsprop", 1e-5, 32, 30, transfers=True),
        Network(birds_resnet50, (224, 224, 3), "adam", 2e-5, 16, 10, transfers=True),
        Network(cifar_convnet, (32, 32, 3), "adam", 1e-3, 128, 30),
        Network(deep_convnet, (28, 28, 1), "adam", 1e-3, 100, 20),
        Network(fashion_convnet, (28, 28, 1), "adam", 1e-3, 128, 12),
        Network(gender_convnet, (150, 150, 3), "rmsprop", 1e-4, 20, 30),
        Network(gender_vgg16, (150, 150, 3), "rmsprop", 2e-5, 20, 30, transfers=True),
        Network(leader_board_convnet, (28, 28, 1), "adam", 1e-3, 128, 20),
        Network(lenet_5, (32, 32, 1), "adam", 1e-3, 128, 12),
        Network(lenet_5_original, (32, 32, 1), "adam", 1e-3, 128, 20),
        Network(lenet_5_same, (28, 28, 1), "adam", 1e-3, 128, 30),
        Network(lenet_caffe, (28, 28, 1), "sgd", 1e-2, 64, 10, momentum=0.9),
        Network(mini_xception, (180, 180, 3), "rmsprop", 1e-3, 32, 100),
        Network(mnist_convnet, (28, 28, 1), "rmsprop", 1e-3, 64, 5),
        Network(mnist_convnet_first_edition, (28, 28, 1), "rmsprop", 1e-3, 64, 5),
        Network(mnist_convnet_unpooled, (28, 28, 1), "rmsprop", 1e-3, 64, 5),
        Network(mnist_dense_net, (28, 28, 1), "rmsprop", 1e-3, 128, 5),
        Network(resnet_20, (32, 32, 3), "sgd", 0.1, 128, 164, momentum=0.9),
        Network(simple_convnet, (28, 28, 1), "adam", 1e-3, 100, 20),
        Network(slide_classifier, (256, 256, 3), "adam", 1e-3, 8, 10),
        Network(small_residual_net, (32, 32, 3), "rmsprop", 1e-3, 32, 30),
        Network(small_convnet, (28, 28, 1), "adam", 1e-3, 64, 12),
        _imagenet(AlexNet, 0.01, 128, size=227),
        _imagenet(AlexNet2014, 0.01, 128),
        _imagenet(AlexNetUngrouped, 0.01, 128, size=227),
        _imagenet(DenseNet121, 0.1),
        _imagenet(DenseNet169, 0.1),
        _imagenet(DenseNet201, 0.1),
        _imagenet(GoogLeNet, 0.01),
        _imagenet(MobileNet, 0.045, 96),
        _imagenet(ResNet18, 0.1),
        _imagenet(ResNet34, 0.1),
        _imagenet(ResNet50, 0.1),
        _imagenet(ResNet101, 0.1),
        _imagenet(ResNet152, 0.1),
        _imagenet(VGG16, 0.01, epochs=74),
        _imagenet(VGG19, 0.01, epochs=74),
        _imagenet(Xception, 0.045, 32, size=299),
    )
}
