# SPDX-License-Identifier: BSD-3-Clause
"""The same tasks in PyTorch, in a process of its own: python -m benchmarks.gpu.peer < tasks.json.

channels_last, cudnn.benchmark, TF32 as the task says on both sides; a line of JSON for each task.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.gpu.clock import Clock, median_seconds
from benchmarks.gpu.tasks import Task, copies_for

Run = Callable[[int], Any]


def seconds_of(task: Task, device: str = "cuda") -> float:
    """Return PyTorch's median time of a task."""
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = (
        task["dtype"] == "tf32"
    )
    if task["kind"] == "training":
        return _step_seconds(task, device)
    if device != "cuda":
        clock = Clock(_HostEvent, lambda a, b: 1e3 * (b.time - a.time), lambda: None)
    else:
        clock = Clock(
            lambda: torch.cuda.Event(enable_timing=True),
            lambda a, b: float(a.elapsed_time(b)),
            torch.cuda.synchronize,
        )
    prepare = _convolution if task["kind"] == "conv2d" else _memory
    return median_seconds(prepare(task, device), clock)


class _HostEvent:
    """A time of the processor, for PyTorch without a GPU."""

    time = 0.0

    def record(self) -> None:
        self.time = time.perf_counter()


def _dtype(task: Task) -> torch.dtype:
    return {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(task["dtype"], torch.float32)


def _convolution(task: Task, device: str) -> Run:
    n, c, h, f, k, groups = (task[key] for key in ("n", "c", "h", "f", "k", "groups"))
    out = (h + 2 * task["p"] - k) // task["s"] + 1
    last = {"memory_format": torch.channels_last}

    def made(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, device=device).to(_dtype(task)).contiguous(**last)

    sets = [
        (made(n, c, h, h), made(f, c // groups, k, k), made(n, f, out, out))
        for _ in range(copies_for(task))
    ]
    window = ([task["s"]] * 2, [task["p"]] * 2, [1, 1])

    def forward(i: int) -> Any:
        x, kernel, _ = sets[i % len(sets)]
        return torch.nn.functional.conv2d(x, kernel, None, *window, groups)

    def backward(i: int) -> Any:
        x, kernel, dy = sets[i % len(sets)]
        mask = [task["direction"] == "data", task["direction"] == "kernel", False]
        return torch.ops.aten.convolution_backward(
            dy, x, kernel, None, *window, False, [0, 0], groups, mask
        )

    return forward if task["direction"] == "forward" else backward


def _memory(task: Task, device: str) -> Run:
    shape = task["shape"]
    images = len(shape) == 4
    if images:
        n, h, w, c = shape
        shape = [n, c, h, w]

    def made() -> torch.Tensor:
        x = torch.rand(*shape, device=device)
        return x.contiguous(memory_format=torch.channels_last) if images else x

    sets = [(made(), made()) for _ in range(copies_for(task))]
    job = _JOBS[task["name"]](sets, device)
    return lambda i: job(i % len(sets))


Sets = list[tuple[torch.Tensor, torch.Tensor]]
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "relu": lambda x, dy: torch.relu(x),
    "relu_backward": lambda x, dy: torch.ops.aten.threshold_backward(dy, x, 0),
    "add": torch.add,
    "max_pool2d": lambda x, dy: torch.nn.functional.max_pool2d(x, 2),
    "avg_pool2d": lambda x, dy: torch.nn.functional.avg_pool2d(x, 2),
    "dropout": lambda x, dy: torch.nn.functional.dropout(x, 0.5, training=True),
}


def _simple(name: str) -> Callable[[Sets, str], Run]:
    return lambda sets, device: lambda i: _FUNCTIONS[name](*sets[i])


def _batch_norm(sets: Sets, device: str, *, backward: bool = False) -> Run:
    c = sets[0][0].shape[1]
    weight, bias = torch.ones(c, device=device), torch.zeros(c, device=device)

    def forward(x: torch.Tensor) -> Any:
        return torch.ops.aten.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-3)

    if not backward:
        return lambda i: forward(sets[i][0])
    saved = [forward(x)[1:] for x, _ in sets]
    return lambda i: torch.ops.aten.native_batch_norm_backward(
        sets[i][1], sets[i][0], weight, None, None, *saved[i], True, 1e-3, [True, True, True]
    )


def _softmax(sets: Sets, device: str) -> Run:
    rows, classes = sets[0][0].shape
    labels = torch.randint(0, classes, (rows,), device=device)
    loss = torch.nn.functional.cross_entropy
    return lambda i: loss(sets[i][0], labels, reduction="none")


def _adam(sets: Sets, device: str) -> Run:
    optimizers = []
    for w, g in sets:
        w.grad = g
        optimizers.append(torch.optim.Adam([w], fused=True))
    return lambda i: optimizers[i].step()


_JOBS: dict[str, Callable[..., Run]] = {
    **{name: _simple(name) for name in _FUNCTIONS},
    "batch_norm": _batch_norm,
    "batch_norm_backward": lambda sets, device: _batch_norm(sets, device, backward=True),
    "softmax_cross_entropy": _softmax,
    "adam_step": _adam,
}


class Bottleneck(torch.nn.Module):
    """ResNet's block of three convolutions with the stride in the first, as Keras has it."""

    def __init__(self, c: int, width: int, stride: int) -> None:
        super().__init__()
        conv, norm = torch.nn.Conv2d, torch.nn.BatchNorm2d
        self.main = torch.nn.Sequential(
            *(conv(c, width, 1, stride), norm(width), torch.nn.ReLU()),
            *(conv(width, width, 3, 1, 1), norm(width), torch.nn.ReLU()),
            *(conv(width, 4 * width, 1), norm(4 * width)),
        )
        same = c == 4 * width and stride == 1
        self.shortcut = torch.nn.Sequential(
            *(() if same else (conv(c, 4 * width, 1, stride), norm(4 * width)))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.main(x) + self.shortcut(x))


def network(name: str, classes: int = 10) -> torch.nn.Sequential:
    """Return the twin of ours.network, with logits instead of probabilities."""
    nn = torch.nn
    if name == "SimpleConvNet":
        dense = (nn.Linear(4320, 100), nn.ReLU(), nn.Linear(100, 10))
        return nn.Sequential(nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), *dense)
    if name == "Keras MNIST":
        return nn.Sequential(
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1152, 10)),
        )
    blocks: list[nn.Module] = []
    c = 64
    for stage, count in enumerate((3, 4, 6, 3)):
        for number in range(count):
            width = 64 << stage
            blocks.append(Bottleneck(c, width, 2 if stage and not number else 1))
            c = 4 * width
    first = (nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    last = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, classes))
    return nn.Sequential(*first, *blocks, *last)


