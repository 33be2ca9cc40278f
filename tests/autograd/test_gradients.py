# SPDX-License-Identifier: BSD-3-Clause
"""Every differentiable function beside central differences in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

from pyconv import autograd as ag
from pyconv.autograd import Tensor, gradient_check

LABELS = np.array([0, 3, 1])
ONE_HOT = np.eye(4)[LABELS]


def points(*shapes: tuple[int, ...], low: float = -2.0, high: float = 2.0) -> list[Any]:
    generator = np.random.default_rng(7)
    return [generator.uniform(low, high, shape) for shape in shapes]


DY = np.random.default_rng(3).normal(size=(2, 3, 4))
MAPS = np.array([[[0.9, 0.2, -1.3], [-0.3, 1.1, 0.6]], [[1.5, 0, 0.2], [0, 0.6, -0.4]]])

FUNCTIONS: dict[str, tuple[Callable[..., Tensor], Sequence[Any]]] = {
    "add": (ag.add, points((3, 4), (4,))),
    "subtract": (ag.subtract, points((3, 1), (2, 3, 4))),
    "multiply": (ag.multiply, points((3, 4), (3, 1))),
    "divide": (ag.divide, points((2, 3), (3,), low=0.5)),
    "power": (ag.power, points((2, 3), (2, 1), low=0.5)),
    "negative": (ag.negative, points((3,))),
    "exp": (ag.exp, points((2, 3))),
    "log": (ag.log, points((2, 3), low=0.5)),
    "sqrt": (ag.sqrt, points((2, 3), low=0.5)),
    "absolute": (ag.absolute, points((2, 3))),
    "clip": (lambda x: ag.clip(x, -1.0, 1.0), points((4, 5))),
    "sigmoid": (ag.sigmoid, points((3, 4), low=-30.0, high=30.0)),
    "tanh": (ag.tanh, points((3, 4))),
    "relu": (ag.relu, points((3, 4))),
    "relu6": (ag.relu6, points((3, 4), low=-8.0, high=8.0)),
    "relu between bounds": (
        lambda x: ag.relu(x, negative_slope=0.2, max_value=1.5, threshold=0.5),
        points((3, 4)),
    ),
    "leaky_relu": (ag.leaky_relu, points((3, 4))),
    "elu": (lambda x: ag.elu(x, 1.5), points((3, 4))),
    "selu": (ag.selu, points((3, 4))),
    "gelu": (ag.gelu, points((3, 4))),
    "gelu approximate": (lambda x: ag.gelu(x, approximate=True), points((3, 4))),
    "swish": (ag.swish, points((3, 4))),
    "hard_sigmoid": (ag.hard_sigmoid, points((3, 4), low=-6.0, high=6.0)),
    "hard_swish": (ag.hard_swish, points((3, 4), low=-6.0, high=6.0)),
    "softplus": (ag.softplus, points((3, 4))),
    "dropout": (lambda x: ag.dropout(x, 0.5, seed=4), points((3, 4))),
    "batch_norm": (
        lambda x, g, b: ag.batch_norm(x, g, b, None, None, axis=1, training=True)[0] * DY,
        points((2, 3, 4), (3,), (3,)),
    ),
    "batch_norm by moving statistics": (
        lambda x, g, b: ag.batch_norm(x, g, b, np.ones(4), np.ones(4)) * DY,
        points((2, 3, 4), (4,), (4,)),
    ),
    "layer_norm": (
        lambda x, g, b: ag.layer_norm(x, g, b, axis=(1, 2)) * DY,
        points((2, 3, 4), (3, 4), (3, 4)),
    ),
    "group_norm": (
        lambda x, g, b: ag.group_norm(x, g, b, groups=2) * DY,
        points((2, 3, 4), (4,), (4,)),
    ),
    "local_response_norm": (
        lambda x: ag.local_response_norm(x, alpha=0.2) * DY[:, :, None],
        points((2, 3, 1, 4)),
    ),
    "softmax": (ag.softmax, points((3, 4))),
    "log_softmax": (ag.log_softmax, points((3, 4))),
    "log_softmax over a middle axis": (lambda x: ag.log_softmax(x, 1), points((2, 3, 4))),
    "softmax over the first axis": (lambda x: ag.softmax(x, 0), points((3, 4))),
    "sum": (ag.sum, points((3, 4))),
    "sum over axes": (lambda x: ag.sum(x, (0, -1), keepdims=True), points((2, 3, 4))),
    "mean": (lambda x: ag.mean(x, 1), points((2, 3, 4))),
    "max": (lambda x: ag.max(x, -1), points((2, 3, 4))),
    "reshape": (lambda x: ag.reshape(x, (-1, 2)), points((2, 3, 4))),
    "transpose": (lambda x: ag.transpose(x, (2, 0, -2)), points((2, 3, 4))),
    "slice": (lambda x: x[1:, ..., ::2], points((2, 3, 4))),
    "index with repeats": (lambda x: x[:, [0, 2, 2]], points((2, 3))),
    "index tensor": (lambda x: x[:, Tensor(np.array([1, 1]))], points((2, 3))),
    "mask": (lambda x: x[np.array([True, False, True])], points((3, 2))),
    "concatenate": (lambda a, b: ag.concatenate([a, b], 1), points((2, 1), (2, 3))),
    "stack": (lambda a, b: ag.stack([a, b], -1), points((2, 3), (2, 3))),
    "matmul": (ag.matmul, points((3, 2), (2, 4))),
    "matmul of stacks": (ag.matmul, points((2, 3, 2), (1, 2, 4))),
    "dense": (ag.dense, points((3, 5), (5, 2), (2,))),
    "dense without bias": (ag.dense, points((3, 5), (5, 2))),
    "dense tanh": (lambda *a: ag.dense(*a, activation="tanh"), points((3, 5), (5, 2), (2,))),
    "cross-entropy": (lambda x: ag.softmax_cross_entropy(x, LABELS), points((3, 4))),
    "soft cross-entropy": (
        lambda x: ag.softmax_cross_entropy(x, ONE_HOT, label_smoothing=0.1),
        points((3, 4)),
    ),
    "cross-entropy of probabilities": (
        lambda x: ag.cross_entropy(x, ONE_HOT),
        points((3, 4), low=0.1, high=1.0),
    ),
    "binary cross-entropy": (
        lambda x: ag.sigmoid_cross_entropy(x, ONE_HOT, label_smoothing=0.1),
        points((3, 4)),
    ),
    "binary cross-entropy of a sigmoid": (
        lambda x: ag.binary_cross_entropy(ag.sigmoid(x), ONE_HOT),
        points((3, 4)),
    ),
    "binary cross-entropy of probabilities": (
        lambda x: ag.binary_cross_entropy(x, ONE_HOT, label_smoothing=0.2),
        points((3, 4), low=0.1, high=0.9),
    ),
    "max_pool2d": (ag.max_pool2d, points((2, 5, 6, 3))),
    "max_pool2d overlapping": (
        lambda x: ag.max_pool2d(x, 3, strides=(2, 1), padding="same"),
        points((1, 5, 6, 2)),
    ),
    "max_pool2d channels_first": (
        lambda x: ag.max_pool2d(x, data_format="channels_first"),
        points((1, 3, 4, 6)),
    ),
    "conv2d_transpose": (
        lambda *a: ag.conv2d_transpose(*a, strides=2, padding="same"),
        points((1, 3, 4, 2), (3, 2, 3, 2), (3,)),
    ),
    "conv2d_transpose tanh": (
        lambda *a: ag.conv2d_transpose(*a, data_format="channels_first", activation="tanh"),
        points((1, 2, 3, 3), (2, 2, 3, 2), (3,)),
    ),
    "depthwise_conv2d": (
        lambda *a: ag.depthwise_conv2d(*a, strides=(2, 1), padding="same"),
        points((1, 5, 4, 3), (3, 2, 3, 2), (6,)),
    ),
    "depthwise_conv2d sigmoid": (
        lambda *a: ag.depthwise_conv2d(*a, data_format="channels_first", activation="sigmoid"),
        points((2, 3, 4, 4), (2, 2, 3, 1), (3,)),
    ),
    "separable_conv2d": (
        lambda *a: ag.separable_conv2d(*a, padding="same", activation="tanh"),
        points((1, 4, 4, 2), (3, 3, 2, 2), (1, 1, 4, 3), (3,)),
    ),
    "maximum": (ag.maximum, points((3, 4), (4,))),
    "minimum": (ag.minimum, points((3, 1), (2, 3, 4))),
    "square": (ag.square, points((2, 3))),
    "min": (lambda x: ag.min(x, (0, 2)), points((2, 3, 4))),
    "var": (ag.var, points((3, 4))),
    "var over axes": (lambda x: ag.var(x, (0, -1), keepdims=True), points((2, 3, 4))),
    "l2_normalize": (ag.l2_normalize, points((3, 4))),
    "l2_normalize rows": (lambda x: ag.l2_normalize(x, -1), points((3, 4))),
    "where": (lambda a, b: ag.where(np.eye(3, 4), a, b), points((3, 1), (4,))),
    "split": (lambda x: ag.split(x, 3, -1)[1] * ag.split(x, [2, 4], 1)[0], points((2, 6))),
    "pad": (lambda x: ag.pad(x, ((0, 2), (1, 0)), constant_values=3.0), points((2, 3))),
    "tile": (lambda x: ag.tile(x, (3, 1, 2)), points((2, 3))),
    "tile of fewer axes": (lambda x: ag.tile(x, 2), points((2, 3))),
    "broadcast_to": (lambda x: ag.broadcast_to(x, (4, 2, 3)), points((2, 1))),
    "squeeze": (lambda x: ag.squeeze(x, (0, -1)), points((1, 3, 1))),
    "expand_dims": (lambda x: ag.expand_dims(x, -2), points((2, 3))),
    "flip": (lambda x: ag.flip(x, (0, -1)), points((2, 3, 4))),
    "matmul of many stacks": (ag.matmul, points((2, 1, 3, 2), (4, 2, 5))),
    "min_pool2d": (
        lambda x: ag.min_pool2d(x, (2, 3), strides=(1, 2), padding="same"),
        points((1, 5, 6, 2)),
    ),
    "avg_pool2d": (ag.avg_pool2d, points((2, 5, 6, 3))),
    "avg_pool2d overlapping": (
        lambda x: ag.avg_pool2d(x, 3, strides=(2, 1), padding="same"),
        points((1, 5, 6, 2)),
    ),
    "avg_pool2d counting its padding": (
        lambda x: ag.avg_pool2d(
            x, 3, strides=2, padding=1, count_include_pad=True, data_format="channels_first"
        ),
        points((1, 3, 4, 6)),
    ),
    "global_avg_pool2d": (ag.global_avg_pool2d, points((2, 3, 4, 5))),
    "global_max_pool2d": (
        lambda x: ag.global_max_pool2d(x, keepdims=True, data_format="channels_first"),
        points((2, 3, 4, 5)),
    ),
    "resize": (lambda x: ag.resize(x, (7, 3)), points((2, 4, 5, 2))),
    "resize nearest": (
        lambda x: ag.resize(x, (3, 8), interpolation="nearest", data_format="channels_first"),
        points((1, 2, 4, 5)),
    ),
    "affine_sample": (lambda x: ag.affine_sample(x, MAPS), points((2, 4, 5, 2))),
    "affine_sample reflecting": (
        lambda x: ag.affine_sample(x, MAPS, fill_mode="reflect", data_format="channels_first"),
        points((2, 2, 4, 5)),
    ),
    "affine_sample nearest": (
        lambda x: ag.affine_sample(x, MAPS, fill_mode="wrap", interpolation="nearest"),
        points((2, 4, 5, 2)),
    ),
    "mean of squares": (lambda x: (x * x).mean() + x.max(), points((2, 3))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient_equals_differences(name: str) -> None:
    function, inputs = FUNCTIONS[name]
    gradient_check(function, inputs)


@pytest.mark.parametrize("activation", [None, "relu", "relu6", "sigmoid", "tanh"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strides": (2, 1), "padding": "same"},
        {"padding": ((1, 0), (2, 1)), "dilation_rate": (1, 2)},
        {"groups": 2, "padding": 1},
        {"data_format": "channels_first", "padding": "same"},
    ],
)
def test_gradient_of_conv2d_equals_differences(options: dict[str, Any], activation: Any) -> None:
    shape = (2, 4, 5, 6) if "data_format" in options else (2, 5, 6, 4)
    channels = 4 // options.get("groups", 1)
    inputs = points(shape, (3, 2, channels, 6), (6,))
    gradient_check(lambda *a: ag.conv2d(*a, **options, activation=activation), inputs)
    gradient_check(lambda *a: ag.conv2d(*a, **options), inputs[:2])


def test_gradient_check_finds_a_wrong_gradient() -> None:
    class Wrong(ag.Function):
        def forward(self, x: Any) -> Any:
            return x * x

        def backward(self, dy: Any) -> Any:
            return dy

    with pytest.raises(AssertionError, match=r"inputs\[0\]\[0\]"):
        gradient_check(lambda x: Wrong()(x), points((2,), low=1.0))


def test_gradient_check_needs_float64() -> None:
    with pytest.raises(TypeError, match="must be float64"):
        gradient_check(ag.exp, [np.ones(2, np.float32)])


def test_sigmoid_and_softmax_do_not_overflow() -> None:
    x = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], np.float32)
    assert ag.sigmoid(x).numpy().tolist() == [0.0, pytest.approx(3.8e-44, rel=0.1), 0.5, 1.0, 1.0]
    np.testing.assert_array_equal(ag.softmax(x).numpy(), [0, 0, 0, 0, 1])
    assert ag.sigmoid(x).dtype == ag.softmax(x).dtype == np.float32


def test_binary_cross_entropy_of_a_sigmoid_comes_from_its_logits() -> None:
    x = Tensor(np.array([-200.0, -3.0, 0.5, 200.0], np.float32))
    targets = np.array([1, 0, 1, 0], np.float32)
    with ag.GradientTape() as tape:
        tape.watch(x)
        loss = ag.binary_cross_entropy(ag.sigmoid(x), targets)
    np.testing.assert_array_equal(loss, ag.sigmoid_cross_entropy(x, targets))
    assert loss.numpy()[[0, 3]].tolist() == [200.0, 200.0]
    gradient = tape.gradient(loss, x)
    assert gradient is not None
    assert gradient.numpy()[[0, 3]].tolist() == [-1.0, 1.0]
    plain = ag.binary_cross_entropy(ag.sigmoid(x).numpy(), targets)
    np.testing.assert_allclose(plain.numpy()[1:3], loss.numpy()[1:3], rtol=KERAS)
    assert plain.numpy()[0] == pytest.approx(-np.log(1e-7), rel=KERAS)


def test_binary_cross_entropy_refuses_targets_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"targets of float32\(3, 1\); must be float32\(3, 4\)"):
        ag.binary_cross_entropy(np.full((3, 4), 0.5, np.float32), np.ones((3, 1), np.float32))
