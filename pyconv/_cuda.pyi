# SPDX-License-Identifier: BSD-3-Clause
"""Kernels for NVIDIA GPUs on raw device addresses: the functions of _core with a trailing stream.

Addresses are integers, 0 = absent; window is Window.packed. Nothing is allocated and nothing waits:
work is ordered by the stream.

dtype is 0 (float32), 1 (float64), 2 (float16), 3 (bfloat16) or 4 (float32, which conv2d, dense and
gemm round to tf32 as they read it; 0 elsewhere). 2 and 3 have the products, pooling, activations,
softmax and normalisation; their sums are float32, results are rounded once. Beside them gamma, beta
and the gradients of kernels, biases, gamma and beta are float32. optimizer_step takes records of
seven int64 for them: float32 param, grad and states, the 16-bit copy of param or 0, the size.
"""

class PyconvCudaError(RuntimeError): ...

def activation(
    dtype: int,
    x: int,
    y: int,
    size: int,
    kind: int,
    slope: float,
    upper: float,
    threshold: float,
    stream: int,
) -> None: ...
def activation_backward(
    dtype: int,
    dy: int,
    kept: int,
    dx: int,
    size: int,
    kind: int,
    slope: float,
    upper: float,
    threshold: float,
    stream: int,
) -> None: ...
def add(dtype: int, a: int, b: int, y: int, size: int, stream: int) -> None: ...
def affine_sample(
    dtype: int,
    x: int,
    matrices: int,
    y: int,
    window: bytes,
    interpolation: int,
    fill_mode: int,
    fill_value: float,
    stream: int,
) -> None: ...
def affine_sample_backward(
    dtype: int,
    dy: int,
    matrices: int,
    dx: int,
    window: bytes,
    interpolation: int,
    fill_mode: int,
    stream: int,
) -> None: ...
def architectures() -> list[str]: ...
def avg_pool2d(
    dtype: int, x: int, y: int, window: bytes, count_include_pad: bool, stream: int
) -> None: ...
def avg_pool2d_backward(
    dtype: int, dy: int, dx: int, window: bytes, count_include_pad: bool, stream: int
) -> None: ...
def col2im(dtype: int, col: int, dx: int, window: bytes, stream: int) -> None: ...
def compute_capability(device: int) -> int: ...
def convert(
    from_dtype: int, dtype: int, x: int, y: int, size: int, stream: int
) -> None: ...
def conv2d(
    dtype: int,
    x: int,
    kernel: int,
    bias: int,
    y: int,
    window: bytes,
    algorithm: int,
    activation: int,
    workspace: int,
    stream: int,
) -> None: ...
def conv2d_algorithm(
    dtype: int, window: bytes, algorithm: int, direction: int, stream: int
) -> int: ...
def conv2d_backward_data(
    dtype: int,
    dy: int,
    kernel: int,
    dx: int,
    window: bytes,
    algorithm: int,
    workspace: int,
    stream: int,
) -> None: ...
def conv2d_backward_kernel(
    dtype: int,
    x: int,
    dy: int,
    dkernel: int,
    dbias: int,
    window: bytes,
    algorithm: int,
    workspace: int,
    stream: int,
) -> None: ...
def conv2d_workspace(
    dtype: int, window: bytes, algorithm: int, direction: int, stream: int
) -> int: ...
def dense(
    dtype: int,
    x: int,
    kernel: int,
    bias: int,
    y: int,
    n: int,
    inputs: int,
    units: int,
    activation: int,
    stream: int,
) -> None: ...
def dense_backward(
    dtype: int,
    dy: int,
    x: int,
    kernel: int,
    dx: int,
    dkernel: int,
    dbias: int,
    n: int,
    inputs: int,
    units: int,
    stream: int,
) -> None: ...
def device_count() -> int: ...
def device_name(device: int) -> str: ...
def dropout(
    dtype: int,
    x: int,
    y: int,
    outer: int,
    shared: int,
    inner: int,
    seed: int,
    limit: int,
    scale: float,
    stream: int,
) -> None: ...
def driver_version() -> int: ...
def gemm(
    dtype: int,
    a: int,
    b: int,
    c: int,
    m: int,
    n: int,
    k: int,
    transpose_a: bool,
    transpose_b: bool,
    stream: int,
) -> None: ...
def im2col(dtype: int, x: int, col: int, window: bytes, stream: int) -> None: ...
def labels_check(labels: int, n: int, classes: int, first_bad: int, stream: int) -> None: ...
def max_pool2d(dtype: int, x: int, y: int, argmax: int, window: bytes, stream: int) -> None: ...
def max_pool2d_backward(
    dtype: int, dy: int, argmax: int, dx: int, window: bytes, stream: int
) -> None: ...
def max_pool2d_check(argmax: int, window: bytes, first_bad: int, stream: int) -> None: ...
def min_pool2d(dtype: int, x: int, y: int, argmax: int, window: bytes, stream: int) -> None: ...
def local_response_norm(
    dtype: int,
    x: int,
    y: int,
    n: int,
    c: int,
    size: int,
    k: float,
    alpha: float,
    beta: float,
    stream: int,
) -> None: ...
def local_response_norm_backward(
    dtype: int,
    dy: int,
    x: int,
    dx: int,
    n: int,
    c: int,
    size: int,
    k: float,
    alpha: float,
    beta: float,
    stream: int,
) -> None: ...
def normalize(
    dtype: int,
    x: int,
    gamma: int,
    beta: int,
    mean: int,
    variance: int,
    y: int,
    n: int,
    pixels: int,
    c: int,
    groups: int,
    epsilon: float,
    fixed: bool,
    stream: int,
) -> None: ...
def normalize_backward(
    dtype: int,
    dy: int,
    x: int,
    gamma: int,
    mean: int,
    variance: int,
    dx: int,
    dgamma: int,
    dbeta: int,
    n: int,
    pixels: int,
    c: int,
    groups: int,
    epsilon: float,
    fixed: bool,
    stream: int,
) -> None: ...
def optimizer_step(
    dtype: int,
    rule: int,
    table: bytes,
    rate: float,
    decay: float,
    a: float,
    b: float,
    c: float,
    epsilon: float,
    stream: int,
) -> None: ...
def resize(
    dtype: int, x: int, y: int, window: bytes, interpolation: int, stream: int
) -> None: ...
def resize_backward(
    dtype: int, dy: int, dx: int, window: bytes, interpolation: int, stream: int
) -> None: ...
def runtime_version() -> int: ...
def sigmoid_cross_entropy(
    dtype: int,
    logits: int,
    targets: int,
    loss: int,
    size: int,
    label_smoothing: float,
    stream: int,
) -> None: ...
def sigmoid_cross_entropy_backward(
    dtype: int,
    dloss: int,
    logits: int,
    targets: int,
    dlogits: int,
    size: int,
    label_smoothing: float,
    stream: int,
) -> None: ...
def softmax(
    dtype: int, x: int, y: int, n: int, classes: int, logarithm: bool, stream: int
) -> None: ...
def softmax_backward(
    dtype: int, dy: int, y: int, dx: int, n: int, classes: int, logarithm: bool, stream: int
) -> None: ...
def softmax_cross_entropy(
    dtype: int,
    logits: int,
    labels: int,
    targets: int,
    loss: int,
    probabilities: int,
    n: int,
    classes: int,
    label_smoothing: float,
    stream: int,
) -> None: ...
def softmax_cross_entropy_backward(
    dtype: int,
    dloss: int,
    probabilities: int,
    labels: int,
    targets: int,
    dlogits: int,
    n: int,
    classes: int,
    label_smoothing: float,
    stream: int,
) -> None: ...
def synchronize(stream: int) -> None: ...
def unscale(table: bytes, factor: float, first_bad: int, stream: int) -> None: ...
