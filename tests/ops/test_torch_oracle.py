# SPDX-License-Identifier: BSD-3-Clause
"""PyTorch as second oracle: every op and its gradients, on random data within the bounds."""

import numpy as np
import pytest
import tolerances
from arrays import generator, normal
from compare import assert_same, assert_within
from conv_cases import conv_case

from pyconv import ops, reference
from pyconv.geometry import Window

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytestmark = pytest.mark.oracle
functional = torch.nn.functional


def tensor(array):
    """Return a tensor that records gradients."""
    return torch.tensor(array, requires_grad=True)


def images(array, data_format):
    """Return (n, c, h, w), PyTorch's layout."""
    return array if data_format == "channels_first" else np.moveaxis(array, -1, 1)


def back(tensor, data_format):
    """Return a tensor (n, c, h, w) as an array in a data format."""
    array = tensor.detach().numpy()
    return array if data_format == "channels_first" else np.moveaxis(array, 1, -1)


@pytest.mark.parametrize("seed", range(1000, 1060))
def test_conv2d_and_gradients(seed):
    case = conv_case(seed)
    layout = case.options["data_format"]
    shapes = (case.x_shape, case.kernel_shape, case.kernel_shape[3:], case.output_shape)
    x, kernel, bias, dy = (normal(shape, case.dtype, seed, i) for i, shape in enumerate(shapes))
    window = Window.conv("conv2d", x.shape, kernel.shape, **case.options)
    tx, tk, tb = tensor(images(x, layout)), tensor(kernel.transpose(3, 2, 0, 1)), tensor(bias)
    padded = functional.pad(tx, (window.left, window.right, window.top, window.bottom))
    ty = functional.conv2d(
        padded,
        tk,
        tb,
        stride=(window.sh, window.sw),
        dilation=(window.dil_h, window.dil_w),
        groups=window.groups,
    )
    ty.backward(torch.tensor(images(dy, layout).copy()))
    y = ops.conv2d(x, kernel, bias, **case.options)
    gradients = ops.conv2d_backward(dy, x, kernel, **case.options)
    theirs = (
        back(ty, layout),
        back(tx.grad, layout),
        tk.grad.numpy().transpose(2, 3, 1, 0),
        tb.grad.numpy(),
    )
    x, kernel, bias, dy = (np.abs(array) for array in (x, kernel, bias, dy))
    sizes = (
        reference.conv2d(x, kernel, bias, **case.options),
        *reference.conv2d_backward(dy, x, kernel, **case.options),
    )
    assert_both_within(zip((y, *gradients), theirs, sizes, strict=True), case.dtype)


def assert_both_within(rows, dtype):
    """Demand that ours and theirs, each allowed its bound, differ by no more than both."""
    for ours, theirs, size in rows:
        assert_within(ours, theirs, 2 * tolerances.sum_of_products(dtype) * size)


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(
    ("pool_size", "strides", "padding"),
    [(2, 2, 0), (3, 2, 1), (3, 1, 1), ((3, 2), (2, 3), (1, 0)), (5, 3, 2), (1, 2, 0), (4, 4, 2)],
)
def test_max_pool2d_and_gradient(pool_size, strides, padding, ceil_mode, dtype, data_format):
    x = normal((2, 13, 11, 9), dtype, 0)
    x = np.round(x)  # many ties: both take the first
    if data_format == "channels_first":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    tx = tensor(np.ascontiguousarray(images(x, data_format)))
    ty = functional.max_pool2d(tx, pool_size, strides, padding, ceil_mode=ceil_mode)
    options = {
        "strides": strides, "padding": padding, "data_format": data_format, "ceil_mode": ceil_mode,
    }  # fmt: skip
    y, argmax = ops.max_pool2d_with_argmax(x, pool_size, **options)
    assert_same(y, back(ty, data_format))
    dy = np.round(4 * normal(y.shape, dtype, 1))
    ty.backward(torch.tensor(np.ascontiguousarray(images(dy, data_format))))
    dx = ops.max_pool2d_backward(dy, argmax, x.shape, pool_size=pool_size, **options)
    assert_same(dx, back(tx.grad, data_format))


@pytest.mark.parametrize("count_include_pad", [False, True])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(
    ("pool_size", "strides", "padding"),
    [(2, 2, 0), (3, 2, 1), (3, 1, 1), ((3, 2), (2, 3), (1, 0)), (5, 3, 2), (4, 4, 2)],
)
def test_avg_pool2d_and_gradient(
    pool_size, strides, padding, ceil_mode, count_include_pad, dtype, data_format
):
    shape = (2, 13, 11, 9) if data_format == "channels_last" else (2, 9, 13, 11)
    x = normal(shape, dtype, 0)
    tx = tensor(np.ascontiguousarray(images(x, data_format)))
    ty = functional.avg_pool2d(tx, pool_size, strides, padding, ceil_mode, count_include_pad)
    options = {
        "pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format,
        "ceil_mode": ceil_mode, "count_include_pad": count_include_pad,
    }  # fmt: skip
    y = ops.avg_pool2d(x, **options)
    dy = normal(y.shape, dtype, 1)
    ty.backward(torch.tensor(np.ascontiguousarray(images(dy, data_format))))
    dx = ops.avg_pool2d_backward(dy, x.shape, **options)
    rows = (
        (y, back(ty, data_format), ops.avg_pool2d(np.abs(x), **options)),
        (
            dx,
            back(tx.grad, data_format),
            ops.avg_pool2d_backward(np.abs(dy), x.shape, **options),
        ),
    )
    for ours, theirs, size in rows:
        assert_within(ours, theirs, 2 * tolerances.average(dtype) * size)


