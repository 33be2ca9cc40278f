# SPDX-License-Identifier: BSD-3-Clause
"""The two READMEs: the same code, the two commands first."""

from __future__ import annotations

import re
from pathlib import Path

VENV = "python3 -m venv .venv && . .venv/bin/activate && "


def code_blocks(path: Path) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)


def test_begins_with_the_two_commands(checkout: Path) -> None:
    demo, tests = code_blocks(checkout / "README.md")[:2]
    assert demo.strip() == VENV + "pip install '.[demo]' && pyconv demo"
    assert tests.strip() == VENV + "pip install -e '.[test]' && pytest"


def test_both_languages_show_the_same_code(checkout: Path) -> None:
    assert code_blocks(checkout / "README.ko.md") == code_blocks(checkout / "README.md")


def test_every_import_line_of_the_map_works(checkout: Path) -> None:
    blocks = code_blocks(checkout / "README.md")
    (lines,) = [block for block in blocks if "common.layers" in block]
    names: dict[str, object] = {}
    exec(lines, names)
    assert {"keras", "tf", "Convolution", "im2col", "SimpleConvNet"} <= set(names)


def test_pictures_and_links_lead_somewhere(checkout: Path) -> None:
    for name in ("README.md", "README.ko.md"):
        text = (checkout / name).read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#:]+)\)", text)
        assert targets
        assert [target for target in targets if not (checkout / target).exists()] == []
