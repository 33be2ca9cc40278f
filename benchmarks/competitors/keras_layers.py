# SPDX-License-Identifier: BSD-3-Clause
"""Keras on its torch backend: layers that PyTorch lacks, and its own fit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

os.environ["KERAS_BACKEND"] = "torch"

import keras

from benchmarks import networks
from benchmarks.competitors import Job
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task
from pyconv.layers import Input, ZeroPadding2D
from pyconv.models import Model, Sequential

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


def versions() -> dict[str, str]:
    """Return Keras's version."""
    return {"keras": keras.__version__}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task on tensors, channels last."""
    if task["kind"] == "epoch":
        return _epoch(task, inputs)
    if task["kind"] != "augmentation":
        raise NotImplementedError(f"keras: {task['kind']} is compared with PyTorch")
    x = keras.ops.convert_to_tensor(inputs["x"])
    turn, zoom = keras.layers.RandomRotation(0.1), keras.layers.RandomZoom(0.2)
    flip = keras.layers.RandomFlip("horizontal")

    def run() -> Any:
        with torch.inference_mode():
            return flip(zoom(turn(x, training=True), training=True), training=True)

    def result(_: Any) -> Arrays:
        """Change the images by the given numbers, not by those that were drawn."""
        n, size = task["n"], {"height": task["h"], "width": task["w"]}
        none, one = torch.zeros(n), torch.ones(n)
        matrix = turn._compute_affine_matrix(
            0.5, 0.5, torch.from_numpy(inputs["angle"]), none, none, one, none, none, **size
        )
        zooms = torch.from_numpy(inputs["zoom"]).reshape(n, 1)
        y = turn.transform_images(x, {"rotation_matrix": matrix})
        y = zoom.transform_images(y, {"height_zoom": zooms, "width_zoom": zooms})
        mirrored = torch.from_numpy(inputs["mirrored"]).reshape(n, 1, 1, 1)
        return {"y": flip.transform_images(y, {"flips": mirrored}).numpy()}

    return Job(run, result)


def _epoch(task: Task, inputs: Arrays) -> Job:
    """One epoch of Keras's fit on the network that our file holds."""
    model = _of_keras(networks.build(task))
    model.set_weights(networks.weights_of(inputs))
    with tempfile.TemporaryDirectory(prefix="pyconv-benchmarks-") as folder:
        path = Path(folder, "network.keras")
        model.save(path)
        twin = keras.models.load_model(path, compile=False)
    binary = task["classes"] == 1
    loss = keras.losses.BinaryCrossentropy() if binary else "sparse_categorical_crossentropy"
    optimizer = keras.optimizers.get(task["optimizer"])
    optimizer.learning_rate = task["rate"]
    twin.compile(optimizer=optimizer, loss=loss)
    x, y = inputs["images"], inputs["labels"]

    def probed() -> Any:
        part = slice(networks.PROBED)
        return np.array([twin.evaluate(x[part], y[part], batch_size=networks.PROBED, verbose=0)])

    first = probed()
    return Job(
        lambda: twin.fit(x, y, batch_size=task["n"], epochs=1, verbose=0),
        lambda _: {"first": first, "learned": probed()},
    )


def _of_keras(model: Model) -> Model:
    """Return the network with padding in pixels as layers of its own: Keras has no such option."""
    if not isinstance(model, Sequential):
        return model
    layers = []
    for layer in model.layers:
        config = layer.get_config()
        if isinstance(config.get("padding"), int):
            layers.append(ZeroPadding2D(config["padding"]))
            config["padding"] = "valid"
        layers.append(type(layer).from_config(config))
    return Sequential([Input(model.input_shape[1:]), *layers])
