# SPDX-License-Identifier: BSD-3-Clause
"""What a layer holds: weights, layers inside, the device they lie on, the policy it computes by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from pyconv.arguments import checked_flag, items_of
from pyconv.autograd import Tensor, Variable, array_of, cast
from pyconv.backend import (
    checked_device,
    computes_in_16_bits,
    get_device,
    is_on_device,
    tf32_products,
)
from pyconv.layers.policy import Policy
from pyconv.layers.running import structure
from pyconv.layers.structure import flatten, map_leaves
from pyconv.layers.symbolic import SymbolicTensor

Self = TypeVar("Self", bound="Holding")
UNKNOWN: tuple[int, list[str]] = (-1, [])
_CONTAINERS = (list, tuple, dict)
# Lists without layers, or without such as are inside.
_NO_LAYERS = ("inbound_nodes", "_call_losses", "_own_weights")


class Holding:
    """The part of a layer that knows its weights, its place and its precision."""

    name: str
    call: Callable[..., Any]
    dtype: str
    dtype_policy: Policy
    casts = True  # inputs, to what the policy computes in; models leave it to their layers
    _own_weights: list[Variable]
    _trainable: bool
    _device: str | None = None  # where `to` put the layer
    # How many attributes there are and which may hold layers; a new one shows, or says so itself.
    _holders: tuple[int, list[str]] = UNKNOWN

    def sublayers(self) -> list[Any]:
        """Return the layers kept as attributes, in the order they were set."""
        attributes, (count, names) = vars(self), self._holders
        if count != len(attributes):
            names = [name for name, value in attributes.items() if may_hold_layers(name, value)]
            own = "_holders" in attributes  # it counts, too
            attributes["_holders"] = len(attributes) + (not own), names
        if not names:
            return []
        found: dict[int, Any] = {}
        for name in names:
            value = attributes[name]
            if isinstance(value, Holding):
                found[id(value)] = value
            elif isinstance(value, _CONTAINERS):
                items = value.values() if isinstance(value, dict) else value
                found.update([(id(x), x) for x in items if isinstance(x, Holding)])
        found.pop(id(self), None)
        return list(found.values())

    def below(self, above: tuple[Any, ...]) -> list[Any]:
        """Return the sublayers but those that hold this one: a layer may know who holds it."""
        return [layer for layer in self.sublayers() if not any(layer is each for each in above)]

    def with_sublayers(self, above: tuple[Any, ...] = ()) -> list[Any]:
        """Return the layer and all inside it; one that several hold stands there for each."""
        found, above = [self], (*above, self)
        for layer in self.below(above):
            found += layer.with_sublayers(above)
        return found

    def _first_weight(self, above: tuple[Any, ...] = ()) -> Variable | None:
        if self._own_weights:
            return self._own_weights[0]
        above = (*above, self)
        for layer in self.below(above):
            first: Variable | None = layer._first_weight(above)
            if first is not None:
                return first
        return None

    def paths(self) -> list[tuple[str, Variable, bool]]:
        """Return (path, variable, whether training changes it) of every weight.

        As in Keras the flags of the layer asked and of the weight's own layer decide, not those
        of layers between.
        """
        return [(p, v, trainable and self._trainable) for p, v, trainable in self._paths_inside()]

    def _paths_inside(self, above: tuple[Any, ...] = ()) -> list[tuple[str, Variable, bool]]:
        found = {id(v): (v.name, v, self._trainable and v.trainable) for v in self._own_weights}
        above = (*above, self)
        for layer in self.below(above):
            for path, variable, trainable in layer._paths_inside(above):
                found.setdefault(id(variable), (f"{layer.name}/{path}", variable, trainable))
        return list(found.values())

    @property
    def own_weights(self) -> list[Variable]:
        """The weights of the layer itself, without those of layers inside."""
        return list(self._own_weights)

    @property
    def weights(self) -> list[Variable]:
        return [v for _, v, _ in self.paths()]

    variables = weights

    @property
    def trainable_weights(self) -> list[Variable]:
        return [v for _, v, trainable in self.paths() if trainable]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        return [v for _, v, trainable in self.paths() if not trainable]

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it reaches the layers inside, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.with_sublayers():
            layer._trainable = checked_flag(type(self).__name__, "trainable", value)

    def set_own_trainable(self, value: bool) -> None:
        """Set `trainable` of the layer alone, not of those inside."""
        self._trainable = checked_flag(type(self).__name__, "trainable", value)

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Return copies of the weights, in the order of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Copy arrays into the weights; all differences of shape are listed in one ValueError."""
        given = items_of("set_weights", "weights", weights)
        arrays = [array_of(w, f"set_weights: weights[{i}]") for i, w in enumerate(given)]
        own = self.paths()
        if len(own) != len(arrays):
            raise ValueError(f"set_weights: {len(arrays)} arrays for {len(own)} of {self.name!r}")
        wrong = [
            f"{path} is {v.shape}, given {tuple(a.shape)}"
            for (path, v, _), a in zip(own, arrays, strict=True)
            if tuple(a.shape) != v.shape
        ]
        if wrong:
            raise ValueError(f"set_weights: shapes differ in {self.name!r}: {'; '.join(wrong)}")
        for (_, variable, _), array in zip(own, arrays, strict=True):
            variable.assign(array)

    @property
    def variable_dtype(self) -> str:
        """The type of the weights."""
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The type of the results."""
        return self.dtype_policy.compute_dtype

    @property
    def device(self) -> str:
        """Where the weights lie and results are computed, "cpu" or "cuda:N"."""
        if self._device is not None:
            return self._device
        first = self._first_weight()
        return get_device() if first is None else first.device

    def to(self: Self, device: str) -> Self:
        """Move the weights, also those made later, to a device, and return the layer.

        Args:
            device: "cpu", "cuda" (the first GPU) or "cuda:N".
        Raises:
            ValueError: no such device. ImportError: no pyconv._cuda, or no CuPy. RuntimeError: no
            GPU. MemoryError: no room; weights that were moved stay there, and another call goes on.
        """
        name = checked_device(f"{type(self).__name__}.to", device)
        for layer in self.with_sublayers():
            for weight in layer._own_weights:
                weight.to(name)
            layer._device = name
        structure.changed()
        return self

    def count_params(self) -> int:
        """Return the number of elements of all weights."""
        return sum(v.size for v in self.weights)

    def _called_by_policy(self, tensors: Any, **options: Any) -> Any:
        """Return `call` of inputs in the type the layer computes in, the results in it, too."""
        policy = self.dtype_policy
        for x in flatten(tensors):
            policy.check_device(self.name, x.device)
        with tf32_products(policy.tf32):
            several = is_several(tensors)
            inputs = map_leaves(self.by_policy, tensors) if several else self.by_policy(tensors)
            results = self.call(inputs, **options)
        return None if results is None else map_leaves(self.by_policy, results)

    def by_policy(self, x: Tensor) -> Tensor:
        """Return a Tensor of 16 bits or float32 in the one of them that the layer computes in."""
        half = self.dtype_policy.half
        if half is not None and x.dtype == np.float32:
            return cast(x, half)
        return cast(x, self.dtype) if half is None and computes_in_16_bits(x.array) else x

    def _explain_devices(self, tensors: Any, error: TypeError) -> None:
        """Raise a TypeError that names `to` where inputs and weights lie apart."""
        lie = {x.device for x in flatten(tensors) if isinstance(x, Tensor)}
        weights = {v.device for v in self.weights}
        if len(lie | weights) > 1:
            where, own = (" and ".join(sorted(devices)) for devices in (lie, weights or lie))
            raise TypeError(
                f"{self.name}: the inputs lie on {where}, the weights on {own}; move the weights: "
                f"model.to({min(lie)!r}), or the inputs: Tensor(x).to({min(weights or lie)!r})"
            ) from error


def may_hold_layers(name: str, value: object) -> bool:
    """Tell whether an attribute holds layers, or could later without being set anew."""
    if isinstance(value, tuple):
        return any(isinstance(item, Holding) for item in value)
    return isinstance(value, (Holding, list, dict)) and name not in _NO_LAYERS


def is_several(inputs: Any) -> bool:
    """Tell a structure of Tensors and arrays from nested lists of numbers."""
    if isinstance(inputs, (list, tuple)):
        return any(
            isinstance(x, (Tensor, SymbolicTensor, np.ndarray)) or is_several(x) or is_on_device(x)
            for x in inputs
        )
    return isinstance(inputs, dict)


def one_tensor(layer: str, inputs: Any, own: type | None = None) -> Any:
    """Return the only tensor of a list; nested lists of numbers are an array and stay as they are.

    Args:
        own: the layer's class, where it is the user's.
    Raises:
        ValueError: another number of tensors, or a dictionary.
    """
    if not is_several(inputs):
        return inputs
    if len(inputs) == 1 and not isinstance(inputs, dict) and not is_several(inputs[0]):
        return inputs[0]
    keys = f" by the keys {sorted(map(str, inputs))}" if isinstance(inputs, dict) else ""
    more = (
        "" if own is None else f"; to take several, {own.__name__} must define build, check_input"
    )
    raise ValueError(
        f"{layer}: inputs is a {type(inputs).__name__} of {len(inputs)}{keys}; must be one tensor, "
        f"or a list of one{more}"
    )
