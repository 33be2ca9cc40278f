# SPDX-License-Identifier: BSD-3-Clause
"""Makes the package `benchmarks` of the checkout importable; it is never installed."""

import sys
from pathlib import Path

import pytest

from pyconv import backend
from pyconv.mixed_precision import Policy

sys.path.append(str(Path(__file__).resolve().parents[2]))


@pytest.fixture
def _plain_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "chosen", Policy("float32"))
    monkeypatch.setattr(backend.precision, "in_use", False)
