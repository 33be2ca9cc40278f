# SPDX-License-Identifier: BSD-3-Clause
"""Convolutions of the layer table: forward, both backward passes, and the textbook form."""

from __future__ import annotations

from benchmarks.row import Row, Task
from benchmarks.shapes import TIMED, Layer, Network

_GROUPS = {
    "forward": "conv2d forward",
    "data": "conv2d backward-data",
    "kernel": "conv2d backward-weights",
}
_FIRST_LAYERS = ", first layers"
# One of each sort: first layers, few channels, 3x3 wide and narrow, strided, 5x5, 1x1.
_QUICK = {
    "SimpleConvNet": ("1-30@28 5x5",),
    "Keras MNIST": ("32-64@13 3x3",),
    "DeepConvNet": ("16-16@28 3x3",),
    "cats-dogs": ("64-128@43 3x3",),
    "AlexNet": ("3-64@224 11x11 s4", "64-192@27 5x5"),
    "VGG-16": ("3-64@224 3x3", "128-128@112 3x3", "512-512@14 3x3"),
    "ResNet-50": ("64-256@56 1x1", "128-128@56 3x3 s2"),
    "MobileNetV1": ("512-512@14 1x1",),
}
_QUICK_IM2COL = ("64-128@43 3x3", "256-256@56 3x3", "512-512@14 3x3")


def conv2d_task(layer: Layer, network: Network, direction: str, algorithm: str) -> Task:
    """Return the task in plain JSON."""
    return {
        "kind": "conv2d",
        "direction": direction,
        "algorithm": algorithm,
        "dtype": "float32",
        "n": network.batch,
        "h": layer.h,
        "w": layer.h,
        "c": layer.c,
        "f": layer.f,
        "kh": layer.k,
        "kw": layer.k,
        "oh": layer.out,
        "ow": layer.out,
        "stride": layer.s,
        "padding": layer.p,
        "groups": layer.groups,
    }


def _row(group: str, layer: Layer, network: Network, direction: str, algorithm: str) -> Row:
    return Row(
        group=group,
        name=f"{network.name} {layer.name}",
        task=conv2d_task(layer, network, direction, algorithm),
        gflop=network.batch * layer.flop / 1e9,
        images=network.batch,
    )


def _group(direction: str, layer: Layer) -> str:
    return _GROUPS[direction] + (_FIRST_LAYERS if layer.c <= 3 else "")


def rows(*, quick: bool) -> list[Row]:
    """Return the conv2d rows, group by group."""
    table = [
        (layer, network)
        for network in TIMED
        for layer in network.layers
        if layer.groups == 1 and (not quick or layer.name in _QUICK[network.name])
    ]
    passes = [
        _row(_group(direction, layer), layer, network, direction, "auto")
        for direction in _GROUPS
        for layer, network in table
    ]
    textbook = [
        _row("conv2d im2col", layer, network, "forward", "im2col")
        for network in TIMED
        for layer in network.layers
        if layer.groups == 1
        and layer.c >= 64
        and (layer.name in _QUICK_IM2COL if quick else layer.k > 1)
    ]
    return sorted(passes, key=lambda row: row.group.endswith(_FIRST_LAYERS)) + textbook
