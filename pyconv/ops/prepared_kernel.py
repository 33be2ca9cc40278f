# SPDX-License-Identifier: BSD-3-Clause
"""Kernels in the form that their convolution computes with, kept while their values last."""

from __future__ import annotations

from typing import TypeAlias

from pyconv.backend import Array, instruction_set, prepared_kernel, prepared_size
from pyconv.geometry import Window
from pyconv.ops.conv2d import auto_code

MOST_ELEMENTS = 1 << 25  # of a form
Forms: TypeAlias = "dict[tuple[int, str], Array | None]"


class PreparedKernel:
    """What one kernel becomes for the windows it is used with; made at the second use.

    Raw arrays change unseen, so the caller says by a version when the values are new.
    """

    def __init__(self) -> None:
        # A version and its forms, set as one: another thread may still be at the old ones.
        self._state: tuple[object, Forms] = (None, {})

    def __reduce__(self) -> tuple[type[PreparedKernel], tuple[()]]:
        return PreparedKernel, ()

    def form(self, kernel: Array, version: object, window: Window) -> Array | None:
        """Return the form for a window, None at first use and where there is none."""
        size = prepared_size(kernel, window.packed, auto_code())
        if not 0 < size <= MOST_ELEMENTS:
            return None
        known, forms = self._state
        if version != known:
            forms = {}
            self._state = version, forms
        key = size, instruction_set()
        if key not in forms:
            forms[key] = None
            return None
        form = forms[key]
        if form is None:
            form = forms[key] = prepared_kernel(kernel, window.packed, auto_code(), size)
        return form
