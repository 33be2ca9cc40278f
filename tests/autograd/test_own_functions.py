# SPDX-License-Identifier: BSD-3-Clause
"""Functions of one's own: their gradients in a graph, and what they must not return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tolerances import GRADIENT_CHECK

from pyconv import Tensor, autograd, gradient_check
from pyconv.autograd import Function, GradientTape

X = np.random.default_rng(0).normal(size=(2, 3))


class Product(Function):
    def forward(self, a: Any, b: Any) -> Any:
        self.a, self.b = a, b
        return a * b

    def backward(self, dy: Any) -> Any:
        return dy * self.b, dy * self.a


class Shared(Function):
    """Gives both inputs the very gradient it got."""

    def forward(self, a: Any, b: Any) -> Any:
        return a + b

    def backward(self, dy: Any) -> Any:
        return dy, dy


def function_of(forward: Callable[..., Any], backward: Callable[[Any], Any]) -> Any:
    class Mine(Function):
        pass

    Mine.forward = staticmethod(forward)
    Mine.backward = staticmethod(backward)
    return Mine()


def gradient_of(function: Any, *arrays: Any) -> Any:
    tensors = [Tensor(a) for a in arrays]
    with GradientTape() as tape:
        tape.watch(tensors)
        y = function(*tensors)
    return tape.gradient(y, tensors)


def test_gradients_in_a_graph_are_its_slopes() -> None:
    def graph(x: Tensor, w: Tensor) -> Tensor:
        y = Shared()(x, x)
        y = Product()(y, Shared()(autograd.tanh(w), y))
        return Shared()(y, Product()(y, y)) + y

    gradient_check(graph, [X, X + 1], **GRADIENT_CHECK)


def test_arrays_lists_and_numbers_are_inputs() -> None:
    assert Shared()(X, 1.0).shape == (2, 3)
    assert Shared()([1.0, 2.0], Tensor(X[0, :2])).shape == (2,)


def test_a_gradient_has_its_inputs_type_and_may_be_a_list_or_tensor() -> None:
    x = X.astype(np.float32)
    for backward in (lambda dy: np.ones((2, 3)), lambda dy: np.ones((2, 3)).tolist(), Tensor):
        (dx,) = gradient_of(function_of(lambda x: x * 2, backward), x)
        assert (dx.shape, dx.dtype) == ((2, 3), np.float32)
    found = gradient_of(function_of(lambda a, b: a + b, lambda dy: [dy, None]), x, x)
    assert found[0].shape == (2, 3)
    assert found[1] is None


@pytest.mark.parametrize(
    ("backward", "count", "error", "text"),
    [
        (lambda dy: dy.sum(), 1, ValueError, r"gradient 0 of backward has shape \(\); must be"),
        (lambda dy: (dy, dy[0]), 2, ValueError, r"gradient 1 of backward has shape \(3,\); must"),
        (lambda dy: dy, 2, ValueError, "backward returned 1 gradients; must be 2, one for each"),
        (lambda dy: (dy, dy), 1, ValueError, "backward returned 2 gradients; must be 1, one"),
        (lambda dy: "a", 1, TypeError, "gradient 0 of backward has dtype"),
    ],
)
def test_gradients_that_do_not_fit_are_refused(
    backward: Callable[[Any], Any], count: int, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=f"Mine: {text}"):
        gradient_of(function_of(lambda *arrays: sum(arrays), backward), *[X] * count)


@pytest.mark.parametrize(
    ("forward", "text"),
    [
        (lambda x: None, "what forward returned has dtype object"),
        (lambda x: (x, x), "forward returned a tuple; must be one array"),
    ],
)
def test_what_is_no_array_is_refused(forward: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(TypeError, match=f"Mine: {text}"):
        gradient_of(function_of(forward, lambda dy: dy), X)


def test_missing_methods_are_named() -> None:
    class Empty(Function):
        pass

    class Half(Function):
        def forward(self, x: Any) -> Any:
            return x

    with pytest.raises(NotImplementedError, match=r"Empty: has no forward\(\*arrays\); must def"):
        Empty()(X)
    with pytest.raises(NotImplementedError, match=r"Half: has no backward\(dy\); must define it"):
        gradient_of(Half(), X)
