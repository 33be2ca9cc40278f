# SPDX-License-Identifier: BSD-3-Clause
"""The steps of the certification, each a function that returns what is written to its file."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.gpu import device
from benchmarks.gpu.tasks import Task, layer_tasks, memory_tasks, training_tasks
from benchmarks.gpu.verdicts import Record, failed, judged

Result = dict[str, Any]


class Step(NamedTuple):
    """A part of the check that runs alone, too.

    Attributes:
        budget: seconds it may take. run: takes the seconds, returns "passed" and what it found.
    """

    name: str
    budget: int
    run: Callable[[float], Result]


def build(seconds: float) -> Result:
    """Build `_cuda` for the present device alone, with the wrappers that are certified."""
    capability = device.describe()["capability"]
    command = [
        str(device.ROOT / "tools/dev_build.sh"),
        "-DPYCONV_CUDA=ON",
        "-DPYCONV_SIMT=ON",
        "-DPYCONV_CERTIFY=ON",
        f"-DCMAKE_CUDA_ARCHITECTURES={device.architecture(capability)}",
    ]
    done, text = _ran(command, seconds, PYTHON=sys.executable)
    importlib.invalidate_caches()
    return {"passed": done == 0, "command": " ".join(command[1:]), "output": text[-2000:]}


def ceilings(seconds: float) -> Result:
    """Measure the copy rate and the matrix products of a library on random data."""
    from benchmarks.gpu import ceilings as probes

    found = probes.measured()
    return {"passed": "copy" in found["ceilings"], **found}


def certify(seconds: float) -> Result:
    """Compare the plainest kernels with NumPy, special instructions with their models, the rest.

    The rest are the convolutions beside the plainest ones, and products beside exact results.
    """
    from benchmarks.gpu import certify as certification
    from benchmarks.gpu import oracle, wrappers

    ends = time.monotonic() + seconds
    plainest = [
        _verdict(oracle.about(shape, dtype, "S0"), ends, oracle.run_reference, shape, dtype)
        for shape in oracle.GEOMETRIES
        for dtype in ("float32", "float64")
    ]
    alone = [
        _verdict(
            {"case": case.name, "wrapper": case.wrapper}, ends, certification.run_wrapper, case
        )
        for case in wrappers.cases()
    ]
    beside = [_verdict(oracle.about(*c), ends, oracle.run, *c) for c in oracle.cases()]
    products = [
        _verdict({"case": name, "dtype": dtype}, ends, certification.run, name, dtype, case)
        for name, dtype, case in certification.cases()
    ]
    told = (*plainest, *alone, *beside, *products)
    passed = all(case["passed"] is not False for case in told)
    return {
        "passed": passed,
        "reference": plainest,
        "wrappers": alone,
        "beside_reference": beside,
        "cases": products,
    }


def _verdict(about: Result, ends: float, run: Callable[..., Result], *arguments: Any) -> Result:
    """Return run(*arguments), or why there is no verdict."""
    if time.monotonic() > ends:
        return {**about, "passed": None, "not_run": "time spent"}
    try:
        return run(*arguments)
    except Exception as error:
        return {**about, "passed": False, "reason": f"{type(error).__name__}: {error}"[:300]}


def tests(seconds: float) -> Result:
    """Run the tests of operations on the device, and those of models."""
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--maxfail=20"),
        *("-k", "cuda and not simt", "tests/devices", "tests/ops"),
    ]
    done, text = _ran(command, seconds)
    good, bad = pytest_progress(text)
    passed = done == 0 if done is not None else good > 0 and not bad
    return {"passed": passed, "finished": done is not None, **pytest_counts(text)}


def sanitizer(seconds: float) -> Result:
    """Run small shapes of the kernels under compute-sanitizer."""
    tool = shutil.which("compute-sanitizer")
    if tool is None:
        return {"passed": True, "not_run": "compute-sanitizer is not installed"}
    found: Result = {"passed": True}
    for check in ("memcheck", "racecheck"):
        program = "from benchmarks.gpu.small import main; main()"
        command = [tool, "--tool", check, sys.executable, "-c", program]
        done, text = _ran(command, seconds / 2)
        errors = sanitizer_errors(text)
        found[check] = {"finished": done is not None, "errors": errors}
        if errors is None:
            found[check]["not_run"] = text[-300:]
        elif errors:
            found["passed"] = False
            found[check]["output"] = text[-3000:]
    return found


def benchmark(seconds: float) -> Result:
    """Time layers and memory-bound kernels beside PyTorch."""
    return _timed([*memory_tasks(), *layer_tasks()], seconds)


def training(seconds: float) -> Result:
    """Time training steps of whole networks beside PyTorch."""
    return _timed(training_tasks(), seconds)


def mnist(seconds: float) -> Result:
    """Train the small network of Keras's programs until 99 % of the test digits are right."""
    from benchmarks.gpu.mnist import trained

    try:
        found = trained(seconds)
    except FileNotFoundError as error:
        return {"passed": True, "not_run": str(error)}
    return {"passed": found["accuracy"] >= 0.99, **found}


