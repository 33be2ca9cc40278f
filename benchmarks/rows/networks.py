# SPDX-License-Identifier: BSD-3-Clause
"""Whole networks: training steps, predictions of one image and of a batch, epochs of fit."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.row import Row, Task


@dataclass(frozen=True)
class Trained:
    """A network of pyconv.applications with what it is trained on and by.

    Attributes:
        mflop: millions of operations of one forward pass over one image; of its first layer.
        images: of a whole epoch, 0 where no epoch is timed.
        largest: pixels lie within 0 and this.
    """

    title: str
    network: str
    n: int
    size: tuple[int, int, int]
    classes: int
    optimizer: str
    rate: float
    mflop: float
    first_mflop: float
    momentum: float = 0.0
    images: int = 0
    largest: float = 1.0
    normalised: bool = False

    def task(self, kind: str, n: int) -> Task:
        """Return the task in plain JSON."""
        h, w, c = self.size
        return {
            "kind": kind,
            "dtype": "float32",
            "network": self.network,
            "n": n,
            "h": h,
            "w": w,
            "c": c,
            "classes": self.classes,
            "optimizer": self.optimizer,
            "rate": self.rate,
            "momentum": self.momentum,
            "largest": self.largest,
            "normalised": self.normalised,
            "images": self.images,
        }

    def step_gflop(self, images: int) -> float:
        """Return the work of training on images: three passes, two of the first layer."""
        return images * (3 * self.mflop - self.first_mflop) / 1e3


_MNIST, _PHOTO, _IMAGENET = (28, 28, 1), (180, 180, 3), (224, 224, 3)
SIMPLE = Trained(
    "SimpleConvNet", "simple_convnet", 100, _MNIST, 10, "adam", 1e-3, 1.73, 0.864, images=60_000
)
MNIST = Trained(
    "Keras MNIST", "mnist_convnet", 64, _MNIST, 10, "rmsprop", 1e-3, 6.19, 0.389, images=60_000
)
DEEP = Trained(
    "DeepConvNet", "deep_convnet", 100, _MNIST, 10, "adam", 1e-3, 17.46, 0.226, images=60_000
)
CIFAR = Trained(
    "CIFAR-10", "cifar_convnet", 128, (32, 32, 3), 10, "adam", 1e-3, 30.3, 1.56, images=50_000
)
CATS_DOGS = Trained(
    "cats-dogs",
    "cats_dogs_convnet",
    32,
    _PHOTO,
    1,
    "rmsprop",
    1e-3,
    831,
    54.8,
    images=2_000,
    largest=255.0,
)
RESNET_20 = Trained(
    "ResNet-20",
    "resnet_20",
    128,
    (32, 32, 3),
    10,
    "sgd",
    0.1,
    81.6,
    0.885,
    momentum=0.9,
    normalised=True,
)
VGG_16 = Trained("VGG-16", "VGG16", 8, _IMAGENET, 1000, "sgd", 1e-3, 30940, 173, momentum=0.9)
RESNET_50 = Trained(
    "ResNet-50",
    "ResNet50",
    8,
    _IMAGENET,
    1000,
    "sgd",
    1e-2,
    7720,
    236,
    momentum=0.9,
    normalised=True,
)
MOBILENET = Trained(
    "MobileNetV1",
    "MobileNet",
    8,
    _IMAGENET,
    1000,
    "sgd",
    1e-2,
    1137,
    21.7,
    momentum=0.9,
    normalised=True,
)

STEPS = (MNIST, DEEP, CATS_DOGS, RESNET_20, VGG_16, RESNET_50, MOBILENET)
PREDICTED = (VGG_16, RESNET_50, MOBILENET)
EPOCHS = (SIMPLE, MNIST, DEEP, CIFAR, CATS_DOGS)
_QUICK = (MNIST, DEEP)


def steps(*, quick: bool) -> list[Row]:
    """Return the training steps."""
    return [
        Row(
            group="training step",
            name=f"{net.title} batch {net.n} {net.optimizer}",
            task=net.task("network training", net.n),
            gflop=net.step_gflop(net.n),
            images=net.n,
            long=net.step_gflop(net.n) > 50,
        )
        for net in (_QUICK if quick else STEPS)
    ]


def predictions(*, quick: bool) -> list[Row]:
    """Return the predictions; none of them is quick to check."""
    return [
        Row(
            group="inference",
            name=f"{net.title} batch {n}",
            task=net.task("inference", n),
            gflop=n * net.mflop / 1e3,
            images=n,
            long=n * net.mflop > 50_000,
        )
        for net in (() if quick else PREDICTED)
        for n in (1, 8)
    ]


def epochs(*, quick: bool) -> list[Row]:
    """Return whole epochs of fit, data in memory."""
    return [
        Row(
            group="epoch",
            name=f"{net.title} {net.images} images batch {net.n}",
            task=net.task("epoch", net.n),
            gflop=net.step_gflop(net.images),
            images=net.images,
            long=True,
        )
        for net in (() if quick else EPOCHS)
    ]


def memory(*, quick: bool) -> list[Row]:
    """Return the training step whose peak memory is compared."""
    return [
        Row(
            group="peak memory",
            name=f"{net.title} training step batch {net.n}",
            task=net.task("network training", net.n),
            memory=True,
        )
        for net in (() if quick else (VGG_16,))
    ]
