# SPDX-License-Identifier: BSD-3-Clause
"""How long lectures and books say that a training takes, and what the epochs here come to."""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.figures import Record, seconds_of
from benchmarks.rows import networks


class Story(NamedTuple):
    """A training, how long it is said to take on a processor, and its epochs."""

    what: str
    said: str
    network: networks.Trained
    epochs: int


STORIES = (
    # Saitoh, Deep Learning from Scratch, chapter 8: of its own program in NumPy.
    Story("DeepConvNet on MNIST", "half a day", networks.DEEP, 20),
    # Of five convolutions and two dense layers on 32 x 32 pixels; this network has four and two.
    Story("a convolutional network on CIFAR-10", "tens of hours", networks.CIFAR, 30),
    Story("Keras's convolutional network on MNIST", "-", networks.MNIST, 5),
    Story("cats and dogs from scratch", "-", networks.CATS_DOGS, 30),
)


def table(records: list[Record]) -> list[dict[str, Any]]:
    """Return what is said beside minutes computed from measured epochs, where there are any."""
    epochs = {
        record["task"]["network"]: seconds_of(record["ours"])
        for record in records
        if record["group"] == "epoch" and "failed" not in record
    }
    return [
        {
            "what": story.what,
            "said": story.said,
            "epochs": story.epochs,
            "minutes": story.epochs * epochs[story.network.network] / 60,
        }
        for story in STORIES
        if story.network.network in epochs
    ]