def test_min_pool2d_is_minus_max_pool2d_of_minus_x(dtype):
    x = np.round(normal((2, 9, 13, 11), dtype, 0))
    tx = tensor(x)
    ty = -functional.max_pool2d(-tx, 3, 2, 1)
    options = {"strides": 2, "padding": 1, "data_format": "channels_first"}
    y, argmin = ops.min_pool2d_with_argmin(x, 3, **options)
    assert_same(y, ty.detach().numpy())
    dy = np.round(4 * normal(y.shape, dtype, 1))
    ty.backward(torch.tensor(dy))
    dx = ops.min_pool2d_backward(dy, argmin, x.shape, pool_size=3, **options)
    assert_same(dx, tx.grad.numpy())


@pytest.mark.parametrize("data_format", ["channels_first"])
@pytest.mark.parametrize(
    ("kernel_size", "strides", "padding", "dilation_rate"),
    [(3, 1, 0, 1), ((2, 3), (2, 1), (1, 0), 1), (3, 2, 2, (2, 1)), (1, 1, 0, 1)],
)
def test_im2col_is_unfold(kernel_size, strides, padding, dilation_rate, data_format, dtype):
    x = np.round(4 * normal((2, 5, 9, 8), dtype, 0))
    tx = torch.tensor(x)
    unfolded = functional.unfold(tx, kernel_size, dilation_rate, padding, strides)  # (n, ckk, l)
    options = {
        "strides": strides, "padding": padding, "dilation_rate": dilation_rate,
        "data_format": data_format,
    }  # fmt: skip
    col = ops.im2col(x, kernel_size, **options)
    rows = unfolded.shape[1]
    assert_same(col, unfolded.permute(0, 2, 1).reshape(-1, rows).numpy())
    folded = functional.fold(unfolded, x.shape[2:], kernel_size, dilation_rate, padding, strides)
    assert_same(ops.col2im(col, x.shape, kernel_size, **options), folded.numpy())


