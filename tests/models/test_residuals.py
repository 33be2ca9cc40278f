# SPDX-License-Identifier: BSD-3-Clause
"""Residual blocks in predict: the sum and its activation end the convolution before them."""

import numpy as np
import pytest
import tolerances
from arrays import normal
from settling import settled

from pyconv import Input, Model
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    ReLU,
)
from pyconv.models.folding import inference
from pyconv.models.residuals import FoldedSum

SHAPE = (8, 7, 6)


def sums(model):
    """Return how many sums end a convolution."""
    with inference():
        model(normal((1, *SHAPE), "float32", 0), training=False)
    return sum(type(step.layer) is FoldedSum for step in model.graph._folded[0])


def assert_follows(model):
    x = normal((3, *SHAPE), "float32", 1)
    expected = model(x, training=False)
    got = model.predict(x, verbose=0)
    for one, other in zip(
        got if isinstance(got, list) else [got],
        expected if isinstance(expected, list) else [expected],
        strict=True,
    ):
        wanted = other.numpy()
        np.testing.assert_allclose(one, wanted, rtol=0, atol=tolerances.FOLDED * abs(wanted).max())


def block(x, *, size=3, shortcut=None, conv_first=False, activation="relu", normalised=True):
    y = Conv2D(6, size, padding="same")(x)
    y = BatchNormalization()(y) if normalised else y
    other = x if shortcut is None else shortcut(x)
    y = Add()([y, other] if conv_first else [other, y])
    return y if activation is None else Activation(activation)(y)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("conv_first", [False, True])
@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
@pytest.mark.parametrize("normalised", [False, True])
def test_a_block_runs_as_one_convolution(size, conv_first, activation, normalised):
    x = Input(shape=SHAPE)
    y = block(x, size=size, conv_first=conv_first, activation=activation, normalised=normalised)
    model = settled(Model(x, y))
    assert sums(model) == 1
    assert_follows(model)


@pytest.mark.parametrize("conv_first", [False, True])
def test_of_two_convolutions_the_later_one_takes_the_sum(conv_first):
    x = Input(shape=SHAPE)
    y = block(x, shortcut=Conv2D(6, 1), conv_first=conv_first)
    y = block(y, shortcut=DepthwiseConv2D(1), conv_first=conv_first)
    model = settled(Model(x, ReLU(6.0)(y)))
    assert sums(model) == 2
    assert_follows(model)


def test_blocks_one_after_the_other_and_a_residual_used_twice():
    x = Input(shape=SHAPE)
    y = x
    for _ in range(3):
        y = block(y)
    model = settled(Model(x, [GlobalAveragePooling2D()(y), Add()([y, y])]))
    assert sums(model) == 3
    assert_follows(model)


def test_what_others_need_too_stays_apart():
    x = Input(shape=SHAPE)
    convolved = Conv2D(6, 3, padding="same")(x)
    summed = Add()([x, convolved])
    model = settled(Model(x, [Activation("relu")(summed), convolved]))
    assert sums(model) == 0
    assert_follows(model)
    wanted = settled(Model(x, [Activation("relu")(summed), summed]))
    assert sums(wanted) == 1
    assert_follows(wanted)


def test_a_sum_of_three_an_activation_between_and_an_overridden_add_stay_apart():
    x = Input(shape=SHAPE)
    convolved = Conv2D(6, 3, padding="same")(x)
    bent = Conv2D(6, 3, padding="same", activation="relu")(x)
    add = Add()
    overridden = add([x, convolved])
    add.call = lambda inputs: inputs[0]
    for y in (Add()([x, convolved, x]), Add()([x, bent]), overridden):
        model = settled(Model(x, y))
        assert sums(model) == 0
        assert_follows(model)


def test_a_residual_that_is_spread_over_the_pixels_is_added_by_the_layer():
    x = Input(shape=SHAPE)
    mean = GlobalAveragePooling2D(keepdims=True)(x)
    model = settled(Model(x, Activation("relu")(Add()([mean, Conv2D(6, 3)(x)]))))
    assert_follows(model)
    spread = settled(Model(x, Add()([x, Conv2D(6, SHAPE[:2])(x)])))
    assert_follows(spread)
