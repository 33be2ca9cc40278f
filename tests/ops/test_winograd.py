# SPDX-License-Identifier: BSD-3-Clause
"""Winograd's convolution: all passes within their bound, same bits everywhere, honest refusals."""

import numpy as np
import pytest
import tolerances
from arrays import normal, positive
from compare import assert_same_bits

import pyconv
from pyconv import ops
from pyconv.geometry import Window
from pyconv.ops.conv2d import DATA, FORWARD, KERNEL, algorithm_of, convolve
from pyconv.ops.prepared_kernel import PreparedKernel

# x.shape, filters, options, and "taps" where there are not three: tiles of 4 x 4 and of 2 x 2, cut
# tiles, odd channels, any padding.
SHAPES = [
    ((2, 13, 17, 33), 40, {"padding": 1}),
    ((1, 7, 7, 64), 70, {"padding": "same"}),
    ((3, 30, 21, 16), 17, {"padding": ((0, 2), (1, 3))}),
    ((2, 3, 3, 5), 6, {}),
    ((1, 1, 1, 4), 4, {"padding": 1}),
    ((2, 9, 9, 300), 20, {"padding": 5}),
    ((2, 14, 15, 24), 32, {"padding": 1, "groups": 2}),
    ((9, 26, 27, 12), 12, {}),
    ((70, 2, 2, 6), 5, {"padding": 1}),
    ((40, 1, 9, 5), 7, {"padding": "same"}),
    # Gradients that spread over images a little larger than a number of tiles.
    ((9, 13, 9, 33), 70, {}),
    ((8, 9, 9, 34), 38, {"groups": 2, "padding": ((0, 1), (1, 0))}),
    ((300, 5, 5, 6), 20, {}),
    # Filters that are transformed piece by piece.
    ((2, 16, 16, 270), 260, {"padding": 1}),
    # Five taps a side: half of each patch is its neighbour's, or all of it lies beyond the image.
    ((2, 27, 14, 33), 40, {"taps": 5, "padding": 2}),
    ((1, 6, 5, 3), 19, {"taps": 5}),
    ((1, 1, 2, 4), 4, {"taps": 5, "padding": ((4, 3), (2, 6))}),
    ((3, 17, 12, 24), 32, {"taps": 5, "padding": "same", "groups": 2}),
    ((2, 16, 16, 270), 260, {"taps": 5, "padding": 2}),
]


def on_the_cpu(device):
    if not device.is_cpu:
        pytest.skip("the CPU's algorithm")


