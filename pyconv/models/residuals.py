# SPDX-License-Identifier: BSD-3-Clause
"""Residual blocks of inference: the sum and its activation become the end of a convolution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.autograd import Tensor
from pyconv.backend import kernels_for
from pyconv.layers import Add, Conv2D, Layer
from pyconv.models.folding import Folded, folded_layers, folded_steps
from pyconv.models.joinable import can_be_joined, fused_activation
from pyconv.models.padding import padded, padded_pool
from pyconv.models.pairs import paired_layers, paired_steps
from pyconv.models.separables import separable
from pyconv.models.steps import Slot, Step


class FoldedSum:
    """activation(add([folded(x), residual])), the two in either order.

    Where the residual does not fit the convolution's result, or lies elsewhere than on the host,
    the layers run one by one.
    """

    def __init__(self, folded: Folded, add: Add, activation: Layer | None, place: int) -> None:
        self.folded, self.add, self.activation = folded, add, activation
        self._place = place  # of folded(x) among the two summands
        self._ending = None if activation is None else fused_activation(activation)

    @property
    def name(self) -> str:
        return self.folded.name

    def __call__(self, inputs: Any, training: bool | None = None) -> Tensor:
        """Return the result for the list of the summands with x in folded(x)'s place."""
        x, residual = inputs[self._place], inputs[1 - self._place]
        if _can_join(x, residual):
            joined = self.folded.onto(x, residual.array, self._ending)
            if joined is not None:
                return joined
        summands = list(inputs)
        summands[self._place] = self.folded(x)
        y: Tensor = self.add(summands)
        return y if self.activation is None else self.activation(y)


def _can_join(x: Any, residual: Any) -> bool:
    if type(x) is not Tensor or type(residual) is not Tensor:
        return False
    if type(x.array) is not np.ndarray or type(residual.array) is not np.ndarray:
        return False
    return bool(kernels_for(x.array).has_arena)


def inference_layers(layers: Sequence[Any]) -> list[Any]:
    """Return what runs in inference in the place of layers one after the other."""
    found = list(layers)
    for pairing in (padded, padded_pool):
        found = paired_layers(found, pairing)
    return paired_layers(folded_layers(found), separable)


def inference_steps(steps: list[Step], results: list[int]) -> list[Step]:
    """Return steps that give the same results with convolutions joined to what follows them."""
    for pairing in (padded, padded_pool):
        steps = paired_steps(steps, results, pairing)
    steps = summed_steps(folded_steps(steps, results), results)
    return paired_steps(steps, results, separable)


def summed_steps(steps: list[Step], results: list[int]) -> list[Step]:
    """Return folded steps of which some stand for a sum and the activation after it, too."""
    uses = Counter(slot for step in steps for slot in step.sources) + Counter(results)
    makers = {step.outputs[0]: (i, step) for i, step in enumerate(steps) if step.alone}
    consumer = {slot: step for step in steps for slot in step.sources}
    gone: set[int] = set()  # the outputs of steps that another stands for
    found: list[Step] = []
    for step in steps:
        place = _summand(step, makers, uses)
        if place is None:
            found.append(step)
            continue
        _, maker = makers[step.sources[place]]
        gone.add(maker.outputs[0])
        after = consumer.get(step.outputs[0]) if uses[step.outputs[0]] == 1 else None
        activation = None
        if after is not None and type(after.arguments) is Slot and fused_activation(after.layer):
            activation = after.layer
            gone.add(after.outputs[0])
        summed = FoldedSum(maker.layer, step.layer, activation, place)
        arguments = [maker.arguments if i == place else x for i, x in enumerate(step.arguments)]
        outputs = step.outputs if activation is None or after is None else after.outputs
        found.append(step._replace(layer=summed, arguments=arguments, outputs=outputs))
    return [step for step in found if step.outputs[0] not in gone or type(step.layer) is FoldedSum]


def _summand(step: Step, makers: dict[int, tuple[int, Step]], uses: Counter[int]) -> int | None:
    """Return which of a sum's two summands a convolution makes for it alone: the later one."""
    if type(step.layer) is not Add or not step.alone or not can_be_joined(step.layer):
        return None
    if not isinstance(step.arguments, list) or len(step.arguments) != 2 or len(step.sources) != 2:
        return None
    places = []
    for place, slot in enumerate(step.sources):
        number, maker = makers.get(slot, (-1, None))
        if maker is not None and uses[slot] == 1 and _can_end_so(maker):
            places.append((number, place))
    return max(places)[1] if places else None


def _can_end_so(step: Step) -> bool:
    folded = step.layer
    if type(folded) is not Folded or type(step.arguments) is not Slot:
        return False
    return type(folded.layer) is Conv2D and folded.activation is None
