# SPDX-License-Identifier: BSD-3-Clause
"""Layers under mixed policies hand 16-bit arrays to their kernels: no float32 copy between them."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from tolerances import HALF_CURVE

import pyconv
from pyconv import backend, layers, mixed_precision
from pyconv.autograd.function import Function
from pyconv.mixed_precision import Policy

HAS_BFLOAT16 = importlib.util.find_spec("ml_dtypes") is not None
HALVES = (
    "mixed_float16",
    pytest.param(
        "mixed_bfloat16",
        marks=pytest.mark.skipif(not HAS_BFLOAT16, reason="no ml_dtypes, so no bfloat16"),
    ),
)
CLASSES, BATCH = 3, 4


@pytest.fixture(autouse=True)
def _policy_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "chosen", Policy("float32"))
    monkeypatch.setattr(backend.precision, "in_use", False)


def residual_net() -> Any:
    """Return a small residual network with every layer that has kernels of 16 bits."""
    pyconv.set_seed(3)
    x = image = pyconv.Input((8, 8, 3))
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    y = layers.SeparableConv2D(8, 3, padding="same")(x)
    y = layers.GroupNormalization(groups=2)(y)
    y = layers.Activation("swish")(y)
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu6")(y)
    x = layers.Add()([x, y])
    x = layers.LayerNormalization()(x)
    x = layers.AveragePooling2D(2)(x)
    y = layers.Conv2D(8, 1, activation="relu")(x)
    x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(8, activation="tanh")(x)
    return pyconv.Model(image, layers.Dense(CLASSES, activation="softmax")(x))


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((BATCH, 8, 8, 3), np.float32), rng.integers(0, CLASSES, BATCH)


@pytest.mark.parametrize("name", HALVES)
def test_a_training_step_of_a_residual_net_widens_predictions_alone(gpu: Any, name: str) -> None:
    mixed_precision.set_global_policy(name)
    x, y = batch()
    model = residual_net().to("cuda")
    model.compile("sgd", "sparse_categorical_crossentropy", auto_scale_loss=False)
    model.train_on_batch(x, y)
    gpu.widenings.clear()
    gpu.calls.clear()
    model.train_on_batch(x, y)
    assert gpu.widenings == [(BATCH, CLASSES)] * 2  # predictions and logits, for the loss
    # Each of them ran, so none was left out of the count.
    assert gpu.calls["normalize"] == gpu.calls["normalize_backward"] == 3
    assert gpu.calls["max_pool2d"] == gpu.calls["max_pool2d_backward"] == 1
    assert gpu.calls["avg_pool2d"] == gpu.calls["avg_pool2d_backward"] == 2
    assert gpu.calls["activation"] == 2
    assert gpu.calls["softmax"] == 1
    assert gpu.calls["add"] == 4  # two of layers, two of gradients that meet


@pytest.mark.parametrize("name", HALVES)
def test_a_residual_net_learns_as_in_float32(gpu: Any, name: str) -> None:
    x, y = batch()
    found = []
    for policy in ("float32", name):
        mixed_precision.set_global_policy(policy)
        model = residual_net().to("cuda")
        model.compile("sgd", "sparse_categorical_crossentropy")
        found.append([model.train_on_batch(x, y) for _ in range(3)])
        weights = {v.dtype for v in model.weights}
        assert weights == {np.dtype(np.float32)}
    np.testing.assert_allclose(found[0], found[1], rtol=HALF_CURVE[name])
    assert found[0] != found[1]


def normed(layer: Any, x: Any) -> tuple[Any, list[Any]]:
    """Return a layer's result while training, and gradients of its weights."""
    with pyconv.GradientTape() as tape:
        y = layer(x, training=True)
        total = (pyconv.cast(y, np.float32) * y.shape[-1]).sum()
    return y, tape.gradient(total, layer.trainable_weights)


@pytest.mark.parametrize("name", HALVES)
def test_batch_normalisation_keeps_statistics_and_parameters_in_float32(
    gpu: Any, name: str
) -> None:
    host = np.random.default_rng(1).normal(3, 2, (6, 5, 5, 8)).astype(np.float32)
    x = pyconv.Tensor(host).to("cuda")
    layer = layers.BatchNormalization(momentum=0.0, dtype=name)
    layer.to("cuda")
    y, gradients = normed(layer, x)
    half = Policy(name).half
    assert y.dtype == half
    assert {v.dtype for v in (*layer.weights, *gradients)} == {np.dtype(np.float32)}
    seen = host.astype(half).astype(np.float64)
    # Not rounded to 16 bits on their way: float32's precision remains.
    np.testing.assert_allclose(layer.moving_mean.numpy(), seen.mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), seen.var((0, 1, 2)), rtol=1e-6)


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
        lambda: layers.SeparableConv2D(5, 3, padding="same", data_format="channels_first"),
        lambda: layers.GlobalMaxPooling2D(),
        lambda: layers.MinPooling2D(),
        lambda: layers.Activation("gelu"),
        lambda: layers.LeakyReLU(),
        lambda: layers.ELU(),
        lambda: layers.Softmax(axis=1),
        lambda: layers.GroupNormalization(groups=2, axis=1),
    ],
    ids=lambda make: type(make()).__name__,
)
def test_a_layer_with_kernels_of_16_bits_makes_no_float32_copy(
    gpu: Any, name: str, make: Any
) -> None:
    import cupy

    mixed_precision.set_global_policy(name)
    layer = make()
    layer.to("cuda")
    half = Policy(name).half
    x = pyconv.Tensor(cupy.asarray(np.random.default_rng(1).random((2, 8, 6, 6)).astype(half)))
    with pyconv.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    gradients = tape.gradient(y, [x, *layer.trainable_weights])
    assert gpu.widenings == []
    assert [g.dtype for g in gradients[1:]] == [np.dtype(np.float32)] * (len(gradients) - 1)
    assert gradients[0].dtype == y.dtype == half


def test_depthwise_layers_reach_the_kernels_made_for_them(gpu: Any) -> None:
    mixed_precision.set_global_policy("mixed_float16")
    x = pyconv.Tensor(np.ones((1, 5, 5, 8), np.float16)).to("cuda")
    layer = layers.DepthwiseConv2D(3)
    layer.to("cuda")
    gpu.products.clear()
    with pyconv.GradientTape() as tape:
        y = layer(x)
    tape.gradient(y, layer.trainable_weights)
    assert {code for _, code in gpu.products} == {2}


def below(kind: Any) -> Any:
    """Return the classes derived from one."""
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


def test_functions_without_kernels_of_16_bits_are_these() -> None:
    widening = {
        function.__name__.removesuffix("Function")
        for function in below(Function)
        if function.__module__.startswith("pyconv.") and not function.takes_16_bits
    }
    assert widening == {
        *("AffineSample", "Dropout", "LocalResponseNorm", "Resize"),
        *("BinaryCrossEntropy", "CrossEntropy", "SigmoidCrossEntropy", "SoftmaxCrossEntropy"),
        "Sparsemax",
        *("Reduction", "Sum", "Mean", "Variance", "Extreme", "Elementwise"),
        *("Broadcast", "Tile", "Where"),
        *("BatchNormToEnd", "PooledConv2D"),  # of host arrays alone
        "Product",  # by its op: conv2d_transpose alone
    }
