# SPDX-License-Identifier: BSD-3-Clause
"""A network of ours written in PyTorch: the same graph, weights copied, images (n, c, h, w).

What a PyTorch user would not write twice is not: even zero padding is the convolution's own, and
the last softmax or sigmoid is left to the loss.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from pyconv import layers
from pyconv.layers import SymbolicTensor
from pyconv.models import Model

Inverse = Callable[[torch.Tensor], torch.Tensor]
_ACTIVATIONS = {
    "relu": lambda: nn.ReLU(inplace=True),
    "relu6": lambda: nn.ReLU6(inplace=True),
    "softmax": lambda: nn.Softmax(dim=-1),
    "sigmoid": nn.Sigmoid,
}


class Twin:
    """The network and what belongs to it.

    Attributes:
        module: takes (n, c, h, w); gives logits, or probabilities where `logits` is False.
        parameters: of every trainable weight of ours, in order, PyTorch's parameter and what turns
            an array of its shape into ours.
    """

    def __init__(self, model: Model, *, logits: bool) -> None:
        self.logits = logits
        self.parameters: list[tuple[nn.Parameter, Inverse]] = []
        self._graph = torch.fx.Graph()
        self._root = nn.Module()
        self._end = model.output
        self._values: dict[SymbolicTensor, torch.fx.Node] = {}
        self._pads: dict[SymbolicTensor, tuple[int, ...]] = {}
        self._images: dict[SymbolicTensor, tuple[int, ...]] = {}  # flattened: (h, w, c)
        self._order = _nodes(model.output)
        self._known: dict[int, list[tuple[nn.Parameter, Inverse]]] = {}
        for node in self._order:
            self._add(node)
        self._graph.output(self._values[self._end])
        self.module = torch.fx.GraphModule(self._root, self._graph)
        for weight in model.trainable_weights:
            self.parameters += self._known[id(weight)]
        # Our network goes where nobody else holds it: memory is compared, too.
        del self._order, self._end
        self._values, self._pads, self._images = {}, {}, {}

    def gradients(self) -> list[Any]:
        """Return the gradients of the parameters in our layouts."""
        return [
            turn(p.grad).contiguous().numpy() for p, turn in self.parameters if p.grad is not None
        ]

    def _add(self, node: Any) -> None:
        if not node.inputs:
            self._values[node.output] = self._graph.placeholder("x")
            return
        layer, x, y = node.layer, node.inputs[0], node.output
        for kind, add in _LAYERS:
            if isinstance(layer, kind):
                self._values[y] = add(self, layer, node)
                return
        raise NotImplementedError(f"no twin of {type(layer).__name__} {layer.name!r} on {x.shape}")

    def module_on(self, x: torch.fx.Node, module: nn.Module, layer: Any) -> torch.fx.Node:
        """Return the module applied to a value."""
        name = f"m{len(list(self._root.children())):03}_{layer.name}"
        self._root.add_module(name, module)
        return self._graph.call_module(name, (x,))

    def keep(self, weight: Any, parameter: nn.Parameter, there: Inverse, back: Inverse) -> None:
        """Copy a weight of ours into a parameter and remember the way back."""
        with torch.no_grad():
            parameter.copy_(there(torch.from_numpy(weight.numpy())))
        self._known[id(weight)] = [(parameter, back)]

    def activated(self, x: torch.fx.Node, layer: Any, y: SymbolicTensor) -> torch.fx.Node:
        """Return the activation of a layer on a value, the last one only where it is asked for."""
        from pyconv import activations

        name = activations.serialize(layer.activation)
        if name == "linear" or (y is self._end and self.logits and name in ("softmax", "sigmoid")):
            return x
        return self.module_on(x, _ACTIVATIONS[name](), layer)

    def conv2d(self, layer: Any, node: Any) -> torch.fx.Node:
        x, value = node.inputs[0], self._values[node.inputs[0]]
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        padding = _sides(layer, x.shape)
        if x in self._pads:
            padding = tuple(a + b for a, b in zip(padding, self._pads[x], strict=True))
        padding, value = self._joined(padding, value, layer)
        c, f = x.shape[-1], node.output.shape[-1]
        conv = nn.Conv2d(
            c,
            f,
            layer.kernel_size,
            layer.strides,
            padding,
            groups=c if depthwise else layer.groups,
            bias=layer.use_bias,
        )
        axes = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        back = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
        self.keep(
            layer.kernel,
            conv.weight,
            lambda kernel: kernel.permute(axes).reshape(conv.weight.shape),
            lambda weight: weight.permute(back),
        )
        if layer.use_bias:
            assert conv.bias is not None
            self.keep(layer.bias, conv.bias, _same, _same)
        return self.activated(self.module_on(value, conv, layer), layer, node.output)

    def _joined(
        self, sides: tuple[int, ...], value: torch.fx.Node, layer: Any
    ) -> tuple[tuple[int, int], torch.fx.Node]:
        """Return padding that a module takes itself, behind a padding module where it is uneven."""
        top, bottom, left, right = sides
        if (top, left) == (bottom, right):
            return (top, left), value
        return (0, 0), self.module_on(value, nn.ZeroPad2d((left, right, top, bottom)), layer)

    def zero_padding(self, layer: Any, node: Any) -> torch.fx.Node:
        """Padding waits for the convolution or max-pooling that reads it."""
        self._pads[node.output] = tuple(side for sides in layer.padding for side in sides)
        return self._values[node.inputs[0]]

    def pool(self, layer: Any, node: Any) -> torch.fx.Node:
        x = node.inputs[0]
        # Zeros around what a ReLU gave win nothing that -inf would not leave to another zero.
        sides = self._pads.get(x, (0, 0, 0, 0))
        own = _sides(layer, x.shape)
        padding, value = self._joined(
            tuple(a + b for a, b in zip(sides, own, strict=True)), self._values[x], layer
        )
        if isinstance(layer, layers.MaxPooling2D):
            module: nn.Module = nn.MaxPool2d(layer.pool_size, layer.strides, padding)
        else:
            module = nn.AvgPool2d(layer.pool_size, layer.strides, padding, count_include_pad=False)
        return self.module_on(value, module, layer)

    def normalise(self, layer: Any, node: Any) -> torch.fx.Node:
        c = node.output.shape[-1]
        norm = nn.BatchNorm2d(c, layer.epsilon, 1 - layer.momentum)
        self.keep(layer.gamma, norm.weight, _same, _same)
        self.keep(layer.beta, norm.bias, _same, _same)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(torch.from_numpy(layer.moving_mean.numpy()))
        norm.running_var.copy_(torch.from_numpy(layer.moving_variance.numpy()))
        return self.module_on(self._values[node.inputs[0]], norm, layer)

    def dense(self, layer: Any, node: Any) -> torch.fx.Node:
        x = node.inputs[0]
        units, size = layer.kernel.shape[1], layer.kernel.shape[0]
        linear = nn.Linear(size, units, bias=layer.use_bias)
        h, w, c = self._images.get(x, (1, 1, size))
        self.keep(  # PyTorch flattens (channel, row, column)
            layer.kernel,
            linear.weight,
            lambda kernel: kernel.reshape(h, w, c, units).permute(3, 2, 0, 1).reshape(units, size),
            lambda weight: weight.reshape(units, c, h, w).permute(2, 3, 1, 0).reshape(size, units),
        )
        if layer.use_bias:
            self.keep(layer.bias, linear.bias, _same, _same)
        return self.activated(self.module_on(self._values[x], linear, layer), layer, node.output)

    def flatten(self, layer: Any, node: Any) -> torch.fx.Node:
        if len(node.inputs[0].shape) == 4:
            self._images[node.output] = node.inputs[0].shape[1:]
        return self.module_on(self._values[node.inputs[0]], nn.Flatten(), layer)

    def dropout(self, layer: Any, node: Any) -> torch.fx.Node:
        x = node.inputs[0]
        if x in self._images:
            self._images[node.output] = self._images[x]
        return self.module_on(self._values[x], nn.Dropout(layer.rate), layer)

    def rectify(self, layer: Any, node: Any) -> torch.fx.Node:
        if (layer.negative_slope, layer.threshold) != (0, 0) or layer.max_value not in (None, 6):
            raise NotImplementedError(f"no twin of {layer.name!r}: {layer.get_config()}")
        name = "relu" if layer.max_value is None else "relu6"
        return self.module_on(self._values[node.inputs[0]], _ACTIVATIONS[name](), layer)

    def activation(self, layer: Any, node: Any) -> torch.fx.Node:
        return self.activated(self._values[node.inputs[0]], layer, node.output)

    def softmax(self, layer: Any, node: Any) -> torch.fx.Node:
        x = self._values[node.inputs[0]]
        if node.output is self._end and self.logits:
            return x
        return self.module_on(x, nn.Softmax(dim=layer.axis), layer)

    def add(self, layer: Any, node: Any) -> torch.fx.Node:
        first, second = (self._values[x] for x in node.inputs)
        return self._graph.call_function(torch.add, (first, second))

    def global_mean(self, layer: Any, node: Any) -> torch.fx.Node:
        value = self.module_on(self._values[node.inputs[0]], nn.AdaptiveAvgPool2d(1), layer)
        return value if layer.keepdims else self.module_on(value, nn.Flatten(), layer)

    def reshape(self, layer: Any, node: Any) -> torch.fx.Node:
        if node.inputs[0].shape[1:3] != (1, 1) or len(node.output.shape) != 2:
            raise NotImplementedError(f"no twin of {layer.name!r} on {node.inputs[0].shape}")
        return self.module_on(self._values[node.inputs[0]], nn.Flatten(), layer)

    def rescale(self, layer: Any, node: Any) -> torch.fx.Node:
        x = self._graph.call_function(torch.mul, (self._values[node.inputs[0]], float(layer.scale)))
        if not layer.offset:
            return x
        return self._graph.call_function(torch.add, (x, float(layer.offset)))


_LAYERS: tuple[tuple[Any, Callable[..., torch.fx.Node]], ...] = (
    ((layers.Conv2D, layers.DepthwiseConv2D), Twin.conv2d),
    ((layers.MaxPooling2D, layers.AveragePooling2D), Twin.pool),
    (layers.ZeroPadding2D, Twin.zero_padding),
    (layers.BatchNormalization, Twin.normalise),
    (layers.Dense, Twin.dense),
    (layers.Flatten, Twin.flatten),
    (layers.Dropout, Twin.dropout),
    (layers.ReLU, Twin.rectify),
    (layers.Activation, Twin.activation),
    (layers.Softmax, Twin.softmax),
    (layers.Add, Twin.add),
    (layers.GlobalAveragePooling2D, Twin.global_mean),
    (layers.Reshape, Twin.reshape),
    (layers.Rescaling, Twin.rescale),
)


def _same(x: torch.Tensor) -> torch.Tensor:
    return x


def _nodes(end: SymbolicTensor) -> list[Any]:
    """Return the nodes that make a symbolic tensor, each after those it needs."""
    found: dict[Any, None] = {}
    waiting = [end.node]
    while waiting:
        node = waiting[-1]
        missing = [x.node for x in node.inputs if x.node not in found]
        if missing:
            waiting += missing
        else:
            found[waiting.pop()] = None
    return list(found)


def _sides(layer: Any, shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """Return the (top, bottom, left, right) pixels that a layer adds itself."""
    if layer.padding == "valid":
        return (0, 0, 0, 0)
    if layer.padding != "same":
        (top, left) = np.broadcast_to(layer.padding, 2).tolist()
        return (top, top, left, left)
    size = layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size
    sides: list[int] = []
    for pixels, k, s in zip(shape[1:3], size, layer.strides, strict=True):
        assert pixels is not None
        total = max(0, (-(-pixels // s) - 1) * s + k - pixels)
        sides += [total // 2, total - total // 2]
    return tuple(sides)


def batches(images: Any, labels: Any, n: int, layout: torch.memory_format) -> Any:
    """Return an endless iterator over batches of n, images stored in the given layout."""
    x, y = torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)
    return itertools.cycle(
        [(x[i : i + n].contiguous(memory_format=layout), y[i : i + n]) for i in range(0, len(x), n)]
    )
