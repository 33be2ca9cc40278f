# SPDX-License-Identifier: BSD-3-Clause
"""Every layer, loss and metric with arrays on a GPU: results and gradients as on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tolerances import BETWEEN_DEVICES

import pyconv
from pyconv import GradientTape, layers

IMAGES: list[Callable[[], Any]] = [
    lambda: layers.Conv2D(3, 3, activation="relu"),
    lambda: layers.Conv2D(4, 2, strides=2, padding="same", groups=2, activation="gelu"),
    lambda: layers.Conv2DTranspose(3, 3, strides=2),
    lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
    lambda: layers.SeparableConv2D(3, 3),
    lambda: layers.MaxPooling2D(),
    lambda: layers.AveragePooling2D(padding="same"),
    lambda: layers.GlobalAveragePooling2D(),
    lambda: layers.GlobalMaxPooling2D(),
    lambda: layers.BatchNormalization(),
    lambda: layers.LayerNormalization(),
    lambda: layers.GroupNormalization(2),
    lambda: layers.LocalResponseNormalization(),
    lambda: layers.Normalization(mean=[0.5, 1.0], variance=[1.0, 2.0]),
    lambda: layers.Rescaling([0.5, 2.0], offset=[1.0, 0.0]),
    lambda: layers.UpSampling2D(),
    lambda: layers.Resizing(9, 5),
    lambda: layers.CenterCrop(3, 2),
    lambda: layers.ZeroPadding2D(1),
    lambda: layers.Cropping2D(1),
    lambda: layers.Flatten(),
    lambda: layers.Permute((2, 1, 3)),
    lambda: layers.Reshape((9, 8)),
    lambda: layers.Dense(3, activation="swish"),
    lambda: layers.PReLU(),
    lambda: layers.LeakyReLU(),
    lambda: layers.ELU(),
    lambda: layers.Softmax(),
    lambda: layers.ReLU(max_value=0.5),
    lambda: layers.Dropout(0.4),
    lambda: layers.SpatialDropout2D(0.4),
    lambda: layers.GaussianNoise(0.4),
    lambda: layers.RandomFlip(),
    lambda: layers.RandomRotation(0.2),
    lambda: layers.RandomZoom(0.2),
    lambda: layers.RandomTranslation(0.2, 0.2),
    lambda: layers.RandomContrast(0.2),
    lambda: layers.RandomBrightness(0.2),
    lambda: layers.RandomCrop(4, 4),
]


def ran(make: Callable[[], Any], device: str) -> list[np.ndarray]:
    """Return the result of a layer on random images, and all gradients."""
    pyconv.set_seed(7)
    rng = np.random.default_rng(2)
    layer = make().to(device)
    x = pyconv.Tensor(rng.random((2, 6, 6, 2), np.float32)).to(device)
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        loss = (y * y).sum()
    assert y.device == ("cpu" if device == "cpu" else "cuda:0")
    gradients = tape.gradient(loss, [x, *layer.trainable_weights])
    return [z.numpy() for z in (y, *gradients) if z is not None]


@pytest.mark.parametrize("make", IMAGES, ids=lambda make: type(make()).__name__)
def test_a_layer_there_gives_results_and_gradients_of_the_cpu(
    any_gpu: None, make: Callable[[], Any]
) -> None:
    here, there = ran(make, "cpu"), ran(make, "cuda")
    assert len(here) == len(there)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)


MERGES = [
    layers.Add,
    layers.Subtract,
    layers.Multiply,
    layers.Average,
    layers.Maximum,
    layers.Minimum,
    layers.Concatenate,
]


@pytest.mark.parametrize("kind", MERGES)
def test_a_merging_layer_there_gives_results_of_the_cpu(any_gpu: None, kind: type) -> None:
    a, b = np.random.default_rng(3).random((2, 3, 4), np.float32)
    expected = kind()([a, b]).numpy()
    found = kind()([pyconv.Tensor(x).to("cuda") for x in (a, b)])
    assert found.device == "cuda:0"
    assert (found.numpy() == expected).all()


LOSSES = [
    "mse",
    "mae",
    "huber",
    "kl_divergence",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_there_gives_value_and_gradient_of_the_cpu(any_gpu: None, name: str) -> None:
    import cupy

    loss = pyconv.losses.get(name)
    rng = np.random.default_rng(4)
    p = rng.random((5, 3), np.float32)
    y = (
        rng.integers(0, 3, 5)
        if name.startswith("sparse")
        else np.eye(3, dtype="f")[[0, 1, 2, 1, 0]]
    )
    found = []
    for move in (np.asarray, cupy.asarray):
        q = pyconv.Tensor(move(p))
        with GradientTape() as tape:
            tape.watch(q)
            value = loss(move(y), q)
        found.append((value.numpy(), tape.gradient(value, q).numpy()))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)


def test_labels_on_the_device_are_checked_with_one_wait(any_gpu: None) -> None:
    import cupy

    logits = pyconv.Tensor(cupy.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match=r"labels\[1\]=2; must be within 0 and 1"):
        pyconv.softmax_cross_entropy(logits, cupy.asarray(np.array([0, 2, 1])))


def test_an_index_array_of_the_host_picks_elements_there(any_gpu: None) -> None:
    x, rows = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([3, 0, 3])
    found = []
    for device in ("cpu", "cuda"):
        tensor = pyconv.Tensor(x).to(device)
        with GradientTape() as tape:
            tape.watch(tensor)
            y = tensor[rows]
        found.append((y.numpy(), tape.gradient(y, tensor).numpy()))
    for a, b in zip(*found, strict=True):
        assert (a == b).all()


def test_labels_on_the_second_gpu_are_checked_there(gpu: Any) -> None:
    import cupy

    with cupy.cuda.Device(1):
        logits, labels = cupy.zeros((3, 2), np.float32), cupy.asarray(np.array([0, 1, 1]))
        loss = pyconv.softmax_cross_entropy(pyconv.Tensor(logits), labels)
    assert loss.device == "cuda:1"
