# SPDX-License-Identifier: BSD-3-Clause
"""Max pooling: y[n, c, i, j] is the largest pixel of x[n, c] under window (i, j)."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from pyconv import ops
from pyconv.arguments import DataFormat, whole_number
from pyconv.backend import Array, array_module
from pyconv.scratch.arrays import (
    after_forward,
    as_book,
    elementwise,
    forget,
    in_layout,
    like,
    promoted,
    same_shape,
    stored_images,
)


class _Seen(NamedTuple):
    """What forward keeps for backward."""

    y: Array  # (n, c, oh, ow)
    argmax: Array  # in the layout
    input_shape: tuple[int, ...]  # of what was pooled, in the layout
    pool: dict[str, Any]
    x_shape: tuple[int, ...]  # (n, c, h, w)
    pad: int
    data_format: DataFormat


class Pooling:
    """Max pooling, chapter 7.4.4; the first of equal pixels wins.

    `pad` puts zeros around the image, which take part, and shifts the windows; it does not count
    in the number of windows. That is the book's formula: its program runs only where counting pad
    would make no difference, and there the results are equal.

    Args:
        pool_h, pool_w: the window, pixels. stride, pad: pixels, both ways.
    Attributes:
        pool_h, pool_w, stride, pad: as given; they may be replaced. x: the last input.
        arg_max: which pixel of its window won, flat over (n, oh, ow, c); computed when read.
    """

    later: Any = None  # whose y is x, made when somebody reads it

    def __init__(self, pool_h: int, pool_w: int, stride: int = 2, pad: int = 0) -> None:
        self.pool_h, self.pool_w = pool_h, pool_w
        self.stride, self.pad = stride, pad
        self._seen: _Seen | None = None

    def forward(self, x: Any) -> Array:
        """Return (n, c, oh, ow) of images (n, c, h, w); oh = int(1 + (h - pool_h) / stride).

        Raises:
            TypeError: no array of numbers. ValueError: rank, sizes, stride, pad.
        """
        name = "Pooling.forward"
        (images,) = promoted(name, x=x)
        if images.ndim != 4:
            raise ValueError(f"{name}: x.shape={images.shape}; must be (n, c, h, w)")
        size, stride, pad = self.checked_windows(images.shape)
        pooled = _padded(images, size, stride, pad) if pad else images
        stored, data_format = stored_images(pooled)
        pool: dict[str, Any] = {"pool_size": size, "strides": stride, "data_format": data_format}
        y, argmax = ops.max_pool2d_with_argmax(stored, **pool)
        y = as_book(y, data_format)
        forget(self, "arg_max")
        self.x, self.later = x, None
        self._seen = _Seen(y, argmax, stored.shape, pool, images.shape, pad, data_format)
        return y

    def checked_windows(self, shape: tuple[int, ...]) -> tuple[tuple[int, int], int, int]:
        """Return the pool's size, stride and pad for images (n, c, h, w).

        Raises:
            TypeError, ValueError: as forward does.
        """
        name = "Pooling.forward"
        size = (
            whole_number(name, "pool_h", self.pool_h, 1),
            whole_number(name, "pool_w", self.pool_w, 1),
        )
        stride = whole_number(name, "stride", self.stride, 1)
        pad = whole_number(name, "pad", self.pad, 0)
        for argument, pixels, extent in zip(("h", "w"), shape[2:], size, strict=True):
            if pixels < extent:
                raise ValueError(
                    f"{name}: pool_{argument}={extent}; must be <= {pixels} for x.shape={shape}"
                )
        return size, stride, pad

    def keep_later(
        self, later: Any, y: Array, argmax: Array, stored_shape: Any, pool: dict[str, Any]
    ) -> Array:
        """Take y and argmax, channels last as `pool` says, for those of forward(later.y)."""
        data_format: DataFormat = pool["data_format"]
        y = as_book(y, data_format)
        n, h, w, c = stored_shape
        forget(self, "arg_max", "x")
        self.later = later
        self._seen = _Seen(y, argmax, stored_shape, pool, (n, c, h, w), 0, data_format)
        return y

    @cached_property
    def x(self) -> Any:
        """The last input."""
        return None if self.later is None else self.later.y

    def backward(self, dout: Any) -> Array:
        """Return the gradient of x: each of dout, (n, c, oh, ow), goes to the pixel that won.

        Raises:
            RuntimeError: no forward before. TypeError, ValueError: kind and shape of dout.
        """
        seen, dy = self._with_gradient("Pooling.backward", dout)
        return self._backward(seen, dy)

    def backward_relu(self, dout: Any) -> Array:
        """Return the gradient of what a ReLU before this layer got: masked while it is small."""
        seen, dy = self._with_gradient("Pooling.backward_relu", dout)
        return self._backward(seen, elementwise(ops.relu_backward, dy, seen.y))

    def _with_gradient(self, name: str, dout: Any) -> tuple[_Seen, Array]:
        seen: _Seen = after_forward(name, self._seen)
        return seen, same_shape(name, "dout", like(seen.y, name, "dout", dout), seen.y.shape)

    def _backward(self, seen: _Seen, dy: Array) -> Array:
        dy = in_layout(dy, seen.data_format)
        argmax = seen.argmax
        if "arg_max" in vars(self):  # read, or set, since forward
            argmax = _stored_offsets(self.arg_max, seen)
        dx = ops.max_pool2d_backward(dy, argmax, seen.input_shape, **seen.pool)
        dx = as_book(dx, seen.data_format)
        return _without_padding(dx, seen.x_shape, seen.pad) if seen.pad else dx

    @cached_property
    def arg_max(self) -> Array | None:
        """Row * pool_w + column of the pixel that won each window, flat over (n, oh, ow, c)."""
        if self._seen is None:
            return None
        argmax = self._seen.argmax
        if self._seen.data_format == "channels_first":
            argmax = argmax.transpose(0, 2, 3, 1)
        return argmax.astype(np.intp).ravel()


def _stored_offsets(arg_max: Any, seen: _Seen) -> Array:
    """Return offsets, flat over (n, oh, ow, c), as the kernels keep them."""
    n, c, oh, ow = seen.y.shape
    offsets: Array = array_module(seen.y).asarray(arg_max)
    same_shape("Pooling.backward", "arg_max", offsets, (seen.y.size,))
    if offsets.size and not 0 <= offsets.min() <= offsets.max() <= np.iinfo(seen.argmax.dtype).max:
        raise ValueError("Pooling.backward: arg_max holds an offset outside its window")
    stored = in_layout(offsets.reshape(n, oh, ow, c).transpose(0, 3, 1, 2), seen.data_format)
    return stored.astype(seen.argmax.dtype)


def _padded(x: Array, size: tuple[int, int], stride: int, pad: int) -> Array:
    """Return the part of the padded images that the windows of the book's formula cover."""
    rows, columns = (
        (pixels - extent) // stride * stride + extent
        for pixels, extent in zip(x.shape[2:], size, strict=True)
    )
    covered: Array = array_module(x).zeros((*x.shape[:2], rows, columns), x.dtype)
    inside = covered[:, :, pad:, pad:]  # nothing, where pad is that large
    inside[...] = x[:, :, : inside.shape[2], : inside.shape[3]]
    return covered


def _without_padding(dx: Array, x_shape: tuple[int, ...], pad: int) -> Array:
    """Return the gradient of the images inside; pixels that no window covered get 0."""
    whole = array_module(dx).zeros(x_shape, dx.dtype)
    inside = dx[:, :, pad:, pad:]
    whole[:, :, : inside.shape[2], : inside.shape[3]] = inside
    return whole  # type: ignore[no-any-return]
