# SPDX-License-Identifier: BSD-3-Clause
"""The table that Model.summary writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from pyconv.autograd import Variable
from pyconv.layers import Layer
from pyconv.layers.operation import Operation
from pyconv.layers.structure import map_leaves, map_shapes
from pyconv.layers.symbolic import Node

if TYPE_CHECKING:
    from pyconv.models.model import Model


class Column(NamedTuple):
    """A heading, and the least and most characters under it."""

    heading: str
    least: int
    most: int


CHAIN = (Column("Layer (type)", 28, 36), Column("Output Shape", 24, 30), Column("Param #", 14, 14))
BRANCHED = (
    Column("Layer (type)", 26, 34),
    Column("Output Shape", 22, 28),
    Column("Param #", 12, 12),
    Column("Connected to", 28, 32),
)
TRAINABLE = Column("Trainable", 10, 10)


def summary_lines(
    model: Model,
    line_length: int | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> list[str]:
    """Return one row per layer, and the total, trainable and other parameters.

    Cells longer than their column go on in the next line.
    """
    graph = getattr(model, "graph", None)
    chain = graph is None or graph.is_chain()
    nodes = set() if graph is None else set(graph.nodes)
    layers = model.layers if graph is None else graph.layers
    columns = [*(CHAIN if chain else BRANCHED), *([TRAINABLE] if show_trainable else [])]
    rows = [
        _cells(layer, prefix, nodes, chain, show_trainable)
        for layer, prefix in _shown(layers, expand_nested, (model,))
    ]
    widths = _widths(columns, rows, line_length)
    width = sum(widths)
    return [
        f'Model: "{model.name}"',
        "_" * width,
        *_lines([column.heading for column in columns], widths),
        "=" * width,
        *(line for row in rows for line in _lines(row, widths)),
        "=" * width,
        f"Total params: {_amount(model.weights)}",
        f"Trainable params: {_amount(model.trainable_weights)}",
        f"Non-trainable params: {_amount(model.non_trainable_weights)}",
        "_" * width,
    ]


def _shown(
    layers: Any, nested: bool, above: tuple[Any, ...]
) -> Iterator[tuple[Layer | Operation, str]]:
    """Yield layers with what stands before their names; those that hold them not again."""
    level = len(above) - 1
    for layer in layers:
        if any(layer is each for each in above):
            continue
        yield layer, "   " * level + "└ " if level else ""
        if nested and isinstance(getattr(layer, "layers", None), list):
            yield from _shown(layer.layers, nested, (*above, layer))


def _cells(
    layer: Layer | Operation, prefix: str, nodes: set[Node], chain: bool, show_trainable: bool
) -> list[str]:
    kind = type(layer).__name__ if isinstance(layer, Layer) else layer.kind
    built = not isinstance(layer, Layer) or layer.built
    used = [node for node in layer.inbound_nodes if node in nodes]
    cells = [
        f"{prefix}{layer.name} ({kind})",
        _shape(layer, used),
        f"{layer.count_params():,}" if built else "0 (unbuilt)",
    ]
    if not chain:
        sources = [x.history for node in used for x in node.inputs]
        cells.append(", ".join(f"{name}[{use}][{output}]" for name, use, output in sources) or "-")
    if show_trainable:
        weights = isinstance(layer, Layer) and layer.weights
        cells.append("-" if not weights else "Y" if getattr(layer, "trainable", True) else "N")
    return cells


def _shape(layer: Layer | Operation, used: list[Node]) -> str:
    """Return the shape of what the layer makes in this model, else anywhere."""
    nodes = used or layer.inbound_nodes[:1]
    if nodes:
        return str(map_leaves(lambda x: x.shape, nodes[-1].output))
    if not isinstance(layer, Layer) or not layer.built:
        return "?"
    try:
        shapes = map_shapes(lambda shape: (None, *shape[1:]), layer.build_shape)
        return str(layer.compute_output_shape(shapes))
    except (AttributeError, TypeError, ValueError, IndexError):
        return "?"


def _widths(columns: list[Column], rows: list[list[str]], line_length: int | None) -> list[int]:
    """Return each column's width, one blank between columns included."""
    if line_length is not None:
        total = sum(column.least for column in columns)
        return [max(4, column.least * line_length // total) for column in columns]
    longest = [max(map(len, cells), default=0) + 1 for cells in zip(*rows, strict=True)]
    return [
        min(max(column.least, length), column.most)
        for column, length in zip_longest(columns, longest, fillvalue=0)
        if isinstance(column, Column)
    ]


def _lines(cells: list[str], widths: list[int]) -> Iterator[str]:
    folded = [
        textwrap.wrap(cell, width - 1, drop_whitespace=True, break_on_hyphens=False) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for parts in zip_longest(*folded, fillvalue=""):
        yield "".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()


def _amount(variables: list[Variable]) -> str:
    size = float(sum(v.array.nbytes for v in variables))
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{sum(v.size for v in variables):,} ({size:.2f} {unit})"
