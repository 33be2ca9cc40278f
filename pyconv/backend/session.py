# SPDX-License-Identifier: BSD-3-Clause
"""What programs ask of Keras's backend by the name K."""

from __future__ import annotations

from pyconv.naming import reset_names as clear_session

__all__ = ["clear_session", "image_data_format"]


def image_data_format() -> str:
    """Return the layout of images where none is said."""
    return "channels_last"
