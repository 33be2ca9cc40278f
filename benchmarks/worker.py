# SPDX-License-Identifier: BSD-3-Clause
"""One library in its own process: requests come as JSON lines on stdin, answers go to stdout."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import numpy as np

from benchmarks import competitors
from benchmarks.competitors import Job, Library
from benchmarks.inputs import Arrays, make_inputs
from benchmarks.memory import forget_peak, status
from benchmarks.row import Task


def timed_calls(
    run: Callable[[], Any], *, warmups: int, samples: int, least: float, most: float
) -> list[float]:
    """Return the seconds of single calls: `samples` of them and at least `least` seconds.

    Not longer than `most` seconds, but always one call. The warm-ups before are not counted.
    """
    for _ in range(warmups):
        run()
    seconds: list[float] = []
    clock = time.perf_counter
    begin = clock()
    while True:
        before = clock()
        run()
        after = clock()
        seconds.append(after - before)
        elapsed = after - begin
        if elapsed >= most or (len(seconds) >= samples and elapsed >= least):
            return seconds


class Worker:
    """The jobs that a process holds, by number; all of them work on one task at a time."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.task: Task | None = None
        self.inputs: Arrays = {}
        self.jobs: dict[int, Job] = {}

    def answer(self, request: dict[str, Any]) -> Any:
        """Carry out one request."""
        action = request.pop("do")
        if action not in ("versions", "prepare", "result", "time", "release", "probe", "memory"):
            raise ValueError(f"worker: do={action!r}; unknown")
        return getattr(self, action)(**request)

    def versions(self) -> dict[str, str]:
        """Return what the library says of itself."""
        return self.library.versions()

    def prepare(self, job: int, task: Task, options: dict[str, Any]) -> None:
        """Make the inputs of the task, and the job on them."""
        if task != self.task:
            self.release()
            self.task, self.inputs = task, make_inputs(task)
        self.jobs[job] = self.library.prepare(task, self.inputs, options)

    def result(self, job: int, path: str) -> None:
        """Run the job and write its result to an .npz file."""
        prepared = self.jobs[job]
        arrays = prepared.result(prepared.run())
        np.savez(path, allow_pickle=False, **arrays)

    def time(self, job: int, warmups: int, samples: int, least: float, most: float) -> list[float]:
        """Time the job."""
        gc.collect()
        gc.disable()
        try:
            return timed_calls(
                self.jobs[job].run, warmups=warmups, samples=samples, least=least, most=most
            )
        finally:
            gc.enable()

    def release(self) -> None:
        """Forget the task and its jobs."""
        self.task, self.inputs = None, {}
        self.jobs.clear()
        gc.collect()

    def memory(self, task: Task, options: dict[str, Any], steps: int) -> dict[str, float]:
        """Return what a few calls hold at most, and before them, in million bytes."""
        job = self.library.prepare(task, make_inputs(task), options | {"lean": True})
        forget_peak()
        before = status("VmRSS")
        losses = [float(job.run()) for _ in range(steps)]
        return {"before_megabytes": before, "peak_megabytes": status("VmHWM"), "loss": losses[0]}

    def probe(self, dtype: int, milliseconds: int, bytes: int, repeats: int) -> dict[str, float]:
        """Measure this machine's ceilings with pyconv's own loops."""
        from pyconv import _core

        return {
            "fma_gflops": _core._probe_fma(dtype, milliseconds),
            "copy_gigabytes": _core._probe_copy(bytes, repeats),
        }


def serve(library: str, requests: TextIO, answers: TextIO) -> None:
    """Answer every line of `requests` until it ends."""
    worker: Worker | None = None
    for line in requests:
        try:
            worker = worker or Worker(competitors.load(library))
            answer = {"value": worker.answer(json.loads(line))}
        except Exception as error:
            text = (str(error).splitlines() or [""])[0][:200]
            answer = {"error": f"{type(error).__name__}: {text}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Serve on the real stdout; whatever the library prints goes to stderr."""
    os.setpgid(0, 0)  # the system ends a stopped group whose parent is gone
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.argv[1], sys.stdin, answers)


if __name__ == "__main__":
    main()
