# SPDX-License-Identifier: BSD-3-Clause
"""A small network of the book, whose files of parameters are read and refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from audit import audited

from pyconv.scratch import nets

DTYPE = np.dtype("f8")
SMALL = {"filter_num": 2, "filter_size": 3, "pad": 0, "stride": 1}
Params = dict[str, np.ndarray]


def small_net() -> nets.SimpleConvNet:
    return nets.SimpleConvNet((1, 6, 6), SMALL, hidden_size=3, output_size=2)


def refused(path: Path, text: str = "SimpleConvNet.load_params: ") -> str:
    """Load a file that must be refused by a ValueError naming it; nothing may change or run."""
    net = small_net()
    before = {key: value.copy() for key, value in net.params.items()}
    with audited() as events, pytest.raises(ValueError, match=re.escape(text)) as caught:
        net.load_params(path)
    assert str(path) in str(caught.value)
    harmful = [e for e in events if re.match(r"exec|subprocess|socket|os\.|pickle|ctypes|impo", e)]
    assert [e for e in harmful if not e.startswith("import")] == []
    for key, value in before.items():
        np.testing.assert_array_equal(net.params[key], value)
    return str(caught.value)
