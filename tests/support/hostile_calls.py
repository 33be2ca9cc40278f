# SPDX-License-Identifier: BSD-3-Clause
"""Calls that must be refused: for each op its bad arguments, the error and what its text names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from op_calls import ACTIVATIONS, KEEP_Y

from pyconv import ops

HUGE = (2**31, 2**62, 2**63 - 1, 2**64)


@dataclass(frozen=True)
class HostileCall:
    """One call, the error it must raise and a piece of the error's text."""

    function: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    error: type[Exception]
    text: str

    def run(self) -> object:
        """Make the call."""
        return getattr(ops, self.function)(*self.arguments, **self.options)


def zeros(*shape: int, dtype: str = "float32") -> np.ndarray:
    """Return a new array of zeros."""
    return np.zeros(shape, dtype)


# (value, error, text), where @ stands for the argument's name.
_POSITIVE = [
    (0, ValueError, "@=0; must be >= 1"),
    (-1, ValueError, "@=-1; must be >= 1"),
    (-(2**63), ValueError, "must be >= 1"),
    ((0, 1), ValueError, "@[0]=0; must be >= 1"),
    ((1, 0), ValueError, "@[1]=0; must be >= 1"),
    ((1, -2), ValueError, "@[1]=-2; must be >= 1"),
    *((value, ValueError, f"@={value}; must be <= 2147483647") for value in HUGE),
    ((1, 2**31), ValueError, "@[1]=2147483648; must be <="),
    (np.int64(0), ValueError, "@=0; must be >= 1"),
    (True, TypeError, "@=True; must be an int"),
    (np.True_, TypeError, "must be an int"),
    (1.0, TypeError, "@=1.0; must be an int"),
    (float("nan"), TypeError, "@=nan; must be an int"),
    ("1", TypeError, "@='1'; must be an int"),
    ("11", TypeError, "@='11'; must be an int"),
    ((1, True), TypeError, "@[1]=True; must be an int"),
    ((1.5, 1), TypeError, "@[0]=1.5; must be an int"),
    ((None, 1), TypeError, "@[0]=None; must be an int"),
    ((1,), ValueError, "@=(1,); must be an int or two ints"),
    ((1, 1, 1), ValueError, "@=(1, 1, 1); must be an int or two ints"),
    ((), ValueError, "@=(); must be an int or two ints"),
    ({}, TypeError, "@={}; must be an int or two ints"),
]
_PADDING = [
    (-1, ValueError, "padding=-1; must be >= 0"),
    ((0, -1), ValueError, "padding[1]=-1; must be >= 0"),
    (((0, 0), (-3, 0)), ValueError, "padding[1][0]=-3; must be >= 0"),
    *((value, ValueError, f"padding={value}; must be <= 2147483647") for value in HUGE),
    (True, TypeError, "padding=True; must be 'valid', 'same'"),
    (1.5, TypeError, "padding=1.5; must be"),
    (float("nan"), TypeError, "padding=nan; must be"),
    (None, TypeError, "padding=None; must be"),
    (b"same", TypeError, "padding=b'same'; must be"),
    ("SAME ", ValueError, "padding='SAME '; must be 'valid', 'same'"),
    ("foo", ValueError, "padding='foo'; must be 'valid', 'same'"),
    ("causal", ValueError, "padding='causal'; must be 'valid', 'same'"),
    ((1, 2, 3), ValueError, "padding=(1, 2, 3); must be"),
    (((1, 2),), ValueError, "padding=((1, 2),); must be"),
    (((1, 2), (3,)), ValueError, "padding[1]=(3,); must be"),
    (((1, 2), 3), TypeError, "padding[1]=3; must be"),
    ((1, (2, 3)), TypeError, "padding[1]=(2, 3); must be"),
    (((True, 0), (0, 0)), TypeError, "padding[0][0]=True; must be"),
    (((0.5, 0), (0, 0)), TypeError, "padding[0][0]=0.5; must be"),
]
_DATA_FORMAT = [
    ("NHWC", ValueError, "data_format='NHWC'; must be 'channels_last' or 'channels_first'"),
    ("channels_Last", ValueError, "data_format='channels_Last'; must be"),
    (None, TypeError, "data_format=None; must be"),
    (1, TypeError, "data_format=1; must be"),
    (["channels_last"], TypeError, "data_format=['channels_last']; must be"),
]
_INPUT_SHAPES = [
    (None, TypeError, "=None; must be a tuple of 4 ints"),
    (5, TypeError, "=5; must be a tuple of 4 ints"),
    ("abcd", TypeError, "='abcd'; must be a tuple of 4 ints"),
    ((1, 4, 4), ValueError, "=(1, 4, 4); must have 4 axes"),
    ((1, 4, 4, 1, 1), ValueError, "=(1, 4, 4, 1, 1); must have 4 axes"),
    ((-1, 4, 4, 1), ValueError, "[0]=-1; must be >= 0"),
    ((1, -4, 4, 1), ValueError, "[1]=-4; must be >= 1"),
    ((1, 0, 4, 1), ValueError, "[1]=0; must be >= 1"),
    ((1, 4, 4, 0), ValueError, "[3]=0; must be >= 1"),
    ((0, 2**31, 2**31, 1), ValueError, "[1]=2147483648; must be <="),
    ((2**62, 4, 4, 1), ValueError, "must be <= 2147483647"),
    ((2**31 - 1,) * 4, ValueError, "must be <= 1152921504606846975"),
    ((1, 4.0, 4, 1), TypeError, "[1]=4.0; must be an int"),
    ((1, True, 4, 1), TypeError, "[1]=True; must be an int"),
    ((1, 4, None, 1), TypeError, "[2]=None; must be an int"),
]
# Functions of windows: their good arguments, and the options that take a positive pair.
_POOLED = (zeros(1, 2, 2, 3), zeros(1, 2, 2, 3, dtype="uint8"), (1, 4, 4, 3))
_WINDOWED: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "conv2d": ((zeros(1, 5, 5, 3), zeros(3, 3, 3, 4)), ("strides", "dilation_rate")),
    "conv2d_backward": (
        (zeros(1, 3, 3, 4), zeros(1, 5, 5, 3), zeros(3, 3, 3, 4)),
        ("strides", "dilation_rate"),
    ),
    "conv2d_transpose": (
        (zeros(1, 5, 5, 3), zeros(3, 3, 4, 3)),
        ("strides", "dilation_rate"),
    ),
    "conv2d_transpose_backward": (
        (zeros(1, 7, 7, 4), zeros(1, 5, 5, 3), zeros(3, 3, 4, 3)),
        ("strides", "dilation_rate"),
    ),
    "depthwise_conv2d": (
        (zeros(1, 5, 5, 3), zeros(3, 3, 3, 2)),
        ("strides", "dilation_rate"),
    ),
    "depthwise_conv2d_backward": (
        (zeros(1, 3, 3, 6), zeros(1, 5, 5, 3), zeros(3, 3, 3, 2)),
        ("strides", "dilation_rate"),
    ),
    "separable_conv2d": (
        (zeros(1, 5, 5, 3), zeros(3, 3, 3, 2), zeros(1, 1, 6, 4)),
        ("strides", "dilation_rate"),
    ),
    "separable_conv2d_backward": (
        (zeros(1, 3, 3, 4), zeros(1, 5, 5, 3), zeros(3, 3, 3, 2), zeros(1, 1, 6, 4)),
        ("strides", "dilation_rate"),
    ),
    "im2col": ((zeros(1, 5, 5, 3), 3), ("strides", "dilation_rate")),
    "col2im": ((zeros(9, 27), (1, 5, 5, 3), 3), ("strides", "dilation_rate")),
    "max_pool2d": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "max_pool2d_with_argmax": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "max_pool2d_backward": (_POOLED, ("strides", "pool_size")),
    "min_pool2d": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "min_pool2d_with_argmin": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "min_pool2d_backward": (_POOLED, ("strides", "pool_size")),
    "avg_pool2d": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "avg_pool2d_backward": ((_POOLED[0], _POOLED[2]), ("strides", "pool_size")),
}


