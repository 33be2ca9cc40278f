# SPDX-License-Identifier: BSD-3-Clause
"""Symbolic tensors: the shapes that flow between layers before there is data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyconv.layers.layer import Layer

Shape = tuple[int | None, ...]


class Node:
    """One use of a layer: which symbolic tensors went in and which came out."""

    def __init__(self, layer: Layer, inputs: tuple[SymbolicTensor, ...], shape: Shape) -> None:
        self.layer = layer
        self.inputs = inputs
        self.output = SymbolicTensor(shape, layer.dtype, self)


class SymbolicTensor:
    """A promise of an array: its shape, None where a size is open, its dtype, and its node."""

    def __init__(self, shape: Shape, dtype: str, node: Node) -> None:
        self.shape = shape
        self.dtype = dtype
        self.node = node

    @property
    def name(self) -> str:
        return self.node.layer.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<SymbolicTensor {self.name!r} shape={self.shape} dtype={self.dtype}>"
