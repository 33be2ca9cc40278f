# SPDX-License-Identifier: BSD-3-Clause
"""PyTorch's DataLoader on photographs that Pillow decodes, with worker processes or without."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from benchmarks.competitors import Job
from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task


class Photographs(Dataset[Any]):
    """(3, h, w) float32 and the label of each file."""

    def __init__(self, paths: list[str], labels: list[int], size: tuple[int, int]) -> None:
        self.paths, self.labels, self.size = paths, labels, size

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        with Image.open(self.paths[number]) as image:
            pixels = torch.from_numpy(np.array(image.convert("RGB")))
        x = pixels.permute(2, 0, 1)[None].float()
        y = torch.nn.functional.interpolate(x, self.size, mode="bilinear", antialias=False)
        return y[0], self.labels[number]


def photographs(task: Task, inputs: Arrays, options: Options) -> Job:
    """Return one pass over all files in batches."""
    workers = int(os.environ.get("OMP_NUM_THREADS", "1")) if options["workers"] else 0
    dataset = Photographs(
        inputs["paths"].tolist(), inputs["labels"].tolist(), (task["h"], task["w"])
    )
    loader = DataLoader(dataset, task["n"], num_workers=workers, persistent_workers=workers > 0)

    def run() -> Any:
        first = None
        for batch in loader:
            first = batch if first is None else first
        return first

    return Job(
        run,
        lambda batch: {
            "images": batch[0].permute(0, 2, 3, 1).contiguous().numpy(),
            "labels": batch[1].numpy(),
        },
    )
