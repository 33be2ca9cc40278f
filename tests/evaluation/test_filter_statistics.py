# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of filters before and after training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from tolerances import FORMULA

from pyconv import Sequential, layers
from pyconv.evaluation import compare_filters, filter_statistics

KERNEL = normal((3, 3, 2, 5), np.float64, "kernel")


def test_statistics_by_hand() -> None:
    found = filter_statistics([[0.0, 2.0], [1.0, 5.0]], bins=5)
    assert (found.mean, found.least, found.most) == (2, 0, 5)
    np.testing.assert_allclose(found.std, np.sqrt(14 / 4), rtol=FORMULA)
    assert found.filter_means.tolist() == [0.5, 3.5]
    assert found.filter_stds.tolist() == [0.5, 1.5]
    assert found.counts.tolist() == [1, 1, 1, 0, 1]
    assert found.edges.tolist() == [0, 1, 2, 3, 4, 5]


def test_each_filter_is_the_last_axis() -> None:
    found = filter_statistics(KERNEL)
    for i in range(5):
        np.testing.assert_allclose(found.filter_means[i], KERNEL[..., i].mean(), rtol=FORMULA)
        np.testing.assert_allclose(found.filter_stds[i], KERNEL[..., i].std(), rtol=FORMULA)
    assert found.counts.sum() == KERNEL.size


def test_before_and_after_are_counted_in_the_same_bins() -> None:
    before, after = compare_filters(KERNEL, KERNEL * 3 + 1, bins=20)
    np.testing.assert_array_equal(before.edges, after.edges)
    assert before.edges[0] == min(KERNEL.min(), KERNEL.min() * 3 + 1)
    assert before.counts.sum() == after.counts.sum() == KERNEL.size
    np.testing.assert_allclose(after.std, 3 * before.std, rtol=FORMULA)


def test_a_layers_kernel_is_taken_as_it_is() -> None:
    conv = layers.Conv2D(4, 3, kernel_initializer="zeros")
    Sequential([layers.Input((5, 5, 1)), conv])
    found = filter_statistics(conv.kernel, bins=3)
    assert (found.mean, found.std) == (0, 0)
    assert found.counts.sum() == 36


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"kernel": [1.0, 2.0]}, ValueError, r"kernel.shape=\(2,\)"),
        ({"kernel": np.zeros((3, 0))}, ValueError, r"kernel.shape=\(3, 0\)"),
        ({"kernel": [[np.nan]]}, ValueError, "kernel holds a weight that is not finite"),
        ({"kernel": None}, TypeError, "kernel is None"),
        ({"kernel": KERNEL, "bins": 0}, ValueError, "bins=0; must be >= 1"),
        ({"kernel": KERNEL, "edges": [1.0, 1.0]}, ValueError, r"edges of shape \(2,\); must rise"),
        ({"kernel": KERNEL, "edges": [1.0]}, ValueError, r"edges of shape \(1,\); must rise"),
    ],
)
def test_what_has_no_statistics_is_refused(
    options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"filter_statistics: {said}"):
        filter_statistics(**options)


def test_kernels_of_different_shape_are_not_compared() -> None:
    with pytest.raises(
        ValueError, match=r"before.shape=\(3, 3, 2, 5\), after.shape=\(3, 3, 2, 4\)"
    ):
        compare_filters(KERNEL, KERNEL[..., 1:])
