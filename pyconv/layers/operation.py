# SPDX-License-Identifier: BSD-3-Clause
"""Operation: an operator on symbolic tensors as a step of a model, by Keras's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pyconv import autograd
from pyconv.autograd import Tensor, array_of
from pyconv.layers.broadcast import broadcast_shapes
from pyconv.layers.structure import flatten, flatten_shapes
from pyconv.layers.symbolic import Node, Shape, SymbolicTensor
from pyconv.naming import automatic_name, snake_case

BINARY: dict[str, Callable[..., Tensor]] = {
    "Add": autograd.add,
    "Divide": autograd.divide,
    "Maximum": autograd.maximum,
    "Minimum": autograd.minimum,
    "Multiply": autograd.multiply,
    "Power": autograd.power,
    "Subtract": autograd.subtract,
    "TrueDivide": autograd.divide,
}
UNARY: dict[str, Callable[..., Tensor]] = {
    "Absolute": autograd.absolute,
    "Exp": autograd.exp,
    "Log": autograd.log,
    "Negative": autograd.negative,
    "Relu": autograd.relu,
    "Relu6": autograd.relu6,
    "Sigmoid": autograd.sigmoid,
    "Sqrt": autograd.sqrt,
    "Square": autograd.square,
    "Tanh": autograd.tanh,
}
FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    **BINARY,
    **UNARY,
    "GetItem": autograd.getitem,
    "Stack": autograd.stack,
}
OPTIONS: dict[str, dict[str, int]] = {"Stack": {"axis": 0}}  # with their defaults
LARGEST_CONSTANT = 1 << 16  # elements


class Operation:
    """One of Keras's operations; has a name and nodes like a layer, but no weights.

    Args:
        kind: one of FUNCTIONS, Keras's class name.
        options: integers by name, those that OPTIONS lists for the kind.
    """

    def __init__(self, kind: str, name: str | None = None, **options: int) -> None:
        self.kind = kind
        self.function = FUNCTIONS[kind]
        known = OPTIONS.get(kind, {})
        for option, value in options.items():
            if option not in known or isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{kind}: {option}={value!r}; must be integers by {list(known)}")
        self.options = {**known, **options}
        self.name = automatic_name(snake_case(kind)) if name is None else name
        self.inbound_nodes: list[Node] = []

    def __call__(self, arguments: tuple[Any, ...], training: bool | None = None) -> Tensor:
        """Return the function of Tensors and constants."""
        return self.function(*arguments, **self.options)

    def apply(self, *arguments: Any) -> SymbolicTensor:
        """Return the symbolic result; what cannot be combined: TypeError or ValueError."""
        count = 1 if self.kind in UNARY or self.kind == "Stack" else 2
        if len(arguments) != count:
            raise TypeError(f"{self.name}: {len(arguments)} arguments; must be {count}")
        if self.kind == "GetItem" and not isinstance(arguments[0], SymbolicTensor):
            raise TypeError(f"{self.name}: {arguments[0]!r}; must be a symbolic tensor")
        if self.kind == "Stack":
            arguments = (checked_stack(self.name, arguments[0]),)
        dtypes = {x.dtype for x in flatten(arguments) if isinstance(x, SymbolicTensor)}
        if len(dtypes) != 1:
            raise TypeError(f"{self.name}: operands are {sorted(dtypes)}; must be of one dtype")
        dtype = dtypes.pop()
        if self.kind == "GetItem":
            arguments = (arguments[0], checked_key(self.name, arguments[1]))
        elif self.kind != "Stack":
            arguments = tuple(_operand(self.name, x, dtype) for x in arguments)
        shapes = [getattr(x, "shape", ()) for x in flatten(arguments)]
        node = Node(self, arguments, self.output_shape(shapes, arguments), dtype)
        return node.outputs[0]

    def output_shape(self, shapes: list[Shape], arguments: tuple[Any, ...]) -> Shape:
        """Return the shape of the result, of arguments whose shapes are these."""
        if self.kind == "GetItem":
            return _item_shape(self.name, shapes[0], arguments[1])
        if self.kind == "Stack":
            return _stack_shape(self.name, shapes, self.options["axis"])
        return broadcast_shapes(self.name, shapes)

    def compute_output_shape(self, arguments: tuple[Any, ...]) -> Shape:
        """Return the shape of the result, of shapes and constants."""
        if self.kind == "GetItem":
            return self.output_shape([arguments[0]], arguments)
        if self.kind == "Stack":
            return self.output_shape(flatten_shapes(arguments[0]), arguments)
        shapes = [x if isinstance(x, tuple) else getattr(x, "shape", ()) for x in arguments]
        return self.output_shape(shapes, arguments)

    def count_params(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"<Operation {self.kind} name={self.name!r}>"


def stack(xs: Sequence[Any], axis: int = 0) -> Any:
    """Return arrays or Tensors along a new axis; of symbolic tensors, a step of the model.

    Source: Keras ops.stack.
    """
    if any(isinstance(x, SymbolicTensor) for x in xs):
        return Operation("Stack", axis=axis).apply(xs)
    return autograd.stack(xs, axis)


def _operand(name: str, value: Any, dtype: str) -> Any:
    """Return a symbolic tensor or number as it is, and an array constant in the model's dtype."""
    if isinstance(value, (SymbolicTensor, bool, int, float)):
        return value
    try:
        array = np.asarray(array_of(value))
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: operand {value!r}; must be numbers ({error})") from None
    if array.size > LARGEST_CONSTANT:
        raise ValueError(
            f"{name}: a constant of {array.size} elements; at most {LARGEST_CONSTANT}, "
            "make it an input or a weight"
        )
    return array.astype(dtype)


