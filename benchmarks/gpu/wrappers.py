# SPDX-License-Identifier: BSD-3-Clause
"""Each wrapper of src_cuda/ptx.cuh alone: random words for it, and what plain NumPy makes of them.

A device and the host model run the same words. Data movement, conversions and products of small
integers agree bit for bit; products of random numbers within a bound, as the order and the
truncation inside of an mma are not documented.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

WARPS = 64  # of random words for each wrapper
_LANES = 32
_MEMORY = 512  # words of shared memory of a warp
_COPIED = 128  # words that a warp's copies read at most

Words = np.ndarray[Any, np.dtype[np.uint32]]
_ALL_HALVES = np.arange(2**16, dtype=np.uint32)


class Case(NamedTuple):
    """Words for a wrapper.

    Attributes:
        wrapper: its name in the native modules. words: (warps, words of a warp) uint32.
        expected: what NumPy makes of them, (warps, words) of uint32, or of float64 with a `bound`.
        bound: how far float32 may lie from it.
    """

    name: str
    wrapper: str
    words: Words
    expected: Any
    bound: Any = None


def cases() -> list[Case]:
    """Return the cases of all wrappers, the same ones on each call."""
    found = [_pack("float16"), _pack("bfloat16"), *_unpack(), _to_tf32()]
    found += [_load(count, transposed) for transposed in (False, True) for count in (1, 2, 4)]
    for kind in _PRODUCTS:
        found += [_multiply(kind, integers=True), _multiply(kind, integers=False)]
    return found + [_copy(size) for size in (4, 8, 16)]


def needs_ampere(wrapper: str) -> bool:
    """Return whether a device before compute capability 8.0 traps at it and takes no more work."""
    return wrapper in ("mma bfloat16", "mma tf32")


def run(module: Any, case: Case) -> Words:
    """Return what a native module on host arrays makes of a case's words."""
    words = np.ascontiguousarray(case.words)
    out = np.empty((len(words), module.ptx_wrappers()[case.wrapper][1]), np.uint32)
    module.run_ptx_wrapper(case.wrapper, words.ctypes.data, out.ctypes.data, len(words), 0)
    return out


def judged(case: Case, device: Words, model: Words) -> dict[str, Any]:
    """Return the verdict on a device's words beside the host model's."""
    if case.bound is None:
        wrong = int((device != model).sum())
    else:
        with np.errstate(invalid="ignore"):  # a device may give anything
            gap = np.abs(_numbers(device).astype(np.float64) - _numbers(model))
        wrong = int((~(gap <= 2 * case.bound)).sum())
    return {"case": case.name, "wrapper": case.wrapper, "differing": wrong, "passed": wrong == 0}


def differing(case: Case, found: Words) -> int:
    """Return in how many words a result is not what NumPy expects."""
    if case.bound is None:
        return int((found != case.expected).sum())
    return int((~(np.abs(_numbers(found) - case.expected) <= case.bound)).sum())


def _random(seed: int, *shape: int) -> Words:
    return np.random.default_rng(seed).integers(0, 2**32, shape, dtype=np.uint32)


def _numbers(words: Words) -> Any:
    return np.ascontiguousarray(words).view(np.float32)


def _hostile() -> Words:
    """Return the bits of random float32, of ties between narrow numbers and their neighbours."""
    upper = _ALL_HALVES[::37] << 16
    near = [upper + np.uint32(rest) for rest in (0, 0x7FFF, 0x8000, 0x8001, 0x1000, 0x0FFF, 0x3000)]
    ties = (np.arange(0x3880, 0x4780, 7, dtype=np.uint32) << 16) + np.uint32(0x1000)
    edges = np.array([65519.996, 65520, 2.0**-25, 2.0**-24, 6e-8, 3.4e38, 0, np.inf], np.float32)
    bits = np.concatenate([*near, ties, edges.view(np.uint32), -edges.view(np.uint32)])
    room = -len(bits) % (2 * _LANES) + WARPS * 2 * _LANES
    return np.concatenate([bits, _random(1, room)])


