# SPDX-License-Identifier: BSD-3-Clause
"""The one random generator of the process: initialisation, shuffling, dropout, augmentation."""

from __future__ import annotations

import random as python_random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pyconv.arguments import dtype_name, finite_number, whole_number
from pyconv.autograd import Tensor

_generator = np.random.Generator(np.random.PCG64())


class _Lent(threading.local):
    """What a thread draws from in place of the one generator, made when it first does."""

    make: Callable[[], np.random.Generator] | None = None
    made: np.random.Generator | None = None


_lent = _Lent()


def set_seed(seed: int) -> None:
    """Start the generator anew; the same seed gives the same program run, bit for bit.

    Args:
        seed: 0 to 2**128 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"set_seed: seed={seed!r}; must be an integer")
    if not 0 <= seed < 2**128:
        raise ValueError(f"set_seed: seed={seed}; must be in [0, 2**128)")
    _generator.bit_generator.state = np.random.PCG64(int(seed)).state


def set_random_seed(seed: int) -> None:
    """Start pyconv's generator, Python's `random` and NumPy's global one anew.

    Args:
        seed: 0 to 2**32 - 1.
    Source: Keras utils.set_random_seed.
    """
    number = whole_number("set_random_seed", "seed", seed, 0, largest=2**32 - 1)
    set_seed(number)
    np.random.seed(number)
    python_random.seed(number)


def generator() -> np.random.Generator:
    """Return the generator; drawing from it moves it on."""
    if _lent.make is None:
        return _generator
    if _lent.made is None:
        _lent.made = _lent.make()
    return _lent.made


@contextmanager
def drawing_from(make: Callable[[], np.random.Generator]) -> Iterator[None]:
    """Let what runs in the block, in this thread, draw from a generator of its own.

    So work in several threads draws the same numbers however the threads take turns.
    Args:
        make: called once, when the block first draws.
    """
    before = _lent.make, _lent.made
    _lent.make, _lent.made = make, None
    try:
        yield
    finally:
        _lent.make, _lent.made = before


def draw_seed(own: int | None = None) -> int:
    """Return 64 random bits, for one use of a generator of its own.

    Args:
        own: what tells this user apart from others, mixed in. The bits come from the one generator
            all the same: its state is all that a saved model needs to go on.
    """
    bits = int(generator().integers(2**64, dtype=np.uint64))
    return bits if own is None else bits ^ own


def uniform(
    shape: Sequence[int] = (),
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: str | None = None,
    seed: int | None = None,
) -> Tensor:
    """Return a Tensor of numbers drawn evenly from [minval, maxval).

    Args:
        dtype: float32 by default, or float64.
        seed: of a generator for this call alone; the one of the process by default.
    Source: Keras random.uniform.

    >>> uniform((2, 3), 0.4, 0.6).shape
    (2, 3)
    """
    low = finite_number("uniform", "minval", minval)
    high = finite_number("uniform", "maxval", maxval)
    if low > high:
        raise ValueError(f"uniform: minval={minval}; must be <= maxval={maxval}")
    kind = _checked_dtype("uniform", dtype)
    drawn = _source("uniform", seed).random(_checked_shape("uniform", shape), kind)
    return Tensor(kind.type(low) + kind.type(high - low) * drawn)


def normal(
    shape: Sequence[int] = (),
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: str | None = None,
    seed: int | None = None,
) -> Tensor:
    """Return a Tensor of numbers drawn from the normal distribution.

    Args:
        stddev: standard deviation, >= 0. dtype, seed: as in uniform.
    Source: Keras random.normal.
    """
    centre = finite_number("normal", "mean", mean)
    width = finite_number("normal", "stddev", stddev, least=0)
    kind = _checked_dtype("normal", dtype)
    drawn = _source("normal", seed).standard_normal(_checked_shape("normal", shape), kind)
    return Tensor(kind.type(centre) + kind.type(width) * drawn)


def _source(function: str, seed: int | None) -> np.random.Generator:
    if seed is None:
        return generator()
    return np.random.Generator(np.random.PCG64(whole_number(function, "seed", seed, 0)))


def _checked_dtype(function: str, dtype: Any) -> np.dtype[Any]:
    return np.dtype(dtype_name(function, dtype))


def _checked_shape(function: str, shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"{function}: shape={shape!r}; must be a tuple of integers")
    return tuple(whole_number(function, f"shape[{i}]", n, 0) for i, n in enumerate(shape))


def get_state() -> dict[str, Any]:
    """Return the generator's state as plain integers and strings, fit for JSON."""
    state: Any = _generator.bit_generator.state
    return {
        "bit_generator": "PCG64",
        "state": str(state["state"]["state"]),  # 128 bits: more than every JSON reader keeps
        "inc": str(state["state"]["inc"]),
        "has_uint32": int(state["has_uint32"]),
        "uinteger": int(state["uinteger"]),
    }


def set_state(state: dict[str, Any]) -> None:
    """Put the generator where `get_state` found it.

    Raises:
        ValueError: the dictionary is not such a state.
    """
    bits: Any = _generator.bit_generator
    bits.state = _checked_state(state)


def check_state(state: dict[str, Any]) -> None:
    """Refuse what `set_state` would refuse."""
    _checked_state(state)


def _checked_state(state: dict[str, Any]) -> dict[str, Any]:
    try:
        words = {"state": int(state["state"]), "inc": int(state["inc"])}
        rest = {name: int(state[name]) for name in ("has_uint32", "uinteger")}
        fits = all(0 <= w < 2**128 for w in words.values()) and rest["has_uint32"] in (0, 1)
        if state["bit_generator"] != "PCG64" or not fits or not 0 <= rest["uinteger"] < 2**32:
            raise ValueError("not a state of PCG64")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"set_state: state is not one of get_state's: {error}") from None
    return {"bit_generator": "PCG64", "state": words, **rest}
