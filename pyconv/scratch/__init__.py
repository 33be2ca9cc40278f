# SPDX-License-Identifier: BSD-3-Clause
"""Explicit forward() and backward(): the layers of "Deep Learning from Scratch", on native kernels.

The modules bear the book's names, so that its programs run with other import lines: `layers`,
`util`, `functions`, `gradient`, `optimizer`, `trainer`, `multi_layer_net`,
`multi_layer_net_extend` for `common`, `mnist` for `dataset.mnist`, `nets` for `simple_convnet` and
`deep_convnet`. Images are (n, c, h, w), filters (fn, c, fh, fw); np.random's global state is the
only source of randomness.

Numbers are float64 unless arrays say otherwise: a layer computes in result_type(x, W), float16 and
below raised to float32, integers to float64. `set_dtype("float32")` makes it all float32.
"""

from pyconv.scratch.arrays import set_dtype

__all__ = ["set_dtype"]
