# SPDX-License-Identifier: BSD-3-Clause
"""Layers one after the other; where two neighbours can share a pass over memory, they do.

A product ends in its ReLU as one kernel. Backwards through ReLU and pooling, the ReLU masks the
pooled gradient, since a pixel that wins its window is positive just where the window's result is.
A first convolution, its ReLU and its pooling are one operation on the CPU, for images of one
channel or such as lie channels last, so that what lies between them stays in the cache. The numbers
are those of the layers one by one, but for the order of the sums of that convolution's dW and db,
and so is what the layers hold afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pyconv.backend import Array
from pyconv.scratch import pooled_conv2d
from pyconv.scratch.activation import Relu
from pyconv.scratch.batch_norm import BatchNormalization
from pyconv.scratch.conv2d import Convolution
from pyconv.scratch.dense import Affine
from pyconv.scratch.dropout import Dropout
from pyconv.scratch.max_pool2d import Pooling


def forward(layers: Sequence[Any], x: Any, *, train_flg: bool) -> Array:
    """Return what the last layer makes of x."""
    done = None
    if (block := _first_block(layers)) and (y := pooled_conv2d.forward(*block, x)) is not None:
        layers, x = layers[3:], y
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
    first, block = layers[0], _first_block(layers)
    if block and pooled_conv2d.ran(*block):
        dout, _ = _back_to_first(layers[2:], dout)
        return pooled_conv2d.backward(first, dout)
    dout, done = _back_to_first(layers, dout)
    if _is(first, Convolution, Affine):
        first.backward_weights(dout)
    elif first is not done:
        first.backward(dout)


def _back_to_first(layers: Sequence[Any], dout: Any) -> tuple[Any, Any]:
    """Return the gradient of what the first layer returned, or of what it got if it is `done`."""
    done = None
    for layer, before in pairwise(reversed(layers)):
        if layer is done:
            continue
        if _is(layer, Pooling) and _is(before, Relu) and _reads(layer, before):
            dout, done = layer.backward_relu(dout), before
        else:
            dout = layer.backward(dout)
    return dout, done


def _first_block(layers: Sequence[Any]) -> tuple[Convolution, Relu, Pooling] | None:
    """Return the first three layers where they are those that can be one operation."""
    kinds = (Convolution, Relu, Pooling)
    if len(layers) < 3 or not all(map(_is, layers[:3], kinds)):
        return None
    first, relu, pooling = layers[:3]
    return first, relu, pooling


def _reads(pooling: Pooling, relu: Relu) -> bool:
    """Tell whether the pooling's last input is the ReLU's last result."""
    if pooling.later is not None:
        return pooling.later is relu.later
    return relu.returned(pooling.x)


def _is(layer: Any, *kinds: type) -> bool:
    """Tell whether it is one of our layers as it is: no subclass, nothing replaced in it."""
    return type(layer) in kinds and not {"forward", "backward", "mask"} & vars(layer).keys()
