# SPDX-License-Identifier: BSD-3-Clause
"""keras.utils.np_utils, as programs of older books import it."""

from pyconv.data.to_categorical import to_categorical

__all__ = ["to_categorical"]
