# SPDX-License-Identifier: BSD-3-Clause
"""PyTorch on the CPU; the worker's environment and the options choose its setting."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from benchmarks import networks
from benchmarks.competitors import Job
from benchmarks.competitors.pytorch_training import simple_conv_net
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
torch.set_float32_matmul_precision("highest")


def versions() -> dict[str, str]:
    """Return the version of PyTorch and the instruction set it chose."""
    return {"torch": torch.__version__, "torch isa": torch.backends.cpu.get_cpu_capability()}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task on tensors of the layout that options["layout"] names."""
    kind = task["kind"]
    if kind == "training":
        return simple_conv_net(task, inputs, options)
    if kind in networks.KINDS:
        from benchmarks.competitors.pytorch_runs import network

        return network(task, inputs, options)
    if kind == "input_pipeline":
        from benchmarks.competitors.pytorch_pipeline import photographs

        return photographs(task, inputs, options)
    if kind == "gemm":
        a, b = torch.from_numpy(inputs["a"]), torch.from_numpy(inputs["b"])
        return _without_tape(lambda: torch.mm(a, b), lambda c: {"c": c.numpy()})
    return {
        "conv2d": _conv2d,
        "max_pool2d": _max_pool2d,
        "avg_pool2d": _avg_pool2d,
        "im2col": _unfold,
        "col2im": _fold,
    }[kind](task, inputs, _layout(options))


def _without_tape(run: Callable[[], Any], result: Callable[[Any], Arrays]) -> Job:
    def call() -> Any:
        with torch.inference_mode():
            return run()

    return Job(call, result)


def _layout(options: Options) -> torch.memory_format:
    last = options.get("layout") == "channels_last"
    return torch.channels_last if last else torch.contiguous_format


def _images(x: Any, layout: torch.memory_format) -> torch.Tensor:
    """(n, h, w, c) to a tensor that PyTorch calls (n, c, h, w), stored in the given layout."""
    return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=layout)


def _channels_last(y: torch.Tensor) -> Any:
    return y.permute(0, 2, 3, 1).contiguous().numpy()


def _conv2d(task: Task, inputs: Arrays, layout: torch.memory_format) -> Job:
    stride, padding, groups = task["stride"], task["padding"], task["groups"]
    x = _images(inputs["x"], layout)
    kernel = torch.from_numpy(inputs["kernel"]).permute(3, 2, 0, 1)
    kernel = kernel.contiguous(memory_format=layout)  # (f, c, kh, kw)
    if task["direction"] == "forward":
        bias = torch.from_numpy(inputs["bias"])
        return _without_tape(
            lambda: torch.nn.functional.conv2d(x, kernel, bias, stride, padding, 1, groups),
            lambda y: {"y": _channels_last(y)},
        )
    dy = _images(inputs["dy"], layout)
    data = task["direction"] == "data"
    mask = [data, not data, False]

    def backward() -> Any:
        return torch.ops.aten.convolution_backward(
            dy,
            x,
            kernel,
            None,
            [stride, stride],
            [padding, padding],
            [1, 1],
            False,
            [0, 0],
            groups,
            mask,
        )

    if data:
        return _without_tape(backward, lambda grads: {"dx": _channels_last(grads[0])})
    return _without_tape(
        backward,
        lambda grads: {"dkernel": grads[1].permute(2, 3, 1, 0).contiguous().numpy()},
    )


def _max_pool2d(task: Task, inputs: Arrays, layout: torch.memory_format) -> Job:
    x = _images(inputs["x"], layout)
    pool, stride, padding = [task["pool"]] * 2, [task["stride"]] * 2, [task["padding"]] * 2

    def forward() -> Any:
        return torch.ops.aten.max_pool2d_with_indices(x, pool, stride, padding)

    if task["direction"] == "forward":
        return _without_tape(forward, lambda pair: {"y": _channels_last(pair[0])})
    dy = _images(inputs["dy"], layout)
    indices = forward()[1]

    def backward() -> Any:
        return torch.ops.aten.max_pool2d_with_indices_backward(
            dy, x, pool, stride, padding, [1, 1], False, indices
        )

    return _without_tape(backward, lambda dx: {"dx": _channels_last(dx)})


def _avg_pool2d(task: Task, inputs: Arrays, layout: torch.memory_format) -> Job:
    x = _images(inputs["x"], layout)
    pool, stride, padding = [task["pool"]] * 2, [task["stride"]] * 2, [task["padding"]] * 2
    if task["direction"] == "forward":
        return _without_tape(
            lambda: torch.ops.aten.avg_pool2d(x, pool, stride, padding, False, False),
            lambda y: {"y": _channels_last(y)},
        )
    dy = _images(inputs["dy"], layout)

    def backward() -> Any:
        return torch.ops.aten.avg_pool2d_backward(dy, x, pool, stride, padding, False, False, None)

    return _without_tape(backward, lambda dx: {"dx": _channels_last(dx)})


def _unfold(task: Task, inputs: Arrays, layout: torch.memory_format) -> Job:
    x = _images(inputs["x"], layout)
    size = (task["kh"], task["kw"])

    def result(col: torch.Tensor) -> Arrays:  # (n, c * kh * kw, oh * ow)
        parts = col.reshape(task["n"], task["c"], *size, task["oh"] * task["ow"])
        columns = size[0] * size[1] * task["c"]
        return {"col": parts.permute(0, 4, 2, 3, 1).reshape(-1, columns).numpy()}

    return _without_tape(
        lambda: torch.nn.functional.unfold(x, size, 1, task["padding"], task["stride"]), result
    )


def _fold(task: Task, inputs: Arrays, layout: torch.memory_format) -> Job:
    if layout == torch.channels_last:
        raise NotImplementedError("fold's input is a matrix and has one layout")
    size = (task["kh"], task["kw"])
    col = torch.from_numpy(inputs["col"])
    col = col.reshape(task["n"], task["oh"] * task["ow"], *size, task["c"])
    col = col.permute(0, 4, 2, 3, 1).reshape(task["n"], -1, task["oh"] * task["ow"]).contiguous()
    image = (task["h"], task["w"])
    return _without_tape(
        lambda: torch.nn.functional.fold(col, image, size, 1, task["padding"], task["stride"]),
        lambda dx: {"dx": _channels_last(dx)},
    )
