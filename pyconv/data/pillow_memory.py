# SPDX-License-Identifier: BSD-3-Clause
"""The pixels of a Pillow image where Pillow keeps them, through the Arrow C data interface.

Pillow stores RGB in four bytes a pixel, so `np.asarray` copies twice; a view copies nothing.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt


class _ArrowArray(ctypes.Structure):
    """struct ArrowArray of arrow.apache.org/docs/format/CDataInterface.html."""


_ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
]

_pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
# Older ones crash on images that share an array's memory, and lend aligned rows as packed ones.
_LENDS_SAFELY = 13
# Channels of a mode of 8 bits, and the bytes that a pixel takes.
_LAYOUTS = {"L": (1, 1), "RGB": (3, 4), "RGBA": (4, 4)}


class _Lent:
    """What NumPy makes a read-only array of; holds the memory as long as the array lives."""

    def __init__(self, address: int, image: Any, capsule: object) -> None:
        channels, pixel = _LAYOUTS[image.mode]
        width, height = image.size
        self.capsule = capsule
        self.__array_interface__ = {
            "version": 3,
            "typestr": "|u1",
            "data": (address, True),
            "shape": (height, width, channels),
            "strides": (width * pixel, pixel, 1),
        }


def pixels_of(image: Any) -> npt.NDArray[np.uint8]:
    """Return an image of mode L, RGB or RGBA as (h, w, channels), read-only, mostly a view.

    A copy where Pillow keeps the image in several pieces or in aligned rows, or is older than 13.
    """
    lent = lent_pixels(image)
    return _copied(image) if lent is None else lent


def lent_pixels(image: Any) -> npt.NDArray[np.uint8] | None:
    """Return the same array where it is a view, else None."""
    if not _pillow_lends():
        return None
    try:
        _, capsule = image.__arrow_c_array__()
    except ValueError:
        return None
    array_address = _pointer_of(capsule, b"arrow_array")
    lent = _ArrowArray.from_address(array_address)
    values = lent.children[0].contents if lent.n_children else lent
    return np.asarray(_Lent(values.buffers[1], image, capsule))


@cache
def _pillow_lends() -> bool:
    return int(version("pillow").split(".")[0]) >= _LENDS_SAFELY


def _copied(image: Any) -> npt.NDArray[np.uint8]:
    array: npt.NDArray[np.uint8] = np.asarray(image)
    return array.reshape(*array.shape[:2], -1)
