# SPDX-License-Identifier: BSD-3-Clause
"""Convolution: y[n, f, i, j] = b[f] + the window (i, j) of image n times filter f."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from pyconv import ops
from pyconv.arguments import DataFormat, whole_number
from pyconv.backend import Array, contiguous
from pyconv.ops.activation import ActivationName
from pyconv.scratch.activation import Relu
from pyconv.scratch.arrays import (
    after_forward,
    as_book,
    forget,
    in_layout,
    like,
    promoted,
    same_shape,
    stored_images,
    vector_like,
)


class Operands(NamedTuple):
    """What a convolution computes with, checked."""

    x: Array  # as it lies in memory
    W: Array  # (fn, c, fh, fw)
    kernel: Array  # (fh, fw, c, fn)
    b: Array  # (fn,)
    stride: int
    pad: int
    data_format: DataFormat


class _Seen(NamedTuple):
    """What forward keeps for backward; pickles hold it in this order."""

    x: Array  # as it lies in memory
    W: Array  # (fn, c, fh, fw)
    y_shape: tuple[int, ...]  # (n, fn, oh, ow)
    stride: int
    pad: int
    data_format: DataFormat


class Convolution:
    """A layer of filters, chapter 7.4.3.

    Args:
        W: (fn, c, fh, fw) filters; the layer reads this very array at every forward.
        b: (fn,), or one number for all filters.
        stride, pad: pixels, both ways.
    Attributes:
        W, b, stride, pad: as given; they may be replaced. x: the last input.
        dW, db: the gradients of the last backward. col, col_W: the matrices whose product the
        book computes, (n * oh * ow, c * fh * fw) and (c * fh * fw, fn); computed when read.
    """

    pooled: Any = None  # what pooled_conv2d keeps for its backward

    def __init__(self, W: Any, b: Any, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b = W, b
        self.stride, self.pad = stride, pad
        self.x: Any = None
        self.dW: Array | None = None
        self.db: Array | None = None
        self._seen: _Seen | None = None

    def forward(self, x: Any) -> Array:
        """Return (n, fn, oh, ow) of images (n, c, h, w); oh = 1 + (h + 2 pad - fh) // stride.

        Raises:
            TypeError: no arrays of numbers. ValueError: shapes, stride, pad.
        """
        return self._forward(x, None)

    def forward_relu(self, x: Any, relu: Relu) -> Array:
        """Return what relu makes of forward(x), in one pass; relu may go back from there."""
        return relu.keep(self._forward(x, "relu"))

    def _forward(self, x: Any, activation: ActivationName) -> Array:
        given = self.operands(x)
        y = ops.conv2d(given.x, given.kernel, given.b, activation=activation, **options_of(given))
        y = as_book(y, given.data_format)
        self.keep(x, given, y.shape)
        return y

    def operands(self, x: Any) -> Operands:
        """Return what forward(x) computes with.

        Raises:
            TypeError, ValueError: as forward does.
        """
        name = "Convolution.forward"
        images, W = promoted(name, x=x, W=self.W)
        if W.ndim != 4:
            raise ValueError(f"{name}: W.shape={W.shape}; must be (fn, c, fh, fw)")
        fn, c, _, _ = W.shape
        if images.ndim != 4 or images.shape[1] != c:
            raise ValueError(
                f"{name}: x.shape={images.shape}; must be (n, {c}, h, w) for W.shape={W.shape}"
            )
        b = vector_like(W, name, "b", self.b, fn)
        stride = whole_number(name, "stride", self.stride, 1)
        pad = whole_number(name, "pad", self.pad, 0)
        stored, data_format = stored_images(images)
        return Operands(stored, W, _as_kernel(W), b, stride, pad, data_format)

    def keep(self, x: Any, given: Operands, y_shape: tuple[int, ...]) -> None:
        """Take x for the last input of forward."""
        forget(self, "col", "col_W")
        self.x, self.pooled = x, None
        self._seen = _Seen(given.x, given.W, y_shape, given.stride, given.pad, given.data_format)

    def backward(self, dout: Any) -> Array:
        """Keep dW and db of the gradient of y, (n, fn, oh, ow); return that of x.

        Raises:
            RuntimeError: no forward before. TypeError, ValueError: kind and shape of dout.
        """
        seen, dy = self._gradients_of_weights("Convolution.backward", dout)
        kernel = _as_kernel(seen.W)
        dx, _, _ = ops.conv2d_backward(dy, seen.x, kernel, needs=("x",), **options_of(seen))
        assert dx is not None
        return as_book(dx, seen.data_format)

    def backward_weights(self, dout: Any) -> None:
        """Keep dW and db alone: for a first layer, the gradient of whose x nobody reads."""
        self._gradients_of_weights("Convolution.backward_weights", dout)

    def _gradients_of_weights(self, name: str, dout: Any) -> tuple[_Seen, Array]:
        """Set dW and db; return what forward kept, and dout as x lies in memory."""
        seen: _Seen = after_forward(name, self._seen)
        dy = same_shape(name, "dout", like(seen.W, name, "dout", dout), seen.y_shape)
        dy = contiguous(in_layout(dy, seen.data_format))
        _, dkernel, dbias = ops.conv2d_backward(
            dy, seen.x, _as_kernel(seen.W), needs=("kernel", "bias"), **options_of(seen)
        )
        self.take_gradients(dkernel, dbias)
        return seen, dy

    def take_gradients(self, dkernel: Array | None, dbias: Array | None) -> None:
        """Set dW and db to the gradients of the kernel, (fh, fw, c, fn), and of b."""
        assert dkernel is not None
        self.dW = contiguous(dkernel.transpose(3, 2, 0, 1))  # (fn, c, fh, fw)
        self.db = dbias

    @cached_property
    def col(self) -> Array | None:
        """The windows of the last input as rows, (n * oh * ow, c * fh * fw)."""
        if self._seen is None:
            return None
        images = as_book(self._seen.x, self._seen.data_format)
        options = options_of(self._seen) | {"data_format": "channels_first"}
        return ops.im2col(images, self._seen.W.shape[2:], **options)

    @cached_property
    def col_W(self) -> Array | None:
        """The filters of the last forward as columns, (c * fh * fw, fn)."""
        if self._seen is None:
            return None
        W = self._seen.W
        columns: Array = W.reshape(W.shape[0], -1).T
        return columns


def options_of(kept: Operands | _Seen) -> dict[str, Any]:
    """Return the geometry as ops.conv2d takes it."""
    return {"strides": kept.stride, "padding": kept.pad, "data_format": kept.data_format}


def _as_kernel(W: Array) -> Array:
    """Return the book's filters as kernels hold them, (fh, fw, c, fn).

    A small copy at each call, so that whoever writes into W in place is heeded.
    """
    return contiguous(W.transpose(2, 3, 1, 0))
