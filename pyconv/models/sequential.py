# SPDX-License-Identifier: BSD-3-Clause
"""Sequential: layers one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyconv.arguments import items_of
from pyconv.autograd import Tensor
from pyconv.layers import Input, InputLayer, Layer, SymbolicTensor
from pyconv.layers.running import running, structure
from pyconv.layers.symbolic import Shape
from pyconv.models.folding import Chain
from pyconv.models.functional import Functional
from pyconv.models.known import is_known
from pyconv.models.last_axis import with_last_axis
from pyconv.models.model import Model
from pyconv.models.pairs import training_layers
from pyconv.models.residuals import inference_layers


class SeenShape:
    """The shape that the layers' results had when last asked for. A copy begins with none."""

    def __init__(self) -> None:
        # At which structure, for which input; and the shape, None where the layers must be asked
        # each time: the answer of one of the user's may hang on anything.
        self.shape: tuple[Any, Shape | None] = (None, None)

    def __reduce__(self) -> tuple[type[SeenShape], tuple[()]]:
        return SeenShape, ()


class Sequential(Model):
    """A stack of layers; the first may say its `input_shape`, or an Input may stand before it.

    Without either the layers are built when the first data comes; later data may have any size that
    the layers take.
    Source: Keras Sequential.

    >>> from pyconv import Input, Sequential
    >>> from pyconv.layers import Dense
    >>> model = Sequential([Input(shape=(4,)), Dense(3)])
    >>> model.count_params()
    15
    """

    structures = ()

    def __init__(
        self,
        layers: Iterable[Layer | SymbolicTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable)
        self._stack: list[Layer] = []
        self._folded, self._joined = Chain(inference_layers), Chain(training_layers)
        self._input: SymbolicTensor | None = None
        self._output: SymbolicTensor | None = None
        self._seen = SeenShape()
        self._declared = False  # the input's shape was said, not taken from the first data
        for layer in [] if layers is None else items_of("Sequential", "layers", layers):
            self._append(layer)
        self._build_known()

    def add(self, layer: Layer | SymbolicTensor) -> None:
        """Put a layer on top; one that does not fit leaves the model as it was."""
        before = (list(self._stack), self._input, self._output, self._declared)
        self._append(layer)
        try:
            if before[2] is None:
                self._build_known()
            else:
                self._output = self._stack[-1](before[2])
        except BaseException:
            self._stack, self._input, self._output, self._declared = before
            raise

    def pop(self) -> Layer:
        """Take the top layer off and return it."""
        if not self._stack:
            raise ValueError(f"pop: {self.name!r} has no layers")
        layer = self._stack.pop()
        structure.changed()
        self._output = None
        self._build_known()
        return layer

    def _append(self, layer: Layer | SymbolicTensor) -> None:
        if isinstance(layer, SymbolicTensor) and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential: {layer!r}; must be a Layer or an Input")
        if isinstance(layer, InputLayer):
            if self._stack or self._input is not None:
                raise ValueError(f"Sequential: {layer.name!r} must be the first layer")
            self._input, self._declared = layer.output, True
            self.dtype = layer.dtype
            return
        if any(each is self for each in layer.with_sublayers()):
            raise ValueError(
                f"Sequential: {layer.name!r} holds the model that it is to be added to"
            )
        if any(layer.name == other.name for other in self._stack):
            raise ValueError(f"Sequential: name {layer.name!r} is taken; names must differ")
        if not self._stack and self._input is None:
            self.dtype = layer.dtype
            if layer.input_shape_given is not None:
                self._input = Input(layer.input_shape_given, dtype=layer.dtype)
                self._declared = True
            elif isinstance(layer, (Functional, Sequential)) and layer.built:
                self._input = Input(batch_shape=layer.input_shape, dtype=layer.dtype)
                self._declared = not isinstance(layer, Sequential) or layer._declared
        if self._device is not None:
            layer.to(self._device)
        self._stack.append(layer)
        structure.changed()
        self._output = None
        self._trained = None

    def _build_known(self) -> None:
        if self._input is not None and self._stack:
            self.build(self._input.shape)

    def build(self, input_shape: Shape) -> None:
        """Make the weights of all layers for inputs of this shape, batch included."""
        if self._input is None:
            self._input = Input(batch_shape=(None, *input_shape[1:]), dtype=self.dtype)
        if not self._stack:
            raise ValueError(f"build: {self.name!r} has no layers")
        x = self._input
        for layer in self._stack:
            x = layer(x)
        self._output = x
        self.built, self.build_shape = True, self._input.shape

    @property
    def layers(self) -> list[Layer]:
        return list(self._stack)

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic tensor the stack starts from, once it is built."""
        return [self._built_end(self._input)]

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic tensor the stack ends in, once it is built."""
        return [self._built_end(self._output)]

    @property
    def input(self) -> SymbolicTensor:
        return self.inputs[0]

    @property
    def output(self) -> SymbolicTensor:
        return self.outputs[0]

    @property
    def input_names(self) -> list[str]:
        return [x.name for x in self.inputs]

    @property
    def output_names(self) -> list[str]:
        return [x.name for x in self.outputs]

    @property
    def input_shape(self) -> Shape:
        return self.inputs[0].shape

    @property
    def output_shape(self) -> Shape:
        return self.outputs[0].shape

    def _built_end(self, tensor: SymbolicTensor | None) -> SymbolicTensor:
        if tensor is None or self._output is None:
            raise AttributeError(f"{self.name}: not built; give an Input or call build first")
        return tensor

    def declared_shapes(self) -> list[Shape]:
        return [self._input.shape] if self._declared and self._input is not None else []

    def _tensors(self, inputs: Any) -> Any:
        tensors, shapes = super()._tensors(inputs), self.declared_shapes()
        return with_last_axis(tensors, shapes[0]) if shapes else tensors

    def check_input(self, shape: Shape) -> None:
        expected = self.input_shape
        if len(shape) == len(expected) and all(
            a in (b, None) or b is None for a, b in zip(shape[1:], expected[1:], strict=True)
        ):
            return
        if self._declared:
            raise ValueError(f"{self.name}: input shape {shape}; expected {expected}")
        for layer in self._stack:
            layer.check_input(shape)
            shape = layer.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        asked, (known, shape) = (structure.changes, input_shape), self._seen.shape
        if asked == known and shape is not None:
            return shape
        shape = input_shape
        for layer in self._stack:
            shape = layer.compute_output_shape(shape)
        if asked != known:
            lasts = type(input_shape) is tuple and all(map(is_known, self.with_sublayers()))
            self._seen.shape = asked, shape if lasts else None
        return shape

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        steps = self._stack
        if running.observer is None:
            folded = running.folds and not training
            steps = (self._folded if folded else self._joined).steps(steps)
        for layer in steps:
            x = layer(x, training=training)
        return x

    def get_config(self) -> dict[str, Any]:
        from pyconv.saving.configuration import serialize_layer

        first: list[Any] = [] if self._input is None else [self._input.node.layer]
        return {**super().get_config(), "layers": [serialize_layer(x) for x in first + self._stack]}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Sequential:
        """Return the model that `get_config` wrote down, here or in Keras."""
        from pyconv.saving.configuration import deserialize_sequential

        return deserialize_sequential(cls, config, custom_objects or {})
