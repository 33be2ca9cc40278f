# SPDX-License-Identifier: BSD-3-Clause
"""Symbolic tensors: the shapes that flow between layers before there is data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv.layers.structure import flatten, map_leaves, map_shapes

if TYPE_CHECKING:
    from typing import NoReturn

    from pyconv.layers.layer import Layer
    from pyconv.layers.operation import Operation

Shape = tuple[int | None, ...]


class Node:
    """One use of a layer or operation: which symbolic tensors went in and which came out.

    Args:
        arguments: what it was called with: a symbolic tensor or a structure of them; for an
            operation the tuple of its arguments, constants included.
        shapes: the shape of the result, or a structure of shapes.
        training: as the call said it; None where it said nothing.
    """

    def __init__(
        self,
        layer: Layer | Operation,
        arguments: Any,
        shapes: Any,
        dtype: str,
        training: bool | None = None,
    ) -> None:
        self.layer = layer
        self.arguments = arguments
        self.training = training
        self.inputs: list[SymbolicTensor] = [
            x for x in flatten(arguments) if isinstance(x, SymbolicTensor)
        ]
        self.output: Any = map_shapes(lambda shape: SymbolicTensor(shape, dtype, self), shapes)
        self.outputs: list[SymbolicTensor] = flatten(self.output)
        for index, tensor in enumerate(self.outputs):
            tensor.index = index
        layer.inbound_nodes.append(self)

    def again(self, tensors: dict[SymbolicTensor, SymbolicTensor]) -> Node:
        """Use the layer again, on other symbolic tensors of the same shapes."""
        arguments = map_leaves(
            lambda x: tensors.get(x, x) if isinstance(x, SymbolicTensor) else x, self.arguments
        )
        shapes = map_leaves(lambda x: x.shape, self.output)
        return Node(self.layer, arguments, shapes, self.outputs[0].dtype, self.training)


class SymbolicTensor:
    """A promise of an array: its shape, None where a size is open, its dtype, and its node.

    Operators and indexing make new ones, as operations of the model.
    """

    __array_ufunc__ = None  # array + symbolic asks the symbolic

    def __init__(self, shape: Shape, dtype: str, node: Node) -> None:
        self.shape = shape
        self.dtype = dtype
        self.node = node
        self.index = 0  # among the outputs of its node

    @property
    def name(self) -> str:
        return self.node.layer.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def history(self) -> tuple[str, int, int]:
        """The layer's name, which of its nodes, and which of the node's outputs this is."""
        return self.name, self.node.layer.inbound_nodes.index(self.node), self.index

    def __repr__(self) -> str:
        return f"<SymbolicTensor {self.name!r} shape={self.shape} dtype={self.dtype}>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(
            f"{self!r} has no values yet; functions of it are written as layers, such as "
            "layers.Activation, or as operators"
        )

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self!r} has no values yet; it is neither true nor false")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self!r} cannot be iterated over; index it")

    def _apply(self, operation: str, *arguments: Any) -> SymbolicTensor:
        from pyconv.layers.operation import Operation

        return Operation(operation).apply(*arguments)

    def __getitem__(self, key: Any) -> SymbolicTensor:
        return self._apply("GetItem", self, key)

    def __add__(self, other: Any) -> SymbolicTensor:
        return self._apply("Add", self, other)

    def __radd__(self, other: Any) -> SymbolicTensor:
        return self._apply("Add", other, self)

    def __sub__(self, other: Any) -> SymbolicTensor:
        return self._apply("Subtract", self, other)

    def __rsub__(self, other: Any) -> SymbolicTensor:
        return self._apply("Subtract", other, self)

    def __mul__(self, other: Any) -> SymbolicTensor:
        return self._apply("Multiply", self, other)

    def __rmul__(self, other: Any) -> SymbolicTensor:
        return self._apply("Multiply", other, self)

    def __truediv__(self, other: Any) -> SymbolicTensor:
        return self._apply("TrueDivide", self, other)

    def __rtruediv__(self, other: Any) -> SymbolicTensor:
        return self._apply("TrueDivide", other, self)

    def __pow__(self, other: Any) -> SymbolicTensor:
        return self._apply("Power", self, other)

    def __rpow__(self, other: Any) -> SymbolicTensor:
        return self._apply("Power", other, self)

    def __neg__(self) -> SymbolicTensor:
        return self._apply("Negative", self)

    def __abs__(self) -> SymbolicTensor:
        return self._apply("Absolute", self)
