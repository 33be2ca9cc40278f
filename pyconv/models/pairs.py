# SPDX-License-Identifier: BSD-3-Clause
"""Pairs: two layers of which the second alone reads what the first makes run as one.

Every run but a folded one uses them, training above all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from pyconv.models.joining import joined_layers, joined_steps
from pyconv.models.padding import padded, padded_pool
from pyconv.models.pooling import pooled
from pyconv.models.steps import Slot, Step

# What makes one of two layers, given also what made the first one's images; None where they cannot
# be one.
Pairing = Callable[[Any, Any, Any], Any]
PAIRINGS: tuple[Pairing, ...] = (padded, padded_pool, pooled)


def training_layers(layers: Sequence[Any]) -> list[Any]:
    """Return what runs in the place of layers one after the other, normalisations joined too."""
    found = joined_layers(layers)
    for pairing in PAIRINGS:
        found = paired_layers(found, pairing)
    return found


def paired_layers(layers: list[Any], pairing: Pairing) -> list[Any]:
    """Return the same with those as one of which a pairing makes one."""
    found: list[Any] = []
    for layer in layers:
        maker = found[-2] if len(found) > 1 else None
        pair = pairing(found[-1], layer, maker) if found else None
        if pair is None:
            found.append(layer)
        else:
            found[-1] = pair
    return found


def training_steps(steps: list[Step], results: list[int]) -> list[Step]:
    """Return steps that give the same results, normalisations joined too.

    A pair stands where its first layer stood: so gradients meet in the order of before.
    """
    steps = joined_steps(steps, results)
    for pairing in PAIRINGS:
        steps = paired_steps(steps, results, pairing)
    return steps


def paired_steps(steps: list[Step], results: list[int], pairing: Pairing) -> list[Step]:
    """Return the same for steps."""
    uses = Counter(slot for step in steps for slot in step.sources) + Counter(results)
    layers = Counter(id(step.layer) for step in steps)
    makers = {step.outputs[0]: step for step in steps if step.alone}
    pairs: dict[int, tuple[Any, Step]] = {}  # by the first one's output: the pair, the second
    for step in steps:
        first = makers.get(step.sources[0]) if type(step.arguments) is Slot else None
        if first is None or not step.alone or uses[first.outputs[0]] != 1:
            continue
        if layers[id(first.layer)] == layers[id(step.layer)] == 1:
            maker = makers.get(first.sources[0]) if type(first.arguments) is Slot else None
            pair = pairing(first.layer, step.layer, maker and maker.layer)
            if pair is not None:
                pairs[first.outputs[0]] = pair, step
    gone = {second.outputs[0] for _, second in pairs.values()}
    found = []
    for step in steps:
        if step.outputs[0] in pairs:
            pair, second = pairs[step.outputs[0]]
            found.append(step._replace(layer=pair, outputs=second.outputs))
        elif step.outputs[0] not in gone:
            found.append(step)
    return found
