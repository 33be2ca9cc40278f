# SPDX-License-Identifier: BSD-3-Clause
"""The ready networks: their exact sizes, and that each can take a training step."""

from __future__ import annotations

import numpy as np
import pytest

from pyconv.applications import NETWORKS
from pyconv.layers import Dense, Dropout, MaxPooling2D, Softmax
from pyconv.random import set_seed

WEIGHTS = {
    "cifar_convnet": 890_410,
    "deep_convnet": 123_552,
    "fashion_convnet": 1_199_882,
    "lenet_5": 61_706,
    "mnist_convnet": 104_202,
    "mnist_convnet_unpooled": 712_202,
    "simple_convnet": 433_890,
    "small_convnet": 33_082,
}


def test_every_network_has_exactly_its_number_of_weights() -> None:
    counts = {name: network.build().count_params() for name, network in NETWORKS.items()}
    assert counts == WEIGHTS


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_a_batch_by_its_usual_training(name: str) -> None:
    set_seed(0)
    network = NETWORKS[name]
    model = network.build()
    assert model.name == name
    assert model.compiled is None
    assert model.input_shape == (None, *network.input_shape)
    assert model.output_shape == (None, 10)
    x = np.random.default_rng(0).random((4, *network.input_shape), np.float32)
    model.compile(network.optimizer, "sparse_categorical_crossentropy")
    assert model.optimizer.learning_rate == network.learning_rate
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