_POOLINGS = (
    "avg_pool2d",
    "global_avg_pool2d",
    "global_max_pool2d",
    "global_max_pool2d_with_argmax",
    "max_pool2d",
    "max_pool2d_with_argmax",
    "min_pool2d",
    "min_pool2d_with_argmin",
)


def hostile_calls() -> list[HostileCall]:
    """Return every hostile call."""
    return [
        *_bad_options(),
        *_bad_shapes(),
        *_bad_convolutions(),
        *_bad_relatives_of_convolution(),
        *_bad_pooling(),
        *_bad_sampling(),
        *_bad_normalization(),
        *_bad_others(),
    ]


def _bad_options() -> Iterator[HostileCall]:
    for function, (arguments, pairs) in _WINDOWED.items():
        for name in pairs:
            for value, error, text in _POSITIVE:
                yield HostileCall(
                    function, arguments, {name: value}, error, text.replace("@", name)
                )
        for name, rows in (("padding", _PADDING), ("data_format", _DATA_FORMAT)):
            for value, error, text in rows:
                yield HostileCall(function, arguments, {name: value}, error, text)
    for function in ("im2col", "col2im"):
        arguments = _WINDOWED[function][0]
        for value, error, text in _POSITIVE:
            yield HostileCall(
                function, (*arguments[:-1], value), {}, error, text.replace("@", "kernel_size")
            )


