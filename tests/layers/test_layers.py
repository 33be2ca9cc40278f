# SPDX-License-Identifier: BSD-3-Clause
"""Names, weights, shapes, configurations and errors of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pyconv import Input, Tensor, layers, naming, set_seed
from pyconv.autograd import gradient_check
from pyconv.layers import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Cropping2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    MinPooling2D,
    UpSampling2D,
    ZeroPadding2D,
)
from pyconv.saving import deserialize_layer, serialize_layer

LAYERS: dict[str, tuple[Callable[[], Layer], tuple[int, ...], tuple[int, ...]]] = {
    "conv": (lambda: Conv2D(6, 3, dtype="float64"), (2, 5, 6, 4), (2, 3, 4, 6)),
    "conv with all options": (
        lambda: Conv2D(
            filters=6,
            kernel_size=(3, 2),
            strides=(2, 1),
            padding="same",
            groups=2,
            activation="tanh",
            use_bias=False,
            kernel_initializer="he_normal",
            dtype="float64",
        ),
        (2, 5, 6, 4),
        (2, 3, 6, 6),
    ),
    "conv dilated": (
        lambda: Conv2D(2, 2, padding=((1, 0), (2, 1)), dilation_rate=2, dtype="float64"),
        (1, 4, 5, 3),
        (1, 3, 6, 2),
    ),
    "conv channels_first": (
        lambda: Conv2D(3, 3, data_format="channels_first", activation="softmax", dtype="float64"),
        (1, 2, 4, 5),
        (1, 3, 2, 3),
    ),
    "pool": (lambda: MaxPooling2D(dtype="float64"), (1, 5, 6, 2), (1, 2, 3, 2)),
    "pool overlapping": (
        lambda: MaxPooling2D(3, strides=(1, 2), padding="same", dtype="float64"),
        (1, 4, 5, 2),
        (1, 4, 3, 2),
    ),
    "min pool": (
        lambda: MinPooling2D((2, 3), data_format="channels_first", dtype="float64"),
        (1, 2, 5, 6),
        (1, 2, 2, 2),
    ),
    "average pool": (
        lambda: AveragePooling2D(3, strides=(1, 2), padding="same", dtype="float64"),
        (1, 4, 5, 2),
        (1, 4, 3, 2),
    ),
    "global average pool": (
        lambda: GlobalAveragePooling2D(dtype="float64"),
        (2, 3, 4, 5),
        (2, 5),
    ),
    "global max pool": (
        lambda: GlobalMaxPooling2D("channels_first", keepdims=True, dtype="float64"),
        (2, 3, 4, 5),
        (2, 3, 1, 1),
    ),
    "up-sampling": (lambda: UpSampling2D(dtype="float64"), (1, 2, 3, 2), (1, 4, 6, 2)),
    "bilinear up-sampling": (
        lambda: UpSampling2D((3, 1), "channels_first", "bilinear", dtype="float64"),
        (1, 2, 3, 4),
        (1, 2, 9, 4),
    ),
    "zero padding": (lambda: ZeroPadding2D(dtype="float64"), (1, 2, 3, 2), (1, 4, 5, 2)),
    "zero padding of sides": (
        lambda: ZeroPadding2D(((0, 1), (2, 3)), "channels_first", dtype="float64"),
        (1, 2, 3, 4),
        (1, 2, 4, 9),
    ),
    "cropping": (lambda: Cropping2D((1, 2), dtype="float64"), (1, 4, 6, 2), (1, 2, 2, 2)),
    "cropping of sides": (
        lambda: Cropping2D(((1, 0), (0, 2)), "channels_first", dtype="float64"),
        (1, 2, 3, 4),
        (1, 2, 2, 2),
    ),
    "flatten": (lambda: Flatten(dtype="float64"), (2, 3, 4, 2), (2, 24)),
    "dense": (lambda: Dense(3, activation="relu", dtype="float64"), (4, 5), (4, 3)),
    "dense on images": (
        lambda: Dense(3, "sigmoid", dtype="float64"),
        (2, 3, 4, 5),
        (2, 3, 4, 3),
    ),
    "dense without bias": (
        lambda: Dense(2, use_bias=False, dtype="float64"),
        (4, 5),
        (4, 2),
    ),
    "activation": (lambda: Activation("softmax", dtype="float64"), (3, 4), (3, 4)),
    "activation silu": (lambda: Activation("swish", dtype="float64"), (3, 4), (3, 4)),
    "elu": (lambda: layers.ELU(0.7, dtype="float64"), (3, 4), (3, 4)),
    "leaky relu": (lambda: layers.LeakyReLU(dtype="float64"), (3, 4), (3, 4)),
    "prelu": (lambda: layers.PReLU("random_normal", dtype="float64"), (2, 3, 4), (2, 3, 4)),
    "prelu of channels": (
        lambda: layers.PReLU("ones", shared_axes=(1, 2), dtype="float64"),
        (2, 3, 3, 4),
        (2, 3, 3, 4),
    ),
    "relu": (lambda: layers.ReLU(dtype="float64"), (3, 4), (3, 4)),
    "relu with all options": (
        lambda: layers.ReLU(1.5, negative_slope=0.1, threshold=0.25, dtype="float64"),
        (3, 4),
        (3, 4),
    ),
    "softmax": (lambda: layers.Softmax(1, dtype="float64"), (2, 3, 4), (2, 3, 4)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_shape_and_gradient(name: str) -> None:
    make, input_shape, output_shape = LAYERS[name]
    set_seed(4)
    layer, x = make(), np.random.default_rng(2).normal(size=input_shape)
    y = layer(x)
    assert y.shape == output_shape == layer.compute_output_shape(input_shape)
    assert layer.compute_output_shape((None, *input_shape[1:])) == (None, *output_shape[1:])
    assert y.dtype == np.float64
    gradient_check(layer, [x], variables=layer.trainable_weights)


@pytest.mark.parametrize("name", LAYERS)
def test_an_equal_layer_comes_from_its_configuration(name: str) -> None:
    make, input_shape, _ = LAYERS[name]
    layer, x = make(), np.random.default_rng(2).normal(size=input_shape)
    y = layer(x)
    twin = deserialize_layer(serialize_layer(layer))
    twin(x)
    twin.set_weights(layer.get_weights())
    assert twin.get_config() == layer.get_config()
    np.testing.assert_array_equal(twin(x), y)


def test_open_sizes_stay_open() -> None:
    image = Input(shape=(None, None, 3))
    x = Conv2D(4, 3, padding="same")(image)
    assert x.shape == (None, None, None, 4)
    assert MaxPooling2D(2)(x).shape == (None, None, None, 4)
    assert Flatten()(x).shape == (None, None)
    assert Conv2D(4, 3, strides=2)(Input(shape=(None, 28, 3))).shape == (None, None, 13, 4)


def test_channels_first_flatten_turns_to_height_width_channel_order() -> None:
    x = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    y = Flatten(data_format="channels_first")(x)
    np.testing.assert_array_equal(y, x.transpose(0, 2, 3, 1).reshape(1, -1))


def test_names_count_up_as_in_keras() -> None:
    naming.reset_names()
    made = [Conv2D(1, 1), MaxPooling2D(), Conv2D(1, 1), layers.MaxPool2D(), Dense(1, name="head")]
    assert [layer.name for layer in made] == [
        "conv2d",
        "max_pooling2d",
        "conv2d_1",
        "max_pooling2d_1",
        "head",
    ]
    assert [naming.snake_case(n) for n in ("PReLU", "InputLayer", "BatchNormalization")] == [
        "p_re_lu",
        "input_layer",
        "batch_normalization",
    ]


def test_symbolic_calls_remember_where_they_come_from() -> None:
    image = Input(shape=(8, 8, 1), name="image")
    conv, flat = Conv2D(2, 3), Flatten()
    y = flat(conv(image))
    assert y.shape == (None, 72)
    assert y.node.layer is flat
    assert y.node.inputs[0].node.layer is conv
    assert conv.input is image
    assert conv.output is y.node.inputs[0]
    assert conv.count_params() == 20


class Twice(Layer):
    """A layer of the user's: call alone, with a layer inside."""

    def __init__(self) -> None:
        super().__init__(name="twice")
        self.inner = Dense(3)
        self.more = [Dense(3), {"not": "a layer"}]

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        return self.inner(x) * 2 if training else self.inner(x)


