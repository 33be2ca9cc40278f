# SPDX-License-Identifier: BSD-3-Clause
"""One ordinary call of every op, by argument name, for tests that vary the arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from arrays import generator, integers

from pyconv import ops

# Arguments that hold whole numbers, and those that may be None.
INTEGER_ARGUMENTS = {"argmax", "argmin", "labels"}
OPTIONAL_ARGUMENTS = {"beta", "bias", "gamma", "y"}
# The gradients of some come from y.
ACTIVATIONS = (
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_swish",
    "leaky_relu",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
)
KEEP_Y = ("relu", "relu6", "sigmoid", "tanh", "softmax", "log_softmax")
# Ops that take arrays of any shape, scalars too.
ELEMENTWISE = {"dropout", "sigmoid_cross_entropy", *ACTIVATIONS} - {"softmax", "log_softmax"}


def op_calls(dtype: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return {op: (arrays by argument name, options)}."""
    x, kernel = integers((2, 6, 5, 4), dtype, 0), integers((3, 2, 4, 6), dtype, 1)
    y, bias = integers((2, 4, 4, 6), dtype, 2), integers((6,), dtype, 3)
    a, b, c = (integers(shape, dtype, 4) for shape in ((3, 5), (5, 4), (3, 4)))
    pooled = integers((2, 3, 2, 4), dtype, 5)
    argmax = generator("argmax").integers(0, 4, pooled.shape).astype(np.uint8)
    labels = np.array([0, 3, 2])
    maps = (integers((2, 2, 3), dtype, 8, largest=2) / 2).astype(dtype)
    relu = {"activation": "relu"}
    spread, apart = integers((3, 2, 6, 4), dtype, 1), integers((3, 2, 4, 2), dtype, 1)
    large, twice = integers((2, 8, 6, 6), dtype, 2), integers((2, 4, 4, 8), dtype, 2)
    mixing = integers((1, 1, 8, 6), dtype, 1)
    return {
        "conv2d": ({"x": x, "kernel": kernel, "bias": bias}, {}),
        "conv2d_backward": ({"dy": y, "x": x, "kernel": kernel, "y": y}, relu),
        "conv2d_transpose": ({"x": x, "kernel": spread, "bias": bias}, {}),
        "conv2d_transpose_backward": ({"dy": large, "x": x, "kernel": spread, "y": large}, relu),
        "depthwise_conv2d": ({"x": x, "kernel": apart, "bias": integers((8,), dtype, 9)}, {}),
        "depthwise_conv2d_backward": ({"dy": twice, "x": x, "kernel": apart, "y": twice}, relu),
        "separable_conv2d": (
            {"x": x, "depthwise_kernel": apart, "pointwise_kernel": mixing, "bias": bias},
            {},
        ),
        "separable_conv2d_backward": (
            {"dy": y, "x": x, "depthwise_kernel": apart, "pointwise_kernel": mixing, "y": y},
            relu,
        ),
        "im2col": ({"x": x}, {"kernel_size": (3, 2)}),
        "col2im": (
            {"col": integers((32, 24), dtype, 6)},
            {"input_shape": x.shape, "kernel_size": (3, 2)},
        ),
        "max_pool2d": ({"x": x}, {}),
        "max_pool2d_with_argmax": ({"x": x}, {}),
        "max_pool2d_backward": ({"dy": pooled, "argmax": argmax}, {"input_shape": x.shape}),
        "min_pool2d": ({"x": x}, {}),
        "min_pool2d_with_argmin": ({"x": x}, {}),
        "min_pool2d_backward": ({"dy": pooled, "argmin": argmax}, {"input_shape": x.shape}),
        "avg_pool2d": ({"x": x}, {}),
        "avg_pool2d_backward": ({"dy": pooled}, {"input_shape": x.shape}),
        "global_avg_pool2d": ({"x": x}, {}),
        "global_avg_pool2d_backward": ({"dy": pooled[:, 0, 0].copy()}, {"input_shape": x.shape}),
        "global_max_pool2d": ({"x": x}, {}),
        "global_max_pool2d_with_argmax": ({"x": x}, {}),
        "global_max_pool2d_backward": (
            {"dy": pooled[:, 0, 0].copy(), "argmax": argmax[:, 0, 0].copy()},
            {"input_shape": x.shape},
        ),
        "resize": ({"x": x}, {"size": (9, 4)}),
        "resize_backward": ({"dy": pooled}, {"input_shape": x.shape}),
        "affine_sample": ({"x": x, "matrices": maps}, {}),
        "affine_sample_backward": ({"dy": x, "matrices": maps}, {"fill_mode": "reflect"}),
        "gemm": ({"a": a, "b": b}, {}),
        "dropout": ({"x": x}, {"rate": 0.5, "seed": 3}),
        "dropout_backward": ({"dy": x}, {"rate": 0.5, "seed": 3}),
        "dense": ({"x": a, "kernel": b, "bias": integers((4,), dtype, 7)}, {}),
        "dense_backward": ({"dy": c, "x": a, "kernel": b, "y": c}, relu),
        **_activation_calls(x),
        **_norm_calls(x),
        "sigmoid_cross_entropy": ({"logits": x, "targets": x[::-1].copy()}, {}),
        "sigmoid_cross_entropy_backward": (
            {"dloss": x, "logits": x + 1, "targets": x[::-1].copy()},
            {},
        ),
        "softmax_cross_entropy": ({"logits": c, "labels": labels}, {}),
        "softmax_cross_entropy_backward": (
            {"dloss": c[:, 0].copy(), "probabilities": np.abs(c), "labels": labels},
            {},
        ),
    }


def _norm_calls(x: Any) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    c = x.shape[-1:]
    gamma, beta, mean = (integers(c, x.dtype, i) for i in range(9, 12))
    variance = np.abs(integers(c, x.dtype, 12))
    scale = {"x": x, "gamma": gamma, "beta": beta}
    return {
        "batch_norm": ({**scale, "moving_mean": mean, "moving_variance": variance}, {}),
        "batch_norm_backward": (
            {"dy": x[::-1].copy(), "x": x, "gamma": gamma, "mean": mean, "variance": variance},
            {"training": True},
        ),
        "layer_norm": (scale, {}),
        "layer_norm_backward": (
            {
                "dy": x[::-1].copy(),
                "x": x,
                "gamma": gamma,
                "mean": x[..., 0].copy(),
                "variance": np.abs(x[..., 1]),
            },
            {},
        ),
        "group_norm": (scale, {"groups": 2}),
        "group_norm_backward": (
            {
                "dy": x[::-1].copy(),
                "x": x,
                "gamma": gamma,
                "mean": x[:, 0, 0, :2].copy(),
                "variance": np.abs(x[:, 0, 1, :2]),
            },
            {"groups": 2},
        ),
        "local_response_norm": ({"x": x}, {}),
        "local_response_norm_backward": ({"dy": x[::-1].copy(), "x": x}, {}),
    }


def _activation_calls(x: Any) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    calls: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for op in ACTIVATIONS:
        kept = "y" if op in KEEP_Y else "x"
        calls[op] = ({"x": x}, {})
        calls[f"{op}_backward"] = ({"dy": x, kept: x[::-1].copy()}, {})
    return calls


def run(op: str, arrays: dict[str, Any], options: dict[str, Any]) -> Any:
    """Call an op by its argument names."""
    return getattr(ops, op)(**arrays, **options)


def every_argument() -> list[tuple[str, str]]:
    """Return (op, argument) for each array argument of each op."""
    calls = op_calls("float32")
    return [(op, argument) for op, (arrays, _) in calls.items() for argument in arrays]
