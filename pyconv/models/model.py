# SPDX-License-Identifier: BSD-3-Clause
"""Model: layers joined to one that can be trained, shown and saved."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

from pyconv.arguments import LARGEST, whole_number
from pyconv.layers import Layer
from pyconv.layers.symbolic import Shape
from pyconv.models.profile import LayerProfile, profile, profile_lines
from pyconv.models.summary import summary_lines
from pyconv.models.trainer import Trainer


class Model(Trainer):
    """A layer made of layers: Model(inputs, outputs), a subclass with `call`, or a Sequential.

    A subclass without `call` is made of inputs and outputs, too.

    Source: Keras Model.
    """

    _functional_kind: type[Model]  # of a subclass: itself made of inputs and outputs

    def __new__(cls, *arguments: Any, **options: Any) -> Model:
        if cls is Model and (arguments or "inputs" in options or "outputs" in options):
            from pyconv.models.functional import Functional

            return super().__new__(Functional)
        return super().__new__(cls)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if arguments or "inputs" in options or "outputs" in options:
            from pyconv.models.functional import Functional, functional_kind

            self.__class__ = functional_kind(type(self))
            Functional.__init__(cast(Functional, self), *arguments, **options)
        else:
            super().__init__(**options)

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, in order."""
        return self.sublayers()

    def declared_shapes(self) -> list[Shape]:
        """Return the shape of each input, batch included; none where the first data says it."""
        return []

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of a name or an index."""
        if (name is None) == (index is None):
            raise ValueError("get_layer: give name or index, one of them")
        layers = self.layers
        if index is not None:
            index = whole_number("get_layer", "index", index, -LARGEST)
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"get_layer: index={index}; the model has {len(layers)} layers")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"get_layer: name={name!r}; must be one of {[x.name for x in layers]}")

    def summary(
        self,
        line_length: int | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
    ) -> None:
        """Write a table of the layers, their output shapes and parameters.

        Where the layers do not form a chain it says what each is connected to, as
        layer[use][output].

        Args:
            line_length: of the table, in characters.
            print_fn: takes the table's lines one by one; standard output by default.
            expand_nested: show the layers of the models inside, too.
            show_trainable: show whether training changes a layer's weights.
        """
        for line in summary_lines(self, line_length, expand_nested, show_trainable):
            if print_fn is None:
                sys.stdout.write(line + "\n")
            else:
                print_fn(line)

    def profile(
        self,
        x: Any,
        *,
        repeats: int = 20,
        print_fn: Callable[[str], object] | None = None,
    ) -> list[LayerProfile]:
        """Write what each layer costs for one batch x, and return it.

        A row per use of a layer: time (median of the repeats, in ms), multiplications and additions
        per second (GF/s) and their share of this machine's measured peak, bytes of inputs, weights
        and results (MB), and the algorithm chosen.

        Args:
            x: one batch, as the model is called on it. repeats: timed runs, >= 1.
            print_fn: takes the table's lines one by one; standard output by default.
        """
        repeats = whole_number("profile", "repeats", repeats, 1)
        entries = profile(self, self._cast("profile", x), repeats)
        for line in profile_lines(entries):
            if print_fn is None:
                sys.stdout.write(line + "\n")
            else:
                print_fn(line)
        return entries

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Write the whole model: layers, weights, compile and optimizer state.

        Args:
            filepath: ends in .keras or .h5 (Keras opens them) or .npz (needs no h5py); the old
                file is replaced only once the new one is complete.
        """
        from pyconv.saving import save_model

        save_model(self, filepath)

    def save_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Write the weights alone.

        Args:
            filepath: ends in .weights.h5 (Keras 3), .h5 (Keras 2) or .npz; the old file is
                replaced only once the new one is complete.
        Raises:
            ValueError: another suffix, or a model that is not built. OSError: naming the file.
            ImportError: no h5py for .h5.
        """
        from pyconv.saving import save_weights

        save_weights(self, filepath)

    def load_weights(self, filepath: str | os.PathLike[str], by_name: bool = False) -> None:
        """Copy the weights of a file into the model, by position; its layers must be the same.

        Args:
            filepath: ends in .weights.h5, .h5, .npz or .keras; all but the first may hold a whole
                model.
            by_name: fill only the layers whose names stand in the file, of kind .h5.
        Raises:
            ValueError: naming the file and all differences; the model is as it was.
        """
        from pyconv.saving import load_weights

        load_weights(self, filepath, by_name)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Model:
        """Return the model that `get_config` wrote down, here or in Keras."""
        from pyconv.models.functional import Functional, functional_kind

        if "output_layers" in config:
            kind = Functional if cls is Model else functional_kind(cls)
            return kind.from_config(config, custom_objects)
        return cls(**config)
