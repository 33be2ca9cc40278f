# SPDX-License-Identifier: BSD-3-Clause
"""Whole networks in pyconv: a training step, predictions, an epoch of fit."""

from __future__ import annotations

import itertools
from typing import Any

from benchmarks import networks
from benchmarks.competitors import Job
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task
from pyconv import optimizers
from pyconv.models import Model


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task on arrays, channels last; options: lean, where memory is measured."""
    model = networks.build(task)
    model.set_weights(networks.weights_of(inputs))
    if task["kind"] == "inference":
        return _inference(model, task, inputs)
    model.compile(optimizer=_optimizer(task), loss=networks.loss_of(task))
    if options.get("lean"):
        inputs = {"images": inputs["images"], "labels": inputs["labels"]}
    return (_training if task["kind"] == "network training" else _epoch)(model, task, inputs)


def _optimizer(task: Task) -> optimizers.Optimizer:
    rate = task["rate"]
    if task["optimizer"] == "sgd":
        return optimizers.SGD(rate, task["momentum"])
    kinds = {"adam": optimizers.Adam, "rmsprop": optimizers.RMSprop}
    made: optimizers.Optimizer = kinds[task["optimizer"]](rate)
    return made


def _training(model: Model, task: Task, inputs: Arrays) -> Job:
    n, images, labels = task["n"], inputs["images"], inputs["labels"]
    starts = itertools.cycle(range(0, len(images), n))

    def step() -> Any:
        part = slice(start := next(starts), start + n)
        return model.train_on_batch(images[part], labels[part])

    def result(_: Any) -> Arrays:
        model.set_weights(networks.weights_of(inputs))
        return networks.first_step(model, task, inputs)

    return Job(step, result)


def _inference(model: Model, task: Task, inputs: Arrays) -> Job:
    x, n = inputs["images"], task["n"]
    return Job(lambda: model.predict(x, batch_size=n, verbose=0), networks.scores)


def _epoch(model: Model, task: Task, inputs: Arrays) -> Job:
    first = networks.probed_loss(model, task, inputs)
    x, y = inputs["images"], inputs["labels"]

    def result(_: Any) -> Arrays:
        return {"first": first, "learned": networks.probed_loss(model, task, inputs)}

    return Job(lambda: model.fit(x, y, batch_size=task["n"], epochs=1, verbose=0), result)
