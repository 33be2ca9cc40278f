# SPDX-License-Identifier: BSD-3-Clause
# The modules made of src_cuda: _cuda by nvcc, and for tests _simt, the same kernels by the host
# compiler. Both options may also be environment variables:
#   PYCONV_CUDA=AUTO  builds _cuda where a GPU and a working CUDA compiler are found, for that GPU
#   PYCONV_CUDA=ON    builds it for all architectures that matter; no compiler is an error
#   PYCONV_CUDA=OFF   does not build it
#   PYCONV_SIMT=ON    builds _simt; never in a wheel that is published
#   PYCONV_CERTIFY=ON gives _cuda the kernels by which tools/gpu_check.py certifies a device

function(pyconv_option name default result)
  set(value "${default}")
  if(DEFINED ${name})
    set(value "${${name}}")
  elseif(NOT "$ENV{${name}}" STREQUAL "")
    set(value "$ENV{${name}}")
  endif()
  string(TOUPPER "${value}" value)
  if(value MATCHES "^(1|TRUE|YES)$")
    set(value ON)
  elseif(value MATCHES "^(0|FALSE|NO)$")
    set(value OFF)
  endif()
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

# Compute capabilities of the GPUs that the driver shows, as "90;80"; empty where there is none.
function(pyconv_find_gpus result)
  set(found "")
  find_program(PYCONV_NVIDIA_SMI nvidia-smi)
  mark_as_advanced(PYCONV_NVIDIA_SMI)
  if(PYCONV_NVIDIA_SMI)
    execute_process(COMMAND "${PYCONV_NVIDIA_SMI}" --query-gpu=compute_cap --format=csv,noheader
                    OUTPUT_VARIABLE lines ERROR_QUIET RESULT_VARIABLE status TIMEOUT 30)
    if(status EQUAL 0)
      string(REGEX MATCHALL "[0-9]+\\.[0-9]+" found "${lines}")
      string(REPLACE "." "" found "${found}")
      list(REMOVE_DUPLICATES found)
    endif()
  endif()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# Whether nvcc turns a kernel into code for these architectures. CMake's own test comes with
