# SPDX-License-Identifier: BSD-3-Clause
"""Optimizer, losses, metrics and random state in files of Keras's formats."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv import metrics, random
from pyconv.autograd import Variable
from pyconv.backend import to_host
from pyconv.models.compiled import Compiled
from pyconv.models.model import Model
from pyconv.optimizers import Nadam, Optimizer
from pyconv.registry import argument_names
from pyconv.saving.hdf5 import Dataset

Config = dict[str, Any]
Array = np.ndarray[Any, Any]
SPEED_ALONE = ("is_legacy_optimizer", "jit_compile")
KERAS_SLOTS = {"m": "momentum", "v": "velocity", "v_hat": "velocity_hat"}
KERAS_ORDER = ("m", "v", "v_hat", "velocity", "momentum", "average_gradient")
# Slots that Keras 3 lists in turns, variable by variable.
IN_TURNS = (("m", "v"), ("m", "norm"), ("accumulated_grad", "accumulated_delta_var"))


def compile_config(model: Model) -> Config | None:
    """Return what compile settled; None with a warning where it is the user's own code."""
    compiled = model.compiled
    if compiled is None:
        return None
    try:
        return compiled.get_config()
    except ValueError as error:
        warnings.warn(f"save: saved as not compiled: {error}", stacklevel=5)
        return None


def read_compiled(config: Any) -> Compiled | None:
    """Return what a compile_config of Keras 3 or a training_config of Keras 2 says.

    What cannot be made again is left out with a warning: the model is loaded as not compiled.
    """
    if config is None:
        return None
    try:
        return Compiled.from_config(_current_form(config))
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        warnings.warn(f"load_model: loaded as not compiled: {error}", stacklevel=6)
        return None


def _current_form(config: Any) -> Config:
    if not isinstance(config, dict):
        raise ValueError("the compile configuration is not a dictionary")
    optimizer = config.get("optimizer", config.get("optimizer_config"))
    found = {
        "optimizer": _optimizer(optimizer) if isinstance(optimizer, dict) else optimizer,
        "loss": _loss(config.get("loss")),
        "metrics": _metrics(config.get("metrics")),
    }
    if config.get("loss_weights") is not None:
        found["loss_weights"] = config["loss_weights"]
    if config.get("weighted_metrics"):
        found["weighted_metrics"] = _metrics(config["weighted_metrics"])
    return found


def _optimizer(entry: Config) -> Config:
    """Return an optimizer's configuration without what it says of speed and of unused options."""
    name, config = str(entry.get("class_name")).removeprefix("Custom>"), entry.get("config")
    if not isinstance(config, dict):
        raise ValueError(f"optimizer {name!r} has no configuration")
    arguments = {key: value for key, value in config.items() if key not in SPEED_ALONE}
    if "lr" in arguments:
        arguments["learning_rate"] = arguments.pop("lr")
    if not arguments.get("use_ema"):
        arguments.pop("ema_momentum", None)
    return {"class_name": name, "config": arguments}


