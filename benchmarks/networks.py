# SPDX-License-Identifier: BSD-3-Clause
"""Whole networks as tasks: their data, float64 twins, the gradients that libraries compare."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from benchmarks.row import Task
from pyconv import GradientTape, applications, losses, utils
from pyconv.layers import BatchNormalization, Dropout
from pyconv.models import Model

KINDS = ("network training", "inference", "epoch")
# Batches that a step takes in turn, so that none is learned by heart; fewer where they are large.
Arrays = dict[str, Any]
MOST_BATCHES, LEAST_BATCHES = 50, 3
MOST_PIXELS = 1 << 24
# Elements of each gradient that libraries are compared at.
SAMPLES = 4096
# Images of an epoch whose loss before it is compared, and what of that loss may be left after it.
PROBED, LEARNED_SHARE = 256, 0.95
_TILES = 7
# Bounds of relative L2 distances.
_LOSS, _GRADIENT, _NORMALISED, _OUTPUT, _LOGITS = 2e-5, 1e-2, 0.1, 1e-4, 1e-3
# Images whose statistics batch normalisation takes for inference.
_CALIBRATION = 2


def build(task: Task) -> Model:
    """Return the network of a task; its weights are the same in every process."""
    utils.set_random_seed(20)
    make = getattr(applications, task["network"])
    model: Model = make(weights=None) if task["network"][0].isupper() else make()
    if task["kind"] == "inference":
        _calibrate(model, task)
    return model


def _calibrate(model: Model, task: Task) -> None:
    """Give batch normalisation the statistics of a few images, as training would have left them."""
    generator = np.random.default_rng(21)
    for layer in model.layers:
        if isinstance(layer, BatchNormalization):
            layer.momentum = 0.0
    if any(isinstance(layer, BatchNormalization) for layer in model.layers):
        model(_images(generator, task, _CALIBRATION), training=True)


def _images(generator: np.random.Generator, task: Task, n: int) -> Any:
    size = (n, task["h"], task["w"], task["c"])
    return generator.random(size, np.float32) * np.float32(task["largest"])


def make_inputs(task: Task) -> Arrays:
    """Return images, labels where the network is trained, and its weights in Keras's order."""
    generator = np.random.default_rng(20)
    if task["kind"] == "inference":
        arrays = {"images": _images(generator, task, task["n"])}
    elif task["kind"] == "epoch":
        arrays = _learnable(generator, task)
    else:
        n = task["n"] * _batches(task)
        arrays = {"images": _images(generator, task, n), "labels": _labels(generator, task, n)}
    weights = build(task).get_weights()
    return arrays | {f"weight_{i:03}": weight for i, weight in enumerate(weights)}


