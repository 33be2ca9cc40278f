# SPDX-License-Identifier: BSD-3-Clause
"""Every layer beside the book's algorithm in plain NumPy, float64, forward and backward."""

from __future__ import annotations

from typing import Any

import book_twin
import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv.scratch import layers


def assert_close(actual: Any, expected: Any) -> None:
    assert actual.dtype == np.float64
    assert actual.shape == expected.shape
    largest = max(float(np.abs(expected).max(initial=0)), 1e-3)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerances.BOOK * largest)


def channels_last(x: np.ndarray) -> np.ndarray:
    """The same numbers, lying in memory as (n, h, w, c)."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


LAYOUTS = [np.ascontiguousarray, channels_last, lambda x: x[:, :, ::-1][:, :, ::-1]]

CONVOLUTIONS = [
    # x, W, stride, pad
    ((2, 1, 28, 28), (30, 1, 5, 5), 1, 0),
    ((3, 1, 10, 9), (16, 1, 3, 3), 1, 1),
    ((2, 3, 8, 7), (4, 3, 3, 3), 2, 1),
    ((2, 5, 7, 7), (6, 5, 3, 3), 1, 2),
    ((1, 16, 6, 8), (32, 16, 3, 1), 3, 0),
    ((2, 4, 5, 5), (1, 4, 5, 5), 1, 3),
    ((0, 2, 5, 5), (3, 2, 2, 2), 1, 0),
    ((9, 3, 40, 40), (2, 3, 9, 9), 1, 4),  # the columns of two images at a time
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("x_shape", "w_shape", "stride", "pad"), CONVOLUTIONS)
def test_convolution(x_shape, w_shape, stride, pad, layout) -> None:
    x, W = normal(x_shape, np.float64, "x"), normal(w_shape, np.float64, "W")
    b = normal(w_shape[:1], np.float64, "b")
    ours = layers.Convolution(W, b, stride, pad)
    book = book_twin.Convolution(W, b, stride, pad)
    y, expected = ours.forward(layout(x)), book.forward(x)
    assert_close(y, expected)
    dy = normal(expected.shape, np.float64, "dy")
    assert_close(ours.backward(layout(dy)), book.backward(dy))
    for name in ("dW", "db", "col", "col_W"):
        assert_close(getattr(ours, name), getattr(book, name))
    ours.dW = ours.db = None
    ours.backward_weights(dy)
    assert_close(ours.dW, book.dW)
    assert_close(ours.db, book.db)


POOLINGS = [
    # x, pool, stride, pad
    ((2, 3, 8, 8), (2, 2), 2, 0),
    ((2, 30, 24, 24), (2, 2), 2, 0),
    ((2, 3, 7, 9), (3, 2), 1, 0),
    ((1, 2, 9, 7), (2, 2), 3, 0),
    ((2, 2, 6, 6), (3, 3), 3, 1),
    ((1, 1, 5, 4), (2, 3), 2, 2),
    ((2, 2, 3, 3), (2, 2), 4, 1),
    ((1, 2, 4, 5), (2, 2), 2, 7),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("x_shape", "pool", "stride", "pad"), POOLINGS)
def test_pooling(x_shape, pool, stride, pad, layout) -> None:
    x = np.round(normal(x_shape, np.float64, "x"), 1)  # many ties
    ours, book = layers.Pooling(*pool, stride, pad), book_twin.Pooling(*pool, stride, pad)
    y, expected = ours.forward(layout(x)), book.forward(x)
    assert_close(y, expected)
    np.testing.assert_array_equal(ours.arg_max, book.arg_max)
    assert ours.arg_max.dtype == np.intp
    dy = normal(expected.shape, np.float64, "dy")
    assert_close(ours.backward(layout(dy)), book.backward(dy))


@pytest.mark.parametrize("shape", [(7, 12), (4, 3, 2, 2), (5, 2, 6)])
def test_affine(shape) -> None:
    x = normal(shape, np.float64, "x")
    W, b = normal((12, 5), np.float64, "W"), normal((5,), np.float64, "b")
    ours, book = layers.Affine(W, b), book_twin.Affine(W, b)
    y, expected = ours.forward(x), book.forward(x)
    assert_close(y, expected)
    assert ours.original_x_shape == shape
    assert_close(ours.x, book.x)
    dy = normal(expected.shape, np.float64, "dy")
    assert_close(ours.backward(dy), book.backward(dy))
    assert_close(ours.dW, book.dW)
    assert_close(ours.db, book.db)


def test_affine_flattens_channels_first_whatever_lies_in_memory() -> None:
    x, W = normal((4, 3, 2, 2), np.float64, "x"), normal((12, 5), np.float64, "W")
    np.testing.assert_array_equal(
        layers.Affine(W, 0).forward(channels_last(x)), layers.Affine(W, 0).forward(x)
    )


@pytest.mark.parametrize("name", ["Relu", "Sigmoid"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_activations(name, layout) -> None:
    x = normal((3, 4, 5, 6), np.float64, "x")
    x[0, 0, 0, :3] = [0.0, -0.0, 1.0]
    ours, book = getattr(layers, name)(), getattr(book_twin, name)()
    assert_close(ours.forward(layout(x)), book.forward(x))
    dy = normal(x.shape, np.float64, "dy")
    assert_close(ours.backward(layout(dy)), book.backward(dy))
    kept = "mask" if name == "Relu" else "out"
    np.testing.assert_allclose(getattr(ours, kept), getattr(book, kept), rtol=tolerances.BOOK)


@pytest.mark.parametrize("shape", [(9, 6), (5, 2, 3, 4)])
def test_batch_normalization(shape) -> None:
    elements = int(np.prod(shape[1:]))
    gamma = normal((elements,), np.float64, "gamma")
    beta = normal((elements,), np.float64, "beta")
    ours = layers.BatchNormalization(gamma, beta)
    book = book_twin.BatchNormalization(gamma, beta)
    for step in range(3):
        x = 3 * normal(shape, np.float64, "x", step) + 2
        assert_close(ours.forward(x), book.forward(x))
        dy = normal(shape, np.float64, "dy", step)
        assert_close(ours.backward(dy), book.backward(dy))
        for name in ("dgamma", "dbeta", "running_mean", "running_var"):
            assert_close(getattr(ours, name), getattr(book, name))
    x = normal(shape, np.float64, "test")
    assert_close(ours.forward(x, train_flg=False), book.forward(x, train_flg=False))


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.5, 1.0])
def test_dropout_draws_the_same_mask(ratio) -> None:
    x, dy = normal((2, 3, 4, 5), np.float64, "x"), normal((2, 3, 4, 5), np.float64, "dy")
    ours, book = layers.Dropout(ratio), book_twin.Dropout(ratio)
    np.random.seed(4)
    y = ours.forward(x)
    after = np.random.rand()
    np.random.seed(4)
    np.testing.assert_array_equal(y, book.forward(x))
    assert np.random.rand() == after
    np.testing.assert_array_equal(ours.mask, book.mask)
    np.testing.assert_array_equal(ours.backward(dy), book.backward(dy))
    assert_close(ours.forward(x, train_flg=False), book.forward(x, train_flg=False))


@pytest.mark.parametrize("form", ["numbers", "column", "one-hot", "one-hot integers"])
def test_softmax_with_loss(form) -> None:
    x = 5 * normal((6, 4), np.float64, "x")
    numbers = np.array([0, 3, 1, 1, 2, 0])
    one_hot = np.eye(4)[numbers]
    t = {
        "numbers": numbers,
        "column": numbers[:, None],
        "one-hot": one_hot,
        "one-hot integers": one_hot.astype(np.uint8),
    }[form]
    ours, book = layers.SoftmaxWithLoss(), book_twin.SoftmaxWithLoss()
    loss, expected = ours.forward(x, t), book.forward(x, one_hot)
    assert loss == ours.loss == pytest.approx(expected, rel=tolerances.BOOK)
    assert_close(ours.y, book.y)
    assert ours.t is t
    assert_close(ours.backward(), book.backward())
    assert_close(ours.backward(dout=2), book.backward(2))


def test_a_network_on_every_instruction_set_and_the_cuda_kernels(device) -> None:
    W, b = normal((4, 2, 3, 3), np.float64, "W"), normal((4,), np.float64, "b")
    D, d = normal((36, 5), np.float64, "D"), normal((5,), np.float64, "d")
    gamma, beta = normal((5,), np.float64, "gamma"), normal((5,), np.float64, "beta")

    def stack(module: Any, move: Any) -> list[Any]:
        return [
            module.Convolution(move(W), move(b), 1, 1),
            *(module.Relu(), module.Pooling(2, 2), module.Affine(move(D), move(d))),
            *(module.BatchNormalization(move(gamma), move(beta)), module.Sigmoid()),
        ]

    ours, book = stack(layers, device), stack(book_twin, lambda array: array)
    x, t = normal((3, 2, 6, 6), np.float64, "x"), np.array([1, 4, 0])
    y, expected = device(x), x
    for layer, twin in zip(ours, book, strict=True):
        y, expected = layer.forward(y), twin.forward(expected)
        assert_close(device.host(y), expected)
    loss, loss_of_book = layers.SoftmaxWithLoss(), book_twin.SoftmaxWithLoss()
    assert float(loss.forward(y, device(t))) == pytest.approx(
        loss_of_book.forward(expected, np.eye(5)[t]), rel=tolerances.BOOK
    )
    dx, expected = loss.backward(), loss_of_book.backward()
    for layer, twin in zip(reversed(ours), reversed(book), strict=True):
        dx, expected = layer.backward(dx), twin.backward(expected)
        assert_close(device.host(dx), expected)
        for name in {"dW", "db", "dgamma", "dbeta"} & vars(twin).keys():
            assert_close(device.host(getattr(layer, name)), getattr(twin, name))


def test_images_and_columns() -> None:
    x = normal((2, 3, 7, 6), np.float64, "x")
    col = layers.im2col(x, 3, 2, stride=2, pad=1)
    windows = book_twin.columns_of(x, 3, 2, 2, 1)
    np.testing.assert_array_equal(col, windows.reshape(col.shape))
    rows = normal(col.shape, np.float64, "rows")
    expected = book_twin.images_of(rows.reshape(windows.shape), x.shape, 2, 1)
    assert_close(layers.col2im(rows, x.shape, 3, 2, stride=2, pad=1), expected)
