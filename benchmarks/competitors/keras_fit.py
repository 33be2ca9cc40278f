# SPDX-License-Identifier: BSD-3-Clause
"""Keras's own fit, on the backend that whoever imports this has chosen."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import networks
from benchmarks.competitors import Job
from benchmarks.inputs import Arrays
from benchmarks.row import Task
from pyconv.layers import Input, ZeroPadding2D
from pyconv.models import Model, Sequential


def epoch(task: Task, inputs: Arrays) -> Job:
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
