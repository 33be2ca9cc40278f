# SPDX-License-Identifier: BSD-3-Clause
"""Every example program in its quick form, and the blocks of the tutorial in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from programs import run_program

from pyconv import applications
from pyconv.applications import NETWORKS

pytestmark = pytest.mark.examples

ROOT = Path(__file__).resolve().parents[2]
SHARED = {"program.py", "photographs.py"}  # modules of the programs, not programs
PROGRAMS = sorted(
    path.name
    for path in (ROOT / "examples").glob("*.py")
    if path.name not in SHARED and not path.name.startswith("scratch_")
)
WRITES = {  # programs whose work is not one reported training, and a file they leave
    "ablation.py": "ablation.npz",
    "augmentation.py": "augmented/picture_*.png",
    "cross_validation.py": "cross_validation.npz",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_learns_and_writes_what_it_learned(name: str, tmp_path: Path) -> None:
    output = run_program([str(ROOT / "examples" / name), "--quick"], tmp_path)
    if name in WRITES:
        assert list(tmp_path.glob(WRITES[name]))
        return
    reports = re.findall(
        r"^(\w+): test accuracy (\d\.\d{4}) after .* written to (.+)$", output, re.M
    )
    assert reports
    for stem, accuracy, file in reports:
        assert 0 <= float(accuracy) <= 1
        with np.load(tmp_path / file) as stored:
            assert stored.files
        losses = json.loads((tmp_path / f"{stem}.json").read_text())["loss"]
        lines = (tmp_path / f"{stem}.csv").read_text().splitlines()
        assert len(lines) == 1 + len(losses)
        if len(losses) > 1:
            assert losses[-1] < losses[0]


def test_the_table_of_examples_names_every_program() -> None:
    table = (ROOT / "examples" / "README.md").read_text()
    programs = {path.name for path in (ROOT / "examples").glob("*.py")} - SHARED
    assert set(re.findall(r"^\| `(\w+\.py)` \|", table, re.M)) == programs


def test_every_network_of_the_table_of_commands_can_be_named() -> None:
    text = (ROOT / "examples" / "README.md").read_text().split("## One command")[1]
    names = set(re.findall(r"`([a-z]\w+)(?: --[^`]*)?`", text.split("|---|---|---|")[1]))
    assert names - {"slide_convnet"} <= set(NETWORKS)
    assert len(names) > 30
    assert hasattr(applications, "slide_convnet")


def blocks(name: str) -> list[str]:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)


def test_both_languages_of_the_tutorial_have_the_same_code() -> None:
    assert blocks("tutorial.md")
    assert blocks("tutorial.md") == blocks("tutorial.ko.md")


def test_the_code_of_the_tutorial_runs(tmp_path: Path) -> None:
    (tmp_path / "tutorial.py").write_text("\n".join(blocks("tutorial.md")), encoding="utf-8")
    run_program(["-W", "error", "tutorial.py"], tmp_path)
    assert (tmp_path / "digits.npz").exists()
