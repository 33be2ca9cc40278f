# SPDX-License-Identifier: BSD-3-Clause
"""adam_step: within two units in the last place of the formula, in place, checked before."""

import numpy as np
import pytest
import tolerances
from arrays import normal
from compare import assert_same_bits, assert_within

from pyconv import ops, reference

SHAPES = [(1,), (7,), (8, 9), (17,), (3, 3, 1, 30), (100, 10), (70001,)]


def tensors(dtype, step):
    """Return params, grads, m, v as lists; m and v as some steps would have left them."""
    params = [normal(shape, dtype, 0, shape) for shape in SHAPES]
    grads = [normal(shape, dtype, 1, shape) for shape in SHAPES]
    m = [normal(shape, dtype, 2, shape) * dtype.type(step > 1) for shape in SHAPES]
    v = [normal(shape, dtype, 3, shape) ** 2 * dtype.type(step > 1) for shape in SHAPES]
    return params, grads, m, v


@pytest.mark.parametrize("step", [1, 2, 1000, 10**7])
@pytest.mark.parametrize(
    "options", [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}, {"beta_1": 0.0}]
)
def test_equals_reference(step, options, dtype, device, threads):
    lists = tensors(dtype, step)
    expected = [[array.astype(np.longdouble) for array in arrays] for arrays in lists]
    reference.adam_step(*expected, learning_rate=0.01, step=step, **options)
    moved = [[device(array.copy()) for array in arrays] for arrays in lists]
    ops.adam_step(*moved, learning_rate=0.01, step=step, **options)
    bound = tolerances.optimizer_step(dtype)
    for i in range(len(SHAPES)):
        before = [arrays[i].astype(np.longdouble) for arrays in lists]
        for name, size in sizes_of_terms(*before, step=step, **options).items():
            which = ("params", "grads", "m", "v").index(name)
            got, exact = device.host(moved[which][i]), expected[which][i]
            assert_within(got, exact, bound * size, name)


def sizes_of_terms(param, grad, m, v, *, step, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Return what the absolute terms of each sum add up to; rounding errors are relative to it."""
    alpha = 0.01 * np.sqrt(1 - np.longdouble(beta_2) ** step) / (1 - np.longdouble(beta_1) ** step)
    m_terms = abs(m) + (1 - beta_1) * (abs(grad) + abs(m))
    v_terms = v + (1 - beta_2) * (grad * grad + v)
    new_v = v + (1 - beta_2) * (grad * grad - v)
    # The update is a product of two rounded factors, m and 1 / sqrt(v).
    update = 2 * alpha * m_terms / (np.sqrt(new_v) + epsilon)
    return {"params": abs(param) + update, "m": m_terms, "v": v_terms}


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    results = []
    for count in (1, 1, 2, 3, 7):
        set_threads(count)
        moved = [[device(array) for array in arrays] for arrays in tensors(dtype, 2)]
        ops.adam_step(*moved, learning_rate=0.01, step=2)
        results.append(device.host(moved))
        assert_same_bits(results[-1], results[0], f"{count} threads")


def test_three_steps_of_the_book(dtype, device):
    lists = [[device(np.full(1, value, dtype))] for value in (1.0, 0.5, 0.0, 0.0)]
    for step, expected in enumerate((0.9990000063, 0.9980000108, 0.9970000145), 1):
        # The book divides by sqrt of the corrected v plus epsilon: the same up to 1e-8.
        ops.adam_step(*lists, learning_rate=0.001, step=step)
        np.testing.assert_allclose(device.host(lists[0][0]), expected, **tolerances.printed(dtype))


def test_keeps_its_gradients(device):
    lists = tensors(np.dtype("float32"), 1)
    before = [grad.copy() for grad in lists[1]]
    ops.adam_step(*lists, learning_rate=0.1, step=1)
    assert_same_bits(lists[1], before)


def test_nothing_to_do(device):
    ops.adam_step([], [], [], [], learning_rate=0.1, step=1)


def test_checks_everything_before_it_writes(device):
    params, grads, m, v = tensors(np.dtype("float32"), 1)
    grads[-1] = grads[-1][:-1]
    before = [array.copy() for array in params]
    with pytest.raises(ValueError, match=r"adam_step: grads\[6\]"):
        ops.adam_step(
            *([device(array) for array in arrays] for arrays in (params, grads, m, v)),
            learning_rate=0.1,
            step=1,
        )
    assert_same_bits(params, before)


@pytest.mark.parametrize("which", [0, 2, 3])
def test_refuses_targets_it_cannot_write(which):
    lists = [[np.zeros((4, 4), np.float32)] for _ in range(4)]
    for bad in (np.zeros((4, 8), np.float32)[:, ::2], np.zeros((4, 4), ">f4"), read_only()):
        lists[which] = [bad]
        with pytest.raises(ValueError, match="written in place"):
            ops.adam_step(*lists, learning_rate=0.1, step=1)


def read_only():
    array = np.zeros((4, 4), np.float32)
    array.flags.writeable = False
    return array
