# SPDX-License-Identifier: BSD-3-Clause
"""What differentiable products of x and a kernel share: forward, backward, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.autograd.activation import MASKS
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array, takes_16_bits

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


class ProductFunction(Function):
    """Pairs an op with its backward; keeps x, the kernel, and y where an activation was fused.

    Args:
        op, backward_op: of x, kernel and bias. options: what both take alike.
    """

    makes_anew = True

    def __init__(
        self,
        op: Callable[..., Array],
        backward_op: Callable[..., tuple[Array | None, ...]],
        options: Mapping[str, Any],
        activation: ActivationName,
    ) -> None:
        self.op, self.backward_op = op, backward_op
        self.options, self.activation = options, activation
        self.takes_16_bits = takes_16_bits(op.__name__)

    def forward(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        y = self.op(x, kernel, bias, **self.options, activation=self.activation)
        if self.recording:
            self.x, self.kernel, self.y = x, kernel, y if self.activation else None
        return y

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        onto = {"onto": self.summed} if self._can_add_to(self.summed) else {}
        return self.backward_op(
            dy,
            self.x,
            self.kernel,
            **self.options,
            **onto,
            activation=self.activation,
            y=self.y,
            needs=self.names_of_wanted("x", "kernel", "bias"),
        )

    def _can_add_to(self, summed: Array | None) -> bool:
        if type(summed) is not np.ndarray or not summed.flags.carray:
            return False
        return bool(summed.dtype == self.x.dtype)

    def hand_over(self) -> ActivationName:
        handed = self.activation if self.activation in MASKS else None
        if handed is not None:
            self.activation, self.y = None, None
        return handed

    def of(self, x: Operand, kernel: Operand, bias: Operand | None) -> Tensor:
        """Return the result for Tensors or arrays."""
        return self(as_tensor(x), as_tensor(kernel), None if bias is None else as_tensor(bias))
