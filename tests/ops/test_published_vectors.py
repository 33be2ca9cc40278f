# SPDX-License-Identifier: BSD-3-Clause
"""Worked examples of the books and lectures: convolution, pooling, image kernels, losses."""

import numpy as np
import pytest
import tolerances
from compare import assert_same

from pyconv import ops

KERNEL = [[2, 0, 1], [0, 1, 2], [1, 0, 2]]
X4 = [[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]]
X7 = [[(j - i + 1) % 4 for j in range(7)] for i in range(7)]
CROSS = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
BINARY = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
COLUMNS = [[1, 1, 1, 2, 2, 2]] * 5
ROWS = [[v] * 6 for v in (1, 1, 1, 2, 2)]
VERTICAL = [[-1, 0, 1]] * 3
HORIZONTAL = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]


def curve(*pixels):
    """Return a 7x7 image with (value, row, column) set."""
    image = np.zeros((7, 7))
    for value, row, column in pixels:
        image[row, column] = value
    return image


CURVE = curve(*((30, *at) for at in ((0, 5), (1, 4), (2, 3), (3, 3), (4, 3), (5, 3))))
PATCH_A = curve(
    (30, 0, 6), (20, 2, 3), *((50, *at) for at in ((1, 4), (1, 5), (1, 6), (2, 4))),
    *((50, row, column) for row in range(3, 7) for column in (3, 4)),
)  # fmt: skip
PATCH_B = curve(
    *((40, *at) for at in ((1, 1), (2, 0), (2, 2), (3, 0))), (20, 3, 1),
    *((50, *at) for at in ((4, 1), (5, 2), (6, 3))), (25, 6, 0), (25, 6, 1),
)  # fmt: skip

CONVOLUTIONS = [
    (X4, KERNEL, {}, [[15, 16], [6, 15]]),
    (X4, KERNEL, {"padding": 1}, [[7, 12, 10, 2], [4, 15, 16, 10], [10, 6, 15, 6], [8, 10, 4, 3]]),
    (X4, KERNEL, {"padding": "same", "strides": 2}, [[15, 10], [10, 3]]),
    (X4, KERNEL, {"padding": 1, "strides": 2}, [[7, 10], [10, 15]]),
    (X7, KERNEL, {"strides": 2}, [[15, 17, 15], [17, 15, 17], [15, 17, 15]]),
    (X7, KERNEL, {"dilation_rate": 2}, [[13, 14, 23], [4, 13, 14], [23, 4, 13]]),
    (
        BINARY,
        CROSS,
        {"padding": 1},
        [[2, 2, 3, 1, 1], [1, 4, 3, 4, 1], [1, 2, 4, 3, 3], [1, 2, 3, 4, 1], [0, 2, 2, 1, 1]],
    ),
    (BINARY, CROSS, {}, [[4, 3, 4], [2, 4, 3], [2, 3, 4]]),
    (PATCH_A, CURVE, {}, [[6600]]),
    (PATCH_B, CURVE, {}, [[0]]),
    (COLUMNS, VERTICAL, {}, [[0, 3, 3, 0]] * 3),
    (COLUMNS, HORIZONTAL, {}, [[0, 0, 0, 0]] * 3),
    (ROWS, HORIZONTAL, {}, [[0] * 4, [3] * 4, [3] * 4]),
    (ROWS, VERTICAL, {}, [[0] * 4] * 3),
]


def image(pixels, dtype):
    return np.array(pixels, dtype)[None, :, :, None]


def filters(weights, dtype):
    return np.array(weights, dtype)[:, :, None, None]


@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col"])
@pytest.mark.parametrize(("pixels", "weights", "options", "expected"), CONVOLUTIONS)
def test_convolution(pixels, weights, options, expected, algorithm, dtype, device):
    x, kernel = image(pixels, dtype), filters(weights, dtype)
    y = device.host(ops.conv2d(device(x), device(kernel), algorithm=algorithm, **options))
    assert_same(y, image(expected, dtype))


