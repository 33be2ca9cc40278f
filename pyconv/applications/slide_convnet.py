# SPDX-License-Identifier: BSD-3-Clause
"""The two convolutions and one pooling that a slide deck draws: in both layouts, and to train."""

from __future__ import annotations

from pyconv.geometry import DataFormat
from pyconv.layers import Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D
from pyconv.models import Sequential


def slide_convnet(data_format: DataFormat = "channels_first") -> Sequential:
    """Return (3, 256, 256) -> 5 filters -> 20 filters -> (20, 128, 128): 140 + 920 weights.

    Args:
        data_format: "channels_last" for (256, 256, 3).
    """
    first = data_format == "channels_first"
    return Sequential(
        [
            Input(shape=(3, 256, 256) if first else (256, 256, 3)),
            Conv2D(5, 3, padding="same", data_format=data_format, activation="relu"),
            Conv2D(20, 3, padding="same", data_format=data_format, activation="relu"),
            MaxPooling2D(2, data_format=data_format),
        ],
        name="slide_convnet",
    )


def slide_classifier() -> Sequential:
    """Return slide_convnet for (256, 256, 3), whose maps' means tell ten classes apart: 1,270."""
    return Sequential(
        [
            Input(shape=(256, 256, 3)),
            *slide_convnet("channels_last").layers,
            GlobalAveragePooling2D(),
            Dense(10, activation="softmax"),
        ],
        name="slide_classifier",
    )
