# SPDX-License-Identifier: BSD-3-Clause
"""Activation functions by Keras's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyconv.autograd import (
    Tensor,
    as_tensor,
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    softmax,
    softplus,
    swish,
    tanh,
)

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName

Activation = Callable[..., Tensor]


def linear(x: object) -> Tensor:
    """Return x."""
    return as_tensor(x)


silu, hard_silu = swish, hard_swish  # Keras's first spellings

# Of two names of one function, the first is written into configurations.
_by_name: dict[str, Activation] = {
    "elu": elu,
    "gelu": gelu,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_swish,
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_softmax": log_softmax,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "softmax": softmax,
    "softplus": softplus,
    "swish": swish,
    "tanh": tanh,
}
# sigmoid is left out: fused, its logits would be lost to the loss
_fused: dict[Activation, ActivationName] = {relu: "relu", relu6: "relu6", tanh: "tanh"}


def get(identifier: str | Activation | None) -> Activation:
    """Return the activation of a name, a function as it is, and `linear` for None."""
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier not in _by_name:
            raise ValueError(
                f"activations.get: identifier={identifier!r}; must be one of {sorted(_by_name)}"
            )
        return _by_name[identifier]
    if not callable(identifier):
        raise TypeError(f"activations.get: identifier={identifier!r}; must be a name or a function")
    return identifier


def serialize(activation: Activation) -> str:
    """Return the name under which `get` finds an activation."""
    for name, function in _by_name.items():
        if function is activation:
            return name
    raise ValueError(f"activations.serialize: {activation!r} is not one of {sorted(_by_name)}")


def fused_name(activation: Activation) -> ActivationName:
    """Return the name a convolution or dense op fuses it under, None where it cannot."""
    return _fused.get(activation)


__all__ = [
    "elu",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "linear",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]
