# SPDX-License-Identifier: BSD-3-Clause
"""Policies: in which type a layer keeps its weights, and in which it computes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pyconv import backend
from pyconv.arguments import dtype_name
from pyconv.backend import half_dtype, precision

# By Keras's names, but for tf32: weights and results are float32, products round their operands.
_TYPES = {
    "float32": ("float32", "float32"),
    "float64": ("float64", "float64"),
    "tf32": ("float32", "float32"),
    "mixed_float16": ("float32", "float16"),
    "mixed_bfloat16": ("float32", "bfloat16"),
}
POLICIES = tuple(_TYPES)
ON_THE_CPU = ("float32", "float64")


class Policy:
    """What a layer computes in.

    Args:
        name: "float32" or "float64"; on a GPU also "tf32" (products of float32 round their operands
            to 10 bits of fraction), "mixed_float16" and "mixed_bfloat16" (weights stay float32,
            inputs and results have 16 bits, sums are float32).
    Raises:
        ValueError: another name. ImportError: mixed_bfloat16 without ml_dtypes.
    Source: Keras DTypePolicy; Micikevicius et al., Mixed Precision Training, 2018.
    """

    chosen: ClassVar[Policy]

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or name not in _TYPES:
            raise ValueError(f"Policy: name={name!r}; must be one of {POLICIES}")
        self.name = name
        self.variable_dtype, self.compute_dtype = _TYPES[name]
        self.tf32 = name == "tf32"
        mixed = self.compute_dtype != self.variable_dtype
        self.half: np.dtype[Any] | None = half_dtype(self.compute_dtype) if mixed else None
        if not self.runs_on_the_cpu:
            precision.in_use = True

    @property
    def runs_on_the_cpu(self) -> bool:
        return self.name in ON_THE_CPU

    def check_device(self, layer: str, device: str) -> None:
        """Refuse to compute on the CPU what it does not offer."""
        if device == "cpu" and not self.runs_on_the_cpu:
            raise ValueError(
                f"{layer}: policy {self.name!r} needs a GPU, the arrays lie on the CPU; use "
                "model.to('cuda') before, or the policy 'float32'"
            )

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Policy:
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<Policy "{self.name}">'


Policy.chosen = Policy("float32")


def set_global_policy(policy: str | Policy) -> None:
    """Let layers made from now on compute by this policy unless their dtype says another.

    Raises:
        ValueError: another name. ImportError, RuntimeError: a policy of a GPU where none can be
        used.
    Source: Keras mixed_precision.set_global_policy.
    """
    found = policy if isinstance(policy, Policy) else Policy(policy)
    if not found.runs_on_the_cpu:
        backend.checked_device(f"set_global_policy: policy={found.name!r}", "cuda")
    Policy.chosen = found


def global_policy() -> Policy:
    """Return the policy of layers that are given none; "float32" at first."""
    return Policy.chosen


def policy_of(kind: str, dtype: Any) -> Policy:
    """Return the policy of a layer's dtype argument: None, a name, a NumPy dtype or a Policy."""
    if dtype is None:
        return Policy.chosen
    if isinstance(dtype, Policy):
        return dtype
    name = dtype_name(kind, dtype, POLICIES)
    return Policy.chosen if name == Policy.chosen.name else Policy(name)
