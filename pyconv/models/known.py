# SPDX-License-Identifier: BSD-3-Clause
"""Which layers compute from their state alone, so that what they did once may be done again."""

from __future__ import annotations

from typing import Any

from pyconv.autograd import Variable
from pyconv.layers import Layer
from pyconv.models.joinable import is_overridden


def is_known(layer: Layer) -> bool:
    """Whether what the layer computes follows from its state alone: no code of the user's."""
    parts: list[Any] = [type(layer)]
    if callable(getattr(layer, "activation", None)):
        parts.append(layer.activation)  # type: ignore[attr-defined]
    parts += [type(v.regularizer) for v in layer.own_weights if v.regularizer is not None]
    if layer.activity_regularizer is not None:
        parts.append(type(layer.activity_regularizer))
    return all(map(is_ours, parts)) and not is_overridden(layer)


def variables_inside(layer: Layer) -> list[Variable]:
    """Return what a layer and those inside compute with: weights, and what took a weight's place.

    Such as another model's, by `layer.kernel = other.kernel`, which `weights` does not list.
    """
    found = {id(v): v for v in layer.weights}
    for inner in layer.with_sublayers():
        found.update((id(v), v) for v in vars(inner).values() if isinstance(v, Variable))
    return list(found.values())


def trains(layer: Layer) -> bool:
    """Whether a model runs a layer as in training whenever it runs: with random numbers, say."""
    graph = getattr(layer, "graph", None) if is_ours(type(layer)) else None
    return any(node.training for node in getattr(graph, "nodes", ()))


def is_ours(part: Any) -> bool:
    """Whether a class or a function is the library's."""
    return (getattr(part, "__module__", "") or "").startswith("pyconv.")
