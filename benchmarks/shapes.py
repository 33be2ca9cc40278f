# SPDX-License-Identifier: BSD-3-Clause
"""The convolutions and poolings of the networks that programs use, each written down once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Layer:
    """One square convolution: c channels of h x h pixels, f filters k x k, stride s, padding p."""

    c: int
    h: int
    f: int
    k: int = 3
    s: int = 1
    p: int = 1
    count: int = field(default=1, kw_only=True)
    groups: int = field(default=1, kw_only=True)

    @property
    def out(self) -> int:
        """Rows (and columns) of the output, pixels."""
        return (self.h + 2 * self.p - self.k) // self.s + 1

    @property
    def flop(self) -> int:
        """Multiplications and additions of one forward pass over one image."""
        return 2 * self.out**2 * self.k**2 * (self.c // self.groups) * self.f

    @property
    def name(self) -> str:
        """What tables print: channels-filters@pixels, window, stride, groups."""
        stride = f" s{self.s}" if self.s > 1 else ""
        groups = "" if self.groups == 1 else " dw" if self.groups == self.c else f" g{self.groups}"
        return f"{self.c}-{self.f}@{self.h} {self.k}x{self.k}{stride}{groups}"


@dataclass(frozen=True)
class Pool:
    """One square pooling: c channels of h x h pixels under windows of k x k, stride s."""

    c: int
    h: int
    k: int = 2
    s: int = 2
    p: int = 0

    @property
    def out(self) -> int:
        """Rows (and columns) of the output, pixels."""
        return (self.h + 2 * self.p - self.k) // self.s + 1

    @property
    def name(self) -> str:
        """What tables print: channels@pixels, window, stride."""
        return f"{self.c}@{self.h} {self.k}x{self.k} s{self.s}"


@dataclass(frozen=True)
class Network:
    """A network's convolutions and poolings, first layer first, and the batch it is timed with."""

    name: str
    batch: int
    layers: tuple[Layer, ...]
    pools: tuple[Pool, ...] = ()

    @property
    def mflop(self) -> float:
        """Millions of operations of all convolutions in one forward pass over one image."""
        return sum(layer.flop * layer.count for layer in self.layers) / 1e6


def _pointwise(c: int, h: int, f: int, s: int = 1, *, count: int = 1) -> Layer:
    return Layer(c, h, f, 1, s, 0, count=count)


def _depthwise(c: int, h: int, s: int = 1, *, count: int = 1) -> Layer:
    return Layer(c, h, c, 3, s, 1, count=count, groups=c)


def _valid(c: int, h: int, f: int) -> Layer:
    return Layer(c, h, f, 3, 1, 0)


SIMPLE_CONV_NET = Network("SimpleConvNet", 100, (Layer(1, 28, 30, 5, 1, 0),), (Pool(30, 24),))
DEEP_CONV_NET = Network(
    "DeepConvNet",
    100,
    (
        Layer(1, 28, 16),
        Layer(16, 28, 16),
        Layer(16, 14, 32),
        Layer(32, 14, 32, 3, 1, 2),
        Layer(32, 8, 64),
        Layer(64, 8, 64),
    ),
    (Pool(16, 28), Pool(32, 16), Pool(64, 8)),
)
LENET_5 = Network(
    "LeNet-5",
    100,
    (Layer(1, 28, 6, 5, 1, 2), Layer(6, 14, 16, 5, 1, 0)),
    (Pool(6, 28), Pool(16, 10)),
)
LENET_CAFFE = Network(
    "LeNet Caffe",
    100,
    (Layer(1, 28, 20, 5, 1, 0), Layer(20, 12, 50, 5, 1, 0)),
    (Pool(20, 24), Pool(50, 8)),
)
LENET_SAME = Network(
    "LeNet same",
    100,
    (Layer(1, 28, 6, 5, 1, 2), Layer(6, 14, 16, 5, 1, 2), Layer(16, 7, 120, 5, 1, 2)),
    (Pool(6, 28), Pool(16, 14)),
)
KERAS_MNIST = Network(
    "Keras MNIST",
    64,
    (_valid(1, 28, 32), _valid(32, 13, 64), _valid(64, 5, 128)),
    (Pool(32, 26), Pool(64, 11)),
)
FASHION_MNIST = Network(
    "Fashion-MNIST", 64, (_valid(1, 28, 32), _valid(32, 26, 64)), (Pool(64, 24),)
)
CIFAR_10 = Network(
    "CIFAR-10",
    64,
    (_valid(3, 32, 32), _valid(32, 30, 32), _valid(32, 14, 64), _valid(64, 12, 64)),
    (Pool(32, 28), Pool(64, 10)),
)
CATS_DOGS = Network(
    "cats-dogs",
    32,
    (
        _valid(3, 180, 32),
        _valid(32, 89, 64),
        _valid(64, 43, 128),
        _valid(128, 20, 256),
        _valid(256, 9, 256),
    ),
    (Pool(32, 178), Pool(64, 87), Pool(128, 41), Pool(256, 18)),
)
CATS_DOGS_150 = Network(
    "cats-dogs 150",
    32,
    (_valid(3, 150, 32), _valid(32, 74, 64), _valid(64, 36, 128), _valid(128, 17, 128)),
    (Pool(32, 148), Pool(64, 72), Pool(128, 34), Pool(128, 15)),
)
RESNET_20 = Network(
    "ResNet-20",
    128,
    (
        Layer(3, 32, 16),
        Layer(16, 32, 16, count=6),
        Layer(16, 32, 32, 3, 2, 1),
        Layer(32, 16, 32, count=5),
        Layer(32, 16, 64, 3, 2, 1),
        Layer(64, 8, 64, count=5),
        _pointwise(16, 32, 32, 2),
        _pointwise(32, 16, 64, 2),
    ),
)


