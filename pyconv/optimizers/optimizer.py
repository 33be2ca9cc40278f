# SPDX-License-Identifier: BSD-3-Clause
"""What all optimizers share: the learning rate, the step count, and slots of state per variable."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Iterable, Sequence
from operator import is_
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from pyconv import schedules
from pyconv.arguments import finite_number
from pyconv.autograd import Tensor, Variable, array_of
from pyconv.backend import Array, copy_into, on_device, put
from pyconv.optimizers.averaging import AVERAGE, GATHERED, Accumulation, Averaging, overwrite
from pyconv.optimizers.clipping import Clipping
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

NOT_HERE = ("loss_scale_factor",)
OLD_NAMES = {"lr": "learning_rate"}  # of arguments: Keras 2 to Keras 3


class BaseOptions(TypedDict, total=False):
    """The options every optimizer takes by name.

    clipnorm: largest length of each gradient; global_clipnorm: of all gradients together;
    clipvalue: largest element; at most one of the three. use_ema, ema_momentum,
    ema_overwrite_frequency: moving averages of the variables, as Averaging says.
    gradient_accumulation_steps: calls that make one step. lr: the old name of learning_rate. decay:
    of old programs, by which the rate of step t is divided by 1 + decay * t.
    """

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str
    lr: float
    decay: float


class OptimizerOptions(BaseOptions, total=False):
    """BaseOptions, and weight_decay: a variable first loses this times the rate of itself."""

    weight_decay: float | None


class Optimizer:
    """Moves variables against their gradients; a subclass names its slots and defines `step`.

    Args:
        learning_rate: finite and >= 0, or a schedule; may be set at any time.
    """

    slots: tuple[str, ...] = ()
    scale: float = 1.0  # of the loss that is differentiated

    def __init__(
        self, learning_rate: float | LearningRateSchedule, **options: Unpack[OptimizerOptions]
    ) -> None:
        kind = type(self).__name__
        unknown = sorted(set(options) - set(OptimizerOptions.__annotations__))
        if unknown:
            raise TypeError(f"{kind}: unexpected argument {unknown[0]!r}")
        for option in NOT_HERE:
            if options.get(option):
                raise ValueError(f"{kind}: {option}={options.get(option)!r}; not supported here")
        rate = _by_old_name(type(self), learning_rate, options)
        self.learning_rate = _decaying(kind, rate, options.get("decay"))
        self.name = options.get("name") or kind.lower()
        self.weight_decay = checked_option(kind, "weight_decay", options.get("weight_decay"))
        self.clipping = Clipping(
            kind,
            clipnorm=options.get("clipnorm"),
            clipvalue=options.get("clipvalue"),
            global_clipnorm=options.get("global_clipnorm"),
        )
        self.averaging = Averaging(
            kind,
            options.get("use_ema", False),
            options.get("ema_momentum", 0.99),
            options.get("ema_overwrite_frequency"),
        )
        self.accumulation = Accumulation(kind, options.get("gradient_accumulation_steps"))
        self.calls = 0  # of `apply`; several make a step where gradients are accumulated
        self._state: dict[Variable, dict[str, Array]] = {}
        self._lists: tuple[object, list[list[Array]]] = (None, [])

    @property
    def iterations(self) -> int:
        """How many steps have been made."""
        return self.calls // self.accumulation.steps

    @property
    def all_slots(self) -> tuple[str, ...]:
        """The names of all state per variable: averages and gathered gradients first."""
        kept = ((AVERAGE, self.averaging.used), (GATHERED, self.accumulation.used))
        return (*(slot for slot, used in kept if used), *self.slots)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step; of a schedule what it says for the calls so far.

        Where gradients are accumulated these are more than the steps, as in Keras: the schedule
        goes by batches.
        """
        if isinstance(self._learning_rate, LearningRateSchedule):
            return float(self._learning_rate(self.calls))
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule | dict[str, Any]) -> None:
        name = type(self).__name__
        if isinstance(value, dict):
            value = schedules.deserialize(value)
        if isinstance(value, LearningRateSchedule):
            self._learning_rate: float | LearningRateSchedule = value
            return
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{name}: learning_rate={value!r}; must be a number or a schedule")
        if not 0 <= float(value) < math.inf:
            raise ValueError(f"{name}: learning_rate={value}; must be finite and >= 0")
        self._learning_rate = float(value)

    lr = learning_rate

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the slots of variables not met before; those of others follow their variable."""
        for variable in variables:
            if variable in self._state:
                found = self._state[variable]
                found.update((slot, put(array, variable.device)) for slot, array in found.items())
            else:
                own = {s: self.first_slot(variable.array) for s in self.slots}
                shared = {s: np.zeros_like(variable.array) for s in self.all_slots if s not in own}
                if AVERAGE in shared:  # of a variable that joins late, or that no step changes
                    shared[AVERAGE] = variable.array.copy()
                self._state[variable] = {**shared, **own}

    def follow(self) -> None:
        """Move the slots of all variables to where these lie."""
        self.build(list(self._state))
        self._lists = (None, [])

    def first_slot(self, array: Array) -> Array:
        """Return what a slot of a variable starts from."""
        return np.zeros_like(array)

    def apply_gradients(self, pairs: Iterable[tuple[Tensor | Array | None, Variable]]) -> None:
        """Make one step; pairs of gradient and variable, as Keras has them."""
        given = list(pairs)
        self.apply([gradient for gradient, _ in given], [variable for _, variable in given])

    def apply(
        self, gradients: Sequence[Tensor | Array | None], variables: Sequence[Variable]
    ) -> None:
        """Make one step; variables without a gradient stay, with a warning."""
        present = [i for i, gradient in enumerate(gradients) if gradient is not None]
        if len(gradients) != len(variables) or not present:
            raise ValueError(
                f"{self.name}: {len(present)} gradients for {len(variables)} variables; "
                "each needs one"
            )
        if len(present) < len(variables):
            missing = [v.name for i, v in enumerate(variables) if i not in set(present)]
            warnings.warn(f"{self.name}: no gradient for {missing}; left as they are", stacklevel=2)
            variables = [variables[i] for i in present]
        arrays = [array_of(gradients[i]) for i in present]
        for gradient, variable in zip(arrays, variables, strict=True):
            if gradient.shape != variable.array.shape:
                raise ValueError(
                    f"{self.name}: gradient of shape {gradient.shape} for {variable.name!r}; "
                    f"must be {variable.shape}"
                )
        parameters, *states = self._arrays(variables)
        if self.accumulation.used:
            ready = self.accumulation.gather(arrays, self._slot(variables, GATHERED), self.calls)
        else:
            ready = arrays
        if ready is not None:
            self.step(parameters, self.clipping.of(ready), states)
        if self.averaging.used:
            averages = self._slot(variables, AVERAGE)
            self.averaging.update(variables, averages, self.iterations)
        self.calls += 1
        for variable in variables:
            variable.version += 1
            if variable.constraint is not None:
                with on_device(variable.device):
                    variable.constrain()

    def scale_loss(self, loss: Tensor) -> Tensor:
        """Return what is differentiated in place of the loss: itself, unless it is scaled."""
        return loss

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        """Change parameters and states in place; `states` has one list per name in `slots`."""
        raise NotImplementedError(f"{type(self).__name__} must define step")

    def _arrays(self, variables: Sequence[Variable]) -> list[list[Array]]:
        """Return the variables' arrays and those of each slot; made once for the same sequence."""
        known, arrays = self._lists
        now = [v.array for v in variables]
        same = known is variables and len(now) == len(arrays[0]) and all(map(is_, now, arrays[0]))
        if not same:
            self.build(variables)
            states = [[self._state[v][slot] for v in variables] for slot in self.slots]
            self._lists = (variables, [now, *states])
        return self._lists[1]

    def _slot(self, variables: Sequence[Variable], slot: str) -> list[Array]:
        return [self._state[variable][slot] for variable in variables]

    def finalize_variable_values(self, variables: Sequence[Variable]) -> None:
        """Let variables be their moving averages, where these are kept; fit ends with it.

        Variables that no step has changed stay.
        Source: Keras BaseOptimizer.
        """
        if self.averaging.used and self.calls:
            moved = [variable for variable in variables if variable in self._state]
            overwrite(moved, self._slot(moved, AVERAGE))

    def state_of(self, variable: Variable) -> dict[str, Array]:
        """Return the slots of a variable by name; empty before its first step."""
        return self._state.get(variable, {})

    def set_state_of(self, variable: Variable, state: dict[str, Array]) -> None:
        """Copy slots that another optimizer had for this variable."""
        self.build([variable])
        for slot, array in self._state[variable].items():
            copy_into(array, state[slot])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one, without its state."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": schedules.serialize(rate)
            if isinstance(rate, LearningRateSchedule)
            else rate,
            "weight_decay": self.weight_decay,
            **self.clipping.get_config(),
            **(self.averaging.get_config() if self.averaging.used else {}),
            **(
                {"gradient_accumulation_steps": self.accumulation.steps}
                if self.accumulation.used
                else {}
            ),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        return cls(**config)


