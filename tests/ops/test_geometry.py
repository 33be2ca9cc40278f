# SPDX-License-Identifier: BSD-3-Clause
"""Window: sizes by the published rules, the record's layout, arithmetic that never wraps."""

import copy
import dataclasses
import itertools
import pickle
import struct

import numpy as np
import pytest

from pyconv.geometry import Window

LAST = "channels_last"


def conv(size, kernel, stride, padding, dilation=1):
    """Return the window of a convolution of square images."""
    shape, filters = (1, size, size, 1), (kernel, kernel, 1, 1)
    return Window.conv("conv2d", shape, filters, stride, padding, dilation, 1, LAST)


def pool(size, window, stride, padding, ceil_mode=False):
    shape = (1, size, size, 1)
    return Window.pool("max_pool2d", shape, window, stride, padding, LAST, ceil_mode)


def test_output_counts_the_windows_that_fit():
    """By hand: a window counts if it begins on the stride's grid and ends inside the padding."""
    seen = 0
    sizes = itertools.product(range(1, 9), range(1, 6), range(1, 5), range(4), range(1, 4))
    for size, kernel, stride, pad, dilation in sizes:
        ends = [start + (kernel - 1) * dilation for start in range(0, size + 2 * pad, stride)]
        fitting = sum(end < size + 2 * pad for end in ends)
        if fitting:
            window = conv(size, kernel, stride, pad, dilation)
            assert (window.oh, window.ow) == (fitting, fitting)
            seen += 1
        else:
            with pytest.raises(ValueError, match=r"^conv2d: kernel.shape\[0\]="):
                conv(size, kernel, stride, pad, dilation)
    assert seen > 1000


