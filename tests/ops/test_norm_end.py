# SPDX-License-Identifier: BSD-3-Clause
"""Normalisations that end with a residual and an activation: the bits of the ops one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops
from pyconv.ops.batch_norm import batch_norm_of_batch
from pyconv.ops.norm_end import ENDINGS, NormEnd, normalize_to_end_backward
from pyconv.ops.normalization import NORM_INPUTS, normalize_backward

SHAPES = [(1, 1), (7, 3), (19, 5, 70), (3000, 6), (5000, 16), (2100, 1), (90, 700)]


@pytest.mark.parametrize("activation", ENDINGS)
@pytest.mark.parametrize("has_residual", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_has_the_bits_of_the_ops_one_by_one(
    shape: Any, has_residual: bool, activation: Any, dtype: Any, device: Any
) -> None:
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    x, dy = normal(shape, dtype, 0), normal(shape, dtype, 1)
    gamma, beta = 4 * normal(shape[-1:], dtype, 2), normal(shape[-1:], dtype, 3)
    x.flat[x.size // 2] = np.nan
    residual = normal(shape, dtype, 4) if has_residual else None
    z, state = batch_norm_of_batch(x, gamma, beta, -1, 1e-3)
    y = getattr(ops, activation)(z if residual is None else z + residual)
    dz = getattr(ops, f"{activation}_backward")(dy, y)
    expected = normalize_backward("a", dz, x, gamma, state, NORM_INPUTS)

    found, state = batch_norm_of_batch(x, gamma, beta, -1, 1e-3, NormEnd(activation, residual))
    kept = found if has_residual else None
    gradients = normalize_to_end_backward(
        "a", dy, x, (gamma, beta), state, activation, kept, NORM_INPUTS
    )
    assert_same_bits(found, y)
    assert_same_bits(gradients[:3], expected)
    if has_residual:
        assert_same_bits(gradients[3], dz)
    else:
        assert gradients[3] is None