def checked_key(name: str, key: Any) -> tuple[Any, ...]:
    """Return an index as a tuple of integers, slices of integers, None and Ellipsis."""

    def checked(part: Any) -> Any:
        if part is None or part is Ellipsis:
            return part
        if isinstance(part, slice):
            return slice(*(n and checked(n) for n in (part.start, part.stop, part.step)))
        if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            return int(part)
        raise TypeError(
            f"{name}: index {key!r}; symbolic tensors take integers, slices, None and ..."
        )

    return tuple(map(checked, key if isinstance(key, (tuple, list)) else (key,)))


def checked_stack(name: str, tensors: Any) -> list[SymbolicTensor]:
    """Return symbolic tensors of equal shapes as a list."""
    found = list(tensors) if isinstance(tensors, (list, tuple)) else []
    if not found or not all(isinstance(x, SymbolicTensor) for x in found):
        raise TypeError(f"{name}: {tensors!r}; must be a list of symbolic tensors")
    if len({x.shape for x in found}) > 1:
        raise ValueError(f"{name}: shapes {[x.shape for x in found]}; must be equal")
    return found


def _stack_shape(name: str, shapes: list[Shape], axis: int) -> Shape:
    rank = len(shapes[0]) + 1
    if not -rank <= axis < rank:
        raise ValueError(f"{name}: axis={axis}; must be within -{rank} and {rank - 1}")
    at = axis % rank
    return (*shapes[0][:at], len(shapes), *shapes[0][at:])


def _item_shape(name: str, shape: Shape, key: tuple[Any, ...]) -> Shape:
    """Return the shape of a part; a size that depends on an open one is open."""
    found: list[tuple[int, ...]] = []
    for stand_in in (2**15, 2**15 + 1, 1):  # for each open size; what changes is open
        sizes = tuple(stand_in if n is None else n for n in shape)
        try:
            found.append(np.broadcast_to(np.int8(0), sizes)[key].shape)
        except (IndexError, ValueError, OverflowError) as error:
            if stand_in > 1:
                raise ValueError(f"{name}: index {key} of shape {shape}; {error}") from None
    return tuple(n[0] if len(set(n)) == 1 else None for n in zip(*found, strict=True))
