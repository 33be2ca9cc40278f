# SPDX-License-Identifier: BSD-3-Clause
"""Softmax cross-entropy: accurate, finite at any finite logits, labels are checked."""

import numpy as np
import pytest
import tolerances
from arrays import generator, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

SHAPES = [(1, 1), (1, 2), (4, 10), (3, 17), (7, 33), (100, 10), (2, 1000), (300, 3)]


def labels_of(n, classes):
    return generator("labels", n, classes).integers(0, classes, n)


def targets_of(n, classes, dtype):
    """Return rows of probabilities."""
    weights = generator("targets", n, classes).random((n, classes)) + 0.1
    return (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)


def assert_accurate(got, expected, dtype):
    for one, other in zip(got, expected, strict=True):
        size = np.maximum(np.abs(other), 1.0)
        assert_within(one, other, tolerances.softmax(dtype) * size)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["labels", "targets"])
def test_equals_reference(kind, shape, scale, label_smoothing, dtype, device, threads):
    logits = normal(shape, dtype, shape) * dtype.type(scale)
    labels = labels_of(*shape) if kind == "labels" else targets_of(*shape, dtype)
    options = {"label_smoothing": label_smoothing}
    got = device.host(ops.softmax_cross_entropy(device(logits), device(labels), **options))
    expected = reference.softmax_cross_entropy(logits.astype(np.longdouble), labels, **options)
    assert {array.dtype for array in got} == {dtype}
    assert_accurate(got, expected, dtype)
    dloss = normal((shape[0],), dtype, "dloss", shape)
    dlogits = device.host(
        ops.softmax_cross_entropy_backward(device(dloss), device(got[1]), device(labels), **options)
    )
    exact = reference.softmax_cross_entropy_backward(
        dloss, got[1].astype(np.longdouble), labels, **options
    )
    assert dlogits.dtype == dtype
    assert_within(dlogits, exact, tolerances.softmax(dtype) * np.abs(dloss)[:, None])


@pytest.mark.parametrize(
    "kind", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", ">i4"]
)
def test_labels_of_any_integer_type(kind, device):
    logits, labels = normal((6, 10), "float32", 0), labels_of(6, 10)
    if device.name == "cuda" and kind.startswith(">"):
        pytest.skip("CuPy has no big-endian arrays")
    got = ops.softmax_cross_entropy(device(logits), device(labels.astype(kind)))
    expected = ops.softmax_cross_entropy(device(logits), device(labels))
    assert_same_bits(device.host(got), device.host(expected))


@pytest.mark.parametrize("size", [1e4, -1e4, 3e38])
def test_finite_logits_give_finite_results(size, device):
    logits = np.zeros((3, 9), np.float32)
    logits[:, 4] = size
    labels = np.array([4, 0, 8])
    loss, probabilities = device.host(ops.softmax_cross_entropy(device(logits), device(labels)))
    assert np.isfinite(loss).all()
    assert np.isfinite(probabilities).all()
    expected = reference.softmax_cross_entropy(logits.astype(np.float64), labels)
    assert_accurate((loss, probabilities), expected, np.float32)


@pytest.mark.parametrize("column", range(17))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_make_their_row_nan(value, column, dtype, device):
    logits = normal((3, 17), dtype, 0)
    logits[1, column] = value
    labels = np.zeros(3, np.int64)
    loss, probabilities = device.host(ops.softmax_cross_entropy(device(logits), device(labels)))
    assert np.isnan(loss[1])
    assert np.isnan(probabilities[1, column])
    assert np.isfinite(loss[[0, 2]]).all()
    assert np.isfinite(probabilities[[0, 2]]).all()


def test_minus_infinity_is_probability_zero(dtype, device):
    logits = np.array([[-np.inf, 0.0, 0.0]], dtype)
    loss, probabilities = device.host(
        ops.softmax_cross_entropy(device(logits), device(np.array([1])))
    )
    assert_same(probabilities, np.array([[0.0, 0.5, 0.5]], dtype))
    assert_within(loss, np.array([np.log(2.0)]), tolerances.softmax(dtype))
    loss, _ = device.host(ops.softmax_cross_entropy(device(logits), device(np.array([0]))))
    assert np.isposinf(loss).all()


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    logits, labels = normal((1000, 37), dtype, 0), labels_of(1000, 37)
    results = []
    for count in (1, 1, 2, 3, 7):
        set_threads(count)
        results.append(device.host(ops.softmax_cross_entropy(device(logits), device(labels))))
        assert_same_bits(results[-1], results[0])


@pytest.mark.parametrize(
    ("labels", "position", "value"),
    [
        ([0, 1, -1, 2], 2, -1),
        ([3, 1, 1, 2], 0, 3),
        ([0, 1, 2, 2**40], 3, 2**40),
        ([0, -(2**63), 2, 5], 1, -(2**63)),
        ([0, 1, 2, 2**63 - 1], 3, 2**63 - 1),
    ],
)
def test_refuses_labels_outside_the_classes(labels, position, value, device):
    logits, labels = np.zeros((4, 3), np.float32), np.array(labels)
    with pytest.raises(
        ValueError, match=rf"softmax_cross_entropy: labels\[{position}\]={value}; must be within"
    ):
        ops.softmax_cross_entropy(device(logits), device(labels))
    with pytest.raises(ValueError, match=rf"labels\[{position}\]={value}"):
        ops.softmax_cross_entropy_backward(
            device(logits[:, 0].copy()), device(logits), device(labels)
        )


def test_refuses_labels_that_int64_cannot_hold(device):
    logits = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="softmax_cross_entropy: labels"):
        ops.softmax_cross_entropy(device(logits), device(np.array([0, 2**64 - 1], np.uint64)))


def test_empty_batch(dtype, device):
    logits = np.zeros((0, 5), dtype)
    labels = np.zeros(0, np.int64)
    loss, probabilities = ops.softmax_cross_entropy(device(logits), device(labels))
    assert_same(device.host((loss, probabilities)), (np.zeros(0, dtype), logits))
    dlogits = ops.softmax_cross_entropy_backward(loss, probabilities, device(labels))
    assert_same(device.host(dlogits), logits)
