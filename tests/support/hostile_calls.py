# SPDX-License-Identifier: BSD-3-Clause
"""Calls that must be refused: for each op its bad arguments, the error and what its text names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from hostile_activations import bad_activations, bad_binary_losses, bad_dropouts, bad_losses
from hostile_call import HostileCall, zeros
from hostile_norms import bad_normalization
from hostile_steps import bad_steps
from hostile_values import DATA_FORMAT, INPUT_SHAPES, PADDING, POOLED, POOLINGS, POSITIVE, WINDOWED


def hostile_calls() -> list[HostileCall]:
    """Return every hostile call."""
    return [
        *_bad_options(),
        *_bad_shapes(),
        *_bad_convolutions(),
        *_bad_relatives_of_convolution(),
        *_bad_pooling(),
        *_bad_sampling(),
        *bad_normalization(),
        *_bad_others(),
    ]


def _bad_options() -> Iterator[HostileCall]:
    for function, (arguments, pairs) in WINDOWED.items():
        for name in pairs:
            for value, error, text in POSITIVE:
                yield HostileCall(
                    function, arguments, {name: value}, error, text.replace("@", name)
                )
        for name, rows in (("padding", PADDING), ("data_format", DATA_FORMAT)):
            for value, error, text in rows:
                yield HostileCall(function, arguments, {name: value}, error, text)
    for function in ("im2col", "col2im"):
        arguments = WINDOWED[function][0]
        for value, error, text in POSITIVE:
            yield HostileCall(
                function, (*arguments[:-1], value), {}, error, text.replace("@", "kernel_size")
            )


def _bad_shapes() -> Iterator[HostileCall]:
    for shape, error, text in INPUT_SHAPES:
        yield HostileCall("col2im", (zeros(9, 27), shape, 3), {}, error, text)
        if text[0] in "=[":  # what the caller called it
            text = f"input_shape{text}"
        for function in ("max_pool2d_backward", "min_pool2d_backward"):
            yield HostileCall(function, (*POOLED[:2], shape), {}, error, text)
        yield HostileCall("avg_pool2d_backward", (POOLED[0], shape), {}, error, text)
        if shape == (2**31 - 1,) * 4:
            text = "must have at most 2147483647 pixels"
        yield HostileCall("global_avg_pool2d_backward", (zeros(1, 3), shape), {}, error, text)
        argmax = zeros(1, 3, dtype="uint8")
        arguments = (zeros(1, 3), argmax, shape)
        yield HostileCall("global_max_pool2d_backward", arguments, {}, error, text)
    for rank in (0, 1, 2, 3, 5):
        x = zeros(*[4] * rank)
        for function in POOLINGS:
            yield HostileCall(function, (x,), {}, ValueError, f"x.ndim={rank}; must be 4")
        yield HostileCall("im2col", (x, 3), {}, ValueError, f"x.ndim={rank}; must be 4")
        kernel = zeros(3, 3, 4, 4)
        yield HostileCall("conv2d", (x, kernel), {}, ValueError, f"x.ndim={rank}; must be 4")
        yield HostileCall(
            "conv2d", (zeros(1, 4, 4, 4), x), {}, ValueError, f"kernel.ndim={rank}; must be 4"
        )
    for shape in ((1, 0, 4, 3), (1, 4, 0, 3), (1, 4, 4, 0), (0, 0, 0, 0)):
        for function in POOLINGS:
            yield HostileCall(function, (zeros(*shape),), {}, ValueError, "=0; must be >= 1")
        yield HostileCall("im2col", (zeros(*shape), 1), {}, ValueError, "=0; must be >= 1")
        yield HostileCall(
            "conv2d",
            (zeros(*shape), zeros(1, 1, shape[3], 2)),
            {"padding": 1},
            ValueError,
            "=0; must be >= 1",
        )


def _bad_convolutions() -> Iterator[HostileCall]:
    x, kernel = zeros(1, 4, 4, 6), zeros(3, 3, 6, 4)
    for groups, error, text in (
        (0, ValueError, "groups=0; must be >= 1"),
        (-1, ValueError, "groups=-1; must be >= 1"),
        (4, ValueError, "x.shape=(1, 4, 4, 6) with groups=4 and kernel.shape=(3, 3, 6, 4)"),
        (3, ValueError, "x.shape=(1, 4, 4, 6) with groups=3 and kernel.shape=(3, 3, 6, 4)"),
        (2, ValueError, "x.shape=(1, 4, 4, 6) with groups=2 and kernel.shape=(3, 3, 6, 4)"),
        (2**31, ValueError, "groups=2147483648; must be <="),
        (True, TypeError, "groups=True; must be an int"),
        (1.0, TypeError, "groups=1.0; must be an int"),
        ("1", TypeError, "groups='1'; must be an int"),
        (None, TypeError, "groups=None; must be an int"),
        ((1, 1), TypeError, "groups=(1, 1); must be an int"),
    ):
        yield HostileCall("conv2d", (x, kernel), {"groups": groups}, error, text)
        dy = zeros(1, 2, 2, 4)
        yield HostileCall("conv2d_backward", (dy, x, kernel), {"groups": groups}, error, text)
    for shape, text in (
        ((3, 3, 5, 4), "x.shape=(1, 4, 4, 6) with groups=1 and kernel.shape=(3, 3, 5, 4)"),
        ((0, 3, 6, 4), "kernel.shape[0]=0; must be >= 1"),
        ((3, 0, 6, 4), "kernel.shape[1]=0; must be >= 1"),
        ((3, 3, 0, 4), "kernel.shape[2]=0; must be >= 1"),
        ((3, 3, 6, 0), "kernel.shape[3]=0; must be >= 1"),
        ((5, 3, 6, 4), "kernel.shape[0]=5 spans 5 pixels, the padded input 4: output height=0"),
        ((3, 9, 6, 4), "kernel.shape[1]=9 spans 9 pixels, the padded input 4: output width=-4"),
    ):
        yield HostileCall("conv2d", (x, zeros(*shape)), {}, ValueError, text)
    for options, text in (
        ({"dilation_rate": 2}, "kernel.shape[0]=3 spans 5 pixels, the padded input 4"),
        ({"dilation_rate": 2**31 - 1}, "kernel.shape[0]=3 spans 4294967295 pixels"),
        ({"dilation_rate": 2**31 - 1, "padding": "same"}, "must be <="),
        ({"padding": 2**31 - 1}, "must be <= 1152921504606846975"),
        ({"activation": "softmax"}, "activation='softmax'; must be one of"),
        ({"activation": "Relu"}, "activation='Relu'; must be one of"),
        ({"algorithm": "winograd3"}, "algorithm='winograd3'; must be one of"),
        ({"algorithm": "AUTO"}, "algorithm='AUTO'; must be one of"),
    ):
        yield HostileCall("conv2d", (x, kernel), options, ValueError, text)
    for options, text in (({"activation": 3}, "activation=3"), ({"algorithm": 1}, "algorithm=1")):
        yield HostileCall("conv2d", (x, kernel), options, TypeError, text)
    for shape in ((3,), (5,), (0,), (1,)):
        text = f"bias.shape={shape}; must be (4,)"
        yield HostileCall("conv2d", (x, kernel, zeros(*shape)), {}, ValueError, text)
    for bias in (zeros(1, 4), zeros()):
        text = f"bias.ndim={bias.ndim}; must be 1"
        yield HostileCall("conv2d", (x, kernel, bias), {}, ValueError, text)
    for shape in ((1, 2, 2, 3), (1, 2, 3, 4), (1, 4, 4, 4), (2, 2, 2, 4), (0, 2, 2, 4)):
        text = f"dy.shape={shape}; must be (1, 2, 2, 4)"
        yield HostileCall("conv2d_backward", (zeros(*shape), x, kernel), {}, ValueError, text)
    dy = zeros(1, 2, 2, 4)
    for options, error, text in (
        ({"needs": "x"}, TypeError, "needs='x'"),
        ({"needs": ("y",)}, ValueError, "'y'"),
        ({"activation": "relu"}, TypeError, "y is None"),
        ({"activation": "relu", "y": zeros(1, 2, 2, 5)}, ValueError, "y.shape=(1, 2, 2, 5)"),
    ):
        yield HostileCall("conv2d_backward", (dy, x, kernel), options, error, text)


def _bad_pooling() -> Iterator[HostileCall]:
    x = zeros(1, 4, 4, 3)
    for options, error, text in (
        ({"padding": 2}, ValueError, "padding=2; must be below pool_size=2"),
        ({"padding": (0, 2)}, ValueError, "padding=(0, 2); must be below pool_size=2"),
        ({"padding": ((0, 0), (0, 7))}, ValueError, "must be below pool_size=2"),
        ({"pool_size": 5}, ValueError, "pool_size[0]=5 spans 5 pixels, the padded input 4"),
        ({"pool_size": (1, 5)}, ValueError, "pool_size[1]=5 spans 5 pixels, the padded input 4"),
        ({"pool_size": 65536, "padding": "same"}, ValueError, "pool_size=65536; must have at most"),
        ({"ceil_mode": 1}, TypeError, "ceil_mode=1; must be True or False"),
        ({"ceil_mode": "no"}, TypeError, "ceil_mode='no'; must be True or False"),
        ({"ceil_mode": None}, TypeError, "ceil_mode=None; must be True or False"),
    ):
        for function in POOLINGS:
            if not function.startswith("global"):
                yield HostileCall(function, (x,), options, error, text)
    for name, argument in (("max_pool2d", "argmax"), ("min_pool2d", "argmin")):
        pooled = (*POOLED[:2], x.shape)
        yield from _bad_offsets(f"{name}_backward", argument, pooled)
    pooled = (zeros(1, 3), zeros(1, 3, dtype="uint8"), x.shape)
    yield from _bad_offsets("global_max_pool2d_backward", "argmax", pooled)
    for flag in (1, "yes", None):
        text = f"count_include_pad={flag!r}; must be True or False"
        options = {"count_include_pad": flag}
        yield HostileCall("avg_pool2d", (x,), options, TypeError, text)
        yield HostileCall("avg_pool2d_backward", (POOLED[0], x.shape), options, TypeError, text)
    for bad in ((1, 2, 3, 3), (0, 2, 2, 3), (1, 3, 2, 2)):
        text = f"dy.shape={bad}; must be (1, 2, 2, 3)"
        yield HostileCall("avg_pool2d_backward", (zeros(*bad), x.shape), {}, ValueError, text)
    yield from _bad_global_pooling(x)


def _bad_offsets(function: str, argument: str, good: tuple[Any, ...]) -> Iterator[HostileCall]:
    """Yield calls whose dy or offsets do not fit the geometry; good fit it."""
    dy, offsets, input_shape = good
    for bad in ((2, *dy.shape[1:]), (0, *dy.shape[1:]), (*dy.shape[:-1], 2)):
        text = f"dy.shape={bad}; must be {dy.shape}"
        arguments: tuple[Any, ...] = (zeros(*bad), offsets, input_shape)
        yield HostileCall(function, arguments, {}, ValueError, text)
        text = f"{argument}.shape={bad}; must be {dy.shape}"
        arguments = (dy, zeros(*bad, dtype="uint8"), input_shape)
        yield HostileCall(function, arguments, {}, ValueError, text)
    for dtype in ("int32", "int64", "int8", "bool", "float32"):
        arguments = (dy, offsets.astype(dtype), input_shape)
        text = f"{argument}.dtype={dtype}; must be"
        yield HostileCall(function, arguments, {}, TypeError, text)


def _bad_global_pooling(x: np.ndarray) -> Iterator[HostileCall]:
    average, best = "global_avg_pool2d", "global_max_pool2d"
    gradient = (zeros(1, 3), zeros(1, 3, dtype="uint8"))
    calls: list[tuple[str, tuple[Any, ...]]] = [
        *((function, (x,)) for function in (average, best, f"{best}_with_argmax")),
        (f"{average}_backward", (gradient[0], x.shape)),
        (f"{best}_backward", (*gradient, x.shape)),
    ]
    for function, arguments in calls:
        for value, error, text in DATA_FORMAT:
            yield HostileCall(function, arguments, {"data_format": value}, error, text)
        for flag in (1, "no", None):
            text = f"keepdims={flag!r}; must be True or False"
            yield HostileCall(function, arguments, {"keepdims": flag}, TypeError, text)
    kept = {"keepdims": True}
    for dy in (zeros(1, 3), zeros(3)):
        text = f"dy.ndim={dy.ndim}; must be 4"
        yield HostileCall(f"{average}_backward", (dy, x.shape), kept, ValueError, text)
    for bad in ((1, 4), (2, 3)):
        text = f"dy.shape={bad}; must be (1, 3)"
        yield HostileCall(f"{average}_backward", (zeros(*bad), x.shape), {}, ValueError, text)
    wide = np.broadcast_to(np.float32(0), (1, 2**16, 2**16, 1))
    for function in (average, best):
        text = "x.shape=(1, 65536, 65536, 1); must have at most 2147483647 pixels"
        yield HostileCall(function, (wide,), {}, ValueError, text)


def _bad_sampling() -> Iterator[HostileCall]:
    x, maps = zeros(1, 4, 4, 3), zeros(1, 2, 3)
    calls: dict[str, tuple[Any, ...]] = {
        "resize": (x, 3),
        "resize_backward": (zeros(1, 2, 2, 3), x.shape),
        "affine_sample": (x, maps),
        "affine_sample_backward": (x, maps),
    }
    names = (
        ("bicubic", ValueError, "'bicubic'; must be one of"),
        (None, TypeError, "None; must be a name"),
        (1, TypeError, "1; must be a name"),
    )
    for function, arguments in calls.items():
        options = ("interpolation",) if "resize" in function else ("interpolation", "fill_mode")
        for option in options:
            for value, error, text in names:
                text = f"{option}={text}"
                yield HostileCall(function, arguments, {option: value}, error, text)
        for value, error, text in DATA_FORMAT:
            yield HostileCall(function, arguments, {"data_format": value}, error, text)
        for rank in (0, 1, 2, 3, 5):
            array = zeros(*[4] * rank)
            text = f"ndim={rank}; must be 4"
            yield HostileCall(function, (array, *arguments[1:]), {}, ValueError, text)
        for shape in ((1, 0, 4, 3), (1, 4, 0, 3)):
            bad = (zeros(*shape), *arguments[1:])
            yield HostileCall(function, bad, {}, ValueError, "=0")
    for value, error, text in POSITIVE:
        yield HostileCall("resize", (x, value), {}, error, text.replace("@", "size"))
    for shape, error, text in INPUT_SHAPES:
        text = f"input_shape{text}" if text[0] in "=[" else text
        yield HostileCall("resize_backward", (zeros(1, 2, 2, 3), shape), {}, error, text)
    for bad in ((1, 2, 2, 4), (2, 2, 2, 3), (0, 2, 2, 3)):
        text = f"dy.shape={bad}; must be (1, 2, 2, 3)"
        yield HostileCall("resize_backward", (zeros(*bad), x.shape), {}, ValueError, text)
    for function in ("affine_sample", "affine_sample_backward"):
        for bad in ((1, 3, 2), (2, 2, 3), (0, 2, 3), (1, 2, 4)):
            text = f"matrices.shape={bad}; must be (1, 2, 3)"
            yield HostileCall(function, (x, zeros(*bad)), {}, ValueError, text)
        for rank in (0, 1, 2, 4):
            text = f"matrices.ndim={rank}; must be 3"
            yield HostileCall(function, (x, zeros(*[2] * rank)), {}, ValueError, text)
    for value in ("0", None, True, 1j, [1.0]):
        text = f"fill_value={value!r}; must be a number"
        yield HostileCall("affine_sample", (x, maps), {"fill_value": value}, TypeError, text)


def _bad_others() -> Iterator[HostileCall]:
    for function in ("gemm", "dense"):
        kernel = "b" if function == "gemm" else "kernel"
        first = "a" if function == "gemm" else "x"
        for rank in (0, 1, 3):
            bad = zeros(*[3] * rank)
            text = f"{first}.ndim={rank}; must be 2"
            yield HostileCall(function, (bad, zeros(3, 3)), {}, ValueError, text)
            text = f"{kernel}.ndim={rank}; must be 2"
            yield HostileCall(function, (zeros(3, 3), bad), {}, ValueError, text)
        yield HostileCall(function, (zeros(2, 3), zeros(4, 5)), {}, ValueError, "must be")
        wide = zeros(3, 5, dtype="float64")
        text = f"{kernel}.dtype=float64"
        yield HostileCall(function, (zeros(2, 3), wide), {}, TypeError, text)
    yield HostileCall(
        "dense", (zeros(2, 3), zeros(3, 5), zeros(4)), {}, ValueError, "bias.shape=(4,)"
    )
    for shape in ((2, 4), (1, 5), (5, 2)):
        arguments: tuple[Any, ...] = (zeros(*shape), zeros(2, 3), zeros(3, 5))
        text = f"dy.shape={shape}; must be (2, 5)"
        yield HostileCall("dense_backward", arguments, {}, ValueError, text)
    yield from bad_activations()
    yield from bad_dropouts()
    yield from bad_losses()
    yield from bad_binary_losses()
    yield from bad_steps()


def _bad_relatives_of_convolution() -> Iterator[HostileCall]:
    """Depthwise, separable and transposed convolutions."""
    x = zeros(1, 5, 5, 3)
    for shape in ((3, 3, 4, 2), (3, 3, 2, 1), (3, 3, 3, 0), (0, 3, 3, 1)):
        text = f"kernel.shape={shape} for x.shape=(1, 5, 5, 3); must be (kh, kw, 3, multiplier)"
        yield HostileCall("depthwise_conv2d", (x, zeros(*shape)), {}, ValueError, text)
    for shape in ((3, 3, 3), (3, 3, 1, 1, 1)):
        text = f"kernel.ndim={len(shape)}; must be 4"
        yield HostileCall("depthwise_conv2d", (x, zeros(*shape)), {}, ValueError, text)
        yield HostileCall("conv2d_transpose", (x, zeros(*shape)), {}, ValueError, text)
    good = zeros(3, 3, 4, 3)
    text = "kernel.shape=(3, 3, 4, 2) for x.shape=(1, 5, 5, 3); must be (kh, kw, filters, 3)"
    yield HostileCall("conv2d_transpose", (x, zeros(3, 3, 4, 2)), {}, ValueError, text)
    for extra in (1, 2, (0, 1), -1, 2**31):
        options = {"output_padding": extra}
        yield HostileCall("conv2d_transpose", (x, good), options, ValueError, "output_padding")
    for odd in (1.0, "1", True):
        options = {"output_padding": odd}
        yield HostileCall("conv2d_transpose", (x, good), options, TypeError, "output_padding")
    options = {"padding": 4}
    text = "padding=4 leaves -1 of 7 pixels; output height must be >= 1"
    yield HostileCall("conv2d_transpose", (x, good), options, ValueError, text)
    text = "bias.shape=(3,); must be (4,)"
    yield HostileCall("conv2d_transpose", (x, good, zeros(3)), {}, ValueError, text)
    text = "dy.shape=(1, 5, 5, 4); must be (1, 7, 7, 4)"
    yield HostileCall(
        "conv2d_transpose_backward", (zeros(1, 5, 5, 4), x, good), {}, ValueError, text
    )
    for shape in ((1, 1, 3, 4), (2, 1, 6, 4), (1, 1, 6)):
        arrays = (x, zeros(3, 3, 3, 2), zeros(*shape))
        yield HostileCall("separable_conv2d", arrays, {}, ValueError, "pointwise_kernel")
    arrays = (zeros(1, 3, 3, 4), x, zeros(3, 3, 3, 2), zeros(1, 1, 6, 4))
    text = "needs holds 'kernel'; must hold only x, depthwise_kernel"
    yield HostileCall("separable_conv2d_backward", arrays, {"needs": ("kernel",)}, ValueError, text)
