# SPDX-License-Identifier: BSD-3-Clause
"""Layer: weights, a name, shape rules, and a `call` that composes differentiable functions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv import constraints, initializers, regularizers
from pyconv.arguments import checked_flag
from pyconv.autograd import Tensor, Variable, array_of, no_recording
from pyconv.backend import (
    Array,
    get_device,
    is_floating,
    precision,
    put,
)
from pyconv.layers.holding import UNKNOWN, Holding, may_hold_layers, one_tensor
from pyconv.layers.holding import is_several as is_several
from pyconv.layers.loading import first_values, weight_shape
from pyconv.layers.options import (
    LayerOptions,
    checked_input_shape,
    checked_name,
)
from pyconv.layers.policy import Policy, policy_of
from pyconv.layers.running import running, structure
from pyconv.layers.structure import flatten, flatten_shapes, map_leaves, map_shapes, pack_like
from pyconv.layers.symbolic import Node, Shape, SymbolicTensor

if TYPE_CHECKING:
    from typing_extensions import Unpack


LARGEST_TRIAL = 1 << 28  # elements
STRUCTURES = (list, tuple, dict)
OPEN_SIZES = (64, 128)  # far enough apart to stay unequal through pooling


def _undefined(self: Layer, inputs: Any) -> Any:
    raise NotImplementedError(f"{type(self).__name__}: has no call(x); must define it to be called")


class _SetByInit:
    """Stands for an attribute that Layer.__init__ sets, and says so where nobody called it."""

    def __set_name__(self, kind: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: object, kind: type) -> Any:
        if layer is None:
            return self
        raise AttributeError(
            f"{kind.__name__}: has no {self.name!r} yet; its __init__ must first call "
            "super().__init__()"
        )


def _set_by_init() -> Any:
    return _SetByInit()


class Layer(Holding):
    """State and shape rules around `call`.

    A subclass defines `call(x)` or `call(x, training)`, and where it has weights
    `build(input_shape)`, which makes them by `add_weight`. x is a Tensor, or the list, tuple or
    dictionary of Tensors that the layer is called on; so are input_shape and the result. Layers
    kept as attributes, or in lists and dictionaries, belong to the layer.
    Source: Keras Layer.
    """

    name: str = _set_by_init()
    dtype: str = _set_by_init()
    dtype_policy: Policy = _set_by_init()
    built: bool = _set_by_init()
    inbound_nodes: list[Node] = _set_by_init()
    _own_weights: list[Variable] = _set_by_init()
    _trainable: bool = _set_by_init()
    call: Callable[..., Any] = _undefined
    _takes_training = False
    structures: tuple[type, ...] = STRUCTURES  # of tensors that `call` takes, besides one tensor
    of_training: frozenset[str] = frozenset()  # attributes that no result depends on

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "call" in vars(cls):
            parameters = inspect.signature(cls.call).parameters
            cls._takes_training = "training" in parameters
            if "structures" not in vars(cls):
                if _is_ours(cls):
                    one = any(p.annotation == "Tensor" for p in parameters.values())
                else:
                    one = _builds_for_one(cls)  # or else may take anything
                cls.structures = () if one else STRUCTURES
        if "build" in vars(cls):
            cls.build = _marking(cls.build)  # type: ignore[method-assign]

    def __init__(self, **base: Unpack[LayerOptions]) -> None:
        kind = type(self).__name__
        unknown = sorted(set(base) - set(LayerOptions.__annotations__))
        if unknown:
            raise TypeError(f"{kind}: unexpected argument {unknown[0]!r}")
        self.name = checked_name(kind, base.get("name"))
        self.dtype_policy = policy_of(kind, base.get("dtype"))
        self.dtype = self.dtype_policy.variable_dtype
        self.input_shape_given = checked_input_shape(kind, base)
        self.built = False
        self.build_shape: Any = None
        self._checked_shape: Any = None
        self._own_weights: list[Variable] = []
        self.inbound_nodes: list[Node] = []
        self._trainable = checked_flag(kind, "trainable", base.get("trainable", True))
        self.activity_regularizer = regularizers.get(base.get("activity_regularizer"))
        self._call_losses: list[tuple[Layer, Tensor]] = []

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if may_hold_layers(name, value):
            object.__setattr__(self, "_holders", UNKNOWN)
        if name[0] != "_" and name not in self.of_training:
            structure.changed()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        object.__setattr__(self, "_holders", UNKNOWN)
        structure.changed()

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape, batch included."""

    def check_input(self, shape: Any) -> None:
        """Refuse an input that does not fit the weights."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the result, batch included; open sizes are None.

        By default the layer runs once on zeros; where sizes besides the batch are open, on two
        sizes, and what differs stays open.
        """
        shapes = flatten_shapes(input_shape)
        is_open = any(None in shape[1:] for shape in shapes)
        with no_recording():
            results = [
                self(map_shapes(partial(self._zeros, open_size=size), input_shape))
                for size in (OPEN_SIZES if is_open else OPEN_SIZES[:1])
            ]
        found = [
            _known_sizes(shapes[0][0], y.shape, z.shape)
            for y, z in zip(flatten(results[0]), flatten(results[-1]), strict=True)
        ]
        return pack_like(results[0], found)

    def _zeros(self, shape: Shape, open_size: int) -> Tensor:
        sizes = (1, *(open_size if size is None else size for size in shape[1:]))
        if math.prod(sizes) > LARGEST_TRIAL:
            raise ValueError(
                f"{self.name}: input shape {shape} is too large for a trial run; "
                "define compute_output_shape"
            )
        return Tensor.wrap(put(np.zeros(sizes, self.dtype), self.device))

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """Return `call` of Tensors, arrays or symbolic tensors; builds the layer at first use.

        Arrays and integers are cast to the layer's dtype. `training` said on symbolic tensors
        holds whenever the model runs. A layer of one input takes a list of one tensor, too.

        Raises:
            ValueError: several tensors, or a dictionary, for a layer of one input.
        """
        if not isinstance(inputs, Tensor):
            if isinstance(inputs, STRUCTURES) and not isinstance(inputs, self.structures):
                inputs = one_tensor(self.name, inputs, None if _is_ours(type(self)) else type(self))
            if _is_symbolic(inputs):
                return self._call_symbolic(inputs, training)
        tensors = self.prepared(inputs)
        if running.losses is not None:
            return self._run(tensors, training)
        try:
            running.losses = []
            return self._run(tensors, training)
        finally:  # first what a signal must not leave behind
            losses, running.losses = running.losses, None
            self._call_losses = [] if losses is None else losses

    def prepared(self, inputs: Any) -> Any:
        """Return inputs as checked Tensors of the layer's dtype; builds the layer at first use."""
        tensors = self._tensors(inputs)
        if isinstance(tensors, Tensor):
            shape: Any = tensors.shape
        else:
            shape = map_leaves(lambda x: x.shape, tensors)
        if not self.built:
            self.ensure_built(shape)
        if shape != self._checked_shape:
            self.check_input(shape)
            self._checked_shape = shape
        return tensors

    def _run(self, tensors: Any, training: bool | None) -> Any:
        said = self._takes_training and training is not None
        options = {"training": training} if said else {}
        call = self._called_by_policy if precision.in_use and self.casts else self.call
        try:
            if running.observer is None:
                results = call(tensors, **options)
            else:
                results = running.observer(self, tensors, partial(call, tensors, **options))
        except TypeError as error:
            self._explain_devices(tensors, error)
            raise
        if results is None:
            raise TypeError(f"{self.name}: call returned None; must return a tensor")
        if self.activity_regularizer is not None:
            for y in flatten(results):
                cost = self._scalar("activity_regularizer", self.activity_regularizer(y))
                self.add_loss(cost * (1 / max(1, y.shape[0])))
        return results

    def algorithm(self, input_shape: Any) -> str | None:
        """Return how the layer's operation is computed, where there is a choice."""
        return None

    def flop(self, input_shape: Any, output_shape: Any) -> int:
        """Return the multiplications and additions of one call; 0 where they are not counted."""
        return 0

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to what training makes smaller; inside `call`, for that call.

        Source: Keras Layer.add_loss.
        """
        if running.losses is None:
            raise RuntimeError(f"{self.name}: add_loss belongs inside call")
        running.losses.append((self, self._scalar("add_loss", loss)))

    @property
    def losses(self) -> list[Tensor]:
        """The losses of the last call, and what the trainable weights' regularizers say."""
        layers = {id(layer): layer for layer in self.with_sublayers()}
        costly = {
            id(v): (layer, v)
            for layer in layers.values()
            for v in layer._own_weights
            if v.regularizer is not None and v.trainable and layer._trainable and self._trainable
        }
        added = [loss for layer, loss in self._call_losses if id(layer) in layers]
        return added + [
            layer._scalar(f"the regularizer of {v.name!r}", v.regularizer(v))
            for layer, v in costly.values()
            if v.regularizer is not None
        ]

    def _scalar(self, what: str, loss: Any) -> Tensor:
        found = self._tensor(loss, what=what)
        if found.size != 1:
            raise ValueError(f"{self.name}: {what}: shape {found.shape}; must be one number")
        return found

    def _tensor(self, x: Any, dtype: str | None = None, what: str = "input") -> Tensor:
        if isinstance(x, Tensor) and is_floating(x.array.dtype):
            return x
        array = array_of(x, f"{self.name}: {what}")
        if array.dtype == (dtype or self.dtype):
            return Tensor.wrap(array)
        return Tensor.wrap(array.astype(dtype or self.dtype))

    def _tensors(self, inputs: Any) -> Any:
        if isinstance(inputs, Tensor) and inputs.array.dtype.kind == "f":
            return inputs
        return map_leaves(self._tensor, inputs) if is_several(inputs) else self._tensor(inputs)

    def _call_symbolic(self, inputs: Any, training: bool | None) -> Any:
        if not all(isinstance(x, SymbolicTensor) for x in flatten(inputs)):
            raise TypeError(f"{self.name}: inputs mix symbolic tensors with others")
        shape = map_leaves(lambda x: x.shape, inputs)
        self.ensure_built(shape)
        self.check_input(shape)
        if training is not None:
            training = checked_flag(self.name, "training", training)
        return Node(self, inputs, self.compute_output_shape(shape), self.dtype, training).output

    def ensure_built(self, shape: Any) -> None:
        """Build the layer for inputs of this shape unless it is built."""
        if not self.built:
            self.build(shape)
            self.built, self.build_shape = True, shape

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = "glorot_uniform",
        dtype: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Variable:
        """Return a new Variable of the layer with the initializer's values.

        Args:
            initializer: None is "glorot_uniform"; a function is called as f(shape, dtype).
            shape: sizes from 0 up.
            regularizer: what its values add to `losses`. constraint: what they are brought back to
                after each step. Each a name, an object or a function.
        """
        name = f"variable_{len(self._own_weights)}" if name is None else name
        values: Array = first_values(
            f"{self.name}: {name}",
            initializers.get("glorot_uniform" if initializer is None else initializer),
            weight_shape(f"{self.name}: {name}", shape),
            dtype or self.dtype,
        )
        variable = Variable(
            put(values, self._device or get_device()), name=name, trainable=trainable, copy=False
        )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._own_weights.append(variable)
        return variable

    @property
    def input(self) -> Any:
        """The symbolic tensor, or the structure of them, that the layer was first called on."""
        return self._first_node().arguments

    @property
    def output(self) -> Any:
        """The symbolic tensor, or the structure of them, that the layer's first call returned."""
        return self._first_node().output

    def _first_node(self) -> Node:
        if not self.inbound_nodes:
            raise AttributeError(f"{self.name}: has no input or output yet; build the model first")
        return self.inbound_nodes[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, as Keras names them."""
        config = {"name": self.name, "trainable": self._trainable, "dtype": self.dtype_policy.name}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name!r} built={self.built}>"


def _marking(build: Callable[..., None]) -> Callable[..., None]:
    """Return a `build` after which the layer counts as built, by whomever it is called."""

    @wraps(build)
    def marked(self: Layer, input_shape: Any) -> None:
        build(self, input_shape)
        if not self.built or self.build_shape is None:  # it may have said itself that it is built
            self.built, self.build_shape = True, input_shape

    return marked


def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith("pyconv.layers.")


def _builds_for_one(kind: type[Layer]) -> bool:
    """Tell a class of the user's that leaves the shapes to one of ours that takes one tensor."""
    base = next(each for each in kind.__mro__ if _is_ours(each))
    return base.structures == () and any(  # type: ignore[attr-defined]
        getattr(kind, name) is getattr(base, name) is not getattr(Layer, name)
        for name in ("build", "check_input")
    )


def _known_sizes(batch: int | None, a: tuple[int, ...], b: tuple[int, ...]) -> Shape:
    same = tuple(m if m == n else None for m, n in zip(a, b, strict=True))
    return (batch, *same[1:]) if same else ()


def _is_symbolic(inputs: Any) -> bool:
    if isinstance(inputs, (list, tuple, dict)):
        items = inputs.values() if isinstance(inputs, dict) else inputs
        return any(map(_is_symbolic, items))
    return isinstance(inputs, SymbolicTensor)
