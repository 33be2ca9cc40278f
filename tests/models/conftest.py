# SPDX-License-Identifier: BSD-3-Clause
"""Models of these tests run as where no policy of 16 bits was ever asked for."""

import pytest

from pyconv import backend


@pytest.fixture(autouse=True)
def _plain_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend.precision, "in_use", False)
