# SPDX-License-Identifier: BSD-3-Clause
"""The page about GPUs runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def test_the_code_of_the_page_runs(gpu: Any) -> None:
    page = Path(__file__).resolve().parents[2] / "docs/gpu.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