def _bad_shapes() -> Iterator[HostileCall]:
    for shape, error, text in _INPUT_SHAPES:
        yield HostileCall("col2im", (zeros(9, 27), shape, 3), {}, error, text)
        if text[0] in "=[":  # what the caller called it
            text = f"input_shape{text}"
        for function in ("max_pool2d_backward", "min_pool2d_backward"):
            yield HostileCall(function, (*_POOLED[:2], shape), {}, error, text)
        yield HostileCall("avg_pool2d_backward", (_POOLED[0], shape), {}, error, text)
        if shape == (2**31 - 1,) * 4:
            text = "must have at most 2147483647 pixels"
        yield HostileCall("global_avg_pool2d_backward", (zeros(1, 3), shape), {}, error, text)
        argmax = zeros(1, 3, dtype="uint8")
        arguments = (zeros(1, 3), argmax, shape)
        yield HostileCall("global_max_pool2d_backward", arguments, {}, error, text)
    for rank in (0, 1, 2, 3, 5):
        x = zeros(*[4] * rank)
        for function in _POOLINGS:
            yield HostileCall(function, (x,), {}, ValueError, f"x.ndim={rank}; must be 4")
        yield HostileCall("im2col", (x, 3), {}, ValueError, f"x.ndim={rank}; must be 4")
        kernel = zeros(3, 3, 4, 4)
        yield HostileCall("conv2d", (x, kernel), {}, ValueError, f"x.ndim={rank}; must be 4")
        yield HostileCall(
            "conv2d", (zeros(1, 4, 4, 4), x), {}, ValueError, f"kernel.ndim={rank}; must be 4"
        )
    for shape in ((1, 0, 4, 3), (1, 4, 0, 3), (1, 4, 4, 0), (0, 0, 0, 0)):
        for function in _POOLINGS:
            yield HostileCall(function, (zeros(*shape),), {}, ValueError, "=0; must be >= 1")
        yield HostileCall("im2col", (zeros(*shape), 1), {}, ValueError, "=0; must be >= 1")
        yield HostileCall(
            "conv2d",
            (zeros(*shape), zeros(1, 1, shape[3], 2)),
            {"padding": 1},
            ValueError,
            "=0; must be >= 1",
        )


