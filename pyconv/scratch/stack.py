# SPDX-License-Identifier: BSD-3-Clause
"""Layers one after the other; where two neighbours can share a pass over memory, they do.

A product ends in its ReLU as one kernel. Backwards through ReLU and pooling, the ReLU masks the
pooled gradient, since a pixel that wins its window is positive just where the window's result is.
The numbers are those of the layers one by one, and so is what the layers hold afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pyconv.backend import Array
from pyconv.scratch.activation import Relu
from pyconv.scratch.batch_norm import BatchNormalization
from pyconv.scratch.conv2d import Convolution
from pyconv.scratch.dense import Affine
from pyconv.scratch.dropout import Dropout
from pyconv.scratch.max_pool2d import Pooling


def forward(layers: Sequence[Any], x: Any, *, train_flg: bool) -> Array:
    """Return what the last layer makes of x."""
    done = None
    for layer, after in pairwise((*layers, None)):
        if layer is done:
            continue
        if _is(layer, Convolution, Affine) and _is(after, Relu):
            x, done = layer.forward_relu(x, after), after
        elif isinstance(layer, (BatchNormalization, Dropout)):
            x = layer.forward(x, train_flg)
        else:
            x = layer.forward(x)
    return x  # type: ignore[no-any-return]


def backward(layers: Sequence[Any], dout: Any) -> None:
    """Let every layer keep the gradients of its weights; that of x is not computed."""
    done = None
    for layer, before in pairwise(reversed(layers)):
        if layer is done:
            continue
        if _is(layer, Pooling) and _is(before, Relu):
            dout, done = layer.backward_relu(dout), before
        else:
            dout = layer.backward(dout)
    first = layers[0]
    if _is(first, Convolution, Affine):
        first.backward_weights(dout)
    elif first is not done:
        first.backward(dout)


def _is(layer: Any, *kinds: type) -> bool:
    """Tell whether it is one of our layers as it is: no subclass, nothing replaced in it."""
    return type(layer) in kinds and not {"forward", "backward", "mask"} & vars(layer).keys()
