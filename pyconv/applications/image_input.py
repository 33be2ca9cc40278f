# SPDX-License-Identifier: BSD-3-Clause
"""Where a network of Keras's signature begins: the shape of its images, or a given tensor."""

from __future__ import annotations

from typing import Any

from pyconv.layers import Input, SymbolicTensor
from pyconv.layers.options import checked_shape
from pyconv.layers.symbolic import Node, Shape
from pyconv.models import Model

CHANNELS = 3


def checked_image_shape(
    function: str,
    input_shape: Any,
    default_size: int,
    min_size: int,
    *,
    include_top: bool,
    pretrained: bool,
    sizes: tuple[int, ...] | None = None,
) -> Shape:
    """Return (h, w, c) of the images; open sizes where nothing needs to know them.

    Args:
        input_shape: as the user gave it, or None.
        default_size: height and width with a top and without `input_shape`; min_size: the least.
        pretrained: whether ImageNet's weights are asked for, which fix the channels and, with a
            top, the size.
        sizes: the sizes for which there are such weights; `default_size` alone by default.
    """
    if input_shape is None:
        return (default_size, default_size, CHANNELS) if include_top else (None, None, CHANNELS)
    shape = checked_shape(function, "input_shape", input_shape)
    said = f"{function}: input_shape={shape}"
    if len(shape) != 3 or shape[2] is None:
        raise ValueError(f"{said}; must be (height, width, channels), the channels known")
    if any(size is not None and size < min_size for size in shape[:2]):
        raise ValueError(f"{said}; height and width must be >= {min_size}")
    if pretrained and shape[2] != CHANNELS:
        raise ValueError(f"{said}; weights='imagenet' needs {CHANNELS} channels")
    if not include_top:
        return shape
    if None in shape:
        raise ValueError(f"{said}; include_top=True needs a known height and width")
    fixed = sizes or (default_size,)
    if pretrained and (shape[0] != shape[1] or shape[0] not in fixed):
        allowed = " or ".join(str((size, size, CHANNELS)) for size in fixed)
        raise ValueError(
            f"{said}; weights='imagenet' with include_top=True needs {allowed}; leave the top or "
            "the weights out for other sizes"
        )
    return shape


def image_input(function: str, input_tensor: Any, shape: Shape, min_size: int) -> SymbolicTensor:
    """Return the tensor the network starts from: a new Input, or the one that is given."""
    if input_tensor is None:
        return Input(shape)
    if not isinstance(input_tensor, SymbolicTensor):
        raise TypeError(f"{function}: input_tensor={input_tensor!r}; must be a symbolic tensor")
    given = input_tensor.shape
    known = [size for size in given[1:3] if size is not None]
    if len(given) != 4 or given[3] is None or any(size < min_size for size in known):
        raise ValueError(
            f"{function}: input_tensor of shape {given}; must be (n, height, width, channels), "
            f"height and width >= {min_size}"
        )
    return input_tensor


def source_inputs(tensor: SymbolicTensor) -> Any:
    """Return the inputs that a symbolic tensor is made from: the one, or a list of several."""
    found: dict[SymbolicTensor, None] = {}
    seen: set[Node] = set()
    waiting = [tensor]
    while waiting:
        x = waiting.pop()
        if not x.node.inputs:
            found[x] = None
        elif x.node not in seen:
            seen.add(x.node)
            waiting += reversed(x.node.inputs)
    inputs = list(found)
    return inputs[0] if len(inputs) == 1 else inputs


def model_of(start: SymbolicTensor, end: SymbolicTensor, name: str | None) -> Model:
    """Return the model from the inputs that the start is made from to the end."""
    return Model(source_inputs(start), end, name=name)
