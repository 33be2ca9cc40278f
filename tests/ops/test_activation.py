# SPDX-License-Identifier: BSD-3-Clause
"""Activations and their gradients: accurate into the tails, NaN stays, any shape."""

import numpy as np
import pytest
import tolerances
from arrays import generator, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference
from pyconv.reference.activation import SELU_ALPHA, SELU_SCALE

SHAPES = [(), (0,), (1,), (7,), (8,), (9,), (15,), (16,), (17,), (33,), (3, 5, 7, 11), (70001,)]
FROM_Y = ("relu", "relu6", "sigmoid", "tanh")
CASES = {
    "elu": ("elu", {}),
    "elu steep": ("elu", {"alpha": 2.5}),
    "gelu": ("gelu", {}),
    "gelu approximate": ("gelu", {"approximate": True}),
    "hard_sigmoid": ("hard_sigmoid", {}),
    "hard_swish": ("hard_swish", {}),
    "leaky_relu": ("leaky_relu", {}),
    "leaky_relu clipped": ("leaky_relu", {"negative_slope": 0.0, "max_value": 2.0}),
    "leaky_relu above a threshold": (
        "leaky_relu",
        {"negative_slope": 0.5, "max_value": 4.0, "threshold": 1.25},
    ),
    "selu": ("selu", {}),
    "softplus": ("softplus", {}),
    "swish": ("swish", {}),
}
# Where each goes to; NaN would be 0 times infinity.
AT_INFINITY = {
    "elu": (-1.0, np.inf),
    "elu steep": (-2.5, np.inf),
    "gelu": (0.0, np.inf),
    "gelu approximate": (0.0, np.inf),
    "hard_sigmoid": (0.0, 1.0),
    "hard_swish": (0.0, np.inf),
    "leaky_relu": (-np.inf, np.inf),
    "leaky_relu clipped": (0.0, 2.0),
    "leaky_relu above a threshold": (-np.inf, 4.0),
    "selu": (-SELU_SCALE * SELU_ALPHA, np.inf),
    "softplus": (0.0, np.inf),
    "swish": (0.0, np.inf),
}
# x, gelu(x), gelu(x, approximate=True), computed with forty digits.
GELU = [
    (-12.5, -4.6657053735971417215e-35, -8.101996464473620915e-69),
    (-8.25, -6.5337742095800438063e-16, -6.2822665432291637047e-23),
    (-3.5, -0.00081420177662433762722, -0.00061619765537366330893),
    (-1.0, -0.15865525393145705141, -0.15880800939172329522),
    (-9.5367431640625e-07, -4.7683679536723466174e-7, -4.7683679536723466174e-7),
    (0.75, 0.5800294857173488505, 0.57996055516562030418),
    (2.5, 2.4844758366855596621, 2.4849157339100014179),
    (9.0, 8.999999999999999999, 9.0),
]


def points(dtype, *seed):
    """Return ordinary numbers, tails, tiny numbers and both zeros."""
    draw = generator("activation", *seed)
    tail = 100.0 if dtype == np.float32 else 700.0
    parts = (
        draw.normal(0, 2, 3000),
        draw.uniform(-14, 14, 800),
        draw.uniform(-tail, tail, 200),
        10.0 ** draw.uniform(-30, -1, 90) * draw.choice((-1, 1), 90),
        (0.0, -0.0, 3.0, -3.0, 6.0, 1.25),
    )
    return np.concatenate(parts).astype(dtype)


def widest(x, name, dtype):
    """Return x for the reference; it has no erfc beyond float64."""
    return x.astype(np.float64 if name == "gelu" else np.longdouble)


def bound(exact, name, dtype):
    if name == "gelu" and dtype == np.float64:  # the reference itself is no better
        return tolerances.FORMULA * np.abs(exact) + float(np.finfo(dtype).tiny)
    return tolerances.elementwise(exact, dtype)


@pytest.mark.parametrize("case", CASES)
def test_value_is_within_four_ulps(case, dtype, device):
    name, options = CASES[case]
    x = points(dtype, case)
    exact = getattr(reference, name)(widest(x, name, dtype), **options)
    y = device.host(getattr(ops, name)(device(x), **options))
    assert y.dtype == dtype
    assert_within(y, exact, bound(exact, name, dtype))


@pytest.mark.parametrize("case", CASES)
def test_gradient_is_within_four_ulps_of_its_terms(case, dtype, device):
    name, options = CASES[case]
    x, dy = points(dtype, case), normal(points(dtype).shape, dtype, case)
    wide = widest(x, name, dtype)
    backward = getattr(reference, f"{name}_backward")
    exact = backward(dy.astype(wide.dtype), wide, **options)
    size = np.abs(exact)
    if name in ("gelu", "hard_swish", "swish"):  # x s(x): the terms s(x) + x s'(x) may cancel
        factor = getattr(reference, name)(wide, **options) / np.where(wide == 0, 1, wide)
        size = np.abs(dy * factor) + np.abs(exact - dy * factor)
    dx = device.host(getattr(ops, f"{name}_backward")(device(dy), device(x), **options))
    assert dx.dtype == dtype
    assert_within(dx, exact, bound(size, name, dtype))


