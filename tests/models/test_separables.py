# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise convolutions in predict: they run with the 1x1 convolution after them."""

import numpy as np
import pytest
from arrays import normal
from settling import settled

from pyconv import Input, Model, Sequential
from pyconv.layers import BatchNormalization, Conv2D, DepthwiseConv2D, ReLU, ZeroPadding2D
from pyconv.models.folding import LEAST_CHANNELS, folded_layers, inference
from pyconv.models.separables import Separable

SHAPE = (15, 14, LEAST_CHANNELS)


def layers(*, strides=1, zeros=False, normalised=True, size=1):
    found = [ZeroPadding2D(((0, 1), (0, 1)))] if zeros else []
    found.append(DepthwiseConv2D(3, strides=strides, padding="valid" if zeros else "same"))
    found += [BatchNormalization(), ReLU(6.0)] if normalised else []
    found.append(Conv2D(20, size))
    return found + ([BatchNormalization(), ReLU()] if normalised else [])


def pairs(model):
    """Return how many pairs run as one."""
    with inference():
        model(normal((1, *SHAPE), "float32", 0), training=False)
    if isinstance(model, Sequential):
        return sum(type(step) is Separable for step in model._folded.steps(model.layers))
    return sum(type(step.layer) is Separable for step in model.graph._folded[0])


def assert_has_the_bits_of_the_layers(model):
    x = normal((3, *SHAPE), "float32", 1)
    with inference():
        expected = model(x, training=False).numpy()
        one_by_one = x
        for step in folded_layers(model.layers):
            one_by_one = step(one_by_one)
    np.testing.assert_array_equal(expected, one_by_one.numpy())
    for _ in range(6):
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("normalised", [False, True])
def test_a_pair_runs_as_one(strides, zeros, normalised):
    stack = layers(strides=strides, zeros=zeros, normalised=normalised)
    model = settled(Sequential([Input(shape=SHAPE), *stack]))
    assert pairs(model) == normalised  # a depthwise convolution alone is not folded
    assert_has_the_bits_of_the_layers(model)


def test_a_pair_of_a_graph_runs_as_one():
    y = x = Input(shape=SHAPE)
    for layer in layers() + layers(strides=2):
        y = layer(y)
    model = settled(Model(x, y))
    assert pairs(model) == 2
    stack = Sequential(model.layers)
    image = normal((2, *SHAPE), "float32", 1)
    np.testing.assert_array_equal(model.predict(image), stack.predict(image))


def test_what_another_layer_needs_too_runs_by_itself():
    x = Input(shape=SHAPE)
    between = ReLU()(BatchNormalization()(DepthwiseConv2D(3)(x)))
    assert pairs(settled(Model(x, [between, Conv2D(4, 1)(between)]))) == 0


def test_larger_windows_run_by_themselves():
    assert pairs(settled(Sequential([Input(shape=SHAPE), *layers(size=3)]))) == 0


def test_new_weights_count_at_once():
    model = settled(Sequential([Input(shape=SHAPE), *layers()]))
    assert_has_the_bits_of_the_layers(model)
    model.set_weights([w + 0.5 for w in model.get_weights()])
    assert_has_the_bits_of_the_layers(model)
