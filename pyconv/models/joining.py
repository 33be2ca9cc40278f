# SPDX-License-Identifier: BSD-3-Clause
"""Joining: a normalisation, the sum with a residual and the ReLU after them run in one pass.

Every run but a folded one uses it, training above all. Results and gradients have the bits that
the layers give one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pyconv.autograd import Tensor
from pyconv.layers import Add, BatchNormalization, Layer
from pyconv.models.joinable import can_be_joined, fused_activation
from pyconv.models.steps import Slot, Step
from pyconv.ops.norm_end import ENDINGS, ends_natively


class NormBlock:
    """activation(norm(x)), or activation(add([norm(x), residual])), the two in either order.

    Where the arrays lie elsewhere than on the host, or do not fit each other, the layers run one
    by one.
    """

    def __init__(
        self, norm: BatchNormalization, add: Add | None, activation: Layer, place: int = 0
    ) -> None:
        self.norm, self.add, self.activation = norm, add, activation
        self._place = place  # of norm(x) among the two summands
        self.ending = fused_activation(activation)

    @property
    def name(self) -> str:
        return str(self.norm.name)

    def __call__(self, inputs: Any, training: bool | None = None) -> Tensor:
        """Return the result for x, or for the list of the summands with x in norm(x)'s place."""
        x, residual = inputs, None
        if self.add is not None:
            x, residual = inputs[self._place], inputs[1 - self._place]
        if not self._fits(x, residual):
            return self._one_by_one(inputs, x, training)
        x = self.norm.prepared(x)
        return self.norm.call_to_end(x, residual, self.ending, bool(training))

    def _fits(self, x: Any, residual: Any) -> bool:
        if type(x) is not Tensor or not ends_natively(x.array):
            return False
        if type(self.norm.moving_mean.array) is not np.ndarray:
            return False
        if residual is None:
            return True
        alike = type(residual) is Tensor and type(residual.array) is np.ndarray
        return alike and residual.shape == x.shape and residual.dtype == x.dtype

    def _one_by_one(self, inputs: Any, x: Any, training: bool | None) -> Tensor:
        y = self.norm(x, training)
        if self.add is not None:
            summands = list(inputs)
            summands[self._place] = y
            y = self.add(summands)
        joined: Tensor = self.activation(y)
        return joined


def joined_layers(layers: Sequence[Any]) -> list[Any]:
    """Return what runs in the place of layers of which each takes what the one before made."""
    found: list[Any] = []
    for layer in layers:
        if found and _can_end(found[-1], layer):
            found[-1] = NormBlock(found[-1], None, layer)
        else:
            found.append(layer)
    return found


class _Joint(NamedTuple):
    """Steps that one stands for."""

    norm: Step
    add: Step | None
    activation: Step


def joined_steps(steps: list[Step], results: list[int]) -> list[Step]:
    """Return steps that give the same results with normalisations joined to what follows them.

    A joined step stands where the sum stood, or else the normalisation: so gradients meet in the
    order of before.
    """
    uses = Counter(slot for step in steps for slot in step.sources) + Counter(results)
    layers = Counter(id(step.layer) for step in steps)
    makers = {step.outputs[0]: step for step in steps if step.alone}
    joints: dict[int, _Joint] = {}  # by the output of the step whose place they take
    gone: set[int] = set()  # the outputs of the other steps

    def only_once(step: Step) -> bool:
        return layers[id(step.layer)] == 1

    for step in steps:
        before = makers.get(step.sources[0]) if type(step.arguments) is Slot else None
        if before is None or uses[before.outputs[0]] != 1 or not (step.alone and only_once(step)):
            continue
        joint = None
        if _is_sum(before.layer) and only_once(before):
            joint = _with_sum(before, step, makers, uses)
        elif _can_end(before.layer, step.layer):
            joint = _Joint(before, None, step)
        if joint is None or not only_once(joint.norm):
            continue
        place = joint.add or joint.norm
        joints[place.outputs[0]] = joint
        gone |= {each.outputs[0] for each in joint if each is not None and each is not place}
    kept = [step for step in steps if step.outputs[0] not in gone]
    return [
        _joined(joints[step.outputs[0]]) if step.outputs[0] in joints else step for step in kept
    ]


def _with_sum(
    add: Step, activation: Step, makers: dict[int, Step], uses: Counter[int]
) -> _Joint | None:
    """Return the later of two summands that is a normalisation with the steps after it."""
    arguments = add.arguments
    if not isinstance(arguments, list) or len(arguments) != 2 or len(add.sources) != 2:
        return None
    for slot in sorted(add.sources, reverse=True):
        norm = makers.get(slot)
        if norm is None or uses[slot] != 1 or type(norm.arguments) is not Slot:
            continue
        if uses[norm.sources[0]] == 1 and _can_end(norm.layer, activation.layer, add.layer):
            return _Joint(norm, add, activation)
    return None


def _joined(joint: _Joint) -> Step:
    norm, add, activation = joint
    if add is None:
        block = NormBlock(norm.layer, None, activation.layer)
        return norm._replace(layer=block, outputs=activation.outputs)
    place = add.sources.index(norm.outputs[0])
    arguments = [norm.arguments if i == place else x for i, x in enumerate(add.arguments)]
    block = NormBlock(norm.layer, add.layer, activation.layer, place)
    return add._replace(
        layer=block, arguments=arguments, training=norm.training, outputs=activation.outputs
    )


def _is_sum(layer: Any) -> bool:
    return type(layer) is Add and can_be_joined(layer)


def _can_end(norm: Any, activation: Any, add: Any = None) -> bool:
    """Tell whether a normalisation can end with these layers."""
    if type(norm) is not BatchNormalization or not norm.built or not can_be_joined(norm):
        return False
    if fused_activation(activation) not in ENDINGS:
        return False
    return all(one.dtype_policy == norm.dtype_policy for one in (add, activation) if one)
