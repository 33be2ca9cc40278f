# SPDX-License-Identifier: BSD-3-Clause
"""NumpyArrayIterator: batches of images that are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.arguments import checked_flag
from pyconv.autograd import array_of
from pyconv.preprocessing.batch_iterator import Iterator, Saving, subset_shares
from pyconv.preprocessing.image_transform import Array

if TYPE_CHECKING:
    from pyconv.preprocessing.image_data_generator import ImageDataGenerator


_NOWHERE = Saving()


class NumpyArrayIterator(Iterator):
    """What ImageDataGenerator.flow returns.

    Batches are x; (x, y); or (x, y, weights); x is a list where other arrays go along. Images stay
    in the dtype they were given in and become floats batch by batch.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: ImageDataGenerator,
        *,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        saving: Saving = _NOWHERE,
        subset: str | None = None,
        ignore_class_split: bool = False,
    ) -> None:
        others: list[Array] = []
        if isinstance(x, (tuple, list)) and len(x) == 2 and np.ndim(_array("x[0]", x[0])) == 4:
            given = x[1] if isinstance(x[1], (tuple, list)) else [x[1]]
            x, others = x[0], [_array(f"x[1][{i}]", one) for i, one in enumerate(given)]
        self.x: Array = _array("x", x)
        first = self.x[:1] if self.x.ndim else self.x
        image_data_generator.as_images("flow", "x", first, 4)
        if not len(self.x):
            raise ValueError(f"flow: x.shape={self.x.shape}; must hold images")
        self.x_misc = [self._matching(f"x[1][{i}]", one) for i, one in enumerate(others)]
        self.y = None if y is None else self._matching("y", y)
        self.sample_weight = None
        if sample_weight is not None:
            if y is None:
                raise ValueError("flow: sample_weight needs y")
            self.sample_weight = self._matching("sample_weight", sample_weight)
        if subset_shares("flow", subset, image_data_generator.validation_split) is not None:
            ignored = checked_flag("flow", "ignore_class_split", ignore_class_split)
            self._keep(subset, image_data_generator.validation_split, ignored)
        super().__init__(
            "flow",
            len(self.x),
            image_data_generator,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            saving=saving,
        )

    def _matching(self, argument: str, value: Any) -> Array:
        array = _array(argument, value)
        if not array.ndim or len(array) != len(self.x):
            raise ValueError(
                f"flow: {argument}.shape={array.shape}; must have {len(self.x)} rows, as x"
            )
        return array

    def _keep(self, subset: str | None, share: float, ignore_classes: bool) -> None:
        """Keep the validation's samples, a share from the beginning, or the others."""
        border = int(len(self.x) * share)
        if self.y is not None and not ignore_classes:
            first, rest = np.unique(self.y[:border]), np.unique(self.y[border:])
            if not np.array_equal(first, rest):
                raise ValueError(
                    f"flow: y has {len(first)} classes in the validation subset and {len(rest)} in "
                    "the training subset; must be the same: shuffle x and y, or say "
                    "ignore_class_split=True"
                )
        part = slice(0, border) if subset == "validation" else slice(border, None)
        self.x = self.x[part]
        self.x_misc = [one[part] for one in self.x_misc]
        self.y = None if self.y is None else self.y[part]
        self.sample_weight = None if self.sample_weight is None else self.sample_weight[part]

    def _batch(self, chosen: Array, drawn: np.random.Generator) -> Any:
        images = self.image_data_generator.as_images("flow", "x", self.x[chosen], 4)
        x: Any = self._changed(images, chosen, drawn)
        if self.x_misc:
            x = [x, *(one[chosen] for one in self.x_misc)]
        if self.y is None:
            return x
        if self.sample_weight is None:
            return x, self.y[chosen]
        return x, self.y[chosen], self.sample_weight[chosen]


def _array(argument: str, value: Any) -> Array:
    """Return an array as it is, of any kind, and what else holds numbers as one."""
    return value if type(value) is np.ndarray else np.asarray(array_of(value, f"flow: {argument}"))
