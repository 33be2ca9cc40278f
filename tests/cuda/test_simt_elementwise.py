# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA activations, loss and optimizer, simulated, against float64."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pyconv import ops, reference

KINDS = {"linear": 0, "relu": 1, "relu6": 2, "sigmoid": 3, "tanh": 4}
LARGE = 2**63 - 1
OPTIONS = (0.0, 0.0, 0.0)  # slope, upper, threshold: of other kinds


def exact(kind: str, x: Any) -> Any:
    x = x.astype(np.longdouble)
    with np.errstate(over="ignore"):
        return {
            "linear": lambda: x,
            "relu": lambda: np.maximum(x, 0),
            "relu6": lambda: np.clip(x, 0, 6),
            "sigmoid": lambda: 1 / (1 + np.exp(-x)),
            "tanh": lambda: np.tanh(x),
        }[kind]()


def exact_slope(kind: str, y: Any) -> Any:
    y = y.astype(np.longdouble)
    return {
        "linear": lambda: np.ones_like(y),
        "relu": lambda: y > 0,
        "relu6": lambda: (y > 0) & (y < 6),
        "sigmoid": lambda: y * (1 - y),
        "tanh": lambda: (1 - y) * (1 + y),
    }[kind]()


def ulps(found: Any, wanted: Any) -> Any:
    """Return the distance in units of the last place of the found type."""
    return np.abs(found - wanted) / np.spacing(np.abs(wanted).astype(found.dtype))


def points(dtype: type) -> Any:
    x = np.random.default_rng(1).normal(0, 3, 900)
    special = [0.0, -0.0, 6.0, 1e-20, -1e-20, 30, -30, 80, -80, np.inf, -np.inf]
    return np.concatenate([x, special]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_activation_is_within_four_ulps(simt: ModuleType, kind: str, dtype: type) -> None:
    code = int(dtype is np.float64)
    x = points(dtype)
    y = np.empty_like(x)
    simt.activation(code, x.ctypes.data, y.ctypes.data, x.size, KINDS[kind], *OPTIONS, 0)
    finite = np.isfinite(x)
    assert ulps(y[finite], exact(kind, x[finite])).max() <= 4
    np.testing.assert_array_equal(y[~finite], exact(kind, x[~finite]).astype(dtype))
    dy = np.random.default_rng(2).normal(0, 1, x.size).astype(dtype)
    dx = np.empty_like(x)
    simt.activation_backward(
        code, *(a.ctypes.data for a in (dy, y, dx)), x.size, KINDS[kind], *OPTIONS, 0
    )
    wanted = dy.astype(np.longdouble) * exact_slope(kind, y)
    assert ulps(dx[finite], wanted[finite]).max() <= 4


@pytest.mark.parametrize("kind", KINDS)
def test_activation_keeps_nan(simt: ModuleType, kind: str) -> None:
    x, y = np.full(3, np.nan, np.float32), np.zeros(3, np.float32)
    simt.activation(0, x.ctypes.data, y.ctypes.data, 3, KINDS[kind], *OPTIONS, 0)
    assert np.isnan(y).all()


def softmax_rows(n: int, classes: int, dtype: type) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 4, (n, classes)).astype(dtype)
    logits[0] += 1000  # would overflow without the shift
    labels = rng.integers(0, classes, n)
    targets = rng.dirichlet(np.ones(classes), n).astype(dtype)
    return logits, labels, targets


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "classes"), [(1, 1), (3, 10), (9, 32), (20, 33), (2, 1000)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_and_gradient_against_float64(
    simt: ModuleType, n: int, classes: int, smoothing: float, dtype: type
) -> None:
    logits, numbers, targets = softmax_rows(n, classes, dtype)
    tolerance = 10 * np.finfo(dtype).eps
    for labels in (numbers, targets):
        loss, probabilities = ops.softmax_cross_entropy(logits, labels, label_smoothing=smoothing)
        wide = labels if labels is numbers else labels.astype(np.float64)
        exact_loss, exact_probabilities = reference.softmax_cross_entropy(
            logits.astype(np.float64), wide, label_smoothing=smoothing
        )
        scale = np.abs(logits.astype(np.float64) - logits.max(1, keepdims=True)).max() + 1
        np.testing.assert_allclose(probabilities, exact_probabilities, tolerance * scale, tolerance)
        np.testing.assert_allclose(loss, exact_loss, tolerance * scale, tolerance)
        dloss = np.random.default_rng(4).normal(0, 1, n).astype(dtype)
        dlogits = ops.softmax_cross_entropy_backward(
            dloss, probabilities, labels, label_smoothing=smoothing
        )
        exact_dlogits = reference.softmax_cross_entropy_backward(
            dloss.astype(np.float64),
            probabilities.astype(np.float64),
            wide,
            label_smoothing=smoothing,
        )
        np.testing.assert_allclose(dlogits, exact_dlogits, tolerance, tolerance)


def test_first_label_outside_the_classes_is_told(simt: ModuleType) -> None:
    labels, flag = np.array([0, 9, 10, 3, -1]), np.array([LARGE])
    simt.labels_check(labels.ctypes.data, 5, 10, flag.ctypes.data, 0)
    assert flag[0] == 2
    flag[0] = LARGE
    simt.labels_check(labels.ctypes.data, 2, 10, flag.ctypes.data, 0)
    assert flag[0] == LARGE


def test_impossible_logit_with_target_zero_costs_nothing(simt: ModuleType) -> None:
    logits = np.array([[0.0, -np.inf, 0.0]], np.float32)
    loss, probabilities = ops.softmax_cross_entropy(logits, np.array([0]))
    np.testing.assert_allclose(loss, np.log(2), 1e-6)
    np.testing.assert_allclose(probabilities, [[0.5, 0, 0.5]], 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [[1], [300, 0, 5], list(range(1, 110))], ids=["1", "3", "109"])
def test_adam_step_is_within_two_ulps_for_many_tensors(
    simt: ModuleType, sizes: list[int], dtype: type
) -> None:
    rng = np.random.default_rng(5)
    lists = [[rng.normal(0, 1, size).astype(dtype) for size in sizes] for _ in range(4)]
    params, grads, m, v = lists
    for array in v:
        np.abs(array, out=array)
    wide = [[a.astype(np.float64) for a in arrays] for arrays in lists]
    rates = {"learning_rate": 1e-3, "step": 3}
    ops.adam_step(params, grads, m, v, **rates)
    reference.adam_step(*wide, **rates)
    unit = np.finfo(dtype).eps
    for found, wanted, largest in ((params, wide[0], 4), (m, wide[2], 4), (v, wide[3], 16)):
        for got, value in zip(found, wanted, strict=True):
            assert np.all(np.abs(got - value) <= 2 * unit * largest)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 3, 4, 5, 1023, 1024, 1030])
