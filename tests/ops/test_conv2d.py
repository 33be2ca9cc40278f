# SPDX-License-Identifier: BSD-3-Clause
"""conv2d and its gradients: exact on integers over generated geometries, bounded on random data."""

import functools

import numpy as np
import pytest
import tolerances
from arrays import integers, normal, positive
from compare import assert_same, assert_same_bits, assert_within, share_of_nonzeros
from conv_cases import conv_case

import pyconv
from pyconv import ops, reference

CHUNKS = 20
CASES_IN_CHUNK = 100  # CHUNKS of them: 2,000 geometries, and 20,000 with --exhaustive
ALGORITHMS = ("auto", "direct", "im2col")

# n, h, w, c, kh, kw, filters: sums of 27, 4,608 and 16,384 products, and long sums over pixels.
DEEP_SHAPES = {
    27: (2, 12, 13, 3, 3, 3, 16),
    4608: (1, 5, 6, 512, 3, 3, 20),
    16384: (1, 4, 5, 1024, 4, 4, 8),
    "pixels": (3, 60, 61, 4, 3, 3, 8),
}


def tensors(case):
    """Return x, kernel, bias, dy of a generated case: whole numbers, exact in float32."""
    shapes = (case.x_shape, case.kernel_shape, case.kernel_shape[3:], case.output_shape)
    return [integers(shape, case.dtype, case.seed, i) for i, shape in enumerate(shapes)]


def backward_options(case, y):
    return {"activation": case.activation, "y": y if case.activation else None, **case.options}


@functools.lru_cache(maxsize=1)
def expected_chunk(first, count):
    """Return (case, inputs, y, gradients) by the reference; kept while the devices take turns."""
    chunk = []
    for seed in range(first, first + count):
        case = conv_case(seed)
        x, kernel, bias, dy = inputs = tensors(case)
        y = reference.conv2d(x, kernel, bias, activation=case.activation, **case.options)
        gradients = reference.conv2d_backward(dy, x, kernel, **backward_options(case, y))
        chunk.append((case, inputs, y, gradients))
    return chunk


@pytest.mark.parametrize("chunk", range(CHUNKS), scope="module")  # devices take turns inside
def test_equals_reference_on_integers(chunk, device, set_threads, exhaustive):
    count = CASES_IN_CHUNK * (10 if exhaustive else 1)
    for case, inputs, y, gradients in device.some_of(expected_chunk(chunk * count, count)):
        set_threads(case.threads)
        x, kernel, bias, dy = (device(array) for array in inputs)
        options = backward_options(case, device(y))
        for algorithm in ("direct", "im2col"):
            context = f"conv_case({case.seed}), {algorithm}: {case}"
            got = ops.conv2d(
                x, kernel, bias, activation=case.activation, algorithm=algorithm, **case.options
            )
            assert_same(device.host(got), y, f"y of {context}")
            got = ops.conv2d_backward(dy, x, kernel, algorithm=algorithm, **options)
            assert_same(device.host(got), gradients, f"gradients of {context}")