def test_convolution_with_bias(dtype, device):
    x, kernel, bias = image(X4, dtype), filters(KERNEL, dtype), np.array([3], dtype)
    y = device.host(ops.conv2d(device(x), device(kernel), device(bias)))
    assert_same(y, image([[18, 19], [9, 18]], dtype))


@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col"])
def test_gradients_of_a_convolution(algorithm, dtype, device):
    x, kernel, dy = image(X4, dtype), filters(KERNEL, dtype), image([[1, 2], [3, 4]], dtype)
    dx, dkernel, dbias = device.host(
        ops.conv2d_backward(device(dy), device(x), device(kernel), algorithm=algorithm)
    )
    assert_same(dx, image([[2, 4, 1, 2], [6, 9, 7, 8], [1, 5, 12, 12], [3, 4, 6, 8]], dtype))
    assert_same(dkernel, filters([[9, 19, 21], [11, 9, 19], [21, 11, 9]], dtype))
    assert_same(dbias, np.array([10], dtype))
    y = device.host(ops.conv2d(device(x), device(kernel)))
    assert (y * dy).sum() == (x * dx).sum() == (kernel * dkernel).sum() == 125


def test_transposed_convolution_is_the_gradient(dtype, device):
    dy, kernel = image([[1, 2], [3, 4]], dtype), filters(KERNEL, dtype)
    x = np.zeros((1, 5, 5, 1), dtype)
    dx, _, _ = ops.conv2d_backward(device(dy), device(x), device(kernel), strides=2, needs=("x",))
    expected = [
        [2, 0, 5, 0, 2],
        [0, 1, 2, 2, 4],
        [7, 0, 15, 0, 8],
        [0, 3, 6, 4, 8],
        [3, 0, 10, 0, 8],
    ]
    assert_same(device.host(dx), image(expected, dtype))


M = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("pixels", "pool_size", "options", "expected"),
    [
        (M, 2, {}, [[6, 8], [3, 4]]),
        (M, 3, {"strides": 1}, [[7, 8], [7, 8]]),
        (M, 3, {"strides": 2, "padding": "same"}, [[7, 8], [3, 4]]),
        ([[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]], 2, {}, [[2, 3], [4, 2]]),
    ],
)
def test_max_pooling(pixels, pool_size, options, expected, dtype, device):
    y = ops.max_pool2d(device(image(pixels, dtype)), pool_size, **options)
    assert_same(device.host(y), image(expected, dtype))


@pytest.mark.parametrize(
    ("op", "pool_size", "options", "expected"),
    [
        (ops.min_pool2d, 2, {}, [[1, 2], [1, 0]]),
        (ops.avg_pool2d, 2, {}, [[3.25, 5.25], [2, 2]]),
        (ops.avg_pool2d, 3, {"strides": 2, "padding": "same"}, [[28 / 9, 11 / 3], [2, 2]]),
        (
            ops.avg_pool2d,
            3,
            {"strides": 2, "padding": "same", "count_include_pad": True},
            [[28 / 9, 22 / 9], [4 / 3, 8 / 9]],
        ),
    ],
)
def test_min_and_average_pooling(op, pool_size, options, expected, dtype, device):
    assert_same(
        device.host(op(device(image(M, dtype)), pool_size, **options)), image(expected, dtype)
    )


def test_max_pooling_positions(dtype, device):
    y, argmax = device.host(ops.max_pool2d_with_argmax(device(image(M, dtype))))
    rows, columns = np.divmod(argmax[0, :, :, 0].astype(int), 2)
    flat = (2 * np.arange(2)[:, None] + rows) * 4 + 2 * np.arange(2) + columns
    assert flat.tolist() == [[5, 7], [8, 15]]
    assert_same(np.array(M, dtype).reshape(-1)[flat], y[0, :, :, 0])


