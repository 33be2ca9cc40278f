# SPDX-License-Identifier: BSD-3-Clause
"""Affine: y = x W + b, with x flattened row by row."""

from __future__ import annotations

from typing import Any

from pyconv import ops
from pyconv.backend import Array
from pyconv.ops.activation import ActivationName
from pyconv.scratch.activation import Relu
from pyconv.scratch.arrays import (
    after_forward,
    flattened,
    like,
    promoted,
    same_shape,
    vector_like,
)


class Affine:
    """A fully connected layer, chapter 5.6.

    Args:
        W: (inputs, units); the layer reads this very array at every forward.
        b: (units,), or one number for all units.
    Attributes:
        W, b: as given; they may be replaced. x: the last input, (n, inputs).
        original_x_shape: its shape before. dW, db: the gradients of the last backward.
    """

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.x: Any = None
        self.original_x_shape: tuple[int, ...] | None = None
        self.dW: Array | None = None
        self.db: Array | None = None

    def forward(self, x: Any) -> Array:
        """Return (n, units) of (n, ...), whatever else there is flattened in row-major order.

        Raises:
            TypeError: no arrays of numbers. ValueError: shapes.
        """
        return self._forward(x, None)

    def forward_relu(self, x: Any, relu: Relu) -> Array:
        """Return what relu makes of forward(x), in one pass; relu may go back from there."""
        return relu.keep(self._forward(x, "relu"))

    def _forward(self, x: Any, activation: ActivationName) -> Array:
        name = "Affine.forward"
        given, W = promoted(name, x=x, W=self.W)
        if W.ndim != 2:
            raise ValueError(f"{name}: W.shape={W.shape}; must be (inputs, units)")
        flat = flattened(name, "x", given)
        if flat.shape[1] != W.shape[0]:
            raise ValueError(
                f"{name}: x.shape={given.shape}; must have {W.shape[0]} numbers a sample for "
                f"W.shape={W.shape}"
            )
        b = vector_like(W, name, "b", self.b, W.shape[1])
        y = ops.dense(flat, W, b, activation=activation)
        self.x, self.original_x_shape = flat, given.shape
        return y

    def backward(self, dout: Any) -> Array:
        """Keep dW and db of the gradient of y, (n, units); return that of x in its shape.

        Raises:
            RuntimeError: no forward before. TypeError, ValueError: kind and shape of dout.
        """
        dx = self._backward("Affine.backward", dout, ("x", "kernel", "bias"))
        assert dx is not None
        assert self.original_x_shape is not None
        return dx.reshape(self.original_x_shape)

    def backward_weights(self, dout: Any) -> None:
        """Keep dW and db alone: for a first layer, the gradient of whose x nobody reads."""
        self._backward("Affine.backward_weights", dout, ("kernel", "bias"))

    def _backward(self, name: str, dout: Any, needs: tuple[str, ...]) -> Array | None:
        """Set dW and db; return the gradient of the flattened x if it is needed."""
        x, W = promoted(name, x=after_forward(name, self.x), W=self.W)
        dy = like(x, name, "dout", dout)
        dy = same_shape(name, "dout", dy, (x.shape[0], W.shape[1]))
        dx, self.dW, self.db = ops.dense_backward(dy, x, W, needs=needs)
        return dx
