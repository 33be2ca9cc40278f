# SPDX-License-Identifier: BSD-3-Clause
"""The one checked constructor of every window and shape: int64, refuses nonsense."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

IntPair: TypeAlias = int | tuple[int, int]
Padding: TypeAlias = (
    Literal["valid", "same"] | int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]
)
DataFormat: TypeAlias = Literal["channels_last", "channels_first"]
Shape: TypeAlias = tuple[int, ...]

_LARGEST = 2**31 - 1
# Elements of eight bytes must be addressable by a signed 64-bit offset.
_MOST_ELEMENTS = (2**63 - 1) // 8
_RECORD = struct.Struct("=19q")


def whole_number(function: str, argument: str, value: object, minimum: int) -> int:
    """Return an int or NumPy integer within [minimum, 2^31 - 1]; refuse all else."""
    if type(value) is not int:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{function}: {argument}={value!r}; must be an int")
        value = int(value)
    if value < minimum:
        raise ValueError(f"{function}: {argument}={value}; must be >= {minimum}")
    if value > _LARGEST:
        raise ValueError(f"{function}: {argument}={value}; must be <= {_LARGEST}")
    return value


def normalise_pair(
    function: str, argument: str, value: object, minimum: int
) -> tuple[int, int]:
    """Return (height, width) from an int or a pair of ints, each within [minimum, 2^31 - 1]."""
    if type(value) is int:
        one = whole_number(function, argument, value, minimum)
        return one, one
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{function}: {argument}={value!r}; must be an int or a pair of ints")
        return (
            whole_number(function, f"{argument}[0]", value[0], minimum),
            whole_number(function, f"{argument}[1]", value[1], minimum),
        )
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, np.integer):
        raise TypeError(f"{function}: {argument}={value!r}; must be an int or a pair of ints")
    one = whole_number(function, argument, value, minimum)
    return one, one


def normalise_data_format(function: str, data_format: object) -> bool:
    """Return whether images are channels_first; refuse unknown names."""
    if data_format == "channels_last":
        return False
    if data_format == "channels_first":
        return True
    kind: type[Exception] = ValueError if isinstance(data_format, str) else TypeError
    raise kind(
        f"{function}: data_format={data_format!r}; must be 'channels_last' or 'channels_first'"
    )


def normalise_padding(function: str, padding: object) -> str | tuple[int, int, int, int]:
    """Return "valid", "same", or pixels (top, bottom, left, right)."""
    if isinstance(padding, str):
        if padding in ("valid", "same"):
            return padding
        raise ValueError(
            f"{function}: padding={padding!r}; must be 'valid', 'same', pixels, (height, width) "
            "or ((top, bottom), (left, right))"
        )
    if isinstance(padding, (tuple, list)) and any(isinstance(p, (tuple, list)) for p in padding):
        if len(padding) != 2 or not all(
            isinstance(p, (tuple, list)) and len(p) == 2 for p in padding
        ):
            raise ValueError(
                f"{function}: padding={padding!r}; must be ((top, bottom), (left, right))"
            )
        top, bottom = normalise_pair(function, "padding[0]", tuple(padding[0]), 0)
        left, right = normalise_pair(function, "padding[1]", tuple(padding[1]), 0)
        return top, bottom, left, right
    vertical, horizontal = normalise_pair(function, "padding", padding, 0)
    return vertical, vertical, horizontal, horizontal


def image_sizes(
    function: str, argument: str, shape: Sequence[Any], channels_first: bool
) -> tuple[int, int, int, int]:
    """Return (n, h, w, c) of an image shape in either layout; only n may be 0."""
    if isinstance(shape, (str, bytes)) or not isinstance(shape, Sequence):
        raise TypeError(f"{function}: {argument}={shape!r}; must be a shape of 4 ints")
    if len(shape) != 4:
        raise ValueError(f"{function}: {argument}={tuple(shape)}; must have 4 axes")
    sizes = [whole_number(function, f"{argument}[{i}]", size, 0) for i, size in enumerate(shape)]
    n, *rest = sizes
    c, h, w = rest if channels_first else (rest[2], rest[0], rest[1])
    for name, size in (("height", h), ("width", w), ("channels", c)):
        if size == 0:
            raise ValueError(f"{function}: {argument}={tuple(shape)}; {name} must be >= 1")
    return n, h, w, c


def _checked_elements(function: str, what: str, *sizes: int) -> None:
    product = 1
    for size in sizes:
        product *= size
    if product > _MOST_ELEMENTS:
        raise ValueError(
            f"{function}: {what} would have {product} elements; must be <= {_MOST_ELEMENTS}"
        )


class _Axis(NamedTuple):
    before: int
    after: int
    output: int


def _same_axis(size: int, extent: int, stride: int) -> _Axis:
    """TensorFlow's rule: ceil(size / stride) windows, the odd pixel of padding at the end."""
    output = -(-size // stride)
    total = max((output - 1) * stride + extent - size, 0)
    return _Axis(total // 2, total - total // 2, output)


def _axis(
    function: str,
    name: str,
    size: int,
    kernel: int,
    stride: int,
    dilation: int,
    padding: str | tuple[int, int],
    ceil_mode: bool,
) -> _Axis:
    extent = (kernel - 1) * dilation + 1
    if padding == "same":
        return _same_axis(size, extent, stride)
    before, after = (0, 0) if isinstance(padding, str) else padding
    padded = size + before + after
    if extent > padded:
        raise ValueError(
            f"{function}: the window's {name}={extent} exceeds the padded input's {name}={padded}"
        )
    output = (padded - extent) // stride + 1
    if ceil_mode and (padded - extent) % stride and output * stride < size + before:
        output += 1
    return _Axis(before, after, output)


class Window(NamedTuple):
    """A window operation on images; the fields are the native record's, in its order.

    n h w c: input; kh kw: window; sh sw: strides; top bottom left right: padding; dil_h dil_w:
    dilation, all in pixels; oh ow f: output; groups; channels_first: 0 or 1. For pooling and
    im2col f = c.
    """

    n: int
    h: int
    w: int
    c: int
    kh: int
    kw: int
    sh: int
    sw: int
    top: int
    bottom: int
    left: int
    right: int
    dil_h: int
    dil_w: int
    oh: int
    ow: int
    f: int
    groups: int
    channels_first: int

    @property
    def packed(self) -> bytes:
        """The record that native functions take."""
        return _packed(self)

    @property
    def input_shape(self) -> Shape:
        """The shape of x."""
        return self._image(self.c, self.h, self.w)

    @property
    def output_shape(self) -> Shape:
        """The shape of y."""
        return self._image(self.f, self.oh, self.ow)

    @property
    def kernel_shape(self) -> Shape:
        """(kh, kw, c / groups, f), whatever the data format."""
        return self.kh, self.kw, self.c // self.groups, self.f

    @property
    def col_shape(self) -> Shape:
        """The shape of the im2col matrix."""
        return self.n * self.oh * self.ow, self.kh * self.kw * self.c

    @property
    def offset_dtype(self) -> np.dtype[Any]:
        """What holds a position inside the window: uint8 up to 256 positions, else int32."""
        return np.dtype(np.uint8 if self.kh * self.kw <= 256 else np.int32)

    def _image(self, channels: int, height: int, width: int) -> Shape:
        if self.channels_first:
            return self.n, channels, height, width
        return self.n, height, width, channels

    @staticmethod
    def conv(
        function: str,
        x_shape: Sequence[Any],
        kernel_shape: Sequence[Any],
        strides: IntPair,
        padding: Padding,
        dilation_rate: IntPair,
        groups: int,
        data_format: DataFormat,
    ) -> Window:
        """Return the checked window of a convolution.

        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        n, h, w, c = image_sizes(function, "x.shape", x_shape, first)
        kh, kw, cg, f = _kernel_sizes(function, kernel_shape)
        groups = whole_number(function, "groups", groups, 1)
        if c % groups or f % groups:
            raise ValueError(
                f"{function}: groups={groups}; must divide the {c} channels of x and the {f} "
                "filters"
            )
        if cg * groups != c:
            raise ValueError(
                f"{function}: kernel.shape={tuple(kernel_shape)} takes {cg} channels per group; "
                f"x.shape={tuple(x_shape)} has {c} in groups={groups}"
            )
        return _build(
            function,
            (n, h, w, c),
            (kh, kw),
            normalise_pair(function, "strides", strides, 1),
            normalise_padding(function, padding),
            normalise_pair(function, "dilation_rate", dilation_rate, 1),
            f,
            groups,
            first,
            False,
        )

    @staticmethod
    def pool(
        function: str,
        x_shape: Sequence[Any],
        pool_size: IntPair,
        strides: IntPair | None,
        padding: Padding,
        data_format: DataFormat,
        ceil_mode: bool,
    ) -> Window:
        """Return the checked window of a pooling; strides=None means pool_size.

        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        sizes = image_sizes(function, "x.shape", x_shape, first)
        kernel = normalise_pair(function, "pool_size", pool_size, 1)
        stride = kernel if strides is None else normalise_pair(function, "strides", strides, 1)
        pads = normalise_padding(function, padding)
        if not isinstance(pads, str):
            for i, pad in enumerate(pads):
                if pad >= kernel[i // 2]:
                    raise ValueError(
                        f"{function}: padding={padding!r}; must be below pool_size={kernel}, so "
                        "that every window meets a pixel"
                    )
        if not isinstance(ceil_mode, (bool, np.bool_)):
            raise TypeError(f"{function}: ceil_mode={ceil_mode!r}; must be a bool")
        return _build(
            function, sizes, kernel, stride, pads, (1, 1), sizes[3], 1, first, bool(ceil_mode)
        )

    @staticmethod
    def im2col(
        function: str,
        x_shape: Sequence[Any],
        kernel_size: IntPair,
        strides: IntPair,
        padding: Padding,
        dilation_rate: IntPair,
        data_format: DataFormat,
    ) -> Window:
        """Return the checked window of im2col and col2im.

        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        sizes = image_sizes(function, "x.shape", x_shape, first)
        window = _build(
            function,
            sizes,
            normalise_pair(function, "kernel_size", kernel_size, 1),
            normalise_pair(function, "strides", strides, 1),
            normalise_padding(function, padding),
            normalise_pair(function, "dilation_rate", dilation_rate, 1),
            sizes[3],
            1,
            first,
            False,
        )
        _checked_elements(function, "col", *window.col_shape)
        return window


def _kernel_sizes(function: str, shape: Sequence[Any]) -> tuple[int, int, int, int]:
    if isinstance(shape, (str, bytes)) or not isinstance(shape, Sequence):
        raise TypeError(f"{function}: kernel.shape={shape!r}; must be a shape of 4 ints")
    if len(shape) != 4:
        raise ValueError(f"{function}: kernel.shape={tuple(shape)}; must have 4 axes")
    kh, kw, cg, f = (
        whole_number(function, f"kernel.shape[{i}]", size, 1) for i, size in enumerate(shape)
    )
    return kh, kw, cg, f


@lru_cache(maxsize=4096)
def _packed(window: Window) -> bytes:
    return _RECORD.pack(*window)


@lru_cache(maxsize=4096)
def _build(
    function: str,
    image: tuple[int, int, int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    padding: str | tuple[int, int, int, int],
    dilation: tuple[int, int],
    f: int,
    groups: int,
    channels_first: bool,
    ceil_mode: bool,
) -> Window:
    """Build from plain ints alone: a cached key must not let True or 1.0 pass for 1."""
    n, h, w, c = image
    vertical, horizontal = (
        (padding, padding) if isinstance(padding, str) else (padding[:2], padding[2:])
    )
    rows = _axis(function, "height", h, kernel[0], strides[0], dilation[0], vertical, ceil_mode)
    columns = _axis(
        function, "width", w, kernel[1], strides[1], dilation[1], horizontal, ceil_mode
    )
    _checked_elements(function, "x", n, h, w, c)
    _checked_elements(function, "y", n, rows.output, columns.output, f)
    _checked_elements(function, "a padded image", *_padded(h, w, c, rows, columns))
    return Window(
        n, h, w, c, *kernel, *strides, rows.before, rows.after, columns.before, columns.after,
        *dilation, rows.output, columns.output, f, groups, int(channels_first),
    )  # fmt: skip


def _padded(h: int, w: int, c: int, rows: _Axis, columns: _Axis) -> tuple[int, int, int]:
    return h + rows.before + rows.after, w + columns.before + columns.after, c
