# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of a 16-bit array does not depend on the policies that were used before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import backend, layers, losses
from pyconv.mixed_precision import Policy

RNG = np.random.default_rng(0)
IMAGES = RNG.random((2, 6, 6, 3)).astype("float16")
ROWS = RNG.random((2, 8)).astype("float16")
Call = Callable[[Any, Any], Any]  # of images and rows, on one device
CALLS: dict[str, Call] = {
    "relu": lambda images, rows: pyconv.relu(images),
    "max_pool2d": lambda images, rows: pyconv.max_pool2d(images, 2),
    "softmax": lambda images, rows: pyconv.softmax(rows),
    "dropout": lambda images, rows: pyconv.dropout(images, 0.5, seed=1),
    "resize": lambda images, rows: pyconv.resize(images, (3, 3)),
    "softmax_cross_entropy": lambda images, rows: pyconv.softmax_cross_entropy(
        rows, backend.put(np.zeros(2, np.int64), rows.device)
    ),
    "exp": lambda images, rows: pyconv.exp(rows),
    "mean": lambda images, rows: pyconv.mean(rows),
    "concatenate": lambda images, rows: pyconv.concatenate([images, images]),
    "product with float32": lambda images, rows: (
        pyconv.Tensor(rows) * pyconv.Tensor(rows).astype("float32")
    ),
    "loss": lambda images, rows: losses.MeanSquaredError()(rows, rows),
    "layer of an array": lambda images, rows: layers.ReLU()(images),
    "layer of a Tensor": lambda images, rows: layers.ReLU()(pyconv.Tensor(images)),
    "pooling layer of a Tensor": lambda images, rows: layers.MaxPooling2D()(pyconv.Tensor(images)),
}


@pytest.fixture(autouse=True)
def _policy_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "chosen", Policy("float32"))
    monkeypatch.setattr(backend.precision, "in_use", False)


def outcome(call: Call, images: Any, rows: Any) -> Any:
    """Return type, values and gradient of a call's result, or its error."""
    given = [pyconv.Tensor(x) for x in (images, rows)]
    try:
        with pyconv.GradientTape() as tape:
            tape.watch(given)
            found = call(*given)
            target = pyconv.mean(found)
        gradients = tape.gradient(target, given)
    except (TypeError, ValueError) as error:
        return type(error), str(error)
    values = [found, *(dx for dx in gradients if dx is not None)]
    return [(x.dtype, x.numpy().tolist()) for x in values]


def outcomes(call: Call, device: str) -> list[Any]:
    found = []
    for before in (lambda: None, lambda: Policy("mixed_float16"), lambda: Policy("tf32")):
        backend.precision.in_use = False
        before()
        found.append(outcome(call, *(backend.put(x, device) for x in (IMAGES, ROWS))))
    return found


@pytest.mark.parametrize("name", CALLS)
def test_on_the_cpu(name: str) -> None:
    first, second, third = outcomes(CALLS[name], "cpu")
    assert first == second == third


@pytest.mark.parametrize("name", CALLS)
def test_on_a_gpu(gpu: Any, name: str) -> None:
    first, second, third = outcomes(CALLS[name], "cuda:0")
    assert first == second == third
    assert isinstance(first, list), first


def test_on_the_cpu_kernels_refuse_16_bits_and_numpy_s_functions_keep_them() -> None:
    Policy("mixed_float16")
    for name in ("dropout", "resize", "relu"):
        with pytest.raises(TypeError, match=r"float16; must be float32 or float64"):
            CALLS[name](IMAGES, ROWS)
    assert CALLS["exp"](IMAGES, ROWS).dtype == np.float16
    with pytest.raises(TypeError, match="operands are float16 and float32; cast one"):
        CALLS["product with float32"](IMAGES, ROWS)