def test_generated_cases_prove_something():
    chunk = expected_chunk(0, CASES_IN_CHUNK)
    assert share_of_nonzeros(y for case, _, y, _ in chunk if case.activation is None) > 0.9
    assert share_of_nonzeros(gradients[1] for _, _, _, gradients in chunk) > 0.5
    assert share_of_nonzeros(gradients[0] for _, _, _, gradients in chunk) > 0.3
    assert max(np.abs(inputs[1]).sum() for _, inputs, _, _ in chunk) < 2**20
    assert {case.threads for case, *_ in chunk} == {1, 2, 3, 7}
    assert {case.options["data_format"] for case, *_ in chunk} == {
        "channels_last",
        "channels_first",
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("depth", DEEP_SHAPES)
@pytest.mark.parametrize("same_sign", [False, True], ids=["zero-mean", "same-sign"])
def test_error_stays_within_the_bound(depth, algorithm, same_sign, dtype, device):
    n, h, w, c, kh, kw, f = DEEP_SHAPES[depth]
    draw = positive if same_sign else normal
    x, kernel = draw((n, h, w, c), dtype, depth, 0), draw((kh, kw, c, f), dtype, depth, 1)
    dy = draw((n, h - kh + 1, w - kw + 1, f), dtype, depth, 2)
    y = device.host(ops.conv2d(device(x), device(kernel), algorithm=algorithm))
    gradients = ops.conv2d_backward(device(dy), device(x), device(kernel), algorithm=algorithm)
    results = (y, *device.host(gradients))
    for name, result, exact, condition, terms in zip(
        ("y", "dx", "dkernel", "dbias"),
        results,
        *exact_results(depth, same_sign, dtype.name),
        (kh * kw * c, kh * kw * f, n * h * w, n * h * w),
        strict=True,
    ):
        if device.is_cpu:
            factor = tolerances.sum_of_products(dtype, same_sign=same_sign)
        else:
            factor = tolerances.gpu_sum_of_products(dtype, terms, same_sign=same_sign)
        assert_within(result, exact, factor * condition, name)


@functools.lru_cache(maxsize=8)
def exact_results(depth, same_sign, dtype):
    """Return y and the gradients in wider arithmetic, and the same of absolute values."""
    n, h, w, c, kh, kw, f = DEEP_SHAPES[depth]
    draw = positive if same_sign else normal
    wide = np.longdouble if dtype == "float64" else np.float64
    x = draw((n, h, w, c), dtype, depth, 0).astype(wide)
    kernel = draw((kh, kw, c, f), dtype, depth, 1).astype(wide)
    dy = draw((n, h - kh + 1, w - kw + 1, f), dtype, depth, 2).astype(wide)
    exact = (reference.conv2d(x, kernel), *reference.conv2d_backward(dy, x, kernel))
    x, kernel, dy = np.abs(x), np.abs(kernel), np.abs(dy)
    condition = (reference.conv2d(x, kernel), *reference.conv2d_backward(dy, x, kernel))
    return exact, condition


@pytest.mark.parametrize("seed", range(30, 40))
def test_backward_is_the_exact_adjoint(seed, device):
    case = conv_case(seed)
    x, kernel, _, dy = tensors(case)
    moved = [device(array) for array in (x, kernel, dy)]
    y = device.host(ops.conv2d(moved[0], moved[1], **case.options))
    dx, dkernel, dbias = device.host(
        ops.conv2d_backward(moved[2], moved[0], moved[1], **case.options)
    )
    products = [inner(y, dy), inner(x, dx), inner(kernel, dkernel)]
    assert products[0] == products[1] == products[2]
    assert dbias.sum(dtype=np.float64) == dy.sum(dtype=np.float64)


def inner(a, b):
    """Return the inner product of whole numbers, exactly."""
    return int((a.astype(np.int64) * b.astype(np.int64)).sum())


RANDOM_CASES = range(100, 130)


def random_results(case, algorithm, x=None):
    """Return y and the gradients of a case on random data."""
    x, kernel, bias, dy = (
        normal(shape, case.dtype, case.seed, i)
        for i, shape in enumerate(
            (case.x_shape, case.kernel_shape, case.kernel_shape[3:], case.output_shape)
        )
    )
    y = ops.conv2d(x, kernel, bias, algorithm=algorithm, **case.options)
    gradients = ops.conv2d_backward(dy, x, kernel, algorithm=algorithm, **case.options)
    return (y, *gradients)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_bits_do_not_depend_on_threads_nor_on_the_run(algorithm, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    for seed in RANDOM_CASES:
        case = conv_case(seed)
        set_threads(1)
        once = random_results(case, algorithm)
        for count in (1, 2, 3, 7):
            set_threads(count)
            again = random_results(case, algorithm)
            assert_same_bits(again, once, f"{count} threads, conv_case({seed})")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_bits_of_large_results_do_not_depend_on_threads(algorithm, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    x, kernel = normal((2, 40, 41, 24), "float32", 0), normal((3, 3, 24, 33), "float32", 1)
    dy = normal((2, 40, 41, 33), "float32", 2)
    seen = []
    for count in (1, 2, 3, 7):
        set_threads(count)
        seen.append(
            (
                ops.conv2d(x, kernel, padding="same", algorithm=algorithm),
                *ops.conv2d_backward(dy, x, kernel, padding="same", algorithm=algorithm),
            )
        )
        assert_same_bits(seen[-1], seen[0], f"{count} threads")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_bits_do_not_depend_on_the_fma_instruction_set(algorithm, set_isa):
    for seed in RANDOM_CASES:
        case = conv_case(seed)
        set_isa("avx2")
        narrow = random_results(case, algorithm)
        set_isa("avx512")
        assert_same_bits(random_results(case, algorithm), narrow, f"conv_case({seed}): {case}")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_bits_do_not_depend_on_the_layout(algorithm, dtype, device):
    if not device.is_cpu:
        pytest.skip("promised on the CPU")
    x, kernel = normal((2, 9, 11, 12), dtype, 0), normal((3, 2, 6, 10), dtype, 1)
    options = {"strides": (2, 1), "padding": ((1, 2), (0, 1)), "groups": 2, "algorithm": algorithm}
    y = ops.conv2d(x, kernel, **options)
    dy = normal(y.shape, dtype, 2)
    dx, dkernel, dbias = ops.conv2d_backward(dy, x, kernel, **options)
    options["data_format"] = "channels_first"
    first = first_layout(x), first_layout(dy)
    assert_same_bits(ops.conv2d(first[0], kernel, **options), first_layout(y))
    got = ops.conv2d_backward(first[1], first[0], kernel, **options)
    assert_same_bits(got, (first_layout(dx), dkernel, dbias))


def first_layout(x):
    """Return an (n, h, w, c) array as (n, c, h, w)."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


@pytest.mark.parametrize("needs", [(), ("x",), ("kernel",), ("bias",), ("x", "bias"), {"kernel"}])
def test_backward_computes_what_is_needed(needs, device):
    x, kernel = integers((2, 5, 6, 3), "float32", 0), integers((3, 3, 3, 4), "float32", 1)
    dy = integers((2, 3, 4, 4), "float32", 2)
    got = ops.conv2d_backward(device(dy), device(x), device(kernel), needs=needs)
    assert_same(device.host(got), reference.conv2d_backward(dy, x, kernel, needs=needs))


@pytest.mark.parametrize("activation", ["relu", "relu6", "sigmoid", "tanh"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_activation_equals_reference(activation, algorithm, dtype, device):
    x, kernel = normal((2, 6, 7, 5), dtype, 0), normal((3, 3, 5, 9), dtype, 1)
    bias = normal((9,), dtype, 2)
    options = {"activation": activation, "algorithm": algorithm}
    y = device.host(ops.conv2d(device(x), device(kernel), device(bias), **options))
    before = device.host(ops.conv2d(device(x), device(kernel), device(bias), algorithm=algorithm))
    exact = reference.activation.activate(before.astype(np.longdouble), activation)
    assert_within(y, exact, tolerances.elementwise(exact, dtype), activation)
    dy = normal(y.shape, dtype, 3)
    got = ops.conv2d_backward(device(dy), device(x), device(kernel), y=device(y), **options)
    linear = reference.activation.activate_backward(dy, y, activation)
    expected = reference.conv2d_backward(linear, x, kernel)
    condition = reference.conv2d_backward(np.abs(dy), np.abs(x), np.abs(kernel))
    for name, one, exact, size in zip(
        ("dx", "dkernel", "dbias"), device.host(got), expected, condition, strict=True
    ):
        bound = tolerances.sum_of_products(dtype) + tolerances.elementwise_factor(dtype)
        assert_within(one, exact, bound * size, name)


def test_empty_batch(dtype, data_format, device):
    x = np.zeros((0, 3, 5, 5) if data_format == "channels_first" else (0, 5, 5, 3), dtype)
    kernel = integers((3, 3, 3, 4), dtype, 0)
    y = device.host(ops.conv2d(device(x), device(kernel), data_format=data_format))
    assert y.shape == ((0, 4, 3, 3) if data_format == "channels_first" else (0, 3, 3, 4))
    got = ops.conv2d_backward(device(y), device(x), device(kernel), data_format=data_format)
    assert_same(device.host(got), (x, np.zeros_like(kernel), np.zeros(4, dtype)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_infinite_weight_meets_padding_as_nan(algorithm, dtype, device):
    x, kernel = np.ones((1, 3, 3, 1), dtype), np.ones((3, 3, 1, 1), dtype)
    kernel[0, 0] = np.inf
    y = device.host(ops.conv2d(device(x), device(kernel), padding=1, algorithm=algorithm))
    expected = np.full((3, 3), np.nan, dtype)  # tap (0, 0) stands in the padding: inf * 0
    expected[1:, 1:] = np.inf
    assert_same(y[0, :, :, 0], expected)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nan_and_overflow_pass_through(algorithm, device):
    x = np.full((1, 4, 4, 9), 1e38, np.float32)
    kernel = np.full((1, 1, 9, 17), 1.0, np.float32)
    y = device.host(ops.conv2d(device(x), device(kernel), algorithm=algorithm))
    assert np.isposinf(y).all()
    x = np.ones((1, 4, 4, 9), np.float32)
    x[0, 1, 2, 8] = np.nan
    y = device.host(ops.conv2d(device(x), device(kernel), algorithm=algorithm))
    expected = np.full(y.shape, 9.0, np.float32)
    expected[0, 1, 2] = np.nan
    assert_same(y, expected)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_denormals_are_kept(algorithm, device):
    tiny = np.float32(2.0**-140)
    x, kernel = np.full((1, 3, 3, 8), tiny), np.ones((1, 1, 8, 16), np.float32)
    y = device.host(ops.conv2d(device(x), device(kernel), algorithm=algorithm))
    assert_same(y, np.full((1, 3, 3, 16), tiny * np.float32(8)))


@pytest.mark.parametrize(
    ("x_shape", "kernel_shape", "options"),
    [
        ((1, 1, 1, 64), (125, 1, 64, 3), {"padding": (63, 0)}),
        ((1, 1, 1, 64), (1, 125, 64, 3), {"padding": (0, 63)}),
        ((1, 1, 1, 1), (9, 9, 1, 1), {"padding": 4}),
        ((1, 1, 1, 1), (1, 1, 1, 1), {"padding": ((0, 40), (0, 40)), "strides": 41}),
        ((2, 1, 300, 2), (1, 7, 2, 3), {"padding": "same", "dilation_rate": (1, 19)}),
        ((1, 3, 3, 2), (2, 2, 2, 2), {"strides": 2**31 - 1}),
        ((1, 3, 3, 2), (1, 1, 2, 2), {"dilation_rate": 2**31 - 1}),
        ((1, 4, 4, 34), (3, 3, 1, 34), {"groups": 34, "padding": "same"}),
        ((1, 5, 33, 17), (3, 3, 17, 17), {"padding": ((0, 0), (0, 2))}),
    ],
)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_thin_and_extreme_shapes(x_shape, kernel_shape, options, algorithm, dtype, device):
    x, kernel = integers(x_shape, dtype, 0, largest=3), integers(kernel_shape, dtype, 1, largest=3)
    y = reference.conv2d(x, kernel, **options)
    dy = integers(y.shape, dtype, 2, largest=3)
    gradients = reference.conv2d_backward(dy, x, kernel, **options)
    got = ops.conv2d(device(x), device(kernel), algorithm=algorithm, **options)
    assert_same(device.host(got), y)
    got = ops.conv2d_backward(device(dy), device(x), device(kernel), algorithm=algorithm, **options)
    assert_same(device.host(got), gradients)


def test_one_large_convolution(device):
    if device.name == "simt":
        pytest.skip("too large for the host model")
    x, kernel = integers((1, 130, 131, 40), "float32", 0), integers((3, 3, 40, 72), "float32", 1)
    y = reference.conv2d(x, kernel, padding="same")
    for algorithm in ("direct", "im2col"):
        got = ops.conv2d(device(x), device(kernel), padding="same", algorithm=algorithm)
        assert_same(device.host(got), y, algorithm)


@pytest.mark.parametrize(
    ("x_shape", "kernel_shape", "options"),
    [
        ((1, 700, 700, 1), (1, 1, 1, 1), {"strides": 2**31 - 1}),
        ((1, 300, 300, 1), (300, 300, 1, 1), {"strides": 300}),
        ((1024, 8, 8, 1), (3, 3, 1, 1), {"padding": 40, "strides": 20}),
    ],
    ids=["one-window", "one-tap-a-pixel", "mostly-padding"],
)
def test_gradients_of_odd_geometries_take_memory_of_their_own_size(x_shape, kernel_shape, options):
    x, kernel = integers(x_shape, "float32", 0), integers(kernel_shape, "float32", 1)
    dy = np.ones_like(ops.conv2d(x, kernel, **options))
    pyconv.trim_memory()
    before = pyconv.memory_info()["in_use"]
    dx, dkernel, _ = ops.conv2d_backward(dy, x, kernel, **options)
    taken = pyconv.memory_info()["peak"] - before
    assert taken <= 4 * (x.nbytes + kernel.nbytes + dy.nbytes) + (20 << 20)
    assert (dx * x).sum(dtype=np.float64) == (dkernel * kernel).sum(dtype=np.float64)