def test_a_layer_of_the_users_needs_call_alone() -> None:
    layer = Twice()
    x = np.ones((2, 3), np.float32)
    assert layer.compute_output_shape((None, 3)) == (None, 3)
    assert [path for path, _, _ in layer.paths()] == [
        f"{layer.inner.name}/kernel",
        f"{layer.inner.name}/bias",
    ]
    np.testing.assert_array_equal(layer(x, training=True), 2 * layer(x).numpy())
    assert layer.sublayers() == [layer.inner, layer.more[0]]


def test_trainable_reaches_the_layers_inside() -> None:
    layer = Twice()
    layer(np.ones((2, 3), np.float32))
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (2, 0)
    layer.trainable = False
    assert layer.inner.trainable is False
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (0, 2)
    layer.trainable = True
    layer.inner.trainable = False
    assert layer.trainable_weights == []


def test_arrays_are_cast_to_the_layers_dtype() -> None:
    layer = Dense(2)
    for x in (np.ones((1, 3)), np.ones((1, 3), np.uint8), [[1, 2, 3]]):
        assert layer(x).dtype == np.float32


def test_set_weights_lists_all_differences() -> None:
    layer = Dense(2, name="d")
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r"kernel is \(3, 2\), given \(2,\); bias is \(2,\)"):
        layer.set_weights([np.ones(2), np.ones(3)])
    with pytest.raises(ValueError, match=r"set_weights: 1 arrays for 2 of 'd'"):
        layer.set_weights([np.ones(2)])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Conv2D(2.5, 3), TypeError, "Conv2D: filters=2.5"),
        (lambda: Conv2D(0, 3), ValueError, "Conv2D: filters=0; must be >= 1"),
        (lambda: Conv2D(True, 3), TypeError, "Conv2D: filters=True"),
        (lambda: Conv2D(1, "3"), TypeError, "Conv2D: kernel_size='3'"),
        (lambda: Conv2D(1, (3, 0)), ValueError, r"Conv2D: kernel_size\[1\]=0; must be >= 1"),
        (lambda: Conv2D(1, 3, strides=(2, 0)), ValueError, r"Conv2D: strides\[1\]=0"),
        (lambda: Conv2D(1, 3, strides=2**31), ValueError, "Conv2D: strides=2147483648"),
        (lambda: Conv2D(1, 3, padding="SAME "), ValueError, "Conv2D: padding='SAME '"),
        (lambda: Conv2D(1, 3, padding=-1), ValueError, "Conv2D: padding=-1"),
        (lambda: Conv2D(1, 3, dilation_rate=0), ValueError, "Conv2D: dilation_rate=0"),
        (lambda: Conv2D(3, 3, groups=2), ValueError, "groups"),
        (lambda: Conv2D(1, 3, data_format="NHWC"), ValueError, "Conv2D: data_format='NHWC'"),
        (lambda: Conv2D(1, 3, activation="rleu"), ValueError, "identifier='rleu'; must be one of"),
        (lambda: Conv2D(1, 3, kernel_initializer="he"), ValueError, "identifier='he'"),
        (lambda: Conv2D(1, 3, use_bias=1), TypeError, "Conv2D: use_bias=1"),
        (lambda: Conv2D(1, 3, naem="x"), TypeError, "Conv2D: unexpected argument 'naem'"),
        (lambda: MaxPooling2D(0), ValueError, "MaxPooling2D: pool_size=0"),
        (lambda: MaxPooling2D(2, strides=0), ValueError, "MaxPooling2D: strides=0"),
        (lambda: MaxPooling2D(2, padding=5), ValueError, "MaxPooling2D"),
        (lambda: layers.ReLU(-1.0), ValueError, "ReLU: max_value=-1.0; must be >= 0"),
        (lambda: layers.ReLU(threshold=-0.5), ValueError, "ReLU: threshold=-0.5; must be >= 0"),
        (lambda: layers.ReLU(negative_slope="0"), TypeError, "ReLU: negative_slope='0'"),
        (lambda: layers.LeakyReLU(-0.1), ValueError, "LeakyReLU: negative_slope=-0.1; must"),
        (lambda: layers.ELU(float("nan")), ValueError, "ELU: alpha=nan; must be finite"),
        (lambda: layers.PReLU(shared_axes=0), ValueError, "PReLU: shared_axes=0; must be >= 1"),
        (lambda: layers.PReLU(shared_axes=(1.5,)), TypeError, r"PReLU: shared_axes=1.5; must"),
        (lambda: layers.Softmax("1"), TypeError, "Softmax: axis='1'"),
        (lambda: AveragePooling2D(0), ValueError, "AveragePooling2D: pool_size=0"),
        (lambda: MinPooling2D(2, strides=0), ValueError, "MinPooling2D: strides=0"),
        (
            lambda: GlobalAveragePooling2D(keepdims=1),
            TypeError,
            "keepdims=1; must be True or False",
        ),
        (lambda: GlobalMaxPooling2D("NHWC"), ValueError, "GlobalMaxPooling2D: data_format='NHWC'"),
        (lambda: UpSampling2D(0), ValueError, "UpSampling2D: size=0; must be >= 1"),
        (lambda: UpSampling2D(interpolation="bicubic"), ValueError, "interpolation='bicubic'"),
        (lambda: ZeroPadding2D(-1), ValueError, "ZeroPadding2D: padding=-1; must be >= 0"),
        (lambda: ZeroPadding2D("same"), TypeError, "ZeroPadding2D: padding='same'; must be pixels"),
        (lambda: Cropping2D((1, 2, 3)), ValueError, r"Cropping2D: cropping=\(1, 2, 3\); must be"),
        (lambda: Dense("3"), TypeError, "Dense: units='3'"),
        (lambda: Dense(3, name="a/b"), ValueError, "Dense: name='a/b'"),
        (lambda: Dense(3, name=".."), ValueError, r"Dense: name='\.\.'"),
        (lambda: Dense(3, dtype="float16"), ValueError, "Dense: dtype='float16'"),
        (lambda: Dense(3, trainable=1), TypeError, "Dense: trainable=1"),
        (lambda: Dense(3, input_shape=(-1,)), ValueError, "Dense: input_shape="),
        (lambda: Input(), ValueError, "give shape or batch_shape"),
        (lambda: Input(shape=(2.5,)), ValueError, "InputLayer: shape="),
    ],
)
def test_refuses_at_construction(
    make: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()


def test_cropping_must_leave_a_pixel() -> None:
    layer = Cropping2D(((1, 1), (0, 0)), name="crop")
    with pytest.raises(
        ValueError, match=r"crop: input shape \(1, 2, 5, 3\) with cropping=.* pixel"
    ):
        layer(np.ones((1, 2, 5, 3), np.float32))


def test_shape_errors_name_the_layer_and_both_shapes() -> None:
    conv, dense = Conv2D(2, 3, name="first"), Dense(2, name="head")
    conv(np.ones((1, 5, 5, 3), np.float32))
    dense(np.ones((1, 4), np.float32))
    with pytest.raises(ValueError, match=r"first: input shape \(1, 5, 5, 2\) has 2 .* expected 3"):
        conv(np.ones((1, 5, 5, 2), np.float32))
    with pytest.raises(ValueError, match=r"first: input shape \(5, 5, 3\); must be \(n, h, w, c\)"):
        conv(np.ones((5, 5, 3), np.float32))
    with pytest.raises(ValueError, match=r"head: input shape \(1, 5\); expected \(n, ..., 4\)"):
        dense(np.ones((1, 5), np.float32))
    with pytest.raises(ValueError, match=r"first: .*2.* must be >= 1"):
        conv(np.ones((1, 2, 2, 3), np.float32))


def test_prelu_has_a_slope_for_each_pixel_that_is_not_shared() -> None:
    x = -np.ones((2, 3, 5, 4), np.float32)
    free, shared = layers.PReLU(), layers.PReLU("ones", shared_axes=[1, 2])
    np.testing.assert_array_equal(free(x), np.zeros_like(x))
    np.testing.assert_array_equal(shared(x), x)
    assert (free.alpha.shape, shared.alpha.shape) == ((3, 5, 4), (1, 1, 4))
    assert shared.get_config()["shared_axes"] == [1, 2]
    with pytest.raises(ValueError, match=r"expected \(n, ...\) for \(3, 5, 4\)"):
        free(x[:, :2])
    with pytest.raises(ValueError, match="has no axis 4"):
        layers.PReLU(shared_axes=4)(x)
    with pytest.raises(ValueError, match="sizes must be known or shared"):
        layers.PReLU()(Input(shape=(None, 3)))
    assert layers.PReLU(shared_axes=1)(Input(shape=(None, 3))).shape == (None, None, 3)


def test_softmax_needs_its_axis() -> None:
    with pytest.raises(ValueError, match=r"last: input shape \(1, 3\) has no axis 2"):
        layers.Softmax(2, name="last")(np.ones((1, 3), np.float32))


def test_a_layer_built_by_hand_is_not_built_again() -> None:
    layer = layers.Dense(2)
    layer.build((None, 4))
    kernel = layer.kernel
    layer(np.zeros((3, 4)))
    assert layer.built
    assert layer.kernel is kernel
    assert len(layer.weights) == 2
