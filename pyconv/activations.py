# SPDX-License-Identifier: BSD-3-Clause
"""Activation functions by Keras's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyconv.autograd import (
    Tensor,
    array_of,
    as_tensor,
    elu,
    exp,
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
from pyconv.autograd.curves import (
    celu,
    hard_shrink,
    hard_tanh,
    log_sigmoid,
    mish,
    soft_shrink,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    tanh_shrink,
    threshold,
)
from pyconv.autograd.glu import glu
from pyconv.autograd.sparsemax import sparsemax

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName

Activation = Callable[..., Tensor]


def linear(x: object) -> Tensor:
    """Return x."""
    return as_tensor(x)


def applied(layer: str, activation: Activation, x: Tensor) -> Tensor:
    """Return what a layer's activation makes of x; from a user's function, numbers at least."""
    y = activation(x)
    if isinstance(y, Tensor):
        return y
    return Tensor.wrap(array_of(y, f"{layer}: what its activation returned"))


silu, hard_silu = swish, hard_swish  # Keras's first spellings
exponential = exp

# Of two names of one function, the first is written into configurations.
_by_name: dict[str, Activation] = {
    "celu": celu,
    "elu": elu,
    "exponential": exponential,
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_swish,
    "hard_tanh": hard_tanh,
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_sigmoid": log_sigmoid,
    "log_softmax": log_softmax,
    "mish": mish,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
    "sparsemax": sparsemax,
    "squareplus": squareplus,
    "swish": swish,
    "tanh": tanh,
    "tanh_shrink": tanh_shrink,
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


deserialize = get


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
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
