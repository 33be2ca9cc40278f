# SPDX-License-Identifier: BSD-3-Clause
"""Kernels in the form that their convolution computes with, kept while their values last."""

from __future__ import annotations

from pyconv.backend import Array, instruction_set, prepared_kernel
from pyconv.geometry import Window
from pyconv.ops.conv2d import auto_code

# Windows (batch and image sizes) of one kernel that are kept, and the largest form, in elements.
MOST_WINDOWS = 4
MOST_ELEMENTS = 1 << 25


class PreparedKernel:
    """What one kernel becomes for each window it is used with; made at the second use.

    Raw arrays change unseen, so the caller says by a version when the values are new.
    """

    def __init__(self) -> None:
        self._version: object = None
        self._forms: dict[tuple[Window, str, int], Array | None] = {}

    def __reduce__(self) -> tuple[type[PreparedKernel], tuple[()]]:
        return PreparedKernel, ()

    def form(self, kernel: Array, version: object, window: Window) -> Array | None:
        """Return the form for a window, None at first use and where there is none."""
        if version != self._version:
            self._version, self._forms = version, {}
        key = (window, instruction_set(), auto_code())
        if key not in self._forms:
            if len(self._forms) < MOST_WINDOWS:
                self._forms[key] = None
            return None
        known = self._forms[key]
        if known is None and kernel.size * 4 <= MOST_ELEMENTS:
            known = self._forms[key] = prepared_kernel(kernel, window.packed, auto_code())
        return known
