# SPDX-License-Identifier: BSD-3-Clause
"""Model.profile: what each layer of a prediction costs on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pyconv import backend
from pyconv.autograd import Tensor, no_recording
from pyconv.layers import Layer
from pyconv.layers.running import observing
from pyconv.layers.structure import flatten, map_leaves

if TYPE_CHECKING:
    from pyconv.models.model import Model

PROBE_MILLISECONDS = 100
HEADINGS = ("Layer (type)", "Output Shape", "ms", "GF/s", "of peak", "MB", "algorithm")


class LayerProfile(NamedTuple):
    """One use of a layer: milliseconds (median), flop, bytes read and written, and how.

    share: of the processor's measured multiply-add peak; None where the layer counts no flop.
    """

    name: str
    kind: str
    output_shape: Any
    milliseconds: float
    gflops: float | None
    share: float | None
    megabytes: float
    algorithm: str | None


@dataclass
class _Use:
    """What the runs of one use of a layer were seen to do."""

    layer: Layer
    inputs: Any = None
    outputs: Any = None
    seconds: list[float] = field(default_factory=list)


class _Watch:
    """Times the innermost layers of each run, in the order they begin."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.uses: list[_Use] = []
        self._next = 0
        self._inner: list[bool] = []  # of each layer that runs: whether another ran inside

    def begin(self) -> None:
        self._next = 0

    def __call__(self, layer: Layer, inputs: Any, run: Callable[[], Any]) -> Any:
        place = self._next
        self._next += 1
        if place == len(self.uses):
            self.uses.append(_Use(layer))
        if self._inner:
            self._inner[-1] = True
        self._inner.append(False)
        backend.wait_for(self.device)
        started = time.perf_counter()
        outputs = run()
        backend.wait_for(self.device)
        seconds = time.perf_counter() - started
        use = self.uses[place]
        if self._inner.pop():
            use.layer, use.seconds = layer, []  # what runs inside is told instead
        else:
            use.inputs, use.outputs = inputs, outputs
            use.seconds.append(seconds)
        return outputs


def profile(model: Model, x: Any, repeats: int) -> list[LayerProfile]:
    """Run the model on x and return one entry per use of an innermost layer."""
    watch = _Watch(model.device)
    with no_recording():
        model(x, training=False)  # builds, warms caches
        with observing(watch):
            for _ in range(repeats):
                watch.begin()
                model(x, training=False)
    peaks: dict[np.dtype[Any], float] = {}
    return [_entry(use, peaks) for use in watch.uses if use.seconds]


def _entry(use: _Use, peaks: dict[np.dtype[Any], float]) -> LayerProfile:
    layer, outputs = use.layer, flatten(use.outputs)
    tensors = [*flatten(use.inputs), *outputs, *layer.weights]
    seconds = median(use.seconds)
    shapes = [map_leaves(lambda t: t.shape, value) for value in (use.inputs, use.outputs)]
    flop = layer.flop(*shapes)
    dtype = outputs[0].dtype
    on_cpu = outputs[0].device == "cpu"  # the peak of a GPU is not probed
    if flop and on_cpu and dtype not in peaks:
        peaks[dtype] = backend.peak_gflops(dtype, PROBE_MILLISECONDS)
    rate = flop / seconds * 1e-9 if flop else None
    return LayerProfile(
        layer.name,
        type(layer).__name__,
        shapes[1],
        seconds * 1e3,
        rate,
        rate / peaks[dtype] if rate is not None and on_cpu else None,
        sum(_bytes(tensor) for tensor in tensors) / 1e6,
        layer.algorithm(shapes[0]),
    )


def _bytes(tensor: Tensor) -> int:
    return int(tensor.array.nbytes)


def profile_lines(entries: list[LayerProfile]) -> list[str]:
    """Return the table of a profile, and its sum."""
    rows = [HEADINGS, *(_cells(entry) for entry in entries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if i in (0, 1, len(HEADINGS) - 1) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    total = sum(entry.milliseconds for entry in entries)
    gigaflop = sum((entry.gflops or 0.0) * entry.milliseconds * 1e-3 for entry in entries)
    rate = gigaflop / (total * 1e-3) if total else 0.0
    return [*lines, f"in all {total:.3f} ms, {gigaflop:.3f} Gflop, {rate:.1f} GF/s"]


def _cells(entry: LayerProfile) -> tuple[str, ...]:
    return (
        f"{entry.name} ({entry.kind})",
        str(entry.output_shape),
        f"{entry.milliseconds:.3f}",
        "-" if entry.gflops is None else f"{entry.gflops:.1f}",
        "-" if entry.share is None else f"{100 * entry.share:.1f} %",
        f"{entry.megabytes:.2f}",
        entry.algorithm or "-",
    )
