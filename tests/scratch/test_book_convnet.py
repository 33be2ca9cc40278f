# SPDX-License-Identifier: BSD-3-Clause
"""The book's program in plain NumPy: right gradients, the numbers of both our networks."""

from __future__ import annotations

import numpy as np
import pytest
import tolerances

from pyconv.applications import simple_convnet
from pyconv.reference.book_convnet import BookConvNet
from pyconv.scratch.nets import SimpleConvNet
from pyconv.scratch.optimizer import Adam


def test_the_book_program_has_the_right_gradients() -> None:
    rng = np.random.default_rng(0)
    network = BookConvNet.drawn(rng)
    x, labels = rng.random((3, 1, 28, 28)), np.array([1, 0, 9])
    network.weights = [w + rng.normal(0, 0.05, w.shape) for w in network.weights]
    _, gradients = network.loss_and_gradients(x, labels)
    for weight, gradient in zip(network.weights, gradients, strict=True):
        for _ in range(2):
            place = tuple(int(rng.integers(size)) for size in weight.shape)
            kept, step = weight[place], 1e-5
            losses = []
            for change in (step, -step):
                weight[place] = kept + change
                losses.append(network.loss_and_gradients(x, labels)[0])
            weight[place] = kept
            assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(
                gradient[place], rel=1e-3, abs=1e-6
            )


def test_the_book_program_computes_what_the_model_does() -> None:
    model = simple_convnet()
    kernel, bias, dense, dense_bias, last, last_bias = (w.numpy() for w in model.weights)
    by_channel = dense.reshape(12, 12, 30, 100).transpose(2, 0, 1, 3).reshape(4320, 100)
    filters = kernel.transpose(3, 2, 0, 1)
    book = BookConvNet([filters, bias, by_channel, dense_bias, last, last_bias])
    x = np.random.default_rng(1).random((20, 28, 28, 1)).astype(np.float32)
    labels = np.arange(20) % 10
    model.compile("adam", "sparse_categorical_crossentropy")
    for _ in range(3):
        ours = model.train_on_batch(x, labels)
        assert book.train_step(x.transpose(0, 3, 1, 2), labels) == pytest.approx(ours, rel=1e-4)


def test_the_book_program_and_explicit_layers_agree_step_by_step() -> None:
    ours, adam = SimpleConvNet(), Adam()
    book = BookConvNet(list(ours.params.values()))
    for _ in range(4):
        x, t = np.random.rand(10, 1, 28, 28), np.random.randint(0, 10, 10)
        adam.update(ours.params, ours.gradient(x, t))
        assert ours.last_layer.loss == pytest.approx(book.train_step(x, t), rel=tolerances.BOOK)
        for parameter, weight in zip(ours.params.values(), book.weights, strict=True):
            np.testing.assert_allclose(parameter, weight, rtol=0, atol=tolerances.BOOK)