def _loss(value: Any) -> Any:
    if isinstance(value, list):
        return [_loss(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _loss(item) for key, item in value.items()}
    arguments = value.get("config")
    if not isinstance(arguments, dict):
        return _function(arguments)
    arguments = {key: item for key, item in arguments.items() if key not in ("dtype", "fn")}
    if arguments.get("reduction") == "auto":
        arguments["reduction"] = "sum_over_batch_size"
    return {"class_name": value["class_name"], "config": arguments}


def _function(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is neither a configuration nor a function's name")
    return name


def _metrics(value: Any) -> Any:
    """Return identifiers of metrics; Keras 2 has a list within a list for one output."""
    if value is None:
        return []
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        return [_metric(item) for item in value[0]]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _metrics(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_metrics(item) if isinstance(item, list) else _metric(item) for item in value]
    return _metric(value)


def _metric(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    name, config = value.get("class_name"), value.get("config")
    if not isinstance(config, dict):
        return _function(config)
    arguments = {key: item for key, item in config.items() if key not in ("dtype", "fn")}
    function = config.get("fn")
    if name == "MeanMetricWrapper" and isinstance(function, str):
        cls = metrics.registry.names.get(function)
        if cls is None:
            raise ValueError(f"unknown metric {function!r}")
        name = cls.__name__
        arguments = {k: v for k, v in arguments.items() if k in argument_names(cls) | {"name"}}
    return {"class_name": name, "config": arguments}


def _order(
    optimizer: Optimizer, variables: Sequence[Variable], interleaved: bool
) -> list[tuple[Variable, str]]:
    """Return variables and slots as Keras lists them: pairs in turns, others slot by slot."""
    shared = optimizer.all_slots[: len(optimizer.all_slots) - len(optimizer.slots)]
    first = [(variable, slot) for slot in shared for variable in variables]
    slots = tuple(sorted(optimizer.slots, key=(*KERAS_ORDER, *optimizer.slots).index))
    pair = slots[:2] if interleaved and slots[:2] in IN_TURNS else ()
    together = [(variable, slot) for variable in variables for slot in pair]
    return first + together + [(v, slot) for slot in slots[len(pair) :] for v in variables]


def optimizer_arrays(model: Model) -> list[tuple[str, Array]]:
    """Return name and value of an optimizer's variables as Keras 3 lists them.

    The slots are there from the first step on.
    """
    optimizer: Optimizer = model.optimizer
    rate = optimizer.get_config().get("learning_rate")
    found: list[tuple[str, Array]] = [("iteration", np.array(optimizer.calls, np.int64))]
    if isinstance(rate, float):  # a schedule is no variable
        found.append(("learning_rate", np.array(rate, np.float32)))
    if not optimizer.calls:
        return found
    paths = {variable: path for path, variable, _ in model.paths()}
    trained = model.trainable_weights
    optimizer.build(trained)
    for variable, slot in _order(optimizer, trained, True):
        name = f"{paths[variable].replace('/', '_')}_{KERAS_SLOTS.get(slot, slot)}"
        found.append((name, to_host(optimizer.state_of(variable)[slot])))
    if isinstance(optimizer, Nadam):  # Keras keeps what the count of steps tells
        found.append(("variable", np.array(optimizer.momentum_product(), trained[0].dtype)))
    return found


def restore_optimizer(
    compiled: Compiled, model: Model, found: list[Dataset], interleaved: bool = True
) -> None:
    """Give the optimizer its state; one that does not fit is left out with a warning."""
    optimizer, trained = compiled.optimizer, model.trainable_weights
    if not found or found[0].shape or found[0].dtype.kind not in "iu":
        return
    iterations = int(found[0].read())
    order = _order(optimizer, trained, interleaved)
    has_rate = len(found) > 1 and not found[1].shape and len(found) != len(order) + 1
    slots = found[1 + has_rate :]
    wrong = any(d.shape != v.shape for d, (v, _) in zip(slots, order, strict=False))
    if isinstance(optimizer, Nadam) and len(slots) == len(order) + 1 and not slots[-1].shape:
        slots = slots[:-1]  # the product of its momentums
    spare = slots[len(order) :]  # Keras 2.1 has places of one number for amsgrad
    if wrong or 0 < len(slots) < len(order) or any(d.shape != (1,) for d in spare):
        warnings.warn(
            "load_model: the optimizer starts afresh: its state does not fit the weights",
            stacklevel=5,
        )
        return
    if not 0 <= iterations < 2**62:
        raise ValueError(f"iterations={iterations}; must be an integer >= 0")
    optimizer.calls = iterations
    states: dict[Variable, dict[str, Array]] = {}
    for dataset, (variable, slot) in zip(slots, order, strict=False):
        states.setdefault(variable, {})[slot] = dataset.read()
    for variable, state in states.items():
        optimizer.set_state_of(variable, state)


def resume_random(model: Model, state: Any) -> None:
    """Let a fit with an initial_epoch go on from a random state in a file."""
    try:
        state = dict(state)
        random.check_state(state)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the random state is none: {error}") from None
    model.resume_random(state)
