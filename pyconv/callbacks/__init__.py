# SPDX-License-Identifier: BSD-3-Clause
"""Callbacks by Keras's names."""

from pyconv.callbacks.callback import Callback, CallbackList
from pyconv.callbacks.history import History
from pyconv.callbacks.progress import ProgressLine

__all__ = ["Callback", "CallbackList", "History", "ProgressLine"]
