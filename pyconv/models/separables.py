# SPDX-License-Identifier: BSD-3-Clause
"""Separables: in inference a depthwise convolution runs with the 1x1 convolution after it.

So what lies between the two is never written out. The bits are those of the two one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.autograd import Tensor
from pyconv.layers import Conv2D, DepthwiseConv2D
from pyconv.models.folding import Folded


class Separable:
    """second(first(x)); where there is no kernel for both, one by one."""

    def __init__(self, first: Folded, second: Folded) -> None:
        self.first, self.second = self.parts = first, second

    @property
    def name(self) -> str:
        return self.second.name

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the result for images."""
        on_host = type(x) is Tensor and type(x.array) is np.ndarray
        found = self.second.after(self.first, x) if on_host else None
        return self.second(self.first(x)) if found is None else found


def separable(first: Any, second: Any, maker: Any) -> Separable | None:
    """Return two folded layers as one, where they can be: the second takes what the first makes."""
    if type(first) is not Folded or type(second) is not Folded or second.pair is not None:
        return None
    if type(first.layer) is not DepthwiseConv2D or type(second.layer) is not Conv2D:
        return None
    same = first.layer.dtype_policy == second.layer.dtype_policy
    alike = same and first.layer.data_format == second.layer.data_format
    return Separable(first, second) if alike and second.layer.kernel_size == (1, 1) else None