def _batches(task: Task) -> int:
    pixels = task["n"] * task["h"] * task["w"] * task["c"]
    return max(LEAST_BATCHES, min(MOST_BATCHES, MOST_PIXELS // pixels))


def _labels(generator: np.random.Generator, task: Task, n: int) -> Any:
    return generator.integers(0, max(2, task["classes"]), n)


def _learnable(generator: np.random.Generator, task: Task) -> Arrays:
    """Return images of which most carry a pattern of their class: gradients never die out."""
    n = task["images"]
    labels = _labels(generator, task, n)
    coarse = _images(generator, task | {"h": _TILES, "w": _TILES}, max(2, task["classes"]))
    rows, columns = (np.arange(task[side]) * _TILES // task[side] for side in ("h", "w"))
    patterns = coarse[:, rows[:, None], columns]  # large enough for every pooling
    shown = np.where(generator.random(n) < 0.8, labels, _labels(generator, task, n))
    images = np.empty((n, *patterns.shape[1:]), np.float32)
    for start in range(0, n, 256):
        part = slice(start, start + 256)
        noise = _images(generator, task, len(shown[part]))
        images[part] = np.float32(0.5) * (noise + patterns[shown[part]])
    return {"images": images, "labels": labels}


def weights_of(inputs: Arrays) -> list[Any]:
    """Return the weights among the inputs of a task, in Keras's order."""
    return [inputs[name] for name in sorted(inputs) if name.startswith("weight_")]


def in_float64(model: Model) -> Model:
    """Return the same network in float64, its weights copied."""
    config = json.loads(json.dumps(model.get_config()).replace('"float32"', '"float64"'))
    twin: Model = type(model).from_config(config)
    twin.set_weights([weight.astype(np.float64) for weight in model.get_weights()])
    return twin


def loss_of(task: Task) -> losses.Loss:
    """Return the loss that the network is trained by."""
    if task["classes"] == 1:
        return losses.BinaryCrossentropy()
    return losses.SparseCategoricalCrossentropy()


def first_step(model: Model, task: Task, inputs: Arrays) -> Arrays:
    """Return loss and gradients of the first batch, dropout apart: see shown_gradients."""
    n = task["n"]
    dropouts = [(layer, layer.rate) for layer in model.layers if isinstance(layer, Dropout)]
    for layer, _ in dropouts:
        layer.rate = 0.0
    x = inputs["images"][:n].astype(model.dtype)
    with GradientTape() as tape:
        loss = loss_of(task)(inputs["labels"][:n], model(x, training=True))
    gradients = [dw.numpy() for dw in tape.gradient(loss, model.trainable_weights)]
    for layer, rate in dropouts:
        layer.rate = rate
    return {"loss": np.array([float(loss)]), **shown_gradients(gradients)}


def shown_gradients(gradients: list[Any]) -> Arrays:
    """Return up to SAMPLES elements of each gradient, at the same places in all libraries."""
    shown = {}
    for number, gradient in enumerate(gradients):
        flat = gradient.reshape(-1)
        if flat.size > SAMPLES:
            flat = flat[np.random.default_rng(number).integers(0, flat.size, SAMPLES)]
        shown[f"gradient_{number:03}"] = np.array(flat)
    return shown


def expected(task: Task, inputs: Arrays) -> Arrays:
    """Return what every library must reproduce, computed in float64."""
    model = build(task)
    model.set_weights(weights_of(inputs))
    twin = in_float64(model)
    del model
    if task["kind"] == "network training":
        return first_step(twin, task, inputs)
    if task["kind"] == "inference":
        return scores(twin.predict_on_batch(inputs["images"].astype(np.float64)))
    return {"first": probed_loss(twin, task, inputs)}


def probed_loss(model: Model, task: Task, inputs: Arrays) -> Any:
    """Return the loss of the first PROBED images, (1,), dropout apart."""
    probabilities = model(inputs["images"][:PROBED].astype(model.dtype), training=False)
    return np.array([float(loss_of(task)(inputs["labels"][:PROBED], probabilities))])


def scores(probabilities: Any) -> Arrays:
    """Return outputs, and their logarithms less the mean: small differences of logits show."""
    logarithms = np.log(probabilities)
    return {
        "y": probabilities,
        "logits": logarithms - logarithms.mean(axis=-1, keepdims=True),
    }


def bound(task: Task, name: str) -> float:
    """Return how far two right results may lie apart.

    A sum that rounds to the other side of zero opens or closes a ReLU, a tie goes to another pixel:
    gradients of float32 are off those of float64 by thousandths in every library, by percents
    where batch normalisation spreads the change over the batch. float64 itself moves as far where
    images change by 3e-7. Losses and outputs do not.
    """
    if name.startswith("gradient"):
        return _NORMALISED if task["normalised"] else _GRADIENT
    if name == "logits":
        return _LOGITS
    return _LOSS if name in ("loss", "first") else _OUTPUT


def distance(ours: Arrays, other: Arrays) -> dict[str, float]:
    """Return the relative L2 distance of two results, array by array.

    Gradients that are nothing but rounding (a bias before batch normalisation) are measured by
    the size of the others.
    """
    rms = [float(np.sqrt(np.mean(np.square(a)))) for n, a in other.items() if "gradient" in n]
    least = 1e-3 * max(rms, default=0.0)
    found = {}
    for name in sorted(ours.keys() & other.keys()):
        floor = least * other[name].size ** 0.5 if "gradient" in name else 0.0
        error = float(np.linalg.norm((ours[name] - other[name]).ravel()))
        found[name] = error / max(1e-30, floor, float(np.linalg.norm(other[name].ravel())))
    return found
