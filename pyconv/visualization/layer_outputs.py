# SPDX-License-Identifier: BSD-3-Clause
"""What the layers of a model make of one picture, models inside included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import numpy as np

from pyconv.autograd import Tensor
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.geometry import DataFormat
from pyconv.layers import Layer
from pyconv.layers.running import observing
from pyconv.models import Model
from pyconv.visualization.as_picture import check_finite


class LayerOutput(NamedTuple):
    """A layer, what it just made, and how images are laid out there."""

    layer: Layer
    value: Any
    data_format: DataFormat

    @property
    def is_image(self) -> bool:
        """Whether the output is maps of more than one pixel."""
        y = self.value
        axes = (2, 3) if self.data_format == "channels_first" else (1, 2)
        return isinstance(y, Tensor) and y.ndim == 4 and y.shape[axes[0]] * y.shape[axes[1]] > 1

    def maps(self) -> np.ndarray[Any, Any]:
        """Return the maps (n, h, w, c), whatever the layout."""
        return channels_last(self.value.numpy(), self.data_format)


def channels_last(array: np.ndarray[Any, Any], data_format: DataFormat) -> np.ndarray[Any, Any]:
    """Return images (n, h, w, c) for images in either layout."""
    return array.transpose(0, 2, 3, 1) if data_format == "channels_first" else array


Visit = Callable[[LayerOutput], bool | None]


class _Found(Exception):
    """Ends a run whose rest is not needed."""


class _Watch:
    def __init__(self, visit: Visit, data_format: DataFormat) -> None:
        self.visit, self.data_format = visit, data_format

    def __call__(self, layer: Layer, inputs: Any, run: Callable[[], Any]) -> Any:
        y = run()
        if not isinstance(layer, Model):
            # An activation behind a convolution has its layout, but does not say so.
            self.data_format = getattr(layer, "data_format", self.data_format)
        if self.visit(LayerOutput(layer, y, self.data_format)):
            raise _Found
        return y


def run_watched(model: Model, x: Tensor, visit: Visit) -> Any:
    """Return the model's output for x at inference; show `visit` what each layer makes meanwhile.

    A layer used twice is shown twice. Where `visit` returns True the run ends, with None.
    """
    with observing(_Watch(visit, layout_of(model))):
        try:
            return model(x, training=False)
        except _Found:
            return None


def check_model(function: str, model: object) -> Model:
    if not isinstance(model, Model):
        raise TypeError(f"{function}: model={model!r}; must be a Model")
    return model


def model_input(function: str, model: object, picture: object) -> tuple[Model, Tensor]:
    """Return the model, and the Tensor (1, ...) that it takes for a picture.

    Args:
        picture: (h, w, c) as the model takes it, (1, h, w, c), or (h, w) for one channel; scaled
            or preprocessed already.
    Raises:
        TypeError: no model, no numbers. ValueError: another rank, several pictures, NaN.
    """
    model = check_model(function, model)
    array = numbers_of(function, "picture", picture)
    if array.ndim == 2:
        array = array[..., None]
    array = array[None] if array.ndim == 3 else array
    if array.ndim != 4 or len(array) != 1:
        raise ValueError(f"{function}: picture.shape={array.shape}; must be one (h, w, c)")
    check_finite(function, "picture", array)
    return model, Tensor(array.astype(model.dtype)).to(model.device)


def find_layer(function: str, model: Model, layer: object) -> Layer:
    """Return the layer of a model, or of a model inside, by its name or as itself.

    Args:
        layer: a layer; its name; or its path, "inner/name", where several have one name.
    Raises:
        TypeError: neither. ValueError: no such layer, or several.
    """
    paths = dict(_paths(model))
    if isinstance(layer, Layer):
        if layer not in paths.values():
            raise ValueError(f"{function}: layer {layer.name!r} is not in {model.name!r}")
        return layer
    if not isinstance(layer, str):
        raise TypeError(f"{function}: layer={layer!r}; must be a layer's name or a layer")
    ends = {p: found for p, found in paths.items() if p == layer or p.endswith(f"/{layer}")}
    if layer in ends:
        return ends[layer]
    if len({id(found) for found in ends.values()}) > 1:
        raise ValueError(f"{function}: layer={layer!r}; must be one of {', '.join(ends)}")
    if not ends:
        raise ValueError(f"{function}: layer={layer!r}; must be one of {', '.join(paths)}")
    return next(iter(ends.values()))


def _paths(layer: Layer, above: tuple[Layer, ...] = ()) -> Iterator[tuple[str, Layer]]:
    above = (*above, layer)
    for inner in layer.below(above):
        yield inner.name, inner
        for path, found in _paths(inner, above):
            yield f"{inner.name}/{path}", found


def shown_names(model: Model) -> dict[Layer, str]:
    """Return what layers are called in pictures: their names, or paths where names are equal."""
    found: dict[Layer, str] = {}
    for path, layer in _paths(model):
        found.setdefault(layer, path)
    names = Counter(layer.name for layer in found)
    return {x: x.name if names[x.name] == 1 else path for x, path in found.items()}


def layout_of(model: Model) -> DataFormat:
    """Return how a model takes pictures, as its first layer says that speaks of it."""
    for layer in layers_inside(model):
        said: DataFormat | None = getattr(layer, "data_format", None)
        if said is not None:
            return said
    return "channels_last"


def layers_inside(model: Model) -> list[Layer]:
    """Return all layers without the models that hold them, each once, in order."""
    found = {id(x): x for _, x in _paths(model) if not isinstance(x, Model)}
    return list(found.values())


def output_of(function: str, model: Model, x: Tensor, layer: Layer) -> LayerOutput:
    """Return what a layer makes of x at its first use; nothing behind it is computed.

    Raises:
        ValueError: the layer does not run, or its output is no maps (1, h, w, c).
    """
    found: list[LayerOutput] = []

    def visit(output: LayerOutput) -> bool:
        if output.layer is layer:
            found.append(output)
        return bool(found)

    run_watched(model, x, visit)
    if not found:
        raise ValueError(f"{function}: layer {layer.name!r} takes no part in {model.name!r}")
    check_maps(function, found[0])
    return found[0]


def check_maps(function: str, output: LayerOutput) -> None:
    y = output.value
    if not isinstance(y, Tensor) or y.ndim != 4:
        shape = cast("Any", getattr(y, "shape", type(y).__name__))
        raise ValueError(
            f"{function}: layer {output.layer.name!r} makes {shape}; must make maps (n, h, w, c)"
        )