def test_same_covers_every_stride_and_pads_the_end_more():
    for size, kernel, stride in itertools.product(range(1, 20), range(1, 7), range(1, 6)):
        window = conv(size, kernel, stride, "same")
        assert window.oh == -(-size // stride)
        assert window.bottom - window.top in (0, 1)
        needed = (window.oh - 1) * stride + kernel - size
        assert window.top + window.bottom == max(needed, 0)


def test_every_pooling_window_meets_a_pixel():
    for size, kernel, stride in itertools.product(range(1, 9), range(1, 7), range(1, 8)):
        for padding, ceil_mode in itertools.product(["same", *range(kernel)], [False, True]):
            try:
                window = pool(size, kernel, stride, padding, ceil_mode)
            except ValueError:
                continue
            last = (window.oh - 1) * stride - window.top
            assert last < size, (size, kernel, stride, padding, ceil_mode)
            assert kernel - window.top > 0


@pytest.mark.parametrize(
    ("size", "window", "stride", "padding", "floor", "ceil"),
    [
        (5, 2, 2, 0, 2, 3),
        (4, 2, 2, 0, 2, 2),
        (6, 3, 2, 0, 2, 3),
        (3, 2, 2, 1, 2, 2),  # the third window would begin in the padding
        (1, 2, 3, 1, 1, 1),
        (5, 2, 7, 1, 1, 1),  # likewise: 7 - 1 pixels lie beyond the image
        (112, 3, 2, 0, 55, 56),
        (7, 3, 3, 1, 3, 3),
    ],
)
def test_ceil_mode_drops_a_window_that_begins_in_the_padding(
    size, window, stride, padding, floor, ceil
):
    assert pool(size, window, stride, padding).oh == floor
    assert pool(size, window, stride, padding, ceil_mode=True).oh == ceil


@pytest.mark.parametrize(
    ("x_shape", "kernel", "options", "expected"),
    [
        ((1, 28, 28, 1), (3, 3), {}, (1, 26, 26, 32)),
        ((1, 5, 5, 1), (3, 3), {"padding": 1}, (1, 5, 5, 32)),
        ((1, 7, 7, 1), (3, 3), {"strides": 2}, (1, 3, 3, 32)),
        ((1, 28, 31, 1), (5, 5), {"strides": 3, "padding": 2}, (1, 10, 11, 32)),
        ((2, 180, 180, 3), (3, 3), {"strides": 2, "padding": "same"}, (2, 90, 90, 32)),
        ((0, 6, 6, 3), (3, 3), {}, (0, 4, 4, 32)),
    ],
)
def test_published_sizes(x_shape, kernel, options, expected):
    settings = {"strides": 1, "padding": "valid", "dilation_rate": 1, "groups": 1, **options}
    filters = (*kernel, x_shape[3], 32)
    window = Window.conv("conv2d", x_shape, filters, data_format=LAST, **settings)
    assert window.output_shape == expected
    assert window.input_shape == x_shape
    assert window.kernel_shape == filters
    first = (x_shape[0], x_shape[3], *x_shape[1:3])
    window = Window.conv("conv2d", first, filters, data_format="channels_first", **settings)
    assert window.input_shape == first
    assert window.output_shape == (expected[0], 32, *expected[1:3])


def test_pooling_sizes_of_the_lectures():
    assert pool(12, 2, None, "valid").oh == 6
    assert pool(13, 2, None, "valid").oh == 6
    assert pool(13, 2, None, "same").oh == 7
    assert pool(224, 2, None, "valid").oh == 112


def test_packed_is_the_fields_in_order():
    window = Window.conv(
        "conv2d", (2, 6, 9, 8), (3, 2, 3, 10), (2, 3), ((1, 2), (3, 4)), (2, 1), 2, "channels_first"
    )  # fmt: skip
    values = [getattr(window, field.name) for field in dataclasses.fields(window) if field.init]
    assert struct.unpack("=19q", window.packed) == tuple(values)
    # n h w c, kh kw, sh sw, top bottom left right, dil_h dil_w, oh ow f, groups, channels_first
    assert values == [2, 9, 8, 6, 3, 2, 2, 3, 1, 2, 3, 4, 2, 1, 4, 5, 10, 2, 1]


def test_equal_arguments_give_one_object_and_look_alikes_none():
    first = conv(5, 3, (1, 1), ((1, 1), (1, 1)))
    assert conv(5, 3, 1, 1) is first
    assert conv(np.int32(5), 3, np.int64(1), (1, np.uint8(1))) is first
    backward = Window.conv(
        "conv2d_backward", (1, 5, 5, 1), [3, 3, 1, 1], [1, 1], [1, 1], 1, 1, LAST
    )
    assert backward is first
    for alike in (True, 1.0, np.float32(1), np.True_, "1"):
        with pytest.raises(TypeError, match="strides="):
            conv(5, 3, alike, 1)
        with pytest.raises(TypeError, match="dilation_rate="):
            conv(5, 3, 1, 1, alike)


def test_windows_cannot_be_changed_but_copied():
    window = conv(5, 3, 1, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        window.n = 2
    for again in (copy.deepcopy(window), pickle.loads(pickle.dumps(window))):
        assert again == window
        assert again.packed == window.packed
        assert hash(again) == hash(window)


@pytest.mark.parametrize("delta", [-1, 0, 1])
def test_elements_up_to_the_last_addressable_byte(delta):
    """Products of sizes are exact: just below 2^60 elements is fine, more is refused."""
    most = (2**63 - 1) // 8
    n, h, w = 2**30 - 1, 2**15, 2**15 + delta
    arguments = ("max_pool2d", (n, h, w, 1), 1, None, "valid", LAST, False)
    if n * h * w <= most:
        assert Window.pool(*arguments).output_shape == (n, h, w, 1)
    else:
        with pytest.raises(ValueError, match=f"must be <= {most}"):
            Window.pool(*arguments)


@pytest.mark.parametrize("elements", [2**31 - 1, 2**31, 2**31 + 1, 2**32, 2**40])
def test_products_past_32_bits_do_not_wrap(elements):
    window = Window.im2col("im2col", (elements // 2**15, 2**8, 2**7, 1), 1, 1, 0, 1, LAST)
    assert window.col_shape == (elements // 2**15 * 2**15, 1)
    window = Window.im2col("im2col", (1, 70000, 70000, 1), 3, 1, "same", 1, LAST)
    assert window.col_shape == (4_900_000_000, 9)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (((1, 4, 4, 1), (3, 3, 1, 1), 2**31 - 1, "valid", 1), (1, 1, 1, 1)),
        (((1, 4, 4, 1), (1, 1, 1, 1), 1, "valid", 2**31 - 1), (1, 4, 4, 1)),
        (((2**31 - 1, 1, 1, 1), (1, 1, 1, 1), 1, "valid", 1), (2**31 - 1, 1, 1, 1)),
        (((1, 1, 4, 1), (1, 1, 1, 1), (2**31 - 1, 1), ((2**30, 0), (0, 0)), 1), (1, 1, 4, 1)),
    ],
)
def test_largest_parameters(arguments, output):
    assert Window.conv("conv2d", *arguments, 1, LAST).output_shape == output


def test_offsets_fit_their_dtype():
    assert pool(16, 16, None, 0).offset_dtype == np.uint8
    assert pool(17, 17, None, 0).offset_dtype == np.int32
    window = Window.pool("max_pool2d", (1, 4, 4, 1), (46340, 46340), 1, "same", LAST, False)
    assert window.kh * window.kw < 2**31
