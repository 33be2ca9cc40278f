# SPDX-License-Identifier: BSD-3-Clause
"""What the native side runs on: threads, instruction set, memory, device."""

from __future__ import annotations

from pyconv import backend
from pyconv.geometry import whole_number


def set_num_threads(count: int) -> None:
    """Let native calls use up to `count` threads, 1 to 1024; results do not depend on it."""
    count = whole_number("set_num_threads", "count", count, 1)
    if count > 1024:
        raise ValueError(f"set_num_threads: count={count}; must be <= 1024")
    backend.set_num_threads(count)


def memory_info() -> dict[str, int]:
    """Return the bytes of the arena: in_use, cached, peak, limit (0 = none)."""
    return backend.memory_info()


def trim_memory() -> int:
    """Give cached memory back to the system; return how many bytes that were."""
    return backend.trim_memory()


def set_device(device: str) -> None:
    """Let the weights of layers built from now on lie on a device.

    What exists stays where it is: `model.to(device)` moves it. Until the first call the
    environment variable PYCONV_DEVICE decides, else it is "cpu".

    Args:
        device: "cpu", "cuda" (the first GPU) or "cuda:N"; a GPU also becomes CuPy's current
            device in this thread.
    Raises:
        ValueError: no such device. ImportError: no pyconv._cuda, or no CuPy. RuntimeError: no GPU,
        no driver, or a process made by fork().
    """
    backend.set_device(device)


def get_device() -> str:
    """Return the device of new weights, "cpu" or "cuda:N"."""
    return backend.get_device()


def show_config() -> None:
    """Print the processor, the instruction set in use and available, the threads, the device."""
    for key, value in backend.config().items():
        print(f"{key}: {value}")  # noqa: T201 - printing is its purpose
