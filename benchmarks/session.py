# SPDX-License-Identifier: BSD-3-Clause
"""Runs rows: prepares every contender, checks the results, then times those that are right."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import settings
from benchmarks.checks import WrongResult, check, compare
from benchmarks.inputs import Arrays, make_inputs
from benchmarks.memory import measure
from benchmarks.process import Process, WorkerError, environment
from benchmarks.row import Row
from benchmarks.settings import Setting
from benchmarks.timing import Contender, Effort, time_row

# Seconds: a network of a hundred convolutions takes minutes to compile.
_PREPARATION = 900.0


class Session:
    """The workers of one run of the benchmarks; use it in a with statement.

    Args:
        eager: without networks that PyTorch compiles, which takes minutes each.
    Attributes:
        versions: what the libraries said of themselves.
        missing: competitors that cannot run here, and why.
    """

    def __init__(
        self, *, threads: int, isa: str | None, quick: bool, alone: bool, eager: bool = True
    ) -> None:
        self.threads, self.isa, self.quick, self.alone = threads, isa, quick, alone
        self.eager = eager
        self.versions: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self._processes: dict[tuple[Any, ...], Process] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="pyconv-benchmarks-")
        self._jobs = itertools.count()

    def __enter__(self) -> Session:
        self.process(settings.OURS)
        for library in () if self.alone else settings.COMPETITORS:
            try:
                self.process(Setting(library, ""))
            except WorkerError as error:
                self.missing[library] = str(error)
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self._processes.values():
            process.close()
        self._folder.cleanup()

    def process(self, setting: Setting) -> Process:
        """Return the worker of a setting, started if it is not running."""
        threads, isa = setting.threads or self.threads, setting.isa or self.isa
        key = (setting.library, setting.huge_pages, threads, isa)
        if key in self._processes and self._processes[key].ended:
            self._processes.pop(key).close()
        if key not in self._processes:
            variables = environment(threads, isa, huge_pages=setting.huge_pages)
            process = Process(setting.library, variables, threads)
            try:
                self.versions = process.ask("versions") | self.versions
            except WorkerError:
                process.close()
                raise
            self._processes[key] = process
        return self._processes[key]

    def run(self, row: Row, effort: Effort) -> dict[str, Any]:
        """Check and time one row.

        Returns:
            The row as a report holds it: "ours", "rivals", "origins" (statistics, seconds a call),
            "notes", "peer_distance"; or "failed", a text, in place of figures.
        """
        if row.memory:
            for process in self._processes.values():
                process.ask("release")
            return measure(row, self.threads, self.isa, eager=self.eager, alone=self.alone)
        record: dict[str, Any] = {
            "group": row.group,
            "name": row.name,
            "task": row.task,
            "gflop": row.gflop,
            "megabytes": row.megabytes,
            "images": row.images,
            "beside": row.beside,
            "notes": [],
        }
        inputs = make_inputs(row.task)
        try:
            ours, result = self._prepared(row, settings.ours(row))
            record["error"] = check(row.task, inputs, result)
        except (WorkerError, WrongResult) as error:
            record["failed"] = str(error)
            self._drop_all()
            return record
        rivals = self._others(row, settings.rivals(row, eager=self.eager), result, record)
        if row.beside and rivals:
            record["error_beside"] = check(row.task, inputs, self._result(rivals[0]))
        origins = self._others(row, settings.origins(row), result, record)
        del inputs, result
        try:
            time_row(ours, rivals, origins, effort.fitted(row))
        except WorkerError as error:
            record["failed"] = str(error)
            self._drop_all()
            return record
        record["ours"] = ours.statistics()
        record["rivals"] = [rival.statistics() for rival in rivals]
        record["origins"] = [origin.statistics() for origin in origins]
        for process in {contender.process for contender in (ours, *rivals, *origins)}:
            process.ask("release")
        return record

    def _prepared(self, row: Row, setting: Setting) -> tuple[Contender, Arrays]:
        """Return a contender and the result of its first run."""
        process = self.process(setting)
        contender = Contender(setting.library, setting.name, process, next(self._jobs))
        process.ask(
            "prepare",
            timeout=_PREPARATION,
            job=contender.job,
            task=row.task,
            options=setting.options,
        )
        return contender, self._result(contender)

    def _result(self, contender: Contender) -> Arrays:
        path = Path(self._folder.name) / "result.npz"
        contender.process.ask("result", timeout=_PREPARATION, job=contender.job, path=str(path))
        with np.load(path) as archive:
            result = dict(archive)
        path.unlink()
        return result

    def _others(
        self, row: Row, wanted: list[Setting], ours: Arrays, record: dict[str, Any]
    ) -> list[Contender]:
        """Return the contenders that run here and agree with ours; notes tell of the rest."""
        contenders = []
        for setting in wanted:
            if self.alone or setting.library in self.missing:
                continue
            try:
                contender, result = self._prepared(row, setting)
                distance = compare(row.task, ours, result)
            except (WorkerError, WrongResult) as error:
                record["notes"].append(f"{setting.library} {setting.name}: {error}")
                continue
            contenders.append(contender)
            record["peer_distance"] = max(distance, record.get("peer_distance", 0.0))
        return contenders

    def _drop_all(self) -> None:
        """End all workers: after a failure nothing is known about their state."""
        for process in self._processes.values():
            process.close()
        self._processes.clear()
