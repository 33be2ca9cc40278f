# SPDX-License-Identifier: BSD-3-Clause
"""The one checked constructor of every window and shape: int64, refuses nonsense.

out = floor((size + padding - ((k - 1) * dilation + 1)) / stride) + 1;  "same": ceil(size / stride).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from operator import attrgetter
from typing import Any, Literal, TypeAlias

import numpy as np

IntPair: TypeAlias = int | tuple[int, int]
Padding: TypeAlias = (
    Literal["valid", "same"] | int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]
)
DataFormat: TypeAlias = Literal["channels_last", "channels_first"]
Shape: TypeAlias = tuple[int, ...]
# "valid", "same", or pixels (top, bottom, left, right).
Pads: TypeAlias = str | tuple[int, int, int, int]

_LARGEST = 2**31 - 1
# Elements of eight bytes each must be addressable by a signed 64-bit offset.
_MOST_ELEMENTS = (2**63 - 1) // 8
_RECORD = struct.Struct("=19q")
_AXES = ("height", "width")


def whole_number(function: str, argument: str, value: object, minimum: int) -> int:
    """Return a Python int within [minimum, 2^31 - 1] from an int or a NumPy integer."""
    if type(value) is int:
        number = value
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = int(value)
    else:
        raise TypeError(f"{function}: {argument}={value!r}; must be an int")
    if number < minimum:
        raise ValueError(f"{function}: {argument}={number}; must be >= {minimum}")
    if number > _LARGEST:
        raise ValueError(f"{function}: {argument}={number}; must be <= {_LARGEST}")
    return number


def checked_flag(function: str, argument: str, value: object) -> bool:
    """Return True or False; what is not a bool is refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{function}: {argument}={value!r}; must be a bool")
    return bool(value)


def normalise_pair(function: str, argument: str, value: object, minimum: int) -> tuple[int, int]:
    """Return (height, width) from an int or a pair of ints, each within [minimum, 2^31 - 1]."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{function}: {argument}={value!r}; must be an int or two ints")
        return (
            whole_number(function, f"{argument}[0]", value[0], minimum),
            whole_number(function, f"{argument}[1]", value[1], minimum),
        )
    if isinstance(value, (int, np.integer)):
        number = whole_number(function, argument, value, minimum)
        return number, number
    raise TypeError(f"{function}: {argument}={value!r}; must be an int or two ints")


def normalise_data_format(function: str, data_format: object) -> bool:
    """Return whether images are channels_first."""
    if isinstance(data_format, str):
        if data_format in ("channels_last", "channels_first"):
            return data_format == "channels_first"
        kind: type[Exception] = ValueError
    else:
        kind = TypeError
    raise kind(
        f"{function}: data_format={data_format!r}; must be 'channels_last' or 'channels_first'"
    )


_SIDES_RULE = "pixels, (height, width) or ((top, bottom), (left, right))"


def normalise_padding(function: str, padding: object) -> Pads:
    """Return "valid", "same", or pixels (top, bottom, left, right)."""
    rule = f"must be 'valid', 'same', {_SIDES_RULE}"
    if isinstance(padding, str):
        if padding in ("valid", "same"):
            return padding
        raise ValueError(f"{function}: padding={padding!r}; {rule}")
    return normalise_sides(function, "padding", padding, rule)


def normalise_sides(
    function: str, argument: str, value: object, rule: str = f"must be {_SIDES_RULE}"
) -> tuple[int, int, int, int]:
    """Return pixels (top, bottom, left, right), each at least 0."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{function}: {argument}={value!r}; {rule}")
        if isinstance(value[0], (tuple, list)):
            sides: list[int] = []
            for i, side in enumerate(value):
                if not isinstance(side, (tuple, list)):
                    raise TypeError(f"{function}: {argument}[{i}]={side!r}; {rule}")
                if len(side) != 2:
                    raise ValueError(f"{function}: {argument}[{i}]={side!r}; {rule}")
                sides += normalise_pair(function, f"{argument}[{i}]", side, 0)
            return sides[0], sides[1], sides[2], sides[3]
    elif isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{function}: {argument}={value!r}; {rule}")
    vertical, horizontal = normalise_pair(function, argument, value, 0)
    return vertical, vertical, horizontal, horizontal


