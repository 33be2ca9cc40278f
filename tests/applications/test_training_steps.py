# SPDX-License-Identifier: BSD-3-Clause
"""Large networks take training steps, on images that are as small as they allow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv import applications
from pyconv.random import set_seed

STEPS = [
    ("VGG16", 32),
    ("ResNet18", 32),
    ("ResNet50", 32),
    ("MobileNet", 32),
    ("DenseNet121", 32),
    ("Xception", 71),
    ("EfficientNetB0", 32),
    ("GoogLeNet", 32),
]


def batch(size: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)
    return x, np.array([0, 1])


@pytest.mark.parametrize(("name", "size"), STEPS)
def test_a_base_with_a_small_head_learns_a_batch(name: str, size: int) -> None:
    set_seed(1)
    shape = (size, size, 3)
    make = getattr(applications, name)
    base = make(weights=None, include_top=False, input_shape=shape, pooling="avg")
    model = pyconv.Sequential([base, pyconv.layers.Dense(2, activation="softmax")])
    model.compile(pyconv.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy")
    first = base.trainable_weights[0]
    before = first.numpy()
    losses = [model.train_on_batch(*batch(size)) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert np.abs(first.numpy() - before).max() > 0, "the gradient reaches the first layer"


@pytest.mark.parametrize(("name", "size"), [("AlexNet", 67), ("AlexNet2014", 63)])
def test_alexnet_learns_a_batch_whole(name: str, size: int) -> None:
    set_seed(1)
    make: Any = getattr(applications, name)
    model = make(weights=None, input_shape=(size, size, 3), classes=2)
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_layer("conv1").get_weights()[0]
    assert np.isfinite(model.train_on_batch(*batch(size)))
    assert np.abs(model.get_layer("conv1").get_weights()[0] - before).max() > 0


def test_googlenets_three_classifiers_learn_together() -> None:
    set_seed(1)
    alone = applications.GoogLeNet(weights=None, input_shape=(80, 80, 3), classes=2)
    model = applications.with_auxiliary_classifiers(alone)
    model.compile("sgd", ["sparse_categorical_crossentropy"] * 3, loss_weights=[1, 0.3, 0.3])
    x, y = batch(80)
    loss, *parts = model.train_on_batch(x, [y, y, y])
    assert loss == pytest.approx(parts[0] + 0.3 * (parts[1] + parts[2]), rel=KERAS)
