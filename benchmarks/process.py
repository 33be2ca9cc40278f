# SPDX-License-Identifier: BSD-3-Clause
"""The other end of worker.py: starts a library's process, asks it, notices when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_ISA_CAPS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"},
    "scalar": {"ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"},
}
_MKL_CAPS = {"avx2": {"MKL_ENABLE_INSTRUCTIONS": "AVX2"}, "scalar": {"MKL_CBWR": "COMPATIBLE"}}


class WorkerError(RuntimeError):
    """A request that a worker answered with an error, or not at all."""


def environment(threads: int, isa: str | None, *, huge_pages: bool) -> dict[str, str]:
    """Return what a worker's libraries read: threads, instruction set, huge pages."""
    count = str(threads)
    chosen = {
        "PYCONV_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "THP_MEM_ALLOC_ENABLE": "1" if huge_pages else "0",
    }
    if isa is not None:
        chosen |= {"PYCONV_ISA": isa} | _ISA_CAPS.get(isa, {}) | _MKL_CAPS.get(isa, {})
    return chosen


def interpreter(library: str) -> str:
    """Return the Python of a library's worker: this one, or that of an environment of its own.

    PYCONV_BENCHMARKS_TENSORFLOW=/path/to/python, say; that environment needs NumPy 2, too.
    """
    return os.environ.get(f"PYCONV_BENCHMARKS_{library.upper()}", "") or sys.executable


class Process:
    """One worker, pinned to as many processors as it has threads; stopped while nobody asks it.

    Idle threads of some libraries spin for tens of milliseconds, on the processors of whoever is
    timed next.
    """

    def __init__(self, library: str, variables: Mapping[str, str], threads: int) -> None:
        self.library = library
        processors = sorted(os.sched_getaffinity(0))[:threads]
        python = interpreter(library)
        try:
            self._process = subprocess.Popen(
                [python, "-m", "benchmarks.worker", library],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_ROOT,
                env={**os.environ, **variables},
            )
        except OSError as error:
            raise WorkerError(f"{library}: {python}: {error.strerror}") from None
        os.sched_setaffinity(self._process.pid, processors)
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    @property
    def ended(self) -> bool:
        """Whether the process is gone, of its own or closed."""
        return self._process.poll() is not None

    def ask(self, do: str, *, timeout: float = 300.0, **request: object) -> Any:
        """Send one request and return its answer.

        Raises:
            WorkerError: the worker's own error, its death, or `timeout` seconds without answer.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.send_signal(signal.SIGCONT)
            self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise WorkerError(f"{self.library}: its process is gone") from error
        if not self._selector.select(timeout):
            self.close()
            raise WorkerError(f"{self.library}: no answer to {do!r} in {timeout:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise WorkerError(f"{self.library}: its process ended with status {code}")
        self._process.send_signal(signal.SIGSTOP)
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer["value"]

    def close(self) -> None:
        """End the process."""
        self._selector.close()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # a request that nobody read
                    pipe.close()
