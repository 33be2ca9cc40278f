# SPDX-License-Identifier: BSD-3-Clause
"""Receptive fields of known networks, and against what gradients say of layers at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import GradientTape, Model, Sequential, Tensor, layers
from pyconv.applications import deep_convnet, mnist_convnet, mnist_convnet_unpooled
from pyconv.evaluation import compare_stack, field_of_windows, receptive_field
from pyconv.layers import (
    Add,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    UpSampling2D,
)


def sizes(model: Model, *kinds: str) -> list[int]:
    """Return the receptive fields of the layers whose names contain one of the kinds."""
    fields = [f for f in receptive_field(model) if any(kind in f.name for kind in kinds)]
    assert all(f.size is not None and f.size[0] == f.size[1] for f in fields)
    return [f.size[0] for f in fields if f.size is not None]


def vgg16() -> Model:
    """The convolutions of VGG16, one filter each."""
    stack: list[Any] = [Input((None, None, 1))]
    for block, count in enumerate((2, 2, 3, 3, 3), 1):
        for i in range(1, count + 1):
            stack.append(Conv2D(1, 3, padding="same", name=f"block{block}_conv{i}"))
        stack.append(MaxPooling2D(2, name=f"block{block}_pool"))
    return Sequential(stack)


def resnet(repeats: tuple[int, ...]) -> Model:
    """The bottlenecks of ResNet, one filter each: the stride in the first 1 x 1."""
    inputs = Input((None, None, 1))
    x = Conv2D(1, 7, strides=2)(layers.ZeroPadding2D(3)(inputs))
    x = MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, count in enumerate(repeats):
        for block in range(count):
            strides = 2 if stage and not block else 1
            y = Conv2D(1, 3, padding="same")(Conv2D(1, 1, strides=strides)(x))
            y = layers.BatchNormalization()(Conv2D(1, 1)(y))
            shortcut = x if block else Conv2D(1, 1, strides=strides)(x)
            x = layers.Activation("relu")(Add()([shortcut, y]))
    return Model(inputs, x)


def test_the_networks_of_the_lectures() -> None:
    assert sizes(mnist_convnet(), "conv", "pool") == [3, 4, 8, 10, 18]
    assert sizes(mnist_convnet_unpooled(), "conv") == [3, 5, 7]
    assert sizes(deep_convnet(), "pool")[-1] == 36


def test_the_network_for_cats_and_dogs() -> None:
    stack: list[Any] = [Input((180, 180, 3))]
    for filters in (1, 1, 1, 1):
        stack += [Conv2D(filters, 3), MaxPooling2D(2)]
    assert sizes(Sequential([*stack, Conv2D(1, 3), Flatten(), Dense(1)]), "conv")[-1] == 78


def test_published_networks() -> None:
    found = sizes(vgg16(), "block5_conv3", "block5_pool")
    assert found == [196, 212]
    for repeats, size in (((3, 4, 6, 3), 483), ((3, 4, 23, 3), 1027), ((3, 8, 36, 3), 1507)):
        last = receptive_field(resnet(repeats))[-1]
        assert last.size == (size, size)
        assert last.jump == (32, 32)


def test_models_inside_are_walked_through() -> None:
    base = vgg16()
    inputs = Input((64, 64, 1))
    outer = Model(
        inputs, Dense(2)(GlobalAveragePooling2D()(base(layers.Rescaling(1 / 255)(inputs))))
    )
    fields = {field.name: field for field in receptive_field(outer)}
    assert fields["block5_pool"].size == (212, 212)
    assert fields["block5_pool"].jump == (32, 32)
    assert receptive_field(outer)[-1].size is None, "global pooling sees everything"
    again = Sequential([Input((1024, 1024, 1)), vgg16(), vgg16()])
    assert receptive_field(again)[-1].size == (212 + 211 * 32, 212 + 211 * 32)


BLOCKS: dict[str, Callable[[], list[Any]]] = {
    "wide strides": lambda: [Conv2D(2, (3, 5), strides=(2, 1)), Conv2D(2, 3, dilation_rate=(2, 1))],
    "pools": lambda: [layers.AveragePooling2D(3, strides=2), Conv2D(2, 2), MaxPooling2D((2, 1))],
    "depthwise": lambda: [layers.DepthwiseConv2D(3, strides=2), layers.SeparableConv2D(3, 5)],
    "transposed": lambda: [Conv2D(2, 3), Conv2DTranspose(2, 3, strides=2), Conv2D(2, 3)],
    "transposed, dense": lambda: [Conv2DTranspose(2, 4, strides=2), Conv2D(1, 2)],
    "upsampled": lambda: [Conv2D(2, 3, strides=2), UpSampling2D(2), Conv2D(2, 3)],
    "bilinear": lambda: [Conv2D(2, 3), UpSampling2D(2, interpolation="bilinear"), Conv2D(1, 2)],
    "channels first": lambda: [
        Conv2D(2, 3, data_format="channels_first"),
        MaxPooling2D(2, data_format="channels_first"),
        layers.LeakyReLU(),
        Conv2D(2, 3, data_format="channels_first"),
    ],
}


@pytest.mark.parametrize("name", BLOCKS)
def test_no_gradient_reaches_beyond_the_field_and_some_reaches_its_edge(name: str) -> None:
    """Every pixel behind the layers has its window measured; the widest is the field."""
    shape = (1, 26, 26) if name == "channels first" else (26, 26, 1)
    model = Sequential([Input(shape), *BLOCKS[name]()])
    for variable in model.weights:
        variable.assign(np.abs(variable.numpy()) + 0.1)
    field = receptive_field(model)[-1]
    x = Tensor(np.random.default_rng(0).uniform(1, 2, (1, *shape)).astype(np.float32))
    widest = [0, 0]
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = model(x)
    axes = (2, 3) if shape[0] == 1 else (1, 2)
    for place in np.ndindex(*(y.shape[a] for a in axes)):
        weights = np.zeros(y.shape, np.float32)
        weights[(0, 0, *place) if shape[0] == 1 else (0, *place, 0)] = 1
        gradient = tape.gradient(y, x, Tensor(weights)).numpy().reshape(26, 26)
        touched = [np.flatnonzero(gradient.any(axis=a)) for a in (1, 0)]
        spans = [int(t[-1] - t[0] + 1) for t in touched if t.size]
        if len(spans) == 2:
            widest = [max(old, new) for old, new in zip(widest, spans, strict=True)]
    assert field.size is not None
    if "pool" in name or name == "channels first":  # of a window, max-pooling sends one pixel on
        assert all(w <= s for w, s in zip(widest, field.size, strict=True))
    else:
        assert tuple(widest) == field.size


def test_windows_alone() -> None:
    assert field_of_windows([(3, 1)] * 3) == [(3, 3), (5, 5), (7, 7)]
    assert field_of_windows([(11, 4), ((3, 5), 2), (3, 1, 2)]) == [(11, 11), (19, 27), (51, 59)]
    assert field_of_windows([]) == []
    with pytest.raises(ValueError, match=r"field_of_windows: windows\[1\] strides=0; must be >= 1"):
        field_of_windows([(3, 1), (3, 0)])


def test_stacked_filters_see_as_much_as_a_large_one_with_fewer_weights() -> None:
    assert compare_stack(2) == (5, 18, 25)
    assert compare_stack(3) == (7, 27, 49)
    assert compare_stack(1) == (3, 9, 9)
    assert compare_stack(2, 5, channels=64) == (9, 2 * 25 * 4096, 81 * 4096)
    for options in ({"count": 0}, {"kernel_size": 0}, {"channels": -1}):
        (name,) = options
        with pytest.raises(ValueError, match=f"compare_stack: {name}="):
            compare_stack(**options)


def test_layers_that_may_look_anywhere_are_refused() -> None:
    class Shifted(layers.Layer):
        def call(self, x: Tensor) -> Tensor:
            return x

    with pytest.raises(ValueError, match="receptive_field: layer 'strange' of class Shifted"):
        receptive_field(Sequential([Input((8, 8, 1)), Shifted(name="strange")]))
    inputs = Input((8, 8, 1))
    with pytest.raises(ValueError, match=r"receptive_field: layer 'get_item.*' of class Operation"):
        receptive_field(Model(inputs, inputs[:, 1:]))


def test_operators_on_symbolic_tensors_are_pixel_by_pixel() -> None:
    inputs = Input((8, 8, 1))
    x = Conv2D(1, 3, padding="same")(inputs / 255.0)
    assert receptive_field(Model(inputs, x + inputs))[-1].size == (3, 3)


def test_models_without_known_layers_are_refused() -> None:
    class Own(Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.conv = Conv2D(1, 3)

        def call(self, x: Tensor) -> Tensor:
            return self.conv(x)

    with pytest.raises(ValueError, match="receptive_field: 'own' has no known layers in between"):
        receptive_field(Own())
    with pytest.raises(TypeError, match="receptive_field: model=3; must be a Model"):
        receptive_field(3)  # type: ignore[arg-type]
    with pytest.raises((ValueError, AttributeError), match=r"not built|no known layers"):
        receptive_field(Sequential([Conv2D(1, 3)]))


def test_branches_meet_in_either_layout() -> None:
    for shape, axis, first in (((8, 8, 2), -1, "channels_last"), ((2, 8, 8), 1, "channels_first")):
        inputs = Input(shape)
        wide = Conv2D(3, 5, padding="same", data_format=first)(inputs)
        joined = layers.Concatenate(axis=axis)([inputs, wide])
        assert receptive_field(Model(inputs, joined))[-1].size == (5, 5)
