#ifdef __linux__
#define _GNU_SOURCE
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#endif

#include "CPlatform.h"

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
