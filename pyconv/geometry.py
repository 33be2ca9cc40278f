# SPDX-License-Identifier: BSD-3-Clause
"""The one checked constructor of every window and shape: int64, refuses nonsense.

out = floor((size + padding - ((k - 1) * dilation + 1)) / stride) + 1;  "same": ceil(size / stride).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np

from pyconv.arguments import LARGEST as LARGEST
from pyconv.arguments import DataFormat as DataFormat
from pyconv.arguments import IntPair as IntPair
from pyconv.arguments import Padding as Padding
from pyconv.arguments import Pads as Pads
from pyconv.arguments import Shape as Shape
from pyconv.arguments import checked_flag as checked_flag
from pyconv.arguments import normalise_data_format as normalise_data_format
from pyconv.arguments import normalise_padding as normalise_padding
from pyconv.arguments import normalise_pair as normalise_pair
from pyconv.arguments import whole_number as whole_number
from pyconv.sizes import (
    check_elements,
    checked_output_padding,
    four_sizes,
    image_sizes,
    transposed_axis,
    window_axis,
)

_RECORD = struct.Struct("=19q")


@dataclass(frozen=True, slots=True)
class Window:
    """A window operation on images; the fields are the native record's, in its order.

    n h w c: input; kh kw: window; sh sw: strides; top bottom left right: padding; dil_h dil_w:
    dilation, all in pixels; oh ow f: output; groups; channels_first: 0 or 1. For pooling and
    im2col f = c. With ceil_mode the last window may reach beyond the padding.
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
    packed: bytes = field(init=False, repr=False, compare=False)  # what native functions take
    input_shape: Shape = field(init=False, repr=False, compare=False)  # of x
    output_shape: Shape = field(init=False, repr=False, compare=False)  # of y

    def __post_init__(self) -> None:
        made = {
            "packed": _RECORD.pack(*_fields(self)),
            "input_shape": self._in_layout(self.h, self.w, self.c),
            "output_shape": self._in_layout(self.oh, self.ow, self.f),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def kernel_shape(self) -> Shape:
        """(kh, kw, c / groups, f), whatever the data format."""
        return self.kh, self.kw, self.c // self.groups, self.f

    @property
    def col_shape(self) -> Shape:
        """The shape of the im2col matrix: a row for each output pixel."""
        return self.n * self.oh * self.ow, self.kh * self.kw * self.c

    @property
    def offset_dtype(self) -> np.dtype[Any]:
        """What holds a position inside the window: uint8 up to 256 positions, else int32."""
        return np.dtype(np.uint8 if self.kh * self.kw <= 256 else np.int32)

    def _in_layout(self, height: int, width: int, channels: int) -> Shape:
        if self.channels_first:
            return self.n, channels, height, width
        return self.n, height, width, channels

    @classmethod
    def conv(
        cls,
        function: str,
        x_shape: Shape,
        kernel_shape: Shape,
        strides: IntPair,
        padding: Padding,
        dilation_rate: IntPair,
        groups: int,
        data_format: DataFormat,
        *,
        shape_argument: str = "x.shape",
    ) -> Window:
        """Return the checked window of a convolution with a (kh, kw, c / groups, f) kernel.

        Args:
            function, shape_argument: what error texts call the function and the input's shape.
        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        image = image_sizes(function, shape_argument, x_shape, first)
        kh, kw, group_channels, f = four_sizes(function, "kernel.shape", kernel_shape, 1)
        groups = whole_number(function, "groups", groups, 1)
        if image[3] % groups or f % groups or group_channels * groups != image[3]:
            raise ValueError(
                f"{function}: {shape_argument}={tuple(x_shape)} with groups={groups} and "
                f"kernel.shape={tuple(kernel_shape)}; groups must divide the channels of x and "
                "the filters, and the kernel must have channels / groups"
            )
        return _checked(
            function,
            image,
            "kernel.shape",
            (kh, kw),
            normalise_pair(function, "strides", strides, 1),
            normalise_padding(function, padding),
            normalise_pair(function, "dilation_rate", dilation_rate, 1),
            (f, groups),
            first,
        )

    @classmethod
    def conv_transpose(
        cls,
        function: str,
        x_shape: Shape,
        kernel_shape: Shape,
        strides: IntPair,
        padding: Padding,
        output_padding: IntPair | None,
        dilation_rate: IntPair,
        data_format: DataFormat,
    ) -> Window:
        """Return the window whose convolution is the adjoint: from y (n, oh, ow, filters) to x.

        Args:
            kernel_shape: (kh, kw, filters, c). output_padding: pixels more at the bottom and right.
        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        Source: the sizes and crops of Keras Conv2DTranspose; with pixels as padding, PyTorch's.
        """
        first = normalise_data_format(function, data_format)
        n, h, w, c = image_sizes(function, "x.shape", x_shape, first)
        kh, kw, f, channels = four_sizes(function, "kernel.shape", kernel_shape, 1)
        if channels != c:
            raise ValueError(
                f"{function}: kernel.shape={tuple(kernel_shape)} for x.shape={tuple(x_shape)}; "
                f"must be (kh, kw, filters, {c})"
            )
        steps = normalise_pair(function, "strides", strides, 1)
        pads = normalise_padding(function, padding)
        dilation = normalise_pair(function, "dilation_rate", dilation_rate, 1)
        extra = checked_output_padding(function, output_padding, steps)
        lists: tuple[list[int], list[int], list[int]] = [], [], []
        sizes, crops, rest = lists
        for axis, pixels in enumerate((h, w)):
            cut = pads if isinstance(pads, str) else pads[2 * axis : 2 * axis + 2]
            extent = ((kh, kw)[axis] - 1) * dilation[axis] + 1
            try:
                found = transposed_axis(
                    axis, pixels, extent, steps[axis], cut, extra and extra[axis], padding
                )
            except ValueError as error:
                raise ValueError(f"{function}: {error}") from None
            for kept, value in zip(lists, found, strict=True):
                kept.append(value)
        check_elements("y", n, *sizes, f)
        check_elements("x", n, h, w, c)
        check_elements("the kernel", kh, kw, f, c)
        check_elements("the im2col matrix", n, h, w, kh, kw, f)
        (oh, ow), (top, left), (bottom, right) = sizes, crops, rest
        return Window(
            n, oh, ow, f, kh, kw, *steps, top, bottom, left, right, *dilation, h, w, c, 1,
            int(first),
        )  # fmt: skip

    @classmethod
    def pool(
        cls,
        function: str,
        x_shape: Shape,
        pool_size: IntPair,
        strides: IntPair | None,
        padding: Padding,
        data_format: DataFormat,
        ceil_mode: bool,
        *,
        shape_argument: str = "x.shape",
    ) -> Window:
        """Return the checked window of a pooling; strides=None means pool_size.

        Args:
            function, shape_argument: what error texts call the function and the input's shape.
        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        image = image_sizes(function, shape_argument, x_shape, first)
        size = normalise_pair(function, "pool_size", pool_size, 1)
        steps = size if strides is None else normalise_pair(function, "strides", strides, 1)
        pads = normalise_padding(function, padding)
        if size[0] * size[1] > LARGEST:
            raise ValueError(
                f"{function}: pool_size={pool_size}; must have at most {LARGEST} positions"
            )
        if not isinstance(pads, str) and (max(pads[:2]) >= size[0] or max(pads[2:]) >= size[1]):
            raise ValueError(
                f"{function}: padding={padding}; must be below pool_size={pool_size}, so that "
                "every window meets a pixel"
            )
        return _checked(
            function,
            image,
            "pool_size",
            size,
            steps,
            pads,
            (1, 1),
            (image[3], 1),
            first,
            checked_flag(function, "ceil_mode", ceil_mode),
        )

    @classmethod
    def global_pool(
        cls,
        function: str,
        x_shape: Shape,
        data_format: DataFormat,
        *,
        shape_argument: str = "x.shape",
    ) -> Window:
        """Return the checked window that covers an image of this shape: oh = ow = 1.

        Args:
            function, shape_argument: what error texts call the function and the input's shape.
        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        _, h, w, _ = image_sizes(function, shape_argument, x_shape, first)
        if h * w > LARGEST:
            raise ValueError(
                f"{function}: {shape_argument}={tuple(x_shape)}; must have at most {LARGEST} "
                "pixels in an image"
            )
        return cls.pool(
            function, x_shape, (h, w), 1, "valid", data_format, False, shape_argument=shape_argument
        )

    @classmethod
    def resize(
        cls,
        function: str,
        x_shape: Shape,
        size: IntPair,
        data_format: DataFormat,
        *,
        shape_argument: str = "x.shape",
    ) -> Window:
        """Return the checked record of images that become (height, width) = size: oh, ow.

        Args:
            function, shape_argument: what error texts call the function and the input's shape.
        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        n, h, w, c = image_sizes(function, shape_argument, x_shape, first)
        oh, ow = normalise_pair(function, "size", size, 1)
        try:
            check_elements("x", n, h, w, c)
            check_elements("y", n, oh, ow, c)
        except ValueError as error:
            raise ValueError(f"{function}: {error}") from None
        return cls(n, h, w, c, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, oh, ow, c, 1, int(first))

    @classmethod
    def im2col(
        cls,
        function: str,
        x_shape: Shape,
        kernel_size: IntPair,
        strides: IntPair,
        padding: Padding,
        dilation_rate: IntPair,
        data_format: DataFormat,
        *,
        shape_argument: str = "x.shape",
    ) -> Window:
        """Return the checked window of im2col and col2im.

        Args:
            function, shape_argument: what error texts call the function and the input's shape.
        Raises:
            TypeError, ValueError: naming function, argument, value and rule.
        """
        first = normalise_data_format(function, data_format)
        image = image_sizes(function, shape_argument, x_shape, first)
        return _checked(
            function,
            image,
            "kernel_size",
            normalise_pair(function, "kernel_size", kernel_size, 1),
            normalise_pair(function, "strides", strides, 1),
            normalise_padding(function, padding),
            normalise_pair(function, "dilation_rate", dilation_rate, 1),
            (image[3], 1),
            first,
        )


_fields = attrgetter(*(each.name for each in fields(Window) if each.init))


def _checked(
    function: str,
    image: tuple[int, int, int, int],
    size_argument: str,
    size: tuple[int, int],
    strides: tuple[int, int],
    pads: Pads,
    dilation: tuple[int, int],
    filters: tuple[int, int],
    channels_first: bool,
    ceil_mode: bool = False,
) -> Window:
    """Return the cached window; every argument here is plain, so True or 1.0 never meets 1."""
    try:
        return _build(
            image, size_argument, size, strides, pads, dilation, filters, channels_first, ceil_mode
        )
    except ValueError as error:
        raise ValueError(f"{function}: {error}") from None


@lru_cache(maxsize=4096)
def _build(
    image: tuple[int, int, int, int],
    size_argument: str,
    size: tuple[int, int],
    strides: tuple[int, int],
    pads: Pads,
    dilation: tuple[int, int],
    filters: tuple[int, int],
    channels_first: bool,
    ceil_mode: bool,
) -> Window:
    n, h, w, c = image
    f, groups = filters
    around: list[int] = []
    outputs: list[int] = []
    for axis, pixels in enumerate((h, w)):
        cut = pads if isinstance(pads, str) else pads[2 * axis : 2 * axis + 2]
        before, after, output = window_axis(
            size_argument, axis, pixels, size[axis], dilation[axis], strides[axis], cut, ceil_mode
        )
        around += (before, after)
        outputs.append(output)
    oh, ow = outputs
    top, bottom, left, right = around
    check_elements("x", n, h, w, c)
    check_elements("y", n, oh, ow, f)
    check_elements("a padded image", h + top + bottom, w + left + right, c)
    check_elements("one window", *size, c)
    if size_argument != "pool_size":
        check_elements("the kernel", *size, c // groups, f)
        check_elements("the im2col matrix", n, oh, ow, *size, c)
    return Window(
        n, h, w, c, *size, *strides, top, bottom, left, right, *dilation, oh, ow, f, groups,
        int(channels_first),
    )  # fmt: skip
