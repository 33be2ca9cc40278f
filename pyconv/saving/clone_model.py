# SPDX-License-Identifier: BSD-3-Clause
"""A second model of the same layers."""

from __future__ import annotations

from pyconv.models.functional import Functional
from pyconv.models.model import Model
from pyconv.models.sequential import Sequential
from pyconv.saving.configuration import CLASSES, deserialize_layer, serialize_layer


def clone_model(model: Model) -> Model:
    """Return a model of the same layers by the same names, with new weights, not compiled.

    Args:
        model: a Sequential, or a Model of inputs and outputs; layers of your own in it need a
            `get_config` that names the arguments of their class.
    Raises:
        TypeError: another kind of model. ValueError: a layer that cannot be made again.
    Source: Keras clone_model.
    """
    if not isinstance(model, (Sequential, Functional)):
        raise TypeError(f"clone_model: {model!r}; must be a Sequential or a Model(inputs, outputs)")
    kinds = {type(layer).__name__: type(layer) for layer in model.with_sublayers()}
    own = {name: kind for name, kind in kinds.items() if CLASSES.get(name) is not kind}
    clone = deserialize_layer(serialize_layer(model), own)
    assert isinstance(clone, Model)
    if model.built:
        clone.ensure_built(model.build_shape)
    return clone