# enable_language, where a failure would end the configuration.
function(pyconv_nvcc_works compiler architectures result)
  set(probe "${CMAKE_CURRENT_BINARY_DIR}/pyconv_probe.cu")
  file(WRITE "${probe}" "__global__ void probe_kernel(int* p) { *p = 1; }\n")
  set(${result} TRUE PARENT_SCOPE)
  foreach(architecture IN LISTS architectures)
    execute_process(COMMAND "${compiler}" -std=c++17 -arch=sm_${architecture} -c "${probe}"
                            -o "${CMAKE_CURRENT_BINARY_DIR}/pyconv_probe.o"
                    OUTPUT_QUIET ERROR_VARIABLE text RESULT_VARIABLE status TIMEOUT 120)
    if(NOT status EQUAL 0)
      message(STATUS "pyconv: ${compiler} fails for sm_${architecture}: ${text}")
      set(${result} FALSE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

function(pyconv_add_sources target)
  file(GLOB bindings CONFIGURE_DEPENDS src_cuda/bindings/*.cpp)
  target_sources(${target} PRIVATE ${bindings})
  target_include_directories(${target} PRIVATE src_cuda src_cpp)
endfunction()

# Gives a module the wrappers of special instructions, one by one, and the convolution by its
# definition.
function(pyconv_add_certification target)
  target_sources(${target} PRIVATE src_cuda/certify/bindings.cpp)
  target_compile_definitions(${target} PRIVATE PYCONV_CERTIFY)
endfunction()

# Works out what to build and for which architectures; CUDA is enabled by the caller, because
# enable_language must not stand in a function.
function(pyconv_choose_cuda result)
  set(${result} FALSE PARENT_SCOPE)
  pyconv_option(PYCONV_CUDA AUTO wanted)
  if(NOT wanted MATCHES "^(AUTO|ON|OFF)$")
    message(FATAL_ERROR "pyconv: PYCONV_CUDA=${wanted}; must be AUTO, ON or OFF")
  endif()
  if(wanted STREQUAL "OFF")
    message(STATUS "pyconv: CUDA is off")
    return()
  endif()
  if(wanted STREQUAL "AUTO")
    pyconv_find_gpus(gpus)
    if(NOT gpus)
      message(STATUS "pyconv: no NVIDIA GPU found, building for the CPU alone")
      return()
    endif()
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(wanted STREQUAL "ON" AND NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR
      "pyconv: PYCONV_CUDA=ON needs a CUDA compiler that works with the host compiler "
      "${CMAKE_CXX_COMPILER}; none was found. Put nvcc on the PATH, or set CUDACXX and CUDAHOSTCXX "
      "to a pair that agrees, or build for the CPU alone: pip install . -C cmake.define.PYCONV_CUDA=OFF")
  endif()
  if(wanted STREQUAL "AUTO")
    set(works FALSE)
    if(CMAKE_CUDA_COMPILER)
      pyconv_nvcc_works("${CMAKE_CUDA_COMPILER}" "${gpus}" works)
    endif()
    if(NOT works)
      message(STATUS "pyconv: a GPU but no working CUDA compiler found, building for the CPU alone")
      return()
    endif()
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND "$ENV{CUDAARCHS}" STREQUAL "")
      list(TRANSFORM gpus APPEND "-real" OUTPUT_VARIABLE architectures)
      set(CMAKE_CUDA_ARCHITECTURES "${architectures}" PARENT_SCOPE)
    endif()
  elseif(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND "$ENV{CUDAARCHS}" STREQUAL "")
    set(CMAKE_CUDA_ARCHITECTURES all-major PARENT_SCOPE)
  endif()
  set(${result} TRUE PARENT_SCOPE)
endfunction()

function(pyconv_add_cuda)
  find_package(CUDAToolkit REQUIRED)
  file(GLOB kernels CONFIGURE_DEPENDS src_cuda/*.cu src_cuda/ops/*.cu)
  pyconv_option(PYCONV_CERTIFY OFF certified)
  if(certified)
    list(APPEND kernels src_cuda/certify/reference_conv2d.cu src_cuda/certify/wrappers.cu)
  endif()
  add_library(pyconv_cuda_kernels OBJECT ${kernels})
  target_include_directories(pyconv_cuda_kernels PRIVATE src_cuda src_cpp)
  set(named "${CMAKE_CUDA_ARCHITECTURES}")
  if(named STREQUAL "all-major" AND CMAKE_CUDA_ARCHITECTURES_ALL_MAJOR)
    set(named "${CMAKE_CUDA_ARCHITECTURES_ALL_MAJOR}")
  endif()
  string(REPLACE ";" "," named "${named}")
  set_source_files_properties(src_cuda/device.cu PROPERTIES COMPILE_DEFINITIONS
                              "PYCONV_CUDA_ARCHITECTURES=\"${named}\"")
  # COMPILE_OPTIONS replaces what the directory gives to host code. No -use_fast_math: it flushes
  # denormals and loosens division.
  set_target_properties(pyconv_cuda_kernels PROPERTIES
    COMPILE_OPTIONS "-Xfatbin=-compress-all" CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON
    CUDA_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON CUDA_RUNTIME_LIBRARY Static)

  pybind11_add_module(_cuda NO_EXTRAS $<TARGET_OBJECTS:pyconv_cuda_kernels>)
  pyconv_add_sources(_cuda)
  if(certified)
    pyconv_add_certification(_cuda)
  endif()
  set_target_properties(_cuda PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(_cuda PRIVATE CUDA::cudart_static)
  target_link_options(_cuda PRIVATE $<$<CONFIG:Release>:-s>)
  install(TARGETS _cuda LIBRARY DESTINATION pyconv)
endfunction()

function(pyconv_add_simt)
  file(GLOB host CONFIGURE_DEPENDS src_cuda/simt_host/*.cpp)
  pybind11_add_module(_simt NO_EXTRAS ${host})
  pyconv_add_sources(_simt)
  pyconv_add_certification(_simt)
  target_compile_definitions(_simt PRIVATE PYCONV_SIMT_MODULE)
  target_compile_options(_simt PRIVATE -Wno-unknown-pragmas)
  # Every .cu file once more as C++, with the host's vocabulary before it.
  file(GLOB kernels CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}/src_cuda"
       src_cuda/ops/*.cu src_cuda/certify/*.cu)
  foreach(kernel IN LISTS kernels)
    cmake_path(GET kernel STEM name)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/simt/${name}.cpp")
    file(CONFIGURE OUTPUT "${source}"
         CONTENT "#include \"simt_host/simt_host.hpp\"\n\n#include \"${kernel}\"\n" @ONLY)
    target_sources(_simt PRIVATE "${source}")
  endforeach()
  install(TARGETS _simt LIBRARY DESTINATION pyconv)
endfunction()

pyconv_choose_cuda(PYCONV_BUILDS_CUDA)
if(PYCONV_BUILDS_CUDA)
  enable_language(CUDA)
  pyconv_add_cuda()
endif()
pyconv_option(PYCONV_SIMT OFF PYCONV_BUILDS_SIMT)
if(PYCONV_BUILDS_SIMT)
  pyconv_add_simt()
endif()
