# SPDX-License-Identifier: BSD-3-Clause
"""The one place that knows NumPy and CuPy, _core and _cuda, and turns arrays into addresses."""

from pyconv.backend.devices import array_module as array_module
from pyconv.backend.devices import cuda_arrays as cuda_arrays
from pyconv.backend.inputs import as_input as as_input
from pyconv.backend.inputs import as_integers as as_integers
from pyconv.backend.inputs import as_numbers as as_numbers
from pyconv.backend.kernels import DeviceKernels as DeviceKernels
from pyconv.backend.kernels import Kernels as Kernels
from pyconv.backend.kernels import _use_host_kernels as _use_host_kernels
from pyconv.backend.kernels import host_module as host_module
from pyconv.backend.kernels import kernels_for as kernels_for
from pyconv.backend.kernels import native_calls as native_calls
from pyconv.backend.kernels import prepared_kernel as prepared_kernel
from pyconv.backend.kernels import prepared_size as prepared_size
from pyconv.backend.machine import config as config
from pyconv.backend.machine import instruction_set as instruction_set
from pyconv.backend.machine import instruction_sets as instruction_sets
from pyconv.backend.machine import num_threads as num_threads
from pyconv.backend.machine import peak_gflops as peak_gflops
from pyconv.backend.machine import set_num_threads as set_num_threads
from pyconv.backend.machine import use_instruction_set as use_instruction_set
from pyconv.backend.memory import contiguous as contiguous
from pyconv.backend.memory import empty_on as empty_on
from pyconv.backend.memory import first_bad as first_bad
from pyconv.backend.memory import first_bad_flag as first_bad_flag
from pyconv.backend.memory import memory_info as memory_info
from pyconv.backend.memory import memory_overlaps as memory_overlaps
from pyconv.backend.memory import tensor_table as tensor_table
from pyconv.backend.memory import trim_memory as trim_memory
from pyconv.backend.native import Array as Array
from pyconv.backend.native import dtype_code as dtype_code
from pyconv.backend.recording import Kernel as Kernel
from pyconv.backend.recording import NativeCall as NativeCall
from pyconv.backend.recording import Recording as Recording
