# SPDX-License-Identifier: BSD-3-Clause
"""Whole networks in PyTorch: a training step, predictions, a plain loop over an epoch."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import networks
from benchmarks.competitors import Job
from benchmarks.competitors.pytorch_network import Twin
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task

LossOf = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def network(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task; options: layout, and mode "eager" or "compile"."""
    last = options.get("layout") == "channels_last"
    layout = torch.channels_last if last else torch.contiguous_format
    model = networks.build(task)
    model.set_weights(networks.weights_of(inputs))
    twin = Twin(model, logits=task["kind"] != "inference")
    del model
    twin.module.to(memory_format=layout)  # type: ignore[call-overload]
    images = torch.from_numpy(inputs["images"]).permute(0, 3, 1, 2)
    compiled = options.get("mode") == "compile"
    if task["kind"] == "inference":
        return _inference(twin, images.contiguous(memory_format=layout), compiled)
    labels = torch.from_numpy(inputs["labels"])
    if task["classes"] == 1:
        labels = labels.float()

    def loss_of(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        logits = twin.module(x)
        if task["classes"] == 1:
            return nn.functional.binary_cross_entropy_with_logits(logits[:, 0], y)
        return nn.functional.cross_entropy(logits, y)

    forward: LossOf = torch.compile(loss_of) if compiled else loss_of
    if task["kind"] == "epoch":
        return _epoch(twin, task, images, labels, layout, forward, loss_of)
    checked = not options.get("lean")
    return _training(twin, task, images, labels, layout, forward, checked=checked)


def _optimizer(task: Task, twin: Twin) -> torch.optim.Optimizer:
    parameters, rate = list(twin.module.parameters()), task["rate"]
    if task["optimizer"] == "sgd":
        return torch.optim.SGD(parameters, rate, task["momentum"], fused=True)
    if task["optimizer"] == "adam":
        return torch.optim.Adam(parameters, rate, eps=1e-7, fused=True)
    return torch.optim.RMSprop(parameters, rate, alpha=0.9, eps=1e-7, foreach=True)


def _stepped(
    optimizer: torch.optim.Optimizer, forward: LossOf, x: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    loss = forward(x, y)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.detach()


def _training(
    twin: Twin,
    task: Task,
    images: Any,
    labels: Any,
    layout: torch.memory_format,
    forward: LossOf,
    *,
    checked: bool,
) -> Job:
    n = task["n"]
    batches = [
        (images[i : i + n].contiguous(memory_format=layout), labels[i : i + n])
        for i in range(0, len(images), n)
    ]
    order = itertools.cycle(batches)
    optimizer = _optimizer(task, twin)
    first = _gradients(twin, forward, *batches[0]) if checked else {}

    return Job(lambda: float(_stepped(optimizer, forward, *next(order))), lambda _: first)


def _gradients(twin: Twin, forward: LossOf, x: torch.Tensor, y: torch.Tensor) -> Arrays:
    """Return loss and gradients of a batch, dropout apart; no weight changes."""
    dropouts = [(m, m.p) for m in twin.module.modules() if isinstance(m, nn.Dropout)]
    for module, _ in dropouts:
        module.p = 0.0
    loss = forward(x, y)
    loss.backward()  # type: ignore[no-untyped-call]
    shown = networks.shown_gradients(twin.gradients())
    twin.module.zero_grad(set_to_none=True)
    for module, rate in dropouts:
        module.p = rate
    return {"loss": np.array([float(loss.detach())]), **shown}


def _inference(twin: Twin, x: torch.Tensor, compiled: bool) -> Job:
    module: Any = twin.module.eval()
    if compiled:
        module = torch.compile(module)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            y: torch.Tensor = module(x)
            return y

    return Job(run, lambda y: networks.scores(y.numpy()))


def _epoch(
    twin: Twin,
    task: Task,
    images: Any,
    labels: Any,
    layout: torch.memory_format,
    forward: LossOf,
    loss_of: LossOf,
) -> Job:
    images = images.contiguous(memory_format=layout)
    optimizer, n = _optimizer(task, twin), task["n"]

    def probed() -> Any:
        twin.module.eval()
        with torch.no_grad():
            loss = loss_of(images[: networks.PROBED], labels[: networks.PROBED])
        twin.module.train()
        return loss.reshape(1).numpy()

    first = probed()

    def epoch() -> float:
        losses = [
            _stepped(
                optimizer, forward, images[part].contiguous(memory_format=layout), labels[part]
            )
            for part in torch.randperm(len(images)).split(n)
        ]
        return float(torch.stack(losses).mean())

    return Job(epoch, lambda _: {"first": first, "learned": probed()})
