# SPDX-License-Identifier: BSD-3-Clause
"""Smoother curves: by a Kaiser window, or by an exponential mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import finite_number, whole_number
from pyconv.evaluation.numbers_of import numbers_of

Series = npt.NDArray[np.float64]


def kaiser_mean(values: Any, window: int = 11, beta: float = 2.0) -> Series:
    """Return each value's mean over a Kaiser window around it, the ends mirrored.

    Args:
        values: (n,). window: values, odd; beta: how much the middle counts.
    Returns:
        (n,).
    Raises:
        TypeError: no numbers. ValueError: another rank; an even window or fewer values than its
            half, where the mirror has nothing to show.
    Source: Saito, Deep Learning from Scratch, common/util.py, smooth_curve; its mirror repeats the
        last value, and scratch.util.smooth_curve does so, too.
    """
    series = _series("kaiser_mean", values)
    window = whole_number("kaiser_mean", "window", window, 1)
    beta = finite_number("kaiser_mean", "beta", beta)
    half = window // 2
    if window % 2 == 0 or len(series) <= half:
        raise ValueError(
            f"kaiser_mean: window={window} over {len(series)} values; must be odd and have "
            f"more than {half} values"
        )
    weights = np.kaiser(window, beta)
    means: Series = np.convolve(
        weights / weights.sum(), np.pad(series, half, mode="reflect"), mode="valid"
    )
    return means


def exponential_mean(values: Any, factor: float = 0.8) -> Series:
    """Return m[0] = x[0], m[i] = factor m[i - 1] + (1 - factor) x[i], (n,).

    Args:
        values: (n,). factor: in [0, 1); how much the past counts.
    Raises:
        TypeError: no numbers. ValueError: another rank or factor.
    Source: Chollet, Deep Learning with Python, 1st edition, 5.3.2.
    """
    series = _series("exponential_mean", values)
    factor = finite_number("exponential_mean", "factor", factor, least=0)
    if factor >= 1:
        raise ValueError(f"exponential_mean: factor={factor}; must be < 1")
    means: Series = series.copy()
    for i in range(1, len(means)):
        means[i] = factor * means[i - 1] + (1 - factor) * series[i]
    return means


def _series(function: str, values: Any) -> Series:
    series = numbers_of(function, "values", values)
    if series.ndim != 1:
        raise ValueError(f"{function}: values.shape={series.shape}; must be (n,)")
    return np.asarray(series, np.float64)
