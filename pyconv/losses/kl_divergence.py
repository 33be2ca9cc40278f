# SPDX-License-Identifier: BSD-3-Clause
"""Kullback-Leibler divergence: the sum over the last axis of z log(z / p)."""

from __future__ import annotations

import numpy as np

from pyconv.autograd import Tensor, clip, log
from pyconv.autograd import sum as total
from pyconv.autograd.softmax_cross_entropy import CLIP
from pyconv.backend import Array
from pyconv.losses.loss import Loss


class KLDivergence(Loss):
    """How far outputs (..., classes) are from target distributions; both clipped to [1e-7, 1].

    Source: Keras KLDivergence.
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str = "kl_divergence"
    ) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        targets = np.clip(y_true, CLIP, 1)
        return total((np.log(targets) - log(clip(y_pred, CLIP, 1))) * targets, -1)


def kl_divergence(y_true: object, y_pred: object) -> Tensor:
    """Return KLDivergence's loss per sample."""
    return KLDivergence("none")(y_true, y_pred)
