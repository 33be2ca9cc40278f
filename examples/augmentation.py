# SPDX-License-Identifier: BSD-3-Clause
"""What augmentation shows a network: the same picture, never twice the same (lecture E, 6-7).

Online, a generator or layers change each batch as it is drawn. Offline, the changed pictures are
written once and read like any others, which costs disk and shows each of them again every epoch.

    python examples/augmentation.py             15 pictures of CIFAR-10
    python examples/augmentation.py --quick     coloured stripes
"""

from __future__ import annotations

import numpy as np
from program import Program, figures

import pyconv
from pyconv import layers, visualization
from pyconv.datasets import cifar10
from pyconv.preprocessing.image import ImageDataGenerator, img_to_array, load_img

TRIALS, BATCH = 3, 4


def main() -> None:
    """Draw three batches of a generator, the same by layers, and write some to disk."""
    program = Program(__doc__, epochs=1)
    (x, y), _ = program.coloured(cifar10)
    x, y = x[:15], y[:15]
    generator = ImageDataGenerator(
        rotation_range=20, width_shift_range=0.2, height_shift_range=0.2, horizontal_flip=True
    )
    flow = generator.flow(x, y, batch_size=BATCH, seed=program.seed)
    for trial in range(TRIALS):
        pictures, labels = next(flow)
        print(f"trial {trial + 1}: {pictures.shape}, classes {labels.tolist()}")
        assert pictures.shape == (BATCH, 32, 32, 3)
        assert not any(np.array_equal(picture, kept) for picture in pictures for kept in x)

    augment = pyconv.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(20 / 360),
            layers.RandomTranslation(0.2, 0.2),
        ]
    )
    first, second = (augment(x, training=True).numpy() for _ in range(2))
    print(f"the same by layers: {first.shape}, each call another")
    assert not np.array_equal(first, second)
    assert np.array_equal(augment(x, training=False).numpy(), x)

    folder = program.out / "augmented"
    folder.mkdir(exist_ok=True)
    saved = generator.flow(
        x, batch_size=5, seed=program.seed, save_to_dir=folder, save_prefix="picture"
    )
    for _ in range(3):
        next(saved)
    files = sorted(folder.glob("picture*.png"))
    print(f"{len(files)} pictures written to {folder}")
    assert img_to_array(load_img(files[0])).shape == (32, 32, 3)
    with figures():
        path = program.out / "augmentation.png"
        visualization.augmented_samples(flow, path=path, rows=TRIALS, columns=BATCH)
        print(f"three batches drawn in {path}")


if __name__ == "__main__":
    main()
