# SPDX-License-Identifier: BSD-3-Clause
"""Tapes that are asked, entered or shared twice give what they would give once, or refuse."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import GradientTape, Tensor, Variable, autograd


def value(gradient: Tensor | None) -> Any:
    assert gradient is not None
    return gradient.numpy().tolist()


def test_a_tape_whose_gradient_failed_is_used_up() -> None:
    v, w = Variable(np.ones(3)), Variable(np.ones(3))
    with GradientTape() as tape:
        y = autograd.sum(v * w)
    v.assign(np.zeros(3))
    with pytest.raises(RuntimeError, match="changed after the forward"):
        tape.gradient(y, w)
    with pytest.raises(RuntimeError, match="used up"):
        tape.gradient(y, w)


def test_a_tape_that_records_is_not_entered_again() -> None:
    x, tape = Variable(np.ones(2)), GradientTape(persistent=True)
    with tape:
        with pytest.raises(RuntimeError, match="records already"), tape:
            pass
        y = x * 3
    with tape:
        z = y * 2
    assert value(tape.gradient([y, z], x)) == [9.0, 9.0]


def test_what_another_tape_watched_earlier_is_not_added() -> None:
    kernel, x = Variable(np.ones((1, 1, 2, 2))), Tensor(np.ones((1, 1, 1, 2)))
    with GradientTape() as late, GradientTape() as early:
        early.watch(x)
        first = autograd.conv2d(x, kernel)
        late.watch(x)
        target = autograd.sum(first + autograd.conv2d(x, kernel))
    assert value(late.gradient(target, x)) == [[[[2.0, 2.0]]]]
    assert value(early.gradient(target, x)) == [[[[4.0, 4.0]]]]


def test_threads_may_ask_one_persistent_tape() -> None:
    x, kernel = Variable(normal((2, 32, 32, 8), np.float32, 0)), normal((3, 3, 8, 8), np.float32, 1)
    with GradientTape(persistent=True) as tape:
        paths = [autograd.conv2d(x, kernel * (i + 1), padding="same") for i in range(3)]
        target = autograd.mean(paths[0] * paths[1] + paths[2])
    expected, found = np.asarray(tape.gradient(target, x)), []

    def ask() -> None:
        found.extend(np.asarray(tape.gradient(target, x)) for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert_same_bits(found, [expected] * 80)


@pytest.mark.parametrize("count", [1, 3])
def test_numbers_without_axes_keep_arrays_as_gradients(count: int) -> None:
    x = Variable(np.array(0.5))
    with GradientTape() as tape:
        y = autograd.mean(x)
        z = sum((y * (i + 1) for i in range(count)), start=Tensor(np.array(0.0)))
    gradient = tape.gradient([z, z], x)
    assert gradient is not None
    assert type(gradient.array) is np.ndarray
    assert gradient.item() == count * (count + 1)


@pytest.mark.parametrize("argument", ["target", "sources", "output_gradients"])
@pytest.mark.parametrize("wrong", [np.ones(1), [np.ones(1)], "x", 3])
def test_what_is_no_tensor_is_refused_by_name(argument: str, wrong: Any) -> None:
    x, tape = Variable(np.ones(1)), GradientTape()
    with tape:
        y = x * 2
    given: dict[str, Any] = {"target": y, "sources": x, "output_gradients": Tensor(np.ones(1))}
    with pytest.raises(TypeError, match=f"gradient: {argument} "):
        tape.gradient(**given | {argument: wrong})
    assert value(tape.gradient(y, x)) == [2.0]


def test_output_gradients_are_as_many_as_the_targets() -> None:
    x = Variable(np.ones(1))
    with pytest.raises(ValueError, match="2 output_gradients; must be 1"):
        GradientTape().gradient([x], x, [x, x])
