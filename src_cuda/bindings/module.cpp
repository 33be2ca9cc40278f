// SPDX-License-Identifier: BSD-3-Clause
// The module _cuda, or with the host SIMT layer _simt: the same functions on raw addresses.
#include "bindings/operation.hpp"

#ifdef PYCONV_SIMT_MODULE
#include "simt_host/self_test.hpp"
#define PYCONV_MODULE _simt
#else
#define PYCONV_MODULE _cuda
#endif

PYBIND11_MODULE(PYCONV_MODULE, m, pybind11::mod_gil_not_used()) {
  m.doc() = "Kernels of pyconv for NVIDIA GPUs, on raw addresses; see pyconv/_cuda.pyi";
  pybind11::register_exception<pyconv::KernelError>(m, "PyconvCudaError", PyExc_RuntimeError);
  pyconv::register_conv2d(m);
  pyconv::register_dense(m);
  pyconv::register_device(m);
  pyconv::register_dropout(m);
  pyconv::register_elementwise(m);
  pyconv::register_gemm(m);
  pyconv::register_local_response_norm(m);
  pyconv::register_mixed_precision(m);
  pyconv::register_normalization(m);
  pyconv::register_sigmoid_cross_entropy(m);
  pyconv::register_softmax(m);
  pyconv::register_pool2d(m);
  pyconv::register_sample2d(m);
  pyconv::register_softmax_cross_entropy(m);
#ifdef PYCONV_CERTIFY
  pyconv::register_certification(m);
#endif
#ifdef PYCONV_SIMT_MODULE
  pyconv::simt::register_self_test(m);
  pyconv::simt::register_ptx_self_test(m);
#endif
}
