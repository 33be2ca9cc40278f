# SPDX-License-Identifier: BSD-3-Clause
"""Tensors beside NumPy: arithmetic, dtypes, copies, indexing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv import Tensor, Variable, autograd


def test_arithmetic_equals_numpy() -> None:
    a, b = np.float32([[1, 2], [3, 4]]), np.float32([5, 6])
    x = Tensor(a)
    for found, expected in (
        (x + b, a + b),
        (b - x, b - a),
        (x * 2, a * 2),
        (1 / x, 1 / a),
        (x**2, a**2),
        (2**x, 2**a),
        (-x, -a),
        (abs(x - 3), abs(a - 3)),
        (x @ a, a @ a),
        (x.T, a.T),
        (x.reshape(4), a.reshape(4)),
        (x.reshape(1, -1), a.reshape(1, -1)),
        (x.transpose(1, 0), a.T),
        (x.sum(0), a.sum(0)),
        (x.mean(), a.mean()),
        (x[:, 1], a[:, 1]),
        (x > 2, a > 2),
        (x == a, a == a),
        (x != 1, a != 1),
    ):
        assert isinstance(found, Tensor)
        np.testing.assert_array_equal(found.numpy(), expected)
        assert found.dtype == np.asarray(expected).dtype


def test_plus_equals_makes_a_new_tensor() -> None:
    x = first = Tensor([1.0])
    x += 1
    assert x is not first
    assert (first.item(), x.item()) == (1.0, 2.0)


def test_numbers_and_integers_join_the_floating_operand() -> None:
    for dtype in (np.float32, np.float64):
        x = Tensor(np.ones(2, dtype))
        for other in (2, 2.5, np.float64(2.5), np.arange(2), np.uint8([1, 2]), True):
            assert (x * other).dtype == (other * x).dtype == dtype
    assert (Tensor(np.uint8([200])) / 255).dtype == np.float32
    assert (Tensor(np.arange(3)) * 2).dtype == np.int64
    assert (Tensor(np.arange(3)) * 0.5).dtype == np.float32


def test_float32_and_float64_are_never_mixed() -> None:
    with pytest.raises(TypeError, match=r"add: operands are float32 and float64"):
        Tensor(np.ones(2, np.float32)) + np.ones(2)
    mixed = Tensor(np.ones(2, np.float32)).astype("float64") + np.ones(2)
    assert mixed.dtype == np.float64


def test_lists_of_floats_become_float32() -> None:
    assert Tensor([1.0, 2.0]).dtype == np.float32
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor(np.ones(2)).dtype == np.float64


def test_numpy_returns_a_writable_copy() -> None:
    variable = Variable(np.zeros(3, np.float32))
    for copy in (variable.numpy(), np.asarray(variable), np.array(variable)):
        copy += 1
        assert variable.array.tolist() == [0.0, 0.0, 0.0]
    before = variable.numpy()
    variable.assign([1.0, 2.0, 3.0])
    assert before.tolist() == [0.0, 0.0, 0.0]
    assert np.asarray(variable, np.float64).dtype == np.float64
    assert (np.float32([2.0]) * variable).numpy().tolist() == [2.0, 4.0, 6.0]


def test_length_iteration_and_scalars() -> None:
    x = Tensor(np.arange(6.0).reshape(3, 2))
    assert (len(x), x.shape, x.ndim, x.size) == (3, (3, 2), 2, 6)
    assert [row.shape for row in x] == [(2,)] * 3
    assert (float(x[1, 0]), int(x[1, 1]), bool(x[0, 0])) == (2.0, 3, False)
    assert [10, 20, 30][Tensor(np.array(2))] == 30
    assert len({x, Tensor([1.0])}) == 2


def test_comparisons_make_masks() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    assert x[x > 1.5].numpy().tolist() == [2.0, 3.0]
    assert (x >= [1, 3, 3]).numpy().tolist() == [True, False, True]
    assert [(x < 2).dtype, (x <= 2).dtype] == [np.bool_, np.bool_]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "1.5",
        np.array(["a"]),
        np.array([1, None]),
        np.ones(2, complex),
        np.array(["2026-01-01"], "datetime64[D]"),
        np.ma.masked_array([1.0, 2.0], [True, False]),
    ],
)
def test_refuses_what_is_not_numbers(value: Any) -> None:
    with pytest.raises(TypeError, match="Tensor: value"):
        Tensor(value)


def test_variable_counts_its_changes_and_keeps_its_shape() -> None:
    variable = Variable([[1.0, 2.0]], name="kernel")
    variable.assign([[3.0, 4.0]]).assign_sub([[1.0, 1.0]])
    assert variable.version == 2
    assert variable.numpy().tolist() == [[2.0, 3.0]]
    with pytest.raises(ValueError, match=r"assign: value.shape=\(2,\); must be \(1, 2\)"):
        variable.assign([1.0, 2.0])


def test_ops_refuse_tensors_and_name_the_twin() -> None:
    from pyconv import ops

    with pytest.raises(TypeError, match=r"pyconv\.relu"):
        ops.relu(Tensor([1.0]))  # type: ignore[arg-type]
    assert autograd.relu([-1.0, 1.0]).numpy().tolist() == [0.0, 1.0]


def test_other_libraries_borrow_the_values_by_dlpack() -> None:
    tensor = Tensor(np.array([1.0, 2.0], np.float32))
    borrowed = np.from_dlpack(tensor)
    assert np.shares_memory(borrowed, tensor.array)
    assert borrowed.tolist() == [1.0, 2.0]
