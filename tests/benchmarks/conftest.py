# SPDX-License-Identifier: BSD-3-Clause
"""Makes the package `benchmarks` of the checkout importable; it is never installed."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
