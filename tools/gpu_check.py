# SPDX-License-Identifier: BSD-3-Clause
"""Certifies a GPU: python tools/gpu_check.py [--only STEP]; results under benchmarks/results/.

Builds the kernels for the device, compares them with exact results, tests and times them beside
PyTorch. It changes no setting of the device. Without a GPU it says so and ends with 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.gpu.check import main

if __name__ == "__main__":
    sys.exit(main())
