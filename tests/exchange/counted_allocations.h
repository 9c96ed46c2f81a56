// This program's malloc and its relatives count what a marked thread asks of them; operator new calls malloc. For one
// file of a program. Not with sanitizers, which have a malloc of their own.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

inline thread_local bool counting = false;
inline thread_local std::uint64_t allocations = 0;

// glibc's own, under the names that it offers for this.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  if (counting) ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) noexcept {
  if (counting) ++allocations;
  return __libc_calloc(n, size);
}
void* realloc(void* at, std::size_t size) noexcept {
  if (counting) ++allocations;
  return __libc_realloc(at, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  if (counting) ++allocations;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  *out = memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}
