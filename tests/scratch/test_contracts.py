# SPDX-License-Identifier: BSD-3-Clause
"""What programs of the book rely on beyond formulas: shared arrays, dtypes, lazy attributes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv import ops
from pyconv.scratch import layers, nets, optimizer, set_dtype, stack, util
from pyconv.scratch.multi_layer_net import MultiLayerNet

SMALL = {"filter_num": 3, "filter_size": 3, "pad": 0, "stride": 1}


def small_net() -> nets.SimpleConvNet:
    return nets.SimpleConvNet((1, 8, 8), SMALL, hidden_size=5, output_size=4)


def test_params_and_layers_hold_the_same_arrays() -> None:
    net, deep = small_net(), nets.DeepConvNet()
    for number, name in enumerate(("Conv1", "Affine1", "Affine2"), 1):
        assert net.layers[name].W is net.params[f"W{number}"]
        assert net.layers[name].b is net.params[f"b{number}"]
    for number, place in enumerate((0, 2, 5, 7, 10, 12, 15, 18), 1):
        assert deep.layers[place].W is deep.params[f"W{number}"]
        assert deep.layers[place].b is deep.params[f"b{number}"]
    multi = MultiLayerNet(4, [3], 2)
    assert multi.layers["Affine1"].W is multi.params["W1"]


@pytest.mark.parametrize("key", ["W1", "b1", "W2", "b2", "W3", "b3"])
@pytest.mark.parametrize("mode", [None, "float32"])
def test_the_next_forward_sees_what_is_written_in_place(key: str, mode: str | None) -> None:
    set_dtype(mode)
    net, x = small_net(), normal((3, 1, 8, 8), np.float64, "x")
    for name in ("b1", "b2"):
        net.params[name][...] = 0.3  # so that every ReLU lets something through
    before = net.predict(x)
    net.params[key][...] += 0.125
    after = net.predict(x)
    assert (before != after).any()
    net.params[key][...] -= 0.125
    np.testing.assert_allclose(net.predict(x), before, rtol=tolerances.KERAS)


@pytest.mark.parametrize("name", ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"])
def test_optimizers_write_in_place(name: str) -> None:
    net, x, t = small_net(), normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1])
    moving = getattr(optimizer, name)()
    arrays = dict(net.params)
    copies = {key: value.copy() for key, value in arrays.items()}
    for _ in range(2):
        moving.update(net.params, net.gradient(x, t))
    for key, value in net.params.items():
        assert value is arrays[key]
        assert (value != copies[key]).any()
    assert net.layers["Conv1"].W is net.params["W1"]


def test_weights_of_a_layer_may_be_replaced() -> None:
    x = normal((2, 2, 5, 5), np.float64, "x")
    W, other = normal((3, 2, 3, 3), np.float64, "W"), normal((4, 2, 2, 2), np.float64, "other")
    layer = layers.Convolution(W, np.zeros(3))
    layer.forward(x)
    layer.W, layer.b, layer.stride, layer.pad = other, np.ones(4), 2, 1
    expected = layers.Convolution(other, np.ones(4), 2, 1).forward(x)
    np.testing.assert_array_equal(layer.forward(x), expected)
    affine = layers.Affine(np.ones((3, 2)), np.zeros(2))
    affine.W = np.full((3, 1), 2.0)
    affine.b = 1
    np.testing.assert_array_equal(affine.forward(np.ones((1, 3))), [[7.0]])


def test_a_convolution_takes_one_filter_and_a_number_for_its_bias() -> None:
    x, W = normal((1, 2, 6, 6), np.float64, "x"), normal((1, 2, 3, 3), np.float64, "W")
    layer = layers.Convolution(W, 0)
    y = layer.forward(x)
    assert y.shape == (1, 1, 4, 4)
    np.testing.assert_array_equal(layers.Convolution(W, 2.5).forward(x), y + 2.5)
    layer.backward(np.ones_like(y))
    assert layer.db.shape == (1,)


DTYPES = [
    # x, W, what they meet in
    ("float32", "float32", "float32"),
    ("float64", "float64", "float64"),
    ("float32", "float64", "float64"),
    ("float64", "float32", "float64"),
    ("float16", "float16", "float32"),
    ("float16", "float32", "float32"),
    ("float16", "float64", "float64"),
    ("uint8", "float32", "float32"),
    ("int64", "float32", "float64"),
    ("uint8", "float64", "float64"),
    ("int32", "int32", "float64"),
    ("bool", "float64", "float64"),
    (">f8", "float64", "float64"),
    (">f4", "float32", "float32"),
]


@pytest.mark.parametrize(("x_dtype", "w_dtype", "expected"), DTYPES)
def test_layers_compute_in_the_dtype_in_which_arrays_meet(x_dtype, w_dtype, expected) -> None:
    x = np.arange(32).reshape(2, 1, 4, 4).astype(x_dtype)
    W = np.array([1, -2, 3, 4]).reshape(1, 1, 2, 2).astype(w_dtype)
    convolution, affine = layers.Convolution(W, 0), layers.Affine(W.reshape(4, 1), np.zeros(1))
    for layer, input_ in ((convolution, x), (affine, x.reshape(-1, 4))):
        y = layer.forward(input_)
        assert y.dtype == expected
        exact = type(layer)(W.reshape(layer.W.shape).astype(float), 0.0)
        np.testing.assert_array_equal(y, exact.forward(input_.astype(float)))
        dx = layer.backward(np.ones(y.shape))
        assert dx.dtype == layer.dW.dtype == layer.db.dtype == np.dtype(expected)
        assert layer.W is (W if layer is convolution else affine.W)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float16", "float32"), ("float32", "float32"), ("int16", "float64"), (">f8", "float64")],
)
def test_layers_without_weights_follow_their_input(dtype: str, expected: str) -> None:
    x = (np.arange(32).reshape(2, 1, 4, 4) % 7 - 3).astype(dtype)
    for layer in (layers.Relu(), layers.Sigmoid(), layers.Pooling(2, 2), layers.Dropout()):
        assert layer.forward(x).dtype == expected
    assert util.im2col(x, 2, 2).dtype == expected
    loss = layers.SoftmaxWithLoss()
    loss.forward(x.reshape(2, 16), np.array([1, 0]))
    assert loss.backward().dtype == expected


def test_a_network_computes_in_float32_when_asked() -> None:
    set_dtype("float32")
    net = small_net()
    x, t = normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1])
    assert {value.dtype for value in net.params.values()} == {np.dtype(np.float32)}
    grads = net.gradient(x, t)
    assert {value.dtype for value in grads.values()} == {np.dtype(np.float32)}
    set_dtype(None)
    exact = nets.SimpleConvNet((1, 8, 8), SMALL, hidden_size=5, output_size=4)
    for key, value in net.params.items():
        exact.params[key][...] = value
    for key, value in exact.gradient(x, t).items():
        np.testing.assert_allclose(
            grads[key], value, atol=tolerances.KERAS * np.abs(value).max(), rtol=0
        )


def test_float64_weights_stay_so_while_layers_compute_in_float32() -> None:
    net = small_net()
    set_dtype("float32")
    grads = net.gradient(normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1]))
    moving = optimizer.Adam()
    moving.update(net.params, grads)
    assert grads["W1"].dtype == np.float32
    assert net.params["W1"].dtype == np.float64
    assert net.layers["Conv1"].W is net.params["W1"]
    with pytest.raises(ValueError, match="set_dtype: dtype='float16'; must be"):
        set_dtype("float16")


def test_col_and_col_w_are_computed_only_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    real = ops.im2col
    monkeypatch.setattr(ops, "im2col", lambda *a, **k: calls.append(a) or real(*a, **k))
    layer = layers.Convolution(np.ones((2, 3, 2, 2)), np.zeros(2))
    assert layer.col is None
    assert layer.col_W is None
    layer.forward(np.ones((1, 3, 4, 4)))
    layer.backward(np.ones((1, 2, 3, 3)))
    assert calls == []
    assert layer.col.shape == (9, 12)
    assert layer.col_W.shape == (12, 2)
    assert len(calls) == 1


def test_attributes_before_any_forward() -> None:
    pooling, relu, dropout = layers.Pooling(2, 3), layers.Relu(), layers.Dropout()
    loss, batch_norm = layers.SoftmaxWithLoss(), layers.BatchNormalization(1, 0)
    assert (pooling.pool_h, pooling.pool_w, pooling.stride, pooling.pad) == (2, 3, 2, 0)
    assert pooling.x is pooling.arg_max is relu.mask is dropout.mask is None
    assert loss.loss is loss.y is loss.t is batch_norm.running_mean is None
    assert dropout.dropout_ratio == 0.5
    assert batch_norm.momentum == 0.9


def test_computed_attributes_are_kept_until_the_next_forward_and_may_be_set() -> None:
    x, W = normal((2, 3, 4, 4), np.float64, "x"), normal((2, 3, 3, 3), np.float64, "W")
    convolution, relu, pooling = layers.Convolution(W, 0), layers.Relu(), layers.Pooling(2, 2)
    convolution.forward(x)
    first = convolution.col
    assert convolution.col is first
    convolution.forward(2 * x)
    np.testing.assert_array_equal(convolution.col, 2 * first)
    convolution.col = convolution.col_W = None  # as who wants the memory back writes
    convolution.backward(np.ones((2, 2, 2, 2)))

    relu.forward(x)
    np.testing.assert_array_equal(relu.mask, x <= 0)
    dout = np.ones_like(x)
    np.testing.assert_array_equal(relu.backward(dout.copy()), x > 0)
    relu.mask = x > 0
    np.testing.assert_array_equal(relu.backward(dout.copy()), x <= 0)
    relu.forward(x)
    np.testing.assert_array_equal(relu.backward(dout.copy()), x > 0)

    for layout in (x, np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)):
        y = pooling.forward(layout)
        expected = pooling.backward(y)
        kept = pooling.arg_max.copy()
        np.testing.assert_array_equal(pooling.backward(y), expected)
        pooling.arg_max = np.zeros_like(kept)
        moved = pooling.backward(y)
        np.testing.assert_array_equal(moved[:, :, ::2, ::2], y)
        assert moved.sum() == pytest.approx(y.sum())
        for bad in (kept + 4, kept - 4, kept[:-1], kept + 300):
            pooling.arg_max = bad
            with pytest.raises(ValueError, match=r"arg_?max"):
                pooling.backward(y)


class OwnRelu(layers.Relu):
    """A layer of a reader: its own forward, the backward there is."""

    def forward(self, x: Any) -> Any:
        self.mask = x <= 1
        return np.where(self.mask, 0, x)


def test_a_reader_may_derive_a_layer() -> None:
    x = np.array([[0.0, 1.0, 2.0]])
    layer = OwnRelu()
    np.testing.assert_array_equal(layer.forward(x), [[0, 0, 2]])
    np.testing.assert_array_equal(layer.backward(np.ones((1, 3))), [[0, 0, 1]])
    net, x = small_net(), normal((3, 1, 8, 8), np.float64, "x")
    net.layers["Relu1"] = OwnRelu()
    y = x
    for one in net.layers.values():
        y = one.forward(y)
    np.testing.assert_array_equal(net.predict(x), y)


@pytest.mark.parametrize("read_only", [False, True])
def test_no_layer_writes_into_what_it_is_given_but_relu_may_into_dout(read_only: bool) -> None:
    x, W = normal((2, 3, 4, 4), np.float64, "x"), normal((3, 3, 3, 3), np.float64, "W")
    for layer in (
        layers.Convolution(W, 0, pad=1),
        layers.Pooling(2, 2),
        layers.Sigmoid(),
        layers.Relu(),
        layers.Dropout(),
        layers.BatchNormalization(1, 0),
    ):
        given = x.copy()
        given.flags.writeable = not read_only
        y = layer.forward(given)
        dout = np.ones_like(y)
        layer.backward(dout)
        np.testing.assert_array_equal(given, x)
        if not isinstance(layer, layers.Relu):
            np.testing.assert_array_equal(dout, 1)


def test_dropout_is_recognised_by_its_class_and_takes_train_flg() -> None:
    net, x = nets.DeepConvNet(), normal((2, 1, 28, 28), np.float64, "x")
    assert [isinstance(layer, layers.Dropout) for layer in net.layers].count(True) == 2
    np.testing.assert_array_equal(net.predict(x), net.predict(x, train_flg=False))
    assert (net.predict(x, train_flg=True) == 0).any()


def test_randomness_is_that_of_np_random_in_the_order_of_the_book() -> None:
    np.random.seed(7)
    net = small_net()
    np.random.seed(7)
    for key, shape in (("W1", (3, 1, 3, 3)), ("W2", (27, 5)), ("W3", (5, 4))):
        np.testing.assert_array_equal(net.params[key], 0.01 * np.random.randn(*shape))
    np.random.seed(7)
    deep = nets.DeepConvNet()
    np.random.seed(7)
    inputs = (9, 144, 144, 288, 288, 576, 1024, 50)
    for number, n in enumerate(inputs, 1):
        W = deep.params[f"W{number}"]
        np.testing.assert_array_equal(W, np.sqrt(2.0 / n) * np.random.randn(*W.shape))
    np.random.seed(7)
    multi = MultiLayerNet(6, [5, 4], 3, weight_init_std="sigmoid")
    np.random.seed(7)
    for number, shape in enumerate(((6, 5), (5, 4), (4, 3)), 1):
        expected = np.sqrt(1.0 / shape[0]) * np.random.randn(*shape)
        np.testing.assert_array_equal(multi.params[f"W{number}"], expected)


def test_nothing_else_draws_from_np_random() -> None:
    net, x, t = small_net(), normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1])
    state = np.random.get_state()[1].copy()
    optimizer.Adam().update(net.params, net.gradient(x, t))
    net.accuracy(x, t)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_accuracy_counts_all_samples() -> None:
    net = small_net()
    x = normal((7, 1, 8, 8), np.float64, "x")
    best = net.predict(x).argmax(axis=1)
    t = best.copy()
    t[-1] = (t[-1] + 1) % 4
    assert net.accuracy(x, t, batch_size=3) == 6 / 7
    assert net.accuracy(x, t) == 6 / 7  # fewer than a batch
    assert net.accuracy(x, t[:, None]) == net.accuracy(x, np.eye(4)[t]) == 6 / 7


def test_batch_normalization_of_images_keeps_statistics_of_every_element() -> None:
    layer = layers.BatchNormalization(np.ones(12), np.zeros(12))
    layer.forward(normal((5, 3, 2, 2), np.float64, "x"))
    assert layer.running_mean.shape == layer.running_var.shape == (12,)
    y = layer.forward(np.zeros((1, 3, 2, 2)), train_flg=False)
    assert y.shape == (1, 3, 2, 2)
    numbers = layers.BatchNormalization(2.0, 1)  # one for all elements
    numbers.forward(normal((5, 3), np.float64, "x"))
    numbers.backward(np.ones((5, 3)))
    assert numbers.dgamma.shape == (3,)


def same_up_to_sums(key: str, value: Any, expected: Any) -> None:
    """Assert equality; a first convolution pooled at once adds in another order."""
    if key in ("W1", "b1"):
        np.testing.assert_allclose(value, expected, rtol=tolerances.BOOK, atol=tolerances.BOOK)
    else:
        np.testing.assert_array_equal(value, expected)


def test_what_lies_between_a_pooled_convolution_is_there_when_read() -> None:
    net, x, t = small_net(), normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1])
    conv, relu, pool = (net.layers[name] for name in ("Conv1", "Relu1", "Pool1"))
    y = layers.Relu().forward(conv.forward(x))
    expected = layers.Pooling(2, 2, 2)
    pooled = expected.forward(y)
    batch = x.copy()
    grads = net.gradient(batch, t)
    net.params["W1"][...] = 9.0  # what an optimizer does next
    batch[...] = 7.0  # and what brings the next batch
    np.testing.assert_array_equal(pool.x, y)
    np.testing.assert_array_equal(relu.mask, y <= 0)
    np.testing.assert_array_equal(pool.arg_max, expected.arg_max)
    assert conv.x is batch
    dout = normal(pooled.shape, np.float64, "dout")
    np.testing.assert_array_equal(pool.backward(dout), expected.backward(dout))
    np.testing.assert_array_equal(relu.backward(pool.x), np.where(y > 0, y, 0))
    assert set(grads) == set(net.params)


@pytest.mark.parametrize("name", ["Conv1", "Relu1", "Pool1"])
def test_a_layer_called_by_hand_between_the_passes_is_heeded(name: str) -> None:
    x, other = (normal((3, 1, 8, 8), np.float64, seed) for seed in ("x", "other"))
    grads, weights = [], small_net().params
    for at_once in (True, False):
        net = small_net()
        for key, values in weights.items():
            net.params[key][...] = values
        if not at_once:
            net.layers["Relu1"].backward = net.layers["Relu1"].backward
        net.loss(x, np.array([0, 3, 1]))
        y = other
        for layer in ("Conv1", "Relu1", "Pool1"):
            if layer == name:
                net.layers[name].forward(y)
                break
            y = type(net.layers[layer]).forward(copy.copy(net.layers[layer]), y)
        stack.backward(list(net.layers.values()), net.last_layer.backward(1))
        grads.append(net.layers["Conv1"].dW)
    same_up_to_sums("W1", *grads)


def test_a_layer_between_two_others_may_be_wrapped_or_replaced() -> None:
    net, x, t = small_net(), normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1])
    net.params["b1"][...] = 0.3
    expected = net.gradient(x, t)
    relu, seen = net.layers["Relu1"], []
    forward, backward = relu.forward, relu.backward
    relu.forward = lambda x: seen.append(x.shape) or forward(x)
    relu.backward = lambda dout: seen.append(dout.shape) or backward(dout)
    for key, value in net.gradient(x, t).items():
        same_up_to_sums(key, value, expected[key])
    assert seen == [(3, 3, 6, 6)] * 2
    net.layers["Relu1"] = layers.Sigmoid()
    y = net.layers["Conv1"].forward(x)
    for name in list(net.layers)[1:]:
        y = net.layers[name].forward(y)
    np.testing.assert_array_equal(net.predict(x), y)


def test_one_by_one_layers_give_the_numbers_of_the_network() -> None:
    net, x, t = small_net(), normal((3, 1, 8, 8), np.float64, "x"), np.array([0, 3, 1])
    net.params["b1"][...] = 0.01
    grads = net.gradient(x, t)
    masks = {name: net.layers[name].mask for name in ("Relu1", "Relu2")}
    assert 0 < masks["Relu1"].mean() < 1
    y = x
    for layer in net.layers.values():
        y = layer.forward(y)
    net.last_layer.forward(y, t)
    dout = net.last_layer.backward()
    for layer in reversed(net.layers.values()):
        dout = layer.backward(dout)
    for number, name in enumerate(("Conv1", "Affine1", "Affine2"), 1):
        same_up_to_sums(f"W{number}", grads[f"W{number}"], net.layers[name].dW)
        same_up_to_sums(f"b{number}", grads[f"b{number}"], net.layers[name].db)
    for name, mask in masks.items():
        np.testing.assert_array_equal(net.layers[name].mask, mask)


def test_results_depend_on_no_thread_count(set_threads) -> None:
    net, x, t = nets.SimpleConvNet(), normal((7, 1, 28, 28), np.float64, "x"), np.arange(7)
    set_threads(1)
    expected = net.gradient(x, t)
    for count in (2, 5):
        set_threads(count)
        for key, value in net.gradient(x, t).items():
            np.testing.assert_array_equal(value, expected[key])


def test_star_imports_bring_what_programs_use() -> None:
    names: dict[str, Any] = {}
    for module in ("layers", "util", "functions", "gradient", "optimizer"):
        exec(f"from pyconv.scratch.{module} import *", names)
    used = (
        "Affine BatchNormalization Convolution Dropout Pooling Relu Sigmoid SoftmaxWithLoss "
        "softmax cross_entropy_error sigmoid relu im2col col2im np smooth_curve shuffle_dataset "
        "identity_function step_function sigmoid_grad relu_grad mean_squared_error softmax_loss "
        "sum_squared_error numerical_gradient numerical_gradient_2d conv_output_size "
        "SGD Momentum Nesterov AdaGrad RMSprop Adam"
    )
    assert set(used.split()) <= set(names)
    assert names["np"] is np
