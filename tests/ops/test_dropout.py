# SPDX-License-Identifier: BSD-3-Clause
"""Dropout: the published generator's words decide, the same on every device and thread count."""

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops, reference
from pyconv.reference.dropout import philox

SHAPES = [(), (0,), (1,), (63,), (64,), (65,), (7, 9), (3, 5, 4, 6), (2, 3, 700)]
# Of the authors' known-answer tests.
PUBLISHED = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([2**32 - 1] * 4, [2**32 - 1] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
NOISE = [
    ((3, 4, 5, 6), (3, 1, 1, 6)),
    ((3, 4, 5, 6), (None, None, 1, 1)),
    ((3, 4, 5, 6), (1, 1, 1, None)),
    ((3, 4, 5, 6), (1, 4, 1, 6)),
    ((3, 4, 5, 6), (3, 1, 5, 1)),
    ((3, 4, 5, 6), (1, 1, 1, 1)),
    ((70, 300), (70, 1)),
    ((70, 300), (1, 300)),
    ((5, 1, 7), (5, 1, 1)),
]


@pytest.mark.parametrize(("counter", "key", "words"), PUBLISHED)
def test_generator_gives_the_published_words(counter, key, words):
    assert philox(counter, key) == words


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**64 - 1])
@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5, 0.999, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_reference(shape, rate, seed, dtype, device):
    x = np.asarray(normal(shape, dtype, shape))
    expected = np.asarray(reference.dropout(x, rate, seed=seed))
    assert_same_bits(device.host(ops.dropout(device(x), rate, seed=seed)), expected)
    assert_same_bits(device.host(ops.dropout_backward(device(x), rate, seed=seed)), expected)


@pytest.mark.parametrize(("shape", "noise_shape"), NOISE)
def test_elements_along_shared_axes_are_dropped_together(shape, noise_shape, dtype, device):
    x = normal(shape, dtype, shape)
    options = {"seed": 5, "noise_shape": noise_shape}
    expected = reference.dropout(x, 0.5, **options)
    y = device.host(ops.dropout(device(x), 0.5, **options))
    assert y.flags.c_contiguous
    assert_same_bits(y, expected)
    assert_same_bits(device.host(ops.dropout_backward(device(x), 0.5, **options)), y)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_is_the_rate_and_the_mean_stays(rate, device):
    count = 3000 if device.name == "simt" else 200_000
    y = device.host(ops.dropout(device(np.ones(count, np.float64)), rate, seed=11))
    deviation = np.sqrt(rate * (1 - rate) / count)
    assert abs((y == 0).mean() - rate) < 5 * deviation
    assert abs(y.mean() - 1) < 5 * deviation / (1 - rate)


def test_what_is_dropped_is_zero_even_if_it_is_not_finite(dtype, device):
    x = np.full((40, 30), np.nan, dtype)
    x[::2] = np.inf
    for noise_shape in (None, (40, 1), (1, 30)):
        y = device.host(ops.dropout(device(x), 0.5, seed=1, noise_shape=noise_shape))
        dropped = y == 0
        assert 0.2 < dropped.mean() < 0.8
        assert not np.isfinite(y[~dropped]).any()
    x = x.reshape(2, 20, 2, 15)
    y = device.host(ops.dropout(device(x), 0.5, seed=1, noise_shape=(1, 20, 1, 15)))
    assert 0.2 < (y == 0).mean() < 0.8


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    x = normal((2, 70, 70, 5), dtype, 0)
    for noise_shape in (None, (2, 1, 1, 5), (2, 70, 1, 1)):
        options = {"seed": 8, "noise_shape": noise_shape}
        results = []
        for count in (1, 3, 7):
            set_threads(count)
            results.append(ops.dropout(x, 0.4, **options))
            assert_same_bits(results[-1], results[0])
