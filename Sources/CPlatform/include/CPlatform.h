#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CRC32C.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

// What Swift's view of glibc lacks: a variadic `syscall`, and the header <sys/pidfd.h>.

/// A descriptor that polls readable once the process has ended; closed on exec. -1 with `errno` set on failure.
static inline int skep_pidfd_open(int pid) {
#ifdef __linux__
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  errno = ENOSYS;
  return -1;
#endif
}

/// Gives back to the kernel the pages of program code that are in this process's memory: it maps them again from its page
/// cache when they are needed. Only what is executable and not writable is touched, so nothing is lost.
void skep_release_code(void);

/// Gives back to the kernel what `malloc` keeps and nobody uses.
void skep_release_free_memory(void);

/// How many bytes `skep_gzip` may write at most.
size_t skep_gzip_bound(size_t count);

/// Writes the bytes as one gzip member (RFC 1952), compressed in the quickest way. The number of bytes written; 0 for no memory.
size_t skep_gzip(const void *bytes, size_t count, void *target, size_t capacity);

/// Reads gzip (RFC 1952), of one member or several. The number of bytes written; -1 for what is not gzip or breaks off, -2 where
/// `target` is too small, -3 for no memory.
ptrdiff_t skep_gunzip(const void *bytes, size_t count, void *target, size_t capacity);

/// How many bytes `skep_zlib` may write at most.
size_t skep_zlib_bound(size_t count);

/// Writes the bytes as a zlib stream (RFC 1950); levels 1 to 9. The number of bytes written; 0 for no memory or room.
size_t skep_zlib(const void *bytes, size_t count, void *target, size_t capacity, int level);

/// Reads a zlib stream that holds exactly `size` bytes. 1 where it does, else 0.
int skep_unzlib(const void *bytes, size_t count, void *target, size_t size);

/// Gives back the pages of a file mapped read-only from `start`, a page's begin: they come again from the page cache when needed.
void skep_release_file_pages(const void *start, size_t count);

int pipe2(int descriptors[2], int flags);

/// A pipe, both ends closed on exec from the start. -1 with `errno` set on failure.
static inline int skep_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC); }

/// A file that is only in memory, and gone when its last descriptor is closed; closed on exec. -1 with `errno` set on failure.
static inline int skep_memory_file(void) {
#ifdef __linux__
  return (int)syscall(SYS_memfd_create, "skep", 1U);  // MFD_CLOEXEC
#else
  errno = ENOSYS;
  return -1;
#endif
}

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

/// Lets the spawned process begin in the directory `path`. Returns an error number, 0 on success.
static inline int skep_spawn_in_directory(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

#endif