def _vgg(name: str, *, third: int) -> Network:
    """VGG with `third` repeats of the widest layer in each of its last three blocks."""
    return Network(
        name,
        4,
        (
            Layer(3, 224, 64),
            Layer(64, 224, 64),
            Layer(64, 112, 128),
            Layer(128, 112, 128),
            Layer(128, 56, 256),
            Layer(256, 56, 256, count=third),
            Layer(256, 28, 512),
            Layer(512, 28, 512, count=third),
            Layer(512, 14, 512, count=third + 1),
        ),
        (Pool(64, 224), Pool(128, 112), Pool(256, 56), Pool(512, 28), Pool(512, 14)),
    )


VGG_16 = _vgg("VGG-16", third=2)
VGG_19 = _vgg("VGG-19", third=3)
ALEXNET = Network(
    "AlexNet",
    8,
    (
        Layer(3, 224, 64, 11, 4, 2),
        Layer(64, 27, 192, 5, 1, 2),
        Layer(192, 13, 384),
        Layer(384, 13, 256),
        Layer(256, 13, 256),
    ),
    (Pool(64, 55, 3), Pool(192, 27, 3), Pool(256, 13, 3)),
)
ALEXNET_2012 = Network(
    "AlexNet 2012",
    8,
    (
        Layer(3, 227, 96, 11, 4, 0),
        Layer(96, 27, 256, 5, 1, 2, groups=2),
        Layer(256, 13, 384),
        Layer(384, 13, 384, groups=2),
        Layer(384, 13, 256, groups=2),
    ),
    (Pool(96, 55, 3), Pool(256, 27, 3), Pool(256, 13, 3)),
)


def _resnet(name: str, repeats: tuple[int, int, int, int]) -> Network:
    """ResNet of plain 3x3 blocks; repeats count the stride-1 layers of each stage."""
    first, second, third, fourth = repeats
    return Network(
        name,
        8,
        (
            Layer(3, 224, 64, 7, 2, 3),
            Layer(64, 56, 64, count=first),
            Layer(64, 56, 128, 3, 2, 1),
            Layer(128, 28, 128, count=second),
            Layer(128, 28, 256, 3, 2, 1),
            Layer(256, 14, 256, count=third),
            Layer(256, 14, 512, 3, 2, 1),
            Layer(512, 7, 512, count=fourth),
            _pointwise(64, 56, 128, 2),
            _pointwise(128, 28, 256, 2),
            _pointwise(256, 14, 512, 2),
        ),
        (Pool(64, 112, 3, 2, 1),),
    )