def _bad_normalization() -> Iterator[HostileCall]:
    x, c = zeros(2, 4, 3), zeros(3)
    calls: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
        "batch_norm": ((x, c, c, c, c), ("x", "gamma", "beta", "moving_mean", "moving_variance")),
        "batch_norm_backward": ((x, x, c, c, c), ("dy", "x", "gamma", "mean", "variance")),
    }
    for function, (arguments, names) in calls.items():
        for i, name in enumerate(names):
            if name not in ("x", "dy"):
                bad = [*arguments[:i], zeros(4), *arguments[i + 1 :]]
                text = f"{name}.shape=(4,); must be (3,)"
                yield HostileCall(function, tuple(bad), {}, ValueError, text)
        for options, error, text in (
            ({"axis": 3}, ValueError, "axis=3; must be < 3"),
            ({"axis": -4}, ValueError, "axis=-4; must be >= -3"),
            ({"axis": 1.0}, TypeError, "axis=1.0; must be an int"),
            ({"axis": None}, TypeError, "axis=None; must be an int"),
            ({"epsilon": -1e-3}, ValueError, "epsilon=-0.001; must be >= 0"),
            ({"epsilon": math.nan}, ValueError, "epsilon=nan; must be finite"),
            ({"epsilon": "1"}, TypeError, "epsilon='1'; must be a number"),
            ({"training": 1}, TypeError, "training=1; must be True or False"),
        ):
            yield HostileCall(function, arguments, options, error, text)
        at = names.index("x")
        for rank in (0, 1):
            bad = [*arguments[:at], zeros(*[3] * rank), *arguments[at + 1 :]]
            yield HostileCall(function, tuple(bad), {}, ValueError, f"x.ndim={rank}; must be >= 2")
    yield from _bad_layer_and_group_norms(x, c)
    for values, name in (((None, c), "moving_mean"), ((c, None), "moving_variance")):
        text = f"{name} is None; must be an array"
        yield HostileCall("batch_norm", (x, c, c, *values), {}, TypeError, text)
    nothing = (zeros(0, 3), c, c, c, c)
    text = "x.shape=(0, 3); training needs an element per channel"
    yield HostileCall("batch_norm", nothing, {"training": True}, ValueError, text)
    backward, arguments = "batch_norm_backward", (zeros(2, 4, 1), x, c, c, c)
    text = "dy.shape=(2, 4, 1); must be (2, 4, 3), the shape of x"
    yield HostileCall(backward, arguments, {}, ValueError, text)
    needs = {"needs": ("kernel",)}
    yield HostileCall(backward, (x, x, c, c, c), needs, ValueError, "must hold only x, gamma, beta")