STEPS = (
    Step("build", 120, build),
    Step("ceilings", 15, ceilings),
    Step("certify", 30, certify),
    Step("tests", 80, tests),
    Step("sanitizer", 45, sanitizer),
    Step("benchmark", 110, benchmark),
    Step("training", 50, training),
    Step("mnist", 25, mnist),
)


def _timed(tasks: list[Task], seconds: float) -> Result:
    """Time tasks by us, then by PyTorch, until half of the time is spent for each."""
    from benchmarks.gpu import ours

    began = time.monotonic()
    own: list[float | str] = []
    for task in tasks:
        if time.monotonic() - began > seconds / 2:
            break
        try:
            own.append(ours.seconds_of(task))
        except Exception as error:
            own.append(f"{type(error).__name__}: {error}"[:200])
    importlib.import_module("cupy").get_default_memory_pool().free_all_blocks()
    left = seconds - (time.monotonic() - began)
    peers, reason = _peers(tasks[: len(own)], left)
    bounds = known_ceilings()
    rows: list[Record] = [
        failed(task, found)
        if isinstance(found, str)
        else judged(task, found, peers.get(number), bounds)
        for number, (task, found) in enumerate(zip(tasks, own, strict=False))
    ]
    return {
        "passed": bool(rows) and all(row["verdict"] != "failed" for row in rows),
        "rows": rows,
        "not_timed": len(tasks) - len(rows),
        "peer": reason or "PyTorch, channels_last, autotuned",
    }


def _peers(tasks: list[Task], seconds: float) -> tuple[dict[int, float], str | None]:
    """Return PyTorch's times by number, and why there are none."""
    if importlib.util.find_spec("torch") is None:
        return {}, "PyTorch is not installed: no ratios"
    command = [sys.executable, "-m", "benchmarks.gpu.peer"]
    _, text = _ran(command, max(seconds, 1.0), stdin=json.dumps(tasks))
    return peer_seconds(text), None


def peer_seconds(text: str) -> dict[int, float]:
    """Return the times among the lines that the peer printed; a cut last line is left out."""
    found = {}
    for line in text.splitlines():
        if line.startswith("{") and line.endswith("}"):
            answer = json.loads(line)
            if "seconds" in answer:
                found[int(answer["number"])] = float(answer["seconds"])
    return found


def known_ceilings(folder: Path | None = None) -> Result:
    """Return what the step of ceilings wrote; nothing where it has not run."""
    path = (folder or results_folder()) / "gpu-ceilings.json"
    return json.loads(path.read_text())["ceilings"] if path.is_file() else {}


def results_folder() -> Path:
    """Return where the check writes: PYCONV_GPU_RESULTS, or benchmarks/results."""
    return Path(os.environ.get("PYCONV_GPU_RESULTS") or device.ROOT / "benchmarks/results")


def pytest_counts(text: str) -> Result:
    """Return passed, failed, skipped of pytest's last line, and the names of what failed."""
    counts = {
        word: int(number)
        for number, word in re.findall(r"(\d+) (passed|failed|skipped|errors?)\b", text[-400:])
    }
    names = re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    return {**counts, "failures": names[:50]}


def pytest_progress(text: str) -> tuple[int, int]:
    """Return how many tests passed and failed by the letters of pytest's lines."""
    lines = re.findall(r"^([.sxXFE]+)(?: *\[ *\d+%\])?$", text, re.MULTILINE)
    letters = "".join(lines)
    return letters.count("."), letters.count("F") + letters.count("E")


def sanitizer_errors(text: str) -> int | None:
    """Return how many errors compute-sanitizer found; None where it did not come to an end."""
    found = re.search(r"ERROR SUMMARY: (\d+) error", text) or re.search(
        r"RACECHECK SUMMARY: (\d+) hazard", text
    )
    return int(found.group(1)) if found else None


def _ran(
    command: list[str], seconds: float, stdin: str | None = None, **environment: str
) -> tuple[int | None, str]:
    """Return exit status, None where the time was spent, and what was printed till then."""
    process = subprocess.Popen(
        command,
        cwd=device.ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stopper = threading.Timer(seconds, process.kill)
    stopper.start()
    try:
        text, _ = process.communicate(stdin)
    finally:
        spent = not stopper.is_alive()
        stopper.cancel()
    return (None if spent else process.returncode), text
