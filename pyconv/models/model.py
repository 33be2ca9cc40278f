# SPDX-License-Identifier: BSD-3-Clause
"""Model: layers joined to one that can be trained, shown and saved."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pyconv.layers import Layer
from pyconv.models.summary import summary_text
from pyconv.models.trainer import Trainer


class Model(Trainer):
    """A layer made of layers; subclass it with `call`, or use Sequential.

    Source: Keras Model.
    """

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, in order."""
        return self.sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of a name or an index."""
        if (name is None) == (index is None):
            raise ValueError("get_layer: give name or index, one of them")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"get_layer: index={index}; the model has {len(layers)} layers")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"get_layer: name={name!r}; must be one of {[x.name for x in layers]}")

    def summary(self, print_fn: Callable[[str], object] | None = None) -> None:
        """Write a table of the layers, their output shapes and parameters.

        Args:
            print_fn: takes the table's lines one by one; standard output by default.
        """
        for line in summary_text(self).splitlines():
            if print_fn is None:
                sys.stdout.write(line + "\n")
            else:
                print_fn(line)

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Write the whole model to a .npz file: layers, weights, compile and optimizer state.

        The old file is replaced only once the new one is complete.
        """
        from pyconv.saving import save_model

        save_model(self, filepath)