def _bad_layer_and_group_norms(x: np.ndarray, c: np.ndarray) -> Iterator[HostileCall]:
    for function, options, error, text in (
        ("layer_norm", {"axis": 3}, ValueError, "axis=3; must be < 3"),
        ("layer_norm", {"axis": ()}, ValueError, "axis=(); must be axes of x in ascending order"),
        ("layer_norm", {"axis": (2, 1)}, ValueError, "axis=(2, 1); must be axes"),
        ("layer_norm", {"axis": (-1, 2)}, ValueError, "axis=(-1, 2); must be axes"),
        ("layer_norm", {"axis": "12"}, TypeError, "axis='12'; must be an int"),
        ("layer_norm", {"axis": (1, 2)}, ValueError, "gamma.shape=(3,); must be (4, 3)"),
        ("layer_norm", {"epsilon": math.inf}, ValueError, "epsilon=inf; must be finite"),
        ("group_norm", {"groups": 32}, ValueError, "groups=32; must divide the 3 channels of x"),
        ("group_norm", {"groups": 2}, ValueError, "groups=2; must divide"),
        ("group_norm", {"groups": 0}, ValueError, "groups=0; must be >= 1"),
        ("group_norm", {"groups": -2}, ValueError, "groups=-2; must be >= -1"),
        ("group_norm", {"groups": 3.0}, TypeError, "groups=3.0; must be an int"),
        ("group_norm", {"groups": 1, "axis": 0}, ValueError, "axis=0; must not be the batch"),
        ("group_norm", {"groups": 1, "axis": 1}, ValueError, "gamma.shape=(3,); must be (4,)"),
        ("group_norm", {"groups": 1, "epsilon": -1}, ValueError, "epsilon=-1; must be >= 0"),
    ):
        yield HostileCall(function, (x, c, c), options, error, text)
    yield HostileCall("layer_norm", (zeros(), c, c), {}, ValueError, "x.ndim=0; must be >= 1")
    yield HostileCall("group_norm", (c, c, c), {}, ValueError, "x.ndim=1; must be >= 2")
    for function, shape in (("layer_norm_backward", (2, 4)), ("group_norm_backward", (2, 3))):
        options = {"groups": 3} if function == "group_norm_backward" else {}
        text = f"mean.shape=(3,); must be {shape}"
        yield HostileCall(function, (x, x, c, c, c), options, ValueError, text)
    image = zeros(1, 2, 2, 3)
    for options, error, text in (
        ({"size": 0}, ValueError, "size=0; must be >= 1"),
        ({"size": 2.0}, TypeError, "size=2.0; must be an int"),
        ({"k": 0}, ValueError, "k=0.0; must be > 0"),
        ({"alpha": -1.0}, ValueError, "alpha=-1.0; must be >= 0"),
        ({"beta": math.nan}, ValueError, "beta=nan; must be finite"),
        ({"data_format": "NHWC"}, ValueError, "data_format='NHWC'; must be"),
    ):
        yield HostileCall("local_response_norm", (image,), options, error, text)
        yield HostileCall("local_response_norm_backward", (image, image), options, error, text)
    yield HostileCall("local_response_norm", (x,), {}, ValueError, "x.ndim=3; must be 4")
    text = "dy.shape=(1, 1, 2, 3); must be (1, 2, 2, 3)"
    backward = "local_response_norm_backward"
    yield HostileCall(backward, (image[:, :1], image), {}, ValueError, text)


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
        for function in _POOLINGS:
            if not function.startswith("global"):
                yield HostileCall(function, (x,), options, error, text)
    for name, argument in (("max_pool2d", "argmax"), ("min_pool2d", "argmin")):
        pooled = (*_POOLED[:2], x.shape)
        yield from _bad_offsets(f"{name}_backward", argument, pooled)
    pooled = (zeros(1, 3), zeros(1, 3, dtype="uint8"), x.shape)
    yield from _bad_offsets("global_max_pool2d_backward", "argmax", pooled)
    for flag in (1, "yes", None):
        text = f"count_include_pad={flag!r}; must be True or False"
        options = {"count_include_pad": flag}
        yield HostileCall("avg_pool2d", (x,), options, TypeError, text)
        yield HostileCall("avg_pool2d_backward", (_POOLED[0], x.shape), options, TypeError, text)
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
        for value, error, text in _DATA_FORMAT:
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
        for value, error, text in _DATA_FORMAT:
            yield HostileCall(function, arguments, {"data_format": value}, error, text)
        for rank in (0, 1, 2, 3, 5):
            array = zeros(*[4] * rank)
            text = f"ndim={rank}; must be 4"
            yield HostileCall(function, (array, *arguments[1:]), {}, ValueError, text)
        for shape in ((1, 0, 4, 3), (1, 4, 0, 3)):
            bad = (zeros(*shape), *arguments[1:])
            yield HostileCall(function, bad, {}, ValueError, "=0")
    for value, error, text in _POSITIVE:
        yield HostileCall("resize", (x, value), {}, error, text.replace("@", "size"))
    for shape, error, text in _INPUT_SHAPES:
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
    yield from _bad_activations()
    yield from _bad_dropouts()
    yield from _bad_losses()
    yield from _bad_binary_losses()
    yield from _bad_steps()


def _bad_activations() -> Iterator[HostileCall]:
    for op in ACTIVATIONS:
        kept = "y" if op in KEEP_Y else "x"
        text = f"{kept}.shape=(4,); must be (3,)"
        yield HostileCall(f"{op}_backward", (zeros(3), zeros(4)), {}, ValueError, text)
        yield HostileCall(op, (zeros(3, dtype="int32"),), {}, TypeError, "x.dtype=int32")
    for function, arrays in (
        ("softmax", (zeros(2, 3),)),
        ("log_softmax", (zeros(2, 3),)),
        ("softmax_backward", (zeros(2, 3), zeros(2, 3))),
        ("log_softmax_backward", (zeros(2, 3), zeros(2, 3))),
    ):
        for axis in (-3, 2, 2**31, 2**64, -(2**70)):
            yield HostileCall(function, arrays, {"axis": axis}, ValueError, f"axis={axis}; must be")
        for axis in (None, 0.0, "0", True, (0,)):
            yield HostileCall(function, arrays, {"axis": axis}, TypeError, f"axis={axis!r}; must")
    for suffix, arrays in (("", (zeros(3),)), ("_backward", (zeros(3), zeros(3)))):
        for function, argument in (
            ("elu", "alpha"),
            ("leaky_relu", "negative_slope"),
            ("leaky_relu", "max_value"),
            ("leaky_relu", "threshold"),
        ):
            for number in (math.nan, math.inf, -math.inf):
                bad = {argument: number}
                text = f"{argument}={number}; must be finite"
                yield HostileCall(function + suffix, arrays, bad, ValueError, text)
            for other in ("1", True, (1.0,), zeros(1)):
                text = f"{argument}={other!r}; must be a number"
                yield HostileCall(function + suffix, arrays, {argument: other}, TypeError, text)
        for argument in ("max_value", "threshold"):
            text = f"{argument}=-1.0; must be >= 0"
            yield HostileCall("leaky_relu" + suffix, arrays, {argument: -1.0}, ValueError, text)
        bad = {"approximate": "tanh"}
        yield HostileCall("gelu" + suffix, arrays, bad, TypeError, "approximate='tanh'; must be")


