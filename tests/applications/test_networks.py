# SPDX-License-Identifier: BSD-3-Clause
"""The networks by name: their exact sizes, and that each can take a training step."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from pyconv import applications
from pyconv.applications import NETWORKS
from pyconv.layers import Dense, Dropout, MaxPooling2D, Softmax
from pyconv.layers.loading import loading
from pyconv.random import set_seed

WEIGHTS = {  # without fixed and moving ones
    "alexnet": 60_965_224,
    "alexnet2014": 61_100_840,
    "alexnetungrouped": 62_378_344,
    "birds_resnet50": 126_369_684 - 53_120,
    "cats_dogs_convnet": 991_041,
    "cats_dogs_convnet_150": 3_453_121,
    "cats_dogs_convnet_augmented": 991_041,
    "cats_dogs_vgg16": 3_277_313,
    "cats_dogs_vgg16_features": 3_277_313,
    "cats_dogs_vgg16_tuned": 10_356_737,
    "cifar_convnet": 890_410,
    "deep_convnet": 123_552,
    "densenet121": 7_978_856,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "fashion_convnet": 1_199_882,
    "gender_convnet": 3_453_121,
    "gender_vgg16": 2_097_665,
    "googlenet": 6_998_552,
    "leader_board_convnet": 1_199_882,
    "lenet_5": 61_706,
    "lenet_5_original": 60_000,
    "lenet_5_same": 545_546,
    "lenet_caffe": 431_080,
    "mini_xception": 721_857 - 3_008,
    "mnist_convnet": 104_202,
    "mnist_convnet_first_edition": 93_322,
    "mnist_convnet_unpooled": 712_202,
    "mnist_dense_net": 407_050,
    "mobilenet": 4_231_976,
    "resnet101": 44_601_832,
    "resnet152": 60_268_520,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_583_592,
    "resnet_20": 272_474,
    "simple_convnet": 433_890,
    "slide_classifier": 140 + 920 + 210,
    "small_convnet": 33_082,
    "small_residual_net": 297_697,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "xception": 22_855_952,
}
ONE_UNIT = (
    "cats_dogs_convnet",
    "cats_dogs_convnet_150",
    "cats_dogs_convnet_augmented",
    "cats_dogs_vgg16",
    "cats_dogs_vgg16_features",
    "cats_dogs_vgg16_tuned",
    "gender_convnet",
    "gender_vgg16",
    "mini_xception",
    "small_residual_net",
)
SMALL = [n for n, x in NETWORKS.items() if x.input_shape[0] <= 32 and n not in ONE_UNIT]


def trained(model: Any) -> int:
    return sum(w.size for w in model.trainable_weights)


def test_the_table_is_what_it_names() -> None:
    assert sorted(NETWORKS) == sorted(WEIGHTS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_exactly_its_number_of_weights(name: str) -> None:
    network = NETWORKS[name]
    with loading(sys.maxsize):  # zeros that no memory is touched for
        model = network.new_model()
    assert trained(model) == WEIGHTS[name]
    assert model.name == name
    assert model.compiled is None
    assert model.input_shape == (None, *network.input_shape)
    classes = {"birds_resnet50": 20, "slide_classifier": 10, **dict.fromkeys(ONE_UNIT, 1)}
    assert model.output_shape == (None, classes.get(name, 10 if name in SMALL else 1000))


@pytest.mark.parametrize("name", SMALL)
def test_a_network_learns_a_batch_by_its_usual_training(name: str) -> None:
    set_seed(0)
    network = NETWORKS[name]
    model = network.build()
    x = np.random.default_rng(0).random((4, *network.input_shape), np.float32)
    model.compile(network.new_optimizer(), "sparse_categorical_crossentropy")
    assert model.optimizer.learning_rate == network.learning_rate
    assert getattr(model.optimizer, "momentum", 0.0) == network.momentum
    labels = np.array([0, 3, 9, 3])
    assert np.isfinite(model.train_on_batch(x, labels))
    probabilities = model.predict(x, verbose=0)
    assert probabilities.shape == (4, 10)
    assert probabilities.sum(axis=1) == pytest.approx(1, rel=1e-5)


def test_deep_convnet_is_the_books() -> None:
    model = NETWORKS["deep_convnet"].build()
    pools = [x.output.shape[1:] for x in model.layers if isinstance(x, MaxPooling2D)]
    assert pools == [(14, 14, 16), (8, 8, 32), (4, 4, 64)]
    *_, first, dropout, second, on_logits, last = model.layers
    assert isinstance(first, Dense)
    assert isinstance(second, Dense)
    assert [d.rate for d in (dropout, on_logits) if isinstance(d, Dropout)] == [0.5, 0.5]
    assert isinstance(last, Softmax)


def test_its_weights_begin_with_hes_deviation() -> None:
    set_seed(3)
    kernels = [w.numpy() for w in NETWORKS["deep_convnet"].build().weights if w.numpy().ndim > 1]
    inputs = [9, 144, 144, 288, 288, 576, 1024, 50]
    for kernel, count in zip(kernels, inputs, strict=True):
        allowed = 4 / np.sqrt(2 * kernel.size)  # four deviations of a standard deviation's estimate
        assert kernel.std() == pytest.approx(np.sqrt(2 / count), rel=allowed)


def test_lenet_of_1998_has_the_papers_layers() -> None:
    model = applications.lenet_5_original()
    groups = {"c1": 0, "s2": 0, "c3": 0, "s4": 0, "c5": 0, "f6": 0}
    for layer in model.layers:
        if layer.trainable and layer.weights:
            groups[layer.name.split("_")[0]] += layer.count_params()
    assert groups == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164}
    assert [model.get_layer(name).output.shape[1:] for name in ("s2", "c3", "s4", "c5")] == [
        (14, 14, 6),
        (10, 10, 16),
        (5, 5, 16),
        (1, 1, 120),
    ]


def test_lenets_output_units_prefer_their_own_code() -> None:
    codes = applications.digit_codes.digit_codes()
    assert codes.shape == (10, 84)
    assert set(np.unique(codes)) == {-1.0, 1.0}
    kernel = applications.lenet_5_original().get_layer("codes").kernel.numpy()
    squared = ((codes[:, None] - codes[None]) ** 2).sum(-1)
    np.testing.assert_array_equal(squared, 2 * 84 - codes @ kernel)
    np.testing.assert_array_equal((codes @ kernel).argmax(1), np.arange(10))
    assert np.sort(squared, axis=1)[:, 1].min() >= 4 * 2, "two codes are closer than two pixels"


@pytest.mark.parametrize(
    ("model", "total", "trainable"),
    [
        (applications.cats_dogs_convnet, 991_041, 991_041),
        (applications.cats_dogs_convnet_150, 3_453_121, 3_453_121),
        (applications.gender_convnet, 3_453_121, 3_453_121),
        (applications.transfer_head, 2_097_665, 2_097_665),
        (applications.small_residual_net, 297_697, 297_697),
        (applications.mini_xception, 721_857, 718_849),
    ],
)
def test_networks_of_two_kinds_have_one_unit(model: Any, total: int, trainable: int) -> None:
    built = model()
    assert (built.count_params(), trained(built)) == (total, trainable)
    assert built.output_shape == (None, 1)


def test_the_head_on_features_of_180_pixels_is_the_second_editions() -> None:
    head = applications.transfer_head((5, 5, 512), activation=None)
    assert head.count_params() == 3_277_313


def test_cats_and_dogs_shrink_as_in_the_book() -> None:
    model = applications.cats_dogs_convnet(dropout=0.5)
    assert model.count_params() == 991_041
    sizes = [x.output.shape[1] for x in model.layers if isinstance(x, MaxPooling2D)]
    assert sizes == [89, 43, 20, 9]
    assert isinstance(model.layers[-2], Dropout)
    assert model.layers[-3].output.shape == (None, 12_544)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_the_slides_pipeline_has_their_shapes(data_format: Any) -> None:
    model = applications.slide_convnet(data_format)
    shapes = [layer.output.shape[1:] for layer in model.layers]
    expected = [(5, 256, 256), (20, 256, 256), (20, 128, 128)]
    if data_format == "channels_last":
        expected = [(h, w, c) for c, h, w in expected]
    assert shapes == expected
    assert [layer.count_params() for layer in model.layers] == [140, 920, 0]


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (applications.small_residual_net, (16, 16, 3)),
        (applications.mini_xception, (40, 40, 3)),
    ],
)
def test_small_modern_networks_take_a_step(build: Any, shape: tuple[int, int, int]) -> None:
    set_seed(0)
    model = build(shape)
    model.compile("rmsprop", "binary_crossentropy")
    x = np.random.default_rng(0).integers(0, 256, (4, *shape)).astype(np.uint8)
    assert np.isfinite(model.train_on_batch(x, np.array([0, 1, 1, 0])))