def _by_old_name(
    kind: type[Optimizer], rate: float | LearningRateSchedule, options: OptimizerOptions
) -> float | LearningRateSchedule:
    """Return the learning rate, given by its name or by its old one."""
    old = next((name for name in OLD_NAMES if name in options), None)
    if old is None:
        return rate
    new = OLD_NAMES[old]
    if rate != inspect.signature(kind.__init__).parameters[new].default:
        raise ValueError(f"{kind.__name__}: {old} and {new} are given; at most one of them")
    given: float = options["lr"]
    return given


def _decaying(
    kind: str, rate: float | LearningRateSchedule, decay: float | None
) -> float | LearningRateSchedule:
    """Return the rate, or the schedule that Keras 2 makes of it and a decay."""
    decay = checked_option(kind, "decay", decay)
    if not decay:
        return rate
    if isinstance(rate, (LearningRateSchedule, dict)):
        raise ValueError(f"{kind}: decay={decay}; learning_rate is a schedule already")
    return schedules.InverseTimeDecay(rate, 1, decay)


def checked_option(kind: str, option: str, value: float | None) -> float | None:
    """Return a finite number >= 0, or None."""
    return None if value is None else finite_number(kind, option, value, least=0)


def checked_share(kind: str, option: str, value: float) -> float:
    """Return a number in [0, 1)."""
    number = checked_option(kind, option, value)
    if number is None or number >= 1:
        raise ValueError(f"{kind}: {option}={value}; must be in [0, 1)")
    return number
