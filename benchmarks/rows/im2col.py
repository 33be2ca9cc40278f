# SPDX-License-Identifier: BSD-3-Clause
"""The explicit window matrix and its adjoint."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.shapes import (
    CATS_DOGS,
    KERAS_MNIST,
    RESNET_50,
    SIMPLE_CONV_NET,
    VGG_16,
    Layer,
    Network,
)

_LAYERS = (
    (SIMPLE_CONV_NET, "1-30@28 5x5", 100),
    (KERAS_MNIST, "32-64@13 3x3", 64),
    (CATS_DOGS, "64-128@43 3x3", 8),
    (RESNET_50, "128-128@56 3x3 s2", 8),
    (VGG_16, "3-64@224 3x3", 4),
    (VGG_16, "128-128@112 3x3", 1),
)
_QUICK = ("1-30@28 5x5", "64-128@43 3x3", "128-128@56 3x3 s2")


def _row(kind: str, layer: Layer, network: Network, n: int) -> Row:
    pixels = n * layer.c * layer.h**2
    entries = n * layer.out**2 * layer.k**2 * layer.c
    return Row(
        group=kind,
        name=f"{network.name} {layer.name}",
        task={
            "kind": kind,
            "dtype": "float32",
            "n": n,
            "h": layer.h,
            "w": layer.h,
            "c": layer.c,
            "kh": layer.k,
            "kw": layer.k,
            "oh": layer.out,
            "ow": layer.out,
            "stride": layer.s,
            "padding": layer.p,
        },
        megabytes=4 * (pixels + entries) / 1e6,
        images=n,
        origin=True,
    )


def rows(*, quick: bool) -> list[Row]:
    """Return the im2col rows, then the col2im rows."""
    return [
        _row(kind, layer, network, n)
        for kind in ("im2col", "col2im")
        for network, name, n in _LAYERS
        for layer in network.layers
        if layer.name == name and (not quick or name in _QUICK)
    ]
