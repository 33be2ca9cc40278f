# SPDX-License-Identifier: BSD-3-Clause
"""Calls of activations, dropouts and losses that must be refused."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from hostile_call import HostileCall, zeros
from op_calls import ACTIVATIONS, KEEP_Y


def bad_activations() -> Iterator[HostileCall]:
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


def bad_dropouts() -> Iterator[HostileCall]:
    x, good = (zeros(2, 3),), {"rate": 0.5, "seed": 1}
    for function in ("dropout", "dropout_backward"):
        for rate in (-0.1, 1.001, 1.5, math.nan, math.inf):
            text = f"rate={rate}; must be >= 0 and <= 1"
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


def bad_binary_losses() -> Iterator[HostileCall]:
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


def bad_losses() -> Iterator[HostileCall]:
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
