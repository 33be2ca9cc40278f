# SPDX-License-Identifier: BSD-3-Clause
"""What is timed on a GPU: tasks in plain JSON, each with its operations and bytes."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from benchmarks.shapes import MOBILENET_V1, RESNET_50, VGG_16, Layer, Network

Task: TypeAlias = dict[str, Any]

PASSES = ("forward", "data", "kernel")
NETWORKS = (VGG_16, RESNET_50, MOBILENET_V1)
# Batch, and the precisions in which its layers are timed.
BATCHES = ((32, ("float32", "tf32", "bfloat16")), (256, ("bfloat16", "tf32")))
ITEMSIZE = {"float32": 4, "tf32": 4, "float16": 2, "bfloat16": 2}

# Of memory-bound kernels: arrays of `shape` that one call reads and writes, counted once each.
MEMORY_SHAPE = (256, 56, 56, 64)
MEMORY = {
    "relu": 2.0,
    "relu_backward": 3.0,
    "add": 3.0,
    "max_pool2d": 1.25,
    "avg_pool2d": 1.25,
    "batch_norm": 2.0,
    "batch_norm_backward": 3.0,
    "dropout": 2.0,
}
SOFTMAX_SHAPE = (65536, 1000)
ADAM_ELEMENTS = 25_600_000  # as many as ResNet-50 has
TRAINING = (
    ("ResNet-50", 64, "bfloat16", 8),
    ("ResNet-50", 64, "float32", 4),
    ("SimpleConvNet", 100, "float32", 300),
    ("Keras MNIST", 64, "float32", 300),
    ("Keras MNIST", 1024, "float32", 60),
)


def layer_tasks() -> list[Task]:
    """Return every convolution of the networks, in all passes, batches and precisions.

    What weighs most in its network comes first, so that a step whose time is spent leaves out the
    least.
    """
    found = [
        _layer_task(network, layer, batch, dtype, direction)
        for network in NETWORKS
        for layer in network.layers
        for batch, dtypes in BATCHES
        for dtype in dtypes
        for direction in PASSES
        if not (layer is network.layers[0] and direction == "data")  # images want no gradient
        and not (layer.groups > 1 and dtype != "float32" and dtype != "tf32")
    ]
    unique = {(t["group"], t["name"]): t for t in found}
    return sorted(unique.values(), key=lambda t: -t["weight"])


def _layer_task(network: Network, layer: Layer, batch: int, dtype: str, direction: str) -> Task:
    pixels = layer.out**2
    elements = (
        batch * layer.h**2 * layer.c
        + layer.k**2 * (layer.c // layer.groups) * layer.f
        + batch * pixels * layer.f
    )
    return {
        "kind": "conv2d",
        "group": f"{network.name} {dtype} batch {batch}",
        "name": f"{layer.name} {direction}",
        "direction": direction,
        "dtype": dtype,
        "n": batch,
        "c": layer.c,
        "h": layer.h,
        "f": layer.f,
        "k": layer.k,
        "s": layer.s,
        "p": layer.p,
        "groups": layer.groups,
        "flop": float(batch * layer.flop),
        "bytes": float(elements * ITEMSIZE[dtype]),
        "weight": layer.count * layer.flop / (1e6 * network.mflop) / (1 if batch == 32 else 2),
    }


def memory_tasks() -> list[Task]:
    """Return the kernels whose time is that of their bytes."""
    size = 4.0 * math.prod(MEMORY_SHAPE)
    common = {"kind": "memory", "group": "memory-bound float32", "dtype": "float32", "flop": 0.0}
    found = [
        {**common, "name": name, "shape": list(MEMORY_SHAPE), "bytes": size * arrays}
        for name, arrays in MEMORY.items()
    ]
    rows = 4.0 * math.prod(SOFTMAX_SHAPE)
    softmax = {"name": "softmax_cross_entropy", "shape": list(SOFTMAX_SHAPE), "bytes": 2 * rows}
    adam = {"name": "adam_step", "shape": [ADAM_ELEMENTS], "bytes": 7 * 4.0 * ADAM_ELEMENTS}
    return [*found, {**common, **softmax}, {**common, **adam}]


def training_tasks() -> list[Task]:
    """Return training steps of whole networks; `steps` of them are timed together."""
    return [
        {
            "kind": "training",
            "group": "training",
            "name": f"{network} {dtype} batch {batch}",
            "network": network,
            "n": batch,
            "dtype": dtype,
            "steps": steps,
            "flop": 0.0,
            "bytes": 0.0,
        }
        for network, batch, dtype, steps in TRAINING
    ]


def copies_for(task: Task, least: float = 60e6, most: int = 8) -> int:
    """Return how many sets of buffers a task goes round, so that no cache holds them all."""
    return max(1, min(most, math.ceil(least / max(task["bytes"], 1.0))))
