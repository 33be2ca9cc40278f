# SPDX-License-Identifier: BSD-3-Clause
"""How long `python -m benchmarks` takes, and what is left of a run that is cut."""

from __future__ import annotations

import json
import os

import pytest

from benchmarks import __main__ as command
from benchmarks.timing import FULL


def test_a_run_of_some_minutes_gives_each_row_its_part(monkeypatch):
    efforts = []

    def run(session, row, effort):
        efforts.append(effort)
        about = {"group": row.group, "name": row.name, "beside": row.beside, "notes": []}
        return {**about, "failed": "not run"}

    monkeypatch.setattr(command.Session, "run", run)
    wanted = ["--only", "gemm/", "--threads", "1", "--no-competitors", "--out", os.devnull]
    monkeypatch.setattr(command.report, "write_json", lambda path, result: None)
    monkeypatch.setattr(command.picture, "draw", lambda path, result: False)
    command.main([*wanted, "--minutes", "0.5"])
    assert len(efforts) == 5
    # Of 30 s for five rows half is for turns, and three take turns.
    assert all(0 < effort.most <= 1.0 + 1e-6 for effort in efforts[:1])
    assert all(effort.samples == FULL.samples for effort in efforts)
    efforts.clear()
    command.main(wanted)
    assert {effort.most for effort in efforts} == {FULL.most}


@pytest.mark.parametrize("word", ["0", "-1", "nan", "inf", "soon"])
def test_minutes_are_a_positive_number(word, capsys):
    with pytest.raises(SystemExit):
        command.arguments(["--minutes", word])
    assert "--minutes" in capsys.readouterr().err


def test_what_is_measured_is_kept_when_a_run_is_cut(monkeypatch, tmp_path):
    def run(session, row, effort):
        if row.group != "gemm":
            raise KeyboardInterrupt
        about = {"group": row.group, "name": row.name, "beside": row.beside, "notes": []}
        return {**about, "failed": "not run"}

    monkeypatch.setattr(command.Session, "run", run)
    wanted = ["--only", "gemm", "--threads", "1", "--no-competitors"]
    with pytest.raises(KeyboardInterrupt):
        command.main([*wanted, "--out", str(tmp_path / "cut")])
    rows = json.loads((tmp_path / "cut.json").read_text())["rows"]
    assert len(rows) == 5
    assert {row["group"] for row in rows} == {"gemm"}
