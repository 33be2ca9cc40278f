# SPDX-License-Identifier: BSD-3-Clause
"""The book's layers and optimizers follow the arrays they are given to a GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tolerances import BETWEEN_DEVICES

from pyconv.scratch import layers, optimizer

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 2, 6, 6))
KERNEL, BIAS = RNG.random((3, 2, 3, 3)), RNG.random(3)
W, B = RNG.random((72, 5)), RNG.random(5)
GAMMA, BETA = np.ones(72), np.zeros(72)

Move = Callable[[Any], Any]
LAYERS: dict[str, Callable[[Move], Any]] = {
    "Affine": lambda move: layers.Affine(move(W), move(B)),
    "Convolution": lambda move: layers.Convolution(move(KERNEL), move(BIAS), pad=1),
    "Pooling": lambda move: layers.Pooling(2, 2, stride=2),
    "Relu": lambda move: layers.Relu(),
    "Sigmoid": lambda move: layers.Sigmoid(),
    "BatchNormalization": lambda move: layers.BatchNormalization(move(GAMMA), move(BETA)),
    "Dropout": lambda move: layers.Dropout(0.3),
}


def host(x: Any) -> np.ndarray:
    return x.get() if hasattr(x, "get") else np.asarray(x)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_computes_where_its_arrays_lie(gpu: Any, name: str) -> None:
    import cupy

    found = []
    for move in (np.asarray, cupy.asarray):
        np.random.seed(1)
        layer = LAYERS[name](move)
        x = IMAGES.reshape(4, -1) if name == "BatchNormalization" else IMAGES
        y = layer.forward(move(x))
        dx = layer.backward(y * 2)
        assert type(y) is type(dx) is type(move(x))
        found.append(
            [host(y), host(dx), *(host(g) for g in (getattr(layer, "dW", None),) if g is not None)]
        )
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)


@pytest.mark.parametrize("labels", [np.array([0, 2, 1, 4]), np.eye(5)[[0, 2, 1, 4]]])
def test_the_loss_and_its_gradient_lie_beside_the_scores(gpu: Any, labels: np.ndarray) -> None:
    import cupy

    scores, found = RNG.random((4, 5)), []
    for move in (np.asarray, cupy.asarray):
        layer = layers.SoftmaxWithLoss()
        loss = layer.forward(move(scores), move(labels))
        found.append((float(loss), host(layer.backward())))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)


@pytest.mark.parametrize("kind", ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"])
def test_an_optimizer_moves_parameters_where_they_lie(gpu: Any, kind: str) -> None:
    import cupy

    found = []
    for move in (np.asarray, cupy.asarray):
        moving = getattr(optimizer, kind)()
        params = {"W1": move(W.copy()), "b1": move(B.copy())}
        for step in range(3):
            moving.update(params, {"W1": move(W * step), "b1": move(B - step)})
        found.append([host(params[key]) for key in params])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)
