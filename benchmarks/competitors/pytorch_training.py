# SPDX-License-Identifier: BSD-3-Clause
"""SimpleConvNet's training step in PyTorch: fused Adam, weights and batches of inputs.py."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import torch

from benchmarks.competitors import Job
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task


def _network(inputs: Arrays) -> torch.nn.Sequential:
    conv = torch.nn.Conv2d(1, 30, 5)
    dense_1, dense_2 = torch.nn.Linear(4320, 100), torch.nn.Linear(100, 10)
    # PyTorch flattens (channel, row, column).
    by_channel = inputs["dense_1"].reshape(12, 12, 30, 100).transpose(3, 2, 0, 1)
    with torch.no_grad():
        conv.weight.copy_(torch.from_numpy(inputs["kernel"].transpose(3, 2, 0, 1).copy()))
        dense_1.weight.copy_(torch.from_numpy(by_channel.reshape(100, 4320).copy()))
        dense_2.weight.copy_(torch.from_numpy(inputs["dense_2"].T.copy()))
        for layer in (conv, dense_1, dense_2):
            if layer.bias is not None:
                layer.bias.zero_()
    return torch.nn.Sequential(
        conv,
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        dense_1,
        torch.nn.ReLU(),
        dense_2,
    )


def _epsilon(step: int) -> float:
    """Return PyTorch's epsilon for a step, which it adds after correcting v; the book, before."""
    return 1e-7 / math.sqrt(1 - 0.999**step)


def simple_conv_net(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return one training step; options: layout, and mode "eager" or "compile"."""
    last = options.get("layout") == "channels_last"
    layout = torch.channels_last if last else torch.contiguous_format
    network = _network(inputs)
    network.to(memory_format=layout)  # type: ignore[call-overload]
    loss_of = torch.nn.CrossEntropyLoss()
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, eps=_epsilon(1), fused=True)
    n = task["n"]
    images = torch.from_numpy(inputs["images"]).permute(0, 3, 1, 2)
    labels = torch.from_numpy(inputs["labels"])
    batches = [
        (images[i : i + n].contiguous(memory_format=layout), labels[i : i + n])
        for i in range(0, len(images), n)
    ]
    order = itertools.cycle(batches)

    def loss_on(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = loss_of(network(x), labels)
        return loss

    forward: Any = torch.compile(loss_on) if options.get("mode") == "compile" else loss_on

    def step() -> float:
        x, labels = next(order)
        adam.zero_grad(set_to_none=True)
        loss = forward(x, labels)
        loss.backward()
        adam.step()
        return float(loss.detach())

    def first_losses(loss: float) -> Arrays:
        losses = [loss]
        for count in range(2, 6):
            adam.param_groups[0]["eps"] = _epsilon(count)
            losses.append(step())
        return {"losses": np.array(losses)}

    return Job(step, first_losses)
