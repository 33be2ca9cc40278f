# SPDX-License-Identifier: BSD-3-Clause
"""Local response normalisation of images in both layouts, with its gradient."""

import numpy as np
import pytest
import tolerances
from arrays import normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

CASES = [((2, 3, 4, 17), {}), ((1, 1, 1, 1), {}), ((3, 5, 2, 3), {"size": 4, "alpha": 0.3})]
CASES += [((2, 3, 4, 8), {"size": 1, "k": 0.5, "alpha": 1.0, "beta": 1.3})]
CASES += [((1, 2, 3, 6), {"size": 2**31 - 1, "beta": 0.5}), ((1, 2, 2, 9), {"beta": 0.0})]


@pytest.mark.parametrize(("shape", "options"), CASES)
def test_equals_reference(shape, options, data_format, dtype, device):
    x, dy = 3 * normal(shape, dtype, shape), normal(shape, dtype, "dy", shape)
    options = {**options, "data_format": data_format}
    y = device.host(ops.local_response_norm(device(x), **options))
    exact = reference.local_response_norm(x.astype(np.longdouble), **options)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    assert_within(y, exact, tolerances.softmax(dtype) * np.abs(exact))
    dx = device.host(ops.local_response_norm_backward(device(dy), device(x), **options))
    exact = reference.local_response_norm_backward(
        dy.astype(np.longdouble), x.astype(np.longdouble), **options
    )
    assert dx.dtype == dtype
    size = np.abs(exact) + np.abs(exact).max()
    assert_within(dx, exact, tolerances.softmax(dtype) * size)


def test_vector_of_the_table(dtype, device):
    x = np.arange(1, 9, dtype=dtype).reshape(1, 1, 1, 8)
    expected = [0.5942915817, 1.1878710105, 1.7801403936, 2.370418559]
    expected += [2.9580552328, 3.5424115171, 4.1352714938, 4.7304217664]
    y = device.host(ops.local_response_norm(device(x)))
    np.testing.assert_allclose(y[0, 0, 0], expected, **tolerances.printed(dtype))


def test_equals_torch(dtype):
    torch = pytest.importorskip("torch")
    x = normal((2, 7, 3, 4), dtype, 0)
    options = {"alpha": 0.05, "beta": 0.6, "k": 1.5}
    y = ops.local_response_norm(x, **options, data_format="channels_first")
    options["alpha"] *= 5
    exact = torch.nn.LocalResponseNorm(5, **options)(torch.tensor(x, dtype=torch.float64)).numpy()
    assert_within(y, exact, tolerances.softmax(dtype) * np.abs(exact))


def test_an_empty_batch_stays_empty(dtype, device):
    x = np.zeros((0, 2, 3, 4), dtype)
    assert_same(device.host(ops.local_response_norm(device(x))), x)
    assert_same(device.host(ops.local_response_norm_backward(device(x), device(x))), x)


def test_bits_do_not_depend_on_threads(data_format, dtype, device, set_threads):
    shape = (9, 13, 11, 40)
    x, dy = 3 * normal(shape, dtype, 0), normal(shape, dtype, 1)
    found = []
    for count in (1, 1, 2, 3, 7):
        set_threads(count)
        y = ops.local_response_norm(device(x), data_format=data_format)
        dx = ops.local_response_norm_backward(device(dy), device(x), data_format=data_format)
        found.append(device.host((y, dx)))
        assert_same_bits(found[-1], found[0], f"{count} threads")
