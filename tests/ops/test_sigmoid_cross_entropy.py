# SPDX-License-Identifier: BSD-3-Clause
"""Binary cross-entropy of logits: accurate where it is tiny, finite at any finite logits."""

import numpy as np
import pytest
import tolerances
from arrays import generator, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

SHAPES = [(), (0,), (1,), (17,), (3, 5, 7), (33, 64)]


def targets_of(shape, dtype, kind):
    draw = generator("targets", shape)
    soft = np.asarray(draw.random(shape))
    return (soft if kind == "soft" else np.round(soft)).astype(dtype)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("scale", [1.0, 20.0])
@pytest.mark.parametrize("kind", ["hard", "soft"])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_reference(shape, kind, scale, label_smoothing, dtype, device):
    logits = np.asarray(normal(shape, dtype, shape) * dtype.type(scale))
    targets, dloss = targets_of(shape, dtype, kind), np.asarray(normal(shape, dtype, "dloss"))
    options = {"label_smoothing": label_smoothing}
    wide = logits.astype(np.longdouble), targets.astype(np.longdouble)
    exact = np.asarray(reference.sigmoid_cross_entropy(*wide, **options))
    loss = device.host(ops.sigmoid_cross_entropy(device(logits), device(targets), **options))
    assert loss.dtype == dtype
    assert_within(loss, exact, tolerances.elementwise(exact, dtype))
    arrays = device(dloss), device(logits), device(targets)
    dlogits = device.host(ops.sigmoid_cross_entropy_backward(*arrays, **options))
    exact = np.asarray(reference.sigmoid_cross_entropy_backward(dloss, *wide, **options))
    # Hard targets leave one term; with soft ones probability and target may be close.
    size = exact if kind == "hard" and label_smoothing == 0 else np.abs(dloss)
    assert dlogits.dtype == dtype
    assert_within(dlogits, exact, tolerances.elementwise(size, dtype))


def test_finite_logits_give_finite_results(dtype, device):
    logits = np.array([-1e4, 1e4, -3e38, 3e38, -0.0, 100.0], dtype)
    for targets in (np.zeros(6, dtype), np.ones(6, dtype), np.full(6, 0.5, dtype)):
        loss = device.host(ops.sigmoid_cross_entropy(device(logits), device(targets)))
        exact = reference.sigmoid_cross_entropy(logits.astype(np.longdouble), targets)
        assert_within(loss, exact, tolerances.elementwise(exact, dtype))
        arrays = device(np.ones(6, dtype)), device(logits), device(targets)
        assert np.isfinite(device.host(ops.sigmoid_cross_entropy_backward(*arrays))).all()


def test_infinite_logits_cost_nothing_where_they_are_right(dtype, device):
    logits = np.array([np.inf, -np.inf, np.inf, -np.inf, np.nan], dtype)
    targets = np.array([1, 0, 0, 1, 1], dtype)
    loss = device.host(ops.sigmoid_cross_entropy(device(logits), device(targets)))
    assert_same(loss, np.array([0, 0, np.inf, np.inf, np.nan], dtype))
    dlogits = device.host(
        ops.sigmoid_cross_entropy_backward(
            device(np.ones(5, dtype)), device(logits), device(targets)
        )
    )
    assert_same(dlogits, np.array([0, 0, 1, -1, np.nan], dtype))


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    logits, targets = normal((40000,), dtype, 0), targets_of((40000,), dtype, "soft")
    results = []
    for count in (1, 3, 7):
        set_threads(count)
        results.append(ops.sigmoid_cross_entropy(logits, targets))
        assert_same_bits(results[-1], results[0])
