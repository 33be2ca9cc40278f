# SPDX-License-Identifier: BSD-3-Clause
"""The end of a worker is told, and closes what is left of it."""

import signal

import pytest

from benchmarks.process import Process, WorkerError


def test_a_worker_that_was_killed_is_told_and_can_be_closed() -> None:
    worker = Process("pyconv", {}, 1)
    worker._process.send_signal(signal.SIGKILL)
    worker._process.wait()
    with pytest.raises(WorkerError, match="its process is gone"):
        worker.ask("probe", dtype=0, milliseconds=1, bytes=1 << 20, repeats=1)
    worker.close()
    assert worker.ended
