# SPDX-License-Identifier: BSD-3-Clause
"""A model from a file's configuration, with no more weights than the file has."""

from __future__ import annotations

import math
from typing import Any

from pyconv.layers.loading import loading
from pyconv.models.model import Model
from pyconv.models.own_step import has_call
from pyconv.saving.configuration import CustomObjects, deserialize_layer

LARGEST_SAMPLE = 1 << 28  # elements


def build_model(
    config: Any, shape: Any, custom_objects: CustomObjects | None, weight_bytes: int
) -> Model:
    """Return the built model of a configuration; its weights are zeros yet.

    Args:
        shape: of its input, batch included, for a model that is not built by itself.
        weight_bytes: that all weights may have together.
    """
    try:
        with loading(weight_bytes):
            model = deserialize_layer(config, custom_objects)
            if not isinstance(model, Model):
                raise ValueError(f"holds a {type(model).__name__}, not a model")
            _build(model, shape)
    except (MemoryError, RecursionError) as error:
        raise ValueError(f"the model cannot be built: {type(error).__name__}") from None
    return model


def _build(model: Model, shape: Any) -> None:
    if model.built:
        return
    sizes = shape[1:] if isinstance(shape, list) and shape else None
    if sizes is None or not all(type(s) is int and 0 < s < 2**31 for s in sizes):
        raise ValueError(f"build_shape {shape!r} is no shape")
    if math.prod(sizes) > LARGEST_SAMPLE:
        raise ValueError(f"build_shape {shape} is too large")
    try:
        model.ensure_built((None, *sizes))
        if has_call(model):
            model.compute_output_shape((None, *sizes))  # a model of the caller's builds as it runs
    except (TypeError, AttributeError, LookupError) as error:
        raise ValueError(f"the model cannot be built: {error}") from None
