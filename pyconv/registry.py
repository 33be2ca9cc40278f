# SPDX-License-Identifier: BSD-3-Clause
"""A fixed table of classes that a name or a configuration may stand for."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any, Generic, Protocol, TypeVar

from pyconv.naming import snake_case


class Configurable(Protocol):
    """What can be written down as a dictionary of its arguments."""

    def get_config(self) -> dict[str, Any]: ...

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any: ...


T = TypeVar("T", bound=Configurable)


def argument_names(cls: type) -> frozenset[str]:
    """Return the names of the arguments that a class is made with, options by name aside."""
    made_by = next(vars(base)["__init__"] for base in cls.__mro__ if "__init__" in vars(base))
    code = getattr(made_by, "__code__", None)
    count = 0 if code is None else code.co_argcount + code.co_kwonlyargcount
    return frozenset() if code is None else frozenset(code.co_varnames[1:count])


def without_empty(arguments: dict[str, Any], known: Container[str]) -> dict[str, Any]:
    """Return arguments less those that are unknown and null, false or empty: options not used."""
    empty: tuple[Any, ...] = (None, False, 0, "", [], {})
    return {key: value for key, value in arguments.items() if key in known or value not in empty}


class Registry(Generic[T]):
    """The classes of one module, found by class name or its small-letter spelling.

    Args:
        module: "losses", as in pyconv.losses and keras.losses.
        base: what an object must be an instance of.
        classes: the allow-list.
        spelling: from class names to the names that programs use.
        takes_functions: a function, which is not written down, may stand for an object.
    """

    def __init__(
        self,
        module: str,
        base: type[T],
        classes: Iterable[type[T]],
        spelling: Callable[[str], str] = snake_case,
        *,
        takes_functions: bool = False,
    ) -> None:
        self.module, self.base, self.takes_functions = module, base, takes_functions
        self.classes = {cls.__name__: cls for cls in classes}
        self.names = {spelling(name): cls for name, cls in self.classes.items()}

    def get(self, identifier: Any) -> T:
        """Return the object of a name, a class or a configuration, and an object as it is."""
        if isinstance(identifier, self.base):
            return identifier
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if isinstance(identifier, type) and issubclass(identifier, self.base):
            return identifier()
        if self.takes_functions and callable(identifier) and not isinstance(identifier, type):
            made: T = identifier
            return made
        if not isinstance(identifier, str):
            kinds = "a name, a function or" if self.takes_functions else "a name or"
            raise TypeError(
                f"{self.module}.get: identifier={identifier!r}; must be {kinds} of class "
                f"{self.base.__name__}"
            )
        found = self.names.get(identifier) or self.classes.get(identifier)
        if found is None:
            raise ValueError(
                f"{self.module}.get: identifier={identifier!r}; must be one of {sorted(self.names)}"
            )
        return found()

    def serialize(self, value: T) -> dict[str, Any]:
        """Return the configuration that `deserialize` reads, in Keras's form."""
        name = type(value).__name__
        if self.classes.get(name) is not type(value):
            own = f"class {name}" if isinstance(value, self.base) else repr(value)
            raise ValueError(
                f"{self.module}.serialize: {own}; must be one of {sorted(self.classes)}"
            )
        return {
            "module": f"keras.{self.module}",
            "class_name": name,
            "config": value.get_config(),
            "registered_name": None,
        }

    def deserialize(self, config: dict[str, Any]) -> T:
        """Return the object of a configuration; a class outside the table: ValueError."""
        name, arguments = config.get("class_name"), config.get("config")
        if not isinstance(name, str) or name not in self.classes:
            raise ValueError(
                f"{self.module}.deserialize: class_name={name!r}; must be one of "
                f"{sorted(self.classes)}"
            )
        if not isinstance(arguments, dict) or config.get("registered_name") not in (None, name):
            raise ValueError(f"{self.module}.deserialize: {name}: not a configuration")
        cls = self.classes[name]
        try:
            made = cls.from_config(without_empty(arguments, argument_names(cls)))
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{self.module}.deserialize: {name}: {error}") from None
        assert isinstance(made, self.base)
        return made
