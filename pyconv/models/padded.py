# SPDX-License-Identifier: BSD-3-Clause
"""Padded layers: zeros that a layer adds around images become the padding of the layer after it.

A pooling takes them only of images that a ReLU made: zeros never exceed a pixel there, and where
a pixel is zero itself the ReLU lets no gradient pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyconv.autograd import Tensor
from pyconv.backend import precision
from pyconv.layers import Conv2D, DepthwiseConv2D, MaxPooling2D, ZeroPadding2D
from pyconv.models.folding import can_be_joined, fused_activation
from pyconv.models.steps import Slot, Step

CONVOLUTIONS = Conv2D, DepthwiseConv2D
POOLINGS = (MaxPooling2D,)


class Padded:
    """layer(zeros(x)) without an array of its own for zeros(x)."""

    def __init__(self, zeros: ZeroPadding2D, layer: Any) -> None:
        self.zeros, self.layer = zeros, layer

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        layer, padding = self.layer, self.zeros.padding
        if precision.in_use:
            one_by_one: Tensor = layer(self.zeros(x))
            return one_by_one
        x = self.zeros.prepared(x)
        if type(layer) is MaxPooling2D:
            return layer.pooled(x, padding)
        y: Tensor = layer.convolve(x, layer.kernel, layer.bias, layer._fused, padding)
        activated: Tensor = layer.activated(y)
        return activated


def padded_layers(layers: Sequence[Any], kinds: tuple[type, ...]) -> list[Any]:
    """Return what runs in the place of layers of which each takes what the one before made.

    Args:
        kinds: of layers that take zeros for their padding.
    """
    found: list[Any] = []
    for layer in layers:
        before = found[-2] if len(found) > 1 else None
        if found and _can_take(found[-1], layer, before, kinds):
            found[-1] = Padded(found[-1], layer)
        else:
            found.append(layer)
    return found


def padded_steps(steps: list[Step], results: list[int], kinds: tuple[type, ...]) -> list[Step]:
    """Return steps that give the same results, with zeros as padding where `kinds` allow it."""
    uses = Counter(slot for step in steps for slot in step.sources) + Counter(results)
    makers = {step.outputs[0]: step for step in steps if step.alone}
    found: list[Step] = []
    gone: set[int] = set()  # the outputs of steps that add zeros
    for step in steps:
        zeros = makers.get(step.arguments.index) if type(step.arguments) is Slot else None
        if zeros is not None and step.alone and type(zeros.arguments) is Slot:
            source = zeros.arguments.index
            maker = makers[source].layer if source in makers else None
            once = uses[source] == uses[zeros.outputs[0]] == 1
            if once and _can_take(zeros.layer, step.layer, maker, kinds):
                gone.add(zeros.outputs[0])
                taker = Padded(zeros.layer, step.layer)
                step = step._replace(layer=taker, arguments=zeros.arguments)
        found.append(step)
    return [step for step in found if step.outputs[0] not in gone]


def _can_take(zeros: Any, layer: Any, maker: Any, kinds: tuple[type, ...]) -> bool:
    """Tell whether a layer can take the zeros around what `maker` made for its padding."""
    if type(zeros) is not ZeroPadding2D or type(layer) not in kinds or layer.padding != "valid":
        return False
    if not (layer.built and can_be_joined(zeros) and can_be_joined(layer)):
        return False
    if zeros.data_format != layer.data_format or zeros.dtype_policy != layer.dtype_policy:
        return False
    if type(layer) is not MaxPooling2D:
        return True
    small = zip(zeros.padding, layer.pool_size, strict=True)
    return _ends_in_relu(maker) and all(max(sides) < size for sides, size in small)


def _ends_in_relu(layer: Any) -> bool:
    own = layer._fused if type(layer) in CONVOLUTIONS and can_be_joined(layer) else None
    return (own or fused_activation(layer)) in ("relu", "relu6")