def _bad_dropouts() -> Iterator[HostileCall]:
    x, good = (zeros(2, 3),), {"rate": 0.5, "seed": 1}
    for function in ("dropout", "dropout_backward"):
        for rate in (-0.1, 1.0, 1.5, math.nan, math.inf):
            text = f"rate={rate}; must be >= 0 and < 1"
            yield HostileCall(function, x, {**good, "rate": rate}, ValueError, text)
        for seed in (-1, 2**64, 2**70):
            text = f"seed={seed}; must be within 0 and 2**64 - 1"
            yield HostileCall(function, x, {**good, "seed": seed}, ValueError, text)
        for noise_shape in ((2,), (2, 2), (0, 3), (-1, 3), (2, 3, 1), (), (2**64, 1)):
            bad = {**good, "noise_shape": noise_shape}
            text = f"noise_shape={noise_shape}; must be 1 or the size"
            yield HostileCall(function, x, bad, ValueError, text)
        for argument, value in (
            ("rate", "0.5"),
            ("rate", None),
            ("rate", True),
            ("seed", 1.0),
            ("seed", None),
            ("seed", True),
            ("noise_shape", 2),
            ("noise_shape", "23"),
        ):
            text = f"{argument}={value!r}; must be"
            yield HostileCall(function, x, {**good, argument: value}, TypeError, text)


def _bad_binary_losses() -> Iterator[HostileCall]:
    for function, names in (
        ("sigmoid_cross_entropy", ("logits", "targets")),
        ("sigmoid_cross_entropy_backward", ("dloss", "logits", "targets")),
    ):
        good = [zeros(4, 3) for _ in names]
        for place, name in enumerate(names[1:], 1):
            short, wide = list(good), list(good)
            short[place], wide[place] = zeros(4, 1), zeros(4, 3, dtype="float64")
            text = f"{name}.shape=(4, 1); must be (4, 3), the shape of {names[0]}"
            yield HostileCall(function, tuple(short), {}, ValueError, text)
            yield HostileCall(function, tuple(wide), {}, TypeError, f"{name}.dtype=float64")
        for smoothing in (-0.1, 1.1, math.nan, math.inf):
            bad = {"label_smoothing": smoothing}
            text = f"label_smoothing={smoothing}; must be within 0 and 1"
            yield HostileCall(function, tuple(good), bad, ValueError, text)
        for other in ("0", None, True):
            bad = {"label_smoothing": other}
            text = f"label_smoothing={other!r}; must be a number"
            yield HostileCall(function, tuple(good), bad, TypeError, text)


