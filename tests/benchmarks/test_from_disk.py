# SPDX-License-Identifier: BSD-3-Clause
"""What `python -m benchmarks.from_disk` measures and says."""

from __future__ import annotations

import numpy as np
import pytest

import pyconv
from benchmarks import from_disk


def test_a_measurement_names_three_speeds_and_their_share(tmp_path, monkeypatch):
    for kind in ("cats", "dogs"):
        (tmp_path / "cats-dogs" / kind).mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng(number).integers(0, 256, (40, 50, 3))
            name = f"{kind}.{number}.jpg"
            pyconv.utils.save_img(tmp_path / "cats-dogs" / kind / name, pixels, scale=False)
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path))
    found = from_disk.measure(4, 1)
    speeds = found["images_per_second"]
    assert found["photographs"] == 4
    assert set(speeds) == {"reading", "training", "both"}
    assert min(speeds.values()) > 0
    # of one turn: what the halves take one after the other, over what both took
    share = (1 / speeds["reading"] + 1 / speeds["training"]) * speeds["both"]
    assert found["share_of_allowed"] == pytest.approx(
        {"lowest": share, "median": share, "highest": share}, rel=0.05
    )


def test_without_photographs_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match="PYCONV_DATA"):
        from_disk.measure(4, 1)
