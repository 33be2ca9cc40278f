# SPDX-License-Identifier: BSD-3-Clause
"""Convolutions that take the zeros before them have the bits of the layers run one by one."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import GradientTape, Input, Model, Sequential, autograd
from pyconv.layers import (
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Layer,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)
from pyconv.layers.running import observing
from pyconv.models.folding import inference
from pyconv.models.padding import Padded

SHAPE = (10, 9, 4)
SIDES = ((0, 1), (2, 1))


def padded(model: Any) -> int:
    model(normal((2, *SHAPE), model.dtype, 0), training=True)
    if isinstance(model, Sequential):
        return sum(isinstance(step, Padded) for step in model._joined._made[1])
    return sum(isinstance(step.layer, Padded) for step in model.graph._joined[0])


def step(model: Any, x: Any) -> list[Any]:
    """Return the result and the gradients of x and of the weights."""
    x = autograd.Tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=True)
        loss = autograd.sum(y * normal(y.shape, model.dtype, "dy"))
    gradients = tape.gradient(loss, [x, *model.trainable_weights])
    return [y.numpy(), *[g.numpy() for g in gradients if g is not None]]


def assert_same_as_one_by_one(model: Any) -> None:
    x = normal((6, *SHAPE), model.dtype, "x")
    twin = copy.deepcopy(model)
    joined = step(model, x)
    with observing(lambda layer, inputs, run: run()):
        assert_same_bits(joined, step(twin, x))


KINDS = [
    lambda **o: Conv2D(5, 3, strides=2, **o),
    lambda **o: Conv2D(5, 3, activation="relu", **o),
    lambda **o: Conv2D(6, 3, groups=2, dilation_rate=2, activation="gelu", **o),
    lambda **o: DepthwiseConv2D(3, strides=2, use_bias=False, **o),
    lambda **o: DepthwiseConv2D((2, 3), depth_multiplier=2, **o),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros_and_a_convolution_have_the_bits_of_the_layers(kind: Any, dtype: str) -> None:
    x = Input(shape=SHAPE, dtype=dtype)
    y = kind(dtype=dtype)(ZeroPadding2D(SIDES, dtype=dtype)(ReLU(dtype=dtype)(x)))
    model = Model(x, ReLU(6.0, dtype=dtype)(BatchNormalization(dtype=dtype)(y)))
    assert padded(model) == 1
    assert_same_as_one_by_one(model)


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_sequential_too(kind: Any) -> None:
    model = Sequential([Input(shape=SHAPE), ZeroPadding2D(SIDES), kind(), ReLU()])
    assert padded(model) == 1
    assert_same_as_one_by_one(model)


def test_images_with_channels_first_are_padded_along_their_axes() -> None:
    first: Any = {"data_format": "channels_first"}
    model = Sequential([Input(shape=SHAPE), ZeroPadding2D(SIDES, **first), Conv2D(3, 3, **first)])
    assert padded(model) == 1
    assert_same_as_one_by_one(model)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [ZeroPadding2D(1), Conv2D(3, 3, padding="same")],
        lambda: [ZeroPadding2D(1), MaxPooling2D(3)],
        lambda: [ZeroPadding2D(1), ReLU(), Conv2D(3, 3)],
        lambda: [ZeroPadding2D(1), Conv2D(3, 3, activity_regularizer="l2")],
        lambda: [ZeroPadding2D(1, activity_regularizer="l2"), Conv2D(3, 3)],
    ],
)
def test_other_layers_run_one_by_one(layers: Any) -> None:
    assert padded(Sequential([Input(shape=SHAPE), *layers()])) == 0


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize(
    "layer",
    [
        lambda: Conv2D(3, 7, name="wide"),
        lambda: DepthwiseConv2D(7, activation="gelu", name="wide"),
        lambda: MaxPooling2D((2, 7), name="wide"),
    ],
)
def test_windows_larger_than_images_of_any_size_are_refused_by_the_layer_s_name(
    layer: Any, functional: bool
) -> None:
    inputs = x = Input(shape=(None, None, 4))
    layers = [ReLU(), ZeroPadding2D(((1, 0), (1, 1))), layer()]
    for each in layers:
        x = each(x)
    model = Model(inputs, x) if functional else Sequential([inputs, *layers])
    assert padded(model) == 1
    with inference():
        model(normal((1, 6, 5, 4), "float32", 0))
    for folds in (nullcontext, inference):
        with folds(), pytest.raises(ValueError, match=r"^wide: .*\[1\]=7 spans 7 pixels, .* 6:"):
            model(normal((1, 9, 4, 4), "float32", 0))


def test_zeros_with_two_readers_or_seen_from_outside_run_one_by_one() -> None:
    x = Input(shape=SHAPE)
    zeros = ZeroPadding2D(1)(x)
    y, other = Conv2D(3, 3)(zeros), Conv2D(3, 3)(zeros)
    assert padded(Model(x, [y, other])) == 0
    assert padded(Model(x, [y, zeros])) == 0
    assert padded(Model(x, y)) == 1


def test_a_convolution_used_twice_runs_as_it_is() -> None:
    x = Input(shape=SHAPE)
    shared = Conv2D(4, 3)
    y = shared(ZeroPadding2D(1)(shared(ZeroPadding2D(1)(x))))
    model = Model(x, y)
    assert padded(model) == 0
    assert_same_as_one_by_one(model)


def test_an_own_call_of_either_layer_is_called() -> None:
    class Doubled(ZeroPadding2D):
        def call(self, x: Any) -> Any:
            return super().call(x * 2)

    layer: Layer = Doubled(1)
    model = Sequential([Input(shape=SHAPE), layer, Conv2D(3, 3)])
    assert padded(model) == 0
    x = normal((2, *SHAPE), "float32", "x")
    plain = Sequential([ZeroPadding2D(1), model.layers[-1]])
    assert np.allclose(model(x).numpy(), plain(2 * x).numpy(), atol=1e-5)
