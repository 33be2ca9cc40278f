# SPDX-License-Identifier: BSD-3-Clause
"""A model of our own training that reads handwritten digits: small_convnet, trained on MNIST.

Its weights lie beside this file and were made by these two commands:

    pyconv train small_convnet --data mnist --epochs 20 --seed 1 --out digits
    python -c "import pyconv as p; p.load_model('digits/best.npz', None, False).save('digits.npz')"
"""

from __future__ import annotations

from pathlib import Path

from pyconv.models import Model
from pyconv.saving import load_model

DIGITS_FILE = Path(__file__).with_name("digits.npz")


def digits() -> Model:
    """Return the trained model: pictures (n, 28, 28, 1), ink 1 on 0, to probabilities (n, 10)."""
    return load_model(DIGITS_FILE)
