# SPDX-License-Identifier: BSD-3-Clause
"""How many pixels of the picture one pixel behind each layer sees.

A window of k pixels, dilation d and stride s, on maps whose pixels see r and stand j apart:
r' = r + (k - 1) d j, j' = j s.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from pyconv import layers
from pyconv.arguments import IntPair, items_of, normalise_pair
from pyconv.layers.convolution import Convolution
from pyconv.layers.operation import Operation
from pyconv.layers.pool2d import Pooling2D
from pyconv.layers.symbolic import Node, SymbolicTensor
from pyconv.models import Model, Sequential
from pyconv.models.functional import Functional

Pair = tuple[Fraction, Fraction]  # vertical, horizontal

WHOLE_KINDS = (
    layers.Flatten,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
    layers.Reshape,
    layers.RepeatVector,
    layers.Permute,
)
IMAGE_AXES = (slice(1, 3), slice(2, 4))  # height and width in either layout
SHIFTING_KINDS = (layers.ZeroPadding2D, layers.Cropping2D)  # other sizes, the same pixels


class ReceptiveField(NamedTuple):
    """What one pixel behind a layer sees of the picture, in pixels (vertical, horizontal).

    size: of the window, the largest where they differ, as after upsampling; None where it is the
    whole picture. jump: how far the windows of two neighbours are apart, a fraction after
    upsampling.
    """

    name: str
    size: tuple[int, int] | None
    jump: tuple[float, float]


class _Field:
    """The window of one tensor; `size` is None where it is everything."""

    def __init__(self, size: Pair | None, jump: Pair) -> None:
        self.size, self.jump = size, jump

    def grown(self, more: Iterable[int], strides: Iterable[Fraction | int]) -> _Field:
        """Return the field behind windows that reach `more` pixels on."""
        jump = _pair(j * s for j, s in zip(self.jump, strides, strict=True))
        if self.size is None:
            return _Field(None, jump)
        grown = _pair(r + m * j for r, m, j in zip(self.size, more, self.jump, strict=True))
        return _Field(grown, jump)


def receptive_field(model: Model) -> list[ReceptiveField]:
    """Return the receptive field behind each layer of a model, in the order they run.

    Branches that meet count as one window around both. What normalisation and gates gather over
    the whole picture follows their layers: a gate by global pooling makes the field whole, the
    statistics of a normalisation do not count. Padding does not enlarge a window.

    Args:
        model: a Sequential or Model(inputs, outputs), models inside included.
    Raises:
        TypeError: no model. ValueError: a model that is not built; a layer whose windows are
            unknown.
    Source: Araujo, Norris, Sim, Computing Receptive Fields of CNNs, Distill 2019.

    >>> from pyconv.applications import mnist_convnet
    >>> from pyconv.evaluation import receptive_field
    >>> [field.size for field in receptive_field(mnist_convnet()) if "conv" in field.name]
    [(3, 3), (8, 8), (18, 18)]
    """
    if not isinstance(model, Model):
        raise TypeError(f"receptive_field: model={model!r}; must be a Model")
    rows: list[ReceptiveField] = []
    start = _Field(_pair((1, 1)), _pair((1, 1)))
    _through_model(model, [start] * len(_inputs(model)), rows)
    return rows


def field_of_windows(
    windows: Iterable[tuple[IntPair, IntPair] | tuple[IntPair, IntPair, IntPair]],
) -> list[tuple[int, int]]:
    """Return the size of the receptive field behind each of several windows in a row.

    Args:
        windows: (kernel size, strides) or (kernel size, strides, dilation rate) of each, int or
            (vertical, horizontal).

    >>> from pyconv.evaluation import field_of_windows
    >>> field_of_windows([(3, 1), (3, 1)])
    [(3, 3), (5, 5)]
    """
    names = ("kernel_size", "strides", "dilation_rate")
    field, sizes = _Field(_pair((1, 1)), _pair((1, 1))), []
    for number, window in enumerate(items_of("field_of_windows", "windows", windows)):
        given = items_of("field_of_windows", f"windows[{number}]", window)
        if len(given) not in (2, 3):
            raise ValueError(
                f"field_of_windows: windows[{number}]={window!r}; must be (kernel size, strides) "
                "or (kernel size, strides, dilation rate)"
            )
        k, s, d = (
            normalise_pair("field_of_windows", f"windows[{number}] {name}", value, 1)
            for name, value in zip(names, [*given, 1][:3], strict=True)
        )
        field = field.grown(_reach(k, d), s)
        assert field.size is not None
        sizes.append((ceil(field.size[0]), ceil(field.size[1])))
    return sizes


def _inputs(model: Model) -> list[SymbolicTensor]:
    found: list[SymbolicTensor] | None = getattr(model, "inputs", None)
    if not found:
        raise ValueError(f"receptive_field: {model.name!r} has no known layers in between")
    return found


def _through_model(model: Any, fields: list[_Field], rows: list[ReceptiveField]) -> list[_Field]:
    """Return the fields of a model's outputs for those of its inputs."""
    if isinstance(model, Sequential):
        _inputs(model)
        for layer in model.layers:
            fields = _through_layer(layer, layer.inbound_nodes[0], fields, rows)
        return fields
    if not isinstance(model, Functional):
        raise ValueError(f"receptive_field: {model.name!r} has no known layers in between")
    known = dict(zip(model.inputs, fields, strict=True))
    for node in (node for node in model.graph.nodes if node.inputs):
        given = [known[x] for x in node.inputs]
        found = _through_layer(node.layer, node, given, rows)
        known.update(zip(node.outputs, found * (len(node.outputs) // len(found)), strict=True))
    return [known[x] for x in model.outputs]


def _through_layer(
    layer: Any, node: Node, fields: list[_Field], rows: list[ReceptiveField]
) -> list[_Field]:
    if isinstance(layer, Model):
        return _through_model(layer, fields, rows)
    field = _window_of(layer, node, fields)
    size = None if field.size is None else (ceil(field.size[0]), ceil(field.size[1]))
    rows.append(ReceptiveField(layer.name, size, (_plain(field.jump[0]), _plain(field.jump[1]))))
    return [field]


def _window_of(layer: Any, node: Node, fields: list[_Field]) -> _Field:
    """Return the field behind a layer."""
    field = _around(fields)
    if isinstance(layer, WHOLE_KINDS):
        return _Field(None, field.jump)
    if isinstance(layer, layers.Conv2DTranspose):
        # An output pixel meets every strides-th tap of the kernel.
        reach = _reach(layer.kernel_size, layer.dilation_rate)
        more = [n // s for n, s in zip(reach, layer.strides, strict=True)]
        return field.grown(more, [Fraction(1, s) for s in layer.strides])
    if isinstance(layer, Convolution):
        return field.grown(_reach(layer.kernel_size, layer.dilation_rate), layer.strides)
    if isinstance(layer, Pooling2D):
        return field.grown(_reach(layer.pool_size, (1, 1)), layer.strides)
    if isinstance(layer, layers.UpSampling2D):
        more = [1 if layer.interpolation == "bilinear" and s > 1 else 0 for s in layer.size]
        return field.grown(more, [Fraction(1, s) for s in layer.size])
    if field.size is not None and not isinstance(layer, SHIFTING_KINDS):
        _check_pixelwise(layer, node)
    return field


def _check_pixelwise(layer: Any, node: Node) -> None:
    """Refuse a layer that may look around: a stranger, or one that changes the maps' size."""
    ours = isinstance(layer, Operation) or type(layer).__module__.startswith("pyconv.")
    shapes = [x.shape for x in (*node.inputs, *node.outputs) if x.ndim == 4]
    ours = ours and not (isinstance(layer, Operation) and layer.kind == "GetItem")
    if not ours or all(len({shape[axes] for shape in shapes}) > 1 for axes in IMAGE_AXES):
        raise ValueError(
            f"receptive_field: layer {layer.name!r} of class {type(layer).__name__}; must be a "
            "convolution, a pooling layer or one that keeps the maps' size"
        )


def _around(fields: list[_Field]) -> _Field:
    jump = _pair(max(f.jump[i] for f in fields) for i in (0, 1))
    sizes = [f.size for f in fields if f.size is not None]
    if len(sizes) < len(fields):
        return _Field(None, jump)
    return _Field(_pair(max(size[i] for size in sizes) for i in (0, 1)), jump)


def _reach(kernel_size: tuple[int, int], dilation: tuple[int, int]) -> list[int]:
    return [(k - 1) * d for k, d in zip(kernel_size, dilation, strict=True)]


def _pair(values: Iterable[Fraction | int]) -> Pair:
    vertical, horizontal = values
    return Fraction(vertical), Fraction(horizontal)


def _plain(jump: Fraction) -> float:
    return int(jump) if jump.denominator == 1 else float(jump)