@pytest.mark.parametrize("column", [1, 2])
def test_gelu_equals_forty_digits_in_the_tails(column, device):
    table = np.array(GELU)
    y = device.host(ops.gelu(device(table[:, 0].copy()), approximate=column == 2))
    assert_within(y, table[:, column], tolerances.elementwise(table[:, column], np.float64))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_has_the_bits_of_its_elements_alone(shape, case, device, dtype):
    if device.name == "simt" and np.prod(shape) > 2000:
        pytest.skip("slow on the host model")
    name, options = CASES[case]
    x = np.asarray(normal(shape, dtype, 0))
    y = device.host(getattr(ops, name)(device(x), **options))
    some = x.reshape(-1)[-40:]
    function = getattr(ops, name)
    alone = [device.host(function(device(some[i : i + 1]), **options)) for i in range(some.size)]
    expected = np.concatenate(alone) if alone else some
    assert y.shape == x.shape
    assert_same_bits(y.reshape(-1)[-40:], expected)


@pytest.mark.parametrize("case", [*CASES, *FROM_Y])
def test_nan_stays_and_infinity_has_a_limit(case, dtype, device):
    name, options = CASES.get(case, (case, {}))
    for position in range(0, 19, 3):
        x = np.full(19, -1.0, dtype)
        x[position] = np.nan
        y = device.host(getattr(ops, name)(device(x), **options))
        assert np.isnan(y[position])
        assert np.isfinite(np.delete(y, position)).all()
    if case in AT_INFINITY:
        y = device.host(getattr(ops, name)(device(np.array([-np.inf, np.inf], dtype)), **options))
        assert_same(y, np.array(AT_INFINITY[case], dtype))
        x = np.array([-np.inf, np.inf, np.finfo(dtype).min, np.finfo(dtype).max], dtype)
        dx = getattr(ops, f"{name}_backward")(device(np.ones(4, dtype)), device(x), **options)
        assert np.isfinite(device.host(dx)).all()


@pytest.mark.parametrize("name", ["relu6", "sigmoid", "tanh"])
def test_gradient_from_y_is_within_four_ulps(name, dtype, device):
    y = device.host(getattr(ops, name)(device(points(dtype))))
    dy = normal(y.shape, dtype, name)
    wide = y.astype(np.longdouble)
    slopes = {
        "relu6": (wide > 0) & (wide < 6),
        "sigmoid": wide * (1 - wide),
        "tanh": (1 - wide) * (1 + wide),
    }
    exact = dy * slopes[name]
    dx = device.host(getattr(ops, f"{name}_backward")(device(dy), device(y)))
    assert_within(dx, exact, tolerances.elementwise(exact, dtype))


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    x = normal((50021,), dtype, 0)
    for name in ("gelu", "swish", "elu"):
        results = []
        for count in (1, 3, 7):
            set_threads(count)
            results.append(getattr(ops, name)(x))
            assert_same_bits(results[-1], results[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_relu_equals_reference(shape, dtype, device, threads):
    x, dy = normal(shape, dtype, 0), normal(shape, dtype, 1)
    x = np.asarray(x)
    y = reference.relu(x)
    assert_same(device.host(ops.relu(device(x))), np.asarray(y))
    got = ops.relu_backward(device(np.asarray(dy)), device(np.asarray(y)))
    assert_same(device.host(got), np.asarray(reference.relu_backward(np.asarray(dy), y)))


@pytest.mark.parametrize("size", range(1, 20))
def test_relu_keeps_nan_at_every_position(size, dtype, device):
    for position in range(size):
        x = np.full(size, -1.0, dtype)
        x[position] = np.nan
        y = device.host(ops.relu(device(x)))
        expected = np.zeros(size, dtype)
        expected[position] = np.nan
        assert_same(y, expected)


def test_relu_of_special_values(dtype, device):
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([-np.inf, np.inf, -0.0, 0.0, tiny, -tiny, np.finfo(dtype).max], dtype)
    y = device.host(ops.relu(device(x)))
    assert_same(y, np.array([0.0, np.inf, 0.0, 0.0, tiny, 0.0, np.finfo(dtype).max], dtype))
    dy = np.full(x.shape, 3.0, dtype)
    dx = device.host(ops.relu_backward(device(dy), device(y)))
    assert_same_bits(dx, np.array([0, 3, 0, 0, 3, 0, 3], dtype))


def test_relu_leaves_its_input_alone(dtype, device):
    x = normal((1000,), dtype, 2)
    before = x.copy()
    ops.relu(device(x))
    assert_same_bits(x, before)