@pytest.mark.parametrize("offset", [0, 1])
def test_activations_meet_ends_and_arrays_that_are_no_whole_packs(
    simt: ModuleType, offset: int, size: int, dtype: Any
) -> None:
    rng = np.random.default_rng(size)
    x, dy = (rng.integers(-4, 5, size + offset).astype(dtype)[offset:] for _ in range(2))
    np.testing.assert_array_equal(ops.relu(x), np.maximum(x, 0))
    y = ops.relu(x)
    np.testing.assert_array_equal(ops.relu_backward(dy, y), np.where(y > 0, dy, 0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize(
    ("shape", "noise"),
    [
        ((1030,), None),
        ((3, 5, 7), (3, 1, 7)),
        ((3, 5, 2), (3, 1, None)),
        ((4, 3, 1), (None, 1, 1)),
        ((1,), None),
        ((0, 3), None),
    ],
)
def test_dropout_drops_the_same_elements_in_packs_and_one_by_one(
    simt: ModuleType, shape: tuple[int, ...], noise: Any, offset: int, dtype: Any
) -> None:
    size = int(np.prod(shape))
    x = np.arange(1, size + offset + 1).astype(dtype)[offset:].reshape(shape)
    options = {"seed": 2**63 + 5, "noise_shape": noise}
    y = ops.dropout(x, 0.5, **options)
    np.testing.assert_array_equal(y, reference.dropout(x, 0.5, **options))


# Codes of StepRule, and the states that each has.
RULES = [0, 1, 1, 1, 2, 2, 3, 2, 3, 1, 2, 2, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", range(len(RULES)))
def test_optimizer_rules_give_the_same_bits_in_packs_and_one_by_one(
    simt: ModuleType, rule: int, dtype: Any
) -> None:
    rng, sizes = np.random.default_rng(rule), (1, 1027, 0, 6)
    values = [[np.abs(rng.normal(0, 1, size)) + 1 for size in sizes] for _ in range(5)]
    results, kept = [], 2 + RULES[rule]
    for offset in (0, 1):
        rows, held = [], []
        for i, size in enumerate(sizes):
            row = [np.empty(size + offset, dtype)[offset:] for _ in range(kept)]
            for array, start in zip(row, values, strict=False):
                array[...] = start[i]
            held.append(row)
            rows.append([*(a.ctypes.data for a in row), *[0] * (5 - kept), size])
        simt.optimizer_step(
            int(dtype is np.float64),
            rule,
            np.array(rows, np.int64).tobytes(),
            *(1e-2, 0.01, 0.1, 0.2, 0.3, 1e-7),
            0,
        )
        results.append([array.tobytes() for row in held for array in row])
        assert np.all(held[1][0] != values[0][1].astype(dtype))
    assert results[0] == results[1]
