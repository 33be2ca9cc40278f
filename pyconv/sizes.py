# SPDX-License-Identifier: BSD-3-Clause
"""Sizes of images and windows along one axis, and the largest that are allowed."""

from __future__ import annotations

from math import prod

from pyconv.arguments import LARGEST, IntPair, normalise_pair, whole_number

# Elements of eight bytes each must be addressable by a signed 64-bit offset.
MOST_ELEMENTS = (2**63 - 1) // 8
AXES = ("height", "width")


def four_sizes(function: str, argument: str, shape: object, minimum: int) -> tuple[int, ...]:
    """Return the sizes of a shape with four axes; the first alone may be as small as minimum."""
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"{function}: {argument}={shape!r}; must be a tuple of 4 ints")
    if len(shape) != 4:
        raise ValueError(f"{function}: {argument}={shape!r}; must have 4 axes")
    return tuple(
        size
        if type(size) is int and 0 < size <= LARGEST
        else whole_number(function, f"{argument}[{i}]", size, 1 if i else minimum)
        for i, size in enumerate(shape)
    )


def image_sizes(
    function: str, argument: str, shape: object, channels_first: bool
) -> tuple[int, int, int, int]:
    """Return (n, h, w, c) of an image shape in either layout; only n may be 0."""
    n, *rest = four_sizes(function, argument, shape, 0)
    c, h, w = rest if channels_first else (rest[2], rest[0], rest[1])
    return n, h, w, c


def checked_output_padding(
    function: str, value: IntPair | None, strides: tuple[int, int]
) -> tuple[int, int] | None:
    if value is None:
        return None
    extra = normalise_pair(function, "output_padding", value, 0)
    if extra[0] >= strides[0] or extra[1] >= strides[1]:
        raise ValueError(
            f"{function}: output_padding={value!r}; must be less than strides={strides}"
        )
    return extra


def transposed_size(
    pixels: int, extent: int, stride: int, padding: str | tuple[int, ...], extra: int | None
) -> tuple[int, int]:
    """Return the output size, and how many leading pixels of the full result are cut off."""
    full = (pixels - 1) * stride + extent
    if padding == "valid":
        return full + (max(stride - extent, 0) if extra is None else extra), 0
    if padding == "same":
        if extra is None:
            size, around = pixels * stride, stride + extent - 2
        else:
            size = (pixels - 1) * stride + extent % 2 + extra
            around = extent + extent % 2 - 2 + extra
        return size, extent - 1 - min(around - around // 2, extent - 1)
    assert not isinstance(padding, str)
    before, after = padding
    return full - before - after + (extra or 0), before


def same_padding(pixels: int, extent: int, stride: int) -> tuple[int, int, int]:
    """Return (before, after, output) by TensorFlow's rule: the odd pixel of padding goes after."""
    output = -(-pixels // stride)
    total = max((output - 1) * stride + extent - pixels, 0)
    return total // 2, total - total // 2, output


def check_elements(what: str, *sizes: int) -> None:
    """Refuse sizes whose product a 64-bit byte offset could not reach."""
    elements = prod(sizes)
    if elements > MOST_ELEMENTS:
        shape = " x ".join(str(size) for size in sizes)
        raise ValueError(f"{what} has {shape} elements; must be <= {MOST_ELEMENTS}")


def window_axis(
    argument: str,
    axis: int,
    pixels: int,
    size: int,
    dilation: int,
    stride: int,
    pads: str | tuple[int, ...],
    ceil_mode: bool,
) -> tuple[int, int, int]:
    """Return the padding before and after, and the output size, of a window along one axis.

    Args:
        argument, axis: what error texts call the window's size. pads: "same", "valid" or two sides.
    """
    extent = (size - 1) * dilation + 1
    if pads == "same":
        before, after, output = same_padding(pixels, extent, stride)
        if after > LARGEST:
            raise ValueError(
                f"padding='same' takes {after} pixels for {argument}[{axis}]={size}, "
                f"dilation_rate[{axis}]={dilation}; must be <= {LARGEST}"
            )
        return before, after, output
    before, after = (0, 0) if isinstance(pads, str) else pads
    room = pixels + before + after - extent
    output = room // stride + 1
    if room < 0:
        raise ValueError(
            f"{argument}[{axis}]={size} spans {extent} pixels, the padded input {room + extent}: "
            f"output {AXES[axis]}={output}; must be >= 1"
        )
    # The extra window counts only if it begins inside the image, not in the padding.
    if ceil_mode and room % stride and output * stride < pixels + before:
        output += 1
    return before, after, output


def transposed_axis(
    axis: int,
    pixels: int,
    extent: int,
    stride: int,
    pads: str | tuple[int, ...],
    extra: int | None,
    padding: object,
) -> tuple[int, int, int]:
    """Return the output size of a transposed convolution along one axis, and its crops.

    Args:
        extent: pixels that the kernel spans. padding: what error texts call the pads.
    """
    size, crop = transposed_size(pixels, extent, stride, pads, extra)
    reach = (pixels - 1) * stride + extent
    if size < 1:
        raise ValueError(
            f"padding={padding!r} leaves {size} of {reach} pixels; output {AXES[axis]} must be >= 1"
        )
    return size, crop, max(0, reach - crop - size)
