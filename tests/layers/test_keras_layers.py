# SPDX-License-Identifier: BSD-3-Clause
"""Layers, their configurations and gradients beside Keras 3 on the torch backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import FORMULA, KERAS

import pyconv
from pyconv import GradientTape, Tensor

LAYERS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "conv": ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}, (2, 7, 8, 3)),
    "conv same strided": (
        "Conv2D",
        {"filters": 4, "kernel_size": (3, 2), "strides": 2, "padding": "same", "use_bias": False},
        (2, 7, 8, 3),
    ),
    "conv dilated": (
        "Conv2D",
        {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "activation": "sigmoid"},
        (1, 7, 8, 3),
    ),
    "conv grouped": (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "tanh"},
        (1, 6, 5, 4),
    ),
    "conv channels_first": (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "data_format": "channels_first", "padding": "same"},
        (1, 3, 6, 5),
    ),
    "depthwise": (
        "DepthwiseConv2D",
        {"kernel_size": 3, "depth_multiplier": 2, "activation": "relu"},
        (2, 7, 8, 3),
    ),
    "depthwise same strided": (
        "DepthwiseConv2D",
        {"kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False},
        (2, 7, 8, 20),
    ),
    "separable": (
        "SeparableConv2D",
        {"filters": 5, "kernel_size": 3, "depth_multiplier": 2, "padding": "same"},
        (2, 7, 8, 3),
    ),
    "transpose": (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "tanh"},
        (2, 4, 5, 3),
    ),
    "transpose same": (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
        (2, 4, 5, 3),
    ),
    "transpose with more": (
        "Conv2DTranspose",
        {
            "filters": 2,
            "kernel_size": (4, 3),
            "strides": (3, 2),
            "padding": "same",
            "output_padding": (2, 1),
        },
        (1, 4, 5, 3),
    ),
    "pool": ("MaxPooling2D", {}, (2, 7, 8, 3)),
    "pool same": (
        "MaxPooling2D",
        {"pool_size": (3, 2), "strides": (2, 1), "padding": "same"},
        (2, 7, 8, 3),
    ),
    "average pool": ("AveragePooling2D", {}, (2, 7, 8, 3)),
    # On torch Keras repeats the edge where the padding has an odd pixel; on TensorFlow it does not.
    "average pool same": (
        "AveragePooling2D",
        {"pool_size": 3, "strides": (2, 1), "padding": "same"},
        (2, 7, 8, 3),
    ),
    "average pool channels_first": (
        "AveragePooling2D",
        {"pool_size": 3, "strides": 2, "padding": "same", "data_format": "channels_first"},
        (2, 3, 7, 9),
    ),
    "global average pool": ("GlobalAveragePooling2D", {}, (2, 7, 8, 3)),
    "global average pool keeping axes": (
        "GlobalAveragePooling2D",
        {"keepdims": True, "data_format": "channels_first"},
        (2, 3, 7, 8),
    ),
    "global max pool": ("GlobalMaxPooling2D", {}, (2, 7, 8, 3)),
    "up-sampling": ("UpSampling2D", {}, (2, 3, 4, 3)),
    "bilinear up-sampling": (
        "UpSampling2D",
        {"size": (3, 2), "interpolation": "bilinear"},
        (2, 3, 4, 3),
    ),
    "zero padding": ("ZeroPadding2D", {"padding": ((0, 1), (2, 3))}, (2, 3, 4, 3)),
    "cropping": ("Cropping2D", {"cropping": ((0, 1), (2, 0))}, (2, 3, 4, 3)),
    "flatten": ("Flatten", {}, (2, 3, 4, 5)),
    "flatten channels_first": ("Flatten", {"data_format": "channels_first"}, (2, 3, 4, 5)),
    "dense": ("Dense", {"units": 5, "activation": "softmax"}, (3, 4)),
    "dense on images": ("Dense", {"units": 5, "activation": "relu6"}, (2, 3, 4, 6)),
    "activation": ("Activation", {"activation": "softmax"}, (3, 4)),
    **{
        f"activation {name}": ("Activation", {"activation": name}, (3, 40))
        for name in (
            "elu",
            "gelu",
            "hard_sigmoid",
            "hard_silu",
            "hard_swish",
            "leaky_relu",
            "linear",
            "log_softmax",
            "relu",
            "relu6",
            "selu",
            "sigmoid",
            "silu",
            "softplus",
            "swish",
            "tanh",
        )
    },
    "batch normalization": ("BatchNormalization", {}, (4, 5, 6, 3)),
    "batch normalization of another axis": (
        "BatchNormalization",
        {"axis": 1, "scale": False, "gamma_regularizer": "l2", "epsilon": 0.1},
        (4, 5, 6),
    ),
    "layer normalization": ("LayerNormalization", {}, (4, 5, 6, 3)),
    "layer normalization of two axes": (
        "LayerNormalization",
        {"axis": [1, 2], "gamma_initializer": "random_normal", "center": False},
        (4, 5, 6),
    ),
    "group normalization": ("GroupNormalization", {"groups": 2}, (3, 5, 6, 4)),
    "instance normalization": (
        "GroupNormalization",
        {"groups": -1, "axis": 1, "beta_initializer": "random_normal"},
        (3, 4, 6, 5),
    ),
    "normalization": (
        "Normalization",
        {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]},
        (2, 4, 3),
    ),
    "inverted normalization": (
        "Normalization",
        {"axis": None, "mean": 1.0, "variance": 4.0, "invert": True},
        (2, 4, 3),
    ),
    "rescaling": ("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0]}, (2, 4, 3)),
    "dropout": ("Dropout", {"rate": 0.4, "noise_shape": (None, 1), "seed": 3}, (3, 40)),
    "elu": ("ELU", {"alpha": 0.5}, (3, 40)),
    "gaussian noise": ("GaussianNoise", {"stddev": 0.4}, (3, 40)),
    "leaky relu": ("LeakyReLU", {}, (3, 40)),
    "prelu": (
        "PReLU",
        {"alpha_initializer": "random_normal", "shared_axes": [1, 2]},
        (2, 3, 4, 5),
    ),
    "relu": ("ReLU", {}, (3, 40)),
    "relu with all options": (
        "ReLU",
        {"max_value": 1.5, "negative_slope": 0.1, "threshold": 0.3},
        (3, 40),
    ),
    "softmax": ("Softmax", {"axis": 1}, (2, 3, 4)),
    "spatial dropout": ("SpatialDropout2D", {"rate": 0.4}, (2, 3, 4, 5)),
}

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients_equal_keras(keras: Any, name: str) -> None:
    kind, options, shape = LAYERS[name]
    generator = np.random.default_rng(8)
    x = generator.normal(size=shape).astype(np.float32)
    ours = getattr(pyconv.layers, kind)(**options)
    theirs = getattr(keras.layers, kind).from_config(ours.get_config())
    with GradientTape() as tape:
        image = Tensor(x)
        tape.watch(image)
        y = ours(image)
    expected_x = keras.ops.convert_to_tensor(x).requires_grad_(True)
    theirs.build(shape)
    theirs.set_weights(ours.get_weights())
    assert [w.name for w in theirs.weights] == [w.name for w in ours.weights]
    expected = theirs(expected_x)
    dy = generator.normal(size=y.shape).astype(np.float32)
    expected.backward(keras.ops.convert_to_tensor(dy))
    found = tape.gradient(y, [image, *ours.trainable_weights], Tensor(dy))
    wanted = [expected_x.grad, *[w.value.grad for w in theirs.trainable_weights]]
    scale = float(np.abs(y).max())
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=KERAS, atol=KERAS * scale)
    for gradient, reference in zip(found, wanted, strict=True):
        assert gradient is not None
        largest = float(reference.abs().max())
        np.testing.assert_allclose(gradient, reference.numpy(), rtol=KERAS, atol=KERAS * largest)


def test_keras_builds_our_configurations(keras: Any) -> None:
    model = pyconv.Sequential(
        [
            pyconv.Input(shape=(9, 9, 2)),
            pyconv.layers.Conv2D(3, 3, activation="relu", kernel_initializer="he_normal"),
            pyconv.layers.MaxPooling2D(2),
            pyconv.layers.Flatten(),
            pyconv.layers.Dense(4, activation="softmax", kernel_initializer="random_normal"),
        ]
    )
    twin = keras.Sequential.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
    x = np.random.default_rng(1).random((3, 9, 9, 2), np.float32)
    expected = twin.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=KERAS)


def test_we_read_configurations_of_keras(keras: Any) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(shape=(9, 9, 2)),
            layers.Conv2D(3, 3, activation="relu", kernel_initializer="he_normal"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    twin = pyconv.models.Sequential.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    x = np.random.default_rng(1).random((3, 9, 9, 2), np.float32)
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(twin.predict(x, verbose=0), expected, rtol=KERAS)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "reflect", "wrap"])
def test_affine_sample_is_affine_transform(
    keras: Any, fill_mode: str, interpolation: str, data_format: str
) -> None:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(4, 7, 6, 9))
    identity = np.array([[1, 0, 0], [0, 1, 0]])
    matrices = identity + generator.normal(0, 0.4, (4, 2, 3)) * (1, 1, 9)
    options: dict[str, Any] = {
        "fill_mode": fill_mode,
        "fill_value": 2.5,
        "interpolation": interpolation,
        "data_format": data_format,
    }
    transforms = np.pad(matrices.reshape(4, 6), ((0, 0), (0, 2)))
    image = keras.ops.convert_to_tensor(x, "float64").requires_grad_(True)
    expected = keras.ops.image.affine_transform(
        image, keras.ops.convert_to_tensor(transforms, "float64"), **options
    )
    y = pyconv.ops.affine_sample(x, matrices, **options)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=FORMULA, atol=FORMULA)
    dy = generator.normal(size=y.shape)
    expected.backward(keras.ops.convert_to_tensor(dy, "float64"))
    del options["fill_value"]
    dx = pyconv.ops.affine_sample_backward(dy, matrices, **options)
    np.testing.assert_allclose(dx, image.grad.numpy(), rtol=FORMULA, atol=FORMULA)


@pytest.mark.parametrize("size", [(3, 4), (11, 5), (14, 18)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_resize_is_resize(keras: Any, interpolation: str, size: tuple[int, int]) -> None:
    x = np.random.default_rng(5).normal(size=(2, 7, 9, 3))
    image = keras.ops.convert_to_tensor(x, "float64")
    expected = keras.ops.image.resize(
        image, size, interpolation=interpolation, data_format="channels_last"
    )
    y = pyconv.ops.resize(x, size, interpolation=interpolation)
    np.testing.assert_allclose(y, expected.numpy(), rtol=FORMULA, atol=FORMULA)
