# SPDX-License-Identifier: BSD-3-Clause
"""What the device can do at most: copies, and matrix products of a library, on random data."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from benchmarks.gpu.clock import Clock, median_seconds

COPY_BYTES = 1 << 30
SIZE = 8192  # of square matrices


def measured() -> dict[str, Any]:
    """Return {"ceilings": {"copy": bytes/s, "bfloat16": flop/s, ...}, "by": library}."""
    return _by_torch() if importlib.util.find_spec("torch") else _by_cupy()


def _by_torch() -> dict[str, Any]:
    torch: Any = importlib.import_module("torch")
    clock = Clock(
        lambda: torch.cuda.Event(enable_timing=True),
        lambda a, b: float(a.elapsed_time(b)),
        torch.cuda.synchronize,
    )
    source = torch.rand(COPY_BYTES // 4, device="cuda")
    target = torch.empty_like(source)
    found = {"copy": 2 * COPY_BYTES / median_seconds(lambda i: target.copy_(source), clock)}
    for name, dtype, tf32 in (
        ("bfloat16", torch.bfloat16, False),
        ("float16", torch.float16, False),
        ("tf32", torch.float32, True),
        ("float32", torch.float32, False),
    ):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(SIZE, SIZE, device="cuda").to(dtype) for _ in range(2))
        seconds = median_seconds(lambda i, a=a, b=b: a @ b, clock, budget=0.3)
        found[name] = 2.0 * SIZE**3 / seconds
    return {"ceilings": found, "by": "PyTorch"}


def _by_cupy() -> dict[str, Any]:
    cupy: Any = importlib.import_module("cupy")
    clock = Clock(
        cupy.cuda.Event,
        cupy.cuda.get_elapsed_time,
        lambda: cupy.cuda.get_current_stream().synchronize(),
    )
    source = cupy.random.random(COPY_BYTES // 4, dtype="float32")
    target = cupy.empty_like(source)
    found = {"copy": 2 * COPY_BYTES / median_seconds(lambda i: cupy.copyto(target, source), clock)}
    a, b = (cupy.random.random((SIZE, SIZE), dtype="float32") for _ in range(2))
    seconds = median_seconds(lambda i: a @ b, clock, budget=0.3)
    found["float32"] = 2.0 * SIZE**3 / seconds
    return {"ceilings": found, "by": "CuPy"}
