# SPDX-License-Identifier: BSD-3-Clause
"""Keras on TensorFlow: image_dataset_from_directory in its own threads, and its fit."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.checks import WrongResult
from benchmarks.competitors import Job
from benchmarks.inputs import Arrays
from benchmarks.photographs import linked
from benchmarks.row import Options, Task

# Relative distance of pictures decoded by the fast integer DCT, which TensorFlow chooses.
_FAST_DCT = 0.03
_THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))
tf.config.threading.set_intra_op_parallelism_threads(_THREADS)
tf.config.threading.set_inter_op_parallelism_threads(_THREADS)


def versions() -> dict[str, str]:
    """Return TensorFlow's version and its Keras's."""
    return {"tensorflow": tf.__version__, "keras on tensorflow": keras.__version__}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return one pass over all files in batches, or one epoch."""
    if task["kind"] == "epoch":
        from benchmarks.competitors import keras_fit  # needs pyconv in this environment, too

        return keras_fit.epoch(task, inputs)
    if task["kind"] != "input_pipeline":
        raise NotImplementedError(f"tensorflow: {task['kind']} is compared with PyTorch")
    dataset = keras.utils.image_dataset_from_directory(
        linked(inputs["paths"].tolist(), inputs["labels"].tolist()),
        image_size=(task["h"], task["w"]),
        batch_size=task["n"],
        shuffle=False,
    )

    def run() -> Any:
        first = None
        for batch in dataset:
            first = batch if first is None else first
        return first

    def result(batch: Any) -> Arrays:
        """Return images of the exact DCT; the dataset's fast one may differ by its rounding."""
        files = inputs["paths"].tolist()[: task["n"]]
        images = np.stack([_exact(path, (task["h"], task["w"])) for path in files])
        error = np.linalg.norm(batch[0].numpy() - images) / np.linalg.norm(images)
        if not error <= _FAST_DCT:
            raise WrongResult(f"images differ by {error:.1e} from exact ones; at most {_FAST_DCT}")
        return {"images": images, "labels": batch[1].numpy()}

    return Job(run, result)


def _exact(path: str, size: tuple[int, int]) -> Any:
    content = tf.io.read_file(path)
    image = tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE")
    return tf.image.resize(image, size).numpy()