BLUR = (np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16).tolist()
SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
STEP = [[0, 0, 0, 16, 16]] * 3
SPOT = [[0, 0, 0, 0, 0], [0, 0, 16, 0, 0], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("pixels", "weights", "expected"),
    [
        (SPOT, [[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[0, 16, 0]]),
        (SPOT, [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], [[-16, 128, -16]]),
        (SPOT, BLUR, [[2, 4, 2]]),
        (SPOT, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], [[-16, 80, -16]]),
        (SPOT, [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], [[16, 16, -16]]),
        (STEP, SOBEL, [[0, -64, -64]]),
        (STEP, (-np.array(SOBEL)).tolist(), [[0, 64, 64]]),
        (STEP, np.transpose(SOBEL).tolist(), [[0, 0, 0]]),
    ],
)
def test_image_kernels(pixels, weights, expected, dtype, device):
    y = ops.conv2d(device(image(pixels, dtype)), device(filters(weights, dtype)))
    assert_same(device.host(y), image(expected, dtype))


def test_softmax(dtype, device):
    logits = np.array([[0.3, 2.9, 4.0]], dtype)
    _, probabilities = ops.softmax_cross_entropy(device(logits), device(np.array([0])))
    expected = [[0.0182112733, 0.2451918129, 0.7365969138]]
    np.testing.assert_allclose(device.host(probabilities), expected, **tolerances.printed(dtype))


def test_softmax_of_large_logits_is_finite(dtype, device):
    logits = np.array([[1010, 1000, 990]], dtype)
    loss, probabilities = ops.softmax_cross_entropy(device(logits), device(np.array([1])))
    assert np.isfinite(device.host(loss)).all()
    np.testing.assert_allclose(device.host(probabilities).sum(), 1.0, **tolerances.printed(dtype))


def test_cross_entropy(dtype, device):
    logits, labels = np.array([[1, 2, 3], [1, 2, 3]], dtype), np.array([2, 0])
    loss, probabilities = ops.softmax_cross_entropy(device(logits), device(labels))
    mean = device.host(loss).mean()
    np.testing.assert_allclose(mean, 1.4076059644, **tolerances.printed(dtype))
    half = np.full(2, 0.5, dtype)
    dlogits = ops.softmax_cross_entropy_backward(device(half), probabilities, device(labels))
    expected = [
        [0.0450152866, 0.1223642355, -0.1673795221],
        [-0.4549847134, 0.1223642355, 0.3326204779],
    ]
    np.testing.assert_allclose(device.host(dlogits), expected, **tolerances.printed(dtype))
    by_targets = ops.softmax_cross_entropy(device(logits), device(np.eye(3, dtype=dtype)[labels]))
    np.testing.assert_allclose(
        device.host(by_targets[0]), device.host(loss), **tolerances.printed(dtype)
    )


def test_relu_of_the_table(dtype, device):
    y = ops.relu(device(np.array([-2, -1, 0, 1, 2], dtype)))
    assert_same(device.host(y), np.array([0, 0, 0, 1, 2], dtype))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("sigmoid", [0.1192029220, 0.2689414214, 0.5, 0.7310585786, 0.8807970780]),
        ("tanh", [-0.9640275801, -0.7615941560, 0.0, 0.7615941560, 0.9640275801]),
    ],
)
def test_activations_of_the_table(activation, expected, dtype, device):
    x = np.array([[-2], [-1], [0], [1], [2]], dtype)
    y = ops.dense(device(x), device(np.ones((1, 1), dtype)), activation=activation)
    np.testing.assert_allclose(device.host(y)[:, 0], expected, **tolerances.printed(dtype))


def test_dense_on_flattened_images(device):
    x = np.ones((3, 8, 8, 10), np.float32).reshape(3, -1)
    kernel, bias = np.ones((640, 10), np.float32), np.full(10, 2, np.float32)
    y = ops.dense(device(x), device(kernel), device(bias))
    assert_same(device.host(y), np.full((3, 10), 642, np.float32))
