# SPDX-License-Identifier: BSD-3-Clause
"""ONNX Runtime on the CPU with all its optimizations, for predictions of whole networks."""

from __future__ import annotations

import io
import os
import warnings

import numpy as np
import onnxruntime
import torch

from benchmarks import networks
from benchmarks.competitors import Job
from benchmarks.competitors.pytorch_network import Twin
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task


class _Plain(torch.nn.Module):
    """The network as the exporter wants it: without a graph of its own."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.network(x)
        return y


def versions() -> dict[str, str]:
    """Return the version of ONNX Runtime."""
    return {"onnxruntime": onnxruntime.__version__}


def prepare(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return the task in a session; options: threads, spinning (threads wait awake)."""
    if task["kind"] != "inference":
        raise NotImplementedError(f"onnxruntime: {task['kind']} is compared with PyTorch")
    x = np.ascontiguousarray(inputs["images"].transpose(0, 3, 1, 2))
    session = onnxruntime.InferenceSession(
        _exported(task, inputs, x), _settings(options), providers=["CPUExecutionProvider"]
    )
    feed = {session.get_inputs()[0].name: x}
    return Job(lambda: session.run(None, feed), lambda y: networks.scores(y[0]))


def _settings(options: Options) -> onnxruntime.SessionOptions:
    chosen = onnxruntime.SessionOptions()
    chosen.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    chosen.intra_op_num_threads = (
        int(os.environ.get("OMP_NUM_THREADS", "1")) if options["all_threads"] else 1
    )
    spinning = "1" if options["spinning"] else "0"
    chosen.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    chosen.log_severity_level = 3
    return chosen


def _exported(task: Task, inputs: Arrays, x: np.ndarray) -> bytes:
    """Return the network as an ONNX model, weights inside."""
    torch.set_num_threads(1)
    model = networks.build(task)
    model.set_weights(networks.weights_of(inputs))
    twin = Twin(model, logits=False)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Plain(twin.module).eval(),
            (torch.from_numpy(x[:1]),),
            file,
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
        )
    return file.getvalue()
