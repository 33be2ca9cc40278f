# SPDX-License-Identifier: BSD-3-Clause
"""Gradients that only the tape holds are added to and written over; nobody else's ever are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import GradientTape, Tensor, Variable, autograd, backend
from pyconv.autograd.batch_norm import BatchNormToEnd, batch_norm_training
from pyconv.autograd.normalization import NormFunction
from pyconv.autograd.product import ProductFunction

CHANNELS = 32
KINDS = (ProductFunction, NormFunction, BatchNormToEnd)


def conv(x: Any, seed: int, size: int = 1) -> Tensor:
    kernel = Variable(normal((size, size, CHANNELS, CHANNELS), np.float32, seed))
    return autograd.conv2d(x, kernel, padding="same")


def residual_block(x: Any, seed: int) -> list[Tensor]:
    """Return what a block makes, the result last."""
    gamma, beta = (Variable(normal((CHANNELS,), np.float32, seed + i)) for i in (1, 2))
    first = BatchNormToEnd(-1, 1e-3, None, "relu").of(conv(x, seed), gamma, beta, None)
    second, _, _ = batch_norm_training(conv(first, seed + 3, 3), gamma, beta, -1, 1e-3)
    last = BatchNormToEnd(-1, 1e-3, None, "relu").of(conv(second, seed + 4), gamma, beta, x)
    return [first, second, last]


def gradients(asked: str, persistent: bool) -> list[np.ndarray[Any, Any]]:
    """Return the gradients of what is asked for, of the input alone or of all between, too."""
    x = Variable(normal((2, 8, 8, CHANNELS), np.float32, 0))
    with GradientTape(persistent=persistent) as tape:
        made = residual_block(x, 10)
        made += residual_block(made[-1], 20)
        made += [conv(made[-1], 30), conv(made[-1], 31)]
        target = autograd.mean(made[-1]) + autograd.mean(made[-2] * made[-3])
    found = tape.gradient(target, [x, *made] if asked == "all" else [x])
    return [np.asarray(one) for one in found]


@pytest.mark.parametrize("asked", ["all", "input"])
@pytest.mark.parametrize("persistent", [False, True])
def test_gradients_have_the_bits_of_fresh_arrays(
    asked: str, persistent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gradients(asked, persistent)
    for kind in KINDS:
        monkeypatch.setattr(kind, "makes_anew", False)
    assert_same_bits(found, gradients(asked, persistent))


def test_sums_lie_where_the_first_gradient_lay(monkeypatch: pytest.MonkeyPatch) -> None:
    if not backend.kernels_for(np.zeros(1)).has_arena:
        pytest.skip("on the CPU only")
    x = Variable(normal((2, 16, 16, CHANNELS), np.float32, 0))
    with GradientTape() as tape:
        y = autograd.mean(conv(x, 1)) + autograd.mean(conv(x, 2, 3))
    added: list[Any] = []
    monkeypatch.setattr("pyconv.autograd.tape.added", lambda *_, **__: added.append(1))
    assert tape.gradient(y, x) is not None
    assert not added


def test_a_gradient_from_outside_stays_as_it_is() -> None:
    x = Variable(normal((2, 8, 8, CHANNELS), np.float32, 0))
    fed = normal(x.shape, np.float32, 1)
    with GradientTape(persistent=True) as tape:
        made = residual_block(x, 10)
    before = fed.copy()
    first = tape.gradient(made[-1], x, Tensor(fed))
    again = tape.gradient([made[-1], made[0]], x, [Tensor(fed), Tensor(fed)])
    assert first is not None
    assert again is not None
    assert_same_bits(fed, before)