def _pack(kind: str) -> Case:
    words = _hostile()
    halves = to_float16(words) if kind == "float16" else to_bfloat16(words)
    pairs = halves[0::2] | halves[1::2] << np.uint32(16)
    rows = words.reshape(-1, 2 * _LANES)
    return Case(f"pack_{kind}", f"pack_{kind}", rows, pairs.reshape(len(rows), _LANES))


def to_float16(words: Words) -> Words:
    """Return the float16 nearest to float32, as bits; every NaN is 0x7fff."""
    numbers = _numbers(words)
    with np.errstate(over="ignore", invalid="ignore"):
        halves = numbers.astype(np.float16).view(np.uint16)
    return np.where(np.isnan(numbers), 0x7FFF, halves).astype(np.uint32)


def _nearest(words: Words, dropped: int, nan: int, *, ties_to_even: bool) -> Words:
    """Return float32 rounded to multiples of 2**dropped of their bits, by whole numbers."""
    size, step = (words & np.uint32(0x7FFFFFFF)).astype(np.int64), 1 << dropped
    below, rest = size // step * step, size % step
    odd = below // step % 2 == 1
    up = (rest > step // 2) | ((rest == step // 2) & (odd if ties_to_even else True))
    rounded = (below + up * step) | (words & np.uint32(0x80000000))
    return np.where(np.isnan(_numbers(words)), nan, rounded).astype(np.uint32)


def to_bfloat16(words: Words) -> Words:
    """Return the bfloat16 nearest to float32, as bits; every NaN is 0x7fff."""
    return _nearest(words, 16, 0x7FFF0000, ties_to_even=True) >> np.uint32(16)


def _unpack() -> list[Case]:
    rows = _ALL_HALVES.reshape(-1, _LANES)
    wide = _ALL_HALVES.astype(np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
    nan = ((_ALL_HALVES & 0x7FFF) > 0x7C00).reshape(rows.shape)
    kept = (rows & 0x8000) << 16 | 0x7F800000 | (rows & 0x3FF) << 13  # sign and fraction
    half = np.where(nan, kept, wide.reshape(rows.shape)).astype(np.uint32)
    return [
        Case("unpack_float16", "unpack_float16", rows, half),
        Case("unpack_bfloat16", "unpack_bfloat16", rows, rows << np.uint32(16)),
    ]


def _to_tf32() -> Case:
    rows = _hostile().reshape(-1, _LANES)
    return Case("to_tf32", "to_tf32", rows, _nearest(rows, 13, 0x7FFFFFFF, ties_to_even=False))


def _load(count: int, transposed: bool) -> Case:
    name = f"ldmatrix x{count}{' trans' if transposed else ''}"
    memory, rng = _random(count, WARPS, _MEMORY), np.random.default_rng(count)
    rows = np.stack([rng.permutation(_MEMORY // 4)[:_LANES] * 4 for _ in range(WARPS)])
    matrices = memory[np.arange(WARPS)[:, None, None], rows[:, :, None] + np.arange(4)]
    elements = matrices.astype("<u4").view("<u2").reshape(WARPS, 4, 8, 8)[:, :count]
    if transposed:
        elements = np.ascontiguousarray(elements.swapaxes(2, 3))
    of_lane = np.ascontiguousarray(elements).view("<u4").reshape(WARPS, count, _LANES)
    expected = np.ascontiguousarray(of_lane.swapaxes(1, 2)).reshape(WARPS, -1)
    words = np.concatenate([memory, rows.astype(np.uint32)], axis=1)
    return Case(name, name, words, expected)


# Steps of a sum, words of a row of A.
_PRODUCTS = {
    "mma_m16n8k8": (8, 4),
    "mma float16": (16, 8),
    "mma bfloat16": (16, 8),
    "mma tf32": (8, 8),
}


def _multiply(wrapper: str, *, integers: bool) -> Case:
    steps, words = _PRODUCTS[wrapper]
    rng = np.random.default_rng(steps + words)
    shapes = ((WARPS, 16, steps), (WARPS, 8, steps), (WARPS, 16, 8))  # A, B transposed, C
    if integers:
        a, b, c = (rng.integers(-64, 65, shape).astype(np.float32) for shape in shapes)
    else:
        a, b, c = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    bits_a, bits_b = _stored(a, wrapper), _stored(b, wrapper)
    exact_a, exact_b = _held(bits_a, wrapper), _held(bits_b, wrapper)
    exact = c + exact_a @ exact_b.swapaxes(1, 2)
    sizes = np.abs(c) + np.abs(exact_a) @ np.abs(exact_b).swapaxes(1, 2)
    lanes = np.arange(_LANES)
    g, t = lanes // 4, lanes % 4
    halves = range(words // 4)
    fragments = [bits_a[:, g + 8 * row, t + 4 * half] for half in halves for row in (0, 1)]
    fragments += [bits_b[:, g, t + 4 * half] for half in halves]
    places = [(slice(None), g + 8 * (i // 2), 2 * t + i % 2) for i in range(4)]
    fragments += [c[place].view(np.uint32) for place in places]
    rows = np.stack(fragments, axis=2).reshape(WARPS, -1)
    deal = np.stack([exact[place] for place in places], axis=2).reshape(WARPS, -1)
    if integers:
        return Case(f"{wrapper}, integers", wrapper, rows, deal.astype(np.float32).view(np.uint32))
    bound = np.stack([sizes[place] for place in places], axis=2).reshape(WARPS, -1)
    return Case(f"{wrapper}, random", wrapper, rows, deal, (steps + 1) * 2.0**-22 * bound)


def _stored(x: Any, wrapper: str) -> Words:
    """Return matrices as words of their rows, rounded to the type."""
    bits = np.ascontiguousarray(x).view(np.uint32)
    if wrapper == "mma tf32":
        return _nearest(bits, 13, 0x7FFFFFFF, ties_to_even=False)
    halves = to_bfloat16(bits) if wrapper == "mma bfloat16" else to_float16(bits)
    return halves[..., 0::2] | halves[..., 1::2] << np.uint32(16)


def _held(words: Words, wrapper: str) -> Any:
    """Return in float64 what the words of rows hold."""
    if wrapper == "mma tf32":
        return _numbers(words).astype(np.float64)
    halves = np.ascontiguousarray(words).astype("<u4").view("<u2")
    if wrapper == "mma bfloat16":
        return _numbers(halves.astype(np.uint32) << np.uint32(16)).astype(np.float64)
    return halves.view(np.float16).astype(np.float64)


def _copy(size: int) -> Case:
    unit = size // 4
    source, rng = _random(size, WARPS, _COPIED), np.random.default_rng(size)
    units = _COPIED // unit
    places = rng.integers(0, units + units // 4 + 1, (WARPS, _LANES))  # the last ones are outside
    targets = np.stack([rng.permutation(units)[:_LANES] for _ in range(WARPS)])
    memory = np.full((WARPS, 2 * _COPIED), 0xFFFFFFFF, np.uint32)
    warp = np.arange(WARPS)[:, None, None]
    inside = (places < units)[:, :, None]
    read = np.where(places < units, places, 0)[:, :, None] * unit + np.arange(unit)
    moved = np.where(inside, source[warp, read], 0).astype(np.uint32)
    for start in (0, _COPIED):
        memory[warp, start + targets[:, :, None] * unit + np.arange(unit)] = moved
    words = np.concatenate([source, places.astype(np.uint32), targets.astype(np.uint32)], axis=1)
    expected = np.concatenate([moved.reshape(WARPS, -1), memory], axis=1)
    return Case(f"cp_async {size}", f"cp_async {size}", words, expected)