RESNET_18 = _resnet("ResNet-18", (4, 3, 3, 3))
RESNET_34 = _resnet("ResNet-34", (6, 7, 11, 5))
RESNET_50 = Network(
    "ResNet-50",
    8,
    (
        Layer(3, 224, 64, 7, 2, 3),
        _pointwise(64, 56, 64),
        _pointwise(64, 56, 256, count=4),
        _pointwise(256, 56, 64, count=2),
        _pointwise(256, 56, 128),
        _pointwise(128, 28, 512, count=4),
        _pointwise(512, 28, 128, count=3),
        _pointwise(512, 28, 256),
        _pointwise(256, 14, 1024, count=6),
        _pointwise(1024, 14, 256, count=5),
        _pointwise(1024, 14, 512),
        _pointwise(512, 7, 2048, count=3),
        _pointwise(2048, 7, 512, count=2),
        _pointwise(256, 56, 512, 2),
        _pointwise(512, 28, 1024, 2),
        _pointwise(1024, 14, 2048, 2),
        Layer(64, 56, 64, count=3),
        Layer(128, 28, 128, count=3),
        Layer(256, 14, 256, count=5),
        Layer(512, 7, 512, count=2),
        Layer(128, 56, 128, 3, 2, 1),
        Layer(256, 28, 256, 3, 2, 1),
        Layer(512, 14, 512, 3, 2, 1),
    ),
    (Pool(64, 112, 3, 2, 1),),
)
MOBILENET_V1 = Network(
    "MobileNetV1",
    8,
    (
        Layer(3, 224, 32, 3, 2, 1),
        _depthwise(32, 112),
        _depthwise(64, 112, 2),
        _depthwise(128, 56),
        _depthwise(128, 56, 2),
        _depthwise(256, 28),
        _depthwise(256, 28, 2),
        _depthwise(512, 14, count=5),
        _depthwise(512, 14, 2),
        _depthwise(1024, 7),
        _pointwise(32, 112, 64),
        _pointwise(64, 56, 128),
        _pointwise(128, 56, 128),
        _pointwise(128, 28, 256),
        _pointwise(256, 28, 256),
        _pointwise(256, 14, 512),
        _pointwise(512, 14, 512, count=5),
        _pointwise(512, 7, 1024),
        _pointwise(1024, 7, 1024),
    ),
)
MOBILENET_V2 = Network(
    "MobileNetV2",
    8,
    (
        Layer(3, 224, 32, 3, 2, 1),
        _depthwise(32, 112),
        _depthwise(96, 112, 2),
        _depthwise(144, 56),
        _depthwise(144, 56, 2),
        _depthwise(192, 28, count=2),
        _depthwise(192, 28, 2),
        _depthwise(384, 14, count=4),
        _depthwise(576, 14, count=2),
        _depthwise(576, 14, 2),
        _depthwise(960, 7, count=3),
        _pointwise(16, 112, 96),
        _pointwise(24, 56, 144, count=2),
        _pointwise(32, 28, 192, count=3),
        _pointwise(64, 14, 384, count=4),
        _pointwise(96, 14, 576, count=3),
        _pointwise(160, 7, 960, count=3),
        _pointwise(32, 112, 16),
        _pointwise(96, 56, 24),
        _pointwise(144, 56, 24),
        _pointwise(144, 28, 32),
        _pointwise(192, 28, 32, count=2),
        _pointwise(192, 14, 64),
        _pointwise(384, 14, 64, count=3),
        _pointwise(384, 14, 96),
        _pointwise(576, 14, 96, count=2),
        _pointwise(576, 7, 160),
        _pointwise(960, 7, 160, count=2),
        _pointwise(960, 7, 320),
        _pointwise(320, 7, 1280),
    ),
)

NETWORKS = (
    SIMPLE_CONV_NET,
    DEEP_CONV_NET,
    LENET_5,
    LENET_CAFFE,
    LENET_SAME,
    KERAS_MNIST,
    FASHION_MNIST,
    CIFAR_10,
    CATS_DOGS,
    CATS_DOGS_150,
    RESNET_20,
    VGG_16,
    VGG_19,
    ALEXNET,
    ALEXNET_2012,
    RESNET_18,
    RESNET_34,
    RESNET_50,
    MOBILENET_V1,
    MOBILENET_V2,
)
# The layer table: every convolution of these networks has a row, depthwise ones excepted.
TIMED = (
    SIMPLE_CONV_NET,
    KERAS_MNIST,
    DEEP_CONV_NET,
    CATS_DOGS,
    ALEXNET,
    VGG_16,
    RESNET_50,
    MOBILENET_V1,
)
# Average pooling as networks have it: LeNet-5's as published, DenseNet-121's transitions, and the
# last one of residual networks and MobileNetV1.
AVERAGED = (
    Network("LeNet-5", 100, (), (Pool(6, 28), Pool(16, 10))),
    Network("DenseNet-121", 8, (), (Pool(128, 56), Pool(256, 28), Pool(512, 14))),
    Network("MobileNetV1", 8, (), (Pool(1024, 7, 7, 7),)),
    Network("ResNet-50", 8, (), (Pool(2048, 7, 7, 7),)),
)
