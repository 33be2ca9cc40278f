# SPDX-License-Identifier: BSD-3-Clause
"""Calls of normalisations that must be refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from hostile_call import HostileCall, zeros


def bad_normalization() -> Iterator[HostileCall]:
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
