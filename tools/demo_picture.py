# SPDX-License-Identifier: BSD-3-Clause
"""Puts the demo's pictures together: tools/demo_picture.py pyconv-demo docs/images/demo.png."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

WIDTH = 1000


def scaled(path: Path, width: int) -> Image.Image:
    picture = Image.open(path).convert("RGB")
    return picture.resize((width, round(picture.height * width / picture.width)))


def main(folder: Path, target: Path) -> None:
    """Stack curves and filters beside the misclassified digits."""
    left = [scaled(folder / name, WIDTH // 2) for name in ("curves.png", "filters.png")]
    right = scaled(folder / "misclassified.png", WIDTH // 2)
    height = max(sum(picture.height for picture in left), right.height)
    sheet = Image.new("RGB", (WIDTH, height), "white")
    top = (height - sum(picture.height for picture in left)) // 2
    for picture in left:
        sheet.paste(picture, (0, top))
        top += picture.height
    sheet.paste(right, (WIDTH // 2, (height - right.height) // 2))
    sheet.quantize(128).save(target, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
