# SPDX-License-Identifier: BSD-3-Clause
"""The book's optimizers: update(params, grads) on dictionaries, arrays written in place.

Arrays of one dtype move in one native call; whatever else stands in the dictionaries, plain numbers
among it, moves by the same formula in NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from pyconv import ops
from pyconv.arguments import finite_number
from pyconv.backend import Array

__all__ = ["SGD", "AdaGrad", "Adam", "Momentum", "Nesterov", "RMSprop", "np"]

Params = MutableMapping[str, Any]
_TINY = 1e-7  # added to the roots


class SGD:
    """p -= lr g, chapter 6.1.2."""

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def update(self, params: Params, grads: Params) -> None:
        """Move every parameter by one step, in place."""
        rate = _checked_rate(self, params, grads)
        keys, plain = _native_keys(params, grads)
        ops.sgd_step(*_lists(keys, params, grads), learning_rate=rate)
        for key in plain:
            params[key] -= rate * grads[key]


class Momentum:
    """v = momentum v - lr g, p += v, chapter 6.1.4."""

    nesterov = False

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        self.lr, self.momentum = lr, momentum
        self.v: Params | None = None

    def update(self, params: Params, grads: Params) -> None:
        """Move every parameter by one step, in place."""
        rate = _checked_rate(self, params, grads)
        if self.v is None:
            self.v = _zeros(params)
        keys, plain = _native_keys(params, grads, self.v)
        if not self.momentum:  # a kernel then leaves v as it is
            keys, plain = [], list(params)
        ops.sgd_step(
            *_lists(keys, params, grads, self.v),
            learning_rate=rate,
            momentum=self.momentum,
            nesterov=self.nesterov,
        )
        for key in plain:
            step = rate * grads[key]
            self.v[key] = self.momentum * self.v[key] - step
            params[key] += self.momentum * self.v[key] - step if self.nesterov else self.v[key]


class Nesterov(Momentum):
    """p += momentum^2 v - (1 + momentum) lr g by the old v, then v = momentum v - lr g.

    The Korean edition moves v first; the right formula is the Japanese one
    (arXiv:1212.0901), which equals p += momentum v - lr g by the new v.
    """

    nesterov = True


class AdaGrad:
    """h += g^2, p -= lr g / (sqrt(h) + 1e-7), chapter 6.1.5."""

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        self.h: Params | None = None

    def update(self, params: Params, grads: Params) -> None:
        """Move every parameter by one step, in place."""
        rate = _checked_rate(self, params, grads)
        if self.h is None:
            self.h = _zeros(params)
        for key in params:
            self.h[key] += grads[key] * grads[key]
            params[key] -= _over_root(rate, grads[key], self.h[key])


class RMSprop:
    """h = decay_rate h + (1 - decay_rate) g^2, p -= lr g / (sqrt(h) + 1e-7)."""

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        self.lr, self.decay_rate = lr, decay_rate
        self.h: Params | None = None

    def update(self, params: Params, grads: Params) -> None:
        """Move every parameter by one step, in place."""
        rate = _checked_rate(self, params, grads)
        if self.h is None:
            self.h = _zeros(params)
        for key in params:
            self.h[key] *= self.decay_rate
            self.h[key] += (1 - self.decay_rate) * grads[key] * grads[key]
            params[key] -= _over_root(rate, grads[key], self.h[key])


class Adam:
    """m += (1 - beta1)(g - m), v += (1 - beta2)(g^2 - v), p -= lr_t m / (sqrt(v) + 1e-7).

    lr_t = lr sqrt(1 - beta2^t) / (1 - beta1^t); Kingma and Ba 2015, chapter 6.1.6.
    """

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.iter = 0
        self.m: Params | None = None
        self.v: Params | None = None

    def update(self, params: Params, grads: Params) -> None:
        """Move every parameter by one step, in place."""
        rate = _checked_rate(self, params, grads)
        if self.m is None or self.v is None:
            self.m, self.v = _zeros(params), _zeros(params)
        self.iter += 1
        keys, plain = _native_keys(params, grads, self.m, self.v)
        ops.adam_step(
            *_lists(keys, params, grads, self.m, self.v),
            learning_rate=rate,
            beta_1=self.beta1,
            beta_2=self.beta2,
            epsilon=_TINY,
            step=self.iter,
        )
        rate *= np.sqrt(1 - self.beta2**self.iter) / (1 - self.beta1**self.iter)
        for key in plain:
            self.m[key] += (1 - self.beta1) * (grads[key] - self.m[key])
            self.v[key] += (1 - self.beta2) * (grads[key] ** 2 - self.v[key])
            params[key] -= _over_root(rate, self.m[key], self.v[key])


def _checked_rate(moving: Any, params: Params, grads: Params) -> float:
    """Return an optimizer's learning rate, after a look at what it is to move.

    Raises:
        TypeError: no dictionaries, or no number. ValueError: the rate, or a gradient's shape, which
            NumPy might repeat over the parameter. KeyError: a gradient is missing.
    """
    function = f"{type(moving).__name__}.update"
    for name, given in (("params", params), ("grads", grads)):
        if not isinstance(given, Mapping):
            raise TypeError(f"{function}: {name}={given!r}; must be a dictionary")
    for key, value in params.items():
        if key not in grads:
            raise KeyError(f"{function}: grads has no {key!r}; must have a gradient for each")
        found = np.shape(grads[key])
        if found and found != np.shape(value):
            raise ValueError(f"{function}: grads[{key!r}].shape={found}; must be {np.shape(value)}")
    return finite_number(function, "lr", moving.lr, least=0)


def _zeros(params: Params) -> dict[str, Any]:
    """Return a zero for every parameter, arrays for arrays."""
    return {key: np.zeros_like(value) for key, value in params.items()}


def _over_root(rate: Any, numerator: Any, square: Any) -> Any:
    """Return rate numerator / (sqrt(square) + 1e-7)."""
    return rate * numerator / (np.sqrt(square) + _TINY)


def _native_keys(params: Params, grads: Params, *states: Params) -> tuple[list[str], list[str]]:
    """Return the keys that one native call can move, and the others."""
    native: list[str] = []
    dtype = None
    taken: set[int] = set()
    for key, value in params.items():
        arrays = [value, *(state[key] for state in states)]
        fits = all(_is_plain_array(array, dtype) for array in arrays)
        if fits and len({array.shape for array in (*arrays, np.asarray(grads[key]))}) == 1:
            own = {id(value), id(grads[key])}
            if not own & taken:  # one array under two names moves twice, one after the other
                native.append(key)
                taken |= own
            dtype = value.dtype
    chosen = set(native)
    return native, [key for key in params if key not in chosen]


def _is_plain_array(array: Any, dtype: Any) -> bool:
    """Tell whether a kernel can write into it; dtype: of those before it, if any."""
    if type(array) is not np.ndarray or array.dtype.char not in "fd":
        return False
    flags = array.flags
    fits = flags.c_contiguous and flags.aligned and flags.writeable and array.dtype.isnative
    return bool(fits and (dtype is None or array.dtype == dtype))


def _lists(keys: list[str], params: Params, grads: Params, *states: Params) -> list[list[Array]]:
    """Return parameters, gradients in their dtype, and states, as a native call takes them."""
    gradients = [np.asarray(grads[key]).astype(params[key].dtype, copy=False) for key in keys]
    return [[params[key] for key in keys], gradients, *([s[key] for key in keys] for s in states)]
