# SPDX-License-Identifier: BSD-3-Clause
"""How people write the digits: strokes through control points, several ways per digit.

A way is a text of points "x,y", x to the right, y down, in hundredths of the digit's height. A
stroke is a smooth curve through its points; a slash begins the next one, and where two strokes
share a point they meet in a corner.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """One way to write one digit; `weight` says how often, against the digit's other ways.

    `points` are (x, y) in heights of the digit, `strokes` the positions in them of each stroke.
    """

    digit: int
    weight: float
    points: tuple[tuple[float, float], ...]
    strokes: tuple[tuple[int, ...], ...]


def _shape(digit: int, weight: float, text: str) -> Shape:
    strokes = [stroke.split() for stroke in text.split("/")]
    names = list(dict.fromkeys(name for stroke in strokes for name in stroke))
    points = [name.split(",") for name in names]
    return Shape(
        digit,
        weight,
        tuple((int(x) / 100, int(y) / 100) for x, y in points),
        tuple(tuple(names.index(name) for name in stroke) for stroke in strokes),
    )


SHAPES = (
    # 0: closed at the top; begun at the right; with a tail inside
    _shape(0, 4, "36,1 14,14 2,50 12,86 33,100 55,86 65,50 56,15 34,0"),
    _shape(0, 3, "52,8 28,2 6,30 4,66 25,99 52,84 64,46 50,10 34,4"),
    _shape(0, 2, "28,10 9,35 5,70 26,98 50,84 60,45 46,6 26,2 24,16 40,24"),
    _shape(0, 2, "50,4 24,6 0,40 10,82 42,98 76,74 78,30 54,3 40,6"),
    # 1: a line; bent; with a flag; with flag and base
    _shape(1, 8, "30,0 30,35 30,68 30,100"),
    _shape(1, 2, "34,0 31,30 30,65 33,100"),
    _shape(1, 1, "14,34 24,18 34,0 / 34,0 34,35 34,70 34,100"),
    _shape(1, 1, "12,32 22,17 32,0 / 32,0 32,50 32,98 / 8,99 34,97 60,98"),
    # 2: with a corner; with a loop; with a round foot
    _shape(2, 3, "6,24 20,5 44,0 62,18 54,48 30,75 4,97 / 4,97 38,95 72,96"),
    _shape(2, 4, "10,20 30,2 55,7 60,30 40,66 16,94 2,90 10,74 30,80 52,93 78,86"),
    _shape(2, 2, "6,10 30,0 55,12 50,42 28,70 8,90 20,96 45,90 72,96"),
    _shape(2, 1, "12,30 14,10 40,0 58,16 50,45 30,74 6,92 / 6,92 30,84 50,92 68,100"),
    # 3: two bowls; with a loop between; with a flat top; long tail
    _shape(3, 5, "8,12 30,0 54,12 48,34 26,46 / 26,46 54,54 60,78 36,100 4,90"),
    _shape(3, 2, "10,10 36,0 56,15 44,38 24,50 20,43 36,44 58,60 56,86 30,100 2,90"),
    _shape(3, 1, "8,4 32,3 56,2 / 56,2 42,20 28,40 / 28,40 54,48 60,76 36,100 5,92"),
    _shape(3, 2, "6,6 34,0 52,16 40,36 20,42 / 20,42 46,48 56,68 42,92 14,100 0,94"),
    # 4: open, round or with a corner; closed, steep or flat
    _shape(4, 4, "10,2 4,28 8,50 32,54 62,46 / 60,2 56,45 54,100"),
    _shape(4, 3, "12,4 7,26 3,50 / 3,50 30,51 60,48 / 58,6 53,50 48,100"),
    _shape(4, 2, "18,0 10,25 0,48 / 0,48 35,50 74,50 / 50,10 46,50 42,100"),
    _shape(4, 0.5, "50,0 26,32 0,62 / 0,62 35,61 70,62 / 50,0 49,50 48,100"),
    # 5: in one go; bar apart; S-like; low bowl
    _shape(5, 3, "62,2 42,3 22,3 / 22,3 18,20 14,42 / 14,42 38,36 58,58 46,92 4,96"),
    _shape(5, 3, "24,8 20,24 18,40 / 18,40 42,44 54,66 36,96 4,94 / 24,8 48,5 78,0"),
    _shape(5, 2, "68,2 36,5 20,22 32,42 50,62 44,88 20,100 2,90"),
    _shape(5, 1, "66,0 40,4 24,8 / 24,8 18,28 30,42 46,60 40,86 16,100 2,84"),
    _shape(5, 2, "62,0 46,3 30,4 / 30,4 26,20 20,36 / 20,36 44,40 54,62 40,90 14,100 0,90 10,80"),
    # 6: round; steep with a small loop; with a wide belly
    _shape(6, 4, "50,0 24,22 6,58 14,92 38,98 54,78 44,58 22,62 9,78"),
    _shape(6, 3, "36,0 16,34 5,70 18,97 42,94 48,74 32,62 10,78"),
    _shape(6, 2, "42,4 20,12 4,50 12,88 36,100 58,84 52,58 30,50 8,60"),
    _shape(6, 1, "30,0 12,40 10,80 34,100 56,84 42,68 20,80 14,92"),
    _shape(6, 2, "34,0 12,30 2,66 16,96 46,98 66,76 50,56 24,66 12,88"),
    # 7: with a corner; with a bar; with a serif; round
    _shape(7, 5, "2,8 30,6 60,4 / 60,4 46,42 32,100"),
    _shape(7, 1.5, "2,8 30,5 60,4 / 60,4 44,45 28,100 / 16,52 38,50 62,48"),
    _shape(7, 2, "2,22 3,14 6,6 / 6,6 34,6 62,2 / 62,2 48,40 38,100"),
    _shape(7, 2, "2,14 24,6 50,4 58,14 48,44 38,72 32,100"),
    _shape(7, 1, "0,26 2,10 12,10 36,12 60,4 / 60,4 40,40 24,100"),
    # 8: begun at the right; two rings; begun in the middle; open at the top
    _shape(8, 4, "56,10 32,0 12,14 26,40 48,62 52,86 28,100 6,86 16,62 42,40 58,20 52,6"),
    _shape(8, 1, "32,46 12,28 22,4 44,2 54,24 33,46 / 33,46 8,68 16,96 46,97 56,70 34,45"),
    _shape(8, 2, "30,48 14,24 30,2 52,16 40,42 14,68 12,92 32,100 50,84 42,60 28,46"),
    _shape(8, 2, "60,16 38,2 20,16 30,42 44,68 38,94 18,98 10,80 30,52 54,26 62,10"),
    _shape(8, 2, "62,10 42,0 24,12 28,36 38,56 40,82 24,99 8,86 18,62 42,40 60,20"),
    # 9: straight stem; hooked stem; one curve; narrow
    _shape(9, 4, "54,12 34,0 8,14 6,36 26,46 48,32 56,10 / 56,10 53,50 48,100"),
    _shape(9, 2, "55,16 36,0 10,12 6,34 26,46 50,34 57,12 / 57,12 58,50 44,88 12,96"),
    _shape(9, 3, "50,8 28,0 6,20 12,40 40,36 54,10 50,44 40,74 30,100"),
    _shape(9, 3, "44,6 26,0 10,12 8,30 22,38 38,28 46,8 / 46,8 42,50 30,100"),
    _shape(9, 1, "42,6 20,8 8,30 22,42 46,28 / 42,6 46,28 40,64 36,100"),
)