def tensors(x_shape, filters, given, make=normal):
    """Return x, kernel, bias, dy in float32, and the options of the convolution."""
    options = {**given}
    taps = options.pop("taps", 3)
    kernel_shape = (taps, taps, x_shape[3] // options.get("groups", 1), filters)
    x, kernel = make(x_shape, "float32", 0), normal(kernel_shape, "float32", 1)
    bias = normal((filters,), "float32", 2)
    y = ops.conv2d(x, kernel, bias, **options)
    return x, kernel, bias, make(y.shape, "float32", 3), options


def error(got, exact):
    """Return the root of the mean square error, relative to that of the exact values."""
    return float(np.linalg.norm(got - exact) / np.linalg.norm(exact))


def wide(*arrays):
    return [array.astype(np.float64) for array in arrays]


@pytest.mark.parametrize("make", [normal, positive])
@pytest.mark.parametrize(("x_shape", "filters", "options"), SHAPES)
def test_every_pass_stays_within_the_bound(x_shape, filters, options, make, device):
    on_the_cpu(device)
    x, kernel, bias, dy, options = tensors(x_shape, filters, options, make)
    got = [
        ops.conv2d(x, kernel, bias, algorithm="winograd", activation="relu", **options),
        *ops.conv2d_backward(dy, x, kernel, algorithm="winograd", **options),
    ]
    x, kernel, bias, dy = wide(x, kernel, bias, dy)
    exact = [
        ops.conv2d(x, kernel, bias, activation="relu", **options),
        *ops.conv2d_backward(dy, x, kernel, **options),
    ]
    for name, ours, ideal in zip(("y", "dx", "dkernel", "dbias"), got, exact, strict=True):
        assert error(ours, ideal) <= tolerances.WINOGRAD, name


def test_long_sums_over_tiles_stay_within_the_bound():
    x, dy = positive((16, 64, 64, 16), "float32", 0), positive((16, 64, 64, 16), "float32", 1)
    kernel = normal((3, 3, 16, 16), "float32", 2)
    options = {"padding": 1, "needs": ("kernel",)}
    got = ops.conv2d_backward(dy, x, kernel, algorithm="winograd", **options)[1]
    exact = ops.conv2d_backward(*wide(dy, x, kernel), **options)[1]
    assert error(got, exact) <= tolerances.WINOGRAD


def results(x, kernel, bias, dy, options):
    return (
        ops.conv2d(x, kernel, bias, algorithm="winograd", **options),
        *ops.conv2d_backward(dy, x, kernel, algorithm="winograd", **options),
    )


@pytest.mark.parametrize(("x_shape", "filters", "options"), [*SHAPES, ((2, 64, 64, 20), 24, {})])
def test_bits_do_not_depend_on_threads(x_shape, filters, options, set_threads):
    inputs = tensors(x_shape, filters, options)
    set_threads(1)
    once = results(*inputs)
    for count in (1, 2, 3, 7):
        set_threads(count)
        assert_same_bits(results(*inputs), once, f"{count} threads")


@pytest.mark.parametrize(("x_shape", "filters", "options"), SHAPES)
def test_bits_do_not_depend_on_the_fma_instruction_set(x_shape, filters, options, set_isa):
    inputs = tensors(x_shape, filters, options)
    set_isa("avx2")
    narrow = results(*inputs)
    set_isa("avx512")
    assert_same_bits(results(*inputs), narrow, str(x_shape))


@pytest.mark.parametrize("case", [SHAPES[0], SHAPES[-2]])
def test_bits_do_not_depend_on_the_layout(case):
    x, kernel, bias, dy, options = tensors(*case)
    y, dx, dkernel, dbias = results(x, kernel, bias, dy, options)
    options["data_format"] = "channels_first"
    first = [np.ascontiguousarray(array.transpose(0, 3, 1, 2)) for array in (x, dy, y, dx)]
    got = results(first[0], kernel, bias, first[1], options)
    assert_same_bits(got, (first[2], first[3], dkernel, dbias))


@pytest.mark.parametrize(
    ("x_shape", "filters", "taps"),
    [((2, 16, 16, 270), 260, 3), ((2, 28, 28, 32), 32, 3), ((2, 28, 28, 32), 32, 5)],
)
def test_filters_kept_ready_give_the_same_bits(x_shape, filters, taps, device):
    on_the_cpu(device)
    x, kernel, bias, *_ = tensors(x_shape, filters, {"taps": taps, "padding": 1})
    whole, kept = window(x_shape, kernel.shape), PreparedKernel()
    assert kept.form(kernel, 0, whole) is None
    ready = kept.form(kernel, 0, whole)
    assert ready is not None
    once = convolve("test", whole, x, kernel, bias, None)
    assert_same_bits((convolve("test", whole, x, kernel, bias, None, "auto", ready),), (once,))


def window(x_shape, kernel_shape, strides=1, padding=1, dilation_rate=1):
    return Window.conv(
        "test", x_shape, kernel_shape, strides, padding, dilation_rate, 1, "channels_last"
    )


def test_auto_takes_it_by_shape_and_dtype_alone(device):
    on_the_cpu(device)
    single, double = normal((1,), "float32", 0), normal((1,), "float64", 0)
    large = window((1, 28, 28, 32), (3, 3, 32, 32))
    assert algorithm_of(single, large, FORWARD) == "winograd"
    assert algorithm_of(double, large, FORWARD) == "direct"
    assert algorithm_of(single, window((1, 28, 28, 3), (3, 3, 3, 32)), FORWARD) == "direct"
    assert algorithm_of(single, window((1, 8, 8, 32), (3, 3, 32, 32)), FORWARD) == "direct"
    assert algorithm_of(single, window((1, 28, 28, 32), (5, 5, 32, 32)), FORWARD) == "winograd"
    assert algorithm_of(single, window((1, 28, 28, 32), (5, 3, 32, 32)), FORWARD) == "direct"
    assert algorithm_of(single, window((1, 28, 28, 32), (7, 7, 32, 32)), FORWARD) == "direct"


@pytest.mark.parametrize("direction", [FORWARD, DATA, KERNEL])
def test_auto_leaves_it_where_tiles_reach_beyond_small_images(direction, device):
    on_the_cpu(device)
    single = normal((1,), "float32", 0)
    names = {
        size: algorithm_of(single, window((1000, *size, 32), (3, 3, 32, 32)), direction)
        for size in [(1, 1), (1, 9), (9, 1), (2, 2), (4, 4), (7, 7)]
    }
    assert {names[size] for size in [(4, 4), (7, 7)]} == {"winograd"}
    assert "winograd" not in {names[size] for size in [(1, 1), (1, 9), (9, 1)]}
    # The direct way to images leaves padding out, that to the filters does not.
    assert names[2, 2] == ("winograd" if direction == KERNEL else "direct")


def test_auto_takes_it_for_few_pixels_that_meet_many_filters(device):
    on_the_cpu(device)
    single = normal((1,), "float32", 0)
    for n, size, channels, name in [
        (1, 7, 512, "winograd"),
        (1, 7, 128, "winograd"),
        (4, 7, 64, "winograd"),
        (1, 7, 64, "direct"),
        (1, 4, 512, "direct"),
        (1, 5, 512, "direct"),
    ]:
        few = window((n, size, size, channels), (3, 3, channels, channels))
        assert algorithm_of(single, few, FORWARD) == name, (n, size, channels)


@pytest.mark.parametrize(
    ("size", "name"), [(3, "direct"), (4, "direct"), (5, "winograd"), (13, "winograd")]
)
def test_auto_counts_only_the_products_that_the_direct_way_makes(size, name, device):
    on_the_cpu(device)
    single = normal((1,), "float32", 0)
    unpadded = window((100, size, size, 32), (3, 3, 32, 32), padding="valid")
    assert algorithm_of(single, unpadded, DATA) == name  # most taps of dx's border meet padding


def test_auto_leaves_it_where_its_filters_would_fill_the_memory(device):
    on_the_cpu(device)
    single = normal((1,), "float32", 0)
    large = window((1, 28, 28, 8192), (3, 3, 8192, 8192))
    assert algorithm_of(single, large, FORWARD) == "direct"


def test_the_process_can_leave_it_out():
    x, kernel = normal((1, 28, 28, 32), "float32", 0), normal((3, 3, 32, 32), "float32", 1)
    auto = ops.conv2d(x, kernel)
    pyconv.set_conv_algorithm("direct")
    try:
        plain = ops.conv2d(x, kernel)
    finally:
        pyconv.set_conv_algorithm("auto")
    assert_same_bits(plain, ops.conv2d(x, kernel, algorithm="direct"))
    assert_same_bits(auto, ops.conv2d(x, kernel, algorithm="winograd"))
    with pytest.raises(ValueError, match="name='winograd'; must be one of auto, direct, im2col"):
        pyconv.set_conv_algorithm("winograd")
    with pytest.raises(ValueError, match="name='fast'"):
        pyconv.set_conv_algorithm("fast")
    with pytest.raises(TypeError, match="name=3; must be a name"):
        pyconv.set_conv_algorithm(3)


@pytest.mark.parametrize(
    ("kernel_size", "dtype", "options"),
    [
        (3, "float64", {}),
        (3, "float32", {"strides": 2}),
        (3, "float32", {"strides": (1, 2)}),
        (3, "float32", {"dilation_rate": 2}),
        (7, "float32", {}),
        (1, "float32", {}),
    ],
)
def test_what_it_cannot_do_is_refused(kernel_size, dtype, options, device):
    x, kernel = normal((1, 9, 9, 4), dtype, 0), normal((kernel_size, kernel_size, 4, 4), dtype, 1)
    y = device.host(ops.conv2d(device(x), device(kernel), **options))
    with pytest.raises(ValueError, match="conv2d: algorithm='winograd'; needs kernels of 3 x 3"):
        ops.conv2d(device(x), device(kernel), algorithm="winograd", **options)
    with pytest.raises(ValueError, match="conv2d_backward: algorithm='winograd'; needs kernels"):
        ops.conv2d_backward(device(y), device(x), device(kernel), algorithm="winograd", **options)


def test_a_nan_stays_in_its_tile_and_is_not_lost():
    x, kernel = normal((1, 32, 32, 16), "float32", 0), normal((3, 3, 16, 16), "float32", 1)
    x[0, 9, 9, 3] = np.nan
    y = ops.conv2d(x, kernel, padding=1, algorithm="winograd")
    assert np.isnan(y[0, 8:12, 8:12]).all()
    assert not np.isnan(y[0, :4]).any()
