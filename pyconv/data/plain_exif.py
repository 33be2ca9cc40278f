# SPDX-License-Identifier: BSD-3-Clause
"""Whether what a camera wrote into a JPEG file leaves its picture as it is, told without Pillow.

Only whole and ordinary blocks are judged: what Pillow would warn of, or read otherwise, is its own.
Source: CIPA DC-008, Exif 2.32, section 4.6 (a TIFF header and the directory that it points to).
"""

from __future__ import annotations

from struct import iter_unpack, unpack_from

EXIF = b"Exif\0\0"
XMP, _TURN_IN_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"Orientation"
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
# Bytes of a value by its type, from BYTE to DOUBLE.
_SIZES = dict(enumerate((1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8), 1))
_SHORT, _RATIONAL = 3, 5
_ORIENTATION = 0x0112
# What Pillow reads of a picture, here or for its resolution, and the form it has: type and number.
_READ = {_ORIENTATION: (_SHORT, 1), 0x0128: (_SHORT, 1), 0x011A: (_RATIONAL, 1)}


def is_upright(block: bytes) -> bool:
    """Tell whether a segment's content, EXIF or XMP, is sound and turns no picture."""
    if block.startswith(EXIF):
        return _is_upright_tiff(block[len(EXIF) :])
    return block.startswith(XMP) and _TURN_IN_XMP not in block


def _is_upright_tiff(tiff: bytes) -> bool:
    order = _ORDERS.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return False
    (start,) = unpack_from(f"{order}L", tiff, 4)
    if start < 8 or start + 2 > len(tiff):
        return False
    (count,) = unpack_from(f"{order}H", tiff, start)
    end = start + 2 + 12 * count
    if end + 4 > len(tiff):  # the place of the next directory, too
        return False
    outside = 0
    for tag, kind, number, value in iter_unpack(f"{order}HHLL", tiff[start + 2 : end]):
        size = _SIZES.get(kind, len(tiff) + 1) * number
        if size > 4:  # then the value is where its bytes are
            outside += size
            if value + size > len(tiff):
                return False
        if tag in _READ and (kind, number) != _READ[tag]:
            return False
        if tag == _ORIENTATION and (value & 0xFFFF if order == "<" else value >> 16) != 1:
            return False
    return outside <= len(tiff)
