# SPDX-License-Identifier: BSD-3-Clause
"""Wrong shapes, kinds and orders of calls: a clear error that names function and argument."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.scratch import functions, gradient, layers, optimizer, util
from pyconv.scratch.multi_layer_net import MultiLayerNet
from pyconv.scratch.multi_layer_net_extend import MultiLayerNetExtend

X = np.ones((2, 3, 6, 6))
W = np.ones((4, 3, 3, 3))


def forward(make: Any, *x: Any) -> Any:
    return lambda: make().forward(*x)


def conv(W: Any = W, b: Any = 0, stride: Any = 1, pad: Any = 0) -> Any:
    return lambda: layers.Convolution(W, b, stride, pad)


def pool(*options: Any) -> Any:
    return lambda: layers.Pooling(*options)


def affine(W: Any = W[0, 0], b: Any = 0) -> Any:
    return lambda: layers.Affine(W, b)


KINDS = [
    (None, TypeError, "x is NoneType; must be an array"),
    ("1", TypeError, "x is str; must be an array"),
    ({}, TypeError, "x is dict; must be an array"),
    ([[1, 2], [3]], ValueError, "x is ragged; must be an array"),
    (X.astype(complex), TypeError, "x.dtype=complex128; must be numbers"),
    (X.astype(object), TypeError, "x.dtype=object; must be numbers"),
    (X.astype(np.longdouble), TypeError, "x.dtype=float128; must be numbers, up to float64"),
    (X.astype("datetime64[s]"), TypeError, "x.dtype=datetime64[s]; must be numbers"),
    (np.ma.masked_array(X, X > 0), TypeError, "x is a masked array"),
    (pyconv.Tensor(X.astype(np.float32)), TypeError, "x is a Tensor; must be an array"),
]
MAKERS = {
    "Convolution": conv(),
    "Pooling": pool(2, 2),
    "Affine": affine(),
    "Relu": layers.Relu,
    "Sigmoid": layers.Sigmoid,
    "Dropout": layers.Dropout,
    "BatchNormalization": lambda: layers.BatchNormalization(1, 0),
}


@pytest.mark.parametrize(("x", "error", "text"), KINDS)
@pytest.mark.parametrize("name", MAKERS)
def test_what_is_no_array_of_numbers_is_refused(name, x, error, text) -> None:
    with pytest.raises(error, match=re.escape(f"{name}.forward: {text}".replace("x is", "x is"))):
        MAKERS[name]().forward(x)


CALLS = [
    (forward(conv(), X[0]), ValueError, "Convolution.forward: x.shape=(3, 6, 6); must be (n, 3,"),
    (forward(conv(), X[:, :2]), ValueError, "x.shape=(2, 2, 6, 6); must be (n, 3, h, w)"),
    (forward(conv(), X[:, :, :2]), ValueError, "spans 3 pixels, the padded input 2"),
    (forward(conv(W[0]), X), ValueError, "W.shape=(3, 3, 3); must be (fn, c, fh, fw)"),
    (forward(conv(W, np.zeros(3)), X), ValueError, "b.shape=(3,); must be (4,) or ()"),
    (forward(conv(W, np.zeros((4, 1))), X), ValueError, "b.shape=(4, 1); must be (4,) or ()"),
    (forward(conv(W, "0"), X), TypeError, "Convolution.forward: b.dtype=<U1; must be numbers"),
    (forward(conv(W, None), X), TypeError, "Convolution.forward: b.dtype=object"),
    (forward(conv(None), X), TypeError, "Convolution.forward: W is NoneType"),
    (forward(conv(stride=0), X), ValueError, "Convolution.forward: stride=0; must be >= 1"),
    (forward(conv(stride=1.0), X), TypeError, "Convolution.forward: stride=1.0; must be an int"),
    (forward(conv(stride=True), X), TypeError, "Convolution.forward: stride=True"),
    (forward(conv(pad=-1), X), ValueError, "Convolution.forward: pad=-1; must be >= 0"),
    (forward(conv(pad=2**31), X), ValueError, "Convolution.forward: pad=2147483648; must be <="),
    (forward(pool(2, 2), X[0]), ValueError, "Pooling.forward: x.shape=(3, 6, 6)"),
    (forward(pool(0, 2), X), ValueError, "Pooling.forward: pool_h=0; must be >= 1"),
    (forward(pool(2, 7), X), ValueError, "Pooling.forward: pool_w=7; must be <= 6"),
    (forward(pool(2, 2, 0), X), ValueError, "Pooling.forward: stride=0; must be >= 1"),
    (forward(pool(2, 2, 2, -1), X), ValueError, "Pooling.forward: pad=-1; must be >= 0"),
    (forward(pool(2, 2.0), X), TypeError, "Pooling.forward: pool_w=2.0; must be an int"),
    (forward(affine(), X), ValueError, "Affine.forward: x.shape=(2, 3, 6, 6); must have 3 numbers"),
    (forward(affine(np.ones(5)), X), ValueError, "Affine.forward: W.shape=(5,); must be (inputs,"),
    (forward(affine(), np.float64(3)), ValueError, "Affine.forward: x.ndim=0; must be >= 1"),
    (forward(lambda: layers.Dropout(1.5), X), ValueError, "dropout_ratio=1.5; must be <= 1"),
    (forward(lambda: layers.Dropout(-0.1), X), ValueError, "dropout_ratio=-0.1; must be"),
    (forward(lambda: layers.Dropout("a"), X), TypeError, "dropout_ratio='a'; must be a number"),
    (
        forward(lambda: layers.BatchNormalization(np.ones(3), 0), X),
        ValueError,
        "BatchNormalization.forward: gamma.shape=(3,); must be (108,) or ()",
    ),
    (
        forward(lambda: layers.BatchNormalization(1, 0, running_mean=np.ones(2)), X),
        ValueError,
        "running_mean.shape=(2,); must be (108,)",
    ),
    (
        forward(lambda: layers.BatchNormalization(1, 0), X[:0]),
        ValueError,
        "training needs an element per channel",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_bad_calls_are_refused_by_name(call, error, text) -> None:
    with pytest.raises(error, match=re.escape(text)):
        call()


LABELS = [
    (np.array([0, 4]), ValueError, "t[1]=4; must be within 0 and 3"),
    (np.array([-1, 0]), ValueError, "t[0]=-1; must be within 0 and 3"),
    (np.array([0, 2**40]), ValueError, "t[1]=1099511627776"),
    (np.array([[0], [9]]), ValueError, "t[1]=9; must be within 0 and 3"),
    (np.array([0, 1, 2]), ValueError, "t.shape=(3,); must be (2,), (2, 1) or (2, 4)"),
    (np.ones((2, 3)), ValueError, "t.shape=(2, 3); must be (2,), (2, 1) or (2, 4)"),
    (np.array([0.0, 1.0]), TypeError, "t.dtype=float64; class numbers must be of an integer"),
    (np.array([True, False]), TypeError, "t.dtype=bool; class numbers must be of an integer"),
    (None, TypeError, "t is NoneType; must be an array"),
    (np.array(["a", "b"]), TypeError, "must be numbers"),
]


@pytest.mark.parametrize(("t", "error", "text"), LABELS)
def test_bad_labels_are_refused_by_place(t, error, text) -> None:
    with pytest.raises(error, match=re.escape(text)):
        layers.SoftmaxWithLoss().forward(np.ones((2, 4)), t)
    with pytest.raises(error, match=re.escape(text)):
        functions.cross_entropy_error(np.full((2, 4), 0.25), t)


@pytest.mark.parametrize("name", MAKERS)
def test_backward_before_forward_is_refused(name) -> None:
    with pytest.raises(RuntimeError, match=f"{name}.backward: no forward came before it"):
        MAKERS[name]().backward(X)
    with pytest.raises(RuntimeError, match=r"SoftmaxWithLoss.backward: no forward"):
        layers.SoftmaxWithLoss().backward()


@pytest.mark.parametrize("name", MAKERS)
def test_a_gradient_of_another_shape_or_kind_is_refused(name) -> None:
    layer = MAKERS[name]()
    y = layer.forward(np.ones((2, 3)) if name == "Affine" else X)
    for dout in (y[:1], y.reshape(-1), np.ones((7, *y.shape[1:]))):
        with pytest.raises(
            ValueError, match=re.escape(f"{name}.backward: dout.shape={dout.shape}")
        ):
            layer.backward(dout)
    with pytest.raises(TypeError, match=f"{name}.backward: dout is NoneType"):
        layer.backward(None)


def test_an_empty_batch_passes_through() -> None:
    empty = X[:0]
    for layer, x in (
        *((conv()(), empty), (pool(2, 2)(), empty), (layers.Relu(), empty)),
        *((layers.Sigmoid(), empty), (affine()(), np.ones((0, 3))), (layers.Dropout(), empty)),
    ):
        y = layer.forward(x)
        assert y.shape[0] == 0
        assert layer.backward(y).shape == x.shape


def test_padding_of_any_size_takes_no_memory() -> None:
    pooling = layers.Pooling(2, 2, 2, 2**31 - 1)
    y = pooling.forward(X - 5)
    np.testing.assert_array_equal(y, np.zeros((2, 3, 3, 3)))
    np.testing.assert_array_equal(pooling.backward(np.ones_like(y)), 0 * X)


def test_nan_and_infinity_go_their_way() -> None:
    x = np.array([[[[np.nan, 1.0], [np.inf, -np.inf]]]])
    np.testing.assert_array_equal(layers.Relu().forward(x), [[[[np.nan, 1], [np.inf, 0]]]])
    pooling = layers.Pooling(2, 2)
    assert np.isnan(pooling.forward(x)).all()
    np.testing.assert_array_equal(pooling.arg_max, [0])
    np.testing.assert_array_equal(functions.sigmoid(np.array([-1e4, 1e4])), [0, 1])


GRADIENTS = [
    (lambda: gradient.numerical_gradient(np.sum, np.arange(3)), TypeError, "array of floats"),
    (lambda: gradient.numerical_gradient(np.sum, [1.0, 2.0]), TypeError, "array of floats"),
    (lambda: util.conv_output_size(4, 5), ValueError, "filter_size=5; must be <= 4"),
    (lambda: util.conv_output_size(4.0, 2), TypeError, "input_size=4.0; must be an int"),
    (lambda: util.conv_output_size(4, 2, stride=0), ValueError, "stride=0; must be >= 1"),
    (lambda: util.im2col(X[0], 2, 2), ValueError, "im2col: x.ndim=3; must be 4"),
    (lambda: util.col2im(np.ones((3, 3)), X.shape, 2, 2), ValueError, "col.shape=(3, 3); must be"),
    (lambda: util.smooth_curve(np.ones(10)), ValueError, "x.shape=(10,); must be at least (11,)"),
    (lambda: util.shuffle_dataset(X, np.ones(3)), ValueError, "len(t)=3; must be 2"),
    (lambda: functions.cross_entropy_error(X, np.ones(2)), ValueError, "y.shape=(2, 3, 6, 6)"),
    (lambda: MultiLayerNet(0, [3], 2), ValueError, "MultiLayerNet: input_size=0; must be >= 1"),
    (lambda: MultiLayerNet(3, [3, 0], 2), ValueError, "hidden_size_list[1]=0; must be >= 1"),
    (lambda: MultiLayerNet(3, [3], 2, activation="tanh"), ValueError, "activation='tanh'"),
    (lambda: MultiLayerNet(3, [3], 2, weight_init_std="big"), ValueError, "weight_init_std='big'"),
    (
        lambda: MultiLayerNet(3, [3], 2, weight_decay_lambda=-1),
        ValueError,
        "weight_decay_lambda=-1",
    ),
    (
        lambda: MultiLayerNetExtend(3, [3], 2, use_dropout=1),
        TypeError,
        "use_dropout=1; must be True or False",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), GRADIENTS)
def test_other_functions_refuse_by_name(call, error, text) -> None:
    with pytest.raises(error, match=re.escape(text)):
        call()


@pytest.mark.parametrize("lr", [float("nan"), -0.1, "fast"])
@pytest.mark.parametrize("name", ["SGD", "Momentum", "Nesterov", "Adam", "AdaGrad", "RMSprop"])
def test_a_learning_rate_that_is_none_is_refused_before_anything_moves(name, lr) -> None:
    params = {"w": np.ones(3)}
    with pytest.raises((ValueError, TypeError), match=rf"{name}.update: lr="):
        getattr(optimizer, name)(lr=lr).update(params, {"w": np.ones(3)})
    np.testing.assert_array_equal(params["w"], 1)


@pytest.mark.parametrize("name", ["SGD", "Momentum", "Nesterov", "Adam", "AdaGrad", "RMSprop"])
def test_a_gradient_that_does_not_fit_or_is_missing_is_refused(name) -> None:
    moving = getattr(optimizer, name)()
    with pytest.raises(KeyError):
        moving.update({"w": np.ones(3)}, {})
    with pytest.raises(ValueError, match="shape"):
        getattr(optimizer, name)().update({"w": np.ones(3)}, {"w": np.ones(4)})
