# SPDX-License-Identifier: BSD-3-Clause
"""Ops on 16-bit arrays of a GPU: float32's result rounded once, weights float32, errors by name."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv import backend, ops
from pyconv.backend.precision import IN_16_BITS, WIDENED

HAS_BFLOAT16 = importlib.util.find_spec("ml_dtypes") is not None
KINDS = (
    "float16",
    pytest.param(
        "bfloat16", marks=pytest.mark.skipif(not HAS_BFLOAT16, reason="no ml_dtypes: no bfloat16")
    ),
)
IMAGE = (2, 6, 5, 8)
ACTIVATIONS = (
    *("relu", "relu6", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "swish"),
    *("hard_sigmoid", "hard_swish", "softplus"),
)
POOL = {"pool_size": 3, "strides": 2, "padding": "same"}


class Arrays:
    """Arrays of random numbers on a device, in one type; those of weights in float32."""

    def __init__(self, cupy: Any, half: Any, dtype: Any) -> None:
        self.cupy, self.half, self.dtype = cupy, half, dtype
        self.rng = np.random.default_rng(4)

    def drawn(self, *shape: int) -> Any:
        """Return numbers that both types hold."""
        seen = self.rng.normal(0, 2, shape).astype(self.half)
        return self.cupy.asarray(seen.astype(self.dtype))

    def weight(self, *shape: int) -> Any:
        return self.cupy.asarray(self.rng.normal(1, 0.3, shape).astype(np.float32))


def activation(name: str) -> Callable[[Arrays], Any]:
    def run(draw: Arrays) -> Any:
        x, dy = draw.drawn(3, 11), draw.drawn(3, 11)
        y = getattr(ops, name)(x)
        # By the y, or x, that both types hold.
        return y, getattr(ops, f"{name}_backward")(dy, x)

    return run


def pooled(draw: Arrays) -> Any:
    x = draw.drawn(*IMAGE)
    y, argmax = ops.max_pool2d_with_argmax(x, **POOL)
    dx = ops.max_pool2d_backward(draw.drawn(*y.shape), argmax, IMAGE, **POOL)
    z, argmin = ops.min_pool2d_with_argmin(x, **POOL)
    dz = ops.min_pool2d_backward(draw.drawn(*z.shape), argmin, IMAGE, **POOL)
    mean = ops.avg_pool2d(x, **POOL)
    return y, dx, z, dz, mean, ops.avg_pool2d_backward(draw.drawn(*y.shape), IMAGE, **POOL)


def pooled_globally(draw: Arrays) -> Any:
    x, dy = draw.drawn(*IMAGE), draw.drawn(2, 8)
    y, argmax = ops.global_max_pool2d_with_argmax(x)
    dx = ops.global_max_pool2d_backward(dy, argmax, IMAGE)
    return y, dx, ops.global_avg_pool2d(x), ops.global_avg_pool2d_backward(dy, IMAGE)


def batch_normed(draw: Arrays) -> Any:
    x, dy, gamma, beta = draw.drawn(*IMAGE), draw.drawn(*IMAGE), draw.weight(8), draw.weight(8)
    y, mean, variance = ops.batch_norm(x, gamma, beta, None, None, training=True)
    gradients = ops.batch_norm_backward(dy, x, gamma, mean, variance, training=True)
    fixed = ops.batch_norm(x, gamma, beta, mean, variance)
    return y, mean, variance, *gradients, fixed


def layer_normed(draw: Arrays) -> Any:
    x, dy, gamma, beta = draw.drawn(6, 9), draw.drawn(6, 9), draw.weight(9), draw.weight(9)
    mean, variance = draw.weight(6), draw.weight(6)
    y = ops.layer_norm(x, gamma, beta)
    return y, *ops.layer_norm_backward(dy, x, gamma, mean, variance)


def group_normed(draw: Arrays) -> Any:
    x, dy, gamma = draw.drawn(*IMAGE), draw.drawn(*IMAGE), draw.weight(8)
    mean, variance = draw.weight(2, 4), draw.weight(2, 4)
    y = ops.group_norm(x, gamma, None, groups=4)
    return y, *ops.group_norm_backward(dy, x, gamma, mean, variance, groups=4)


def softmaxed(draw: Arrays) -> Any:
    x, dy = draw.drawn(4, 7), draw.drawn(4, 7)
    backward = ops.softmax_backward(dy, x, 0), ops.log_softmax_backward(dy, x)
    return ops.softmax(x, 0), ops.log_softmax(x), *backward


def depthwise(draw: Arrays) -> Any:
    x, kernel, bias = draw.drawn(*IMAGE), draw.drawn(3, 3, 8, 2), draw.drawn(16)
    options = {"strides": 2, "padding": "same"}
    y = ops.depthwise_conv2d(x, kernel, bias, **options)
    dy = draw.drawn(*y.shape)
    return y, *ops.depthwise_conv2d_backward(dy, x, kernel, **options)


def separable(draw: Arrays) -> Any:
    x, kernel = draw.drawn(*IMAGE), draw.drawn(3, 3, 8, 1)
    return ops.depthwise_conv2d(x, kernel, activation="relu")


RUNS: dict[str, Callable[[Arrays], Any]] = {
    **{name: activation(name) for name in ACTIVATIONS},
    "pooling": pooled,
    "global pooling": pooled_globally,
    "batch_norm": batch_normed,
    "layer_norm": layer_normed,
    "group_norm": group_normed,
    "softmax": softmaxed,
    "depthwise_conv2d": depthwise,
    "activated depthwise_conv2d": separable,
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_op_gives_the_float32_result_rounded_once(gpu: Any, kind: str, run: str) -> None:
    import cupy

    half = backend.half_dtype(kind)
    found, wanted = (
        result if isinstance(result := RUNS[run](Arrays(cupy, half, dtype)), tuple) else (result,)
        for dtype in (half, np.dtype(np.float32))
    )
    for got, wide in zip(found, wanted, strict=True):
        assert got.dtype in (half, np.float32)
        exact = wide.get().astype(np.float64)
        error = np.abs(got.get().astype(np.float64) - exact)
        slack = tolerances.norm_gradient(np.float32) * max(1.0, float(np.abs(exact).max()))
        rounds = tolerances.one_rounding(kind, exact) if got.dtype == half else 0
        assert np.all(error <= rounds + slack)
    assert gpu.widenings == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_separable_convolution_rounds_what_lies_between(gpu: Any, kind: str) -> None:
    import cupy

    half = backend.half_dtype(kind)
    draw = Arrays(cupy, half, half)
    x, deep, flat = draw.drawn(*IMAGE), draw.drawn(3, 3, 8, 1), draw.drawn(1, 1, 8, 5)
    bias = draw.drawn(5)
    between = ops.depthwise_conv2d(x, deep)
    y = ops.conv2d(between, flat, bias)
    found = ops.separable_conv2d(x, deep, flat, bias)
    np.testing.assert_array_equal(found.get(), y.get())
    dy = draw.drawn(*y.shape)
    dbetween, dflat, dbias = ops.conv2d_backward(dy, between, flat)
    dx, ddeep, _ = ops.depthwise_conv2d_backward(dbetween, x, deep, needs=("x", "kernel"))
    gradients = ops.separable_conv2d_backward(dy, x, deep, flat)
    assert [g.dtype for g in gradients] == [half, *[np.dtype(np.float32)] * 3]
    for got, one in zip(gradients, (dx, ddeep, dflat, dbias), strict=True):
        np.testing.assert_array_equal(got.get(), one.get())


def test_every_op_takes_16_bits_or_is_listed_as_widened() -> None:
    ends = ("_backward", "_step", "_with_argmax", "_with_argmin")
    names = {name for name in vars(ops) if callable(getattr(ops, name)) and name[0] != "_"}
    stems = {name for name in names if not name.endswith(ends)} - {"set_conv_algorithm"}
    assert stems == IN_16_BITS | WIDENED
    assert not IN_16_BITS & WIDENED


@pytest.mark.parametrize("name", sorted(IN_16_BITS | WIDENED))
def test_float16_on_the_cpu_is_a_type_error_that_names_the_argument(name: str) -> None:
    sizes = {"dense": (2, 2), "gemm": (2, 2)}.get(name, (1, 4, 4, 2))
    half = np.ones(sizes, np.float16)
    others = {
        **dict.fromkeys(("conv2d", "conv2d_transpose", "depthwise_conv2d"), (half,)),
        **dict.fromkeys(("dense", "gemm", "sigmoid_cross_entropy"), (half,)),
        **dict.fromkeys(("layer_norm", "group_norm", "separable_conv2d"), (half, half)),
        "batch_norm": (half,) * 4,
        "softmax_cross_entropy": (np.zeros(1, np.int64),),
        "affine_sample": (half,),
        "im2col": (2,),
        "col2im": ((1, 4, 4, 2), 2),
        "resize": ((2, 2),),
    }.get(name, ())
    options = {"dropout": {"rate": 0.5, "seed": 1}}.get(name, {})
    with pytest.raises(TypeError, match=rf"{name}: \w+\.dtype=float16; must be float32 or float64"):
        getattr(ops, name)(half, *others, **options)


def test_an_op_without_kernels_of_16_bits_refuses_them_on_a_gpu_too(gpu: Any) -> None:
    import cupy

    x = cupy.asarray(np.ones((1, 4, 4, 2), np.float16))
    with pytest.raises(TypeError, match=r"resize: x.dtype=float16; must be float32 or float64"):
        ops.resize(x, (2, 2))
    with pytest.raises(TypeError, match=r"dropout: x.dtype=float16; must be float32 or float64"):
        ops.dropout(x, 0.5, seed=1)


def test_types_that_do_not_go_together_are_named(gpu: Any) -> None:
    import cupy

    half, single = (cupy.asarray(np.ones(IMAGE, t)) for t in (np.float16, np.float32))
    scale = cupy.asarray(np.ones(8, np.float16))
    kernel = cupy.asarray(np.ones((3, 3, 8, 1), np.float32))
    for call, text in (
        (
            lambda: ops.relu_backward(half, single),
            r"relu_backward: y.dtype=float32; must be float16",
        ),
        (
            lambda: ops.relu_backward(single, half),
            r"y.dtype=float16; must be float32 like the other",
        ),
        (
            lambda: ops.layer_norm(half, scale, None),
            r"layer_norm: gamma.dtype=float16; must be float32 beside arrays of 16 bits",
        ),
        (lambda: ops.layer_norm(single, scale, None), r"gamma.dtype=float16; must be float32 like"),
        (
            lambda: ops.batch_norm(half, None, None, scale, scale),
            r"batch_norm: moving_mean.dtype=float16; must be float32 beside",
        ),
        (
            lambda: ops.depthwise_conv2d(half, kernel),
            r"depthwise_conv2d: kernel.dtype=float32; must be float16 like the other arrays",
        ),
        (
            lambda: ops.batch_norm(half, np.ones(8, np.float32), None, None, None, training=True),
            r"batch_norm: gamma is a numpy array; the other arrays are cupy's",
        ),
    ):
        with pytest.raises(TypeError, match=text):
            call()


def test_shapes_are_checked_as_those_of_float32(gpu: Any) -> None:
    import cupy

    half = cupy.asarray(np.ones(IMAGE, np.float16))
    wide = cupy.asarray(np.ones(7, np.float32))
    small = cupy.asarray(np.ones((3, 3, 7, 1), np.float16))
    for call, text in (
        (
            lambda: ops.layer_norm(half, wide, None),
            r"layer_norm: gamma.shape=\(7,\); must be \(8,\)",
        ),
        (
            lambda: ops.depthwise_conv2d(half, small),
            r"depthwise_conv2d: kernel.shape=\(3, 3, 7, 1\)",
        ),
        (lambda: ops.avg_pool2d_backward(half, IMAGE), r"avg_pool2d_backward: dy.shape="),
        (lambda: ops.tanh_backward(half, half[:1]), r"tanh_backward: y.shape=\(1, 6, 5, 8\)"),
        (lambda: ops.softmax(half, 4), r"softmax: axis=4; must be < 4"),
    ):
        with pytest.raises(ValueError, match=text):
            call()


@pytest.mark.parametrize("kind", KINDS)
def test_empty_batches_give_empty_results_and_gradients_of_zero(gpu: Any, kind: str) -> None:
    import cupy

    half = backend.half_dtype(kind)
    x = cupy.asarray(np.ones((0, 4, 4, 8), np.float32).astype(half))
    kernel = cupy.asarray(np.ones((3, 3, 8, 1), np.float32).astype(half))
    assert ops.max_pool2d(x).shape == (0, 2, 2, 8)
    assert ops.relu(x).shape == x.shape
    y = ops.depthwise_conv2d(x, kernel)
    assert y.shape == (0, 2, 2, 8)
    _, dkernel, dbias = ops.depthwise_conv2d_backward(y, x, kernel)
    statistics = [cupy.asarray(np.ones((0, 2), np.float32)) for _ in range(2)]
    _, dgamma, dbeta = ops.group_norm_backward(x, x, None, *statistics, groups=2)
    for gradient in (dkernel, dbias, dgamma, dbeta):
        assert gradient.dtype == np.float32
        assert (gradient.get() == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_sums_of_two_arrays_take_the_kernel_where_they_are_alike(gpu: Any, kind: str) -> None:
    import cupy

    half = backend.half_dtype(kind)
    draw = Arrays(cupy, half, half)
    a, b, row = draw.drawn(3, 40), draw.drawn(40, 3), draw.drawn(40)
    backend.precision.in_use = True
    try:
        for one, other, kernels in ((a, b.T, 1), (a, row, 0), (a, a.astype(np.float32), 0)):
            gpu.calls.clear()
            found = backend.added(one, other)
            exact = one.get().astype(np.float32) + other.get().astype(np.float32)
            np.testing.assert_array_equal(found.get(), exact.astype(found.dtype))
            assert gpu.calls["add"] == kernels
    finally:
        backend.precision.in_use = False