def _four_sizes(function: str, argument: str, shape: object, minimum: int) -> tuple[int, ...]:
    """Return the sizes of a shape with four axes; the first alone may be as small as minimum."""
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"{function}: {argument}={shape!r}; must be a tuple of 4 ints")
    if len(shape) != 4:
        raise ValueError(f"{function}: {argument}={shape!r}; must have 4 axes")
    return tuple(
        size
        if type(size) is int and 0 < size <= _LARGEST
        else whole_number(function, f"{argument}[{i}]", size, 1 if i else minimum)
        for i, size in enumerate(shape)
    )


def _image(
    function: str, argument: str, shape: object, channels_first: bool
) -> tuple[int, int, int, int]:
    """Return (n, h, w, c) of an image shape in either layout; only n may be 0."""
    n, *rest = _four_sizes(function, argument, shape, 0)
    c, h, w = rest if channels_first else (rest[2], rest[0], rest[1])
    return n, h, w, c


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "packed", _RECORD.pack(*_fields(self)))

    @property
    def input_shape(self) -> Shape:
        """The shape of x."""
        return self._in_layout(self.h, self.w, self.c)

    @property
    def output_shape(self) -> Shape:
        """The shape of y."""
        return self._in_layout(self.oh, self.ow, self.f)

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
        image = _image(function, shape_argument, x_shape, first)
        kh, kw, group_channels, f = _four_sizes(function, "kernel.shape", kernel_shape, 1)
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
        image = _image(function, shape_argument, x_shape, first)
        size = normalise_pair(function, "pool_size", pool_size, 1)
        steps = size if strides is None else normalise_pair(function, "strides", strides, 1)
        pads = normalise_padding(function, padding)
        if size[0] * size[1] > _LARGEST:
            raise ValueError(
                f"{function}: pool_size={pool_size}; must have at most {_LARGEST} positions"
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
        _, h, w, _ = _image(function, shape_argument, x_shape, first)
        if h * w > _LARGEST:
            raise ValueError(
                f"{function}: {shape_argument}={tuple(x_shape)}; must have at most {_LARGEST} "
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
        n, h, w, c = _image(function, shape_argument, x_shape, first)
        oh, ow = normalise_pair(function, "size", size, 1)
        try:
            _check_elements("x", n, h, w, c)
            _check_elements("y", n, oh, ow, c)
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
        image = _image(function, shape_argument, x_shape, first)
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


_fields = attrgetter(*(name for name in Window.__annotations__ if name != "packed"))


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
        extent = (size[axis] - 1) * dilation[axis] + 1
        if pads == "same":
            before, after, output = _same(pixels, extent, strides[axis])
            if after > _LARGEST:
                raise ValueError(
                    f"padding='same' takes {after} pixels for {size_argument}[{axis}]="
                    f"{size[axis]}, dilation_rate[{axis}]={dilation[axis]}; must be <= {_LARGEST}"
                )
        else:
            before, after = (0, 0) if isinstance(pads, str) else pads[2 * axis : 2 * axis + 2]
            room = pixels + before + after - extent
            output = room // strides[axis] + 1
            if room < 0:
                raise ValueError(
                    f"{size_argument}[{axis}]={size[axis]} spans {extent} pixels, the padded "
                    f"input {room + extent}: output {_AXES[axis]}={output}; must be >= 1"
                )
            # The extra window counts only if it begins inside the image, not in the padding.
            if ceil_mode and room % strides[axis] and output * strides[axis] < pixels + before:
                output += 1
        around += (before, after)
        outputs.append(output)
    oh, ow = outputs
    top, bottom, left, right = around
    _check_elements("x", n, h, w, c)
    _check_elements("y", n, oh, ow, f)
    _check_elements("a padded image", h + top + bottom, w + left + right, c)
    _check_elements("one window", *size, c)
    if size_argument != "pool_size":
        _check_elements("the kernel", *size, c // groups, f)
        _check_elements("the im2col matrix", n, oh, ow, *size, c)
    return Window(
        n, h, w, c, *size, *strides, top, bottom, left, right, *dilation, oh, ow, f, groups,
        int(channels_first),
    )  # fmt: skip


def _same(pixels: int, extent: int, stride: int) -> tuple[int, int, int]:
    """Return (before, after, output) by TensorFlow's rule: the odd pixel of padding goes after."""
    output = -(-pixels // stride)
    total = max((output - 1) * stride + extent - pixels, 0)
    return total // 2, total - total // 2, output


def _check_elements(what: str, *sizes: int) -> None:
    """Refuse sizes whose product a 64-bit byte offset could not reach."""
    elements = prod(sizes)
    if elements > _MOST_ELEMENTS:
        shape = " x ".join(str(size) for size in sizes)
        raise ValueError(f"{what} has {shape} elements; must be <= {_MOST_ELEMENTS}")
