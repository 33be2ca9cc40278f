# SPDX-License-Identifier: BSD-3-Clause
"""pyconv itself, through its public functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, cast

import numpy as np

import pyconv
from benchmarks import networks
from benchmarks.competitors import Job, ours_network
from benchmarks.inputs import Arrays, book_weights
from benchmarks.photographs import linked
from benchmarks.row import Options, Task
from pyconv import _core, ops


def versions() -> dict[str, str]:
    """Return the library's version and the instruction set in use."""
    return {"pyconv": pyconv.__version__, "numpy": np.__version__, "isa": _core.isa()}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task on channels-last arrays."""
    if task["kind"] in networks.KINDS:
        return ours_network.prepare(task, inputs, options)
    if "dtype" in options:
        task = task | {"dtype": options["dtype"]}
        inputs = {name: array.astype(task["dtype"]) for name, array in inputs.items()}
    return _TASKS[task["kind"]](task | options, inputs)


def _overwritten(run: Callable[[], Any], result: Callable[[Any], Arrays]) -> Job:
    """A job whose result is computed once more, in memory that was filled with NaN before."""

    def poisoned(first: Any) -> Arrays:
        for array in first if isinstance(first, tuple) else (first,):
            if array is not None:
                array.fill(np.nan if array.dtype.kind == "f" else 255)
        del first
        return result(run())

    return Job(run, poisoned)


def _gemm(task: Task, inputs: Arrays) -> Job:
    a, b = inputs["a"], inputs["b"]
    return _overwritten(lambda: ops.gemm(a, b), lambda c: {"c": c})


def _conv2d(task: Task, inputs: Arrays) -> Job:
    if task["groups"] == task["c"] == task["f"] > 1:
        return _depthwise_conv2d(task, inputs)
    if task.get("data_format") == "channels_first":
        return _channels_first(task, inputs)
    x, kernel = inputs["x"], inputs["kernel"]
    strides, padding, groups = task["stride"], task["padding"], task["groups"]
    algorithm = task["algorithm"]
    if task["direction"] == "forward":
        bias = inputs["bias"]
        return _overwritten(
            lambda: ops.conv2d(
                x,
                kernel,
                bias,
                strides=strides,
                padding=padding,
                groups=groups,
                algorithm=algorithm,
            ),
            lambda y: {"y": y},
        )
    dy = inputs["dy"]
    index, needs = (0, ("x",)) if task["direction"] == "data" else (1, ("kernel",))
    name = "dx" if index == 0 else "dkernel"
    return _overwritten(
        lambda: ops.conv2d_backward(
            dy,
            x,
            kernel,
            strides=strides,
            padding=padding,
            groups=groups,
            algorithm=algorithm,
            needs=needs,
        ),
        lambda gradients: {name: gradients[index]},
    )


def _depthwise_conv2d(task: Task, inputs: Arrays) -> Job:
    """The same with the layer's own kernel, (kh, kw, c, 1)."""
    x, kernel = inputs["x"], inputs["kernel"]
    shape = kernel.shape
    kernel = kernel.reshape(*shape[:2], task["c"], 1)
    strides, padding = task["stride"], task["padding"]
    if task["direction"] == "forward":
        bias = inputs["bias"]
        return _overwritten(
            lambda: ops.depthwise_conv2d(x, kernel, bias, strides=strides, padding=padding),
            lambda y: {"y": y},
        )
    dy = inputs["dy"]
    index, needs = (0, ("x",)) if task["direction"] == "data" else (1, ("kernel",))
    name, size = ("dx", x.shape) if index == 0 else ("dkernel", shape)
    return _overwritten(
        lambda: ops.depthwise_conv2d_backward(
            dy, x, kernel, strides=strides, padding=padding, needs=needs
        ),
        lambda gradients: {name: gradients[index].reshape(size)},
    )


def _channels_first(task: Task, inputs: Arrays) -> Job:
    """The forward pass on images (n, c, h, w)."""
    x = np.ascontiguousarray(inputs["x"].transpose(0, 3, 1, 2))
    return _overwritten(
        lambda: ops.conv2d(
            x,
            inputs["kernel"],
            inputs["bias"],
            strides=task["stride"],
            padding=task["padding"],
            data_format="channels_first",
        ),
        lambda y: {"y": np.ascontiguousarray(y.transpose(0, 2, 3, 1))},
    )


def _avg_pool2d(task: Task, inputs: Arrays) -> Job:
    pool, strides, padding = task["pool"], task["stride"], task["padding"]
    x = inputs["x"]
    if task["direction"] == "forward":
        return _overwritten(
            lambda: ops.avg_pool2d(x, pool, strides=strides, padding=padding),
            lambda y: {"y": y},
        )
    dy = inputs["dy"]
    return _overwritten(
        lambda: ops.avg_pool2d_backward(
            dy, x.shape, pool_size=pool, strides=strides, padding=padding
        ),
        lambda dx: {"dx": dx},
    )