@pytest.mark.parametrize(("transpose_a", "transpose_b"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_gemm(transpose_a, transpose_b, dtype):
    a, b = normal((33, 70), dtype, 0), normal((70, 41), dtype, 1)
    theirs = (torch.tensor(a) @ torch.tensor(b)).numpy()
    ours = ops.gemm(
        np.ascontiguousarray(a.T) if transpose_a else a,
        np.ascontiguousarray(b.T) if transpose_b else b,
        transpose_a=bool(transpose_a),
        transpose_b=bool(transpose_b),
    )
    assert_both_within([(ours, theirs, np.abs(a) @ np.abs(b))], dtype)


@pytest.mark.parametrize("activation", [None, "relu", "relu6", "sigmoid", "tanh"])
def test_dense_and_gradients(activation, dtype):
    shapes = ((7, 50), (50, 33), (33,), (7, 33))
    x, kernel, bias, dy = (normal(shape, dtype, i) for i, shape in enumerate(shapes))
    tx, tk, tb = tensor(x), tensor(kernel), tensor(bias)
    ty = tx @ tk + tb
    if activation == "relu6":
        ty = functional.relu6(ty)
    elif activation:
        ty = getattr(torch, activation)(ty)
    ty.backward(torch.tensor(dy))
    y = ops.dense(x, kernel, bias, activation=activation)
    gradients = ops.dense_backward(
        dy, x, kernel, activation=activation, y=y if activation else None
    )
    x, kernel, bias, dy = (np.abs(array) for array in (x, kernel, bias, dy))
    sum_sizes = reference.dense(x, kernel, bias)
    sizes = (sum_sizes, *reference.dense_backward(dy, x, kernel))
    if activation in ("sigmoid", "tanh"):
        # The slope takes its error from the sum's, which may be as large as the sum's size.
        sizes = (sum_sizes + 1, *(size * (1 + sum_sizes.max()) for size in sizes[1:]))
    theirs = (ty.detach(), tx.grad, tk.grad, tb.grad)
    rows = zip((y, *gradients), (one.numpy() for one in theirs), sizes, strict=True)
    assert_both_within(rows, dtype)


def test_relu_and_gradient(dtype):
    x, dy = normal((1001,), dtype, 0), normal((1001,), dtype, 1)
    tx = tensor(x)
    torch.relu(tx).backward(torch.tensor(dy))
    y = ops.relu(x)
    assert_same(y, torch.relu(tx).detach().numpy())
    assert_same(ops.relu_backward(dy, y), tx.grad.numpy())


@pytest.mark.parametrize("kind", ["labels", "targets"])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_softmax_cross_entropy_and_gradient(kind, label_smoothing, dtype):
    logits, dloss = normal((20, 13), dtype, 0), normal((20,), dtype, 1)
    labels = generator("labels").integers(0, 13, 20)
    if kind == "targets":
        labels = np.exp(normal((20, 13), dtype, 2))
        labels /= labels.sum(axis=1, keepdims=True)
    tx = tensor(logits)
    t_loss = functional.cross_entropy(
        tx, torch.tensor(labels), reduction="none", label_smoothing=label_smoothing
    )
    t_loss.backward(torch.tensor(dloss))
    options = {"label_smoothing": label_smoothing}
    loss, probabilities = ops.softmax_cross_entropy(logits, labels, **options)
    dlogits = ops.softmax_cross_entropy_backward(dloss, probabilities, labels, **options)
    bound = 2 * tolerances.softmax(dtype)
    assert_within(loss, t_loss.detach().numpy(), bound * np.maximum(loss, 1))
    assert_within(probabilities, torch.softmax(tx, 1).detach().numpy(), bound)
    assert_within(dlogits, tx.grad.numpy(), bound * np.abs(dloss)[:, None])


def test_adam_takes_the_same_path(dtype):
    """PyTorch divides by sqrt of the corrected v plus epsilon: with epsilon 0 the same formula."""
    param, grads = normal((500,), dtype, 0), [normal((500,), dtype, i) for i in range(1, 6)]
    theirs = torch.nn.Parameter(torch.tensor(param))
    optimizer = torch.optim.Adam([theirs], lr=0.01, eps=0.0)
    m, v = np.zeros_like(param), np.zeros_like(param)
    ours = param.copy()
    for step, grad in enumerate(grads, 1):
        theirs.grad = torch.tensor(grad)
        optimizer.step()
        ops.adam_step([ours], [grad], [m], [v], learning_rate=0.01, epsilon=0.0, step=step)
    bound = 2 * len(grads) * tolerances.optimizer_step(dtype)
    assert_within(ours, theirs.detach().numpy(), bound * (np.abs(param) + 1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "options", "peer"),
    [
        ("elu", {"alpha": 0.7}, lambda x: functional.elu(x, 0.7)),
        ("gelu", {}, functional.gelu),
        ("gelu", {"approximate": True}, lambda x: functional.gelu(x, approximate="tanh")),
        ("hard_sigmoid", {}, functional.hardsigmoid),
        ("hard_swish", {}, functional.hardswish),
        ("leaky_relu", {}, lambda x: functional.leaky_relu(x, 0.2)),
        ("log_softmax", {"axis": 0}, lambda x: functional.log_softmax(x, 0)),
        ("selu", {}, functional.selu),
        ("softmax", {"axis": 1}, lambda x: functional.softmax(x, 1)),
        ("softplus", {}, functional.softplus),
        ("swish", {}, functional.silu),
    ],
)
def test_activations_and_gradients(name, options, peer, dtype):
    x, dy = normal((7, 50), dtype, name), normal((7, 50), dtype, "dy")
    tx = torch.tensor(x, requires_grad=True)
    ty = peer(tx)
    ty.backward(torch.tensor(dy))
    y = getattr(ops, name)(x, **options)
    kept = y if "softmax" in name else x
    dx = getattr(ops, f"{name}_backward")(dy, kept, **options)
    # PyTorch's 1 / 6 has the digits of float32.
    digits = "float32" if name.startswith("hard") else dtype
    bound = 2 * tolerances.softmax(digits) * max(1.0, np.abs(y).max())
    assert_within(y, ty.detach().numpy(), bound)
    assert_within(dx, tx.grad.numpy(), bound * max(1.0, np.abs(dy).sum(0).max()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_cross_entropy_and_gradient(dtype):
    x, dloss = normal((7, 50), dtype, 0), normal((7, 50), dtype, 1)
    targets = np.abs(normal((7, 50), dtype, 2)) % 1
    tx = torch.tensor(x, requires_grad=True)
    loss = functional.binary_cross_entropy_with_logits(tx, torch.tensor(targets), reduction="none")
    loss.backward(torch.tensor(dloss))
    bound = 2 * tolerances.softmax(dtype) * np.maximum(1.0, np.abs(x))
    assert_within(ops.sigmoid_cross_entropy(x, targets), loss.detach().numpy(), bound)
    dx = ops.sigmoid_cross_entropy_backward(dloss, x, targets)
    assert_within(dx, tx.grad.numpy(), bound * np.maximum(1.0, np.abs(dloss)))
