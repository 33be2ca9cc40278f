# SPDX-License-Identifier: BSD-3-Clause
"""Hostile shapes are counted where their test passed; the file says of every stage how many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import hostile_shapes

REPORT = """<testsuites><testsuite>
<testcase name="a"><properties><property name="shapes" value="S1 data float32 1 40"/>
<property name="shapes" value="S1 kernel float32 1 40"/></properties></testcase>
<testcase name="b"><properties><property name="shapes" value="S1 data float32 1 2"/>
<property name="else" value="5"/></properties></testcase>
<testcase name="c"><properties><property name="shapes" value="S1 data float32 2 9"/></properties>
<failure/></testcase>
<testcase name="d"><error/></testcase>
<testcase name="e"><skipped/></testcase>
</testsuite></testsuites>"""


def test_shapes_of_passed_tests_are_added_up() -> None:
    found = hostile_shapes.counted(REPORT)
    assert found["tests"] == {"passed": 2, "failed": 2, "skipped": 1}
    assert found["shapes"] == 82
    about = {"stage": "S1", "precision": "float32", "seed": 1}
    assert found["by_combination"] == [
        {**about, "pass": "data", "shapes": 42},
        {**about, "pass": "kernel", "shapes": 40},
    ]


@pytest.mark.parametrize(
    ("tests", "status"),
    [({"passed": 3, "failed": 0}, 0), ({"passed": 3, "failed": 1}, 1), ({"passed": 0}, 1)],
)
def test_a_stage_run_anew_replaces_its_own_part_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tests: dict[str, int], status: int
) -> None:
    results = tmp_path / "shapes.json"
    results.write_text(json.dumps({"S1": {"shapes": 1}, "S2": {"shapes": 2}}))

    def run(stage: str) -> dict[str, Any]:
        return {"shapes": 7, "tests": {"failed": 0, **tests}}

    monkeypatch.setattr(hostile_shapes, "run", run)
    assert hostile_shapes.main(["--only", "S1"], results) == status
    written = json.loads(results.read_text())
    assert written["S1"]["shapes"] == 7
    assert written["S2"] == {"shapes": 2}


def test_every_stage_is_right_on_sixty_shapes_in_each_pass_precision_and_seed() -> None:
    written = json.loads(hostile_shapes.RESULTS.read_text())
    assert set(written) == set(hostile_shapes.STAGES)
    precisions = {"S0": 2, "S1": 2, "S2": 3}
    for stage, about in written.items():
        assert about["tests"]["failed"] == about["tests"]["skipped"] == 0
        passes = [row for row in about["by_combination"] if row["pass"] != "gemm"]
        assert len(passes) == 3 * 3 * precisions[stage]
        assert min(row["shapes"] for row in about["by_combination"]) >= 60
