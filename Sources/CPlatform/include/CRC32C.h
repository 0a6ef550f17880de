#ifndef CPLATFORM_CRC32C_H
#define CPLATFORM_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// CRC-32C by the processor's own instruction. The functions may be called only where `skep_has_crc32c` says so, and
// work on the register's content: the caller inverts before and after.

#if defined(__x86_64__)
#include <cpuid.h>
#define SKEP_CRC32C_TARGET __attribute__((target("sse4.2")))
#define SKEP_CRC32C_WORD(crc, word) ((uint32_t)__builtin_ia32_crc32di((crc), (word)))
#define SKEP_CRC32C_BYTE(crc, byte) __builtin_ia32_crc32qi((crc), (byte))
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#define SKEP_CRC32C_TARGET __attribute__((target("crc")))
#define SKEP_CRC32C_WORD(crc, word) __builtin_arm_crc32cd((crc), (word))
#define SKEP_CRC32C_BYTE(crc, byte) __builtin_arm_crc32cb((crc), (byte))
#else
#define SKEP_CRC32C_TARGET
#define SKEP_CRC32C_WORD(crc, word) (crc)
#define SKEP_CRC32C_BYTE(crc, byte) (crc)
#endif

/// Whether the processor has the instruction. Slow enough that the answer is worth keeping.
static inline int skep_has_crc32c(void) {
#if defined(__x86_64__)
  unsigned int a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) != 0;
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) & (1UL << 7)) != 0;  // HWCAP_CRC32
#else
  return 0;
#endif
}

static inline uint64_t skep_word(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

SKEP_CRC32C_TARGET static inline uint32_t skep_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (; count >= 8; bytes += 8, count -= 8) crc = SKEP_CRC32C_WORD(crc, skep_word(bytes));
  for (; count > 0; bytes++, count--) crc = SKEP_CRC32C_BYTE(crc, *bytes);
  return crc;
}

/// Takes three neighbouring stretches of `stride` bytes, a multiple of 8, at once: the instruction takes three cycles, and a
/// new one can begin in each.
SKEP_CRC32C_TARGET static inline void skep_crc32c_three(uint32_t crc[3], const uint8_t *bytes, size_t stride) {
  uint32_t first = crc[0], second = crc[1], third = crc[2];
  for (size_t index = 0; index < stride; index += 8) {
    first = SKEP_CRC32C_WORD(first, skep_word(bytes + index));
    second = SKEP_CRC32C_WORD(second, skep_word(bytes + stride + index));
    third = SKEP_CRC32C_WORD(third, skep_word(bytes + 2 * stride + index));
  }
  crc[0] = first;
  crc[1] = second;
  crc[2] = third;
}

#endif
