// Linked in front of the Synchronization library by tools/tsan.sh: tells the thread sanitizer of the hand-overs of a
// contended `Mutex`. Why it is needed: docs/decisions/0005-thread-sanitizer.md.
//
// An uncontended lock or unlock is one atomic operation, inlined into its caller, which the sanitizer sees. A contended
// one goes through these three functions of the library, which is not instrumented, and through the kernel (FUTEX_LOCK_PI).
// Each is replaced by one that does the same and says so.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Weak: plugins and macros of the build are linked without the sanitizer.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

static void *next(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) {
    fprintf(stderr, "the Synchronization library has no %s: tools/tsan does not fit this toolchain\n", name);
    abort();
  }
  return function;
}

SWIFT void lock_slow(uint32_t thread, SELF) {
  ((SWIFT void (*)(uint32_t, SELF))next(LOCK_SLOW))(thread, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool try_lock_slow(SELF) {
  bool locked = ((SWIFT bool (*)(SELF))next(TRY_LOCK_SLOW))(self);
  if (locked && __tsan_acquire) __tsan_acquire(self);
  return locked;
}

// Releases first: once the library has unlocked, the mutex may be gone.
SWIFT void unlock_slow(SELF) {
  if (__tsan_release) __tsan_release(self);
  ((SWIFT void (*)(SELF))next(UNLOCK_SLOW))(self);
}
