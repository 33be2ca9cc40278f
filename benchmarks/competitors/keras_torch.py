# SPDX-License-Identifier: BSD-3-Clause
"""Keras on its torch backend: layers that PyTorch lacks, and its own fit."""

from __future__ import annotations

import os
from typing import Any

import torch

os.environ["KERAS_BACKEND"] = "torch"

import keras

from benchmarks.competitors import Job, keras_fit
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


def versions() -> dict[str, str]:
    """Return Keras's version."""
    return {"keras": keras.__version__}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task on tensors, channels last."""
    if task["kind"] == "epoch":
        return keras_fit.epoch(task, inputs)
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
