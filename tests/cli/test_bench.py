# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv bench --ladder`: every rung computes the same convolution, and says how fast."""

import numpy as np
import pytest
import tolerances

from pyconv import backend
from pyconv.cli import main
from pyconv.cli.ladder import rungs


def test_every_rung_computes_the_convolution():
    isa = backend.instruction_set()
    found = list(rungs(seconds=0.001))
    assert [rung.name for rung in found] == [
        "Python loops",
        "NumPy im2col",
        "plain C++",
        "packed GEMM",
        "direct",
        "Winograd",
    ]
    for rung in found:
        assert rung.gflops > 0
        assert rung.error <= tolerances.WINOGRAD, rung.name
    assert backend.instruction_set() == isa


def test_the_ladder_is_printed_and_drawn(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "ladder.png"
    assert main(["bench", "--ladder", "--seconds", "0.001", "--out", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "Winograd" in printed
    assert str(path) in printed
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_ladder_needs_speeds():
    pytest.importorskip("matplotlib")
    from pyconv.visualization import ladder

    with pytest.raises(ValueError, match="must be above 0, at least one"):
        ladder({})
    with pytest.raises(ValueError, match="must be above 0"):
        ladder({"a": 1.0, "b": 0.0})


def test_a_ladder_returns_what_it_draws(tmp_path):
    pytest.importorskip("matplotlib")
    from pyconv.visualization import ladder

    values = ladder({"a": 0.5, "b": 20.0}, 100.0, tmp_path / "a.png")
    np.testing.assert_array_equal(values, [0.5, 20.0])


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "99", "x"])
def test_times_that_make_no_sense_are_refused(seconds, capsys):
    with pytest.raises(SystemExit):
        main(["bench", "--ladder", "--seconds", seconds])
    assert "--seconds" in capsys.readouterr().err
