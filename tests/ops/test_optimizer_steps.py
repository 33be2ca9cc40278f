# SPDX-License-Identifier: BSD-3-Clause
"""The steps of all optimizers: within two units in the last place of their formulas, in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tolerances
from arrays import normal
from compare import assert_same_bits, assert_within

from pyconv import ops, reference

SHAPES = [(1,), (7,), (8, 9), (17,), (3, 3, 1, 30), (100, 10), (70001,)]
RATE = 0.01

# name, options, names of the states in their order
CASES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("sgd_step", {}, ()),
    ("sgd_step", {"weight_decay": 0.1}, ()),
    ("sgd_step", {"momentum": 0.9}, ("signed",)),
    ("sgd_step", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, ("signed",)),
    ("rmsprop_step", {}, ("square",)),
    ("rmsprop_step", {"rho": 0.5, "epsilon": 1e-3, "weight_decay": 0.1}, ("square",)),
    ("rmsprop_step", {"momentum": 0.5}, ("square", None, "signed")),
    ("rmsprop_step", {"centered": True}, ("square", "small")),
    ("rmsprop_step", {"centered": True, "momentum": 0.9}, ("square", "small", "signed")),
    ("adagrad_step", {}, ("square",)),
    ("adagrad_step", {"epsilon": 1e-3, "weight_decay": 0.1}, ("square",)),
    ("adadelta_step", {}, ("square", "square")),
    ("adadelta_step", {"rho": 0.5, "epsilon": 1e-3, "weight_decay": 0.1}, ("square", "square")),
    ("adamax_step", {"step": 2}, ("signed", "square")),
    ("adamax_step", {"step": 1, "beta_1": 0.5, "weight_decay": 0.1}, ("zero", "zero")),
    ("nadam_step", {"step": 1, "product": 1.0}, ("zero", "zero")),
    ("nadam_step", {"step": 40, "product": 0.01, "beta_2": 0.9}, ("signed", "square")),
    ("adam_step", {"step": 2}, ("signed", "square")),
    ("adam_step", {"step": 1, "beta_1": 0.0}, ("zero", "zero")),
    ("adam_step", {"step": 1000, "beta_1": 0.5, "beta_2": 0.9}, ("signed", "square")),
    ("adam_step", {"step": 10**7, "weight_decay": 0.004}, ("signed", "square")),
    ("adam_step", {"step": 3}, ("signed", "square", "square")),
]
IDS = [f"{name}-{','.join(map(str, options))}-{len(states)}" for name, options, states in CASES]


def values(kind: str, shape: tuple[int, ...], dtype: np.dtype, seed: int) -> np.ndarray:
    signed = normal(shape, dtype, seed, shape)
    if kind == "square":
        return signed * signed + dtype.type(0.5)
    return signed * dtype.type({"signed": 1, "small": 0.05, "zero": 0}[kind])


def tensors(states: tuple[str | None, ...], dtype: np.dtype) -> list[list[np.ndarray] | None]:
    """Return params, grads and states as lists, as some steps would have left them."""
    kinds = ("signed", "signed", *states)
    return [
        kind and [values(kind, shape, dtype, seed) for shape in SHAPES]
        for seed, kind in enumerate(kinds)
    ]


def copied(lists: list, copy: Any) -> list:
    return [arrays if arrays is None else [copy(array) for array in arrays] for arrays in lists]


def sizes_of_terms(before: list, after: list, i: int) -> list[np.ndarray | None]:
    """Return what the absolute terms of each sum add up to; rounding errors are relative to it.

    A state's sum holds its old value and its new one; the weights' sum their old value and twice
    the move, a product of rounded factors.
    """
    grad = abs(before[1][i])
    sizes: list[np.ndarray | None] = [None, None]
    for old, new in zip(before[2:], after[2:], strict=True):
        sizes.append(None if old is None else abs(old[i]) + abs(new[i]) + grad * (grad + 1))
    move = abs(after[0][i] - before[0][i])
    sizes[0] = abs(before[0][i]) + 2 * move + RATE * (grad + sum(abs(s[i]) for s in after[2:] if s))
    return sizes


@pytest.mark.parametrize(("name", "options", "states"), CASES, ids=IDS)
def test_equals_reference(name, options, states, dtype, device, threads):
    lists = tensors(states, dtype)
    before = copied(lists, lambda array: array.astype(np.longdouble))
    exact = copied(before, np.copy)
    getattr(reference, name)(*exact, learning_rate=RATE, **options)
    moved = copied(lists, lambda array: device(array.copy()))
    getattr(ops, name)(*moved, learning_rate=RATE, **options)
    bound = tolerances.optimizer_step(dtype)
    for i in range(len(SHAPES)):
        for which, size in enumerate(sizes_of_terms(before, exact, i)):
            if size is not None:
                got = device.host(moved[which][i])
                assert_within(got, exact[which][i], bound * size, f"list {which}, array {i}")


@pytest.mark.parametrize(("name", "options", "states"), CASES[-4:], ids=IDS[-4:])
def test_bits_do_not_depend_on_threads(name, options, states, dtype, device, set_threads):
    results = []
    for count in (1, 1, 2, 3, 7):
        set_threads(count)
        moved = copied(tensors(states, dtype), device)
        getattr(ops, name)(*moved, learning_rate=RATE, **options)
        results.append(device.host(moved))
        assert_same_bits(results[-1], results[0], f"{count} threads")


# Weights after three steps from w = 1 with g = 0.5.
PUBLISHED = [
    ("sgd_step", {"learning_rate": 0.01}, (), (0.995, 0.99, 0.985)),
    ("sgd_step", {"learning_rate": 0.01, "momentum": 0.9}, (0.0,), (0.995, 0.9855, 0.97195)),
    (
        "sgd_step",
        {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True},
        (0.0,),
        (0.9905, 0.97695, 0.959755),
    ),
    (
        "rmsprop_step",
        {"learning_rate": 1e-3},
        (0.0,),
        (0.9968377287, 0.9945435737, 0.9926226283),
    ),
    (
        "adagrad_step",
        {"learning_rate": 1e-3},
        (0.1,),
        (0.9991548459, 0.9985093487, 0.9979670226),
    ),
    ("adam_step", {"learning_rate": 1e-3}, (0.0, 0.0), (0.9990000063, 0.9980000108, 0.9970000145)),
]


@pytest.mark.parametrize(("name", "options", "states", "expected"), PUBLISHED)
def test_three_steps_of_the_book(name, options, states, expected, dtype, device):
    lists = [[device(np.full(1, value, dtype))] for value in (1.0, 0.5, *states)]
    for step, weight in enumerate(expected, 1):
        numbered = {"step": step} if name == "adam_step" else {}
        getattr(ops, name)(*lists, **options, **numbered)
        np.testing.assert_allclose(device.host(lists[0][0]), weight, **tolerances.printed(dtype))


@pytest.mark.parametrize(("name", "options", "states"), CASES, ids=IDS)
def test_keeps_its_gradients(name, options, states, device):
    lists = tensors(states, np.dtype("float32"))
    before = [grad.copy() for grad in lists[1]]
    getattr(ops, name)(*lists, learning_rate=0.1, **options)
    assert_same_bits(lists[1], before)


def test_nothing_to_do(device):
    ops.adam_step([], [], [], [], learning_rate=0.1, step=1)
    ops.sgd_step([], [], learning_rate=0.1)


def test_checks_everything_before_it_writes(device):
    params, grads, m, v = tensors(("signed", "square"), np.dtype("float32"))
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


def test_refuses_arrays_that_share_memory():
    whole = np.zeros(100, np.float32)
    apart = [np.zeros(40, np.float32) for _ in range(3)]
    for first, second in ((whole[:40], whole[39:79]), (whole[:40], whole[:40])):
        lists = [[first, second], [*apart[:2]], [apart[2], np.zeros(40, np.float32)]]
        with pytest.raises(ValueError, match=r"sgd_step: params\[1\] shares memory with params\[0"):
            ops.sgd_step(*lists, learning_rate=0.1, momentum=0.5)
        with pytest.raises(ValueError, match=r"adam_step: v\[0\] shares memory with params\[0\]"):
            ops.adam_step([first], [apart[0]], [apart[1]], [second], learning_rate=0.1, step=1)
        with pytest.raises(ValueError, match=r"adagrad_step: grads\[0\] shares memory with params"):
            ops.adagrad_step([first], [second], [apart[0]], learning_rate=0.1)
    assert not whole.any()
    empty = whole[:0]
    ops.sgd_step([empty, whole[:40], whole[40:80]], [empty, *apart[:2]], learning_rate=0.1)


@pytest.mark.parametrize(
    ("name", "options", "missing"),
    [
        ("sgd_step", {"momentum": 0.9}, "velocities"),
        ("rmsprop_step", {"momentum": 0.9}, "momentums"),
        ("rmsprop_step", {"centered": True}, "averages"),
    ],
)
def test_a_state_that_the_options_need_is_named(name, options, missing):
    lists = [[np.zeros(3, np.float32)] for _ in range(2 if name == "sgd_step" else 3)]
    with pytest.raises(TypeError, match=f"{name}: {missing} is None"):
        getattr(ops, name)(*lists, learning_rate=0.1, **options)


def test_arrays_are_looked_at_anew_at_each_step():
    params, grads, velocities = ([np.ones((2, 3), np.float32) for _ in range(2)] for _ in range(3))
    ops.rmsprop_step(params, grads, velocities, learning_rate=RATE)
    grads[1] = np.ones((3, 2), np.float32).T  # strided: a gradient may be
    ops.rmsprop_step(params, grads, velocities, learning_rate=RATE)
    np.testing.assert_array_equal(params[0], params[1])
    with pytest.raises(TypeError, match=r"rmsprop_step: params\[1\]\.dtype=float64; must be"):
        ops.rmsprop_step([params[0], [1.0]], grads, velocities, learning_rate=RATE)
    params[1].flags.writeable = False
    with pytest.raises(ValueError, match=r"rmsprop_step: params\[1\] is read-only"):
        ops.rmsprop_step(params, grads, velocities, learning_rate=RATE)
    params[1].flags.writeable = True
    velocities[0].shape = (3, 2)
    with pytest.raises(ValueError, match=r"rmsprop_step: velocities\[0\]\.shape=\(3, 2\); must be"):
        ops.rmsprop_step(params, grads, velocities, learning_rate=RATE)
    velocities[0] = velocities[1]
    with pytest.raises(ValueError, match=r"velocities\[1\] shares memory with velocities\[0\]"):
        ops.rmsprop_step(params, grads, velocities, learning_rate=RATE)


def test_gradients_may_share_memory_with_each_other_alone():
    whole, other = np.ones(100, np.float32), np.ones(10, np.float32)
    params = [np.zeros(n, np.float32) for n in (60, 10, 60)]
    grads = [whole[:60], whole[10:20], whole[:60]]
    ops.sgd_step(params, grads, learning_rate=0.5)
    for param in params:
        np.testing.assert_array_equal(param, np.full_like(param, -0.5))
    with pytest.raises(ValueError, match=r"sgd_step: params\[1\] shares memory with grads\[0\]"):
        ops.sgd_step([params[0], whole[30:40]], [whole[:60], whole[10:20]], learning_rate=0.5)
    with pytest.raises(ValueError, match=r"sgd_step: grads\[1\] shares memory with params\[0\]"):
        ops.sgd_step([whole[:60], other], [params[0], whole[30:40]], learning_rate=0.5)


def test_a_rate_that_no_float_holds_is_refused():
    arrays = [[np.ones(3, np.float32)] for _ in range(2)]
    with pytest.raises(ValueError, match=r"sgd_step: learning_rate=inf; must be finite"):
        ops.sgd_step(*arrays, learning_rate=10**400)
