# SPDX-License-Identifier: BSD-3-Clause
"""Which files of a list are no pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable

from pyconv.arguments import checked_path
from pyconv.data.background import map_in_order
from pyconv.data.dataset import AUTOTUNE, thread_count
from pyconv.data.image_files import decode_image


def bad_images(file_paths: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """Return the paths of files that do not decode, and why; every file is read whole.

    For the `file_paths` of a Dataset of images.
    """

    def reason(path: str | os.PathLike[str]) -> tuple[str, str]:
        name = checked_path("bad_images", "file_paths", path)
        try:
            decode_image(name, function="bad_images")
        except (ValueError, OSError) as error:
            return name, str(error).removeprefix(f"{name}: ")
        return name, ""

    threads = thread_count("bad_images", AUTOTUNE)
    found = map_in_order(reason, iter(file_paths), threads)
    return {name: why for name, why in found if why}
