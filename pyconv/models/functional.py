# SPDX-License-Identifier: BSD-3-Clause
"""Functional: a model of layers joined to any graph without cycles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pyconv.autograd import Tensor
from pyconv.layers import Layer, SymbolicTensor
from pyconv.layers.layer import is_several
from pyconv.layers.operation import Operation
from pyconv.layers.structure import flatten, flatten_shapes, is_shape, pack_like
from pyconv.layers.symbolic import Shape
from pyconv.models.graph import Graph
from pyconv.models.last_axis import with_last_axis
from pyconv.models.model import Model


class Functional(Model):
    """What Model(inputs, outputs) makes.

    Args:
        inputs: an Input, or a list, tuple or dictionary of them; also symbolic tensors that layers
            made: the model then begins there.
        outputs: a symbolic tensor, or a list, tuple or dictionary of them: the form of the result.
        trainable: if said, whether training changes the weights, of all layers.
    Raises:
        TypeError: what is no symbolic tensor.
        ValueError: outputs that do not come from the inputs; layers of one name.
    Source: Keras Model.

    >>> from pyconv import Input, Model
    >>> from pyconv.layers import Add, Dense
    >>> x = Input(shape=(4,))
    >>> model = Model(x, Add()([x, Dense(4)(x)]))
    >>> model.output_shape
    (None, 4)
    """

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        name: str | None = None,
        trainable: bool | None = None,
    ) -> None:
        for argument, structure in (("inputs", inputs), ("outputs", outputs)):
            leaves = flatten(structure)
            wrong = [x for x in leaves if not isinstance(x, SymbolicTensor)]
            if wrong:
                raise TypeError(f"Model: {argument}: {wrong[0]!r}; must be symbolic tensors")
            if not leaves:
                raise ValueError(f"Model: {argument} is empty; must have a symbolic tensor")
        given = flatten(inputs)
        if len(set(given)) < len(given):
            raise ValueError(f"Model: inputs {[x.name for x in given]}; must differ")
        super().__init__(name=name, dtype=given[0].dtype)
        self._graph = Graph(self.name, inputs, outputs)
        self.built = True
        shapes = [x.shape for x in self.inputs]
        self.build_shape = shapes[0] if len(shapes) == 1 else shapes
        if trainable is not None:
            self.trainable = trainable

    @property
    def graph(self) -> Graph:
        """The layers and how they are joined."""
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        """The layers in Keras's order: those farthest from the outputs first."""
        return list(self._graph.own_layers)

    @property
    def operations(self) -> list[Layer | Operation]:
        """The layers, and between them the functions of tensors, in Keras's order."""
        return list(self._graph.layers)

    def sublayers(self) -> list[Layer]:
        return list(dict.fromkeys([*self.layers, *super().sublayers()]))

    @property
    def input(self) -> Any:
        """The symbolic inputs in the form they were given."""
        return self._graph.inputs

    @property
    def output(self) -> Any:
        """The symbolic outputs in the form they were given."""
        return self._graph.outputs

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic inputs; those of a dictionary in the order of its sorted keys."""
        return list(self._graph.input_list)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic outputs; those of a dictionary in the order of its sorted keys."""
        return list(self._graph.output_list)

    @property
    def input_names(self) -> list[str]:
        return [x.name for x in self._graph.input_list]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs."""
        return [x.name for x in self._graph.output_list]

    @property
    def input_shape(self) -> Any:
        return _shape_of(self.inputs)

    @property
    def output_shape(self) -> Any:
        return _shape_of(self.outputs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Run the layers on Tensors in the form of `input`; a list of one output is that output."""
        return _alone(self._graph.run(flatten(inputs), training))

    def check_input(self, shape: Any) -> None:
        for given, x in zip(flatten_shapes(shape), self._graph.input_list, strict=True):
            if len(given) != x.ndim or any(
                a is not None and b is not None and a != b
                for a, b in zip(given, x.shape, strict=True)
            ):
                raise ValueError(f"{self.name}: {x.name!r} of shape {given}; expected {x.shape}")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of each output, in the form of the result, batch included."""
        given = flatten_shapes(input_shape)
        self._check_count(len(given))
        shapes = self._graph.output_shapes(given)
        return shapes if is_shape(shapes) else _alone(shapes)

    def _call_symbolic(self, inputs: Any, training: bool | None) -> Any:
        result = super()._call_symbolic(self._formed(inputs), training)
        return pack_like(self.output, flatten(result))

    def _tensors(self, inputs: Any) -> Any:
        formed = self._formed(inputs)
        if isinstance(self.input, SymbolicTensor):
            return self._fitted(formed, self.input)
        pairs = zip(self._leaves(formed), self._graph.input_list, strict=True)
        return pack_like(self.input, [self._fitted(value, x) for value, x in pairs])

    def _fitted(self, value: Any, x: SymbolicTensor) -> Tensor:
        tensor: Tensor = with_last_axis(self._tensor(value, x.dtype), x.shape)
        return tensor

    def declared_shapes(self) -> list[Shape]:
        return [x.shape for x in self._graph.input_list]

    def _formed(self, inputs: Any) -> Any:
        """Return inputs, given in any form, in the form of `input`."""
        own = self.input
        if isinstance(inputs, dict) and not isinstance(own, dict):
            inputs = self._by_name(inputs, self.input_names)
        elif isinstance(inputs, dict):
            self._by_name(inputs, list(own))
        leaves = self._leaves(inputs)
        self._check_count(len(leaves))
        return leaves[0] if isinstance(own, SymbolicTensor) else pack_like(own, leaves)

    def _by_name(self, inputs: dict[str, Any], names: list[str]) -> list[Any]:
        missing = [name for name in names if name not in inputs]
        extra = [name for name in inputs if name not in names]
        if missing or extra:
            raise ValueError(
                f"{self.name}: inputs {sorted(map(str, inputs))}; must be {sorted(names)}"
            )
        return [inputs[name] for name in names]

    def _leaves(self, inputs: Any) -> list[Any]:
        """Return arrays, Tensors or symbolic tensors one by one; lists of numbers are arrays."""
        if isinstance(inputs, dict):
            return [leaf for key in sorted(inputs) for leaf in self._leaves(inputs[key])]
        if isinstance(inputs, (list, tuple)) and is_several(inputs):
            return [leaf for item in inputs for leaf in self._leaves(item)]
        return [inputs]

    def _check_count(self, count: int) -> None:
        names = self.input_names
        if count != len(names):
            raise ValueError(f"{self.name}: {count} inputs; must be {len(names)}: {names}")

    def get_config(self) -> dict[str, Any]:
        from pyconv.saving.graph_configuration import graph_config

        if type(self).__init__ is not Functional.__init__:
            return super().get_config()
        config = super().get_config()
        del config["dtype"]  # each input has its own
        return {**config, **graph_config(self._graph)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Functional:
        """Return the model that `get_config` wrote down, here or in Keras."""
        from pyconv.saving.configuration import deserialize_functional

        return deserialize_functional(cls, config, custom_objects or {})


def functional_kind(cls: type[Model]) -> type[Functional]:
    """Return the class of models that is a Functional, too, and keeps its name."""
    if issubclass(cls, Functional):
        return cls
    kind: type[Functional] | None = vars(cls).get("_functional_kind")
    if kind is None:
        names = {x: getattr(cls, x) for x in ("__module__", "__qualname__", "__doc__")}
        kind = cast(type[Functional], type(cls.__name__, (cls, Functional), names))
        cls._functional_kind = kind
    return kind


def _alone(structure: Any) -> Any:
    """Return the only item of a list or tuple, anything else as it is."""
    single = isinstance(structure, (list, tuple)) and len(structure) == 1
    return structure[0] if single else structure


def _shape_of(tensors: list[SymbolicTensor]) -> Any:
    return _alone([x.shape for x in tensors])
