# SPDX-License-Identifier: BSD-3-Clause
"""Calls of optimizer steps that must be refused."""

from __future__ import annotations

from collections.abc import Iterator

from hostile_call import HostileCall, zeros


def bad_steps() -> Iterator[HostileCall]:
    lists = tuple([zeros(3)] for _ in range(4))
    good = {"learning_rate": 0.1, "step": 1}
    for name, values in {
        "learning_rate": (float("nan"), float("inf"), -1.0),
        "beta_1": (1.0, -0.1, float("nan"), 2.0),
        "beta_2": (1.0, -0.1, float("nan"), 2.0),
        "epsilon": (-1e-7, float("nan"), float("inf")),
        "step": (0, -1),
    }.items():
        for value in values:
            options = {**good, name: value}
            text = f"{name}={value}; must be"
            yield HostileCall("adam_step", lists, options, ValueError, text)
    for name in ("learning_rate", "beta_1", "epsilon", "step"):
        for value in ("0.1", None, True):
            options = {**good, name: value}
            text = f"{name}={value!r}; must be"
            yield HostileCall("adam_step", lists, options, TypeError, text)
    yield HostileCall("adam_step", lists, {**good, "step": 1.0}, TypeError, "step=1.0; must be")
    others = {
        "sgd_step": (2, ("learning_rate", "momentum", "weight_decay")),
        "rmsprop_step": (3, ("learning_rate", "rho", "momentum", "epsilon", "weight_decay")),
        "adagrad_step": (3, ("learning_rate", "epsilon", "weight_decay")),
        "adadelta_step": (4, ("learning_rate", "rho", "epsilon", "weight_decay")),
    }
    for op, (count, numbers) in others.items():
        few = lists[:count]
        for name in numbers:
            for value in (-0.1, float("nan"), float("inf")):
                text = f"{op}: {name}={value}; must be"
                yield HostileCall(op, few, {"learning_rate": 0.1, name: value}, ValueError, text)
            text = f"{op}: {name}='0.1'; must be a number"
            yield HostileCall(op, few, {"learning_rate": 0.1, name: "0.1"}, TypeError, text)
        short = (few[0], [], *few[2:])
        text = f"{op}: len(grads)=0; must be 1"
        yield HostileCall(op, short, {"learning_rate": 0.1}, ValueError, text)
    text = "nesterov=1; must be True or False"
    yield HostileCall("sgd_step", lists[:2], {"learning_rate": 0.1, "nesterov": 1}, TypeError, text)
    text = "centered=None; must be True or False"
    bad = {"learning_rate": 0.1, "centered": None}
    yield HostileCall("rmsprop_step", lists[:3], bad, TypeError, text)
    for which, name in ((1, "grads"), (2, "m"), (3, "v")):
        short = tuple([] if i == which else [zeros(3)] for i in range(4))
        text = f"len({name})=0; must be 1"
        yield HostileCall("adam_step", short, good, ValueError, text)
        other = tuple([zeros(4 if i == which else 3)] for i in range(4))
        text = f"{name}[0].shape=(4,); must be (3,)"
        yield HostileCall("adam_step", other, good, ValueError, text)
        wide = tuple([zeros(3, dtype="float64" if i == which else "float32")] for i in range(4))
        yield HostileCall("adam_step", wide, good, TypeError, f"{name}[0].dtype=float64")
    numbered = {"learning_rate": 0.1, "step": 1}
    for op, more in (("adamax_step", {}), ("nadam_step", {"product": 1.0})):
        for name in ("learning_rate", "beta_1", "beta_2", "epsilon", *more):
            for value in (-0.1, float("nan"), float("inf")):
                options = {**numbered, **more, name: value}
                yield HostileCall(op, lists, options, ValueError, f"{op}: {name}={value}; must be")
        for step in (0, -1):
            options = {**numbered, **more, "step": step}
            yield HostileCall(op, lists, options, ValueError, f"{op}: step={step}; must be >= 1")
    text = "nadam_step: product=1.5; must be within 0 and 1"
    yield HostileCall("nadam_step", lists, {**numbered, "product": 1.5}, ValueError, text)