def _bad_losses() -> Iterator[HostileCall]:
    function = "softmax_cross_entropy"
    logits, labels = zeros(4, 3), zeros(4, dtype="int64")
    for bad, error, text in (
        (zeros(3, dtype="int64"), ValueError, "labels.shape=(3,)"),
        (zeros(4, 1, dtype="int64"), ValueError, "labels.shape=(4, 1)"),
        (zeros(4, 3, dtype="int64"), ValueError, "labels.shape=(4, 3)"),
        (zeros(4, 2), ValueError, "labels.shape=(4, 2)"),
        (zeros(4, 1), ValueError, "labels.shape=(4, 1)"),
        (zeros(4, dtype="float32"), TypeError, "labels.dtype=float32"),
        (zeros(4, dtype="bool"), TypeError, "labels.dtype=bool"),
        (zeros(4, 3, dtype="float64"), TypeError, "labels.dtype=float64"),
        (np.array([0, 1, 2, 1.5]), TypeError, "labels.dtype=float64"),
        (None, TypeError, "labels"),
    ):
        yield HostileCall(function, (logits, bad), {}, error, text)
    for rank in (0, 1, 3):
        text = f"logits.ndim={rank}; must be 2"
        yield HostileCall(function, (zeros(*[3] * rank), labels), {}, ValueError, text)
    yield HostileCall(function, (zeros(4, 0), labels), {}, ValueError, "logits.shape=(4, 0)")
    for value, error in (
        (-0.1, ValueError), (1.5, ValueError), (float("nan"), ValueError),
        (float("inf"), ValueError), ("0.1", TypeError), (None, TypeError), (True, TypeError),
    ):  # fmt: skip
        options = {"label_smoothing": value}
        text = f"label_smoothing={value!r}; must be"
        yield HostileCall(function, (logits, labels), options, error, text)
    backward = f"{function}_backward"
    for dloss in (zeros(3), zeros(5)):
        text = f"dloss.shape={dloss.shape}; must be (4,)"
        yield HostileCall(backward, (dloss, logits, labels), {}, ValueError, text)


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


def _bad_steps() -> Iterator[HostileCall]:
    lists = tuple([zeros(3)] for _ in range(4))
    good = {"learning_rate": 0.1, "step": 1}
    for name, values in {
        "learning_rate": (float("nan"), float("inf"), -1.0),
        "beta_1": (1.0, -0.1, float("nan"), 2.0),
        "beta_2": (1.0, -0.1, float("nan"), 2.0),
        "epsilon": (-1e-7, float("nan"), float("inf")),
        "step": (0, -1),
    }.items():
        for value in values:
            options = {**good, name: value}
            text = f"{name}={value}; must be"
            yield HostileCall("adam_step", lists, options, ValueError, text)
    for name in ("learning_rate", "beta_1", "epsilon", "step"):
        for value in ("0.1", None, True):
            options = {**good, name: value}
            text = f"{name}={value!r}; must be"
            yield HostileCall("adam_step", lists, options, TypeError, text)
    yield HostileCall("adam_step", lists, {**good, "step": 1.0}, TypeError, "step=1.0; must be")
    others = {
        "sgd_step": (2, ("learning_rate", "momentum", "weight_decay")),
        "rmsprop_step": (3, ("learning_rate", "rho", "momentum", "epsilon", "weight_decay")),
        "adagrad_step": (3, ("learning_rate", "epsilon", "weight_decay")),
    }
    for op, (count, numbers) in others.items():
        few = lists[:count]
        for name in numbers:
            for value in (-0.1, float("nan"), float("inf")):
                text = f"{op}: {name}={value}; must be"
                yield HostileCall(op, few, {"learning_rate": 0.1, name: value}, ValueError, text)
            text = f"{op}: {name}='0.1'; must be a number"
            yield HostileCall(op, few, {"learning_rate": 0.1, name: "0.1"}, TypeError, text)
        short = (few[0], [], *few[2:])
        text = f"{op}: len(grads)=0; must be 1"
        yield HostileCall(op, short, {"learning_rate": 0.1}, ValueError, text)
    text = "nesterov=1; must be True or False"
    yield HostileCall("sgd_step", lists[:2], {"learning_rate": 0.1, "nesterov": 1}, TypeError, text)
    text = "centered=None; must be True or False"
    bad = {"learning_rate": 0.1, "centered": None}
    yield HostileCall("rmsprop_step", lists[:3], bad, TypeError, text)
    for which, name in ((1, "grads"), (2, "m"), (3, "v")):
        short = tuple([] if i == which else [zeros(3)] for i in range(4))
        text = f"len({name})=0; must be 1"
        yield HostileCall("adam_step", short, good, ValueError, text)
        other = tuple([zeros(4 if i == which else 3)] for i in range(4))
        text = f"{name}[0].shape=(4,); must be (3,)"
        yield HostileCall("adam_step", other, good, ValueError, text)
        wide = tuple([zeros(3, dtype="float64" if i == which else "float32")] for i in range(4))
        yield HostileCall("adam_step", wide, good, TypeError, f"{name}[0].dtype=float64")
