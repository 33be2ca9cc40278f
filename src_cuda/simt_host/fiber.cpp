// SPDX-License-Identifier: BSD-3-Clause
// Fibers for x86-64 and aarch64: the switch saves what the calling convention says must survive.
#include "simt_host/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// void pyconv_simt_switch(void** save, void* load): pushes the callee-saved registers, stores the
// stack pointer in *save, continues where the stack `load` was left.
extern "C" __attribute__((visibility("hidden"))) void pyconv_simt_switch(void** save, void* load);

#if defined(__x86_64__)
asm(R"(
.text
.globl pyconv_simt_switch
.hidden pyconv_simt_switch
.type pyconv_simt_switch, @function
pyconv_simt_switch:
  endbr64
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size pyconv_simt_switch, .-pyconv_simt_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl pyconv_simt_switch
.hidden pyconv_simt_switch
.type pyconv_simt_switch, %function
pyconv_simt_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size pyconv_simt_switch, .-pyconv_simt_switch
)");
#else
#error "simt_host has a context switch for x86-64 and aarch64 only"
#endif

namespace pyconv::simt {
namespace {

constexpr size_t kStackBytes = 128 * 1024;  // an exception is built and caught on it

// The fiber that starts, read once by run(): a new stack has no arguments.
thread_local Fiber* starting = nullptr;

size_t guard_bytes() {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

}  // namespace

Fiber::Fiber() {
  const size_t bytes = guard_bytes() + kStackBytes;
  void* mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  mapping_ = static_cast<std::byte*>(mapping);
  if (mprotect(mapping_, guard_bytes(), PROT_NONE) != 0) {
    munmap(mapping_, bytes);
    throw std::bad_alloc();
  }
}

Fiber::~Fiber() { munmap(mapping_, guard_bytes() + kStackBytes); }

void Fiber::start(void (*entry)(void*), void* argument) {
  entry_ = entry;
  argument_ = argument;
  fiber_fake_ = nullptr;
  std::byte* top = mapping_ + guard_bytes() + kStackBytes;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(mapping_ + guard_bytes(), kStackBytes);
#endif
#if defined(__x86_64__)
  // Popped by the switch: r15 r14 r13 r12 rbx rbp, then the address to go to; above it a null
  // return address, so that the entry finds the stack as a call leaves it.
  uintptr_t frame[8] = {0, 0, 0, 0, 0, 0, reinterpret_cast<uintptr_t>(&Fiber::run), 0};
#else
  uintptr_t frame[20] = {};
  frame[11] = reinterpret_cast<uintptr_t>(&Fiber::run);  // x30
#endif
  std::memcpy(top - sizeof frame, frame, sizeof frame);
  saved_ = top - sizeof frame;
}

void Fiber::resume() {
  starting = this;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&caller_fake_, mapping_ + guard_bytes(), kStackBytes);
#endif
  pyconv_simt_switch(&caller_, saved_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(caller_fake_, nullptr, nullptr);
#endif
}

void Fiber::leave(bool forever) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(forever ? nullptr : &fiber_fake_, caller_bottom_, caller_size_);
#else
  static_cast<void>(forever);
#endif
  pyconv_simt_switch(&saved_, caller_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fiber_fake_, &caller_bottom_, &caller_size_);
#endif
}

void Fiber::run() {
  Fiber* self = starting;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->caller_bottom_, &self->caller_size_);
#endif
  self->entry_(self->argument_);
  std::abort();
}

}  // namespace pyconv::simt
