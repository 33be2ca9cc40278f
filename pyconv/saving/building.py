# SPDX-License-Identifier: BSD-3-Clause
"""A model from a file's configuration, with no more weights than the file has.

A class of the user's may say that it is built before its layers are, or use them outside of `call`;
its own shape does not tell theirs then. So where there are such classes files tell each layer's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pyconv.layers.loading import loading
from pyconv.layers.structure import is_shape
from pyconv.models.known import is_ours
from pyconv.models.model import Model
from pyconv.models.own_step import has_call
from pyconv.saving.configuration import DEPTH, CustomObjects, deserialize_layer
from pyconv.saving.keras_weights import places

LARGEST_SAMPLE = 1 << 28  # elements
Shapes = dict[str, Any]


def layer_shapes(model: Model) -> Shapes | None:
    """Return by path for which shapes the layers were built; None where all classes are ours."""
    found = places(model)
    if all(is_ours(type(layer)) for _, layer in found):
        return None
    shapes = {path: listed(layer.build_shape) for path, layer in found if layer.built}
    return {path: shape for path, shape in shapes.items() if _is_known(path, shape)}


def listed(shape: Any) -> Any:
    """Return a shape, or a structure of shapes, as JSON keeps it."""
    if isinstance(shape, dict):
        return {key: listed(item) for key, item in shape.items()}
    if isinstance(shape, (list, tuple)):
        return [listed(item) for item in shape]
    return int(shape) if isinstance(shape, np.integer) else shape


def _is_known(path: str, shape: Any) -> bool:
    """Tell whether a layer's shape is one: `build` may be called with anything."""
    try:
        _shape(path, shape)
    except ValueError:
        return False
    return True


def build_model(
    config: Any,
    shape: Any,
    custom_objects: CustomObjects | None,
    weight_bytes: int,
    shapes: Any = None,
) -> Model:
    """Return the built model of a configuration; its weights are zeros yet.

    Args:
        shape: of its input, batch included, for a model that is not built by itself.
        weight_bytes: that all weights may have together.
        shapes: what `layer_shapes` said of it.
    """
    known = {} if shapes is None else _checked(shapes)
    try:
        with loading(weight_bytes):
            model = deserialize_layer(config, custom_objects)
            if not isinstance(model, Model):
                raise ValueError(f"holds a {type(model).__name__}, not a model")
            try:
                if not known or not _build_layers(model, known):
                    _build(model, shape)
            except (TypeError, AttributeError, LookupError) as error:
                raise ValueError(f"the model cannot be built: {error}") from None
    except (MemoryError, RecursionError) as error:
        raise ValueError(f"the model cannot be built: {type(error).__name__}") from None
    return model


def _build_layers(model: Model, shapes: Shapes) -> bool:
    """Build layers as they were, outer ones first; return whether all of them are there."""
    for _ in range(DEPTH):  # what is built may hold layers that it made just now
        waiting = [x for x in places(model) if not x[1].built and x[0] in shapes]
        if not waiting:
            break
        for path, layer in waiting:
            layer.ensure_built(shapes[path])
    return shapes.keys() <= {path for path, layer in places(model) if layer.built}


def _build(model: Model, shape: Any) -> None:
    if model.built:
        return
    sizes = shape[1:] if isinstance(shape, list) and shape else None
    if sizes is None or not all(_is_size(size) and size for size in sizes):
        raise ValueError(f"build_shape {shape!r} is no shape")
    if math.prod(sizes) > LARGEST_SAMPLE:
        raise ValueError(f"build_shape {shape} is too large")
    model.ensure_built((None, *sizes))
    if has_call(model):
        model.compute_output_shape((None, *sizes))  # a model of the caller's builds as it runs


def _checked(shapes: Any) -> Shapes:
    if not isinstance(shapes, dict):
        raise ValueError(f"the layers' shapes are {type(shapes).__name__}; must be by path")
    return {path: _shape(path, found) for path, found in shapes.items()}


def _shape(path: str, found: Any) -> Any:
    """Return a shape of any batch, or a structure of them, as layers take it."""
    if isinstance(found, dict):
        return {key: _shape(path, item) for key, item in found.items()}
    if not isinstance(found, list) or not found:
        raise ValueError(f"shape {found!r} of {path!r} is no shape")
    if not is_shape(found):
        return [_shape(path, item) for item in found]
    if not all(size is None or _is_size(size) for size in found):
        raise ValueError(f"shape {found} of {path!r} is no shape")
    return (None, *found[1:])


def _is_size(size: Any) -> bool:
    return type(size) is int and 0 <= size < 2**31
