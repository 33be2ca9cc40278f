# SPDX-License-Identifier: BSD-3-Clause
"""What a tape records, returns, frees and refuses."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from pyconv import GradientTape, Tensor, Variable, autograd, ops
from pyconv.autograd import no_recording
from pyconv.autograd.activation import ActivationFunction
from pyconv.autograd.function import Function
from pyconv.autograd.pool2d import BestPool2DFunction
from pyconv.autograd.shaping import ReshapeFunction


def test_variables_are_watched_unasked_and_constants_are_not() -> None:
    w, x = Variable(np.float32([2.0])), Tensor(np.float32([3.0]))
    with GradientTape() as tape:
        y = w * x
    dw, dx = tape.gradient(y, [w, x])
    assert dw is not None
    assert dw.numpy().tolist() == [3.0]
    assert dx is None


def test_a_tensor_made_inside_can_be_watched() -> None:
    x = Tensor(np.float32([3.0]))
    with GradientTape() as tape:
        middle = x * 2
        tape.watch(middle)
        y = middle * middle
    gradient = tape.gradient(y, middle)
    assert gradient is not None
    assert gradient.numpy().tolist() == [12.0]


def test_targets_that_are_no_scalars_are_summed() -> None:
    x = Variable(np.arange(3, dtype=np.float32))
    with GradientTape() as tape:
        y, z = x * 2, x * x
    gradient = tape.gradient([y, z], x)
    assert gradient is not None
    assert gradient.numpy().tolist() == [2.0, 4.0, 6.0]


def test_output_gradients_weigh_the_target() -> None:
    x = Variable(np.ones(2, np.float32))
    with GradientTape() as tape:
        y = x * 3
    gradient = tape.gradient(y, x, Tensor(np.float32([1.0, 10.0])))
    assert gradient is not None
    assert gradient.numpy().tolist() == [3.0, 30.0]
    again = GradientTape(persistent=True)
    with pytest.raises(ValueError, match="output_gradients"):
        again.gradient(y, x, Tensor(np.ones(3, np.float32)))


def test_a_value_used_twice_adds_its_gradients() -> None:
    x = Variable(np.float32([3.0]))
    with GradientTape() as tape:
        y = x * x * x + x
    gradient = tape.gradient(y, x)
    assert gradient is not None
    assert gradient.numpy().tolist() == [28.0]


def test_a_tape_is_used_up_unless_persistent() -> None:
    x = Variable(np.float32([3.0]))
    for persistent in (True, False):
        with GradientTape(persistent=persistent) as tape:
            y = autograd.exp(x)
        first = tape.gradient(y, x)
        if persistent:
            np.testing.assert_array_equal(first, tape.gradient(y, x))
        else:
            with pytest.raises(RuntimeError, match="persistent=True"):
                tape.gradient(y, x)


def test_tapes_nest() -> None:
    x = Variable(np.float32([3.0]))
    with GradientTape() as outer:
        y = x * x
        with GradientTape() as inner:
            inner.watch(y)
            z = y * 2
        dy = inner.gradient(z, y)
    dx = outer.gradient(z, x)
    assert dx is not None
    assert dy is not None
    assert (dx.item(), dy.item()) == (12.0, 2.0)


def test_a_variable_changed_before_the_backward_is_refused() -> None:
    x = Variable(np.float32([3.0]))
    with GradientTape() as tape:
        y = x * x
    x.assign_add([1.0])
    with pytest.raises(RuntimeError, match="changed after the forward"):
        tape.gradient(y, x)


def test_watch_refuses_what_has_no_gradient() -> None:
    with GradientTape() as tape:
        with pytest.raises(TypeError, match="must be floating"):
            tape.watch(Tensor(np.arange(3)))
        with pytest.raises(TypeError, match="must be a Tensor"):
            tape.watch([np.ones(3)])  # type: ignore[list-item]


def test_without_a_tape_max_pooling_makes_no_argmax(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("argmax was computed")

    monkeypatch.setattr(ops, "max_pool2d_with_argmax", refuse)
    x = Tensor(np.ones((1, 4, 4, 1), np.float32))
    assert autograd.max_pool2d(x).shape == (1, 2, 2, 1)
    with GradientTape() as tape, no_recording():
        tape.watch(x)
        assert autograd.max_pool2d(x).shape == (1, 2, 2, 1)
    with GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(AssertionError, match="argmax"):
            autograd.max_pool2d(x)


def test_what_is_not_wanted_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    backward = ops.conv2d_backward

    def listen(*arguments: Any, **options: Any) -> Any:
        asked.append(options["needs"])
        return backward(*arguments, **options)

    monkeypatch.setattr(ops, "conv2d_backward", listen)
    x, kernel = np.ones((1, 4, 4, 1), np.float32), Variable(np.ones((3, 3, 1, 1), np.float32))
    with GradientTape() as tape:
        y = autograd.conv2d(x, kernel)
    tape.gradient(y, kernel)
    assert asked == [("kernel",)]


def test_the_backward_frees_what_was_kept() -> None:
    x = Variable(np.ones((4, 4), np.float32))
    with GradientTape() as tape:
        y = autograd.exp(x)
        kept = weakref.ref(y.array)
        total = (y * y).sum()
        del y
    assert kept() is not None
    tape.gradient(total, x)
    gc.collect()
    assert kept() is None


def test_a_tape_records_its_own_thread_alone() -> None:
    x = Variable(np.float32([3.0]))
    made: list[Tensor] = []
    with GradientTape() as tape:
        worker = threading.Thread(target=lambda: made.append(x * x))
        worker.start()
        worker.join()
    assert tape.gradient(made[0], x) is None


def test_an_error_inside_leaves_no_tape_behind() -> None:
    x = Variable(np.float32([3.0]))
    with pytest.raises(ZeroDivisionError), GradientTape():
        raise ZeroDivisionError
    with GradientTape(persistent=True) as tape:
        pass
    assert tape.gradient(x * x, x) is None


def rectified_and_pooled(x: Tensor, kernel: Variable, strides: int) -> tuple[Tensor, Tensor]:
    y = autograd.conv2d(x, kernel, activation="relu")
    return y, autograd.max_pool2d(y, 3, strides=strides)


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_a_pooling_that_masks_for_its_convolution_changes_no_bit(strides: int) -> None:
    rng = np.random.default_rng(strides)
    x = Tensor(rng.normal(size=(2, 9, 9, 3)).astype(np.float32))
    kernel = Variable(rng.normal(size=(3, 3, 3, 8)).astype(np.float32))
    found = []
    for persistent in (False, True):  # only the first hands over
        with GradientTape(persistent=persistent) as tape:
            tape.watch(x)
            _, z = rectified_and_pooled(x, kernel, strides)
        found.append(tape.gradient(z, [x, kernel], Tensor(np.sin(z.numpy()) - 0.5)))
    for handed, plain in zip(*found, strict=True):
        assert handed is not None
        assert plain is not None
        assert np.array_equal(handed.numpy(), plain.numpy())


def test_a_relu_of_its_own_is_masked_by_its_pooling_too() -> None:
    x = Variable(np.random.default_rng(0).normal(size=(1, 6, 6, 4)).astype(np.float32))
    found = []
    for persistent in (False, True):
        with GradientTape(persistent=persistent) as tape:
            y = autograd.max_pool2d(autograd.relu(x), 2)
        gradient = tape.gradient(y, x)
        assert gradient is not None
        found.append(gradient.numpy())
    assert np.array_equal(*found)
    assert (found[0][x.numpy() <= 0] == 0).all()


def test_the_gradient_of_what_is_pooled_is_whole_where_it_is_asked_for() -> None:
    x = Tensor(np.full((1, 4, 4, 1), -1, np.float32))
    kernel = Variable(np.ones((1, 1, 1, 1), np.float32))
    with GradientTape() as tape:
        y, z = rectified_and_pooled(x, kernel, 1)
    dy, dkernel = tape.gradient(z, [y, kernel])
    assert dy is not None
    assert dkernel is not None
    assert dy.numpy().sum() == 4  # windows; ReLU's zeros win, and their gradient is seen
    assert dkernel.numpy().sum() == 0


def test_a_convolution_with_two_users_masks_for_both() -> None:
    x = Tensor(np.full((1, 4, 4, 1), -1, np.float32))
    kernel = Variable(np.ones((1, 1, 1, 1), np.float32))
    with GradientTape() as tape:
        y, z = rectified_and_pooled(x, kernel, 1)
        total = autograd.mean(y) + autograd.mean(z)
    dkernel = tape.gradient(total, kernel)
    assert dkernel is not None
    assert dkernel.numpy().sum() == 0


def test_what_is_fed_a_gradient_from_outside_masks_it() -> None:
    x = Tensor(np.full((1, 4, 4, 1), -1, np.float32))
    kernel = Variable(np.ones((1, 1, 1, 1), np.float32))
    with GradientTape() as tape:
        y, z = rectified_and_pooled(x, kernel, 1)
    dkernel = tape.gradient([y, z], kernel)
    assert dkernel is not None
    assert dkernel.numpy().sum() == 0


def test_an_outer_tape_sees_what_an_inner_one_did_not_ask_for() -> None:
    x = Tensor(np.full((1, 4, 4, 1), -1, np.float32))
    kernel = Variable(np.ones((1, 1, 1, 1), np.float32))
    with GradientTape() as outer:
        with GradientTape() as inner:
            y, z = rectified_and_pooled(x, kernel, 1)
        assert inner.gradient(z, kernel) is not None
    dy = outer.gradient(z, y)
    assert dy is not None
    assert dy.numpy().sum() == 4


def test_only_functions_that_take_over_are_offered_a_step() -> None:
    assert not any(kind.takes_over for kind in (Function, ReshapeFunction, ActivationFunction))
    assert BestPool2DFunction.takes_over
    assert type("Child", (BestPool2DFunction,), {}).takes_over
    assert type("Own", (Function,), {"take_over": lambda self, maker: None}).takes_over


def test_what_a_function_made_is_freed_while_gradients_of_those_before_it_are_found() -> None:
    alive: list[bool] = []

    class Looking(Function):
        def forward(self, x: Any) -> Any:
            return x * 2

        def backward(self, dy: Any) -> Any:
            alive.append(later() is not None)
            return dy * 2

    x = Tensor(np.ones(3, np.float32))
    with GradientTape() as tape:
        tape.watch(x)
        made = autograd.relu(Looking()(x))
        later = weakref.ref(made.array)
        y = autograd.relu(made)
    del made
    found = tape.gradient(y, x)
    assert found is not None
    assert found.numpy().tolist() == [2, 2, 2]
    assert alive == [False]