def _step_seconds(task: Task, device: str) -> float:
    """Return the time of one training step, the data on the host in pinned memory."""
    model = network(task["network"]).to(device, memory_format=torch.channels_last)
    adam = torch.optim.Adam(model.parameters(), fused=True)
    loss_of = torch.nn.CrossEntropyLoss()
    shape = (3, 224, 224) if task["network"] == "ResNet-50" else (1, 28, 28)
    x, y = torch.rand(task["n"], *shape), torch.randint(0, 10, (task["n"],))
    if device == "cuda":
        x, y = x.pin_memory(), y.pin_memory()
    half = _dtype(task) != torch.float32

    def step() -> float:
        images = x.to(device, non_blocking=True, memory_format=torch.channels_last)
        adam.zero_grad(set_to_none=True)
        with torch.autocast(device, _dtype(task), enabled=half):
            loss = loss_of(model(images), y.to(device, non_blocking=True))
        loss.backward()
        adam.step()
        return float(loss.detach())

    for _ in range(min(task["steps"], 4)):
        step()
    begin = time.perf_counter()
    for _ in range(task["steps"]):
        step()
    return (time.perf_counter() - begin) / task["steps"]


def main(device: str = "cuda") -> None:
    """Read tasks, write {"number", "seconds"} or {"number", "failed"} as each is done."""
    for number, task in enumerate(json.load(sys.stdin)):
        try:
            answer = {"number": number, "seconds": seconds_of(task, device)}
        except Exception as error:
            answer = {"number": number, "failed": f"{type(error).__name__}: {error}"[:200]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
