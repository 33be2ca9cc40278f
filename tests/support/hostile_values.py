# SPDX-License-Identifier: BSD-3-Clause
"""Values that arguments must refuse, with the error and what its text says."""

from __future__ import annotations

from typing import Any

import numpy as np
from hostile_call import zeros

HUGE = (2**31, 2**62, 2**63 - 1, 2**64)

# (value, error, text), where @ stands for the argument's name.
POSITIVE = [
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
PADDING = [
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
DATA_FORMAT = [
    ("NHWC", ValueError, "data_format='NHWC'; must be 'channels_last' or 'channels_first'"),
    ("channels_Last", ValueError, "data_format='channels_Last'; must be"),
    (None, TypeError, "data_format=None; must be"),
    (1, TypeError, "data_format=1; must be"),
    (["channels_last"], TypeError, "data_format=['channels_last']; must be"),
]
INPUT_SHAPES = [
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
POOLED = (zeros(1, 2, 2, 3), zeros(1, 2, 2, 3, dtype="uint8"), (1, 4, 4, 3))
WINDOWED: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
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
    "max_pool2d_backward": (POOLED, ("strides", "pool_size")),
    "min_pool2d": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "min_pool2d_with_argmin": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "min_pool2d_backward": (POOLED, ("strides", "pool_size")),
    "avg_pool2d": ((zeros(1, 4, 4, 3),), ("strides", "pool_size")),
    "avg_pool2d_backward": ((POOLED[0], POOLED[2]), ("strides", "pool_size")),
}


POOLINGS = (
    "avg_pool2d",
    "global_avg_pool2d",
    "global_max_pool2d",
    "global_max_pool2d_with_argmax",
    "max_pool2d",
    "max_pool2d_with_argmax",
    "min_pool2d",
    "min_pool2d_with_argmin",
)