def _max_pool2d(task: Task, inputs: Arrays) -> Job:
    x = inputs["x"]
    pool, strides, padding = task["pool"], task["stride"], task["padding"]

    def forward() -> Any:
        return ops.max_pool2d_with_argmax(x, pool, strides=strides, padding=padding)

    if task["direction"] == "forward":
        return _overwritten(forward, lambda pair: {"y": pair[0], "argmax": pair[1]})
    dy, argmax = inputs["dy"], forward()[1]
    return _overwritten(
        lambda: ops.max_pool2d_backward(
            dy, argmax, x.shape, pool_size=pool, strides=strides, padding=padding
        ),
        lambda dx: {"dx": dx},
    )


def _im2col(task: Task, inputs: Arrays) -> Job:
    x, size = inputs["x"], (task["kh"], task["kw"])
    strides, padding = task["stride"], task["padding"]
    return _overwritten(
        lambda: ops.im2col(x, size, strides=strides, padding=padding), lambda col: {"col": col}
    )


def _col2im(task: Task, inputs: Arrays) -> Job:
    col, size = inputs["col"], (task["kh"], task["kw"])
    shape = (task["n"], task["h"], task["w"], task["c"])
    strides, padding = task["stride"], task["padding"]
    return _overwritten(
        lambda: ops.col2im(col, shape, size, strides=strides, padding=padding),
        lambda dx: {"dx": dx},
    )


def _training(task: Task, inputs: Arrays) -> Job:
    from pyconv.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
    from pyconv.models import Sequential
    from pyconv.optimizers import Adam

    model = Sequential(
        [
            Input((28, 28, 1)),
            Conv2D(30, 5, activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(100, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    weights = [
        weight
        for name in ("kernel", "dense_1", "dense_2")
        for weight in (inputs[name], np.zeros(inputs[name].shape[-1], np.float32))
    ]
    model.set_weights(weights)
    model.compile(optimizer=Adam(learning_rate=1e-3), loss="sparse_categorical_crossentropy")
    n, images, labels = task["n"], inputs["images"], inputs["labels"]
    starts = itertools.cycle(range(0, len(images), n))

    def step() -> float:
        start = next(starts)
        batch = slice(start, start + n)
        return cast(float, model.train_on_batch(images[batch], labels[batch]))

    def first_losses(loss: float) -> Arrays:
        return {"losses": np.array([loss, *(step() for _ in range(4))])}

    return Job(step, first_losses)


def _augmentation(task: Task, inputs: Arrays) -> Job:
    from pyconv.layers import RandomFlip, RandomRotation, RandomZoom

    x = pyconv.Tensor(inputs["x"])
    turn, zoom, flip = RandomRotation(0.1), RandomZoom(0.2), RandomFlip("horizontal")

    def changed(_: Any) -> Arrays:
        """Change the images by the given numbers, not by those that were drawn."""
        zooms = inputs["zoom"].astype(np.float64)
        y = turn.transform_images(x, {"angle": inputs["angle"].astype(np.float64)})
        y = zoom.transform_images(y, {"height_zoom": zooms, "width_zoom": zooms})
        ways = {"horizontal": inputs["mirrored"], "vertical": np.zeros(task["n"], bool)}
        return {"y": flip.transform_images(y, ways).array}

    return Job(lambda: flip(zoom(turn(x))), changed)


def _input_pipeline(task: Task, inputs: Arrays) -> Job:
    folder = linked(inputs["paths"].tolist(), inputs["labels"].tolist())
    dataset = pyconv.utils.image_dataset_from_directory(
        folder, image_size=(task["h"], task["w"]), batch_size=task["n"], shuffle=False
    )

    def run() -> Any:
        first = None
        for batch in dataset:
            first = batch if first is None else first
        return first

    return Job(run, lambda batch: {"images": batch[0].numpy(), "labels": batch[1].numpy()})


def _scratch_training(task: Task, inputs: Arrays) -> Job:
    from pyconv.scratch import set_dtype
    from pyconv.scratch.nets import SimpleConvNet
    from pyconv.scratch.optimizer import Adam

    set_dtype(task["dtype"])
    network, adam = SimpleConvNet(), Adam()
    set_dtype(None)  # from here on it is the weights that say it
    for parameter, weight in zip(network.params.values(), book_weights(inputs), strict=True):
        parameter[...] = weight
    n, labels = task["n"], inputs["labels"]
    images = np.ascontiguousarray(inputs["images"].transpose(0, 3, 1, 2))
    starts = itertools.cycle(range(0, len(images), n))

    def step() -> float:
        start = next(starts)
        batch = slice(start, start + n)
        adam.update(network.params, network.gradient(images[batch], labels[batch]))
        return float(network.last_layer.loss)

    def first_losses(loss: float) -> Arrays:
        return {"losses": np.array([loss, *(step() for _ in range(4))])}

    return Job(step, first_losses)


_TASKS: dict[str, Callable[[Task, Arrays], Job]] = {
    "gemm": _gemm,
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "im2col": _im2col,
    "col2im": _col2im,
    "training": _training,
    "augmentation": _augmentation,
    "input_pipeline": _input_pipeline,
    "scratch training": _scratch_training,
}
