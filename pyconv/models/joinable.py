# SPDX-License-Identifier: BSD-3-Clause
"""What may be joined: layers that do what their class does and no more, on the CPU."""

from __future__ import annotations

from typing import Any

from pyconv import activations
from pyconv.layers import Activation, Conv2D, DepthwiseConv2D, Layer, ReLU


def is_plain(layer: Any) -> bool:
    """Tell whether a layer is a built convolution that does what its class does, on the CPU."""
    return type(layer) in (Conv2D, DepthwiseConv2D) and layer.built and can_be_joined(layer)


def is_overridden(layer: Any) -> bool:
    """Tell whether this very layer was given another `call` than its class has."""
    return "call" in vars(layer)


def can_be_joined(layer: Layer) -> bool:
    """Tell whether a layer does what its class does and no more, on the CPU."""
    own = layer.activity_regularizer is not None or is_overridden(layer)
    return not own and layer.dtype_policy.runs_on_the_cpu


def fused_activation(layer: Any) -> Any:
    """Return the name of the activation that a layer applies, if a convolution can end with it."""
    if not isinstance(layer, Layer) or not can_be_joined(layer):
        return None
    if type(layer) is Activation:
        return activations.fused_name(layer.activation)
    if type(layer) is ReLU and layer.negative_slope == 0 and layer.threshold == 0:
        return {None: "relu", 6.0: "relu6"}.get(layer.max_value)
    return None
