# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of the scratch tests: the dtype mode and np.random's state come back afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from small_net import Params, small_net

from pyconv.scratch import set_dtype


@pytest.fixture(autouse=True)
def _own_randomness_and_mode() -> Iterator[None]:
    state = np.random.get_state()
    np.random.seed(20)
    yield
    np.random.set_state(state)
    set_dtype(None)


@pytest.fixture
def params() -> Params:
    """Parameters that fit small_net, plain copies."""
    return {key: value + 1.0 for key, value in small_net().params.items()}
