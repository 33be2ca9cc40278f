# SPDX-License-Identifier: BSD-3-Clause
"""SimpleConvNet, DeepConvNet: sizes, gradients beside the book's program, the book's check."""

from __future__ import annotations

import re

import book_twin
import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv.scratch import nets
from pyconv.scratch.optimizer import Adam


def count(net: nets.SimpleConvNet | nets.DeepConvNet) -> int:
    return sum(value.size for value in net.params.values())


def test_simple_convnet_is_the_network_of_chapter_7() -> None:
    net = nets.SimpleConvNet()
    assert count(net) == 433_890
    assert list(net.params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert [net.params[f"W{i}"].shape for i in (1, 2, 3)] == [(30, 1, 5, 5), (4320, 100), (100, 10)]
    assert list(net.layers) == ["Conv1", "Relu1", "Pool1", "Affine1", "Relu2", "Affine2"]
    y = np.zeros((2, 1, 28, 28))
    shapes = [(y := layer.forward(y)).shape[1:] for layer in net.layers.values()]
    assert shapes == [(30, 24, 24), (30, 24, 24), (30, 12, 12), (100,), (100,), (10,)]
    assert {value.dtype for value in net.params.values()} == {np.dtype(np.float64)}


def test_deep_convnet_is_the_network_of_chapter_8() -> None:
    net = nets.DeepConvNet()
    assert count(net) == 123_552
    assert len(net.layers) == 20
    y = np.zeros((1, 1, 28, 28))
    shapes = [(y := layer.forward(y)).shape[1:] for layer in net.layers]
    assert [shapes[i] for i in (4, 9, 14)] == [(16, 14, 14), (32, 8, 8), (64, 4, 4)]
    assert shapes[15:] == [(50,)] * 3 + [(10,)] * 2
    kinds = "".join(type(layer).__name__[0] for layer in net.layers)
    assert kinds == "CRCRP" * 3 + "ARDAD"


@pytest.mark.parametrize("name", ["SimpleConvNet", "DeepConvNet"])
def test_gradients_are_those_of_the_book_program(name: str) -> None:
    net = getattr(nets, name)()
    for value in net.params.values():
        if value.ndim == 1:
            value[...] = 0.1 * normal(value.shape, np.float64, "b")
    x, t = normal((4, 1, 28, 28), np.float64, "x") + 1, np.array([3, 9, 0, 1])
    twin = getattr(book_twin, f"{name.replace('ConvNet', '_convnet').lower()}_layers")
    np.random.seed(3)
    grads = net.gradient(x, t)
    loss = net.last_layer.loss
    np.random.seed(3)
    expected, exact, _ = book_twin.loss_and_gradients(twin(net.params), x, np.eye(10)[t])
    assert loss == pytest.approx(expected, rel=tolerances.BOOK)
    assert list(grads) == list(net.params)
    for key, value in exact.items():
        assert np.abs(value).max() > 0
        np.testing.assert_allclose(
            grads[key], value, rtol=0, atol=tolerances.BOOK * np.abs(value).max()
        )


def test_the_gradient_check_of_chapter_7() -> None:
    conv = {"filter_num": 10, "filter_size": 3, "pad": 0, "stride": 1}
    net = nets.SimpleConvNet((1, 10, 10), conv, hidden_size=10, output_size=10)
    x, t = np.random.rand(1, 1, 10, 10), np.array([1]).reshape(1, 1)
    numerical, exact = net.numerical_gradient(x, t), net.gradient(x, t)
    assert list(numerical) == list(exact) == list(net.params)
    for key, value in exact.items():
        assert np.abs(value - numerical[key]).mean() < tolerances.BOOK_GRADIENT_CHECK, key
        assert np.abs(value).max() > 0


def test_training_learns_a_few_pictures() -> None:
    net, moving = nets.SimpleConvNet(), Adam(lr=0.01)
    x, t = np.random.rand(20, 1, 28, 28), np.arange(20) % 10
    losses = []
    for _ in range(30):
        moving.update(net.params, net.gradient(x, t))
        losses.append(net.loss(x, t))
    assert losses[-1] < 0.1 * losses[0]
    assert net.accuracy(x, t) == 1.0


@pytest.mark.parametrize(
    ("input_dim", "conv_param", "flat"),
    [
        ((3, 12, 9), {"filter_num": 4, "filter_size": 3, "pad": 1, "stride": 2}, 4 * 3 * 2),
        ((1, 7, 7), {"filter_num": 2, "filter_size": 3, "pad": 0, "stride": 1}, 2 * 2 * 2),
        ([2, 8, 8], {"filter_num": 1, "filter_size": 1, "pad": 0, "stride": 1}, 16),
    ],
)
def test_other_sizes_are_rounded_down(input_dim, conv_param, flat) -> None:
    net = nets.SimpleConvNet(input_dim, conv_param, hidden_size=3, output_size=2)
    assert net.params["W2"].shape == (flat, 3)
    assert net.predict(np.ones((2, *input_dim))).shape == (2, 2)


def test_deep_convnet_takes_colour_pictures_of_another_size() -> None:
    net = nets.DeepConvNet((3, 32, 40), hidden_size=7, output_size=4)
    x = normal((2, 3, 32, 40), np.float64, "x")
    assert net.predict(x).shape == (2, 4)
    assert set(net.gradient(x, np.array([0, 3]))) == set(net.params)


BAD = [
    ({"input_dim": (1, 28)}, ValueError, "input_dim=(1, 28); must be (c, h, w)"),
    ({"input_dim": 28}, ValueError, "input_dim=28; must be (c, h, w)"),
    ({"input_dim": (1, 0, 28)}, ValueError, "input_dim[1]=0; must be >= 1"),
    ({"input_dim": (1, 28.0, 28)}, TypeError, "input_dim[1]=28.0; must be an int"),
    ({"input_dim": (1, 4, 28)}, ValueError, "filter_size=5; must be <= 4"),
    ({"input_dim": (1, 5, 5)}, ValueError, "1x1 pixels are left"),
    ({"conv_param": {"filter_num": 3}}, ValueError, "keys filter_num, filter_size, pad, stride"),
    ({"conv_param": None}, ValueError, "conv_param=None; must be a dict"),
    ({"hidden_size": [100]}, TypeError, "hidden_size=[100]; must be an int"),
    ({"hidden_size": 0}, ValueError, "hidden_size=0; must be >= 1"),
    ({"output_size": -1}, ValueError, "output_size=-1; must be >= 1"),
    ({"weight_init_std": float("nan")}, ValueError, "weight_init_std=nan; must be finite"),
]


@pytest.mark.parametrize(("options", "error", "text"), BAD)
def test_bad_sizes_are_refused_by_name(options, error, text) -> None:
    with pytest.raises(error, match=re.escape(text)):
        nets.SimpleConvNet(**options)


@pytest.mark.parametrize(("key", "value"), [("stride", 0), ("pad", -1), ("filter_num", 2**40)])
def test_bad_convolutions_are_refused_by_name(key, value) -> None:
    conv = {"filter_num": 3, "filter_size": 3, "pad": 0, "stride": 1, key: value}
    with pytest.raises(ValueError, match=re.escape(f"conv_param['{key}']={value}; must be")):
        nets.SimpleConvNet(conv_param=conv)
    with pytest.raises(ValueError, match=re.escape(f"conv_param_3['{key}']={value}; must be")):
        nets.DeepConvNet(conv_param_3=conv)


def test_bad_data_is_refused_by_name() -> None:
    net = nets.SimpleConvNet()
    x = np.zeros((2, 1, 28, 28))
    with pytest.raises(ValueError, match=r"t\[1\]=10; must be within 0 and 9"):
        net.loss(x, np.array([3, 10]))
    with pytest.raises(ValueError, match=r"SimpleConvNet.accuracy: t\[0\]=-1"):
        net.accuracy(x, np.array([-1, 0]))
    with pytest.raises(ValueError, match="2 images, 3 labels"):
        net.accuracy(x, np.array([1, 2, 3]))
    with pytest.raises(ValueError, match="0 images, 0 labels"):
        net.accuracy(x[:0], np.array([], int))
    with pytest.raises(ValueError, match="batch_size=0; must be >= 1"):
        net.accuracy(x, np.array([1, 2]), batch_size=0)
    with pytest.raises(ValueError, match=r"Convolution.forward: x.shape=\(2, 784\); must be"):
        net.predict(x.reshape(2, 784))
    with pytest.raises(ValueError, match="must have 4320 numbers a sample"):
        net.predict(np.zeros((2, 1, 20, 28)))
