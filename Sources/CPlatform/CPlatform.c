#ifdef __linux__
#define _GNU_SOURCE
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#endif

#include <zlib.h>

#include "CPlatform.h"

// The window's size with 16 added means a gzip header in place of zlib's.
enum { gzip_window = 15 + 16, quickest = 1, usual_memory = 8 };

size_t skep_gzip_bound(size_t count) { return count + count / 500 + 128; }

size_t skep_gzip(const void *bytes, size_t count, void *target, size_t capacity) {
  z_stream stream = {0};
  if (deflateInit2(&stream, quickest, Z_DEFLATED, gzip_window, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
  const size_t most = 1 << 30;
  stream.next_in = (Bytef *)bytes;
  stream.next_out = target;
  size_t read = 0, written = 0;
  int result = Z_OK;
  while (result == Z_OK) {
    size_t in = count - read < most ? count - read : most;
    size_t out = capacity - written < most ? capacity - written : most;
    stream.avail_in = (uInt)in;
    stream.avail_out = (uInt)out;
    result = deflate(&stream, in == count - read ? Z_FINISH : Z_NO_FLUSH);
    read += in - stream.avail_in;
    written += out - stream.avail_out;
    if (result == Z_OK && in == stream.avail_in && out == stream.avail_out) break;
  }
  deflateEnd(&stream);
  return result == Z_STREAM_END ? written : 0;
}

ptrdiff_t skep_gunzip(const void *bytes, size_t count, void *target, size_t capacity) {
  z_stream stream = {0};
  if (inflateInit2(&stream, gzip_window) != Z_OK) return -3;
  const size_t most = 1 << 30;
  stream.next_in = (Bytef *)bytes;
  stream.next_out = target;
  size_t read = 0, written = 0;
  ptrdiff_t answer = -1;
  while (1) {
    size_t in = count - read < most ? count - read : most;
    size_t out = capacity - written < most ? capacity - written : most;
    stream.avail_in = (uInt)in;
    stream.avail_out = (uInt)out;
    int result = inflate(&stream, Z_NO_FLUSH);
    read += in - stream.avail_in;
    written += out - stream.avail_out;
    if (result == Z_STREAM_END) {
      if (read == count) {
        answer = (ptrdiff_t)written;
        break;
      }
      // Another member follows (RFC 1952, section 2.2).
      if (inflateReset(&stream) != Z_OK) break;
    } else if (result == Z_MEM_ERROR) {
      answer = -3;
      break;
    } else if (result == Z_OK || result == Z_BUF_ERROR) {
      if (written == capacity && stream.avail_out == 0) {
        answer = -2;
        break;
      }
      // Nothing more comes in, and the end was not seen.
      if (in == stream.avail_in && out == stream.avail_out) break;
      if (read == count && stream.avail_out != 0) break;
    } else {
      break;
    }
  }
  inflateEnd(&stream);
  return answer;
}

size_t skep_zlib_bound(size_t count) { return compressBound((uLong)count); }

size_t skep_zlib(const void *bytes, size_t count, void *target, size_t capacity, int level) {
  uLongf written = (uLongf)capacity;
  return compress2(target, &written, bytes, (uLong)count, level) == Z_OK ? (size_t)written : 0;
}

int skep_unzlib(const void *bytes, size_t count, void *target, size_t size) {
  uLongf written = (uLongf)size;
  return uncompress(target, &written, bytes, (uLong)count) == Z_OK && written == (uLongf)size;
}

void skep_release_file_pages(const void *start, size_t count) {
#ifdef __linux__
  if (start != NULL && count > 0) madvise((void *)start, count, MADV_DONTNEED);
#else
  (void)start;
  (void)count;
#endif
}

#ifdef __linux__
static int release_segments(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size;
  (void)unused;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || (segment->p_flags & PF_W)) continue;
    // Whole pages of this segment alone.
    uintptr_t start = (object->dlpi_addr + segment->p_vaddr + page - 1) / page * page;
    uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_filesz) / page * page;
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void skep_release_code(void) { dl_iterate_phdr(release_segments, NULL); }

void skep_release_free_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
#else
void skep_release_code(void) {}
void skep_release_free_memory(void) {}
#endif
